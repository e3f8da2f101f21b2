// SPDX-License-Identifier: GPL-2.0-or-later
/* kill-worker: SIGKILL for the process whose threads map, unmap and pin. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	return kill(f->holder, SIGKILL) ? vb_fault_say(f, -errno, "kill: %s", strerror(errno)) : 0;
}

const struct vb_fault_ops vb_fault_kill_worker = {
	.name = "kill-worker",
	.description = "the process that holds the container is killed while its workers map, unmap or pin",
	.statuses = 1 << 2,		/* the run's audit notices */
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = vb_fault_judge_killed,
};
