// SPDX-License-Identifier: GPL-2.0-or-later
/* kill-supervisor: SIGKILL for the run's first process; its workers have to die with it. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "bench/fault/fault.h"

static int inject(struct vb_fault *f)
{
	return kill(f->run, SIGKILL) ? vb_fault_say(f, -errno, "kill: %s", strerror(errno)) : 0;
}

/* Zombies are reaped by the soak before this is asked. */
static int judge(struct vb_fault *f)
{
	if (f->holder && !kill(f->holder, 0))
		return vb_fault_say(f, -EBUSY, "the process that holds the container outlived its supervisor");
	return 0;
}

const struct vb_fault_ops vb_fault_kill_supervisor = {
	.name = "kill-supervisor",
	.description = "the run's supervisor is killed; its workers die with it",
	.killed = true,
	.inject = inject,
	.judge = judge,
};
