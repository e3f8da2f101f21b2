/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hung or slow?  Hung: for 10 s no worker of some container finished an
 * operation and none of them gained CPU time, whatever those of other
 * containers do (in exact mode 10 minutes: there the clock leaps over every
 * wait).  A livelock is bounded by op_timeout=, which is each worker's.
 *
 * A worker that waits for the others at the end of a part of the run has
 * nothing to finish.  While all do, and before there are any, it is the process
 * that has to gain CPU time.
 */
#ifndef VB_WATCHDOG_H
#define VB_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/engine/plan.h"
#include "bench/engine/shared.h"

/* What was last seen of one worker, or of the process. */
struct vb_watched {
	uint64_t steps, ticks;
	uint64_t step_ns;		/* when it last finished an operation, or had none to finish */
};

struct vb_watchdog {
	const struct vb_plan *plan;
	pid_t pid;
	uint64_t hung_ns;		/* how long nothing may move */
	uint64_t looked_ns;
	uint64_t idle_ns;		/* once hung: since when what hangs has not got on */
	struct vb_watched process;
	uint64_t process_ns;		/* when anything last moved */
	struct vb_watched worker[VB_MAX_WORKERS];
	uint64_t container_ns[VB_MAX_WORKERS];	/* when each last moved */
};

/* @now_ns: vb_now_ns(), here and below.  @plan is the caller's and has to stay. */
void vb_watchdog_init(struct vb_watchdog *dog, pid_t pid, const struct vb_plan *plan,
		      uint64_t now_ns);
/*
 * true: hung, see idle_ns.  @phase: enum vb_phase.  Reads /proc of the process;
 * never waits for one of its locks.
 */
bool vb_watchdog_check(struct vb_watchdog *dog, int phase,
		       struct vb_worker_shared *const *worker, uint64_t now_ns);
/*
 * Write the stacks of all tasks to stacks.txt in @dir_fd, have the kernel log
 * its blocked tasks and, where lockdep is built in, its locks.
 */
void vb_watchdog_report(int dir_fd, unsigned int *tasks_in_d);

#endif /* VB_WATCHDOG_H */
