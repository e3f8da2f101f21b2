/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the steps of an open loop are meant to start. */
#ifndef VB_ARRIVAL_H
#define VB_ARRIVAL_H

#include <stdint.h>

enum vb_arrival {
	VB_ARRIVAL_FIXED,		/* one gap between all, from a random moment in the first */
	VB_ARRIVAL_POISSON,		/* gaps of an exponential distribution */
};

/* One worker's sequence; the same seed gives the same one. */
struct vb_arrivals {
	enum vb_arrival kind;
	double gap_ns;			/* mean */
	double due_ns;			/* of the next, from the loop's start */
	uint64_t random;
};

/* @rate_per_s: above 0. */
void vb_arrivals_init(struct vb_arrivals *a, enum vb_arrival kind, uint64_t rate_per_s,
		      uint64_t seed);
/* Go on to the one after. */
void vb_arrivals_next(struct vb_arrivals *a);
/* How many are due by @since_start_ns and have not been gone past: by the mean gap. */
uint64_t vb_arrivals_behind(const struct vb_arrivals *a, uint64_t since_start_ns);

#endif /* VB_ARRIVAL_H */
