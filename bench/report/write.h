/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as files. */
#ifndef VB_REPORT_WRITE_H
#define VB_REPORT_WRITE_H

#include <stdio.h>

#include "bench/report/build.h"

/* A result with all that a report shows of it. */
struct vb_report {
	struct vb_result result;
	struct vb_source source;
	struct vb_plots plots;
	struct vb_comparison *comparison;
	size_t nr_comparisons;
	char no_comparison[400], no_plots[400];
};

struct vb_compare_options;

/* As vb_result_load(); freed with vb_report_close(), also after an error. */
int vb_report_open(const char *path, struct vb_report *report, char *err, size_t size);
/*
 * Hold its arms against the first, if there are several.  @options as those of
 * vb_compare_arms(), or NULL.  Where there is nothing to compare the report says
 * why.  0, or -errno with the reason in @err.
 */
int vb_report_compare(struct vb_report *report, const struct vb_compare_options *options,
		      char *err, size_t size);
/*
 * Draw its plots in the folder @out; without gnuplot report->no_plots says so.
 * 0, or -errno with the reason in @err.
 */
int vb_report_draw(struct vb_report *report, const char *out, char *err, size_t size);
void vb_report_close(struct vb_report *report);

/* 0 or -ENOMEM; errors of @out are its own. */
int vb_report_render(struct vb_report *report, enum vb_view view, FILE *out);
/* Everything as one JSON object: meta, runs, comparisons, metrics. */
int vb_report_json(const struct vb_report *report, FILE *out);

/*
 * report.txt, report.md, report.html and plots/ in the result directory @dir.
 * @options as those of vb_compare_arms(), or NULL.  0: @err is "", or says why
 * there are no plots; else -errno, and why.
 */
int vb_report_write_all(const char *dir, const struct vb_compare_options *options, char *err,
			size_t size);

#endif /* VB_REPORT_WRITE_H */
