// SPDX-License-Identifier: GPL-2.0-or-later
/* The comparisons' tables: primary metrics, exploratory ones apart, what is not shown and why. */
#include <math.h>
#include <string.h>

#include "bench/report/build_compare.h"
#include "bench/report/values.h"

enum vb_tone vb_finding_tone(enum vb_finding finding)
{
	switch (finding) {
	case VB_FINDING_BETTER:
		return VB_TONE_GOOD;
	case VB_FINDING_WORSE:
		return VB_TONE_BAD;
	case VB_FINDING_EQUIVALENT:
	case VB_FINDING_IDENTICAL:
		return VB_TONE_SAME;
	case VB_FINDING_CHANGED:
		return VB_TONE_WARN;
	default:
		return VB_TONE_UNSURE;
	}
}

/* More than one group of workers: their metrics need its name. */
static bool several_sections(const struct vb_comparison *c)
{
	const char *first = NULL;

	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t k = 0; k < c->cell[i].nr; k++) {
			const char *section = c->cell[i].decision[k].section;

			if (!strcmp(section, "module"))
				continue;
			if (first && strcmp(first, section))
				return true;
			first = section;
		}
	return false;
}

const char *vb_decision_name(struct vb_doc *doc, const struct vb_comparison *c,
			     const struct vb_decision *d)
{
	const char *stat = !strcmp(d->stat, "p999") ? "p99.9" : d->stat;

	if (several_sections(c))
		return vb_doc_str(doc, "%s %s %s", d->section, d->metric, stat);
	return vb_doc_str(doc, "%s %s", d->metric, stat);
}

const char *vb_decision_interval(const struct vb_decision *d, char *buf, size_t size)
{
	char lo[32], hi[32];

	if (!d->has_interval)
		snprintf(buf, size, "-");
	else if (isnan(d->percent_lo) || isnan(d->percent_hi))
		vb_value_range(d->shift_lo, d->shift_hi, d->unit, buf, size);
	else
		snprintf(buf, size, "%.*s..%s",
			 (int)strcspn(vb_percent_text(d->percent_lo, lo, sizeof(lo)), "%"), lo,
			 vb_percent_text(d->percent_hi, hi, sizeof(hi)));
	return buf;
}

const char *vb_decision_percent(const struct vb_decision *d, char *buf, size_t size)
{
	return isnan(d->percent) ? vb_value_text(d->shift, d->unit, buf, size) :
				   vb_percent_text(d->percent, buf, size);
}

/* One p for a primary: the adjusted one, which decides. */
static const char *p_of(const struct vb_decision *d, char *buf, size_t size)
{
	if (!d->has_p)
		return "-";
	return vb_p_text(d->primary && !isnan(d->p_holm) ? d->p_holm : d->p, buf, size);
}

static void put_row(struct vb_doc *doc, struct vb_table *table, const struct vb_comparison *c,
		    const struct vb_decision *d)
{
	char text[64];

	vb_table_row(table, VB_ROW_CELLS, vb_finding_tone(d->finding));
	vb_table_cell(table, "%s", vb_decision_name(doc, c, d));
	vb_table_cell(table, "%s", vb_value_text(d->median_a, d->unit, text, sizeof(text)));
	vb_table_cell(table, "%s", vb_value_text(d->median_b, d->unit, text, sizeof(text)));
	vb_table_cell(table, "%s", vb_decision_percent(d, text, sizeof(text)));
	vb_table_cell(table, "%s", vb_decision_interval(d, text, sizeof(text)));
	if (!c->exact)
		vb_table_cell(table, "%s", p_of(d, text, sizeof(text)));
	vb_table_cell(table, "%s", vb_finding_name(d->finding));
}

static int arm_called(const struct vb_source *s, const char *label)
{
	for (size_t a = 0; a < s->arms.count; a++)
		if (!strcmp(s->arms.label[a], label))
			return (int)a;
	return -1;
}

