/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a result directory back: complete ones and what a killed run left. */
#ifndef VB_RESULT_LOAD_H
#define VB_RESULT_LOAD_H

#include <jansson.h>
#include <stddef.h>

struct vb_result {
	json_t *meta;			/* meta.json */
	size_t nr_runs;
	json_t **run;			/* result.json of each, in order of their numbers */
};

/*
 * 0; -ENOENT: no result directory; -EINVAL: a file is not what doc/results.md
 * says, with the file and place in @err.  Freed with vb_result_free().
 */
int vb_result_load(const char *path, struct vb_result *result, char *err, size_t size);
void vb_result_free(struct vb_result *result);

/* NULL: that run has no such metric (or its numbers were withheld). */
const json_t *vb_result_metric(const json_t *run, const char *section, const char *metric);
/* A member as text or number; "" and 0 where it is missing. */
const char *vb_json_text(const json_t *object, const char *key);
double vb_json_number(const json_t *object, const char *key);

#endif /* VB_RESULT_LOAD_H */
