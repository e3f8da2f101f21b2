// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fail-nth: of the allocations that a thread of the holder asks the kernel for, the Nth fails.
 * The run may fail, cleanly; nothing may leak.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fault/common/common.h"

#define MOST		300	/* Nth */
#define MAX_THREADS	64

static int inject(struct vb_fault *f)
{
	char path[96], text[16];
	struct dirent *entry;
	int tids[MAX_THREADS];
	unsigned int nr = 0;
	DIR *dir;
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)f->holder);
	dir = opendir(path);
	while (dir && nr < MAX_THREADS && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			tids[nr++] = atoi(entry->d_name);
	if (dir)
		closedir(dir);
	if (!nr)
		return vb_fault_say(f, -EAGAIN, "the run ended before");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", (int)f->holder,
		 tids[vb_fault_random(f, nr)]);
	snprintf(text, sizeof(text), "%u", 1 + (unsigned int)vb_fault_random(f, MOST));
	ret = vb_fault_write(path, text);
	return ret ? vb_fault_say(f, ret == -ENOENT ? -EAGAIN : ret, "%s: %s", path, strerror(-ret)) : 0;
}

static int judge(struct vb_fault *f)
{
	return vb_fault_check_again(f);
}

const struct vb_fault_ops vb_fault_fail_nth = {
	.name = "fail-nth",
	.description = "one allocation of a worker fails in the kernel: the run ends cleanly, nothing leaks",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_LAB | VB_FAULT_NEEDS_FAIL_NTH,
	.statuses = 1 << 0 | 1 << 2 | 1 << 3,
	.job = "smoke",
	.expected_log = (const char *const []) { "FAULT_INJECTION: forcing a failure", NULL },
	/* A worker that was refused ends, and says so; what it had is given back all the same. */
	.expected_audit = (const char *const []) { "ending", "operations", "bytes", NULL },
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
