// SPDX-License-Identifier: GPL-2.0-or-later
/* Trends: worked by hand, and by how often the interval holds the true slope. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/soak/trend.h"
#include "lib/stats/slope.h"
#include "tests/stats/simulate.h"

#define N 60

static void test_by_hand(void **state)
{
	/* One wild point of eight: most pairs of the others have a slope of 1. */
	const double x[] = { 0, 1, 2, 3, 4, 5, 6, 7 }, y[] = { 0, 1, 2, 90, 4, 5, 6, 7 };
	const double flat[] = { 5, 5, 5, 5, 5, 5, 5, 5 }, three[] = { 1, 3, 4 };
	struct vb_slope slope;

	assert_int_equal(vb_slope(x, y, 8, &slope), 0);
	assert_true(slope.estimate == 1);
	assert_int_equal(vb_slope(x, flat, 8, &slope), 0);
	assert_true(slope.estimate == 0 && slope.lo == 0 && slope.hi == 0);
	/* 2, 1.5 and 1: the median, and too few for an interval */
	assert_int_equal(vb_slope(x, three, 3, &slope), 0);
	assert_true(slope.estimate == 1.5 && isnan(slope.lo) && isnan(slope.hi));
}

static void test_bad(void **state)
{
	static const double many[VB_SLOPE_MAX + 1];
	const double same[] = { 1, 1, 1 }, y[] = { 1, 2, 3 }, wild[] = { 1, NAN, 3 };
	struct vb_slope slope;

	assert_int_equal(vb_slope(same, y, 3, &slope), -EINVAL);
	assert_int_equal(vb_slope(y, wild, 3, &slope), -EINVAL);
	assert_int_equal(vb_slope(y, y, 1, &slope), -EINVAL);
	assert_int_equal(vb_slope(y, y, 0, &slope), -EINVAL);
	assert_int_equal(vb_slope(many, many, VB_SLOPE_MAX + 1, &slope), -E2BIG);
}

/* 95% of the intervals hold the slope that the series was made with. */
static void test_coverage(void **state)
{
	struct vb_random source;
	unsigned int held = 0, trials = 600;

	vb_random_init(&source, 7);
	for (unsigned int t = 0; t < trials; t++) {
		double x[N], y[N];
		struct vb_slope s;

		for (int i = 0; i < N; i++) {
			x[i] = i;
			y[i] = 0.25 * i + sim_normal(&source) * (i % 9 ? 1 : 20);
		}
		assert_int_equal(vb_slope(x, y, N, &s), 0);
		held += s.lo <= 0.25 && 0.25 <= s.hi;
	}
	print_message("# slope: %.1f%% of the intervals hold it\n", 100.0 * held / trials);
	assert_in_range(held, trials * 92 / 100, trials * 985 / 1000);
}

/* Cycles of a soak in which @grow KiB of slab and @pins pages are lost in each. */
static void make_rows(struct soak_row *rows, size_t nr, double grow, double pins)
{
	struct vb_random source;

	vb_random_init(&source, 8);
	memset(rows, 0, nr * sizeof(*rows));
	for (size_t i = 0; i < nr; i++) {
		/* a machine that is new to it fills its caches first */
		rows[i].slab_kib = 10000 + (i < nr / 8 ? 500.0 * (double)i : 500.0 * (double)(nr / 8)) +
				   grow * (double)i + 60 * sim_normal(&source);
		rows[i].held_pages = floor(pins * (double)i);
		rows[i].descriptors = 9;
	}
}

static void test_drift(void **state)
{
	struct soak_trend t[SOAK_NR_TRENDS];
	struct soak_row rows[200];

	make_rows(rows, 200, 0, 0);
	assert_int_equal(soak_trends(rows, 200, NULL, 0, false, t), 0);
	for (int i = 0; i < SOAK_NR_TRENDS; i++)
		assert_true(t[i].known && !t[i].drifts);
	make_rows(rows, 200, 50, 0);
	assert_int_equal(soak_trends(rows, 200, NULL, 0, false, t), 0);
	assert_true(t[SOAK_TREND_SLAB].drifts && !t[SOAK_TREND_PINS].drifts);
	assert_true(fabs(t[SOAK_TREND_SLAB].slope.estimate - 50) < 2);
	make_rows(rows, 200, 0, 0.3);
	assert_int_equal(soak_trends(rows, 200, NULL, 0, false, t), 0);
	assert_true(!t[SOAK_TREND_SLAB].drifts && t[SOAK_TREND_PINS].drifts);
	/* where others pin, too, that is no drift */
	assert_int_equal(soak_trends(rows, 200, NULL, 0, true, t), 0);
	assert_true(t[SOAK_TREND_PINS].known && !t[SOAK_TREND_PINS].drifts);
	/* too few to say anything */
	assert_int_equal(soak_trends(rows, 10, NULL, 0, false, t), 0);
	assert_false(t[SOAK_TREND_SLAB].known);
}

/* A soak that went on after a crash: what the level does between boots is no drift, and hides none. */
static void test_boots(void **state)
{
	static const size_t later[] = { 40, 80, 120, 160 }, second = 100, odd[] = { 100, 40, 100, 999 };
	struct soak_trend t[SOAK_NR_TRENDS];
	struct soak_row rows[200];

	make_rows(rows, 200, 0, 0);
	for (size_t i = 0; i < 200; i++)
		rows[i].slab_kib = 10000 + 5000 * floor((double)i / 40) + (double)(i * 7 % 13);
	assert_int_equal(soak_trends(rows, 200, NULL, 0, false, t), 0);
	assert_true(t[SOAK_TREND_SLAB].drifts);
	assert_int_equal(soak_trends(rows, 200, later, 4, false, t), 0);
	assert_true(t[SOAK_TREND_SLAB].known && !t[SOAK_TREND_SLAB].drifts);
	assert_int_equal(t[SOAK_TREND_SLAB].nr, 30);
	/* of the first boot alone, with a lower level in the second */
	make_rows(rows, 200, 50, 0);
	for (size_t i = 100; i < 200; i++)
		rows[i].slab_kib = 5000;
	assert_int_equal(soak_trends(rows, 200, NULL, 0, false, t), 0);
	assert_false(t[SOAK_TREND_SLAB].drifts);
	assert_int_equal(soak_trends(rows, 200, &second, 1, false, t), 0);
	assert_true(t[SOAK_TREND_SLAB].drifts);
	/* what no soak writes */
	assert_int_equal(soak_trends(rows, 200, odd, 4, false, t), 0);
	assert_true(t[SOAK_TREND_SLAB].drifts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_boots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
