// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process is killed while one of its threads is inside a certain ioctl.  ptrace stops the
 * thread where it enters the ioctl and again where it has left it: between the two it is in.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/fault/common/common.h"
#include "lib/measure/clock.h"

#define MAX_THREADS	256
#define LIMIT_NS	8000000000ull	/* of all that is tried */
#define THREAD_NS	400000000ull	/* then another thread's turn */
#define STOP_NS		3000000000ull	/* for one stop: an ioctl may take so long */
#define LONGEST_NS	4000000u	/* how far inside at most */

enum outcome { KILLED, ELSEWHERE, GONE };

/* Until @tid has stopped; false: it has ended, or did not stop in time. */
static bool wait_stop(pid_t tid, uint64_t for_ns, int *status)
{
	uint64_t deadline_ns = vb_now_ns() + for_ns;

	for (;;) {
		pid_t got = waitpid(tid, status, WNOHANG | __WALL);

		if (got == tid)
			return WIFSTOPPED(*status);
		if (got < 0 || vb_now_ns() > deadline_ns)
			return false;
		vb_fault_sleep_ns(20000);
	}
}

static bool enters(pid_t tid, unsigned long command)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_ioctl &&
	       (uint32_t)info.entry.args[1] == (uint32_t)command;
}

/* The thread is let into the ioctl, and its process killed unless it is out already. */
static enum outcome step_inside(struct vb_fault *f, pid_t tid, uint64_t *longest_ns)
{
	int status = 0;

	ptrace(PTRACE_SYSCALL, tid, 0, 0);
	vb_fault_sleep_ns(vb_fault_random(f, *longest_ns));
	switch (waitpid(tid, &status, WNOHANG | __WALL)) {
	case 0:
		kill(f->holder, SIGKILL);
		/* A thread that is traced ends when its tracer has been told, and the process then. */
		wait_stop(tid, STOP_NS, &status);
		return KILLED;
	case -1:
		return GONE;
	default:
		*longest_ns = *longest_ns / 2 + 1;
		return WIFSTOPPED(status) ? ELSEWHERE : GONE;
	}
}

static enum outcome try_thread(struct vb_fault *f, pid_t tid, unsigned long command)
{
	uint64_t deadline_ns = vb_now_ns() + THREAD_NS, longest_ns = LONGEST_NS;
	enum outcome outcome = ELSEWHERE;
	int status;

	if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD))
		return GONE;
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	while (outcome == ELSEWHERE) {
		if (!wait_stop(tid, STOP_NS, &status))
			return GONE;
		if (enters(tid, command))
			outcome = step_inside(f, tid, &longest_ns);
		if (outcome == ELSEWHERE && vb_now_ns() > deadline_ns) {
			ptrace(PTRACE_DETACH, tid, 0, 0);
			break;
		}
		if (outcome == ELSEWHERE)
			ptrace(PTRACE_SYSCALL, tid, 0, 0);
	}
	return outcome;
}

/* Threads of the holder but its first, which leads; where there is no other, that one. */
static unsigned int list_threads(pid_t pid, pid_t *tids)
{
	struct dirent *entry;
	unsigned int nr = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && nr < MAX_THREADS && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != pid)
			tids[nr++] = atoi(entry->d_name);
	if (dir)
		closedir(dir);
	if (dir && !nr)
		tids[nr++] = pid;
	return nr;
}

int vb_fault_kill_inside(struct vb_fault *f, const struct vb_fault_ioctl *ioctl)
{
	uint64_t deadline_ns = vb_now_ns() + LIMIT_NS;
	pid_t tids[MAX_THREADS];

	while (vb_now_ns() < deadline_ns && vb_fault_lives(f->holder)) {
		unsigned int nr = list_threads(f->holder, tids);

		if (nr && try_thread(f, tids[vb_fault_random(f, nr)], ioctl->command) == KILLED)
			return 0;
	}
	if (!vb_fault_lives(f->holder))
		return vb_fault_say(f, -EAGAIN, "the run ended before it was seen in %s", ioctl->name);
	return vb_fault_say(f, -ETIMEDOUT, "no thread was seen in %s", ioctl->name);
}

int vb_fault_judge_killed(struct vb_fault *f)
{
	int ret = vb_fault_check_audit(f, "ending", "failed", "died of signal 9");

	return ret ? ret : vb_fault_check_again(f);
}
