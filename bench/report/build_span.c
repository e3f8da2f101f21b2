// SPDX-License-Identifier: GPL-2.0-or-later
/* The notify_span table: N mappings, K of them pinned, on each arm. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/values.h"

/* The range below a row is of use where there is one. */
static bool wants_ranges(const struct vb_source *s, const struct vb_span_row *rows, size_t nr)
{
	if (!s->exact)
		return true;
	for (size_t i = 0; i < nr; i++)
		for (size_t a = 0; a < s->arms.count; a++)
			if (rows[i].arm[a].runs > 1)
				return true;
	return false;
}

static const char *pinned(struct vb_doc *doc, int pin_every)
{
	if (!pin_every)
		return "none";
	return pin_every == 1 ? "every" : vb_doc_str(doc, "1 in %d", pin_every);
}

/* A difference of times needs runs; instruction counts repeat themselves. */
static bool can_differ(const struct vb_span_cell *a, const struct vb_span_cell *b, bool exact)
{
	unsigned int wanted = exact ? 1 : VB_REPORT_MIN_RUNS;

	return a->runs >= wanted && b->runs >= wanted && a->ns_per_mapping > 0;
}

static void put_calls(struct vb_table *table, const struct vb_span_cell *cell)
{
	if (!cell->callbacks_known)
		vb_table_cell(table, "-");
	else if (cell->callbacks_lowest < cell->callbacks_highest)
		vb_table_cell(table, "varies");
	else
		vb_table_cell(table, "%.6g", cell->callbacks_lowest);
}

static void put_cell(struct vb_table *table, const struct vb_source *s,
		     const struct vb_span_row *row,
		     size_t a)
{
	const struct vb_span_cell *cell = &row->arm[a], *first = &row->arm[0];
	char text[32];

	if (!cell->runs) {
		vb_table_cell(table,
			      cell->withheld ? "withheld" : cell->interrupted ? "interrupted" :
			      "not run");
		vb_table_cell(table, "%s", "");
		if (a)
			vb_table_cell(table, "%s", "");
		return;
	}
	vb_table_cell(table, "%.1f", cell->ns_per_mapping);
	put_calls(table, cell);
	if (a && can_differ(first, cell, s->exact))
		vb_table_cell(table, "%s",
			      vb_percent_text((cell->ns_per_mapping / first->ns_per_mapping - 1) *
							   100, text, sizeof(text)));
	else if (a)
		vb_table_cell(table, "-");
}

/* Below a row: how many runs, and how far apart. */
static void put_range(struct vb_table *table, const struct vb_span_cell *cell)
{
	int digits = cell->highest < 99999.95 ? 1 : 0;

	if (!cell->runs)
		vb_table_cell(table, "%s", "");
	else if (cell->runs == 1)
		vb_table_cell(table, "n=1");
	else if (cell->lowest < cell->highest)
		vb_table_cell(table, "n=%u %.*f..%.*f", cell->runs, digits, cell->lowest, digits,
			      cell->highest);
	else
		vb_table_cell(table, "n=%u identical", cell->runs);
}

static void put_row(struct vb_doc *doc, struct vb_table *table, const struct vb_source *s,
		    const struct vb_span_row *row, bool ranges)
{
	vb_table_row(table, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(table, "%d", row->count);
	vb_table_cell(table, "%s", pinned(doc, row->pin_every));
	for (size_t a = 0; a < s->arms.count; a++)
		put_cell(table, s, row, a);
	if (!ranges)
		return;
	vb_table_row(table, VB_ROW_BANDS, VB_TONE_PLAIN);
	vb_table_cell(table, "%s", "");
	vb_table_cell(table, "%s", "");
	for (size_t a = 0; a < s->arms.count; a++)
		put_range(table, &row->arm[a]);
}

static struct vb_table *new_table(struct vb_doc *doc, const struct vb_source *s)
{
	struct vb_table *table;

	table = vb_doc_table(doc, VB_VIEW_LONG, "One unmap request over N mappings, some of them "
			     "pinned by "
			     "the mdev: %s a mapping (%s), callbacks a request%s%s",
			     s->exact ? "instructions as ns" : "ns",
			     s->exact ? "the best round of all runs" :
			     "the median of the runs' median rounds",
			     s->arms.count > 1 ? ", difference to " : "",
			     s->arms.count > 1 ? s->arms.label[0] : "");
	vb_table_column(table, "", -1, true, "N");
	vb_table_column(table, "", -1, false, "pinned");
	for (size_t a = 0; a < s->arms.count; a++) {
		vb_table_column(table, s->arms.label[a], (int)a, true, "ns");
		vb_table_column(table, s->arms.label[a], (int)a, true, "calls");
		if (a)
			vb_table_column(table, s->arms.label[a], (int)a, true, "diff");
	}
	return table;
}

static bool lacks_difference(const struct vb_source *s, const struct vb_span_row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		for (size_t a = 1; a < s->arms.count; a++)
			if (rows[i].arm[a].runs && !can_differ(&rows[i].arm[0], &rows[i].arm[a],
							       s->exact))
				return true;
	return false;
}

static void put_notes(struct vb_doc *doc, const struct vb_source *s, const struct vb_span_row *rows,
		      size_t nr, bool ranges)
{
	if (ranges)
		vb_doc_para(doc, VB_VIEW_LONG, "n: runs, the lowest and the highest of their %s "
			    "rounds",
			    s->exact ? "best" : "median");
	if (!s->exact && lacks_difference(s, rows, nr))
		vb_doc_para(doc, VB_VIEW_LONG, "no difference is shown below %d runs of an arm "
			    "(--repeat=%d)",
			    VB_REPORT_MIN_RUNS, VB_REPORT_MIN_RUNS);
	for (size_t i = 0; i < nr; i++)
		for (size_t a = 0; a < s->arms.count; a++) {
			const struct vb_span_cell *cell = &rows[i].arm[a];

			if (cell->callbacks_known &&
			    cell->callbacks_lowest < cell->callbacks_highest)
				vb_doc_item(doc, VB_VIEW_LONG, "N=%d, pinned %s, %s: its runs "
					    "differ: %g to %g "
					    "callbacks a request", rows[i].count,
					    pinned(doc, rows[i].pin_every), s->arms.label[a],
					    cell->callbacks_lowest, cell->callbacks_highest);
		}
}

void vb_build_span(struct vb_doc *doc, const struct vb_source *s)
{
	struct vb_span_row *rows = NULL;
	struct vb_table *table;
	size_t nr = 0;
	bool ranges;

	if (vb_report_span(s->result, &s->arms, &rows, &nr)) {
		doc->failed = true;
		return;
	}
	if (nr) {
		ranges = wants_ranges(s, rows, nr);
		vb_doc_heading(doc, VB_VIEW_LONG, 2, "span", "Unmap requests over many mappings");
		table = new_table(doc, s);
		for (size_t i = 0; i < nr; i++) {
			if (*rows[i].rest && (!i || strcmp(rows[i].rest, rows[i - 1].rest))) {
				vb_table_row(table, VB_ROW_GROUP, VB_TONE_PLAIN);
				vb_table_cell(table, "%s", rows[i].rest);
			}
			put_row(doc, table, s, &rows[i], ranges);
		}
		put_notes(doc, s, rows, nr, ranges);
	}
	free(rows);
}
