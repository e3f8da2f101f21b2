// SPDX-License-Identifier: GPL-2.0-or-later
/* Every metric of an arm at one cell of the matrix, over its runs. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/metrics.h"
#include "lib/stats/rank.h"

static const struct {
	const char *name;
	double quantile;		/* 0: none */
} stats[VB_STAT_NR] = {
	[VB_STAT_RATE] = { "rate", 0 }, [VB_STAT_MIN] = { "min", 0 }, [VB_STAT_P50] = { "p50",
	0.5 },
	[VB_STAT_P90] = { "p90", 0.9 }, [VB_STAT_P99] = { "p99", 0.99 },
	[VB_STAT_P999] = { "p999", 0.999 }, [VB_STAT_MAX] = { "max", 0 }, [VB_STAT_MEAN] = { "mean",
	0 },
};

const char *vb_metric_stat_name(enum vb_metric_stat stat)
{
	return stats[stat].name;
}

double vb_report_value(const struct vb_result *r, size_t run, const char *section,
		       const char *metric, enum vb_metric_stat stat)
{
	struct vb_dist dist;

	if (!vb_result_dist(r, run, section, metric, &dist))
		return NAN;
	if (stats[stat].quantile > 0)
		return vb_dist_quantile(&dist, stats[stat].quantile);
	switch (stat) {
	case VB_STAT_MIN:
		return (double)dist.min;
	case VB_STAT_MAX:
		return (double)dist.max;
	case VB_STAT_MEAN:
		return dist.mean;
	default:
		return vb_json_number(vb_result_metric(r->run[run], section, metric), "rate_per_s");
	}
}

static struct vb_metric_row *find(struct vb_metric_row *rows, size_t nr,
				  const struct vb_metric_row *wanted)
{
	for (size_t i = 0; i < nr; i++)
		if (rows[i].arm == wanted->arm && !strcmp(rows[i].label, wanted->label) &&
		    !strcmp(rows[i].section, wanted->section) && !strcmp(rows[i].metric,
									 wanted->metric))
			return &rows[i];
	return NULL;
}

/* Rows that this run is the first to have. */
static void add_rows(const struct vb_result *r, const struct vb_arms *arms, size_t run,
		     struct vb_metric_row *rows, size_t *nr)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(r->run[run], "metrics"), i, m) {
		struct vb_metric_row row = {
			.run = run, .arm = vb_report_arm_of(r->run[run], arms),
			.label = vb_json_text(r->run[run], "label"),
			.section = vb_json_text(m, "section"), .metric = vb_json_text(m, "metric"), .unit = vb_json_text(m, "unit"),
		};
		struct vb_metric_row *old = find(rows, *nr, &row);

		if (!old) {
			rows[*nr] = row;
			old = &rows[(*nr)++];
		}
		old->runs++;
		old->count += vb_json_number(m, "count");
	}
}

static struct vb_metric_value value_of(const double *value, size_t nr)
{
	struct vb_metric_value v = { NAN, NAN, NAN };

	for (size_t i = 0; i < nr; i++) {
		if (isnan(value[i]))
			return (struct vb_metric_value){ NAN, NAN, NAN };
		v.lowest = i ? fmin(v.lowest, value[i]) : value[i];
		v.highest = i ? fmax(v.highest, value[i]) : value[i];
	}
	if (nr)
		v.median = vb_median(value, nr);
	return v;
}

static void fill_row(const struct vb_result *r, const struct vb_arms *arms,
		     struct vb_metric_row *row,
		     double *value)
{
	for (enum vb_metric_stat stat = 0; stat < VB_STAT_NR; stat++) {
		size_t nr = 0;

		for (size_t i = row->run; i < r->nr_runs; i++)
			if (vb_report_counts(r->run[i]) && vb_report_arm_of(r->run[i],
									    arms) == row->arm &&
			    !strcmp(vb_json_text(r->run[i], "label"), row->label) &&
			    vb_result_metric(r->run[i], row->section, row->metric))
				value[nr++] = vb_report_value(r, i, row->section, row->metric,
							      stat);
		row->value[stat] = value_of(value, nr);
	}
}

int vb_report_metrics(const struct vb_result *r, const struct vb_arms *arms,
		      struct vb_metric_row **out, size_t *nr)
{
	double *value = calloc(r->nr_runs + 1, sizeof(*value));
	struct vb_metric_row *rows;
	size_t most = 1;

	for (size_t i = 0; i < r->nr_runs; i++)
		most += json_array_size(json_object_get(r->run[i], "metrics"));
	rows = calloc(most, sizeof(*rows));
	*nr = 0;
	if (!rows || !value) {
		free(rows);
		free(value);
		return -ENOMEM;
	}
	for (size_t i = 0; i < r->nr_runs; i++)
		if (vb_report_counts(r->run[i]))
			add_rows(r, arms, i, rows, nr);
	for (size_t i = 0; i < *nr; i++)
		fill_row(r, arms, &rows[i], value);
	free(value);
	*out = rows;
	return 0;
}

static json_t *real_or_null(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *row_json(const struct vb_metric_row *row, const struct vb_arms *arms)
{
	json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:f}", "label", row->label,
				 "arm", arms->label[row->arm], "arm_index", (json_int_t)row->arm,
				 "section", row->section, "metric", row->metric, "unit", row->unit,
				 "runs", (json_int_t)row->runs, "count", row->count);

	for (enum vb_metric_stat stat = 0; stat < VB_STAT_NR; stat++) {
		const struct vb_metric_value *v = &row->value[stat];

		json_object_set_new(json, stats[stat].name,
				    json_pack("{s:o, s:o, s:o}", "median", real_or_null(v->median),
					      "lowest", real_or_null(v->lowest),
					      "highest", real_or_null(v->highest)));
	}
	return json;
}

json_t *vb_report_metrics_json(const struct vb_result *r)
{
	struct vb_metric_row *rows;
	struct vb_arms arms;
	json_t *list;
	size_t nr;

	vb_report_arms(r, &arms);
	if (vb_report_metrics(r, &arms, &rows, &nr))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, row_json(&rows[i], &arms));
	free(rows);
	return list;
}
