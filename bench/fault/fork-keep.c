// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fork-keep: a process that opened, mapped and pinned ends, another one keeps its fd.  The
 * workload looks whether all of it stays until that is closed, and whether it is gone then.
 */
#include <errno.h>

#include "bench/fault/common/common.h"

static const char *const set[] = { "count=64", NULL };

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_count(f, "fds_passed", 1);

	if (!ret)
		ret = vb_fault_check_audit(f, "verified", "ok", " 0 wrong");
	if (!ret)
		ret = vb_fault_check_settled(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_fork_keep = {
	.name = "fork-keep",
	.description = "a child keeps the fd when its parent ends: nothing goes before the last close",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_MDEV | VB_FAULT_NEEDS_DEVICE,
	.statuses = 1 << 0,
	.job = "fd-pass",
	.set = set,
	.expected_audit = (const char *const []) { NULL },
	.prepare = vb_fault_mark,
	.judge = judge,
};
