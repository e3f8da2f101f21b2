// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel was asked and answered, and where that is not the default, why. */
#include <string.h>

#include "bench/report/build.h"

#define MAX_RUNS 8		/* columns */

static const json_t *asked_of(const json_t *run)
{
	return json_object_get(json_object_get(run, "conformance"), "promises");
}

/* A run that the audit failed is in the table as well: it is what the table is for. */
static bool is_shown(const json_t *run)
{
	return json_array_size(asked_of(run)) && !json_is_true(json_object_get(run, "warmup"));
}

/* Runs of one question list, as many as the page is wide. */
static size_t find_runs(const struct vb_source *s, const json_t *run[MAX_RUNS], size_t *left_out)
{
	size_t nr = 0;

	*left_out = 0;
	for (size_t i = 0; i < s->result->nr_runs; i++) {
		if (!is_shown(s->result->run[i]))
			continue;
		if (nr < MAX_RUNS)
			run[nr++] = s->result->run[i];
		else
			++*left_out;
	}
	return nr;
}

/* The mode, and the arm if there are several. */
static const char *head_of(struct vb_doc *doc, const struct vb_source *s, const json_t *run)
{
	const char *mode = vb_json_text(json_object_get(run, "conformance"), "mode");

	return s->arms.count < 2 ? mode :
	       vb_doc_str(doc, "%s, %s", vb_report_arm_label(run, &s->arms), mode);
}

static const json_t *answer_to(const json_t *run, const char *promise)
{
	const json_t *one;
	size_t i;

	json_array_foreach(asked_of(run), i, one)
		if (!strcmp(vb_json_text(one, "promise"), promise))
			return one;
	return NULL;
}

static bool has_verdict(const json_t *one, const char *verdict)
{
	return one && !strcmp(vb_json_text(one, "verdict"), verdict);
}

/* "EACCES", "EACCES, not 0", "-". */
static const char *answer_text(struct vb_doc *doc, const json_t *one)
{
	const char *answer = one ? vb_json_text(one, "answer") : "";

	if (!one || has_verdict(one, "not asked"))
		return "-";
	if (has_verdict(one, "differs"))
		return vb_doc_str(doc, "%s, not %s", *answer ? answer : "none",
				  vb_json_text(one, "expected"));
	return answer;
}

static void put_row(struct vb_doc *doc, struct vb_table *table, const json_t *one,
		    const json_t *const *run, size_t nr)
{
	const char *promise = vb_json_text(one, "promise");
	enum vb_tone tone = VB_TONE_PLAIN;

	for (size_t i = 0; i < nr; i++)
		if (has_verdict(answer_to(run[i], promise), "differs"))
			tone = VB_TONE_BAD;
	vb_table_row(table, VB_ROW_CELLS, tone);
	vb_table_cell(table, "%s", promise);
	vb_table_cell(table, "%s", vb_json_text(one, "default"));
	for (size_t i = 0; i < nr; i++)
		vb_table_cell(table, "%s", answer_text(doc, answer_to(run[i], promise)));
}

static void put_table(struct vb_doc *doc, const struct vb_source *s, const json_t *const *run,
		      size_t nr)
{
	struct vb_table *table = vb_doc_table(doc, VB_VIEW_LONG, "What was asked and answered; bytes and "
					      "counts as numbers; -: not asked");
	const json_t *one;
	size_t i;

	table->cards = true;
	vb_table_column(table, "", -1, false, "promise");
	vb_table_column(table, "", -1, false, "default");
	for (size_t r = 0; r < nr; r++)
		vb_table_column(table, "", -1, false, "%s", head_of(doc, s, run[r]));
	json_array_foreach(asked_of(run[0]), i, one)
		put_row(doc, table, one, run, nr);
}

/* Told once for all runs in which it is the same. */
static bool told_before(const json_t *const *run, size_t r, const json_t *one, const char *key)
{
	for (size_t before = 0; before < r; before++) {
		const json_t *other = answer_to(run[before], vb_json_text(one, "promise"));

		if (other && !strcmp(vb_json_text(other, key), vb_json_text(one, key)))
			return true;
	}
	return false;
}

static void put_wrong(struct vb_doc *doc, const struct vb_source *s, const json_t *run)
{
	const json_t *one;
	size_t i;

	json_array_foreach(asked_of(run), i, one)
		if (has_verdict(one, "differs"))
			vb_doc_item(doc, VB_VIEW_ALL, "%s: %s: %s%s%s (%s)", head_of(doc, s, run),
				    vb_json_text(one, "promise"), answer_text(doc, one),
				    *vb_json_text(one, "why") ? ": " : "", vb_json_text(one, "why"),
				    vb_json_text(one, "text"));
}

static void put_reasons(struct vb_doc *doc, const json_t *const *run, size_t nr)
{
	const json_t *one;
	size_t i;

	for (size_t r = 0; r < nr; r++)
		json_array_foreach(asked_of(run[r]), i, one)
			if (*vb_json_text(one, "because") && !told_before(run, r, one, "because"))
				vb_doc_item(doc, VB_VIEW_LONG, "%s: %s, not %s, where %s: %s",
					    vb_json_text(one, "promise"), vb_json_text(one, "expected"),
					    vb_json_text(one, "default"), vb_json_text(one, "where"),
					    vb_json_text(one, "because"));
}

static void put_unasked(struct vb_doc *doc, const json_t *const *run, size_t nr)
{
	const json_t *one;
	size_t i;

	for (size_t r = 0; r < nr; r++)
		json_array_foreach(asked_of(run[r]), i, one)
			if (has_verdict(one, "not asked") && !told_before(run, r, one, "why"))
				vb_doc_item(doc, VB_VIEW_PAGES, "%s: not asked: %s",
					    vb_json_text(one, "promise"), vb_json_text(one, "why"));
}

static void put_counts(struct vb_doc *doc, const struct vb_source *s, const json_t *run)
{
	size_t kept = 0, wrong = 0, unasked = 0, i;
	const json_t *one;

	json_array_foreach(asked_of(run), i, one) {
		kept += has_verdict(one, "ok");
		wrong += has_verdict(one, "differs");
		unasked += has_verdict(one, "not asked");
	}
	vb_doc_item(doc, VB_VIEW_ALL, "%s: %zu of %zu promises are kept as is expected of this kernel, "
		    "%zu are not, %zu could not be asked", head_of(doc, s, run), kept,
		    kept + wrong + unasked, wrong, unasked);
}

void vb_build_conformance(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *run[MAX_RUNS];
	size_t left_out, nr = find_runs(s, run, &left_out);

	if (!nr)
		return;
	vb_doc_heading(doc, VB_VIEW_LONG, 2, "conformance", "What the kernel promises");
	for (size_t r = 0; r < nr; r++)
		put_counts(doc, s, run[r]);
	for (size_t r = 0; r < nr; r++)
		put_wrong(doc, s, run[r]);
	put_table(doc, s, run, nr);
	if (left_out)
		vb_doc_para(doc, VB_VIEW_LONG, "%zu runs more are not shown", left_out);
	vb_doc_heading(doc, VB_VIEW_LONG, 3, "conformance-why", "Why, where it is not the default");
	put_reasons(doc, run, nr);
	put_unasked(doc, run, nr);
}
