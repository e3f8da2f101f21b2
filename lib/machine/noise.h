/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes times of a run vary that is not the code under test: settings of
 * the machine, looked at beforehand, and events on the workers' CPUs, counted
 * over the measured part.  Nothing here changes the machine, and nothing is
 * thrown away: each check yields a verdict, a value and a sentence.
 *
 * All files are read below vb_sysfs_root().  Checks, units and limits are one
 * table, in noise-checks.c; doc/method.md says where the limits come from.
 */
#ifndef VB_NOISE_H
#define VB_NOISE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum vb_noise_verdict {
	VB_NOISE_OK,
	VB_NOISE_MARK,			/* above its limit: to be known, and counted by the gate */
	VB_NOISE_UNKNOWN,		/* this machine does not tell */
};

enum vb_noise_id {
	/* settings */
	VB_NOISE_GOVERNOR,
	VB_NOISE_TURBO,
	VB_NOISE_SMT,
	VB_NOISE_IDLE_STATES,
	VB_NOISE_CLOCKSOURCE,
	VB_NOISE_IRQBALANCE,
	VB_NOISE_NUMA_BALANCING,
	VB_NOISE_KSM,
	VB_NOISE_ISOLATION,
	VB_NOISE_RUNNING_TASKS,
	/* events */
	VB_NOISE_INTERRUPTS,
	VB_NOISE_IPIS,
	VB_NOISE_TIMER_TICKS,
	VB_NOISE_SOFTIRQS,
	VB_NOISE_INVOLUNTARY_SWITCHES,
	VB_NOISE_WAITING,
	VB_NOISE_OTHER_LOAD,
	VB_NOISE_SMT_SIBLINGS,
	VB_NOISE_STEAL,
	VB_NOISE_THROTTLING,
	VB_NOISE_SMI,
	VB_NOISE_PAGE_MIGRATION,
	VB_NOISE_COMPACTION,
	VB_NOISE_THP_COLLAPSE,
	VB_NOISE_NUMA_SCANS,
	VB_NOISE_SWAP,
	VB_NOISE_NR
};

struct vb_noise_check {
	const char *name;
	bool event;			/* counted over a time; else a setting */
	bool gates;			/* a setting with which no time is worth anything */
	const char *unit;		/* of value and limit */
	double limit;			/* marked above it; INFINITY: told, never marked */
	double least;			/* and only if so many events (or ticks, ns) were seen */
	const char *why;		/* what it does to times */
};
extern const struct vb_noise_check vb_noise_checks[VB_NOISE_NR];

struct vb_noise_finding {
	enum vb_noise_id id;
	enum vb_noise_verdict verdict;
	bool has_value;
	double value;
	char text[256];			/* what was seen */
	char mend[192];			/* the command that mends it; "": none */
};

/* Plain data: may lie in memory that processes share. */
struct vb_noise {
	size_t nr;
	struct vb_noise_finding finding[VB_NOISE_NR];
};

/* Settings as they bear on @cpus (of the workers, none twice).  Adds to @noise. */
void vb_noise_settings(const int *cpus, size_t nr_cpus, struct vb_noise *noise);
/*
 * Is somebody else running now?  Looks a few times within @for_ns (sleeping in
 * between), from a machine where the caller itself is one of those who run.
 */
void vb_noise_running(uint64_t for_ns, struct vb_noise *noise);

/* A thread whose CPU is watched; tid 0: only the CPU is. */
struct vb_noise_thread {
	pid_t tid;			/* of the calling process */
	int cpu;			/* that it is bound to */
};

struct vb_noise_snapshot;
/*
 * Counters as they are now.  Threads that sleep have exact times; those that run
 * lag by up to a tick.  0: *snapshot is freed with vb_noise_snapshot_free().
 * -ENOMEM.  What can't be read is unknown when it is judged.
 */
int vb_noise_take(const struct vb_noise_thread *threads, size_t nr_threads,
		  struct vb_noise_snapshot **snapshot);
void vb_noise_snapshot_free(struct vb_noise_snapshot *snapshot);
/*
 * What happened in the @elapsed_ns between two snapshots of the same threads.
 * @rivals: why threads of the job itself compete with the workers (its pinners),
 * NULL: they don't.  Adds to @noise.
 */
void vb_noise_judge(const struct vb_noise_snapshot *before,
		    const struct vb_noise_snapshot *after, uint64_t elapsed_ns,
		    const char *rivals, struct vb_noise *noise);

const char *vb_noise_verdict_name(enum vb_noise_verdict verdict);
/* Findings with verdict mark; @events: of events alone. */
unsigned int vb_noise_marks(const struct vb_noise *noise, bool events);
/* A list of objects, as doc/results.md describes it.  NULL: no memory. */
json_t *vb_noise_to_json(const struct vb_noise *noise);
/* The CPUs of "0-3,8" at @path: how many (at most @max) are in @cpus, or -errno. */
ssize_t vb_noise_cpu_list(const char *path, int *cpus, size_t max);

#endif /* VB_NOISE_H */
