/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's own tracing tells of a run, in an instance of tracefs that
 * is ours alone: how often an IOMMU reported a fault, and where tasks waited
 * for locks.  Both are counted inside the kernel, in no ring buffer that could
 * overflow.  Tracing costs time: never in a run that is timed.
 */
#ifndef VB_TRACE_H
#define VB_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum vb_trace_mode { VB_TRACE_NONE, VB_TRACE_FAULTS, VB_TRACE_LOCKS };

#define VB_TRACE_NAME_MAX	32
#define VB_TRACE_MAX_PROBES	4

struct vb_trace {
	enum vb_trace_mode mode;	/* VB_TRACE_NONE: nothing is set up */
	char name[VB_TRACE_NAME_MAX];	/* of the instance and of the events in it */
	char comm[16];			/* whose locks: tasks of this name */
	unsigned int nr_functions;	/* faults: where they are counted */
	const char *function[VB_TRACE_MAX_PROBES];
};

/* Times that a function was entered while its event was enabled. */
struct vb_trace_count {
	uint64_t hits;
	uint64_t missed;		/* entered, but not seen: never 0 + never told */
};

#define VB_LOCK_SITE_MAX	96
#define VB_LOCK_PATH_MAX	512

/* Waits of one task at one place for one kind of lock. */
struct vb_lock_wait {
	pid_t tid;
	const char *kind;		/* "mutex", "rwsem", "spinlock" ... */
	const char *access;		/* "read", "write" or "" */
	char site[VB_LOCK_SITE_MAX];	/* the call: symbol+offset [module] */
	char path[VB_LOCK_PATH_MAX];	/* its callers, nearest first, " < " between them */
	uint64_t waits;			/* locks that were waited for */
	uint64_t total_ns;
	uint64_t spin_ns;		/* the part that was spun, not slept */
	uint64_t max_ns;		/* longest stretch: a wait that spins, then sleeps has two */
};

struct vb_lock_waits {
	struct vb_lock_wait *wait;	/* freed by vb_lock_waits_free() */
	size_t nr;
	uint64_t dropped;		/* stretches that the kernel's table had no room for */
};

/* The name of what @owner sets up: by its process id, so that two programs don't meet. */
void vb_trace_name(char *name, size_t size, pid_t owner);
/*
 * Set tracing up, under @owner's name.  Nothing is left of it after an error: -ENODEV: no tracefs, or not
 * root; -ENOENT: this kernel has no function to count faults at; -EOPNOTSUPP:
 * it has no lock events (before 5.19) or no histogram triggers.
 */
int vb_trace_start(struct vb_trace *trace, enum vb_trace_mode mode, pid_t owner);
/* Is there anything of it? */
bool vb_trace_exists(const char *name);
/* Remove what is there of it, by its name alone.  Idempotent; 0 or -errno. */
int vb_trace_remove(const char *name);

/* faults: entries of all the functions since the start. */
int vb_trace_faults(const struct vb_trace *trace, struct vb_trace_count *count);
/* locks: count from here. */
int vb_trace_locks_begin(const struct vb_trace *trace);
/* What was counted since. */
int vb_trace_locks_read(const struct vb_trace *trace, struct vb_lock_waits *waits);
/* The same from the kernel's text, which is changed; -EPROTO: not as it is known. */
int vb_lock_waits_parse(char *text, struct vb_lock_waits *waits);
void vb_lock_waits_free(struct vb_lock_waits *waits);

#endif /* VB_TRACE_H */
