// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * container_churn: opens a container with the job's devices, maps N mappings,
 * and closes all of it again with the mappings still there.
 */
#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

enum { MAPPINGS };
static const char *const counts[] = { "mappings", NULL };

static int map_all(struct vb_worker *w, struct vb_container *c)
{
	uint64_t size = w->section->size_bytes;
	int ret = 0;

	for (unsigned int i = 0; i < w->section->count && !ret; i++)
		ret = vb_iommu_map(&c->iommu, w->memory + i * size, w->iova + i * size, size,
				   VB_PROT_READ | VB_PROT_WRITE);
	if (!ret)
		w->shared->tally.count[MAPPINGS] += w->section->count;
	return ret;
}

static void enter(struct vb_worker *w, enum vb_metric metric, uint64_t start, int result)
{
	uint64_t end = vb_now_ns();

	vb_op_sample(w, metric, 0, start, end, result);
	if (!result)
		vb_hist_add(&w->shared->hist[metric], end - start);
}

static int step(struct vb_worker *w)
{
	uint64_t before = vb_own_foll_pins(), mapped, start = vb_now_ns();
	bool pci = w->section->device != VB_TARGET_MDEV;
	struct vb_container c;
	int ret = vb_own_open(w, &c);

	enter(w, VB_METRIC_CONTAINER_OPEN, start, ret);
	if (!ret)
		ret = map_all(w, &c);
	mapped = vb_own_foll_pins();
	if (!ret && mapped != UINT64_MAX)
		vb_op_verify(w, mapped - before == (pci ? w->window->plan->size_bytes / VB_JOB_PAGE : 0),
			     "the kernel does not hold as many pages as were mapped");
	start = vb_now_ns();
	vb_own_close(&c);
	enter(w, VB_METRIC_CONTAINER_CLOSE, start, 0);
	if (before != UINT64_MAX)
		vb_op_verify(w, vb_own_foll_pins() == before, "pages stayed pinned after the close");
	return ret;
}

const struct vb_workload_ops vb_workload_container_churn = {
	.name = "container_churn",
	.summary = "opens a container, maps N mappings, closes it with them",
	.needs_root = "opens containers",
	.counts = counts,
	.own_container = true,
	.step = step,
};
