/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A key and its values, as a job file or an override gives them. */
#ifndef VB_JOB_ENTRY_H
#define VB_JOB_ENTRY_H

#include "bench/engine/job_impl.h"

/* The key @name that may stand in @section, or an error that names the valid ones. */
int job_key_of(const struct vb_job *job, int section, unsigned int line, const char *name,
	       const struct vb_job_key **key, struct vb_job_error *err);
/* Split and parse @text into *entry, which nobody owns yet.  0, -EINVAL, -ENOMEM. */
int job_entry_parse(struct vb_job *job, const struct vb_job_key *key, int section,
		    unsigned int line, const char *text, struct job_entry *entry,
		    struct vb_job_error *err);
/* Takes over *entry, also on failure; replaces one for the same key and section. */
int job_entry_add(struct vb_job *job, const struct job_entry *entry);
void job_entry_clear(struct job_entry *entry);

#endif /* VB_JOB_ENTRY_H */
