// SPDX-License-Identifier: GPL-2.0-or-later
/* results-readonly: results would have to go where nothing can be written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/fault/common/common.h"

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct vb_fault_disk));
	struct vb_fault_disk *disk = f->data;

	if (ret)
		return ret;
	snprintf(disk->path, sizeof(disk->path), "%s/disk", f->work);
	ret = vb_fault_mount_tmpfs(f, disk->path, 1 << 20, true);
	if (ret)
		*disk->path = '\0';
	else
		vb_fault_use_disk(f);
	return ret;
}

/* The run that was started, and one whose words can be read. */
static int judge(struct vb_fault *f)
{
	char said[4096];
	int ret = vb_fault_run_like(f, f->output, NULL, said, sizeof(said));

	if (ret != 1 || !strstr(said, strerror(EROFS)))
		return vb_fault_say(f, -EPROTO, "status %d, not a refusal that says why: %.300s", ret, said);
	return vb_fault_check_settled(f);
}

const struct vb_fault_ops vb_fault_results_readonly = {
	.name = "results-readonly",
	.description = "results would go to a file system that is read-only: refused at once",
	.needs = VB_FAULT_NEEDS_ROOT,
	.statuses = 1 << 1,
	.job = "smoke",
	.prepare = prepare,
	.judge = judge,
	.undo = vb_fault_unmount_disk,
};
