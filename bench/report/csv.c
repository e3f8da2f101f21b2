// SPDX-License-Identifier: GPL-2.0-or-later
/* The result as comma-separated values, a number a row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/csv.h"
#include "bench/report/report.h"

static const char head[] = "run,cell,label,arm,variant,round,position,warmup,status,"
			   "section,metric,stat,unit,value";

/* A field that holds a comma, a quote or a line's end stands in quotes. */
static void text(const char *field, FILE *out)
{
	bool quote = strpbrk(field, ",\"\r\n") != NULL;

	if (quote)
		fputc('"', out);
	for (; *field; field++) {
		if (*field == '"')
			fputc('"', out);
		fputc(*field, out);
	}
	if (quote)
		fputc('"', out);
}

/* The columns up to status, which all rows of a run share. */
static void run_columns(const json_t *run, const struct vb_arms *arms, FILE *out)
{
	fprintf(out, "%.0f,%.0f,", vb_json_number(run, "number"), vb_json_number(run, "cell"));
	text(vb_json_text(run, "label"), out);
	fputc(',', out);
	text(vb_report_arm_label(run, arms), out);
	fputc(',', out);
	text(vb_json_text(json_object_get(run, "variant"), "name"), out);
	fprintf(out, ",%.0f,%.0f,%d,", vb_json_number(run, "round"),
		vb_json_number(run, "position"), json_is_true(json_object_get(run, "warmup")));
	text(vb_json_text(run, "status"), out);
}

struct row {
	const json_t *run, *metric;
	const struct vb_arms *arms;
	FILE *out;
};

/* As few digits as give the same number to who reads it back. */
static void print_number(double value, FILE *out)
{
	char buf[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, sizeof(buf), "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	fputs(buf, out);
}

static void print_row(const struct row *row, const char *stat, const char *unit, double value)
{
	if (isnan(value))
		return;
	run_columns(row->run, row->arms, row->out);
	fputc(',', row->out);
	text(vb_json_text(row->metric, "section"), row->out);
	fputc(',', row->out);
	text(vb_json_text(row->metric, "metric"), row->out);
	fprintf(row->out, ",%s,", stat);
	text(unit, row->out);
	fputc(',', row->out);
	print_number(value, row->out);
	fputc('\n', row->out);
}

static void print_metric(const struct vb_result *r, size_t index, const struct row *row)
{
	const char *unit = vb_json_text(row->metric, "unit");
	struct vb_dist d;

	if (!vb_result_dist(r, index, vb_json_text(row->metric, "section"),
			    vb_json_text(row->metric, "metric"), &d))
		return;
	print_row(row, "count", "values", (double)d.count);
	print_row(row, "rate", "1/s", vb_json_number(row->metric, "rate_per_s"));
	print_row(row, "min", unit, (double)d.min);
	print_row(row, "p50", unit, vb_dist_quantile(&d, 0.5));
	print_row(row, "p90", unit, vb_dist_quantile(&d, 0.9));
	print_row(row, "p99", unit, vb_dist_quantile(&d, 0.99));
	print_row(row, "p999", unit, vb_dist_quantile(&d, 0.999));
	print_row(row, "max", unit, (double)d.max);
	print_row(row, "mean", unit, d.mean);
}

void vb_report_csv(const struct vb_result *r, FILE *out)
{
	struct vb_arms arms;

	vb_report_arms(r, &arms);
	fprintf(out, "%s\n", head);
	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *metrics = json_object_get(r->run[i], "metrics"), *metric;
		size_t m;

		if (!json_array_size(metrics)) {
			run_columns(r->run[i], &arms, out);
			fputs(",,,,,\n", out);
		}
		json_array_foreach(metrics, m, metric) {
			struct row row = { r->run[i], metric, &arms, out };

			print_metric(r, i, &row);
		}
	}
}
