/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What simulations of runs need beside lib/stats/random.h. */
#ifndef VB_TESTS_SIMULATE_H
#define VB_TESTS_SIMULATE_H

#include <math.h>

#include "lib/stats/random.h"

/* Standard normal: G. Marsaglia's polar method (SIAM Rev. 6, 1964, 260-264). */
static inline double sim_normal(struct vb_random *r)
{
	double u, v, s;

	do {
		u = 2 * vb_random_uniform(r) - 1;
		v = 2 * vb_random_uniform(r) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * log(s) / s);
}

#endif /* VB_TESTS_SIMULATE_H */
