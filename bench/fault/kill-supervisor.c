// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kill-supervisor: SIGKILL for the run's first process; its workers have to die with it, and
 * its janitor removes what it had made.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	return vb_fault_signal(f, SIGKILL);
}

static bool has_restore(void)
{
	for (const struct vb_cmd *const *cmd = vb_cmd_list; *cmd; cmd++)
		if (!strcmp((*cmd)->name, "restore"))
			return true;
	return false;
}

/* The janitor has put back what it could; with restore nothing is left open. */
static int check_restore(struct vb_fault *f)
{
	const char *const args[] = { "restore", NULL };
	char said[4096];
	int ret = has_restore() ? vb_fault_program(f, 60, said, sizeof(said), args) : 0;

	return ret ? vb_fault_say(f, -EPROTO, "restore: status %d: %.300s", ret, said) : 0;
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_settled(f);

	if (!ret)
		ret = check_restore(f);
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
