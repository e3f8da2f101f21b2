// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA by the assigned device, as an operation of workloads. */
#include "bench/engine/op_dma.h"

size_t vb_op_dma_bytes(const struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes;
	size_t most = w->container->device->max_dma_bytes;

	return size < most ? size : most;
}

uint64_t vb_op_dma_moved(const struct vb_worker *w, size_t bytes)
{
	return w->container->device->ops->dma_copy ? 2 * (uint64_t)bytes : bytes;
}

void vb_op_dma_fill(struct vb_worker *w, void *memory, size_t bytes)
{
	uint64_t *words = memory;

	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = vb_random(w);
}

int vb_op_dma(struct vb_worker *w, uint64_t from, uint64_t to, size_t bytes,
	      enum vb_metric metric)
{
	uint64_t start = vb_now_ns();
	int ret = vb_device_dma(w->container->device, w->iova + from, w->iova + to, bytes);
	uint64_t end = vb_now_ns();

	vb_op_sample(w, metric, to, start, end, ret);
	if (!ret || metric == VB_METRIC_DMA_FAULT)
		vb_hist_add(&w->shared->hist[metric], end - start);
	return ret;
}

int vb_op_dma_verified(struct vb_worker *w)
{
	struct vb_device *device = w->container->device;
	uint64_t size = w->section->size_bytes;
	char *from = w->memory, *to = w->memory + size;
	size_t bytes = vb_op_dma_bytes(w);
	int ret;

	if (!vb_device_does_dma(device->ops))
		return 0;
	vb_op_dma_fill(w, from, bytes);
	vb_op_dma_fill(w, to, bytes);
	ret = vb_op_dma(w, 0, size, bytes, VB_METRIC_DMA);
	if (ret)
		return ret;
	/* What arrived changed is counted, the run goes on, the audit judges. */
	if (vb_device_dma_arrived(device, from, to, bytes))
		w->shared->tally.dma_bytes += vb_op_dma_moved(w, bytes);
	else
		w->shared->tally.dma_errors++;
	return 0;
}
