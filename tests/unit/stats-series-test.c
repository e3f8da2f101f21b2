// SPDX-License-Identifier: GPL-2.0-or-later
/* Change points, power and bootstrap, each against what simulation says of it. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/stats/bootstrap.h"
#include "lib/stats/changepoint.h"
#include "lib/stats/power.h"
#include "tests/stats/simulate.h"

#define LONGEST	400
#define MOST	8

static struct vb_random source;

static int new_source(void **state)
{
	vb_random_init(&source, 20);
	return 0;
}

static size_t changes(const double *x, size_t n, uint64_t seed, size_t *at)
{
	size_t count;

	assert_int_equal(vb_change_points(x, n, seed, at, MOST, &count), 0);
	return count;
}

/* The share of series of @n values without a change in which one is seen. */
static double false_changes(size_t n, unsigned int trials)
{
	unsigned int seen = 0;

	for (unsigned int trial = 0; trial < trials; trial++) {
		double x[LONGEST];
		size_t at[MOST];

		for (size_t i = 0; i < n; i++)
			x[i] = sim_normal(&source);
		/* One in three has outliers, as interval series do. */
		for (size_t i = trial; i < n && trial % 3 == 0; i += 7)
			x[i] *= 50;
		seen += changes(x, n, trial, at) > 0;
	}
	print_message("# change points: seen in %.1f%% of series of %zu without one\n",
		      100.0 * seen / trials, n);
	return (double)seen / trials;
}

static void test_no_change(void **state)
{
	static const size_t lengths[] = { 5, 8, 12, 20, 50, 100 };

	/* 5% of 1,000: 7.8% is four standard deviations above. */
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_true(false_changes(lengths[i], 1000) < 0.078);
	assert_true(false_changes(300, 200) < 0.112);
}

/* A level of three standard deviations more in the first 30%: once, and in its place. */
static double found_changes(size_t n, unsigned int trials)
{
	unsigned int one = 0, near = 0;
	size_t place = n * 3 / 10;

	for (unsigned int trial = 0; trial < trials; trial++) {
		double x[LONGEST];
		size_t at[MOST];

		for (size_t i = 0; i < n; i++)
			x[i] = sim_normal(&source) + (i < place ? 3 : 0);
		if (changes(x, n, trial, at) != 1)
			continue;
		one++;
		near += at[0] + 1 >= place && at[0] <= place + 1;
	}
	print_message("# change points: of %zu values, one found: %.1f%%; within 1: %.1f%%\n",
		      n, 100.0 * one / trials, 100.0 * near / trials);
	return (double)near / trials;
}

static void test_one_change(void **state)
{
	assert_true(found_changes(20, 500) > 0.8);
	assert_true(found_changes(50, 500) > 0.8);
	assert_true(found_changes(200, 100) > 0.8);
}

/* Four levels, of which the first split is in doubt until the others are known. */
static void test_many_changes(void **state)
{
	const unsigned int trials = 400;
	unsigned int near = 0;

	for (unsigned int trial = 0; trial < trials; trial++) {
		double x[100];
		size_t at[MOST], count;

		for (size_t i = 0; i < 100; i++)
			x[i] = sim_normal(&source) + (i / 25 % 2 ? 3 : 0);
		count = changes(x, 100, trial, at);
		for (size_t i = 0; i < count && i < MOST; i++)
			near += (at[i] + 1) % 25 <= 2;
	}
	print_message("# change points: three of 100 values, within 1: %.1f%%\n",
		      100.0 * near / (3 * trials));
	assert_true(near > 0.945 * 3 * trials);
}

static void test_plain_series(void **state)
{
	double x[90];
	size_t at[MOST], count;

	for (size_t i = 0; i < 90; i++)
		x[i] = 7;
	assert_int_equal(changes(x, 90, 1, at), 0);
	/* Three levels, the middle one of ten values. */
	for (size_t i = 0; i < 90; i++)
		x[i] = (i < 40 ? 10 : i < 50 ? 30 : 20) + 0.1 * sim_normal(&source);
	assert_int_equal(changes(x, 90, 1, at), 2);
	assert_true(at[0] == 40 && at[1] == 50);
	assert_int_equal(vb_change_points(x, 90, 1, at, 1, &count), 0);
	assert_int_equal(count, 2);
	/* A part of one level; a warm-up of two intervals of fifty; a single outlier. */
	assert_int_equal(changes(x + 40, 8, 1, at), 0);
	for (size_t i = 0; i < 50; i++)
		x[i] = (i < 2 ? 5 : 10) + 0.1 * sim_normal(&source);
	assert_int_equal(changes(x, 50, 1, at), 1);
	assert_int_equal(at[0], 2);
	for (size_t i = 0; i < 50; i++)
		x[i] = i == 25 ? 1000 : 10 + (i % 2 ? 0.1 : -0.1);
	assert_int_equal(changes(x, 50, 1, at), 0);
	assert_int_equal(changes(x, 0, 1, at), 0);
	x[3] = NAN;
	assert_int_equal(vb_change_points(x, 50, 1, at, MOST, &count), -EINVAL);
}

