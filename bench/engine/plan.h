/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an expanded job to a plan: which thread on which CPU, which memory on
 * which node, which IOVA window.  Nothing is touched: what can't be is refused
 * here.
 */
#ifndef VB_PLAN_H
#define VB_PLAN_H

#include <jansson.h>
#include <stdint.h>

#include "bench/engine/job.h"
#include "lib/device/device.h"
#include "lib/machine/topology.h"

#define VB_MAX_WORKERS	1024

/* A stretch of IOVA with memory behind it: one worker's, or a section's in common. */
struct vb_plan_window {
	uint64_t iova;
	uint64_t size_bytes;		/* of IOVA: count= mappings at steps of stride= */
	uint64_t memory_bytes;		/* behind it; 0: the workload gets its own */
	uint64_t needed_bytes;		/* of memory, whoever gets it */
	uint64_t mappings;		/* most that can exist in it at once */
	int mem_node;			/* -1: anywhere */
	bool pins;			/* registered with the mdevs */
	unsigned int container;		/* index: windows in turn */
	const struct vb_section *section;
};

struct vb_plan_worker {
	unsigned int index;
	unsigned int thread;		/* number within its section */
	const struct vb_section *section;
	int cpu;
	int node;			/* of that CPU */
	unsigned int window;		/* index */
	uint64_t seed;			/* of its random numbers */
};

struct vb_plan {
	const struct vb_job_run *run;
	bool needs_pci, needs_mdev, needs_dma, needs_irq;
	bool uses_device;		/* some workload makes the PCI device work */
	bool reopens_device;		/* it opens the device itself */
	bool needs_bar;			/* of the device: VB_BACKING_BAR */
	bool own_container;		/* the workloads open it: see struct vb_workload_ops */
	bool opens_devices;		/* some workload opens and closes the last mdev */
	unsigned int nr_workers, nr_windows;
	uint64_t mapped_bytes;		/* most that are mapped at once */
	uint64_t mappings;		/* most that can exist at once */
	uint64_t device_iova;		/* of the device driver's own memory */
	uint64_t device_bytes;		/* 0: it needs none */
	uint64_t probe_iova;		/* behind all windows: the granularity probe's */
	unsigned int start_order[VB_MAX_WORKERS];	/* which worker starts, and allocates, when */
	struct vb_plan_worker worker[VB_MAX_WORKERS];
	struct vb_plan_window window[VB_MAX_WORKERS];
};

/*
 * Place @run's workers and windows.  @device may be NULL (no PCI device was
 * given).  The same @seed gives the same plan: it decides the workers' random
 * numbers and, with layout=random, where windows lie and who allocates first.
 * *plan is freed with free().  -EINVAL with a sentence in @err (what is wrong,
 * what to do).
 */
int vb_plan_make(const struct vb_job_run *run, const struct vb_topology *topology,
		 const struct vb_device *device, uint64_t seed, struct vb_plan **plan,
		 char *err, size_t err_size);
/* What its workload asks the kernel; NULL: nothing. */
const struct vb_promise *const *vb_plan_promises(const struct vb_plan *plan);
/*
 * Why its workers can't do without root, in words after "because": *text is ""
 * if they can.
 */
void vb_plan_needs_root(const struct vb_plan *plan, char *text, size_t size);
/* By what vendor drivers are notified in @plan's mode, where @variant serves type1. */
enum vb_granularity vb_granularity_expected(const struct vb_plan *plan,
					    const struct vb_variant *variant);
/* For plan.json and --dry-run: a new object, NULL: no memory. */
json_t *vb_plan_to_json(const struct vb_plan *plan);

#endif /* VB_PLAN_H */
