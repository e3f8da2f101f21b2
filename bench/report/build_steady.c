// SPDX-License-Identifier: GPL-2.0-or-later
/* Over time: were runs steady, what load was kept, what did the recorder lose. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/saturation.h"
#include "bench/report/steady.h"
#include "bench/report/values.h"

/* More than so many series that moved fill a mail, or are folded away on a page. */
#define MOST_IN_MAIL	4
#define MOST_OPEN	8

/* Series of sections over all runs that are in tables; what moved, a text each. */
struct tally {
	unsigned int series, flat, moved, unsteady, untold;
	struct moved {
		const char *text;
		bool steady;
	} *list;
	size_t room;
	bool failed;
};

static void note_moved(struct tally *tally, const char *text, bool steady)
{
	if (tally->moved == tally->room) {
		size_t room = tally->room ? 2 * tally->room : 64;
		struct moved *list = realloc(tally->list, room * sizeof(*list));

		if (!list) {
			tally->failed = true;
			return;
		}
		tally->list = list;
		tally->room = room;
	}
	tally->list[tally->moved++] = (struct moved){ text, steady };
	tally->unsteady += !steady;
}

/* What did not move is told once, at the end. */
static void note_series(struct vb_doc *doc, const struct vb_source *s, const json_t *run,
			const struct vb_steady *steady, struct tally *tally)
{
	tally->series++;
	if (!steady->told)
		tally->untold++;
	else if (steady->nr_levels == 1)
		tally->flat++;
	else
		note_moved(tally, vb_doc_str(doc, "%s, [%s]: %s", vb_report_run_name(doc, s, run),
					     steady->section, steady->text), steady->steady);
}

static void note_run(struct vb_doc *doc, const struct vb_source *s, size_t run, struct tally *tally)
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
		note_series(doc, s, s->result->run[run], &list[i], tally);
	free(list);
}

/* The first @most of them for @views, unsteady ones only where @unsteady says so. */
static void put_moved(struct vb_doc *doc, unsigned int views, const struct tally *t,
		      unsigned int most, bool unsteady)
{
	for (unsigned int i = 0; i < t->moved && most; i++) {
		if (unsteady && t->list[i].steady)
			continue;
		vb_doc_item(doc, views, "%s", t->list[i].text);
		most--;
	}
}

static void put_mail(struct vb_doc *doc, const struct tally *t)
{
	if (t->unsteady > MOST_IN_MAIL)
		vb_doc_item(doc, VB_VIEW_LKML, "not steady: %u of %u series of rates (a section in a "
			    "run each); the first:", t->unsteady, t->series);
	put_moved(doc, VB_VIEW_LKML, t, t->unsteady > MOST_IN_MAIL ? 1 : MOST_IN_MAIL, true);
}

static void put_long(struct vb_doc *doc, const struct tally *t)
{
	bool many = t->moved > MOST_OPEN;

	put_moved(doc, VB_VIEW_TEXT, t, MOST_OPEN, false);
	if (many) {
		vb_doc_item(doc, VB_VIEW_TEXT, "and %u more that moved: --html and --markdown have them",
			    t->moved - MOST_OPEN);
		vb_doc_fold(doc, VB_VIEW_PAGES, vb_doc_str(doc, "%u that moved, %u of them not steady",
							   t->moved, t->unsteady));
	}
	put_moved(doc, VB_VIEW_PAGES, t, t->moved, false);
	if (many)
		vb_doc_fold_end(doc, VB_VIEW_PAGES);
}

static void put_tally(struct vb_doc *doc, const struct tally *t)
{
	if (t->failed)
		vb_doc_para(doc, VB_VIEW_ALL, "Out of memory: not all that moved is shown.");
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
			note_run(doc, s, i, &tally);
	put_mail(doc, &tally);
	put_long(doc, &tally);
	put_tally(doc, &tally);
	free(tally.list);
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
