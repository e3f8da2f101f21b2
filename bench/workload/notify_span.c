// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * notify_span: N mappings (count=), one in K of them pinned by the mdev
 * (pin_every=), one unmap request over all.  What the request costs, and how
 * often it calls the vendor driver, is the question of the suite.
 */
#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int step(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, unmapped;
	int pinned, ret = vb_op_map_window(w);

	if (ret)
		return ret;
	pinned = vb_op_pin_window(w);
	if (pinned < 0)
		return pinned;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, window, VB_METRIC_REQUEST, &unmapped);
	if (ret)
		return ret;
	w->shared->tally.expected_callbacks += (unsigned int)pinned;
	if (unmapped != window)
		return vb_step_failed(w, "the request unmapped %llu of %llu bytes",
				      (unsigned long long)unmapped, (unsigned long long)window);
	return vb_op_request_end(w);
}

const struct vb_workload_ops vb_workload_notify_span = {
	.name = "notify_span",
	.summary = "N mappings, one in K pinned by the mdev, one unmap request over all",
	.pinners_allowed = true,
	.step = step,
	.teardown = vb_op_unmap_window,
};
