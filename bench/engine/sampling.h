/* SPDX-License-Identifier: GPL-2.0-or-later */
/* samples=yes: the recorder of every operation in the process that holds the container. */
#ifndef VB_SAMPLING_H
#define VB_SAMPLING_H

#include "bench/engine/plan.h"
#include "bench/engine/shared.h"
#include "lib/measure/samples.h"

/*
 * Make samples.bin below @dir_fd, the workers' rings and the writing thread, on
 * a CPU without a worker where there is one.  *samples is NULL, and nothing is
 * made, where the job does not ask.  0, or -errno with the reason in @shared.
 */
int vb_sampling_start(const struct vb_plan *plan, const struct vb_topology *topology, int dir_fd,
		      struct vb_run_shared *shared, struct vb_samples **samples);
/*
 * The workers are gone: write what is left, note in @shared and @workers what
 * came of it, free.  @samples may be NULL.
 */
void vb_sampling_end(struct vb_samples *samples, const struct vb_plan *plan,
		     struct vb_run_shared *shared, struct vb_worker_shared **workers);

#endif /* VB_SAMPLING_H */
