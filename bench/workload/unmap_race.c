// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unmap_race: the section's threads share one window; the first maps and pins,
 * then all unmap the whole of it at once.  Kernels that can't take it deadlock
 * or crash here; those that can, share the mappings out between the requests.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int prepare(struct vb_worker *w)
{
	int pinned, ret = vb_op_map_window(w);

	if (ret)
		return ret;
	pinned = vb_op_pin_window(w);
	if (pinned < 0)
		return pinned;
	w->shared->tally.expected_callbacks += (unsigned int)pinned;
	return 0;
}

/* Both barriers are reached whatever fails: the others wait there. */
static int step(struct vb_worker *w)
{
	uint64_t unmapped;
	int ret = w->plan->thread ? 0 : prepare(w), ret2;

	pthread_barrier_wait(w->window->barrier);
	ret2 = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, &unmapped);
	pthread_barrier_wait(w->window->barrier);
	w->window->mapped = false;
	if (!ret)
		ret = ret2;
	return ret ? ret : vb_op_request_end(w);
}

const struct vb_workload_ops vb_workload_unmap_race = {
	.name = "unmap_race",
	.summary = "threads that unmap one range, with pinned pages in it, at the same moment",
	.needs_mdev = true,
	.shares_window = true,
	.pathological = true,
	.min_threads = 2,
	.step = step,
};
