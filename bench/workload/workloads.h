/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every workload's struct. */
#ifndef VB_WORKLOADS_H
#define VB_WORKLOADS_H

#include "bench/workload/workload.h"

extern const struct vb_workload_ops vb_workload_dma_verify;
extern const struct vb_workload_ops vb_workload_map_unmap;
extern const struct vb_workload_ops vb_workload_mdev_open_close;
extern const struct vb_workload_ops vb_workload_notify_span;
extern const struct vb_workload_ops vb_workload_pin_churn;
extern const struct vb_workload_ops vb_workload_unmap_race;

#endif /* VB_WORKLOADS_H */