static struct vb_table *new_table(struct vb_doc *doc, unsigned int views, const struct vb_source *s,
				  const struct vb_comparison *c, bool primary)
{
	struct vb_table *table;

	table = vb_doc_table(doc, views, "%s against %s: %s metrics, medians of the runs' values",
			     c->arm_b, c->arm_a, primary ? "primary" : "exploratory");
	table->cards = primary;
	vb_table_column(table, "", -1, false, "metric");
	vb_table_column(table, "", arm_called(s, c->arm_a), true, "%s", c->arm_a);
	vb_table_column(table, "", arm_called(s, c->arm_b), true, "%s", c->arm_b);
	vb_table_column(table, "", -1, true, "shift");
	vb_table_column(table, "", -1, true, c->exact ? "range" : "95%% interval");
	if (!c->exact)
		vb_table_column(table, "", -1, true, primary ? "p (Holm)" : "p");
	vb_table_column(table, "", -1, false, "verdict");
	return table;
}

static size_t count_rows(const struct vb_compare_cell *cell, bool primary)
{
	size_t n = 0;

	for (size_t k = 0; k < cell->nr; k++)
		n += cell->decision[k].primary == primary && cell->decision[k].shown;
	return n;
}

static void put_table(struct vb_doc *doc, unsigned int views, const struct vb_source *s,
		      const struct vb_comparison *c, bool primary)
{
	struct vb_table *table = new_table(doc, views, s, c, primary);

	for (size_t i = 0; i < c->nr_cells; i++) {
		const struct vb_compare_cell *cell = &c->cell[i];

		if (c->nr_cells > 1 && count_rows(cell, primary)) {
			vb_table_row(table, VB_ROW_GROUP, VB_TONE_PLAIN);
			vb_table_cell(table, "%s", cell->label);
		}
		for (size_t k = 0; k < cell->nr; k++)
			if (cell->decision[k].primary == primary && cell->decision[k].shown)
				put_row(doc, table, c, &cell->decision[k]);
	}
}

static size_t count_all(const struct vb_comparison *c, bool primary)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nr_cells; i++)
		n += count_rows(&c->cell[i], primary);
	return n;
}

/* Hidden for the same reason under the same name: told once. */
static bool same_hidden(const struct vb_decision *a, const struct vb_decision *b)
{
	return !b->shown && !strcmp(a->section, b->section) && !strcmp(a->metric, b->metric) &&
	       !strcmp(a->stat, b->stat) && !strcmp(a->reason, b->reason);
}

static size_t cells_hiding(const struct vb_comparison *c, size_t from, size_t to,
			   const struct vb_decision *d)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < c->cell[i].nr; k++)
			n += same_hidden(d, &c->cell[i].decision[k]);
	return n;
}

static void put_hidden(struct vb_doc *doc, const struct vb_comparison *c)
{
	bool first = true;

	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t k = 0; k < c->cell[i].nr; k++) {
			const struct vb_decision *d = &c->cell[i].decision[k];
			size_t n;

			if (d->shown || cells_hiding(c, 0, i, d))
				continue;
			if (first)
				vb_doc_fold(doc, VB_VIEW_PAGES, "What is not shown, and why");
			first = false;
			n = cells_hiding(c, i, c->nr_cells, d);
			vb_doc_item(doc, VB_VIEW_PAGES, "%s%s: %s", vb_decision_name(doc, c, d),
				    n > 1 ? vb_doc_str(doc, ", in %zu cells", n) : "", d->reason);
		}
	if (!first)
		vb_doc_fold_end(doc, VB_VIEW_PAGES);
}

static void put_shift_rows(struct vb_table *table, const struct vb_compare_cell *cell,
			   const struct vb_quantile_shifts *shifts)
{
	char text[64], lo[32], hi[32];

	vb_table_row(table, VB_ROW_GROUP, VB_TONE_PLAIN);
	vb_table_cell(table, "%s%s%s %s", cell->label, *cell->label ? ": " : "", shifts->section,
		      shifts->metric);
	for (size_t i = 0; i < shifts->nr; i++) {
		const struct vb_quantile_shift *q = &shifts->shift[i];

		vb_table_row(table, VB_ROW_CELLS, VB_TONE_PLAIN);
		vb_table_cell(table, "p%g", q->q * 100);
		vb_table_cell(table, "%s", vb_value_text(q->value_a, shifts->unit, text,
							 sizeof(text)));
		vb_table_cell(table, "%s", vb_value_text(q->value_b, shifts->unit, text,
							 sizeof(text)));
		vb_table_cell(table, "%s", isnan(q->shift_percent) ? "-" :
			      vb_percent_text(q->shift_percent, text, sizeof(text)));
		if (isnan(q->lo) || isnan(q->hi))
			vb_table_cell(table, "-");
		else
			vb_table_cell(table, "%.*s..%s",
				      (int)strcspn(vb_percent_text(q->lo, lo, sizeof(lo)), "%"), lo,
				      vb_percent_text(q->hi, hi, sizeof(hi)));
	}
}

