/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a whole distribution moved: the shift of many quantiles, each with its interval. */
#ifndef VB_BOOTSTRAP_H
#define VB_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/stats/rank.h"

#define VB_BOOTSTRAP_RESAMPLES	1999
/* Pairs, or values in each arm, up to which runs are resampled. */
#define VB_BOOTSTRAP_MAX	40

struct vb_bootstrap {
	const double *a, *b;	/* [run * points + point]; NAN: that run has no such value */
	size_t na, nb;		/* runs; paired: as many, run i of @a with run i of @b */
	size_t points;
	bool paired;
	uint64_t seed;
};

/*
 * The Hodges-Lehmann shift, b over a, at every point, into @shift[points], in the
 * unit of the values, with the interval that resampling the runs (or pairs) gives:
 * the expanded percentile interval (T. C. Hesterberg, "What teachers should know
 * about the bootstrap", Am. Statist. 69, 2015, 371-386), since the plain one is
 * too narrow for ten runs.  All points are resampled alike, so that the curve of
 * intervals belongs together; each interval covers its own point, not the curve.
 *
 * Runs with NAN are left out of that point (paired: with their partner).  Fewer
 * than 6 pairs, or 4 values in an arm: an estimate without interval; none at all:
 * NAN.  More than VB_BOOTSTRAP_MAX: the interval of vb_signed_rank() or
 * vb_rank_sum(), which is as good there and does not take seconds.  It may lie a
 * little off that of the rank test on fewer, too: this one is no test.
 *
 * 0, -EINVAL (paired with @na != @nb, no points, a value is infinite), -ENOMEM.
 */
int vb_bootstrap_shift(const struct vb_bootstrap *how, struct vb_shift *shift);

#endif /* VB_BOOTSTRAP_H */
