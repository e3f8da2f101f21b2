// SPDX-License-Identifier: GPL-2.0-or-later
/* What comes first: the verdicts in sentences, and what to know before believing them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build_compare.h"
#include "bench/report/reason.h"
#include "bench/report/values.h"

/* Of one finding, so many are told one by one; the table has all. */
#define MAX_TOLD 6

/* "takes 21.8% less time" for what has gone down. */
static const char *direction(const struct vb_decision *d)
{
	bool down = d->shift < 0;

	if (!strcmp(d->unit, "ns"))
		return d->exact ? (down ? "fewer instructions" : "more instructions") :
				  (down ? "less time" : "more time");
	if (!strcmp(d->unit, "1/s"))
		return down ? "lower" : "higher";
	return down ? "less" : "more";
}

static const char *moved(struct vb_doc *doc, const struct vb_decision *d)
{
	char text[64], from[64];

	if (isnan(d->percent) || !strcmp(d->unit, "callbacks"))
		return vb_doc_str(doc, "%s instead of %s",
				  vb_value_text(d->median_b, d->unit, text, sizeof(text)),
				  vb_value_text(d->median_a, d->unit, from, sizeof(from)));
	vb_percent_text(fabs(d->percent), text, sizeof(text));
	return vb_doc_str(doc, "%s %s", text + (*text == '+'), direction(d));
}

/* "request p50 at count=1024: 21.8% less time (95% interval -22.0..-21.5%)" */
static const char *told(struct vb_doc *doc, const struct vb_comparison *c,
			const struct vb_compare_cell *cell, const struct vb_decision *d)
{
	const char *at = c->nr_cells > 1 ? vb_doc_str(doc, " at %s", cell->label) : "";
	char text[64];

	return vb_doc_str(doc, "%s%s: %s (%s %s)", vb_decision_name(doc, c, d), at, moved(doc, d),
			  d->exact ? "range" : "95% interval", vb_decision_interval(d, text,
										    sizeof(text)));
}

static bool is_same_metric(const struct vb_decision *a, const struct vb_decision *b)
{
	return !strcmp(a->section, b->section) && !strcmp(a->metric, b->metric) &&
	       !strcmp(a->stat, b->stat);
}

static const struct vb_decision *in_cell(const struct vb_compare_cell *cell,
					 const struct vb_decision *wanted)
{
	for (size_t k = 0; k < cell->nr; k++)
		if (cell->decision[k].primary && is_same_metric(&cell->decision[k], wanted))
			return &cell->decision[k];
	return NULL;
}

/* The same finding; where its reason is told, that too, whatever its numbers are. */
static bool is_told_with(const struct vb_decision *d, const struct vb_decision *other)
{
	return other && other->finding == d->finding &&
	       (d->finding != VB_FINDING_INCONCLUSIVE || vb_reason_alike(d->reason, other->reason));
}

/* Is it the first cell in which that metric has that finding, for that reason? */
static bool is_first(const struct vb_comparison *c, const struct vb_decision *d)
{
	for (size_t i = 0; i < c->nr_cells; i++) {
		const struct vb_decision *other = in_cell(&c->cell[i], d);

		if (is_told_with(d, other))
			return other == d;
	}
	return true;
}

/* The cells in which that metric has that finding, or those in which it has not. */
static const char *cells_of(struct vb_doc *doc, const struct vb_comparison *c,
			    const struct vb_decision *d)
{
	const char *in = "", *out = "";
	size_t n = 0;

	if (c->nr_cells == 1)
		return "";
	for (size_t i = 0; i < c->nr_cells; i++) {
		bool same = is_told_with(d, in_cell(&c->cell[i], d));
		const char **list = same ? &in : &out;

		n += same;
		*list = vb_doc_str(doc, "%s%s%s", *list, **list ? "; " : "", c->cell[i].label);
	}
	if (n == c->nr_cells)
		return n == 2 ? " in both cells" : vb_doc_str(doc, " in all %zu cells", n);
	if (2 * n > c->nr_cells)
		return vb_doc_str(doc, " in %zu of %zu cells (not in %s)", n, c->nr_cells, out);
	return vb_doc_str(doc, " in %zu of %zu cells (%s)", n, c->nr_cells, in);
}

