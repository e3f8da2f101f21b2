/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's assigned device: open, with memory for its driver's own DMA. */
#ifndef VB_CONTAINER_DEVICE_H
#define VB_CONTAINER_DEVICE_H

#include "bench/engine/container.h"

/*
 * Map the driver's own memory where the plan has room for it, and open the device,
 * unless the workload does.  The container is enabled.  0 or -errno, noted for the
 * run.
 */
int vb_container_device_open(struct vb_container *c, const struct vb_plan *plan);
/* Close the device, unmap and free that memory; the group stays.  Idempotent. */
void vb_container_device_close(struct vb_container *c);

#endif /* VB_CONTAINER_DEVICE_H */
