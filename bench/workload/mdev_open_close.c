// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mdev_open_close: opens and closes the container's last mdev, so that it
 * registers for and unregisters from notification while others unmap.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static struct vb_mdev *last_mdev(struct vb_worker *w)
{
	return &w->container->mdev[w->container->nr_mdevs - 1];
}

/* The first mdev is the one that pins: there must be another. */
static int setup(struct vb_worker *w)
{
	if (w->container->nr_mdevs < 2)
		return -EINVAL;
	vb_mdev_close_device(last_mdev(w));
	return 0;
}

static int step(struct vb_worker *w)
{
	struct vb_worker_shared *sh = w->shared;
	struct vb_mdev *mdev = last_mdev(w);
	uint64_t t0, t1;
	int ret;

	vb_guard_enter(&w->container->guard, &sh->tally);
	t0 = vb_now_ns();
	ret = vb_mdev_open(mdev);
	t1 = vb_now_ns();
	vb_guard_leave(&w->container->guard);
	vb_op_sample(w, VB_METRIC_OPEN, 0, t0, t1, ret);
	if (ret)
		return ret;
	vb_hist_add(&sh->hist[VB_METRIC_OPEN], t1 - t0);
	vb_guard_enter(&w->container->guard, &sh->tally);
	t0 = vb_now_ns();
	vb_mdev_close_device(mdev);
	t1 = vb_now_ns();
	vb_guard_leave(&w->container->guard);
	vb_op_sample(w, VB_METRIC_CLOSE, 0, t0, t1, 0);
	vb_hist_add(&sh->hist[VB_METRIC_CLOSE], t1 - t0);
	return 0;
}

const struct vb_workload_ops vb_workload_mdev_open_close = {
	.name = "mdev_open_close",
	.summary = "opens and closes a second mdev of the container",
	.needs_mdev = true,
	.opens_devices = true,
	.pathological = true,
	.min_mdevs = 2,
	.setup = setup,
	.step = step,
};
