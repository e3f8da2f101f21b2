// SPDX-License-Identifier: GPL-2.0-or-later
/* sigint: the user's ^C; what the run has is kept, and marked incomplete. */
#include <signal.h>

#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	return vb_fault_signal(f, SIGINT);
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_settled(f);

	if (!ret)
		ret = vb_fault_check_incomplete(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_sigint = {
	.name = "sigint",
	.description = "the run is sent SIGINT; it ends early and says so",
	.needs = VB_FAULT_NEEDS_ROOT,
	.statuses = 1 << 3,
	.job = "smoke",
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
