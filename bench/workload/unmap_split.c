// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unmap_split: one mapping, then N requests (count=) that cover a part of it
 * each.  In this the versions of type1 differ: version 2 refuses them with
 * -EINVAL and leaves the mapping whole, version 1 unmaps all of it with the
 * first part and nothing with the others; IOMMUFD's imitation of version 1 takes
 * part by part, and IOMMUFD otherwise finds nothing to unmap.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { REFUSED, EMPTY };

static const char *const counts[] = {
	[REFUSED] = "parts_refused", [EMPTY] = "parts_empty", NULL
};

/* What part @i has to answer. */
static void check_part(struct vb_worker *w, unsigned int i, int ret, uint64_t unmapped)
{
	uint64_t size = w->section->size_bytes, all = w->window->plan->size_bytes;
	struct vb_tally *t = &w->shared->tally;

	t->count[REFUSED] += ret == -EINVAL;
	t->count[EMPTY] += !ret && !unmapped;
	switch (w->container->iommu.ops->split) {
	case VB_SPLIT_REFUSED:
		vb_op_verify(w, ret == -EINVAL, "a part of a mapping was not refused");
		break;
	case VB_SPLIT_EMPTY:
		vb_op_verify(w, !ret && !unmapped, "a part of a mapping was not left where it was");
		break;
	case VB_SPLIT_WHOLE:
		vb_op_verify(w, !ret && unmapped == (i ? 0 : all),
			     i ? "a part behind the mapping's start was not empty" :
				 "the mapping's start did not take all of it");
		break;
	case VB_SPLIT_PART:
		vb_op_verify(w, !ret && unmapped == size, "a part was not unmapped by itself");
		break;
	}
}

static int unmap_parts(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, unmapped;

	for (unsigned int i = 0; i < w->section->count; i++) {
		int ret = vb_op_unmap(w, i * size, size, VB_METRIC_UNMAP, &unmapped);
		int ended = vb_op_request_end(w);

		check_part(w, i, ret, unmapped);
		if (ended || (ret && ret != -EINVAL))
			return ended ? ended : ret;
	}
	return 0;
}

static int step(struct vb_worker *w)
{
	enum vb_split split = w->container->iommu.ops->split;
	bool refused = split == VB_SPLIT_REFUSED || split == VB_SPLIT_EMPTY;
	uint64_t all = w->window->plan->size_bytes, left;
	int ret = vb_op_map(w, 0, all);

	if (!ret) {
		w->window->mapped = true;
		ret = vb_op_open_range(w, 0, all);
	}
	if (!ret)
		ret = unmap_parts(w);
	if (ret)
		return ret;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, all, VB_METRIC_REQUEST, &left);
	if (!ret)
		ret = vb_op_request_end(w);
	vb_op_verify(w, left == (refused ? all : 0),
		     refused ? "a mapping was not whole after its parts were refused" :
			       "something was left of a mapping when its parts were unmapped");
	return ret;
}

const struct vb_workload_ops vb_workload_unmap_split = {
	.name = "unmap_split",
	.summary = "one mapping, N requests for a part of it each: in this the versions of type1 differ",
	.min_count = 2,
	.counts = counts,
	.step = step,
	.teardown = vb_op_unmap_window,
};
