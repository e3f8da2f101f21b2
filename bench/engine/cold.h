/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cold caches: what the run before left in them is pushed out, the other arm's
 * code and data with it, by reading a buffer larger than the last-level cache on
 * each worker's CPU before the worker's first step.
 */
#ifndef VB_COLD_H
#define VB_COLD_H

#include <stddef.h>

#include "bench/engine/plan.h"

struct vb_sweep {
	const volatile char *buffer;	/* NULL: nothing to sweep */
	size_t bytes;
};

/*
 * One buffer for all workers: twice the largest cache of their CPUs, 64 MiB
 * where the machine tells no size; all of it is there.  With cold=no it is empty.
 * 0 or -ENOMEM.
 */
int vb_cold_prepare(struct vb_sweep *cold, const struct vb_plan *plan,
		    const struct vb_topology *topology);
/* By the worker, on its CPU, outside any time. */
void vb_cold_sweep(const struct vb_sweep *cold);
/* Once no worker sweeps any more. */
void vb_cold_free(struct vb_sweep *cold);

#endif /* VB_COLD_H */
