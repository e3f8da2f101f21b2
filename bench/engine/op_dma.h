/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMA by the assigned device, as an operation of workloads. */
#ifndef VB_OP_DMA_H
#define VB_OP_DMA_H

#include "bench/engine/worker.h"

/* Bytes of one transfer into a mapping of the section. */
size_t vb_op_dma_bytes(const struct vb_worker *w);
/* Bytes that a transfer of @bytes moves: there and back, where the device reads too. */
uint64_t vb_op_dma_moved(const struct vb_worker *w, size_t bytes);
/* Random bytes, from the worker's own generator: of no transfer's contents. */
void vb_op_dma_fill(struct vb_worker *w, void *memory, size_t bytes);
/*
 * The device copies @bytes at offset @from of the window to offset @to, or writes
 * its own there; timed as @metric if it succeeded, as a VB_METRIC_DMA_FAULT anyhow.
 */
int vb_op_dma(struct vb_worker *w, uint64_t from, uint64_t to, size_t bytes,
	      enum vb_metric metric);
/*
 * Such a transfer from the first mapping to the second, both of them mapped, over
 * other bytes, verified.  0 and nothing done: the driver does no DMA.
 */
int vb_op_dma_verified(struct vb_worker *w);

#endif /* VB_OP_DMA_H */
