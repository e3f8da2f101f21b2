/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of numbers of a run: "request.p99", "span.request.mean". */
#ifndef VB_RESULT_STAT_H
#define VB_RESULT_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vb_stat {
	VB_STAT_MEAN,
	VB_STAT_RATE,			/* values a second */
	VB_STAT_MIN,
	VB_STAT_P50,
	VB_STAT_P90,
	VB_STAT_P99,
	VB_STAT_P999,
	VB_STAT_MAX,
	VB_STAT_SHARE,			/* of module.callback alone: of the requests' time */
	VB_NR_STATS
};

const char *vb_stat_text(enum vb_stat stat);
/* 0..1; NAN for what is no quantile. */
double vb_stat_quantile(enum vb_stat stat);
/* Values of a run that it wants: 1, or for a quantile ten beyond it. */
uint64_t vb_stat_wants(enum vb_stat stat);
/* "p99.9": for people, where vb_stat_text() is for files. */
const char *vb_stat_title(enum vb_stat stat);

struct vb_stat_name {
	char section[64];		/* "": any */
	char metric[64];
	enum vb_stat stat;
};

/*
 * Parse the first @length bytes of @text: [SECTION.]METRIC.STAT.  -EINVAL with
 * what is wrong and what is wanted in @err.
 */
int vb_stat_name_parse(const char *text, size_t length, struct vb_stat_name *name, char *err,
		       size_t size);
bool vb_stat_name_fits(const struct vb_stat_name *name, const char *section, const char *metric,
		       enum vb_stat stat);
/* As it would be written; returns @buf. */
const char *vb_stat_name_text(const struct vb_stat_name *name, char *buf, size_t size);

#define VB_STAT_NAMES_MAX 16

/* A list with commas, as of the job key primary=; "" is an empty one. */
int vb_stat_names_parse(const char *text, struct vb_stat_name name[VB_STAT_NAMES_MAX], size_t *nr,
			char *err, size_t size);

#endif /* VB_RESULT_STAT_H */
