// SPDX-License-Identifier: GPL-2.0-or-later
/* Arrival times. */
#include <math.h>

#include "bench/engine/arrival.h"

/* xorshift64*, as vb_random(); in (0, 1), both ends left out: a logarithm follows. */
static double uniform(struct vb_arrivals *a)
{
	a->random ^= a->random >> 12;
	a->random ^= a->random << 25;
	a->random ^= a->random >> 27;
	return ((double)(a->random * 0x2545f4914f6cdd1dull >> 12) + 0.5) * 0x1p-52;
}

void vb_arrivals_init(struct vb_arrivals *a, enum vb_arrival kind, uint64_t rate_per_s,
		      uint64_t seed)
{
	a->kind = kind;
	a->gap_ns = 1e9 / (double)rate_per_s;
	a->due_ns = 0;
	a->random = seed ^ 0x9e3779b97f4a7c15ull;
	if (!a->random)	/* the one state that xorshift never leaves */
		a->random = 1;
	/* Workers of one rate don't start their steps at one moment. */
	if (kind == VB_ARRIVAL_FIXED)
		a->due_ns = uniform(a) * a->gap_ns;
	else
		vb_arrivals_next(a);
}

void vb_arrivals_next(struct vb_arrivals *a)
{
	a->due_ns += a->kind == VB_ARRIVAL_POISSON ? -log(uniform(a)) * a->gap_ns : a->gap_ns;
}

uint64_t vb_arrivals_behind(const struct vb_arrivals *a, uint64_t since_start_ns)
{
	double late = (double)since_start_ns - a->due_ns;

	return late < 0 ? 0 : 1 + (uint64_t)(late / a->gap_ns);
}
