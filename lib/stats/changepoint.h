/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a series of interval values moves to another level. */
#ifndef VB_CHANGEPOINT_H
#define VB_CHANGEPOINT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The indices in @x at which a new level begins, ascending: the first @max of
 * them into @at, their number into @count.
 *
 * Method: binary segmentation (A. J. Scott, M. Knott, Biometrics 30, 1974,
 * 507-512) by the largest standardised sum of deviations up to a place, its
 * distribution found by permuting the series (J. Antoch, M. Huskova, "Permutation
 * tests in change point analysis", Statist. Probab. Lett. 53, 2001, 37-46).
 * Deviations are from the median, cut off at three standard deviations: a single
 * outlier moves nothing.  At least two values lie on each side of a change, and no
 * change can be seen in fewer than 8.  A change lies where
 * two medians fit best (J. Bai, "Least absolute deviation estimation of a shift",
 * Econometric Theory 11, 1995, 403-436), at last between its neighbours (the same,
 * Econometric Theory 13, 1997, 315-352).  The time it takes grows as @n squared.
 *
 * A series of independent values without a change is given one with probability
 * 5% at most, as is each level between true changes, all of them together: parts
 * share the 5% by length.  Values that follow each other closely (a slow wave)
 * are not independent and count as changes; so does a trend.
 *
 * One @seed gives one answer.  -EINVAL: a value is not finite; -ENOMEM.
 */
int vb_change_points(const double *x, size_t n, uint64_t seed, size_t *at, size_t max,
		     size_t *count);

#endif /* VB_CHANGEPOINT_H */
