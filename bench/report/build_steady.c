// SPDX-License-Identifier: GPL-2.0-or-later
/* Over time: were runs steady, what load was kept, what did the recorder lose. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/saturation.h"
#include "bench/report/steady.h"
#include "bench/report/values.h"

/* Series of sections over all runs that are in tables. */
struct tally {
	unsigned int series, flat, moved, untold;
};

static void put_series(struct vb_doc *doc, const struct vb_source *s, const json_t *run,
		       const struct vb_steady *steady, struct tally *tally)
{
	tally->series++;
	if (!steady->told)
		tally->untold++;
	else if (steady->nr_levels == 1)
		tally->flat++;
	else
		tally->moved++;
	/* What did not move is told once, at the end. */
	if (steady->nr_levels > 1)
		vb_doc_item(doc, steady->steady ? VB_VIEW_LONG : VB_VIEW_ALL, "%s, [%s]: %s",
			    vb_report_run_name(doc, s, run), steady->section, steady->text);
}

static void put_run(struct vb_doc *doc, const struct vb_source *s, size_t run, struct tally *tally)
{
	struct vb_steady *list;
	char err[5000];
	size_t nr;
	int ret = vb_steady_run(s->result, run, &list, &nr, err, sizeof(err));

	if (ret == -ENOENT)
		return;
	if (ret)
		vb_doc_item(doc, VB_VIEW_ALL, "%s: %s", vb_report_run_name(doc, s, s->result->run[run]),
			    err);
	for (size_t i = 0; !ret && i < nr; i++)
		put_series(doc, s, s->result->run[run], &list[i], tally);
	free(list);
}

static void put_tally(struct vb_doc *doc, const struct tally *t)
{
	if (!t->series)
		vb_doc_para(doc, VB_VIEW_LONG, "No intervals were recorded.");
	else if (t->untold == t->series)
		vb_doc_para(doc, VB_VIEW_LONG, "Too few intervals in a run (fewer than %d) to tell whether it "
			    "was steady.", VB_STEADY_MIN);
	else
		vb_doc_para(doc, VB_VIEW_LONG, "Rates interval by interval, of each run's sections: no change "
			    "point in %u of %u; %u moved; %u had too few intervals (fewer than %d) to tell.",
			    t->flat, t->series, t->moved, t->untold, VB_STEADY_MIN);
}

void vb_build_steady(struct vb_doc *doc, const struct vb_source *s)
{
	struct tally tally = { 0 };

	vb_doc_heading(doc, VB_VIEW_LONG, 2, "steady", "Steady state");
	for (size_t i = 0; i < s->result->nr_runs; i++)
		if (vb_report_counts(s->result->run[i]))
			put_run(doc, s, i, &tally);
	put_tally(doc, &tally);
}

static void put_steps(struct vb_doc *doc, const struct vb_source *s, const struct vb_saturation *g)
{
	struct vb_table *table = vb_doc_table(doc, VB_VIEW_ALL, "%s, [%s]%s%s: %s", s->arms.label[g->arm],
					      g->section, *g->rest ? ", " : "", g->rest, g->text);
	char text[32];

	table->cards = true;
	vb_table_column(table, "", -1, true, "rate a worker");
	vb_table_column(table, "", -1, true, "offered");
	vb_table_column(table, "", -1, true, "achieved");
	vb_table_column(table, "", -1, true, "service p99");
	vb_table_column(table, "", -1, true, "response p99");
	vb_table_column(table, "", -1, false, "kept");
	for (size_t i = 0; i < g->nr; i++) {
		const struct vb_saturation_step *step = &g->step[i];

		vb_table_row(table, VB_ROW_CELLS, step->saturated ? VB_TONE_WARN : VB_TONE_PLAIN);
		vb_table_cell(table, "%s", vb_value_text((double)step->rate_per_s, "1/s", text, sizeof(text)));
		vb_table_cell(table, "%s", vb_value_text(step->offered_per_s, "1/s", text, sizeof(text)));
		vb_table_cell(table, "%s", vb_value_text(step->achieved_per_s, "1/s", text, sizeof(text)));
		vb_table_cell(table, "%s", vb_value_text(step->service_p99_ns, "ns", text, sizeof(text)));
		vb_table_cell(table, "%s", vb_value_text(step->response_p99_ns, "ns", text, sizeof(text)));
		if (step->saturated && step->runs > 1)
			vb_table_cell(table, "no, in %u of %u runs", step->saturated, step->runs);
		else
			vb_table_cell(table, step->saturated ? "no" : "yes");
	}
}

void vb_build_saturation(struct vb_doc *doc, const struct vb_source *s)
{
	struct vb_saturation *list;
	size_t nr;

	if (vb_saturation_find(s->result, &s->arms, &list, &nr)) {
		vb_doc_para(doc, VB_VIEW_ALL, "Out of memory: rates are not shown.");
		return;
	}
	if (nr)
		vb_doc_heading(doc, VB_VIEW_ALL, 2, "saturation", "Offered load");
	for (size_t i = 0; i < nr; i++)
		put_steps(doc, s, &list[i]);
	vb_saturation_free(list, nr);
}
