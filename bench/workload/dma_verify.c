// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma_verify: map two mappings, have the device copy the first to the second
 * by DMA, unmap, compare.  Bytes count only when they arrived as they were.
 */
#include <errno.h>
#include <string.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int setup(struct vb_worker *w)
{
	return w->section->count < 2 ? -EINVAL : 0;
}

static void fill(struct vb_worker *w, uint64_t *words, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = vb_random(w);
}

static int transfer(struct vb_worker *w, size_t bytes)
{
	uint64_t size = w->section->size_bytes;
	uint64_t start = vb_now_ns();
	int ret = vb_device_dma_copy(w->container->device, w->iova, w->iova + size, bytes);
	uint64_t end = vb_now_ns();

	vb_op_sample(w, VB_METRIC_DMA, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[VB_METRIC_DMA], end - start);
	return ret;
}

static int step(struct vb_worker *w)
{
	struct vb_device *device = w->container->device;
	uint64_t size = w->section->size_bytes, unmapped;
	size_t bytes = size < device->max_dma_bytes ? size : device->max_dma_bytes;
	char *from = w->memory, *to = w->memory + size;
	int ret;

	fill(w, (uint64_t *)from, bytes);
	memset(to, 0, bytes);
	ret = vb_op_map(w, 0, size);
	if (!ret)
		ret = vb_op_map(w, size, size);
	if (ret)
		return ret;
	w->window->mapped = true;
	ret = transfer(w, bytes);
	if (ret)
		return ret;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, 2 * size, VB_METRIC_REQUEST, &unmapped);
	if (ret)
		return ret;
	/* What arrived changed is counted, the run goes on, the audit judges. */
	if (memcmp(from, to, bytes))
		w->shared->tally.dma_errors++;
	else
		w->shared->tally.dma_bytes += 2 * bytes;
	return w->slot ? vb_op_request_end(w) : 0;
}

const struct vb_workload_ops vb_workload_dma_verify = {
	.name = "dma_verify",
	.summary = "the assigned device copies memory by DMA, verified, mapped anew each time",
	.needs_dma = true,
	.min_count = 2,
	.setup = setup,
	.step = step,
	.teardown = vb_op_unmap_window,
};
