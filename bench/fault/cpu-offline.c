// SPDX-License-Identifier: GPL-2.0-or-later
/* cpu-offline: a worker's CPU goes offline; the worker goes on elsewhere, and the run says so. */
#include <errno.h>
#include <string.h>

#include "bench/fault/common/common.h"

#define MOVED_NS 100000000	/* for the worker to run elsewhere */

struct data {
	struct vb_fault_mark mark;
	struct vb_fault_setting taken;
};

static int prepare(struct vb_fault *f)
{
	return vb_fault_mark_data(f, sizeof(struct data));
}

static int inject(struct vb_fault *f)
{
	struct data *d = f->data;
	int cpu = vb_fault_worker_cpu(f), ret;

	if (cpu < 0)
		return vb_fault_say(f, vb_fault_lives(f->holder) ? -ENOTSUP : -EAGAIN,
				    "no worker is bound to a CPU that can go offline");
	ret = vb_fault_take_cpu(&d->taken, cpu);
	if (ret)
		return vb_fault_say(f, ret, "taking CPU %d offline: %s", cpu, strerror(-ret));
	/* Of a worker that had ended by then nothing can be seen. */
	vb_fault_sleep_ns(MOVED_NS);
	return vb_fault_worker_cpu(f) == -ENOENT && vb_fault_lives(f->holder) ? 0 :
	       vb_fault_say(f, -EAGAIN, "the run ended before the CPU was gone");
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_audit(f, "placement", "failed", "was on cpu");

	/* Where a soak moves workers about, one place more is nothing to be told of. */
	if (ret && !vb_fault_check_audit(f, "placement", "mark", "shuffle="))
		ret = 0;
	if (!ret)
		ret = vb_fault_check_settled(f);
	return ret ? ret : vb_fault_check_device(f);
}

static void undo(struct vb_fault *f)
{
	struct data *d = f->data;

	if (d)
		vb_fault_put_back(&d->taken);
}

const struct vb_fault_ops vb_fault_cpu_offline = {
	.name = "cpu-offline",
	.description = "a worker's CPU goes offline: the worker goes on elsewhere, the run is marked",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_CPUS | VB_FAULT_NEEDS_LAB,
	.statuses = 1 << 0 | 1 << 2,
	.job = "smoke",
	.run_ms = 2000,	/* taking a CPU down takes its time */
	.within_ms = 300,
	.expected_audit = (const char *const []) { "placement", NULL },
	.prepare = prepare,
	.inject = inject,
	.judge = judge,
	.undo = undo,
};
