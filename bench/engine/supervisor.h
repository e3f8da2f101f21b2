/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Supervising one run: fork the process that holds the container, watch it,
 * record intervals.  The supervisor waits for nothing that can hang.
 */
#ifndef VB_SUPERVISOR_H
#define VB_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/engine/container.h"
#include "bench/engine/changes.h"
#include "bench/engine/conformance.h"
#include "bench/engine/janitor.h"
#include "bench/engine/privileges.h"
#include "bench/engine/plan.h"
#include "bench/engine/shared.h"
#include "lib/machine/klog.h"
#include "lib/machine/noise.h"

enum vb_ending {
	VB_ENDING_DONE,			/* the process ended by itself (see shared->error) */
	VB_ENDING_HUNG,			/* no progress: the kernel holds its tasks */
	VB_ENDING_KILLED,		/* the process died of a signal */
	VB_ENDING_INTERRUPTED,		/* by the user */
};

/* What the run was; the supervisor's side. */
struct vb_run {
	const struct vb_plan *plan;
	const struct vb_topology *topology;
	struct vb_container *container;	/* an array of containers=; device, mdevs, guard filled in */
	struct vb_run_shared *shared;	/* supervisor allocates, vb_run_free() frees */
	struct vb_worker_shared **worker;
	int dir_fd;			/* runs/NNN-ARM/ of the result: files go there */
	struct vb_klog *klog;		/* NULL: not to be had */
	const char *title;		/* for the live line: arm and run of how many */
	struct vb_janitor *janitor;	/* whose socket the forked process lets go */
	struct vb_privileges privileges;	/* the workers' */
	const struct vb_conformance *conformance;	/* what is expected; NULL: nothing is asked */
	struct vb_conformance_here here;	/* which of it, on this kernel and in this mode */
	int here_error;			/* -errno: it can't be told */
	struct vb_changes *changes;	/* which the forked process works on; or NULL */
	/* out */
	enum vb_ending ending;
	int signal;			/* that killed it */
	uint64_t wall_ns;
	uint64_t hung_after_ns;		/* from the last progress of what hangs to the verdict */
	unsigned int tasks_in_d;
	size_t klog_from;		/* where this run's part of the kernel log begins */
	uint64_t klog_lost;		/* messages of it that were overwritten */
	int klog_error;			/* -errno of reading it */
	struct vb_foll_pins foll_before, foll_after;
	int foll_error;			/* -errno: could not be read */
	uint64_t taint_before, taint_after;
	uint64_t intervals_lost;
	int intervals_error;
	struct vb_noise noise;		/* settings before it, then events during it */
};

/* Mark the kernel's log and counts; before anything is loaded or made for the run. */
void vb_run_mark(struct vb_run *run);
/* Read them again, once all that was made for the run is gone (or is lost). */
void vb_run_settle(struct vb_run *run);
/* Shared memory for the plan's workers, each worker's on its node.  0 or -errno. */
int vb_run_init(struct vb_run *run);
/* 0, or -errno when it could not be started at all; else see run->ending. */
int vb_run_supervise(struct vb_run *run);
void vb_run_free(struct vb_run *run);
/* The user has asked to stop (SIGINT, SIGTERM) since the program began. */
bool vb_interrupted(void);
/* SIGUSR1 has come since this was last asked. */
bool vb_status_asked(void);
/* Take over SIGINT, SIGTERM (a second one ends the program) and SIGUSR1. */
void vb_signals_init(void);

#endif /* VB_SUPERVISOR_H */
