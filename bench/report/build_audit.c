// SPDX-License-Identifier: GPL-2.0-or-later
/* What the audits found: how many runs stand, why others do not, marks. */
#include <string.h>

#include "bench/report/build.h"

#define MAX_FALLEN 12

static const json_t *audit_of(const struct vb_source *s, size_t run)
{
	return json_object_get(s->result->run[run], "audit");
}

static bool is_verdict(const json_t *check, const char *verdict)
{
	return !strcmp(vb_json_text(check, "verdict"), verdict);
}

bool vb_report_counts(const json_t *run)
{
	return vb_report_standing(run) == VB_STANDING_CLEAN &&
	       !json_is_true(json_object_get(run, "warmup"));
}

const char *vb_report_run_name(struct vb_doc *doc, const struct vb_source *s, const json_t *run)
{
	const char *label = vb_json_text(run, "label");

	return vb_doc_str(doc, "run %.0f, %s%s%s", vb_json_number(run, "number"),
			  vb_report_arm_label(run, &s->arms), *label ? ", " : "", label);
}

static void put_fallen(struct vb_doc *doc, unsigned int views, const struct vb_source *s,
		       const json_t *run)
{
	const char *name = vb_report_run_name(doc, s, run), *status = vb_json_text(run, "status");
	const json_t *check;
	bool why = false;
	size_t i;

	json_array_foreach(json_object_get(run, "audit"), i, check) {
		if (is_verdict(check, "ok") || is_verdict(check, "mark"))
			continue;
		why = true;
		vb_doc_item(doc, views, "%s: %s: %s: %s", name, vb_json_text(check, "verdict"),
			    vb_json_text(check, "check"), vb_json_text(check, "text"));
	}
	if (!why)
		vb_doc_item(doc, views, "%s: %s", name, status);
}

static const json_t *mark_of(const json_t *audit, const char *name)
{
	const json_t *check;
	size_t i;

	json_array_foreach(audit, i, check)
		if (is_verdict(check, "mark") && !strcmp(vb_json_text(check, "check"), name))
			return check;
	return NULL;
}

/* Runs with a mark of that name, from @from on. */
static size_t count_marks(const struct vb_source *s, const char *name, size_t from)
{
	size_t count = 0;

	for (size_t i = from; i < s->result->nr_runs; i++)
		count += mark_of(audit_of(s, i), name) != NULL;
	return count;
}

static void put_mark(struct vb_doc *doc, const struct vb_source *s, size_t run, const json_t *check)
{
	const char *name = vb_json_text(check, "check");
	size_t count = count_marks(s, name, run);

	/* Told at its first run. */
	if (mark_of(audit_of(s, run), name) != check || count < count_marks(s, name, 0))
		return;
	vb_doc_item(doc, VB_VIEW_ALL, "mark %s, %zu of %zu run%s, %srun %.0f: %s", name, count,
		    s->result->nr_runs, s->result->nr_runs == 1 ? "" : "s",
		    count > 1 ? "the first is " : "", vb_json_number(s->result->run[run], "number"),
		    vb_json_text(check, "text"));
}

/* Many runs tend to have the same marks: one line for each name. */
static void put_marks(struct vb_doc *doc, const struct vb_source *s)
{
	for (size_t i = 0; i < s->result->nr_runs; i++) {
		const json_t *check;
		size_t c;

		json_array_foreach(audit_of(s, i), c, check)
			put_mark(doc, s, i, check);
	}
}

/* Pages have room for all of them. */
static void put_all_fallen(struct vb_doc *doc, const struct vb_source *s)
{
	size_t fallen = 0;

	for (size_t i = 0; i < s->result->nr_runs; i++)
		if (vb_report_standing(s->result->run[i]) != VB_STANDING_CLEAN)
			put_fallen(doc, fallen++ < MAX_FALLEN ? VB_VIEW_ALL : VB_VIEW_PAGES, s,
				   s->result->run[i]);
	if (fallen > MAX_FALLEN)
		vb_doc_item(doc, VB_VIEW_TEXT | VB_VIEW_LKML, "and %zu runs more: --markdown and "
			    "--html name them",
			    fallen - MAX_FALLEN);
}

void vb_build_audit(struct vb_doc *doc, const struct vb_source *s)
{
	size_t count[3] = { 0 }, nr = s->result->nr_runs;
	double planned = vb_json_number(s->result->meta, "runs");
	const char *withheld = "", *interrupted = "", *missing = "";

	for (size_t i = 0; i < nr; i++)
		count[vb_report_standing(s->result->run[i])]++;
	if (count[VB_STANDING_WITHHELD])
		withheld = vb_doc_str(doc, "; %zu withheld: no numbers",
				      count[VB_STANDING_WITHHELD]);
	if (count[VB_STANDING_INTERRUPTED])
		interrupted = vb_doc_str(doc, "; %zu interrupted: in no table",
					 count[VB_STANDING_INTERRUPTED]);
	if (planned > (double)nr)
		missing = vb_doc_str(doc, "; %.0f not run", planned - (double)nr);
	vb_doc_heading(doc, VB_VIEW_LONG, 2, "audit", "Audit");
	vb_doc_para(doc, VB_VIEW_ALL, "audit: %zu of %zu run%s clean%s%s%s",
		    count[VB_STANDING_CLEAN], nr,
		    nr == 1 ? "" : "s", withheld, interrupted, missing);
	put_all_fallen(doc, s);
	put_marks(doc, s);
}
