// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/stats/rank.h"
#include "lib/stats/rank-internal.h"

#define TAIL	((1 - VB_LEVEL) / 2)
#define TAIL_Z	1.959963984540054	/* the normal quantile of 1 - TAIL */

double vb_normal_p(double z)
{
	return erfc(-z * M_SQRT1_2) / 2;
}

/* 0 when a rank test can be made of @x. */
static int usable(const double *x, size_t n)
{
	if (!n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			return -EINVAL;
	}
	return n > VB_RANK_MAX ? -E2BIG : 0;
}

/* Two-sided, with R's continuity correction: half a rank towards the mean. */
static double normal_two_sided(double sum, double mean, double variance)
{
	double z = sum - mean;

	if (variance <= 0)
		return 1;
	z -= z > 0 ? 0.5 : z < 0 ? -0.5 : 0;
	return fmin(1, 2 * vb_normal_p(-fabs(z) / sqrt(variance)));
}

/* The scores 1..@n of data without ties. NULL: no memory. */
static uint32_t *plain_scores(size_t n)
{
	uint32_t *score = malloc(n * sizeof(*score));

	for (size_t i = 0; score && i < n; i++)
		score[i] = (uint32_t)i + 1;
	return score;
}

/*
 * How many of the ordered values lie outside the interval at each end, of a
 * statistic whose distribution is @sums; 0: even none is too many.
 */
static size_t outside_exact(const struct vb_sums *sums, struct vb_shift *shift)
{
	size_t index = vb_sums_quantile(sums, TAIL);

	if (index)
		shift->achieved = 1 - 2 * vb_sums_lower(sums, index - 1);
	return index;
}

/* The same from the normal approximation, rounded to the wider side. */
static size_t outside_normal(double mean, double variance, struct vb_shift *shift)
{
	double index = floor(mean + 0.5 - TAIL_Z * sqrt(variance));

	if (index < 1)
		return 0;
	shift->achieved = 1 - 2 * vb_normal_p((index - 0.5 - mean) / sqrt(variance));
	return (size_t)index;
}

/* The interval between the @outside'th value of each end of @x; reorders @x. */
static void set_shift(double *x, size_t n, size_t outside, struct vb_shift *shift)
{
	shift->estimate = vb_median_of(x, n);
	shift->level = VB_LEVEL;
	shift->has_interval = outside > 0;
	shift->lo = shift->hi = NAN;
	if (!outside) {
		shift->achieved = 0;
		return;
	}
	shift->lo = vb_select(x, n, outside - 1);
	shift->hi = vb_select(x, n, n - outside);
}

static int signed_rank_outside(size_t n, struct vb_shift *shift, size_t *outside)
{
	struct vb_sums sums;
	uint32_t *score;
	double k = (double)n;
	int ret;

	if (n > VB_SIGNED_RANK_EXACT) {
		*outside = outside_normal(k * (k + 1) / 4, k * (k + 1) * (2 * k + 1) / 24, shift);
		return 0;
	}
	score = plain_scores(n);
	if (!score)
		return -ENOMEM;
	ret = vb_sums_signed(score, n, &sums);
	free(score);
	if (ret)
		return ret;
	*outside = outside_exact(&sums, shift);
	vb_sums_free(&sums);
	return 0;
}

static int signed_rank_shift(const double *d, size_t n, struct vb_shift *shift)
{
	size_t nr = n * (n + 1) / 2, outside, at = 0;
	double *walsh = malloc(nr * sizeof(*walsh));
	int ret;

	if (!walsh)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n; j++)
			walsh[at++] = (d[i] + d[j]) / 2;
	}
	ret = signed_rank_outside(n, shift, &outside);
	if (!ret)
		set_shift(walsh, nr, outside, shift);
	free(walsh);
	return ret;
}

/* @n absolute differences, none of them 0, whose index tells whether they were positive. */
static int signed_rank_p(struct vb_keyed *item, size_t n, uint32_t *score, struct vb_test *test)
{
	double k = (double)n, ties3;
	bool tied = vb_rank_scores(item, n, score, &ties3);
	struct vb_sums sums;
	size_t sum = 0;
	int ret;

	for (size_t i = 0; i < n; i++)
		sum += item[i].index ? score[i] : 0;
	test->exact = n <= VB_SIGNED_RANK_EXACT;
	if (!test->exact) {
		test->p = normal_two_sided((double)sum / (tied ? 2 : 1), k * (k + 1) / 4,
					   k * (k + 1) * (2 * k + 1) / 24 - ties3 / 48);
		return 0;
	}
	ret = vb_sums_signed(score, n, &sums);
	if (ret)
		return ret;
	test->p = vb_sums_two_sided(&sums, sum);
	vb_sums_free(&sums);
	return 0;
}

