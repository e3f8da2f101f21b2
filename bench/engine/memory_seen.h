/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What memory the workers of a run had: pages and folios; and how results tell it. */
#ifndef VB_MEMORY_SEEN_H
#define VB_MEMORY_SEEN_H

#include <jansson.h>

#include "bench/engine/worker.h"

/* Look at what is left of the windows, add what workers saw of their own: into *run. */
void vb_memory_seen(const struct vb_plan *plan, const struct vb_window *windows,
		    struct vb_worker_shared *const *workers, struct vb_run_shared *run);
/* The pages of the IOMMUs' tables, before the first map of a workload that asks. */
void vb_tables_before(struct vb_tables_seen *seen);
/* With everything mapped, and after its unmap. */
void vb_tables_mapped(struct vb_tables_seen *seen);
void vb_tables_left(struct vb_tables_seen *seen);

/* How the section's memory was got and mapped, into its object in result.json. */
void vb_memory_section_to_json(json_t *section, const struct vb_section *s);
/* folios and, if a workload looked, page_tables of result.json. */
void vb_memory_run_to_json(json_t *result, const struct vb_run_shared *run);

#endif /* VB_MEMORY_SEEN_H */
