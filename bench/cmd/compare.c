// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench compare: one result against another, or the arms of one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/compare/compare.h"
#include "bench/compare/floor.h"
#include "bench/compare/gate.h"

#define MAX_GATES 16

enum { OPT_ARM = 0x100, OPT_FLOOR, OPT_FORCE, OPT_GATE, OPT_JSON, OPT_MARGIN };

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "exploratory metrics and the shift of whole distributions too", 0 },
	{ "arm", OPT_ARM, "NAME[=NAME]", 0,
	  "compare this arm; with =NAME against an arm of another name, the first being A's "
	  "(default: all whose names match, and the others of one result against its first)", 0 },
	{ "floor", OPT_FLOOR, "PATH", 0,
	  "a result of 'vfio-bench ab --aa', or a stored floor: what is below it is inconclusive "
	  "(default: the stored one of that machine, job and mode, if there is one)", 0 },
	{ "force", OPT_FORCE, NULL, 0, "compare although the jobs differ; the output says so", 0 },
	{ "gate", OPT_GATE, "METRIC:PERCENT", 0,
	  "exit with 5 if METRIC, such as request.p99 or span.request.mean, is worse by more than "
	  "PERCENT; may be given more than once", 0 },
	{ "json", OPT_JSON, NULL, 0, "print everything as JSON", 0 },
	{ "margin", OPT_MARGIN, "PERCENT", 0,
	  "what counts as no difference: equivalent if the 95% interval lies within (default: 3)", 0 },
	{ 0 }
};

struct compare_args {
	const char *path[2];
	const char *floor;
	char *arm;
	struct vb_gate gate[MAX_GATES];
	struct vb_compare_options options;
	bool all, json;
};

static int add_gate(struct compare_args *a, const char *text)
{
	char err[256];

	if (a->options.nr_gates == MAX_GATES)
		return vb_fail(EINVAL, "--gate: more than %d: leave some out", MAX_GATES);
	if (vb_gate_parse(text, &a->gate[a->options.nr_gates], err, sizeof(err)))
		return vb_fail(EINVAL, "--gate=%s", err);
	a->options.nr_gates++;
	return 0;
}

static int parse_margin(struct compare_args *a, const char *text)
{
	char *end;

	a->options.margin_percent = strtod(text, &end);
	if (end == text || strspn(text, "0123456789.") != (size_t)(end - text) ||
	    (*end && strcmp(end, "%")) || !(a->options.margin_percent > 0) ||
	    a->options.margin_percent > 100)
		return vb_fail(EINVAL, "--margin=%s: give a percentage above 0 and up to 100, such as 3%%",
			       text);
	return 0;
}

/* Splits in place: it lives as long as argv. */
static int parse_arm(struct compare_args *a, char *text)
{
	char *equals = strchr(text, '=');

	if (!*text || (equals && (equals == text || !equals[1])))
		return vb_fail(EINVAL, "--arm=%s: give NAME, or NAME=NAME: 'vfio-bench report' shows the "
			       "names", text);
	a->options.arm_a = a->options.arm_b = text;
	if (equals) {
		*equals = '\0';
		a->options.arm_b = equals + 1;
	}
	return 0;
}

