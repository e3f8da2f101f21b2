// SPDX-License-Identifier: GPL-2.0-or-later
/* What 'ab' says before and after it runs. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/cmd/verdict.h"
#include "bench/report/write.h"
#include "lib/machine/facts.h"

/* Equal arms: what came out is the noise, and is kept. */
static int conclude_aa(const struct vb_result *r, double want)
{
	char err[5000] = "", path[4300];
	struct vb_floor *floor;
	int ret = vb_floor_make(r, &floor, err, sizeof(err));

	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s", *err ? err : strerror(-ret));
	vb_floor_text(floor, want, stdout);
	ret = vb_in_lab() ? 0 : vb_floor_store(floor, path, sizeof(path));
	if (vb_in_lab())
		printf("a guest of the lab keeps nothing: give later comparisons --floor %s\n", floor->where);
	else if (ret)
		vb_warn("%s: the noise floor can't be kept there: %s: give later comparisons --floor %s",
			path, strerror(-ret), floor->where);
	else
		printf("kept for later comparisons of this job on this machine: %s\n", path);
	vb_floor_free(floor);
	return VB_EXIT_OK;
}

/*
 * What was measured is there without them: no failure of the session.  In the lab
 * gnuplot would take minutes, and the host can do it.
 */
static void write_reports(const struct vb_verdict *v, const char *path)
{
	char err[5000];

	if (vb_in_lab())
		printf("reports: vfio-bench report --write %s\n", path);
	else if (vb_report_write_all(path, &v->options, err, sizeof(err)))
		vb_warn("%s: there are no reports: 'vfio-bench report --write %s' makes them", err, path);
	else
		printf("reports: %s/report.txt, .md, .html%s\n", path,
		       *err ? ", without plots: install gnuplot-nox" : "");
}

static int conclude_arms(struct vb_verdict *v, const struct vb_result *r, const char *path)
{
	struct vb_comparison *list;
	char err[5000];
	size_t nr;
	int ret = vb_verdict_find_floor(v, r);

	v->options.gates = v->gate;
	v->options.no_shifts = !v->all && !v->json;
	if (!ret && vb_compare_arms(r, &v->options, &list, &nr, err, sizeof(err)))
		ret = vb_fail(VB_EXIT_UNTRUSTED, "%s", err);
	if (!ret) {
		ret = vb_verdict_print(v, list, nr);
		vb_comparisons_free(list, nr);
		write_reports(v, path);
	}
	vb_verdict_free(v);
	return ret;
}

int vb_verdict_conclude(struct vb_verdict *v, const char *path, double want)
{
	struct vb_result result;
	char err[5000];
	int ret = vb_result_load(path, &result, err, sizeof(err));

	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s", err);
	if (json_is_true(json_object_get(json_object_get(result.meta, "ab"), "aa")))
		ret = conclude_aa(&result, want);
	else
		ret = conclude_arms(v, &result, path);
	vb_result_free(&result);
	return ret;
}

static void foresee_entry(const struct vb_floor *floor, const struct vb_floor_entry *e, double want,
			  unsigned int pairs)
{
	size_t needed = vb_floor_pairs(floor, e, want);

	fprintf(stderr, "  %s%s%s.%s.%s: %u pairs see %.2f%%; ", e->label, *e->label ? ": " : "",
		e->section, e->metric, e->stat, pairs, vb_floor_detectable(floor, e, pairs));
	if (needed > VB_COMPARE_MANY_PAIRS)
		fprintf(stderr, "%g%% takes more than %d\n", want, VB_COMPARE_MANY_PAIRS);
	else if (needed)
		fprintf(stderr, "%g%% takes %zu\n", want, needed);
	else
		fprintf(stderr, "%g%% is below the noise floor of %.2f%%\n", want, e->percent);
}

static void job_name(const char *job, char *name, size_t size)
{
	const char *slash = strrchr(job, '/');
	size_t length;

	snprintf(name, size, "%s", slash ? slash + 1 : job);
	length = strlen(name);
	if (length > 4 && !strcmp(name + length - 4, ".job"))
		name[length - 4] = '\0';
}

/* The one that was asked for; settings are held against it at the end, by the result. */
static int load_asked(const struct vb_verdict *v, const json_t *facts, const char *job,
		      const char *mode, struct vb_floor **floor)
{
	char err[5000] = "";
	int ret = vb_floor_load(v->floor_path, floor, err, sizeof(err));

	if (!ret)
		ret = vb_floor_fits_job(*floor, facts, job, mode, err, sizeof(err));
	return ret ? vb_fail(VB_EXIT_USAGE, "--floor: %s", *err ? err : strerror(-ret)) : VB_EXIT_OK;
}

static void find_stored(const json_t *facts, const char *job, const char *mode,
			struct vb_floor **floor)
{
	char err[5000] = "";

	if (vb_floor_find(facts, job, mode, floor, err, sizeof(err)))
		vb_warn("%s%s--want: no noise floor of this machine for job %s: 'vfio-bench ab --aa' makes "
			"one, --floor names one", err, *err ? ": " : "", job);
}

int vb_verdict_foresee(const struct vb_verdict *v, const char *job, double want,
		       unsigned int pairs)
{
	const char *mode = vb_in_exact_mode() ? "exact" : "timing";
	json_t *facts = vb_facts_collect();
	struct vb_floor *floor = NULL;
	int ret = VB_EXIT_OK;
	char name[128];

	job_name(job, name, sizeof(name));
	if (v->floor_path)
		ret = load_asked(v, facts, name, mode, &floor);
	else
		find_stored(facts, name, mode, &floor);
	if (!ret && floor && want > 0) {
		fprintf(stderr, "by the noise floor of %s:\n", floor->where);
		for (size_t i = 0; i < floor->nr; i++)
			if (floor->entry[i].primary)
				foresee_entry(floor, &floor->entry[i], want, pairs);
	}
	vb_floor_free(floor);
	json_decref(facts);
	return ret;
}
