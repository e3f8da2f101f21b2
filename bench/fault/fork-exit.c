// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fork-exit: processes are forked while memory is mapped for a device, and exit.  The workload
 * looks after each whether the mapping is as it was; the job has two more that map beside it.
 */
#include <errno.h>

#include "bench/fault/common/common.h"

static const char *const set[] = { "advice=dontneed", NULL };

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_audit(f, "verified", "ok", " 0 wrong");
	if (!ret)
		ret = vb_fault_check_settled(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_fork_exit = {
	.name = "fork-exit",
	.description = "children are forked with live mappings, and exit: nothing is unpinned early",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_DEVICE,
	.statuses = 1 << 0,
	.job = "pressure-memory",
	.set = set,
	.expected_audit = (const char *const []) { NULL },
	.prepare = vb_fault_mark,
	.judge = judge,
};
