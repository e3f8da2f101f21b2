// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oom-worker: the kernel's OOM killer takes the holder.  It is told to kill (sysrq f) and the
 * holder is what it likes best (oom_score_adj), so that nothing else of the guest dies.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/fault/common/common.h"
#include "lib/measure/clock.h"

#define LIMIT_NS 8000000000ull

static int inject(struct vb_fault *f)
{
	uint64_t deadline_ns = vb_now_ns() + LIMIT_NS;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)f->holder);
	ret = vb_fault_write(path, "1000");
	if (ret == -ENOENT || ret == -ESRCH)
		return vb_fault_say(f, -EAGAIN, "the run ended before");
	if (!ret)
		ret = vb_fault_write("/proc/sysrq-trigger", "f");
	if (ret)
		return vb_fault_say(f, ret, "asking the OOM killer: %s", strerror(-ret));
	while (vb_fault_lives(f->holder)) {
		if (vb_now_ns() > deadline_ns)
			return vb_fault_say(f, -ETIMEDOUT, "the OOM killer did not take the holder");
		vb_fault_sleep_ns(2000000);
	}
	return 0;
}

static int judge(struct vb_fault *f)
{
	json_t *result = vb_fault_result(f);
	bool withheld = json_is_true(json_object_get(result, "withheld"));
	int ret;

	if (!result)
		return -ENOENT;
	json_decref(result);
	if (!withheld)
		return vb_fault_say(f, -EPROTO, "a worker was killed, the numbers are not withheld");
	ret = vb_fault_check_audit(f, "kernel_log", "failed", "oom-kill");
	return ret ? ret : vb_fault_judge_killed(f);
}

const struct vb_fault_ops vb_fault_oom_worker = {
	.name = "oom-worker",
	.description = "the OOM killer takes a worker: noticed, counted, the sample not trusted",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_LAB,
	.statuses = 1 << 2,
	.job = "smoke",
	/* The kill itself, which the run's own audit has to find. */
	.expected_log = (const char *const []) { "invoked oom-killer", "oom-kill:",
						 "ut of memory: Killed process", NULL },
	.expected_audit = (const char *const []) { "ending", "operations", "kernel_log", NULL },
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
