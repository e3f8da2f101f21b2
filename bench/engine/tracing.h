/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace=: the kernel's own tracing of one run.  Set up before the run's process
 * is forked, counted from the beginning to the end of the measured part.
 */
#ifndef VB_TRACING_H
#define VB_TRACING_H

#include <jansson.h>

#include "bench/engine/plan.h"
#include "bench/engine/supervisor.h"

/* With all workers at the gate before the measured part.  0, or noted in shared->error. */
int vb_tracing_begin(struct vb_container *c);
/* With all workers at the gate behind it; waits a moment for faults that are still due. */
void vb_tracing_end(struct vb_container *c, const struct vb_plan *plan,
		    struct vb_worker_shared *const *workers);
/* For result.json: a new object. */
json_t *vb_tracing_to_json(const struct vb_run *run);

#endif /* VB_TRACING_H */
