/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A soak: cycle after cycle, each one run of one job as a process of its own, some
 * with a fault, each audited, until a time is over or a number of cycles is done.
 * What a cycle is depends on the seed and its number alone.
 */
#ifndef VB_SOAK_H
#define VB_SOAK_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/fault/fault.h"

#define VB_SOAK_MAX_JOBS	32
#define VB_SOAK_MAX_FAULTS	64
#define VB_SOAK_MAX_VARIANTS	16
#define VB_SOAK_MAX_SET		63

struct vb_soak_job {
	const char *name;		/* or path */
	unsigned int weight;		/* at least 1 */
};

struct vb_soak_fault {
	const struct vb_fault_ops *ops;
	unsigned int weight;
	const char *job_path;		/* of its own job, where the soak that goes on has a copy; else NULL */
	bool left_out;			/* the soak that goes on was begun without it */
};

struct vb_soak_options {
	struct vb_soak_job job[VB_SOAK_MAX_JOBS];
	unsigned int nr_jobs;
	struct vb_soak_fault fault[VB_SOAK_MAX_FAULTS];
	unsigned int nr_faults;
	bool all_faults;		/* the list is "all": those that can't be here are left out */
	bool one_fault;			/* the only one of the list, in every cycle */
	bool fault_job;			/* nobody named a job: the one that it is shown on */
	unsigned int fault_percent;	/* of the cycles, else */
	const char *variant[VB_SOAK_MAX_VARIANTS];
	unsigned int nr_variants;	/* 0: what would serve now */
	const char *const *device;
	unsigned int nr_devices;
	const char *const *set;		/* of every job, "key=value" */
	unsigned int nr_set;
	uint64_t for_ns;		/* 0: until @repeat */
	uint64_t repeat;		/* cycles; 0: until @for_ns */
	uint64_t cycle_min_ns, cycle_max_ns;	/* length of a measured part */
	uint64_t limit_ns;		/* a run that takes longer than its duration and this hangs */
	uint64_t seed;
	bool has_seed;			/* else a new one is drawn */
	bool steady;			/* no stutter, no shuffle */
	const char *output;		/* NULL: made up */
	const char *resume;		/* a soak's folder, NULL: a new one */
	const char *replay;		/* a kept failure's folder: its cycle once more, or @repeat times */
	bool stop_on_failure;
	bool keep;			/* clean cycles' results too */
	bool quiet;
	bool accept_loss;
	bool acknowledge_others;
	const char *variant_dir;
};

/* Returns an enum vb_exit; tells on stderr what goes on and what was wrong. */
int vb_soak_run(struct vb_soak_options *options);

#endif /* VB_SOAK_H */
