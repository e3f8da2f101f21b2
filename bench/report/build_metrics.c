// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of every metric, for results in which nothing is compared; totals of single runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/metrics.h"
#include "bench/report/values.h"

static const struct {
	enum vb_metric_stat stat;
	const char *head;
} shown[] = {
	{ VB_STAT_MIN, "min" }, { VB_STAT_P50, "p50" }, { VB_STAT_P99, "p99" },
	{ VB_STAT_P999, "p99.9" }, { VB_STAT_MAX, "max" },
};

#define NR_SHOWN (sizeof(shown) / sizeof(*shown))

/* Lengths of ranges are no times; what was not counted is not zero. */
static bool wants_row(const struct vb_source *s, const struct vb_metric_row *row)
{
	return strcmp(row->unit, "bytes") &&
	       (strcmp(row->unit, "callbacks") ||
		strcmp(vb_json_text(s->result->run[row->run], "module_mode"), "bare"));
}

static void put_row(struct vb_table *table, const struct vb_metric_row *row)
{
	char text[64];

	vb_table_row(table, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(table, "%s %s", row->section, row->metric);
	vb_table_cell(table, "%.0f", row->count);
	vb_table_cell(table, "%s", vb_value_text(row->value[VB_STAT_RATE].median, "1/s", text,
						 sizeof(text)));
	for (size_t i = 0; i < NR_SHOWN; i++)
		vb_table_cell(table, "%s", vb_value_text(row->value[shown[i].stat].median,
							 row->unit, text,
							 sizeof(text)));
	if (row->runs < 2)
		return;
	vb_table_row(table, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(table, "  over %zu runs", row->runs);
	vb_table_cell(table, "%s", "");
	vb_table_cell(table, "%s", vb_value_range(row->value[VB_STAT_RATE].lowest,
						  row->value[VB_STAT_RATE].highest, "1/s", text,
						  sizeof(text)));
	for (size_t i = 0; i < NR_SHOWN; i++)
		vb_table_cell(table, "%s", vb_value_range(row->value[shown[i].stat].lowest,
							  row->value[shown[i].stat].highest,
							  row->unit,
							  text, sizeof(text)));
}

static struct vb_table *new_table(struct vb_doc *doc, const struct vb_source *s,
				  const struct vb_metric_row *row)
{
	const char *what = row->runs > 1 ? ": medians of the runs' values, and their "
	"lowest..highest" : "";
	struct vb_table *table;

	table = vb_doc_table(doc, VB_VIEW_ALL, "%s%s%s, %zu run%s%s", s->arms.label[row->arm],
			     *row->label ? ", " : "", row->label, row->runs, row->runs == 1 ? "" : "s", what);
	table->cards = true;
	vb_table_column(table, "", -1, false, "metric");
	vb_table_column(table, "", -1, true, "count");
	vb_table_column(table, "", -1, true, "rate");
	for (size_t i = 0; i < NR_SHOWN; i++)
		vb_table_column(table, "", -1, true, "%s", shown[i].head);
	return table;
}

static bool same_table(const struct vb_metric_row *a, const struct vb_metric_row *b)
{
	return a->arm == b->arm && !strcmp(a->label, b->label);
}

static double sum_of(const json_t *array, const char *key)
{
	const json_t *entry;
	double sum = 0;
	size_t i;

	json_array_foreach(array, i, entry)
		sum += vb_json_number(entry, key);
	return sum;
}

static void put_pages(struct vb_doc *doc, const json_t *run)
{
	const json_t *mdevs = json_object_get(json_object_get(run, "module"), "mdevs");
	double seconds = vb_json_number(run, "measured_s");
	bool bare = !strcmp(vb_json_text(run, "module_mode"), "bare");

	if (seconds <= 0 || !json_array_size(mdevs))
		return;
	vb_doc_item(doc, VB_VIEW_LONG, "pages pinned %.0f (%.0f/s)", sum_of(mdevs, "pinned_pages"),
		    sum_of(mdevs, "pinned_pages") / seconds);
	if (bare)
		vb_doc_item(doc, VB_VIEW_LONG, "pages unpinned in callbacks that do not count "
			    "(module_mode=bare)");
	else
		vb_doc_item(doc, VB_VIEW_LONG, "pages unpinned %.0f (%.0f/s), %.0f of them in "
			    "callbacks",
			    sum_of(mdevs, "unpinned_pages"), sum_of(mdevs,
								    "unpinned_pages") / seconds,
			    sum_of(mdevs, "callback_unpinned_pages"));
	if (sum_of(mdevs, "fenced_pins") + sum_of(mdevs, "late_pins") > 0)
		vb_doc_item(doc, VB_VIEW_LONG, "pins refused by the fence %.0f, late %.0f",
			    sum_of(mdevs, "fenced_pins"), sum_of(mdevs, "late_pins"));
}

/* What is of a single run and in no histogram. */
static void put_totals(struct vb_doc *doc, const struct vb_source *s, const json_t *run)
{
	const json_t *workers = json_object_get(run, "workers"), *guard = json_object_get(run,
											  "guard");
	const json_t *variant = json_object_get(run, "variant");
	char seconds[32];

	vb_doc_para(doc, VB_VIEW_LONG, "%s: %s measured", vb_report_run_name(doc, s, run),
		    vb_report_time(vb_json_number(run, "measured_s") * 1e9, seconds,
				   sizeof(seconds)));
	if (json_is_object(variant))
		vb_doc_item(doc, VB_VIEW_LONG, "served by %s, notifies %s",
			    *vb_json_text(variant, "served_by") ? vb_json_text(variant, "served_by") :
			    "the kernel's own", vb_json_text(variant, "granularity_observed"));
	put_pages(doc, run);
	if (sum_of(workers, "dma_bytes") > 0)
		vb_doc_item(doc, VB_VIEW_LONG, "%.0f bytes moved by DMA and verified",
			    sum_of(workers, "dma_bytes"));
	if (sum_of(workers, "guard_waits") > 0)
		vb_doc_item(doc, VB_VIEW_LONG, "guard on: %s; %.0f waits, %.3f s in all, in no "
			    "time here",
			    vb_json_text(guard, "reason"), sum_of(workers, "guard_waits"),
			    sum_of(workers, "guard_wait_ns") / 1e9);
	else
		vb_doc_item(doc, VB_VIEW_LONG, "guard %s: %s",
			    json_is_true(json_object_get(guard, "on")) ? "on" : "off",
			    vb_json_text(guard, "reason"));
}

/* A matrix over one notify_span section is told by its table alone. */
static bool span_tells_all(const struct vb_result *r)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *sections = json_object_get(r->run[i], "sections");

		if (json_array_size(sections) != 1 ||
		    strcmp(vb_json_text(json_array_get(sections, 0), "workload"), "notify_span"))
			return false;
	}
	return r->nr_runs > 1;
}

