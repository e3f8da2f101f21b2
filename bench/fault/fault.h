/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fault that a soak injects: something that happens to a run, or to the machine
 * beside it, and what has to be true afterwards.  One file = one fault = one const
 * struct vb_fault_ops, named in the list of bench/local.mk.
 *
 * The soak is a process of its own.  It starts each run as a child that leads a
 * process group of its own ("the run"), so whatever a fault does to it, the soak lives
 * and judges.
 */
#ifndef VB_FAULT_H
#define VB_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a fault needs; the soak leaves out, with the reason, what isn't there. */
enum vb_fault_needs {
	VB_FAULT_NEEDS_ROOT = 1 << 0,
	VB_FAULT_NEEDS_MDEV = 1 << 1,		/* the companion module */
	VB_FAULT_NEEDS_DEVICE = 1 << 2,		/* an assigned PCI device */
	VB_FAULT_NEEDS_DMA = 1 << 3,		/* one whose DMA a driver here can ask for */
	VB_FAULT_NEEDS_NO_DEADLOCK = 1 << 4,	/* opens or closes devices beside unmaps: only on a
						 * variant that does not declare the deadlock, else
						 * pathological */
	VB_FAULT_NEEDS_LAB = 1 << 5,		/* could hurt a machine that people need */
	VB_FAULT_NEEDS_FAIL_NTH = 1 << 6,	/* /proc/PID/fail-nth */
	VB_FAULT_NEEDS_CPUS = 1 << 7,		/* at least two CPUs, one of which can go offline */
	VB_FAULT_ENDS_GUEST = 1 << 8,		/* costs a boot: never mixed, always alone, lab only */
	VB_FAULT_NEEDS_JOB = 1 << 9,		/* its own job alone shows it, with its settings: where
						 * it is one of several its cycles are of that job */
};

/* One injection.  The soak fills it; the strings are its own, but for what prepare() sets. */
struct vb_fault {
	const struct vb_fault_ops *ops;
	const char *program;	/* path of vfio-bench itself, for faults that start a second one */
	/*
	 * The run's result directory; there once it has begun, as OUTPUT.part until it is
	 * whole.  prepare() may set another one, which it, or undo(), removes.
	 */
	const char *output;
	const char *work;	/* a folder of this injection's own, emptied afterwards */
	const char *device;	/* the assigned device's address, NULL: none */
	const char *variant;	/* the arm's name */
	const char *variant_dir;	/* where it was built, NULL: in the usual place */
	bool accept_loss, acknowledge_others;	/* what the user allows a run */
	const char *job;	/* what is run: a job file's path, with every setting in it */
	const char *const *set;	/* that were asked for (in the file, too), NULL at the end; NULL: none */
	uint64_t *rng;		/* this injection's own stream, see vb_fault_random() */
	pid_t run;		/* the run's supervisor, 0: not started; also its process group */
	pid_t holder;		/* the process that holds the container; its threads work. 0: none */
	bool ended;		/* the run has ended, and */
	int status;		/* so, as waitpid() tells */
	/*
	 * A child of the fault's (forked in the soak's process, or orphaned to it) that may
	 * outlive the run: neither waited for nor reaped by the soak.  Gone after undo(). 0: none.
	 */
	pid_t own;
	void *data;		/* the fault's own, freed with free() by the soak */
	char said[512];		/* why judge() said no, or why it could not be tried */
};

/* All but name, description and statuses may be NULL or 0. */
struct vb_fault_ops {
	const char *name;		/* "kill-worker" */
	const char *description;	/* one line, for list and man page */
	unsigned int needs;		/* enum vb_fault_needs */
	unsigned int statuses;		/* bit N: the run may end with exit status N */
	bool killed;			/* the run's supervisor dies by a signal */
	/* What the fault is shown on when nobody names a job; NULL: the soak's first. */
	const char *job;
	const char *const *set;		/* further "key=value", NULL at the end */
	unsigned int run_ms;		/* how long its run would measure; 0: as the soak has it */
	unsigned int within_ms;		/* inject() comes so early in it; 0: at any moment */
	const char *variant;		/* the only one that it is shown on; NULL: the soak's */
	/*
	 * Parts of lines that the kernel may log because of it, NULL at the end: no alarms.
	 * Beside each in the fault's file stands why.
	 */
	const char *const *expected_log;
	/*
	 * Checks of the run's audit that may fail, by name, NULL at the end; NULL: "ending" and
	 * "operations".  Any other that fails is a failure of the cycle.
	 */
	const char *const *expected_audit;
	/*
	 * Before the run is started: limits, a file system that is full.  Called in the soak's
	 * process.  0, or -errno with said set: the fault is not tried, which is no failure only
	 * if it is -ENOTSUP.
	 */
	int (*prepare)(struct vb_fault *f);
	/* In the run's process, between fork and exec: setrlimit(), a descriptor more. */
	int (*in_run)(struct vb_fault *f);
	/*
	 * At a random moment of the run's measured part, run and holder set and alive.  Must
	 * come back within 10 s, whatever the kernel does.  0 or -errno with said set; -EAGAIN:
	 * the run ended before anything was done to it, which counts as no repetition.
	 */
	int (*inject)(struct vb_fault *f);
	/* With the run ended, before undo(): is what was required true?  0, or -errno with said set. */
	int (*judge)(struct vb_fault *f);
	/* Puts back what prepare() and inject() changed; called whenever prepare() was. */
	void (*undo)(struct vb_fault *f);
};

/* All of them, sorted by name, NULL at the end; made from the list in bench/local.mk. */
extern const struct vb_fault_ops *const vb_faults[];

const struct vb_fault_ops *vb_fault_find(const char *name);

/* What is needed, in words, NULL at the end; valid until the next call. */
const char *const *vb_fault_needs(unsigned int needs);

/* Below @below (0 if that is 0), from the injection's stream: the same seed, the same values. */
uint64_t vb_fault_random(struct vb_fault *f, uint64_t below);

/* Sets f->said; returns @error (negative), for "return vb_fault_say(f, -EIO, ...)". */
int vb_fault_say(struct vb_fault *f, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* VB_FAULT_H */
