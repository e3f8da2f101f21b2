/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hung or slow?  Hung: for 10 s no worker finished an operation and no thread
 * of the process gained CPU time (in exact mode 10 minutes: there the clock
 * leaps over every wait).  A livelock is bounded by op_timeout=.
 */
#ifndef VB_WATCHDOG_H
#define VB_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/engine/shared.h"

struct vb_watchdog {
	pid_t pid;
	uint64_t op_timeout_ns;
	uint64_t hung_ns;		/* how long nothing may move */
	uint64_t steps, ticks;		/* last seen, of all workers and threads */
	uint64_t step_ns, tick_ns;	/* when they last rose */
	uint64_t looked_ns;
};

void vb_watchdog_init(struct vb_watchdog *dog, pid_t pid, uint64_t op_timeout_ns);
/* true: hung.  Reads /proc of the process; never waits for one of its locks. */
bool vb_watchdog_check(struct vb_watchdog *dog, struct vb_worker_shared *const *worker,
		       unsigned int nr_workers);
/* Since when nothing has moved, ns. */
uint64_t vb_watchdog_idle_ns(const struct vb_watchdog *dog);
/*
 * Write the stacks of all tasks to stacks.txt in @dir_fd, have the kernel log
 * its blocked tasks and, where lockdep is built in, its locks.
 */
void vb_watchdog_report(int dir_fd, unsigned int *tasks_in_d);

#endif /* VB_WATCHDOG_H */
