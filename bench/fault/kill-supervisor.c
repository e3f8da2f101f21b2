// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kill-supervisor: SIGKILL for the run's first process; its workers have to die with it, and
 * its janitor removes what it had made.
 */
#include <signal.h>

#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	return vb_fault_signal(f, SIGKILL);
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_settled(f);

	if (!ret)
		ret = vb_fault_check_incomplete(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_kill_supervisor = {
	.name = "kill-supervisor",
	.description = "the run's supervisor is killed; its workers die with it",
	.needs = VB_FAULT_NEEDS_ROOT,
	.killed = true,
	.job = "smoke",
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