/* That of all cells which are told together, with the ranges of its numbers. */
static const char *reason_of(struct vb_doc *doc, const struct vb_comparison *c,
			     const struct vb_decision *d)
{
	const char **reason = calloc(c->nr_cells, sizeof(*reason));
	char text[2 * sizeof(d->reason)];
	size_t n = 0;

	for (size_t i = 0; reason && i < c->nr_cells; i++) {
		const struct vb_decision *other = in_cell(&c->cell[i], d);

		if (is_told_with(d, other))
			reason[n++] = other->reason;
	}
	vb_reason_merge(reason, n, text, sizeof(text));
	free(reason);
	return vb_doc_str(doc, "%s", n ? text : d->reason);
}

/* "map p50 in all 8 cells": of metrics that did not move, or may have; once for their cells. */
static const char *told_together(struct vb_doc *doc, const struct vb_comparison *c,
				 const struct vb_decision *d)
{
	const char *interval = "", *why = "";
	char text[64];

	if (!is_first(c, d))
		return "";
	if (d->finding == VB_FINDING_INCONCLUSIVE && *d->reason)
		why = vb_doc_str(doc, ": %s", reason_of(doc, c, d));
	if (c->nr_cells == 1 && d->finding != VB_FINDING_IDENTICAL && d->has_interval)
		interval = vb_doc_str(doc, " (%s %s)", d->exact ? "range" : "95% interval",
				      vb_decision_interval(d, text, sizeof(text)));
	return vb_doc_str(doc, "%s%s%s%s", vb_decision_name(doc, c, d), cells_of(doc, c, d),
			  interval, why);
}

static const char *runs_of(struct vb_doc *doc, const struct vb_comparison *c)
{
	size_t most = 0, least = 0;
	bool any = false;

	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t k = 0; k < c->cell[i].nr; k++) {
			size_t n = c->cell[i].decision[k].n;

			if (!c->cell[i].decision[k].primary)
				continue;
			most = n > most ? n : most;
			least = !any || n < least ? n : least;
			any = true;
		}
	return vb_doc_str(doc, "%s%zu %s%s", least < most ? vb_doc_str(doc, "%zu to ", least) : "",
			  most,
			  c->boots ? "boot" : c->paired ? "pair" : "run", most == 1 ? "" : "s");
}

static bool moved_for_sure(enum vb_finding finding)
{
	return finding == VB_FINDING_BETTER || finding == VB_FINDING_WORSE ||
	       finding == VB_FINDING_CHANGED;
}

static void put_finding(struct vb_doc *doc, const struct vb_comparison *c, enum vb_finding finding)
{
	const char *list = "", *within = "", *next;
	size_t n = 0;

	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t k = 0; k < c->cell[i].nr; k++) {
			const struct vb_decision *d = &c->cell[i].decision[k];

			if (!d->primary || d->finding != finding)
				continue;
			next = moved_for_sure(finding) ? told(doc, c, &c->cell[i], d) :
			       told_together(doc, c, d);
			if (*next && n++ < MAX_TOLD)
				list = vb_doc_str(doc, "%s%s%s", list, *list ? "; " : "", next);
		}
	if (!n)
		return;
	if (n > MAX_TOLD)
		list = vb_doc_str(doc, "%s; and %zu more, in the table", list, n - MAX_TOLD);
	if (finding == VB_FINDING_EQUIVALENT)
		within = vb_doc_str(doc, ", within %g%%", c->margin_percent);
	vb_doc_verdict(doc, VB_VIEW_ALL, vb_finding_tone(finding), vb_finding_name(finding),
		       "%s against %s, %s%s: %s", c->arm_b, c->arm_a, runs_of(doc, c), within,
		       list);
}

