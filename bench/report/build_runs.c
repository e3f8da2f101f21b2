// SPDX-License-Identifier: GPL-2.0-or-later
/* Every run with its values, in the order in which they were made. */
#include <math.h>
#include <string.h>

#include "bench/report/build_compare.h"
#include "bench/report/metrics.h"
#include "bench/report/values.h"

#define MAX_COLUMNS 24

/* The columns of a cell's table: the metrics that its runs have, one stat of each. */
struct columns {
	size_t nr;
	const char *section[MAX_COLUMNS], *metric[MAX_COLUMNS], *unit[MAX_COLUMNS];
	enum vb_metric_stat stat[MAX_COLUMNS];
};

static bool is_count(const char *unit)
{
	return strcmp(unit, "ns") != 0;
}

static void add_columns(struct columns *c, const json_t *run, bool exact)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(run, "metrics"), i, m) {
		const char *section = vb_json_text(m, "section"), *metric = vb_json_text(m,
											 "metric");
		bool seen = false;

		for (size_t k = 0; k < c->nr; k++)
			seen |= !strcmp(c->section[k], section) && !strcmp(c->metric[k], metric);
		if (seen || c->nr == MAX_COLUMNS || !strcmp(vb_json_text(m, "unit"), "bytes"))
			continue;
		c->section[c->nr] = section;
		c->metric[c->nr] = metric;
		c->unit[c->nr] = vb_json_text(m, "unit");
		c->stat[c->nr] = is_count(c->unit[c->nr]) ? VB_STAT_MEAN : exact ? VB_STAT_MIN : VB_STAT_P50;
		c->nr++;
	}
}

static bool in_cell(const struct vb_source *s, size_t run, const char *label)
{
	return !strcmp(vb_json_text(s->result->run[run], "label"), label);
}

static const char *remarks(struct vb_doc *doc, const json_t *run)
{
	const char *text = vb_json_text(run, "status");

	if (json_is_true(json_object_get(run, "warmup")))
		text = vb_doc_str(doc, "%s, warm-up", text);
	if (vb_json_number(run, "noise_marks") > 0)
		text = vb_doc_str(doc, "%s, %.0f noise mark%s", text, vb_json_number(run,
										     "noise_marks"),
				  vb_json_number(run, "noise_marks") > 1 ? "s" : "");
	return text;
}

static void put_run(struct vb_doc *doc, struct vb_table *table, const struct vb_source *s,
		    size_t run,
		    const struct columns *c)
{
	const json_t *r = s->result->run[run];
	bool numbers = vb_report_standing(r) == VB_STANDING_CLEAN;
	char text[64];

	vb_table_row(table, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(table, "%.0f", vb_json_number(r, "number"));
	vb_table_cell(table, "%s", vb_report_arm_label(r, &s->arms));
	vb_table_cell(table, "%.0f", vb_json_number(r, "round"));
	vb_table_cell(table, "%s", remarks(doc, r));
	for (size_t k = 0; k < c->nr; k++)
		vb_table_cell(table, "%s", numbers ?
			      vb_value_text(vb_report_value(s->result, run, c->section[k],
							    c->metric[k],
							    c->stat[k]), c->unit[k], text,
							    sizeof(text)) : "-");
}

static void put_cell(struct vb_doc *doc, const struct vb_source *s, const char *label)
{
	struct columns c = { .nr = 0 };
	struct vb_table *table;

	for (size_t i = 0; i < s->result->nr_runs; i++)
		if (in_cell(s, i, label))
			add_columns(&c, s->result->run[i], s->exact);
	table = vb_doc_table(doc, VB_VIEW_PAGES, "%s%severy run", label, *label ? ": " : "");
	vb_table_column(table, "", -1, true, "run");
	vb_table_column(table, "", -1, false, "arm");
	vb_table_column(table, "", -1, true, "round");
	vb_table_column(table, "", -1, false, "status");
	for (size_t k = 0; k < c.nr; k++)
		vb_table_column(table, "", -1, true, "%s %s %s", c.section[k], c.metric[k],
				vb_metric_stat_name(c.stat[k]));
	for (size_t i = 0; i < s->result->nr_runs; i++)
		if (in_cell(s, i, label))
			put_run(doc, table, s, i, &c);
}

void vb_build_runs(struct vb_doc *doc, const struct vb_source *s)
{
	const struct vb_result *r = s->result;

	if (!r->nr_runs)
		return;
	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "runs", "Every run");
	vb_doc_para(doc, VB_VIEW_PAGES, "One value of each metric a run, in the order in which "
		    "they were made: "
		    "%s. vfio-bench report --csv has all of them.",
		    s->exact ? "the least; of counts the mean" : "the median; of counts the mean");
	vb_doc_fold(doc, VB_VIEW_PAGES, vb_doc_str(doc, "%zu run%s", r->nr_runs,
						   r->nr_runs == 1 ? "" : "s"));
	for (size_t i = 0; i < r->nr_runs; i++) {
		const char *label = vb_json_text(r->run[i], "label");
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = in_cell(s, k, label);
		if (!seen)
			put_cell(doc, s, label);
	}
	vb_doc_fold_end(doc, VB_VIEW_PAGES);
}
