// SPDX-License-Identifier: GPL-2.0-or-later
/* Steady state: what is said of series whose changes are known. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/report/steady.h"

#define N 48

static uint64_t random_state = 88172645463325252ull;

/* Even, -0.5..0.5 */
static double noise(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) * 0x1p-53 - 0.5;
}

/* Intervals of 0.1 s that end at 1.1, 1.2, ...; levels with 2% of noise around them. */
static void make(const double *level, const size_t *until, double *time_s, double *per_s)
{
	size_t k = 0;

	for (size_t i = 0; i < N; i++) {
		k += i == until[k];
		time_s[i] = 1.1 + 0.1 * (double)i;
		per_s[i] = level[k] * (1 + 0.02 * noise());
	}
}

static void find(const double *level, const size_t *until, struct vb_steady *s)
{
	double time_s[N], per_s[N];

	memset(s, 0, sizeof(*s));
	make(level, until, time_s, per_s);
	assert_int_equal(vb_steady_find(time_s, per_s, N, s), 0);
	assert_true(s->told);
	assert_int_equal(s->intervals, N);
}

static void test_flat(void **state)
{
	struct vb_steady s;

	find((double[]){ 5000 }, (size_t[]){ N }, &s);
	assert_int_equal(s.nr_levels, 1);
	assert_true(s.steady);
	assert_true(fabs(s.level[0].per_s / 5000 - 1) < 0.01);
	assert_string_equal(s.text, "no change point in 48 intervals");
}

static void test_step(void **state)
{
	struct vb_steady s;

	find((double[]){ 5000, 4000 }, (size_t[]){ 20, N }, &s);
	assert_int_equal(s.nr_levels, 2);
	assert_int_equal(s.level[0].intervals, 20);
	assert_int_equal(s.level[1].intervals, 28);
	assert_true(fabs(s.level[1].from_s - 3.0) < 1e-9);	/* the 20th interval's end */
	assert_true(fabs(s.end_against_start + 0.2) < 0.01);
	assert_false(s.steady);
	assert_non_null(strstr(s.text, "from 3.00 s: not steady, the highest is +2"));
	assert_non_null(strstr(s.text, "the end -20."));
}

/* Another level for a while, and back. */
static void test_and_back(void **state)
{
	struct vb_steady s;

	find((double[]){ 5000, 4000, 5000 }, (size_t[]){ 16, 32, N }, &s);
	assert_int_equal(s.nr_levels, 3);
	assert_false(s.steady);
	assert_true(fabs(s.end_against_start) < 0.01);
	assert_true(fabs(s.apart - 0.25) < 0.01);
	assert_non_null(strstr(s.text, ": not steady, the highest is +2"));
	find((double[]){ 5000, 10000, 5000 }, (size_t[]){ 16, 32, N }, &s);
	assert_false(s.steady);
	assert_true(fabs(s.apart - 1) < 0.02);
}

/* As a percentage it would be no help. */
static void test_many_times(void **state)
{
	struct vb_steady s;

	find((double[]){ 5000, 200 }, (size_t[]){ 24, N }, &s);
	assert_false(s.steady);
	assert_true(fabs(s.apart - 24) < 1);
	assert_non_null(strstr(s.text, ": not steady, the highest is 2"));
	assert_non_null(strstr(s.text, " times the lowest, the end -96."));
}

/* Told as levels, and still one thing. */
static void test_near(void **state)
{
	struct vb_steady s;

	find((double[]){ 5000, 5130, 5010 }, (size_t[]){ 16, 32, N }, &s);
	assert_true(s.nr_levels > 1);
	assert_true(s.steady);
	assert_non_null(strstr(s.text, " (all within 3% of one another)"));
}

static void test_stall(void **state)
{
	struct vb_steady s;

	find((double[]){ 0, 5000 }, (size_t[]){ 24, N }, &s);
	assert_false(s.steady);
	assert_true(isinf(s.end_against_start));
	assert_true(isinf(s.apart));
	assert_non_null(strstr(s.text, ": not steady, it stood still"));
	find((double[]){ 5000, 0 }, (size_t[]){ 24, N }, &s);
	assert_false(s.steady);
	assert_true(fabs(s.end_against_start + 1) < 1e-9);
	find((double[]){ 0 }, (size_t[]){ N }, &s);
	assert_int_equal(s.nr_levels, 1);
}

static void test_too_few(void **state)
{
	double time_s[VB_STEADY_MIN - 1], per_s[VB_STEADY_MIN - 1];
	struct vb_steady s = { .steady = true };

	for (size_t i = 0; i < VB_STEADY_MIN - 1; i++) {
		time_s[i] = (double)i;
		per_s[i] = i < 5 ? 100 : 900;
	}
	assert_int_equal(vb_steady_find(time_s, per_s, VB_STEADY_MIN - 1, &s), 0);
	assert_false(s.told);
	assert_false(s.steady);
	assert_string_equal(s.text, "too few intervals (11) to tell");
	assert_int_equal(vb_steady_find(NULL, NULL, 0, &s), 0);
	assert_string_equal(s.text, "too few intervals (0) to tell");
}

/* Whatever there is to tell, the verdict is in the sentence. */
static void test_many_levels(void **state)
{
	double time_s[16 * 16], per_s[16 * 16];
	struct vb_steady s;

	for (size_t i = 0; i < 16 * 16; i++) {
		time_s[i] = (double)i;
		per_s[i] = (i / 16 % 2 ? 1000 : 5000) + (double)(i / 16) * 10 + noise();
	}
	assert_int_equal(vb_steady_find(time_s, per_s, 16 * 16, &s), 0);
	assert_true(s.nr_levels > 4);
	assert_true(s.nr_levels <= VB_STEADY_MAX_LEVELS);
	assert_false(s.steady);
	assert_non_null(strstr(s.text, ": not steady, "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_and_back),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_many_levels),
		cmocka_unit_test(test_many_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