static int signed_rank_test(const double *d, size_t n, struct vb_test *test)
{
	struct vb_keyed *item = malloc(n * sizeof(*item));
	uint32_t *score = malloc(n * sizeof(*score));
	size_t nr = 0;
	int ret = -ENOMEM;

	if (item && score) {
		for (size_t i = 0; i < n; i++) {
			if (d[i] != 0)
				item[nr++] = (struct vb_keyed){ fabs(d[i]), d[i] > 0 };
		}
		*test = (struct vb_test){ .p = 1, .exact = true, .n = nr };
		ret = nr ? signed_rank_p(item, nr, score, test) : 0;
	}
	free(score);
	free(item);
	return ret;
}

int vb_signed_rank(const double *d, size_t n, struct vb_test *test, struct vb_shift *shift)
{
	int ret = usable(d, n);

	if (!ret && test)
		ret = signed_rank_test(d, n, test);
	if (!ret && shift)
		ret = signed_rank_shift(d, n, shift);
	return ret;
}

static bool sum_is_exact(size_t na, size_t nb)
{
	return na <= VB_RANK_SUM_EXACT && nb <= VB_RANK_SUM_EXACT;
}

static int rank_sum_outside(size_t na, size_t nb, struct vb_shift *shift, size_t *outside)
{
	double a = (double)na, b = (double)nb;
	struct vb_sums sums;
	uint32_t *score;
	int ret;

	if (!sum_is_exact(na, nb)) {
		*outside = outside_normal(a * b / 2, a * b * (a + b + 1) / 12, shift);
		return 0;
	}
	score = plain_scores(na + nb);
	if (!score)
		return -ENOMEM;
	ret = vb_sums_choose(score, na + nb, nb, &sums);
	free(score);
	if (ret)
		return ret;
	*outside = outside_exact(&sums, shift);
	vb_sums_free(&sums);
	return 0;
}

static int rank_sum_shift(const double *a, size_t na, const double *b, size_t nb,
			  struct vb_shift *shift)
{
	double *difference = malloc(na * nb * sizeof(*difference));
	size_t outside;
	int ret;

	if (!difference)
		return -ENOMEM;
	for (size_t i = 0; i < na; i++) {
		for (size_t j = 0; j < nb; j++)
			difference[i * nb + j] = b[j] - a[i];
	}
	ret = rank_sum_outside(na, nb, shift, &outside);
	if (!ret)
		set_shift(difference, na * nb, outside, shift);
	free(difference);
	return ret;
}

/* Both arms' values, whose index tells whether they are @b's. */
static int rank_sum_p(struct vb_keyed *item, size_t na, size_t nb, uint32_t *score,
		      struct vb_test *test)
{
	double a = (double)na, b = (double)nb, n = a + b, ties3;
	bool tied = vb_rank_scores(item, na + nb, score, &ties3);
	struct vb_sums sums;
	size_t sum = 0;
	int ret;

	for (size_t i = 0; i < na + nb; i++)
		sum += item[i].index ? score[i] : 0;
	*test = (struct vb_test){ .n = na + nb, .exact = sum_is_exact(na, nb) };
	if (!test->exact) {
		test->p = normal_two_sided((double)sum / (tied ? 2 : 1), b * (n + 1) / 2,
					   a * b / 12 * (n + 1 - ties3 / (n * (n - 1))));
		return 0;
	}
	ret = vb_sums_choose(score, na + nb, nb, &sums);
	if (ret)
		return ret;
	test->p = vb_sums_two_sided(&sums, sum);
	vb_sums_free(&sums);
	return 0;
}

static int rank_sum_test(const double *a, size_t na, const double *b, size_t nb,
			 struct vb_test *test)
{
	struct vb_keyed *item = malloc((na + nb) * sizeof(*item));
	uint32_t *score = malloc((na + nb) * sizeof(*score));
	int ret = -ENOMEM;

	if (item && score) {
		for (size_t i = 0; i < na; i++)
			item[i] = (struct vb_keyed){ a[i], 0 };
		for (size_t i = 0; i < nb; i++)
			item[na + i] = (struct vb_keyed){ b[i], 1 };
		ret = rank_sum_p(item, na, nb, score, test);
	}
	free(score);
	free(item);
	return ret;
}

int vb_rank_sum(const double *a, size_t na, const double *b, size_t nb, struct vb_test *test,
		struct vb_shift *shift)
{
	int ret = usable(a, na);

	if (!ret)
		ret = usable(b, nb);
	if (!ret && test)
		ret = rank_sum_test(a, na, b, nb, test);
	if (!ret && shift)
		ret = rank_sum_shift(a, na, b, nb, shift);
	return ret;
}
