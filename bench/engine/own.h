/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For workloads that open containers themselves (own_container), in processes
 * of their own where what is measured is a process's end.
 */
#ifndef VB_OWN_H
#define VB_OWN_H

#include <sys/types.h>

#include "bench/engine/worker.h"

/*
 * Open a container with all that the plan has: the device's group, the mdevs,
 * VFIO_SET_IOMMU, the mdevs' fds, the device's if the workload does DMA.  *c is
 * the caller's; close it whatever this returns.  0 or -errno, noted for the run.
 */
int vb_own_open(struct vb_worker *w, struct vb_container *c);
void vb_own_close(struct vb_container *c);
/*
 * Register the window with the container's first mdev and pin one mapping in
 * pin_every= of those that are mapped there.  *pages: how many pages.
 */
int vb_own_pin(struct vb_worker *w, struct vb_container *c, uint64_t *pages);

/* A child process of a worker: bound as it is, and gone when the worker is. */
struct vb_own_child {
	pid_t pid;			/* 0: none */
	int fd;				/* a socket to it */
};

/*
 * Start @run in a child; @fd is its end of the socket; what it returns is told
 * to vb_own_child_wait().  0 or -errno.
 */
int vb_own_child_start(struct vb_own_child *child, struct vb_worker *w,
		       int (*run)(struct vb_worker *w, int fd));
/* One number each way.  -ECHILD: the other end is gone. */
int vb_own_tell(int fd, int64_t number);
int vb_own_hear(int fd, int64_t *number);
/*
 * Reap it.  0: it returned 0; its -errno; -EINTR: a signal ended it.  Nothing
 * of the process is left when this returns: files, memory, pins.
 */
int vb_own_child_reap(struct vb_own_child *child, struct vb_worker *w);
/* After a failure: SIGKILL, and reap. */
void vb_own_child_end(struct vb_own_child *child, struct vb_worker *w);

/* What the mode charges a process for what it has mapped: of VmLck and VmPin the one. */
static inline uint64_t vb_charged(const struct vb_iommu_ops *iommu, const struct vb_locked *locked)
{
	return iommu->abilities & VB_CAN_CHARGE_MM ? locked->locked_bytes : locked->pinned_bytes;
}

/*
 * Pages held by pin_user_pages() now, or UINT64_MAX where the kernel doesn't
 * count or others pin too (outside the lab): then nothing can be held against it.
 */
uint64_t vb_own_foll_pins(void);

#endif /* VB_OWN_H */
