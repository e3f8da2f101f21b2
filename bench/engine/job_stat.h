/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of numbers ("span.request.mean") in jobs. */
#ifndef VB_JOB_STAT_H
#define VB_JOB_STAT_H

#include "bench/engine/job_impl.h"
#include "lib/result/stat.h"

/* 0, or -EINVAL with what is wrong with @name in @why: no run of @job can have it. */
int job_stat_check(const struct vb_job *job, const struct vb_stat_name *name, char *why,
		   size_t size);

#endif /* VB_JOB_STAT_H */
