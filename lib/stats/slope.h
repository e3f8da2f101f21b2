/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trend of a series: the median of the slopes between all pairs of points
 * (H. Theil, Proc. Kon. Ned. Akad. Wetensch. A 53, 1950, 386-392, 521-525, 1397-1412),
 * its interval by Kendall's distribution (P. K. Sen, "Estimates of the regression
 * coefficient based on Kendall's tau", JASA 63, 1968, 1379-1389).  A few wild values
 * move it little.
 */
#ifndef VB_SLOPE_H
#define VB_SLOPE_H

#include <stddef.h>

#define VB_SLOPE_MAX	2000	/* points: two million pairs */

struct vb_slope {
	double estimate;	/* y's unit for each of x's */
	double lo, hi;		/* 95%; NAN: too few points for one */
};

/*
 * Pairs of equal x are left out.  -EINVAL: a value is not finite, or no two x
 * differ; -E2BIG: more than VB_SLOPE_MAX points; -ENOMEM.
 */
int vb_slope(const double *x, const double *y, size_t n, struct vb_slope *slope);

#endif /* VB_SLOPE_H */
