/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rank tests of per-run values, with the shift that belongs to them: what
 * R's wilcox.test(..., conf.int = TRUE) and p.adjust(method = "holm") compute.
 *
 * Ties (values, or absolute differences, that are equal as doubles) and zeros:
 * p is taken from the exact conditional distribution given the mid-ranks, where
 * R falls back to a normal approximation (E. L. Lehmann, "Nonparametrics", 1975,
 * sections 1.4 and 3.2).  Shift and interval follow one rule with and without
 * ties: order statistics of the Walsh averages or differences, with the ranks
 * that the distribution without ties gives.  The closed interval then covers at
 * least at the level it has for continuous data (G. E. Noether, "Wilcoxon
 * confidence intervals for location parameters in the discrete case", JASA 62,
 * 1967, 184-188).  Differences of zero are dropped for p, as R does, but stay in
 * for shift and interval: R drops them there too, and would call eight equal
 * pairs of ten a shift by what the other two differ.
 */
#ifndef VB_RANK_H
#define VB_RANK_H

#include <stdbool.h>
#include <stddef.h>

/* The level of every interval. */
#define VB_LEVEL	0.95
/* Beyond these, and no further than VB_RANK_MAX, the normal approximation is taken. */
#define VB_SIGNED_RANK_EXACT	200	/* differences; R: 49 */
#define VB_RANK_SUM_EXACT	49	/* values in each arm, as R */
/* Values in an arm, and pairs, at most: -E2BIG beyond. */
#define VB_RANK_MAX	4096

struct vb_test {
	double p;		/* two-sided: twice the smaller tail, at most 1 */
	bool exact;		/* from the exact distribution, with ties the conditional one */
	size_t n;		/* values used: both arms' together, or differences that are not 0 */
};

struct vb_shift {
	double estimate;	/* Hodges-Lehmann, in the unit of the values */
	double lo, hi;		/* NAN without an interval */
	double level;		/* wanted: VB_LEVEL */
	double achieved;	/* the interval's own without ties, at least @level */
	bool has_interval;	/* false: too few values for @level (fewer than 6 pairs) */
};

/*
 * Wilcoxon's signed-rank test that @n differences @d lie around 0; the shift is
 * the median of their Walsh averages.  p is 1 when all of them are 0.  @test or
 * @shift may be NULL.  0, -EINVAL (@n is 0, a value is not finite), -E2BIG, -ENOMEM.
 */
int vb_signed_rank(const double *d, size_t n, struct vb_test *test, struct vb_shift *shift);
/*
 * The Mann-Whitney test that @a and @b come from one distribution; the shift,
 * @b over @a, is the median of all differences b - a.  As wilcox.test(b, a).
 * Errors as above (@na or @nb is 0).
 */
int vb_rank_sum(const double *a, size_t na, const double *b, size_t nb, struct vb_test *test,
		struct vb_shift *shift);

/*
 * Holm's adjusted p-values (S. Holm, Scand. J. Statist. 6, 1979, 65-70): each in
 * its own place.  NAN entries are no tests: they stay NAN and are not counted.
 * @adjusted is another array than @p, which is asserted.
 */
void vb_holm(const double *p, size_t n, double *adjusted);

/* NAN for none, or when memory is out; @x stays as it is. No entry may be NAN. */
double vb_median(const double *x, size_t n);

#endif /* VB_RANK_H */
