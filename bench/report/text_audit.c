// SPDX-License-Identifier: GPL-2.0-or-later
/* The audits in the plain-text report: how many runs stand, why others do not, marks. */
#include <string.h>

#include "bench/report/report.h"

static const json_t *audit_of(const struct vb_result *r, size_t run)
{
	return json_object_get(r->run[run], "audit");
}

static bool is_verdict(const json_t *check, const char *verdict)
{
	return !strcmp(vb_json_text(check, "verdict"), verdict);
}

static void print_run(const json_t *run, const struct vb_arms *arms, FILE *out)
{
	const char *label = vb_json_text(run, "label");
	const json_t *check;
	size_t i;

	fprintf(out, "  run %.0f, %s%s%s: %s\n", vb_json_number(run, "number"),
		vb_report_arm_label(run, arms), *label ? ", " : "", label, vb_json_text(run, "status"));
	json_array_foreach(json_object_get(run, "audit"), i, check)
		if (!is_verdict(check, "ok") && !is_verdict(check, "mark"))
			fprintf(out, "    %s %s: %s\n", vb_json_text(check, "verdict"),
				vb_json_text(check, "check"), vb_json_text(check, "text"));
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
static size_t count_marks(const struct vb_result *r, const char *name, size_t from)
{
	size_t count = 0;

	for (size_t i = from; i < r->nr_runs; i++)
		count += mark_of(audit_of(r, i), name) != NULL;
	return count;
}

/* Many runs tend to have the same marks: one line for each name, at its first run. */
static void print_marks(const struct vb_result *r, FILE *out)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *check;
		size_t c;

		json_array_foreach(audit_of(r, i), c, check) {
			const char *name = vb_json_text(check, "check");
			size_t count = count_marks(r, name, i);

			if (mark_of(audit_of(r, i), name) != check ||
			    count < count_marks(r, name, 0))
				continue;
			fprintf(out, "  mark %s, %zu of %zu runs", name, count, r->nr_runs);
			fprintf(out, count > 1 ? ", the first is run %.0f: %s\n" : ", run %.0f: %s\n",
				vb_json_number(r->run[i], "number"), vb_json_text(check, "text"));
		}
	}
}

void vb_report_audit_text(const struct vb_result *r, const struct vb_arms *arms, FILE *out)
{
	double planned = vb_json_number(r->meta, "runs");
	size_t count[3] = { 0 };

	for (size_t i = 0; i < r->nr_runs; i++)
		count[vb_report_standing(r->run[i])]++;
	fprintf(out, "audit: %zu of %zu run%s clean", count[VB_STANDING_CLEAN], r->nr_runs,
		r->nr_runs == 1 ? "" : "s");
	if (count[VB_STANDING_WITHHELD])
		fprintf(out, "; %zu withheld: no numbers", count[VB_STANDING_WITHHELD]);
	if (count[VB_STANDING_INTERRUPTED])
		fprintf(out, "; %zu interrupted: left out below", count[VB_STANDING_INTERRUPTED]);
	if (planned > (double)r->nr_runs)
		fprintf(out, "; %.0f not run", planned - (double)r->nr_runs);
	fputc('\n', out);
	for (size_t i = 0; i < r->nr_runs; i++)
		if (vb_report_standing(r->run[i]) != VB_STANDING_CLEAN)
			print_run(r->run[i], arms, out);
	print_marks(r, out);
}
