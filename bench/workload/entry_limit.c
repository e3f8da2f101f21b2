// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * entry_limit: maps as many mappings as VFIO_IOMMU_GET_INFO says are left
 * (dma_avail; the module's dma_entry_limit), one more, which has to fail with
 * -ENOSPC, and unmaps them.  All map the same memory: IOVAs are what there is a
 * limit of.  count= has to be more than the limit.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { LIMIT, REFUSED };

static const char *const counts[] = { [LIMIT] = "limit", [REFUSED] = "maps_refused", NULL };

static int mappings_left(struct vb_worker *w, unsigned int *left)
{
	struct vb_iommu_info info;
	int ret = vb_iommu_get_info(&w->container->iommu, &info);

	if (!ret && info.dma_avail == UINT32_MAX)
		return vb_step_failed(w, "%s does not tell how many mappings are left",
				      w->container->iommu.ops->name);
	*left = info.dma_avail;
	return ret;
}

static int map_nr(struct vb_worker *w, unsigned int i)
{
	return vb_op_map_at(w, i * w->section->size_bytes, w->memory, w->section->size_bytes);
}

static int map_to_limit(struct vb_worker *w, unsigned int limit)
{
	unsigned int left, i;
	int ret = 0;

	for (i = 0; i < limit && !ret; i++)
		ret = map_nr(w, i);
	w->window->mapped = true;
	vb_op_verify(w, ret != -ENOSPC, "a map was refused before the limit");
	if (ret)
		return ret == -ENOSPC ? vb_step_failed(w, "map %u of %u: -ENOSPC", i, limit) : ret;
	ret = mappings_left(w, &left);
	vb_op_verify(w, !left, "there were mappings left at the limit");
	return ret;
}

/* Is mapping @i there, as it was?  Another in its place is refused, without changing it. */
static void check_intact(struct vb_worker *w, unsigned int i)
{
	vb_op_verify(w, map_nr(w, i) == -EEXIST, "a mapping was gone after a map was refused");
}

static int pass_limit(struct vb_worker *w, unsigned int limit)
{
	struct vb_tally *t = &w->shared->tally;
	int ret = map_nr(w, limit);

	vb_op_verify(w, ret == -ENOSPC, "a map beyond the limit was not refused with -ENOSPC");
	if (ret && ret != -ENOSPC)
		return ret;
	t->count[LIMIT] = limit;
	t->count[REFUSED] += ret == -ENOSPC;
	check_intact(w, 0);
	check_intact(w, limit / 2);
	check_intact(w, limit - 1);
	return 0;
}

/* One that goes makes room for one. */
static int exchange_one(struct vb_worker *w, unsigned int i)
{
	uint64_t size = w->section->size_bytes, unmapped;
	unsigned int left;
	int ret = vb_op_unmap(w, i * size, size, VB_METRIC_UNMAP, &unmapped);

	if (!ret)
		ret = vb_op_request_end(w);
	if (!ret)
		ret = mappings_left(w, &left);
	if (ret)
		return ret;
	vb_op_verify(w, left == 1 && unmapped == size, "unmapping one mapping did not make room for one");
	return map_nr(w, i);
}

static int step(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, size = w->section->size_bytes, unmapped;
	unsigned int limit, left;
	int ret = mappings_left(w, &limit);

	if (!ret && (!limit || limit >= w->section->count))
		return vb_step_failed(w, "the container takes %u more mappings: give count= above that",
				      limit);
	if (!ret)
		ret = map_to_limit(w, limit);
	if (!ret)
		ret = pass_limit(w, limit);
	if (!ret)
		ret = exchange_one(w, limit / 3);
	if (ret)
		return ret;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, window, VB_METRIC_REQUEST, &unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	if (!ret)
		ret = mappings_left(w, &left);
	if (ret)
		return ret;
	vb_op_verify(w, unmapped == limit * size, "the request told another number of bytes than were mapped");
	vb_op_verify(w, left == limit, "not all mappings were given back");
	return 0;
}

const struct vb_workload_ops vb_workload_entry_limit = {
	.name = "entry_limit",
	.summary = "maps until the container takes no more mappings, and one more",
	.alone = true,
	.buffers = 1,
	.at_once = 1,	/* the limit is the subject: the check before a run is to let it pass */
	.min_count = 2,
	.needs = VB_CAN_RUN_OUT,
	.counts = counts,
	.step = step,
	.teardown = vb_op_unmap_window,
};
