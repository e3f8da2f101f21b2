/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section [published], as the reader of jobs sees it. */
#ifndef VB_JOB_PUBLISHED_H
#define VB_JOB_PUBLISHED_H

#include "bench/engine/job_impl.h"

/* One key=value of the section; rows are only kept.  0, -EINVAL, -ENOMEM. */
int job_published_add(struct vb_job *job, unsigned int line, const char *name, const char *value,
		      struct vb_job_error *err);
/* The whole file was read: what rows say is held against its keys and sections.  As above. */
int job_published_finish(struct vb_job *job, struct vb_job_error *err);
void job_published_free(struct vb_published *published);

#endif /* VB_JOB_PUBLISHED_H */
