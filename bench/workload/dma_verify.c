// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma_verify: map two mappings, have the device copy the first to the second by
 * DMA, or write what it has to the second, unmap, compare.  Bytes count only when
 * they arrived as they were, over others.
 */
#include <errno.h>

#include "bench/engine/op_dma.h"
#include "bench/workload/workloads.h"

static int setup(struct vb_worker *w)
{
	return w->section->count < 2 ? -EINVAL : 0;
}

static int step(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, unmapped;
	char *from = w->memory, *to = w->memory + size;
	size_t bytes = vb_op_dma_bytes(w);
	int ret;

	vb_op_dma_fill(w, from, bytes);
	vb_op_dma_fill(w, to, bytes);
	ret = vb_op_map(w, 0, size);
	if (!ret)
		ret = vb_op_map(w, size, size);
	if (ret)
		return ret;
	w->window->mapped = true;
	ret = vb_op_dma(w, 0, size, bytes, VB_METRIC_DMA);
	if (ret)
		return ret;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, 2 * size, VB_METRIC_REQUEST, &unmapped);
	if (ret)
		return ret;
	/* What arrived changed is counted, the run goes on, the audit judges. */
	if (!vb_device_dma_arrived(w->container->device, from, to, bytes))
		w->shared->tally.dma_errors++;
	else
		w->shared->tally.dma_bytes += vb_op_dma_moved(w, bytes);
	return w->slot ? vb_op_request_end(w) : 0;
}

const struct vb_workload_ops vb_workload_dma_verify = {
	.name = "dma_verify",
	.summary = "the assigned device copies or writes memory by DMA, verified, mapped anew each time",
	.needs_dma = true,
	.min_count = 2,
	.setup = setup,
	.step = step,
	.teardown = vb_op_unmap_window,
};
