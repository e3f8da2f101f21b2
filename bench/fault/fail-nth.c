// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fail-nth: of the allocations that a thread of the holder asks the kernel for, and of its
 * copies from and to user space, the Nth fails.  The run may fail, cleanly; nothing may leak.
 * (Documentation/fault-injection/fault-injection.rst)
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fault/common/common.h"
#include "lib/machine/klog.h"
#include "lib/machine/sysfs.h"
#include "lib/measure/clock.h"

#define MOST		300	/* Nth */
#define MAX_THREADS	64
#define LIMIT_NS	3000000000ull	/* for the thread to get there */
#define LOOK_NS		2000000
#define DEBUGFS		"/sys/kernel/debug/"
#define FORCED		"FAULT_INJECTION: forcing a failure"

/* By default no allocation fails that may sleep, which are nearly all, and no single page. */
static const struct {
	const char *path, *value;
} knobs[] = {
	{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ DEBUGFS "fail_page_alloc/min-order", "0" },
};

#define NR_KNOBS (sizeof(knobs) / sizeof(knobs[0]))

struct data {
	struct vb_fault_mark mark;
	struct vb_fault_setting set[NR_KNOBS];
};

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct data));
	struct data *d = f->data;
	size_t nr = 0;

	for (size_t i = 0; i < NR_KNOBS && !ret; i++) {
		/* One of the two kinds may not be built in. */
		if (!vb_sysfs_exists(knobs[i].path))
			continue;
		ret = vb_fault_change(&d->set[i], knobs[i].path, knobs[i].value);
		if (ret)
			return vb_fault_say(f, ret, "%s: %s", knobs[i].path, strerror(-ret));
		nr++;
	}
	if (!ret && !nr)
		return vb_fault_say(f, -ENOTSUP, "neither failslab nor fail_page_alloc in " DEBUGFS);
	return ret;
}

/* The first thread only waits for the others: one of those, if there are any. */
static int pick_thread(struct vb_fault *f)
{
	char path[64], full[4200];
	struct dirent *entry;
	int tids[MAX_THREADS];
	unsigned int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)f->holder);
	dir = vb_sysfs_path(full, sizeof(full), path) ? NULL : opendir(full);
	while (dir && nr < MAX_THREADS && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != f->holder)
			tids[nr++] = atoi(entry->d_name);
	if (dir)
		closedir(dir);
	return nr ? tids[vb_fault_random(f, nr)] : (int)f->holder;
}

/* A failure that was forced stands there, before the thread goes on. */
static bool is_logged(struct vb_klog *log)
{
	size_t length;

	return log && !vb_klog_poll(log) && strstr(vb_klog_text(log, &length), FORCED);
}

/* 0: one has failed.  -EAGAIN: the thread did not come so far. */
static int wait_for_failure(struct vb_fault *f, const char *path, struct vb_klog *log)
{
	uint64_t deadline_ns = vb_now_ns() + LIMIT_NS, left = 1;

	/* The number that the thread has still before it; 0 when one was made to fail. */
	while (left && vb_now_ns() < deadline_ns && !vb_sysfs_read_u64(path, &left))
		vb_fault_sleep_ns(LOOK_NS);
	if (!left)
		return 0;
	/* Of a thread that has ended the log alone can tell; another one is to have no failure now. */
	vb_sysfs_write(path, "0");
	return is_logged(log) ? 0 :
	       vb_fault_say(f, -EAGAIN, "the thread did not come to the call that was to fail");
}

static int inject(struct vb_fault *f)
{
	struct vb_klog *log = NULL;
	char path[96], text[16];
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", (int)f->holder, pick_thread(f));
	snprintf(text, sizeof(text), "%u", 1 + (unsigned int)vb_fault_random(f, MOST));
	if (vb_klog_open(&log))
		log = NULL;
	ret = vb_sysfs_write(path, text);
	if (ret == -ENOENT || ret == -ESRCH)
		ret = vb_fault_say(f, -EAGAIN, "the run ended before");
	else if (ret)
		vb_fault_say(f, ret, "%s: %s", path, strerror(-ret));
	else
		ret = wait_for_failure(f, path, log);
	if (log)
		vb_klog_close(log);
	return ret;
}

static void undo(struct vb_fault *f)
{
	struct data *d = f->data;

	for (size_t i = 0; d && i < NR_KNOBS; i++)
		vb_fault_put_back(&d->set[i]);
}

const struct vb_fault_ops vb_fault_fail_nth = {
	.name = "fail-nth",
	.description = "one allocation of a worker fails in the kernel: the run ends cleanly, nothing leaks",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_LAB | VB_FAULT_NEEDS_FAIL_NTH,
	.statuses = 1 << 0 | 1 << 2 | 1 << 3,
	.job = "smoke",
	.expected_log = (const char *const []) { FORCED, NULL },
	/* A worker that was refused ends, and says so; what it had is given back all the same. */
	.expected_audit = (const char *const []) { "ending", "operations", "bytes", NULL },
	.prepare = prepare,
	.inject = inject,
	.judge = vb_fault_check_again,
	.undo = undo,
};
