// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>

#include "lib/result/lost.h"
#include "lib/stats/power.h"
#include "lib/stats/rank-internal.h"

#define LEAST	6	/* pairs: fewer have no p below 5% */

/*
 * From 6 pairs on, in standard deviations of normal differences: found by bisection
 * over 400,000 simulated tests each (100,000 beyond 24 pairs).  Not smooth: the
 * levels that the exact test can have are few, and 6 pairs must all agree.
 */
static const double detectable[] = {
	2.387, 1.738, 1.614, 1.481, 1.320, 1.271, 1.202, 1.122,
	1.068, 1.029, 1.002, 0.967, 0.927, 0.897, 0.872, 0.853,
	0.834, 0.807, 0.787, 0.772, 0.754, 0.740, 0.727, 0.710,
	0.694, 0.689,
};

#define TABLE	(sizeof(detectable) / sizeof(detectable[0]))

static double standard_detectable(size_t pairs)
{
	/* Normal quantiles of 1 - (1 - VB_LEVEL) / 2 and of VB_POWER. */
	const double z = 1.959963984540054 + 1.644853626951473;
	double n = (double)pairs;

	if (pairs < LEAST)
		return INFINITY;
	if (pairs < LEAST + TABLE)
		return detectable[pairs - LEAST];
	return z / sqrt(n * 3 / M_PI) * (1 + 1 / n);
}

double vb_spread(const double *d, size_t n)
{
	/* 1 / (sqrt(2) * the normal quantile of 3/4) */
	const double scale = 1.0483580902;
	double *gap, spread;
	size_t nr = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(d[i]))
			return NAN;
	}
	gap = n < 3 ? NULL : malloc(n * (n - 1) / 2 * sizeof(*gap));
	if (!gap) {
		if (n >= 3)
			vb_lost_memory();
		return NAN;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			gap[nr++] = fabs(d[i] - d[j]);
	}
	spread = scale * vb_median_of(gap, nr);
	free(gap);
	return spread;
}

double vb_detectable(const double *d, size_t n, size_t pairs)
{
	double spread = vb_spread(d, n);

	/* No spread times no shift: any shift is seen, but none by too few. */
	return isnan(spread) || pairs >= LEAST ? spread * standard_detectable(pairs) : INFINITY;
}

size_t vb_pairs_needed(const double *d, size_t n, double shift)
{
	double want = fabs(shift) / vb_spread(d, n);
	size_t low = LEAST, high = LEAST;

	/* Also for a NAN. */
	if (!(want > 0))
		return 0;
	while (standard_detectable(high) > want) {
		low = high + 1;
		if (high > (size_t)-1 / 2)
			return 0;
		high *= 2;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (standard_detectable(middle) > want)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}