static void put_tables(struct vb_doc *doc, const struct vb_source *s,
		       const struct vb_metric_row *rows,
		       size_t nr)
{
	struct vb_table *table = NULL;

	for (size_t i = 0; i < nr; i++) {
		if (!i || !same_table(&rows[i], &rows[i - 1]))
			table = new_table(doc, s, &rows[i]);
		if (wants_row(s, &rows[i]))
			put_row(table, &rows[i]);
	}
	vb_doc_para(doc, VB_VIEW_ALL, "A quantile is shown from ten values beyond it on: p50 from "
		    "20, "
		    "p99 from 1,000, p99.9 from 10,000; \"-\": fewer.");
}

void vb_build_metrics(struct vb_doc *doc, const struct vb_source *s)
{
	struct vb_metric_row *rows = NULL;
	size_t nr = 0;

	if (s->nr_comparisons || span_tells_all(s->result))
		return;
	if (vb_report_metrics(s->result, &s->arms, &rows, &nr)) {
		doc->failed = true;
		return;
	}
	if (nr) {
		vb_doc_heading(doc, VB_VIEW_ALL, 2, "metrics", "Measured");
		put_tables(doc, s, rows, nr);
		for (size_t i = 0; i < s->result->nr_runs; i++)
			if (vb_report_counts(s->result->run[i]) && s->result->nr_runs <= 16)
				put_totals(doc, s, s->result->run[i]);
	}
	free(rows);
}
