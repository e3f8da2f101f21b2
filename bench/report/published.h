/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others published of a job, each figure beside the one that was measured here. */
#ifndef VB_REPORT_PUBLISHED_H
#define VB_REPORT_PUBLISHED_H

#include "bench/report/metrics.h"

struct vb_published_pair {
	size_t arm;
	const char *label, *section, *metric, *stat, *unit, *version;	/* live as long as the result */
	double published;
	size_t runs;			/* measured here: their median, and the range */
	struct vb_metric_value here;	/* NAN: a run has too few values */
	double ratio;			/* measured / published; NAN: not compared */
};

struct vb_published_pairs {
	size_t nr;
	struct vb_published_pair *pair;
	size_t missing;			/* published figures that no clean run here is of */
	unsigned int scale;		/* of the runs; 0: they differ */
};

/*
 * A pair for each published figure that a clean run has, in the order of the runs.
 * In exact mode nothing is compared: every ratio is NAN.  0 or -ENOMEM; ->pair is
 * freed with free().
 */
int vb_report_published(const struct vb_result *result, const struct vb_arms *arms,
			struct vb_published_pairs *pairs);

/* As an object; null: nothing was published.  NULL: out of memory. */
json_t *vb_report_published_json(const struct vb_result *result);

#endif /* VB_REPORT_PUBLISHED_H */
