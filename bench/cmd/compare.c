// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench compare: one result against another, or the arms of one. */
#include <errno.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/verdict.h"

enum { OPT_ARM = 0x100, OPT_FORCE, OPT_JSON };

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "exploratory metrics and the shift of whole distributions too", 0 },
	{ "arm", OPT_ARM, "NAME[=NAME]", 0,
	  "compare this arm; with =NAME against an arm of another name, the first being A's "
	  "(default: all whose names match, and the others of one result against its first)", 0 },
	{ "force", OPT_FORCE, NULL, 0, "compare although the jobs differ; the output says so", 0 },
	{ "json", OPT_JSON, NULL, 0, "print everything as JSON", 0 },
	VB_VERDICT_OPTIONS,
	{ 0 }
};

struct compare_args {
	const char *path[2];
	struct vb_verdict verdict;
};

/* Splits in place: it lives as long as argv. */
static int parse_arm(struct compare_args *a, char *text)
{
	char *equals = strchr(text, '=');

	if (!*text || (equals && (equals == text || !equals[1])))
		return vb_fail(EINVAL, "--arm=%s: give NAME, or NAME=NAME: 'vfio-bench report' shows the "
			       "names", text);
	a->verdict.options.arm_a = a->verdict.options.arm_b = text;
	if (equals) {
		*equals = '\0';
		a->verdict.options.arm_b = equals + 1;
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
		a->verdict.all = true;
		return 0;
	case OPT_ARM:
		return parse_arm(a, arg);
	case OPT_FORCE:
		a->verdict.options.force = true;
		return 0;
	case OPT_JSON:
		a->verdict.json = true;
		return 0;
	case ARGP_KEY_ARG:
		return add_path(a, arg);
	case ARGP_KEY_END:
		return a->path[0] ? 0 : vb_fail(EINVAL, "compare: which results? 'vfio-bench run' prints "
						  "their names");
	default:
		return vb_verdict_parse(key, arg, &a->verdict);
	}
}

static int compare(struct vb_verdict *v, const struct vb_compare_side *x,
		   const struct vb_compare_side *y)
{
	struct vb_comparison *list;
	char err[5000];
	size_t nr;
	int ret = vb_verdict_find_floor(v, &x->result[0]);

	if (!ret && y->nr && v->floor_path)
		ret = vb_fail(VB_EXIT_USAGE, "--floor: it is of pairs in one session, and tells nothing of "
			      "two: leave it out");
	v->options.gates = v->gate;
	v->options.no_shifts = !v->all && !v->json;
	if (ret)
		return ret;
	if (y->nr)
		ret = vb_compare_results(x, y, &v->options, &list, &nr, err, sizeof(err));
	else if (!x->boots)
		ret = vb_compare_arms(&x->result[0], &v->options, &list, &nr, err, sizeof(err));
	else
		return vb_fail(VB_EXIT_USAGE, "%s: boots of one side: give the other side too", x->name);
	if (ret)
		return vb_fail(ret == -ENOMEM ? VB_EXIT_UNTRUSTED : VB_EXIT_USAGE, "%s", err);
	if (y->nr)
		vb_verdict_free(v);	/* not used, as a note says */
	ret = vb_verdict_print(v, list, nr);
	vb_comparisons_free(list, nr);
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
		ret = compare(&a.verdict, &side[0], &side[1]);
	vb_verdict_free(&a.verdict);
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
	       "The exit status is 2 when the audit of a run failed, 5 when a --gate is exceeded, 3 when "
	       "that can't be told: the interval reaches beyond the gate, or there are too few runs. doc/comparing.md has the rules and how to "
	       "use this with 'git bisect run'.",
	.options = options,
	.run = run,
};
