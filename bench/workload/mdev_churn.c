// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mdev_churn: removes the last mdev of the run through sysfs and makes it again,
 * under its own UUID, while other workers map and unmap.
 */
#include <errno.h>
#include <stdio.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"
#include "lib/machine/sysfs.h"

static struct vb_mdev *last_mdev(struct vb_worker *w)
{
	return &w->container->mdev[w->container->nr_mdevs - 1];
}

/* It leaves the container for good: removing one that is open waits for its close. */
static int setup(struct vb_worker *w)
{
	vb_mdev_close(last_mdev(w));
	return 0;
}

static bool exists(const struct vb_mdev *mdev)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", vb_mdev_bus(), mdev->uuid);
	return vb_sysfs_exists(path);
}

static int timed(struct vb_worker *w, enum vb_metric metric, int (*change)(struct vb_mdev *mdev))
{
	uint64_t start = vb_now_ns(), end;
	int ret = change(last_mdev(w));

	end = vb_now_ns();
	vb_op_sample(w, metric, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[metric], end - start);
	return ret;
}

static int step(struct vb_worker *w)
{
	int ret = timed(w, VB_METRIC_MDEV_REMOVE, vb_mdev_remove);

	if (ret)
		return ret;
	vb_op_verify(w, !exists(last_mdev(w)), "an mdev that was removed is still there");
	ret = timed(w, VB_METRIC_MDEV_CREATE, vb_mdev_create);
	if (!ret)
		vb_op_verify(w, exists(last_mdev(w)), "an mdev that was made is not there");
	return ret;
}

const struct vb_workload_ops vb_workload_mdev_churn = {
	.name = "mdev_churn",
	.summary = "removes an mdev through sysfs and makes it again",
	.needs_root = "makes and removes an mdev",
	.needs_mdev = true,
	.opens_devices = true,
	.min_mdevs = 2,
	.setup = setup,
	.step = step,
};
