// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unmap_all: N mappings, one in K of them pinned by the mdev, and one request
 * that unmaps everything in the container (VFIO_DMA_UNMAP_FLAG_ALL, Linux 5.12).
 * A kernel that notifies once per request tells the vendor driver of IOVA 0 and
 * all that comes after; one that notifies per vfio_dma, of each mapping.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { MAPPINGS };

static const char *const counts[] = { [MAPPINGS] = "mappings_removed", NULL };

static int setup(struct vb_worker *w)
{
	if (!(vb_iommu_can(&w->container->iommu) & VB_CAN_UNMAP_ALL))
		return vb_step_failed(w, "this kernel has no request that unmaps everything");
	return 0;
}

static int request(struct vb_worker *w, uint64_t *unmapped)
{
	uint64_t start;
	int ret;

	*unmapped = 0;
	start = vb_op_request_begin(w, 0, UINT64_MAX);
	ret = vb_iommu_unmap_all(&w->container->iommu, unmapped);
	return vb_op_request_done(w, 0, VB_METRIC_REQUEST, UINT64_MAX, start, ret, *unmapped);
}

static int step(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, unmapped, left = 0;
	int pinned, ret = vb_op_map_window(w);

	if (ret)
		return ret;
	pinned = vb_op_pin_window(w);
	if (pinned < 0)
		return pinned;
	w->window->mapped = false;
	ret = request(w, &unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	if (ret)
		return ret;
	w->shared->tally.expected_callbacks += (unsigned int)pinned;
	w->shared->tally.count[MAPPINGS] += w->section->count;
	vb_op_verify(w, unmapped == window, "the request told another number of bytes than were mapped");
	/* A request over the window finds what was left there, and says how much. */
	ret = vb_op_unmap(w, 0, window, VB_NR_METRICS, &left);
	if (!ret)
		ret = vb_op_request_end(w);
	vb_op_verify(w, !left, "something was still mapped after everything was unmapped");
	return ret;
}

/* What the vendor driver was told of, as the module saw it; in some modes it keeps no log. */
static void check_told(struct vb_worker *w)
{
	const struct vb_run_shared *run = w->container->shared;
	struct vb_ioc_stats stats;

	if (!w->slot || vb_mdev_stats(&w->container->mdev[0], &stats) || !stats.log_count)
		return;
	if (run->observed == VB_GRANULARITY_PER_REQUEST)
		vb_op_verify(w, !stats.log[0].iova && stats.log[0].size == UINT64_MAX,
			     "the vendor driver was told of another range than of everything");
	if (run->observed == VB_GRANULARITY_PER_VFIO_DMA || run->observed == VB_GRANULARITY_PER_AREA)
		vb_op_verify(w, stats.log[0].iova - w->iova < w->window->plan->size_bytes &&
				stats.log[0].size == w->section->size_bytes,
			     "the vendor driver was told of another range than of a mapping");
}

static int teardown(struct vb_worker *w)
{
	check_told(w);
	return vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_unmap_all = {
	.name = "unmap_all",
	.summary = "N mappings, one request that unmaps everything in the container",
	.needs = VB_CAN_UNMAP_ALL,
	.alone = true,
	.counts = counts,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
