// SPDX-License-Identifier: GPL-2.0-or-later
/* disk-full: the result's file system has no room left at some point. */
#include <stdio.h>

#include "bench/fault/common/common.h"

/* A result takes some 80 KiB of whole pages: most sizes end within, some after it. */
#define LEAST_BYTES	8192
#define MOST_BYTES	100000

static const char *const set[] = { "count=64", "pin_every=1", NULL };

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct vb_fault_disk));
	struct vb_fault_disk *disk = f->data;

	if (ret)
		return ret;
	snprintf(disk->path, sizeof(disk->path), "%s/disk", f->work);
	ret = vb_fault_mount_tmpfs(f, disk->path, LEAST_BYTES + vb_fault_random(f, MOST_BYTES), false);
	if (ret)
		*disk->path = '\0';
	else
		vb_fault_use_disk(f);
	return ret;
}

const struct vb_fault_ops vb_fault_disk_full = {
	.name = "disk-full",
	.description = "the result's disk is full at some point: no file that is cut off is accepted",
	.needs = VB_FAULT_NEEDS_ROOT,
	.statuses = 1 << 0 | 1 << 1 | 1 << 3,
	.job = "notify-span",
	.set = set,
	.prepare = prepare,
	.judge = vb_fault_check_written,
	.undo = vb_fault_unmount_disk,
};
