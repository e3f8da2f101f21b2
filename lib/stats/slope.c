// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/stats/slope.h"

#define TAIL_Z	1.959963984540054	/* the normal quantile of 0.975 */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *sorted, size_t n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/*
 * The normal approximation, without a correction for ties in y: the interval is a
 * little wider where there are some.
 */
static void set_interval(const double *sorted, size_t nr, size_t n, struct vb_slope *slope)
{
	double sigma = sqrt((double)n * (double)(n - 1) * (double)(2 * n + 5) / 18);
	double from = ((double)nr - TAIL_Z * sigma) / 2, to = ((double)nr + TAIL_Z * sigma) / 2;

	slope->lo = slope->hi = NAN;
	if (from < 1 || to > (double)nr - 1)
		return;
	slope->lo = sorted[(size_t)floor(from) - 1];
	slope->hi = sorted[(size_t)ceil(to)];
}

int vb_slope(const double *x, const double *y, size_t n, struct vb_slope *slope)
{
	double *all;
	size_t nr = 0;

	if (n > VB_SLOPE_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]) || !isfinite(y[i]))
			return -EINVAL;
	all = malloc((n * (n ? n - 1 : 0) / 2 + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (x[i] != x[j])
				all[nr++] = (y[i] - y[j]) / (x[i] - x[j]);
	if (nr) {
		qsort(all, nr, sizeof(*all), ascending);
		slope->estimate = median(all, nr);
		set_interval(all, nr, n, slope);
	}
	free(all);
	return nr ? 0 : -EINVAL;
}
