// SPDX-License-Identifier: GPL-2.0-or-later
/* sigterm: the run is asked to end; what it has is kept, and marked incomplete. */
#include <signal.h>

#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	return vb_fault_signal(f, SIGTERM);
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_settled(f);

	if (!ret)
		ret = vb_fault_check_incomplete(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_sigterm = {
	.name = "sigterm",
	.description = "the run is sent SIGTERM; it ends early and says so",
	.needs = VB_FAULT_NEEDS_ROOT,
	.statuses = 1 << 3,
	.job = "smoke",
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
