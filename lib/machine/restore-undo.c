// SPDX-License-Identifier: GPL-2.0-or-later
/* How each kind of change is undone. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/machine/bind.h"
#include "lib/machine/restore-internal.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/trace.h"
#include "lib/machine/variant.h"
#include "lib/machine/wall-clock.h"
#include "lib/mdev/mdev.h"

#define TIME_LIMIT_NS	10000000000ull
#define MARGIN_NS	3000000000ull	/* for the last try to come back */
#define PAUSE_NS	10000000

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void pause_briefly(long ns)
{
	struct timespec ts = { 0, ns };

	nanosleep(&ts, NULL);
}

/* It goes on its own, once what held it has: false if it has. */
static bool process_left(const struct vb_journal_entry *e)
{
	uint64_t start;
	int pid;

	return sscanf(e->what, "%d.%" SCNu64, &pid, &start) == 2 &&
	       vb_owner_state(pid, start) != VB_OWNER_GONE;
}

static bool mdev_left(const struct vb_journal_entry *e)
{
	char path[64 + VB_JOURNAL_WHAT_SIZE];

	snprintf(path, sizeof(path), "%s/%s", vb_mdev_bus(), e->what);
	return vb_sysfs_exists(path);
}

static int remove_mdev(const struct vb_journal_entry *e)
{
	struct vb_mdev mdev = VB_MDEV_NONE;
	int err;

	snprintf(mdev.uuid, sizeof(mdev.uuid), "%.36s", e->what);
	mdev.created = true;
	err = vb_mdev_remove(&mdev);
	/* The janitor was faster, or the module has gone. */
	return err && !mdev_left(e) ? 0 : err;
}

static bool variant_left(const struct vb_journal_entry *e)
{
	char loaded[1][80];
	char path[64 + VB_JOURNAL_WHAT_SIZE];

	snprintf(path, sizeof(path), "/sys/module/%s", e->what);
	if (vb_sysfs_exists(path))
		return true;
	/* Killed before it was loaded: the note about it is left, which unloading removes. */
	return !vb_variant_loaded(loaded, 1) && vb_sysfs_exists(VB_STATE_DIR "/variant-loaded");
}

static int unload_variant(const struct vb_journal_entry *e)
{
	struct vb_variant variant = { .loaded = true };

	snprintf(variant.module, sizeof(variant.module), "%.79s", e->what);
	return vb_variant_unload(&variant);
}

static bool binding_left(const struct vb_journal_entry *e)
{
	struct vb_bind_report report;
	int err = vb_unbind_check(e->what, &report);

	/* Neither device nor file, or bound by somebody else. */
	if (report.step == VB_BIND_STATE && (err == -ENODEV || err == -ENOENT))
		return false;
	return !report.already;
}

static int unbind(const struct vb_journal_entry *e)
{
	struct vb_bind_report report;
	int err = vb_unbind(e->what, &report);

	return binding_left(e) ? err ? err : -EIO : 0;
}

static bool trace_left(const struct vb_journal_entry *e)
{
	return vb_trace_exists(e->what);
}

static int remove_trace(const struct vb_journal_entry *e)
{
	return vb_trace_remove(e->what);
}

static bool setting_left(const struct vb_journal_entry *e)
{
	char now[VB_JOURNAL_BEFORE_SIZE];

	return vb_sysfs_read(e->what, now, sizeof(now)) >= 0 && strcmp(now, e->before);
}

static int put_setting_back(const struct vb_journal_entry *e)
{
	return vb_journal_put_back(e->what, e->before);
}

static bool clock_left(const struct vb_journal_entry *e)
{
	return vb_wall_stepped(e->before);
}

static int set_clock_back(const struct vb_journal_entry *e)
{
	return vb_wall_put_back(e->before);
}

static const struct {
	bool (*left)(const struct vb_journal_entry *e);
	int (*undo)(const struct vb_journal_entry *e);
} kinds[VB_JOURNAL_NR_KINDS] = {
	[VB_JOURNAL_BIND] = { binding_left, unbind },
	[VB_JOURNAL_UNBIND] = { binding_left, unbind },
	[VB_JOURNAL_MDEV] = { mdev_left, remove_mdev },
	[VB_JOURNAL_VARIANT] = { variant_left, unload_variant },
	[VB_JOURNAL_TRACE] = { trace_left, remove_trace },
	[VB_JOURNAL_SETTING] = { setting_left, put_setting_back },
	[VB_JOURNAL_CLOCK] = { clock_left, set_clock_back },
	[VB_JOURNAL_PROCESS] = { process_left, NULL },
};

bool vb_undo_needed(const struct vb_journal_entry *e)
{
	return kinds[e->kind].left && kinds[e->kind].left(e);
}

static void be_undoer(const struct vb_journal_entry *e) __attribute__((noreturn));

static void be_undoer(const struct vb_journal_entry *e)
{
	uint64_t end = now_ns() + TIME_LIMIT_NS;
	int err;

	do {
		err = kinds[e->kind].undo(e);
		if (err != -EBUSY)
			break;
		pause_briefly(PAUSE_NS);
	} while (now_ns() < end);
	_exit(-err & 0xff);
}

/* PROCESS: only the wait. */
static int wait_for_process(const struct vb_journal_entry *e)
{
	uint64_t end = now_ns() + TIME_LIMIT_NS;

	while (process_left(e)) {
		if (now_ns() > end)
			return -ETIMEDOUT;
		pause_briefly(PAUSE_NS);
	}
	return 0;
}

int vb_undo(const struct vb_journal_entry *e)
{
	uint64_t end = now_ns() + TIME_LIMIT_NS + MARGIN_NS;
	int status = 0;
	long ns = PAUSE_NS / 100;
	pid_t pid;

	if (!kinds[e->kind].undo)
		return wait_for_process(e);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		be_undoer(e);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (now_ns() > end) {
			kill(pid, SIGKILL);
			return -ETIMEDOUT;
		}
		pause_briefly(ns);
		if (ns < PAUSE_NS)
			ns *= 2;
	}
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}