static struct vb_table *new_shift_table(struct vb_doc *doc, const struct vb_source *s,
					const struct vb_comparison *c)
{
	struct vb_table *table;

	vb_doc_fold(doc, VB_VIEW_PAGES, "How each point of the distributions moved");
	table = vb_doc_table(doc, VB_VIEW_PAGES, "%s against %s: quantile shift, 95%% intervals by "
			     "bootstrap over the runs", c->arm_b, c->arm_a);
	vb_table_column(table, "", -1, false, "quantile");
	vb_table_column(table, "", arm_called(s, c->arm_a), true, "%s", c->arm_a);
	vb_table_column(table, "", arm_called(s, c->arm_b), true, "%s", c->arm_b);
	vb_table_column(table, "", -1, true, "shift");
	vb_table_column(table, "", -1, true, "95%% interval");
	return table;
}

static void put_shifts(struct vb_doc *doc, const struct vb_source *s, const struct vb_comparison *c)
{
	struct vb_table *table = NULL;

	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t k = 0; k < c->cell[i].nr_shifts; k++) {
			if (!c->cell[i].shifts[k].nr)
				continue;
			if (!table)
				table = new_shift_table(doc, s, c);
			put_shift_rows(table, &c->cell[i], &c->cell[i].shifts[k]);
		}
	if (table)
		vb_doc_fold_end(doc, VB_VIEW_PAGES);
}

/* Arms are there to differ in their variant and settings, which stand above. */
static void put_differences(struct vb_doc *doc, const struct vb_comparison *c)
{
	bool first = true;

	for (size_t i = 0; i < c->nr_differences; i++) {
		const struct vb_difference *d = &c->difference[i];

		if (!strcmp(d->what, "variant") || !strcmp(d->what, "the arm's own settings"))
			continue;
		if (first)
			vb_doc_para(doc, VB_VIEW_ALL, "What else differs between %s and %s:",
				    c->arm_a, c->arm_b);
		first = false;
		vb_doc_item(doc, VB_VIEW_ALL, "%s: %s; %s", d->what, d->a, d->b);
	}
}

/* Of those which are shown. */
static bool has_max(const struct vb_comparison *c)
{
	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t k = 0; k < c->cell[i].nr; k++)
			if (c->cell[i].decision[k].shown && !c->cell[i].decision[k].primary &&
			    !strcmp(c->cell[i].decision[k].stat, "max"))
				return true;
	return false;
}

static void put_comparison(struct vb_doc *doc, const struct vb_source *s,
			   const struct vb_comparison *c)
{
	size_t exploratory = count_all(c, false);

	if (s->nr_comparisons > 1)
		vb_doc_heading(doc, VB_VIEW_PAGES, 3, vb_doc_str(doc, "compare-%d",
								 (int)(c - s->comparison)),
			       "%s against %s", c->arm_b, c->arm_a);
	put_differences(doc, c);
	if (count_all(c, true))
		put_table(doc, VB_VIEW_ALL, s, c, true);
	if (exploratory) {
		vb_doc_fold(doc, VB_VIEW_PAGES, vb_doc_str(doc, "%zu exploratory metrics: their p "
							   "is not "
							   "adjusted, they decide nothing",
							   exploratory));
		put_table(doc, VB_VIEW_PAGES, s, c, false);
		if (has_max(c))
			vb_doc_para(doc, VB_VIEW_PAGES, "The max of a run that lasts a set time grows with "
				    "the number of its operations: the faster arm has more chances of a "
				    "slow one.");
		vb_doc_fold_end(doc, VB_VIEW_PAGES);
		vb_doc_para(doc, VB_VIEW_TEXT, "%zu exploratory metrics are in --markdown, --html "
			    "and --json",
			    exploratory);
	}
	put_shifts(doc, s, c);
	put_hidden(doc, c);
}

void vb_build_compare(struct vb_doc *doc, const struct vb_source *s)
{
	if (!s->nr_comparisons)
		return;
	vb_doc_heading(doc, VB_VIEW_LONG, 2, "comparison", "Comparison");
	for (size_t i = 0; i < s->nr_comparisons; i++)
		put_comparison(doc, s, &s->comparison[i]);
}
