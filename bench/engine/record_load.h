/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result.json's part about offered load (rate=) and recorded operations (samples=). */
#ifndef VB_RECORD_LOAD_H
#define VB_RECORD_LOAD_H

#include <jansson.h>
#include <stdbool.h>

#include "bench/engine/supervisor.h"

/* The section has a rate=, and its workers started less than 95% of the steps that were *due. */
bool vb_record_saturated(const struct vb_run *run, const struct vb_section *section,
			 uint64_t *started, uint64_t *due);
/* Into a section's object: arrival and, of an open loop, rate and whether it was kept. */
void vb_record_offer(json_t *object, const struct vb_run *run, const struct vb_section *section);
/* Into a worker's object, of an open loop: the load that was offered and what came of it. */
void vb_record_load(json_t *object, const struct vb_section *section,
		    const struct vb_worker_shared *worker);
/* What the recorder of samples=yes wrote and lost: a new object. */
json_t *vb_record_samples(const struct vb_run *run);

#endif /* VB_RECORD_LOAD_H */
