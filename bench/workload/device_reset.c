// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * device_reset: the assigned device is reset while its container is in use, its
 * driver brings it up again, and it does DMA as before.  A reset forgets nothing
 * of the container: the window stays mapped over all of them.
 */
#include <errno.h>

#include "bench/engine/op_dma.h"
#include "bench/workload/workloads.h"

enum { RESETS };
static const char *const counts[] = { "resets", NULL };

static int reset(struct vb_worker *w)
{
	uint64_t start, end;
	int ret;

	vb_device_down(w->container->device);
	start = vb_now_ns();
	ret = vb_device_reset(w->container->device);
	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_RESET, 0, start, end, ret);
	if (ret == -EOPNOTSUPP)
		return vb_step_failed(w, "the kernel knows no way to reset this device alone");
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_RESET], end - start);
	w->shared->tally.count[RESETS]++;
	return vb_device_up(w->container->device);
}

static int step(struct vb_worker *w)
{
	int ret = vb_op_map_window(w);

	if (!ret)
		ret = reset(w);
	/* What was mapped before the reset is reached after it. */
	if (!ret)
		ret = vb_op_dma_verified(w);
	return ret ? ret : vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_device_reset = {
	.name = "device_reset",
	.summary = "resets the assigned device; it is brought up again and reaches what was mapped before",
	.counts = counts,
	.needs_device = true,
	.min_count = 2,
	.step = step,
	.teardown = vb_op_unmap_window,
};
