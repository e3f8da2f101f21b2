/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads: what one worker does in its loop.  One file, one
 * struct vb_workload_ops each; list.c names them all.
 */
#ifndef VB_WORKLOAD_H
#define VB_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

struct vb_promise;
struct vb_worker;

struct vb_workload_ops {
	const char *name;
	const char *summary;
	const char *unavailable;	/* why it was not built; NULL: it was */
	/* The next four: it uses the PCI device, alone of all workers. */
	bool needs_device;		/* open, its driver up */
	bool needs_dma;			/* the same, a driver that does DMA */
	bool needs_irq;			/* the same, one that has it raise interrupts */
	bool reopens_device;		/* it opens and closes the device in its steps */
	bool faults;			/* has it do DMA that the IOMMU must refuse: the kernel logs it */
	bool needs_mdev;		/* the companion module */
	unsigned int needs;		/* enum vb_ability of the iommu_mode */
	bool alone;			/* one thread, and no other section beside it */
	bool shares_window;		/* all threads of the section use one window */
	bool pinners_allowed;		/* module kthreads may pin in the window */
	bool strides;			/* knows stride=: vb_op_map_at() */
	bool copies;			/* knows spaces= */
	bool needs_file;		/* maps the file behind its memory: vb_backing_has_file() */
	bool cycles;			/* knows buffers=, pattern=, unmaps=, remap_every= */
	bool own_memory;		/* gets its memory itself, in its steps: w->memory is NULL */
	/*
	 * Opens the container itself, in its steps (in child processes): the engine
	 * leaves it, the device and the mdevs closed.  All workers of a job or none.
	 */
	bool own_container;
	bool opens_devices;		/* in its steps: all threads must see the same files */
	/*
	 * Names of what the workload counts in tally.count[], in order, NULL at the
	 * end; NULL: nothing.  They stand in result.json, by section.
	 */
	const char *const *counts;
	/*
	 * What it asks the kernel, a list by subject as vb_promise_at() takes it; NULL:
	 * nothing.  The answers are in vb_run_shared.answers, and bench/conformance.ini
	 * says what they should be.
	 */
	const struct vb_promise *const *promises;
	/* Why it needs root in its steps, after its name: "makes mdevs"; NULL: it does not. */
	const char *needs_root;
	bool pathological;		/* can hang or crash a kernel that declares the hazard */
	/* The least that makes sense; 0: no minimum.  The job reader checks them. */
	unsigned int min_threads;	/* of the section */
	unsigned int min_count;		/* mappings in the window */
	unsigned int min_mdevs;		/* in the container */
	unsigned int buffers;		/* mappings' worth of memory that it maps again and again; 0: count= */
	unsigned int at_once;		/* mappings that exist at the same time; 0: count= */
	/*
	 * Before the measured part, in the worker's thread, bound to its CPU;
	 * the window's memory exists and is populated.  0 or -errno.
	 */
	int (*setup)(struct vb_worker *w);
	/*
	 * One operation (or round).  Returns 0, or -errno, which ends the run.
	 * Records its own times; touches memory of the worker's node only.
	 */
	int (*step)(struct vb_worker *w);
	/* After the measured part: leave nothing mapped, nothing pinned. */
	int (*teardown)(struct vb_worker *w);
};

/*
 * Sorted by name, NULL at the end; also those not built.  The build makes it of
 * the files in bench/workload/ that bench/local.mk lists.
 */
extern const struct vb_workload_ops *const vb_workload_list[];

/* Does it make the assigned device work, rather than map for it? */
static inline bool vb_workload_uses_device(const struct vb_workload_ops *ops)
{
	return ops->needs_device || ops->needs_dma || ops->needs_irq || ops->reopens_device;
}

/* NULL: no such name. */
const struct vb_workload_ops *vb_workload_find(const char *name);

#endif /* VB_WORKLOAD_H */
