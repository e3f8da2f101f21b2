// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unmap_race: the section's threads share one window; the first maps and pins,
 * then all unmap the whole of it at once.  Kernels that can't take it deadlock
 * or crash here; those that can, share the mappings out between the requests.
 *
 * With IOMMUFD a request that meets another at work on a mapping ends with -EBUSY, and
 * does not tell what it had unmapped before: the first thread looks for what is left.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { LOST, UNTOLD };

static const char *const counts[] = {
	[LOST] = "requests_lost", [UNTOLD] = "bytes_untold", NULL
};

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

/* 0: its request has done what it could; *told: bytes. */
static int race(struct vb_worker *w, uint64_t *told)
{
	int ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, told);

	if (ret != -EBUSY || !w->container->iommu.ops->unmaps_race)
		return ret;
	w->shared->tally.count[LOST]++;
	*told = 0;
	return 0;
}

/* All requests have ended: nothing may be left, and what nobody told of was unmapped. */
static int settle(struct vb_worker *w, uint64_t told)
{
	uint64_t window = w->window->plan->size_bytes, left;
	int ret = vb_op_unmap(w, 0, window, VB_NR_METRICS, &left);

	if (!ret)
		ret = vb_op_request_end(w);
	vb_op_verify(w, !left, "the requests left something mapped between them");
	w->shared->tally.count[UNTOLD] += window - left - told;
	w->shared->tally.unmapped_bytes += window - left - told;
	return ret;
}

/* Barriers are reached whatever fails: the others wait there. */
static int step(struct vb_worker *w)
{
	bool first = !w->plan->thread, races = w->container->iommu.ops->unmaps_race;
	int ret = first ? prepare(w) : 0, ret2;
	uint64_t told;

	if (first)
		__atomic_store_n(&w->window->bytes, 0, __ATOMIC_RELAXED);
	pthread_barrier_wait(w->window->barrier);
	ret2 = race(w, &told);
	__atomic_fetch_add(&w->window->bytes, told, __ATOMIC_RELAXED);
	pthread_barrier_wait(w->window->barrier);
	w->window->mapped = false;
	if (!ret)
		ret = ret2;
	if (!ret)
		ret = vb_op_request_end(w);
	if (!ret && first && races)
		ret = settle(w, __atomic_load_n(&w->window->bytes, __ATOMIC_RELAXED));
	return ret;
}

const struct vb_workload_ops vb_workload_unmap_race = {
	.name = "unmap_race",
	.summary = "threads that unmap one range, with pinned pages in it, at the same moment",
	.needs_mdev = true,
	.shares_window = true,
	.pathological = true,
	.counts = counts,
	.min_threads = 2,
	.step = step,
};