static int add_path(struct compare_args *a, const char *path)
{
	if (a->path[1])
		return vb_fail(EINVAL, "'%s': two at a time: leave it out", path);
	a->path[a->path[0] != NULL] = path;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct compare_args *a = state->input;

	switch (key) {
	case 'a':
		a->all = true;
		return 0;
	case OPT_ARM:
		return parse_arm(a, arg);
	case OPT_FLOOR:
		a->floor = arg;
		return 0;
	case OPT_FORCE:
		a->options.force = true;
		return 0;
	case OPT_GATE:
		return add_gate(a, arg);
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_MARGIN:
		return parse_margin(a, arg);
	case ARGP_KEY_ARG:
		return add_path(a, arg);
	case ARGP_KEY_END:
		return a->path[0] ? 0 : vb_fail(EINVAL, "compare: which results? 'vfio-bench run' prints "
						  "their names");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The one that was asked for has to fit; a stored one that doesn't is only told. */
static int find_floor(const struct compare_args *a, const struct vb_result *r,
		      struct vb_floor **floor)
{
	char err[5000] = "";
	int ret;

	*floor = NULL;
	if (a->floor) {
		ret = vb_floor_load(a->floor, floor, err, sizeof(err));
		if (!ret)
			ret = vb_floor_fits(*floor, r, err, sizeof(err));
		return ret ? vb_fail(VB_EXIT_USAGE, "--floor: %s", *err ? err : strerror(-ret)) : 0;
	}
	ret = vb_floor_find(json_object_get(r->meta, "machine"), vb_json_text(r->meta, "job"),
			    vb_json_text(r->meta, "mode"), floor, err, sizeof(err));
	if (!ret)
		ret = vb_floor_fits(*floor, r, err, sizeof(err));
	if (ret && *err)
		vb_warn("%s: not used", err);
	if (ret) {
		vb_floor_free(*floor);
		*floor = NULL;
	}
	return 0;
}

static int print(const struct compare_args *a, const struct vb_comparison *list, size_t nr,
		 const struct vb_floor *floor)
{
	json_t *all = json_array(), *out;

	for (size_t i = 0; i < nr && !a->json; i++) {
		if (i)
			putchar('\n');
		vb_compare_text(&list[i], a->all, stdout);
	}
	for (size_t i = 0; i < nr && a->json; i++)
		json_array_append_new(all, vb_comparison_to_json(&list[i]));
	if (floor && !a->json)
		printf("noise floor: %s\n", floor->where);
	out = json_pack("{s:i, s:o*, s:o}", "schema", 1, "floor",
			floor ? json_string(floor->where) : NULL, "comparisons", all);
	if (a->json) {
		json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
		putchar('\n');
	}
	json_decref(out);
	return fflush(stdout) || ferror(stdout) ?
		vb_fail(VB_EXIT_UNTRUSTED, "writing the comparison failed") : VB_EXIT_OK;
}

/* A gate on no metric at all would pass for ever. */
static int check_gate(const struct vb_gate *gate, const struct vb_comparison *c)
{
	enum vb_gate_verdict verdict = VB_GATE_PASSED;
	const struct vb_compare_cell *cell;
	const struct vb_decision *d;
	char name[160], shift[80];
	int ret = vb_gate_find(gate, c, &verdict, &d, &cell);

	vb_stat_name_text(&gate->name, name, sizeof(name));
	if (ret == -EINVAL)
		return vb_fail(VB_EXIT_USAGE, "--gate=%s: more of it is neither better nor worse: give a "
			       "time or a rate", name);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "--gate=%s: no run has it: --all shows what there is", name);
	if (verdict == VB_GATE_PASSED)
		return VB_EXIT_OK;
	if (verdict == VB_GATE_UNKNOWN)
		return vb_fail(VB_EXIT_UNTRUSTED, "--gate=%s:%g%%: can't tell%s%s: %s", name, gate->percent,
			       *cell->label ? " at " : "", cell->label, d->reason);
	return vb_fail(VB_EXIT_REGRESSION, "--gate=%s:%g%%: worse%s%s: %s", name, gate->percent,
		       *cell->label ? " at " : "", cell->label,
		       vb_decision_shift_text(d, shift, sizeof(shift)));
}

static int exit_code(const struct compare_args *a, const struct vb_comparison *list, size_t nr)
{
	/* The first that applies: usage, a failed audit, a regression, not to be trusted. */
	static const int order[] = { VB_EXIT_USAGE, VB_EXIT_INCORRECT, VB_EXIT_REGRESSION,
				     VB_EXIT_UNTRUSTED };
	bool seen[VB_EXIT_REGRESSION + 1] = { false };

	for (size_t i = 0; i < nr; i++) {
		seen[VB_EXIT_INCORRECT] |= list[i].failed > 0;
		seen[VB_EXIT_UNTRUSTED] |= list[i].withheld > list[i].failed;
		for (size_t g = 0; g < a->options.nr_gates; g++)
			seen[check_gate(&a->gate[g], &list[i])] = true;
	}
	if (seen[VB_EXIT_INCORRECT])
		vb_warn("runs whose audit failed are in no number: 'vfio-bench report' says what it found");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (seen[order[i]])
			return order[i];
	return VB_EXIT_OK;
}

static int compare(struct compare_args *a, const struct vb_compare_side *x,
		   const struct vb_compare_side *y)
{
	struct vb_comparison *list;
	struct vb_floor *floor;
	char err[5000];
	size_t nr;
	int ret = find_floor(a, &x->result[0], &floor), status;

	if (ret) {
		vb_floor_free(floor);
		return ret;
	}
	a->options.floor = floor;
	a->options.gates = a->gate;
	a->options.no_shifts = !a->all && !a->json;
	if (y->nr)
		ret = vb_compare_results(x, y, &a->options, &list, &nr, err, sizeof(err));
	else if (!x->boots)
		ret = vb_compare_arms(&x->result[0], &a->options, &list, &nr, err, sizeof(err));
	else
		ret = vb_fail(VB_EXIT_USAGE, "%s: boots of one side: give the other side too", x->name);
	if (ret < 0)
		ret = vb_fail(ret == -ENOMEM ? VB_EXIT_UNTRUSTED : VB_EXIT_USAGE, "%s", err);
	if (!ret) {
		status = print(a, list, nr, floor);
		ret = exit_code(a, list, nr);
		vb_comparisons_free(list, nr);
		if (status)
			ret = status;
	}
	vb_floor_free(floor);
	return ret;
}

static int load(const char *path, struct vb_compare_side *side)
{
	char err[5000];
	int ret = vb_compare_side_load(path, side, err, sizeof(err));

	if (!ret)
		return 0;
	return vb_fail(ret == -ENOMEM ? VB_EXIT_UNTRUSTED : VB_EXIT_USAGE, "%s: %s", err,
		       ret == -EINVAL ? "not a result of this version, or damaged: run the job again" :
		       "give a directory that 'vfio-bench run' or 'ab' made");
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct vb_compare_side side[2] = { 0 };
	struct compare_args a = { 0 };
	int ret = vb_cmd_parse(cmd, parse, argc, argv, &a);

	if (!ret)
		ret = load(a.path[0], &side[0]);
	if (!ret && a.path[1])
		ret = load(a.path[1], &side[1]);
	if (!ret)
		ret = compare(&a, &side[0], &side[1]);
	vb_compare_side_free(&side[0]);
	vb_compare_side_free(&side[1]);
	return ret;
}

const struct vb_cmd vb_cmd_compare = {
	.name = "compare",
	.summary = "say which of two results is better, by how much, how certainly",
	.args_doc = "DIR [DIR]",
	.doc = "Compare the result in the second DIR with that in the first, or, with one DIR, the arms of "
	       "one result with its first arm, pair by pair. A folder that holds result directories is one "
	       "side too: each is a boot, and n counts boots. What differs in the machines comes first. "
	       "Different jobs are refused.\n\n"
	       "One run gives one value of each metric. Each gets a verdict: better, worse, equivalent "
	       "(the 95% interval of the shift lies within the margin), identical (exact mode), or "
	       "inconclusive, with the reason. The job's primary= says which metrics decide; their p-values "
	       "are adjusted for one another by Holm's method. All others are exploratory.\n\n"
	       "The exit status is 2 when the audit of a run failed, 5 when a --gate is exceeded, 3 when a "
	       "gate's metric has too few runs or values to tell. doc/comparing.md has the rules and how to "
	       "use this with 'git bisect run'.",
	.options = options,
	.run = run,
};
