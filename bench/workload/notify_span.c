// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * notify_span: N mappings (count=), one in K of them pinned by the mdev
 * (pin_every=), one unmap request over all.  What the request costs, and how
 * often it calls the vendor driver, is the question of the suite.
 */
#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int map_all(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes;

	for (unsigned int i = 0; i < w->section->count; i++) {
		int ret = vb_op_map(w, i * size, size);

		if (ret)
			return ret;
	}
	w->window->mapped = true;
	return vb_op_open_range(w, 0, w->window->plan->size_bytes);
}

/* Pins one mapping in pin_every; returns how many, or -errno. */
static int pin_some(struct vb_worker *w)
{
	unsigned int every = w->section->pin_every;
	unsigned int pinned;
	int ret;

	if (!every)
		return 0;
	pinned = (w->section->count + every - 1) / every;
	ret = vb_op_pin(w, 0, w->section->size_bytes * every, pinned);
	return ret ? ret : (int)pinned;
}

static int step(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, unmapped;
	int pinned, ret = map_all(w);

	if (ret)
		return ret;
	pinned = pin_some(w);
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
