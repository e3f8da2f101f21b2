/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section [published] of a job: what others measured with these operations,
 * on their hardware.  Nothing in it changes what is run.
 */
#ifndef VB_PUBLISHED_H
#define VB_PUBLISHED_H

#include <jansson.h>

#include "bench/engine/job.h"
#include "lib/result/stat.h"

#define VB_PUBLISHED_FIGURES	8	/* of a row */
#define VB_PUBLISHED_CONDITIONS	8

/* "map.mean 294 ms" */
struct vb_published_figure {
	struct vb_stat_name name;
	double value;			/* ns, or 1/s of a rate */
};

/* "backing=shmem", or "span.backing=shmem" */
struct vb_published_condition {
	const struct vb_job_key *key;
	int section;			/* of a key of worker sections; -1: all of them */
	uint64_t value;
};

struct vb_published_row {
	unsigned int line;
	char *text;			/* as the file has it */
	char version[VB_JOB_NAME_MAX];	/* of what was measured; "": not said */
	char conditions[VB_JOB_TEXT_SIZE];	/* as the file has them; "": every run */
	unsigned int nr_conditions, nr_figures;
	struct vb_published_condition condition[VB_PUBLISHED_CONDITIONS];
	struct vb_published_figure figure[VB_PUBLISHED_FIGURES];
};

struct vb_published {
	unsigned int line;		/* where the section begins; 0: the job has none */
	char hardware[VB_JOB_TEXT_SIZE];
	char note[VB_JOB_TEXT_SIZE];	/* what no row can hold */
	unsigned int nr_rows;
	struct vb_published_row *row;
};

/* Lives as long as the job; NULL: nothing is published, or nobody wrote it down. */
const struct vb_published *vb_job_published(const struct vb_job *job);
/* Does @row tell of @run? */
bool vb_published_fits(const struct vb_published_row *row, const struct vb_job_run *run);
/*
 * hardware, note and rows with their figures, as doc/results.md has it but without
 * the runs that a row is of.  NULL: out of memory.
 */
json_t *vb_published_to_json(const struct vb_published *published);

/* The keys of the section, for the man page. */
struct vb_published_key {
	const char *name, *values, *help;
};
extern const struct vb_published_key vb_published_keys[];	/* ends with a NULL name */

#endif /* VB_PUBLISHED_H */
