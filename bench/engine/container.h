/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The containers of a run, with the assigned device and the mdevs in each. */
#ifndef VB_CONTAINER_H
#define VB_CONTAINER_H

#include "bench/engine/guard.h"
#include "bench/engine/plan.h"
#include "lib/device/device.h"
#include "lib/iommu/iommu.h"
#include "lib/machine/trace.h"
#include "lib/mdev/mdev.h"

struct vb_container {
	const struct vb_plan *plan;	/* what it is opened for */
	unsigned int index;		/* among the run's, which are an array */
	struct vb_iommu iommu;
	struct vb_device *device;	/* NULL: none */
	unsigned int nr_mdevs;
	struct vb_mdev mdev[VB_MAX_MDEVS];
	struct vb_guard_state guard;
	struct vb_run_shared *shared;
	const struct vb_trace *trace;	/* NULL: not traced */
};

/*
 * Open everything that @plan needs and enable the container.  @c has device
 * and mdevs (created, closed) filled in.  On failure shared->error and
 * error_where say what; call vb_container_close() all the same.
 */
int vb_container_open(struct vb_container *c, const struct vb_plan *plan);
/* Find out what granularity the kernel notifies with; leaves the mdevs reset. */
int vb_container_probe(struct vb_container *c, const struct vb_plan *plan);
/* Register the plan's windows that are in @c with every mdev of it. */
int vb_container_windows(struct vb_container *c, const struct vb_plan *plan);
/* Start the sections' pinners (held). */
int vb_container_pinners(struct vb_container *c, const struct vb_plan *plan);
/* Note where the pinners ran and end them. */
void vb_container_stop_pinners(struct vb_container *c);
/* Collect the module's counters and histograms into shared, the first container's first. */
int vb_container_collect(struct vb_container *c, const struct vb_plan *plan);
void vb_container_close(struct vb_container *c);
/* All of the above, over the plan's containers from @c on; the first error, or 0. */
int vb_containers_each(struct vb_container *c, const struct vb_plan *plan,
		       int (*what)(struct vb_container *c, const struct vb_plan *plan));
/* Record the first error of the run: "where: what" and return @error. */
int vb_run_error(struct vb_run_shared *shared, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* VB_CONTAINER_H */
