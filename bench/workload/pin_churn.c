// SPDX-License-Identifier: GPL-2.0-or-later
/* pin_churn: the mdev pins and unpins one mapping in K of a window that stays mapped. */
#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int setup(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes;

	for (unsigned int i = 0; i < w->section->count; i++) {
		int ret = vb_iommu_map(&w->container->iommu, w->memory + i * size,
				       w->iova + i * size, size, VB_PROT_READ | VB_PROT_WRITE);

		if (ret)
			return ret;
	}
	w->window->mapped = true;
	return 0;
}

static int step(struct vb_worker *w)
{
	unsigned int every = w->section->pin_every ? w->section->pin_every : 1;
	uint64_t stride = w->section->size_bytes * every;
	uint32_t count = (w->section->count + every - 1) / every;
	int ret = vb_op_pin(w, 0, stride, count);

	return ret ? ret : vb_op_unpin(w, 0, stride, count);
}

/* The mappings were made before the measured part: so they count as neither. */
static int teardown(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes;
	int ret = vb_op_unmap_window(w);

	w->shared->tally.mapped_bytes += window;
	return ret;
}

const struct vb_workload_ops vb_workload_pin_churn = {
	.name = "pin_churn",
	.summary = "the mdev pins and unpins in a window that stays mapped",
	.needs_mdev = true,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
