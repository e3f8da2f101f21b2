// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * device-reset: the assigned device is reset from outside, through sysfs, while it does DMA.
 * The transfer that was on is lost: the run has to say so, or bring the device up again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	char path[128];
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", f->device);
	if (access(path, W_OK))
		return vb_fault_say(f, -ENOTSUP, "%s: the kernel knows no way to reset it", f->device);
	ret = vb_fault_write_bounded(path, "1", 9);
	return ret ? vb_fault_say(f, ret, "%s: %s", path, strerror(-ret)) : 0;
}

/* The transfer that was on did not end, or did not arrive: either way it is counted. */
static int check_broken(struct vb_fault *f)
{
	int ret = vb_fault_check_audit(f, "dma", "failed", "arrived changed");

	return ret ? vb_fault_check_audit(f, "ending", "failed", "dma") : 0;
}

static int judge(struct vb_fault *f)
{
	int ret = 0;

	/* Broken is the worker whose device was reset; a run that ended well had no such loss. */
	if (vb_fault_exit_status(f))
		ret = check_broken(f);
	return ret ? ret : vb_fault_check_again(f);
}

const struct vb_fault_ops vb_fault_device_reset = {
	.name = "device-reset",
	.description = "the device is reset from outside while it does DMA",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_DEVICE | VB_FAULT_NEEDS_DMA,
	.statuses = 1 << 0 | 1 << 2 | 1 << 3,
	.job = "smoke",
	.expected_audit = (const char *const []) { "ending", "operations", "dma", NULL },
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
