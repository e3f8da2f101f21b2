// SPDX-License-Identifier: GPL-2.0-or-later
/* Intended starts of an open loop: even ones, and those of a Poisson process. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/engine/arrival.h"

#define N 200000

static void test_fixed(void **state)
{
	struct vb_arrivals a, b;
	double first;

	vb_arrivals_init(&a, VB_ARRIVAL_FIXED, 3000, 7);
	vb_arrivals_init(&b, VB_ARRIVAL_FIXED, 3000, 8);
	first = a.due_ns;
	assert_true(first >= 0 && first < 1e9 / 3000);
	assert_true(first != b.due_ns);	/* workers don't start together */
	for (int i = 0; i < 3000000; i++)
		vb_arrivals_next(&a);
	/* 1000 seconds: a gap that is no whole number of ns adds up to no error. */
	assert_true(fabs(a.due_ns - first - 1e12) < 1000);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Gaps of a Poisson process are exponential, and no gap tells of the next. */
static void test_poisson(void **state)
{
	double *gap = malloc(N * sizeof(*gap)), last = 0, sum = 0, squares = 0, products = 0, d = 0;
	const double mean = 1e9 / 50000;
	struct vb_arrivals a;

	assert_non_null(gap);
	vb_arrivals_init(&a, VB_ARRIVAL_POISSON, 50000, 12345);
	for (int i = 0; i < N; i++) {
		gap[i] = a.due_ns - last;
		assert_true(gap[i] > 0);
		last = a.due_ns;
		sum += gap[i];
		squares += gap[i] * gap[i];
		vb_arrivals_next(&a);
	}
	/* Mean and standard deviation are the same number; 5 standard errors. */
	assert_true(fabs(sum / N / mean - 1) < 5 / sqrt(N));
	assert_true(fabs(sqrt(squares / N - sum / N * sum / N) / mean - 1) < 5 * sqrt(2.0 / N));
	for (int i = 1; i < N; i++)
		products += (gap[i] - mean) * (gap[i - 1] - mean);
	assert_true(fabs(products / N / (mean * mean)) < 5 / sqrt(N));
	/* Kolmogorov-Smirnov against the exponential distribution; 1.95: p below 0.001. */
	qsort(gap, N, sizeof(*gap), ascending);
	for (int i = 0; i < N; i++) {
		double f = 1 - exp(-gap[i] / mean);

		d = fmax(d, fmax(f - (double)i / N, (double)(i + 1) / N - f));
	}
	assert_true(d * sqrt(N) < 1.95);
	free(gap);
}

static void test_seed(void **state)
{
	struct vb_arrivals a, b, c;

	vb_arrivals_init(&a, VB_ARRIVAL_POISSON, 1000, 42);
	vb_arrivals_init(&b, VB_ARRIVAL_POISSON, 1000, 42);
	vb_arrivals_init(&c, VB_ARRIVAL_POISSON, 1000, 43);
	for (int i = 0; i < 100; i++) {
		assert_true(a.due_ns == b.due_ns);
		assert_true(a.due_ns != c.due_ns);
		vb_arrivals_next(&a);
		vb_arrivals_next(&b);
		vb_arrivals_next(&c);
	}
}

static void test_behind(void **state)
{
	struct vb_arrivals a = { .kind = VB_ARRIVAL_FIXED, .gap_ns = 1000, .due_ns = 5000 };

	assert_int_equal(vb_arrivals_behind(&a, 4999), 0);
	assert_int_equal(vb_arrivals_behind(&a, 5000), 1);
	assert_int_equal(vb_arrivals_behind(&a, 5999), 1);
	assert_int_equal(vb_arrivals_behind(&a, 6000), 2);
	assert_int_equal(vb_arrivals_behind(&a, 105000), 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_poisson),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