/* Power of @pairs pairs for a shift of @shift standard deviations. */
static double power(size_t pairs, double shift, unsigned int trials)
{
	unsigned int found = 0;

	for (unsigned int trial = 0; trial < trials; trial++) {
		struct vb_test test;
		double d[LONGEST];

		for (size_t i = 0; i < pairs; i++)
			d[i] = sim_normal(&source) + shift;
		assert_int_equal(vb_signed_rank(d, pairs, &test, NULL), 0);
		found += test.p < 1 - VB_LEVEL;
	}
	return (double)found / trials;
}

/* Differences whose vb_spread() is exactly 1. */
static void unit_spread(double *d, size_t n)
{
	double spread;

	for (size_t i = 0; i < n; i++)
		d[i] = sim_normal(&source);
	spread = vb_spread(d, n);
	for (size_t i = 0; i < n; i++)
		d[i] /= spread;
}

static void test_detectable(void **state)
{
	static const size_t pairs[] = { 6, 7, 8, 10, 15, 20, 31, 32, 50, 120 };
	double d[10];

	unit_spread(d, 10);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		double shift = vb_detectable(d, 10, pairs[i]), got;
		size_t needed = vb_pairs_needed(d, 10, shift * 1.000001);

		got = power(pairs[i], shift, pairs[i] > 60 ? 2000 : 40000);
		print_message("# power: %zu pairs see %.3f standard deviations in %.1f%%\n",
			      pairs[i], shift, 100 * got);
		/* 2% of the shift is 0.6% of power; trials vary by 0.11%, 2,000 by 0.5%. */
		assert_true(fabs(got - VB_POWER) < (pairs[i] > 60 ? 0.025 : 0.008));
		assert_int_equal(needed, pairs[i]);
		assert_true(vb_pairs_needed(d, 10, shift * 0.999) > pairs[i]);
	}
}

static void test_spread(void **state)
{
	static const double same[] = { 4, 4, 4, 4 }, bad[] = { 1, 2, INFINITY };
	double d[LONGEST], before;

	for (size_t i = 0; i < LONGEST; i++)
		d[i] = 0.01 * sim_normal(&source) + 0.3;
	before = vb_spread(d, LONGEST);
	assert_true(fabs(before - 0.01) < 0.001);
	for (size_t i = 0; i < LONGEST / 10; i++)
		d[i] = 1e6 * sim_normal(&source);
	assert_true(vb_spread(d, LONGEST) < 1.5 * before);
	assert_true(isnan(vb_spread(d, 2)) && isnan(vb_spread(bad, 3)));
	assert_true(isnan(vb_detectable(d, 2, 10)) && !vb_pairs_needed(d, 2, 0.1));
	assert_true(isinf(vb_detectable(d, LONGEST, 5)) && isinf(vb_detectable(same, 4, 5)));
	assert_true(vb_detectable(same, 4, 6) == 0);
	assert_int_equal(vb_pairs_needed(same, 4, 0.1), 6);
	assert_int_equal(vb_pairs_needed(d, LONGEST, 0), 0);
	assert_int_equal(vb_pairs_needed(d, LONGEST, -0.001),
			 vb_pairs_needed(d, LONGEST, 0.001));
}

