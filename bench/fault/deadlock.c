// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * deadlock: two threads unmap one pinned range, with nothing that keeps them apart, on mainline.
 * The kernel holds them for ever; the run has to notice, save what can be known, and end.
 */
#include <errno.h>
#include <stdio.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/fault/common/common.h"

#define NOTICED_S 15.0

/* A file of the run or of the result that has something in it. */
static int check_file(struct vb_fault *f, const char *pattern)
{
	char path[8192], full[8400];
	struct stat st = { 0 };
	glob_t found;

	if (vb_fault_output(f, path, sizeof(path)))
		return vb_fault_say(f, -ENOENT, "the run left no result");
	snprintf(full, sizeof(full), "%s/%s", path, pattern);
	if (!glob(full, 0, NULL, &found)) {
		if (stat(found.gl_pathv[0], &st))
			st.st_size = 0;
		globfree(&found);
	}
	return st.st_size ? 0 : vb_fault_say(f, -ENOENT, "the result has no %s", pattern);
}

static int judge(struct vb_fault *f)
{
	json_t *result = vb_fault_result(f), *hung = json_object_get(result, "hung");
	double idle_s = json_number_value(json_object_get(hung, "idle_s"));
	int ret;

	if (!result)
		return -ENOENT;
	ret = hung && idle_s > 0 && idle_s <= NOTICED_S ? 0 :
	      vb_fault_say(f, -EPROTO, "%s, after %.1f s", hung ? "hung" : "not hung", idle_s);
	json_decref(result);
	if (!ret)
		ret = vb_fault_check_audit(f, "ending", "failed", "reboot needed");
	if (!ret)
		ret = check_file(f, "runs/*/stacks.txt");
	if (!ret)
		ret = check_file(f, "kernel.log");
	return ret ? ret : vb_fault_check_incomplete(f);
}

const struct vb_fault_ops vb_fault_deadlock = {
	.name = "deadlock",
	.description = "mainline's deadlock: noticed within 15 s, stacks and log saved, exit 2",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_MDEV | VB_FAULT_NEEDS_LAB | VB_FAULT_ENDS_GUEST,
	.statuses = 1 << 2,
	.job = "deadlock-unmap",
	.variant = "mainline",
	/* The kernel's own watchdog, and the stacks that the run asks it for. */
	.expected_log = (const char *const []) { " blocked for more than", "INFO: task ", NULL },
	/* What the kernel holds is held. */
	.expected_audit = (const char *const []) { "ending", "foll_pins", "kernel_log", NULL },
	.judge = judge,
};
