// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stale_dma: does each listener hear of the range that is unmapped?  Mainline
 * type1 (vfio_notify_dma_unmap(), 6.0 on) reads dma->iova and dma->size again for
 * every listener, without the lock that keeps dma alive.  Here the listener that is
 * told first holds the only pin, and its callback takes its time after it let go.
 * Meanwhile a second thread unmaps the same range, which frees dma, and makes a
 * mapping elsewhere, for which dma's memory may be used again.
 *
 * The second listener has that new mapping pinned: a driver that is told of a
 * range which nobody unmapped loses what it needs.  KASAN sees the read itself.
 */
#include <errno.h>
#include <sched.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

/* Type1 puts a new listener at the head of its list: the last to open is told first. */
static struct vb_mdev *told_first(struct vb_worker *w)
{
	return &w->container->mdev[w->container->nr_mdevs - 1];
}

/* Where vb_op_pin() pins. */
static struct vb_mdev *told_last(struct vb_worker *w)
{
	return &w->container->mdev[0];
}

/* Pages that its callbacks have unpinned so far. */
static int count_unpinned(struct vb_mdev *mdev, uint64_t *pages)
{
	struct vb_ioc_stats stats;
	int ret = vb_mdev_stats(mdev, &stats);

	*pages = stats.counters.callback_unpinned_pages;
	return ret;
}

/*
 * The first mapping of the window, pinned by the listener that is told first alone;
 * @unpinned: how many pages that one's callbacks have unpinned so far.
 */
static int prepare(struct vb_worker *w, uint64_t *unpinned)
{
	int ret = vb_op_map(w, 0, w->section->size_bytes);

	if (ret)
		return ret;
	__atomic_store_n(&w->window->mapped, true, __ATOMIC_RELEASE);
	ret = vb_op_open_range(w, 0, w->window->plan->size_bytes);
	if (!ret)
		ret = vb_mdev_open_range(told_first(w), w->iova, w->window->plan->size_bytes);
	if (!ret)
		ret = count_unpinned(told_first(w), unpinned);
	if (!ret)
		ret = vb_mdev_pin(told_first(w), w->iova, 0, 1, w->section->pin_pages, NULL);
	if (ret)
		return ret;
	w->shared->tally.pinned_pages += w->section->pin_pages;
	w->shared->tally.expected_callbacks++;
	return 0;
}

/*
 * Until the first listener has let go, or the request has ended.  An unmap before
 * that would find the pin, and deadlock where the variant has that hazard.
 */
static int wait_for_unpin(struct vb_worker *w, uint64_t before)
{
	uint64_t now = before;
	int ret = 0;

	while (!ret && now == before && __atomic_load_n(&w->window->mapped, __ATOMIC_ACQUIRE)) {
		sched_yield();
		ret = count_unpinned(told_first(w), &now);
	}
	return ret;
}

/* IOMMUFD lets one of two requests for the one mapping have it, and the other not wait. */
static int race_lost(const struct vb_worker *w, int ret)
{
	return ret == -EBUSY && w->container->iommu.ops->unmaps_race ? 0 : ret;
}

/* Unmap the range under the other's request; the window's second mapping comes in its place. */
static int overtake(struct vb_worker *w, uint64_t before)
{
	uint64_t size = w->section->size_bytes, unmapped;
	int ret = wait_for_unpin(w, before);

	if (!ret)
		ret = race_lost(w, vb_op_unmap(w, 0, size, VB_NR_METRICS, &unmapped));
	if (!ret)
		ret = vb_op_map(w, size, size);
	if (!ret)
		ret = vb_op_pin(w, size, 0, 1);
	/* -EAGAIN: a callback has closed the range already.  finish() finds no pin then. */
	if (ret && ret != -EAGAIN)
		return ret;
	w->shared->tally.expected_callbacks++;
	return vb_op_request_end(w);
}

static int unmap_first(struct vb_worker *w)
{
	uint64_t unmapped;
	int ret = race_lost(w, vb_op_unmap(w, 0, w->section->size_bytes, VB_METRIC_REQUEST, &unmapped));

	__atomic_store_n(&w->window->mapped, false, __ATOMIC_RELEASE);
	return ret ? ret : vb_op_request_end(w);
}

static int finish(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, unmapped;
	struct vb_ioc_stats stats;
	int ret = vb_mdev_stats(told_last(w), &stats);

	if (ret)
		return ret;
	vb_op_verify(w, stats.counters.outstanding_pages == w->section->pin_pages,
		     "a listener was told of a range that was mapped, and let its pages go");
	ret = vb_op_unmap(w, size, size, VB_NR_METRICS, &unmapped);
	return ret ? ret : vb_op_request_end(w);
}

/*
 * The thread that makes the mappings overtakes the other's request: a CPU gives
 * out again first what was allocated and freed on it.  Both barriers are reached
 * whatever fails: the others wait there.
 */
static int step(struct vb_worker *w)
{
	unsigned int thread = w->plan->thread;
	uint64_t before = 0;
	int ret = thread ? 0 : prepare(w, &before);

	pthread_barrier_wait(w->window->barrier);
	if (thread == 1)
		ret = unmap_first(w);
	else if (!thread && !ret)
		ret = overtake(w, before);
	pthread_barrier_wait(w->window->barrier);
	return thread || ret ? ret : finish(w);
}

const struct vb_workload_ops vb_workload_stale_dma = {
	.name = "stale_dma",
	.summary = "a range is unmapped a second time between two listeners' callbacks of the first",
	.needs_mdev = true,
	.shares_window = true,
	.pathological = true,
	.min_threads = 2,
	.min_count = 2,
	.min_mdevs = 2,
	.step = step,
};
