/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by lib/stats/ alone: null distributions of rank sums, and order statistics. */
#ifndef VB_RANK_INTERNAL_H
#define VB_RANK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The probabilities of the sums @least..@least + @nr - 1.  With ties the scores,
 * and so the sums, are doubled: mid-ranks become whole numbers.
 */
struct vb_sums {
	double *p;
	size_t least, nr;
};

/* Each of @n scores counts or not with probability 1/2. Free with vb_sums_free(). */
int vb_sums_signed(const uint32_t *score, size_t n, struct vb_sums *sums);
/* Any @m of @n scores, which ascend, are equally likely. */
int vb_sums_choose(const uint32_t *score, size_t n, size_t m, struct vb_sums *sums);
void vb_sums_free(struct vb_sums *sums);
/* Twice the smaller of P(S <= @sum) and P(S >= @sum), at most 1. */
double vb_sums_two_sided(const struct vb_sums *sums, size_t sum);
/* P(S <= least + @step) */
double vb_sums_lower(const struct vb_sums *sums, size_t step);
/* The smallest step with P(S <= least + step) >= @p, as R's qsignrank() and qwilcox(). */
size_t vb_sums_quantile(const struct vb_sums *sums, double p);

struct vb_keyed {
	double key;
	size_t index;
};

/*
 * Sorts @item by key and gives each its score: the rank, or with ties (the
 * return value) twice the mid-rank.  @ties3 becomes the sum of t^3 - t over
 * groups of t equal keys.
 */
bool vb_rank_scores(struct vb_keyed *item, size_t n, uint32_t *score, double *ties3);

/* The @k'th smallest of @x, from 0; reorders @x so that nothing before it is larger. */
double vb_select(double *x, size_t n, size_t k);
/* As vb_median(), but reorders @x. */
double vb_median_of(double *x, size_t n);

/* Standard normal distribution function. */
double vb_normal_p(double z);

#endif /* VB_RANK_INTERNAL_H */
