/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run asks of its iommu_mode=, beyond map and unmap. */
#ifndef VB_ABILITIES_H
#define VB_ABILITIES_H

#include "bench/engine/job.h"

/* enum vb_ability that some section of @run needs. */
unsigned int vb_abilities_needed(const struct vb_job_run *run);
/*
 * Does @run need something that is not in @has?  Then a sentence in @why: of which
 * section, and that @who can't.
 */
bool vb_abilities_lack(const struct vb_job_run *run, unsigned int has, const char *who, char *why,
		       size_t size);

#endif /* VB_ABILITIES_H */
