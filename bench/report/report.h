/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a result directory; nothing here looks at the machine. */
#ifndef VB_REPORT_H
#define VB_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/result/load.h"

#define VB_REPORT_MAX_ARMS 16

/* Arms in the order of meta.json. */
struct vb_arms {
	size_t count;
	const char *name[VB_REPORT_MAX_ARMS];
};

void vb_report_arms(const struct vb_result *result, struct vb_arms *arms);

/*
 * One row of the notify_span table: a request over @count mappings, one in
 * @pin_every of them pinned, on each arm.
 */
struct vb_span_row {
	int count, pin_every;
	char rest[128];				/* the label's other keys: "size=2m" */
	struct {
		bool known;
		unsigned int runs;
		double ns_per_mapping;		/* exact mode: the best; else median of p50s */
		double ns_per_mapping_worst;	/* exact mode: the worst run's best */
		double callbacks_per_request;
	} arm[VB_REPORT_MAX_ARMS];
};

/* Rows sorted by other keys, count, then pin_every (none last); *rows is freed with free(). */
int vb_report_span(const struct vb_result *result, const struct vb_arms *arms,
		   struct vb_span_row **rows, size_t *nr_rows);

/* The whole report, plain text. */
void vb_report_text(const struct vb_result *result, const char *path, FILE *out);
/* The notify_span table as tab-separated values with a head line, for gnuplot. */
void vb_report_span_tsv(const struct vb_result *result, FILE *out);

#endif /* VB_REPORT_H */
