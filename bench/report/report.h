/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a result directory; nothing here looks at the machine. */
#ifndef VB_REPORT_H
#define VB_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/result/load.h"

#define VB_REPORT_MAX_ARMS 16
/* Fewer runs of each arm tell no difference from the runs' own. */
#define VB_REPORT_MIN_RUNS 5

/* Arms in the order of meta.json. */
struct vb_arms {
	size_t count;
	const char *name[VB_REPORT_MAX_ARMS];
	const char *variant[VB_REPORT_MAX_ARMS];	/* "": none, the job uses no kernel code */
	const char *summary[VB_REPORT_MAX_ARMS];	/* the variant in a line; "": not known */
	const json_t *settings[VB_REPORT_MAX_ARMS];	/* texts, key=value */
	char label[VB_REPORT_MAX_ARMS][80];	/* "mainline #2": the second one of that name */
};

void vb_report_arms(const struct vb_result *result, struct vb_arms *arms);
/* The arm that a run belongs to. */
size_t vb_report_arm_of(const json_t *run, const struct vb_arms *arms);
const char *vb_report_arm_label(const json_t *run, const struct vb_arms *arms);

enum vb_standing {
	VB_STANDING_CLEAN,
	VB_STANDING_INTERRUPTED,	/* a part of the run: in no table */
	VB_STANDING_WITHHELD,		/* not to be trusted: in no table */
};

enum vb_standing vb_report_standing(const json_t *run);
bool vb_report_exact(const struct vb_result *result);
/* The module's callbacks were counted, and those of one section alone. */
bool vb_report_callbacks_known(const json_t *run);

/* "9.53 us": three digits, the unit that suits; returns @buf. */
const char *vb_report_time(double ns, char *buf, size_t size);

/* All runs of one arm at one place of the notify_span table. */
struct vb_span_cell {
	unsigned int runs;		/* clean ones: 0 leaves all numbers 0 */
	unsigned int interrupted, withheld;
	double ns_per_mapping;		/* exact mode: the best; else median of p50s */
	double lowest, highest;		/* over the runs */
	bool callbacks_known;
	double callbacks_lowest, callbacks_highest;	/* a request, over the runs */
};

/*
 * One row of the notify_span table: a request over @count mappings, one in
 * @pin_every of them pinned, on each arm.
 */
struct vb_span_row {
	int count, pin_every;
	char rest[128];				/* the label's other keys: "size=2m" */
	struct vb_span_cell arm[VB_REPORT_MAX_ARMS];
};

/* Rows sorted by other keys, count, then pin_every (none last); *rows is freed with free(). */
int vb_report_span(const struct vb_result *result, const struct vb_arms *arms,
		   struct vb_span_row **rows, size_t *nr_rows);
/* Is the run, whatever its arm, one of those at this place? */
bool vb_report_span_at(const json_t *run, const struct vb_span_row *row);

/*
 * The notify_span table as tab-separated values with a head line, for gnuplot.
 * -ENOENT: no run has a section of notify_span; -ENOMEM.
 */
int vb_report_span_tsv(const struct vb_result *result, FILE *out);

#endif /* VB_REPORT_H */
