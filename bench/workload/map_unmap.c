// SPDX-License-Identifier: GPL-2.0-or-later
/* map_unmap: one mapping at a time, walking the window. */
#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int step(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, offset = w->cursor, unmapped;
	int ret = vb_op_map(w, offset, size);

	if (ret)
		return ret;
	if (w->slot) {
		ret = vb_op_open_range(w, offset, size);
		if (ret)
			return ret;
	}
	ret = vb_op_unmap(w, offset, size, VB_METRIC_UNMAP, &unmapped);
	if (ret)
		return ret;
	w->cursor = offset + size < w->window->plan->size_bytes ? offset + size : 0;
	return w->slot ? vb_op_request_end(w) : 0;
}

const struct vb_workload_ops vb_workload_map_unmap = {
	.name = "map_unmap",
	.summary = "map and unmap one mapping at a time",
	.pinners_allowed = true,
	.step = step,
};
