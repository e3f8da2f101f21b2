// SPDX-License-Identifier: GPL-2.0-or-later
/* second-signal: SIGINT, and soon SIGTERM: the second forces the exit, the janitor removes what was made. */
#include <signal.h>

#include "bench/fault/common/common.h"

#define MOST_NS 100000000	/* between the two */

static int inject(struct vb_fault *f)
{
	int ret = vb_fault_signal(f, SIGINT);

	if (ret)
		return ret;
	vb_fault_sleep_ns(vb_fault_random(f, MOST_NS));
	kill(f->run, SIGTERM);	/* it may have ended by itself, early, as the first one wanted */
	return 0;
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_settled(f);

	if (!ret)
		ret = vb_fault_check_incomplete(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_second_signal = {
	.name = "second-signal",
	.description = "a second signal while the run ends early; it leaves at once",
	.needs = VB_FAULT_NEEDS_ROOT,
	.statuses = 1 << 3,
	.job = "smoke",
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
