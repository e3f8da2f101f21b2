/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a result directory back: complete ones and what a killed run left. */
#ifndef VB_RESULT_LOAD_H
#define VB_RESULT_LOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/result/dist.h"

struct vb_result {
	char *path;			/* as it was given */
	json_t *meta;			/* meta.json */
	size_t nr_runs;			/* those that ended; a killed one has no result.json */
	/* result.json of each, in order of their numbers; "buckets" are taken out. */
	json_t **run;
	char **run_dir;			/* the folder of each below runs/ */
	struct vb_dists **dists;	/* what was taken out; see vb_result_dist() */
};

/* Instead of a run's index: the files beside meta.json. */
#define VB_RESULT_TOP ((size_t)-1)

/*
 * 0; -ENOENT: no result directory; -EINVAL: a file is not what doc/results.md
 * says, not of our schema, changed, cut off or another result's, with the file
 * and place in @err.  Of files that are no JSON the length alone is looked at;
 * vb_result_open_file() does the rest.  Freed with vb_result_free().
 */
int vb_result_load(const char *path, struct vb_result *result, char *err, size_t size);
void vb_result_free(struct vb_result *result);

/*
 * Open @name, such as intervals.csv, of @run (or VB_RESULT_TOP) for reading,
 * after all of it was held against the length and checksum in "files".  0;
 * -ENOENT: the result has no such file, or did not end (then nothing guards
 * it); -EINVAL: cut off or changed.  @err names the file and says what.
 */
int vb_result_open_file(const struct vb_result *result, size_t run, const char *name, FILE **file,
			char *err, size_t size);

/* false: that run has no such metric, or its numbers were withheld.  Lives as long as the result. */
bool vb_result_dist(const struct vb_result *result, size_t run, const char *section,
		    const char *metric, struct vb_dist *dist);

/* NULL: that run has no such metric (or its numbers were withheld). */
const json_t *vb_result_metric(const json_t *run, const char *section, const char *metric);
/* A member as text or number; "" and 0 where it is missing. */
const char *vb_json_text(const json_t *object, const char *key);
double vb_json_number(const json_t *object, const char *key);

#endif /* VB_RESULT_LOAD_H */
