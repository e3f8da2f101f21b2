// SPDX-License-Identifier: GPL-2.0-or-later
/* How quiet the machine was, whether samples are missing, and the caveats. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/build_compare.h"

static bool is_mark(const json_t *check)
{
	return !strcmp(vb_json_text(check, "verdict"), "mark");
}

static const json_t *noise_mark(const json_t *run, const char *name)
{
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(run, "noise"), i, check)
		if (is_mark(check) && !strcmp(vb_json_text(check, "check"), name))
			return check;
	return NULL;
}

static size_t marked_runs(const struct vb_source *s, const char *name, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < s->result->nr_runs; i++)
		n += noise_mark(s->result->run[i], name) != NULL;
	return n;
}

/* One line for each check, at the first run that has its mark. */
static size_t put_noise_marks(struct vb_doc *doc, const struct vb_source *s)
{
	size_t told = 0;

	for (size_t i = 0; i < s->result->nr_runs; i++) {
		const json_t *run = s->result->run[i], *check;
		size_t k;

		json_array_foreach(json_object_get(run, "noise"), k, check) {
			const char *name = vb_json_text(check, "check");
			size_t n = marked_runs(s, name, i);

			if (noise_mark(run, name) != check || n < marked_runs(s, name, 0))
				continue;
			told++;
			vb_doc_item(doc, s->exact ? VB_VIEW_LONG : VB_VIEW_ALL, "noise %s, %zu of "
				    "%zu runs, %srun %.0f: %s", name, n,
				    s->result->nr_runs, n > 1 ? "the first is " : "",
				    vb_json_number(run, "number"), vb_json_text(check, "text"));
		}
	}
	return told;
}

/* When it is closed the summary has said so. */
static void put_gate(struct vb_doc *doc, const json_t *gate)
{
	if (!json_is_object(gate))
		return;
	vb_doc_para(doc, VB_VIEW_LONG, "%s.", *vb_json_text(gate, "text") ? vb_json_text(gate,
											 "text") :
		    "No run was marked");
}

void vb_build_noise(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *meta = s->result->meta, *check;
	bool watched = json_is_array(json_object_get(meta, "noise"));
	size_t i, told = 0;

	if (!watched)
		return;
	vb_doc_heading(doc, VB_VIEW_LONG, 2, "noise", "Noise");
	put_gate(doc, json_object_get(meta, "noise_gate"));
	told += put_noise_marks(doc, s);
	json_array_foreach(json_object_get(meta, "noise"), i, check) {
		if (!is_mark(check))
			continue;
		told++;
		if (*vb_json_text(check, "mend"))
			vb_doc_item(doc, VB_VIEW_LONG, "before the first run: %s: %s (mends it: "
				    "%s)",
				    vb_json_text(check, "check"), vb_json_text(check, "text"),
				    vb_json_text(check, "mend"));
		else
			vb_doc_item(doc, VB_VIEW_LONG, "before the first run: %s: %s",
				    vb_json_text(check, "check"), vb_json_text(check, "text"));
	}
	if (!told)
		vb_doc_para(doc, VB_VIEW_LONG, "No check of noise was above its limit.");
}

/* Operations that the recorder lost are shown, never hidden. */
static void put_samples(struct vb_doc *doc, const struct vb_source *s)
{
	double lost = 0, written = 0;
	size_t runs = 0;

	for (size_t i = 0; i < s->result->nr_runs; i++) {
		const json_t *samples = json_object_get(s->result->run[i], "samples");

		runs += json_is_object(samples);
		lost += vb_json_number(samples, "lost");
		written += vb_json_number(samples, "written");
	}
	if (runs)
		vb_doc_item(doc, VB_VIEW_ALL, "%zu run%s recorded every operation: %.0f samples "
			    "written, %.0f lost",
			    runs, runs == 1 ? "" : "s", written, lost);
}

static void put_label_reasons(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *reasons = json_object_get(s->result->meta, "no_performance_label"), *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
		vb_doc_item(doc, VB_VIEW_LONG, "no performance figure: %s",
			    json_string_value(reason));
}

static void put_comparison_caveats(struct vb_doc *doc, const struct vb_comparison *c)
{
	const char *who = vb_doc_str(doc, "%s against %s", c->arm_b, c->arm_a);

	if (c->warmup_left_out)
		vb_doc_item(doc, VB_VIEW_LONG, "%s: %u warm-up runs are in no statistic", who,
			    c->warmup_left_out);
	for (size_t i = 0; i < c->nr_notes; i++)
		vb_doc_item(doc, VB_VIEW_ALL, "%s: %s", who, c->note[i]);
}

static void put_method(struct vb_doc *doc, const struct vb_source *s)
{
	const struct vb_comparison *c = s->comparison;

	if (s->exact)
		vb_doc_item(doc, VB_VIEW_ALL, "exact mode: 1 ns is one instruction, caches and "
			    "contention count nothing; no significance test, ranges are shown (of "
			    "pairs: of their differences)");
	if (!s->nr_comparisons || s->exact)
		return;
	vb_doc_item(doc, VB_VIEW_ALL, "n counts %s; %s, Hodges-Lehmann shift and its 95%% "
		    "interval; p of primary "
		    "metrics adjusted by Holm's method over %u; equivalent: the interval lies "
		    "within %g%%",
		    c->boots ? "boots" : c->paired ? "pairs of runs" : "runs",
		    c->paired ? "paired Wilcoxon signed-rank test" : "Mann-Whitney test", c->family,
		    c->margin_percent);
}

/* How the comparisons were made, and what is to be known of each. */
static void put_comparisons(struct vb_doc *doc, const struct vb_source *s)
{
	put_method(doc, s);
	for (size_t i = 0; i < s->nr_comparisons; i++)
		put_comparison_caveats(doc, &s->comparison[i]);
}

void vb_build_method(struct vb_doc *doc, const struct vb_source *s)
{
	vb_doc_heading(doc, VB_VIEW_ALL, 2, "caveats", "To bear in mind");
	put_comparisons(doc, s);
}

static bool records_samples(const struct vb_source *s)
{
	for (size_t i = 0; i < s->result->nr_runs; i++)
		if (json_is_object(json_object_get(s->result->run[i], "samples")))
			return true;
	return false;
}

/* Cells of the matrix that the machine could not have. */
static void put_skipped(struct vb_doc *doc, const json_t *skipped)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(skipped, i, cell)
		vb_doc_item(doc, VB_VIEW_ALL, "skipped: %s: %s", vb_json_text(cell, "label"),
			    vb_json_text(cell, "reason"));
}

void vb_build_caveats(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *reasons = json_object_get(s->result->meta, "no_performance_label");
	const json_t *skipped = json_object_get(s->result->meta, "skipped");

	if (!s->exact && !s->nr_comparisons && !json_array_size(reasons) && !records_samples(s) &&
	    !json_array_size(skipped))
		return;
	vb_doc_heading(doc, VB_VIEW_ALL, 2, "caveats", "To bear in mind");
	put_label_reasons(doc, s);
	put_skipped(doc, skipped);
	put_comparisons(doc, s);
	put_samples(doc, s);
}