/* How often the interval covers a shift of 1; @skewed: log-normal, both arms alike. */
static double coverage(size_t n, bool paired, bool skewed)
{
	const unsigned int trials = 800;
	unsigned int covered = 0;

	for (unsigned int trial = 0; trial < trials; trial++) {
		double a[LONGEST], b[LONGEST];
		struct vb_bootstrap how = {
			.a = a, .b = b, .na = n, .nb = n, .points = 1,
			.paired = paired, .seed = trial,
		};
		struct vb_shift shift;

		for (size_t i = 0; i < n; i++) {
			a[i] = sim_normal(&source);
			b[i] = sim_normal(&source);
			a[i] = skewed ? exp(a[i]) : a[i];
			b[i] = (skewed ? exp(b[i]) : b[i]) + 1;
		}
		assert_int_equal(vb_bootstrap_shift(&how, &shift), 0);
		assert_true(shift.has_interval && shift.lo <= shift.hi);
		covered += shift.lo <= 1 && 1 <= shift.hi;
	}
	print_message("# bootstrap: %zu %s, %s: %.1f%% of the intervals cover\n", n,
		      paired ? "pairs" : "in each arm", skewed ? "log-normal" : "normal",
		      100.0 * covered / trials);
	return (double)covered / trials;
}

static void test_coverage(void **state)
{
	static const size_t sizes[] = { 6, 10, 20 };

	/* Four standard deviations of 800 trials are 3.1%; six pairs are a little short. */
	for (int kind = 0; kind < 4; kind++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			double got = coverage(sizes[i], kind & 1, kind & 2);

			assert_true(got > 0.91 && got < 0.995);
		}
	}
}

/* Three points of ten runs: one that moved, one of few values, one of none. */
static void test_points(void **state)
{
	double a[30], b[30];
	struct vb_bootstrap how = {
		.a = a, .b = b, .na = 10, .nb = 10, .points = 3, .paired = true, .seed = 5,
	};
	struct vb_shift shift[3], again[3], only;
	double d[10];

	for (size_t i = 0; i < 10; i++) {
		for (size_t k = 0; k < 3; k++) {
			a[3 * i + k] = k == 2 || (k == 1 && i < 5) ? NAN : sim_normal(&source);
			b[3 * i + k] = 50 + sim_normal(&source);
		}
		d[i] = b[3 * i] - a[3 * i];
	}
	memset(shift, 0, sizeof(shift));
	memset(again, 0, sizeof(again));
	assert_int_equal(vb_bootstrap_shift(&how, shift), 0);
	assert_int_equal(vb_bootstrap_shift(&how, again), 0);
	assert_int_equal(vb_signed_rank(d, 10, NULL, &only), 0);
	assert_true(shift[0].estimate == only.estimate && shift[0].has_interval);
	assert_true(shift[0].lo > 45 && shift[0].lo <= shift[0].estimate);
	assert_true(shift[0].hi < 55 && shift[0].hi >= shift[0].estimate);
	assert_true(again[0].lo == shift[0].lo && again[0].hi == shift[0].hi);
	assert_false(shift[1].has_interval);
	assert_true(fabs(shift[1].estimate - 50) < 5 && isnan(shift[1].lo));
	assert_true(isnan(shift[2].estimate) && !shift[2].has_interval);
	how.paired = false;
	assert_int_equal(vb_bootstrap_shift(&how, shift), 0);
	assert_true(shift[0].has_interval && shift[1].has_interval && !shift[2].has_interval);
	how.nb = 9;
	assert_int_equal(vb_bootstrap_shift(&how, shift), 0);
	how.paired = true;
	assert_int_equal(vb_bootstrap_shift(&how, shift), -EINVAL);
}

/* More than it resamples: the rank test's interval. */
static void test_many_runs(void **state)
{
	double a[100], b[100];
	struct vb_bootstrap how = { .a = a, .b = b, .na = 100, .nb = 90, .points = 1 };
	struct vb_shift shift, rank;

	for (size_t i = 0; i < 100; i++) {
		a[i] = sim_normal(&source);
		b[i] = 1 + sim_normal(&source);
	}
	assert_int_equal(vb_bootstrap_shift(&how, &shift), 0);
	assert_int_equal(vb_rank_sum(a, 100, b, 90, NULL, &rank), 0);
	assert_true(shift.lo == rank.lo && shift.hi == rank.hi && shift.estimate == rank.estimate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_change, new_source),
		cmocka_unit_test_setup(test_one_change, new_source),
		cmocka_unit_test_setup(test_many_changes, new_source),
		cmocka_unit_test_setup(test_plain_series, new_source),
		cmocka_unit_test_setup(test_detectable, new_source),
		cmocka_unit_test_setup(test_spread, new_source),
		cmocka_unit_test_setup(test_coverage, new_source),
		cmocka_unit_test_setup(test_points, new_source),
		cmocka_unit_test_setup(test_many_runs, new_source),
	};

	return cmocka_run_group_tests_name("stats-series", tests, NULL, NULL);
}
