// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * device_open_close: the assigned device's fd is opened, the device brought up and
 * made to do DMA, and the fd closed again, while its container lives on with what
 * is mapped in it.  Groups and containers that come and go: container_churn.
 */
#include <errno.h>

#include "bench/engine/op_dma.h"
#include "bench/workload/workloads.h"

enum { OPENS };
static const char *const counts[] = { "opens", NULL };

static void enter(struct vb_worker *w, enum vb_metric metric, uint64_t start, int ret)
{
	uint64_t end = vb_now_ns();

	vb_op_sample(w, metric, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[metric], end - start);
}

static int step(struct vb_worker *w)
{
	struct vb_device *device = w->container->device;
	int ret = vb_op_map_window(w);
	uint64_t start;

	if (ret)
		return ret;
	start = vb_now_ns();
	ret = vb_device_open(device);
	enter(w, VB_METRIC_DEVICE_OPEN, start, ret);
	if (ret)
		return ret;
	w->shared->tally.count[OPENS]++;
	ret = vb_op_dma_verified(w);
	start = vb_now_ns();
	vb_device_close_fd(device);
	enter(w, VB_METRIC_DEVICE_CLOSE, start, 0);
	return ret ? ret : vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_device_open_close = {
	.name = "device_open_close",
	.summary = "opens the assigned device, has it do DMA, and closes it, in a container that stays",
	.counts = counts,
	.reopens_device = true,
	.min_count = 2,
	.step = step,
	.teardown = vb_op_unmap_window,
};