/* What moved comes first, of all comparisons. */
void vb_build_findings(struct vb_doc *doc, const struct vb_source *s)
{
	static const enum vb_finding order[] = {
		VB_FINDING_WORSE, VB_FINDING_BETTER, VB_FINDING_CHANGED, VB_FINDING_INCONCLUSIVE,
		VB_FINDING_EQUIVALENT, VB_FINDING_IDENTICAL,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (size_t c = 0; c < s->nr_comparisons; c++)
			put_finding(doc, &s->comparison[c], order[i]);
}

static void put_standing(struct vb_doc *doc, const struct vb_source *s)
{
	const struct vb_result *r = s->result;
	const char *status = vb_json_text(r->meta, "status");
	const json_t *gate = json_object_get(r->meta, "noise_gate");
	const char *gating = vb_json_text(gate, "gating");
	bool lab = json_is_true(json_object_get(json_object_get(r->meta, "machine"), "lab"));
	bool gates = !strcmp(gating, "on") || (!strcmp(gating, "hardware") && !lab);
	size_t withheld = 0;

	for (size_t i = 0; i < r->nr_runs; i++)
		withheld += vb_report_standing(r->run[i]) == VB_STANDING_WITHHELD;
	if (strcmp(status, "complete"))
		vb_doc_verdict(doc, VB_VIEW_ALL, VB_TONE_WARN, "incomplete", "%s; %zu of %.0f "
			       "runs ended",
			       strcmp(status, "running") ? "the session was interrupted, or "
			       "failed" :
			       "the session was killed, or goes on", r->nr_runs,
			       vb_json_number(r->meta, "runs"));
	/* In exact mode time stands still while others run: marks say little, and stand with noise. */
	if (json_is_true(json_object_get(gate, "closed")) && !s->exact)
		vb_doc_verdict(doc, VB_VIEW_ALL, VB_TONE_WARN, "noisy", "%s%s", gates ? "not to "
			       "be trusted: " : "",
			       vb_json_text(gate, "text"));
	if (withheld)
		vb_doc_verdict(doc, VB_VIEW_ALL, VB_TONE_BAD, "withheld", "the numbers of %zu of "
			       "%zu runs: "
			       "their audit found faults, which are listed below", withheld,
			       r->nr_runs);
}

static const char *label_reasons(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *reasons = json_object_get(s->result->meta, "no_performance_label"), *reason;
	const char *text = "";
	size_t i;

	json_array_foreach(reasons, i, reason)
		text = vb_doc_str(doc, "%s%s%s", text, i ? "; " : "", json_string_value(reason));
	return text;
}

/* Nothing is compared: say so, and why. */
static void put_alone(struct vb_doc *doc, const struct vb_source *s)
{
	size_t clean = 0;

	if (s->nr_comparisons)
		return;
	for (size_t i = 0; i < s->result->nr_runs; i++)
		clean += vb_report_counts(s->result->run[i]);
	if (s->no_comparison)
		vb_doc_verdict(doc, VB_VIEW_ALL, VB_TONE_UNSURE, "no comparison", "%s",
			       s->no_comparison);
	else
		vb_doc_para(doc, VB_VIEW_ALL, "%zu clean run%s of %s; nothing to compare with.",
			    clean,
			    clean == 1 ? "" : "s", s->arms.count ? s->arms.label[0] : "no arm");
}

void vb_build_summary(struct vb_doc *doc, const struct vb_source *s)
{
	const char *reasons = label_reasons(doc, s);

	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "summary", "Summary");
	put_standing(doc, s);
	vb_build_findings(doc, s);
	put_alone(doc, s);
	if (*reasons)
		vb_doc_verdict(doc, VB_VIEW_ALL, VB_TONE_WARN, "no performance figure", "%s",
			       reasons);
}
