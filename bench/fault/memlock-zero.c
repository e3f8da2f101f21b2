// SPDX-License-Identifier: GPL-2.0-or-later
/* memlock-zero: nothing more may be locked: the next map is refused. */
#include "bench/fault/common/common.h"

static const char *const set[] = { "count=64", "pin_every=4", NULL };

static int inject(struct vb_fault *f)
{
	return vb_fault_limit_memlock(f, 0);
}

const struct vb_fault_ops vb_fault_memlock_zero = {
	.name = "memlock-zero",
	.description = "RLIMIT_MEMLOCK becomes 0: a map fails with ENOMEM, nothing stays charged",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_MDEV | VB_FAULT_NEEDS_DEVICE,
	.statuses = 1 << 3,
	.job = "notify-span",
	.set = set,
	.run_ms = 10000,
	.within_ms = 200,
	.prepare = vb_fault_mark,
	.in_run = vb_fault_no_ipc_lock,
	.inject = inject,
	.judge = vb_fault_judge_memlock,
};
