/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every metric of an arm at one cell of the matrix, over its runs. */
#ifndef VB_REPORT_METRICS_H
#define VB_REPORT_METRICS_H

#include <stddef.h>

#include "bench/report/report.h"

enum vb_metric_stat {
	VB_STAT_RATE, VB_STAT_MIN, VB_STAT_P50, VB_STAT_P90, VB_STAT_P99, VB_STAT_P999, VB_STAT_MAX,
	VB_STAT_MEAN, VB_STAT_NR
};
/* "rate", "min", "p50" ... as comparisons call them. */
const char *vb_metric_stat_name(enum vb_metric_stat stat);

struct vb_metric_value {
	double median, lowest, highest;	/* over the runs; NAN: some run has too few values for it */
};

struct vb_metric_row {
	size_t run;			/* index of the first run it is made of, for its texts */
	size_t arm;
	const char *label, *section, *metric, *unit;	/* live as long as the result */
	size_t runs;
	double count;			/* values, of all runs */
	struct vb_metric_value value[VB_STAT_NR];
};

/*
 * One row for each label, arm, section and metric, in the order of the first
 * run that has it; of clean runs, without those of a warm-up.  0 or -ENOMEM;
 * *rows is freed with free().
 */
int vb_report_metrics(const struct vb_result *result, const struct vb_arms *arms,
		      struct vb_metric_row **rows, size_t *nr);

/* Of one run; NAN: it has no such metric, or too few values. */
double vb_report_value(const struct vb_result *result, size_t run, const char *section,
		       const char *metric, enum vb_metric_stat stat);

/* The rows as a JSON array; NULL: out of memory. */
json_t *vb_report_metrics_json(const struct vb_result *result);

#endif /* VB_REPORT_METRICS_H */
