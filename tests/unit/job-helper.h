/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of job files: what must succeed, does, or the test fails with the message. */
#ifndef VB_JOB_HELPER_H
#define VB_JOB_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/job.h"

struct expanded {
	struct vb_job *job;
	struct vb_job_run *runs;
	size_t nr;
};

static inline struct vb_job *parse(const char *text)
{
	struct vb_job_error err = { 0 };
	struct vb_job *job;

	if (vb_job_parse("dir/good.job", text, strlen(text), &job, &err))
		fail_msg("%s\n%s", text, err.text);
	return job;
}

static inline void expand_job(struct vb_job *job, struct expanded *e)
{
	struct vb_job_error err = { 0 };

	e->job = job;
	if (vb_job_expand(job, &e->runs, &e->nr, &err))
		fail_msg("%s", err.text);
}

static inline void expand(const char *text, struct expanded *e)
{
	expand_job(parse(text), e);
}

static inline void release(struct expanded *e)
{
	free(e->runs);
	vb_job_free(e->job);
}

#endif /* VB_JOB_HELPER_H */
