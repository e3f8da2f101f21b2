// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench compare: one result against another, or the arms of one. */
#include <errno.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/verdict.h"
#include "bench/report/between.h"

enum { OPT_ARM = 0x100, OPT_FORCE, OPT_JSON, OPT_LKML, OPT_MARKDOWN, OPT_HTML };

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "exploratory metrics and the shift of whole distributions too", 0 },
	{ "arm", OPT_ARM, "NAME[=NAME]", 0,
	  "compare this arm; with =NAME against an arm of another name, the first being A's "
	  "(default: all whose names match, and the others of one result against its first)", 0 },
	{ "force", OPT_FORCE, NULL, 0, "compare although the jobs differ; the output says so", 0 },
	{ "json", OPT_JSON, NULL, 0, "print everything as JSON", 0 },
	{ "lkml", OPT_LKML, NULL, 0,
	  "two results as a mail: ASCII, 75 columns ('vfio-bench report' has it for one)", 0 },
	{ "markdown", OPT_MARKDOWN, NULL, 0, "two results as Markdown, with GitHub's tables", 0 },
	{ "html", OPT_HTML, NULL, 0, "two results as one HTML page, which loads nothing", 0 },
	{ "output", 'o', "FILE", 0,
	  "write --lkml, --markdown or --html to FILE, which is replaced; -: to standard output, as "
	  "without", 0 },
	VB_VERDICT_OPTIONS,
	{ 0 }
};

struct compare_args {
	const char *path[2];
	struct vb_verdict verdict;
	enum vb_view view;		/* 0: a table for the terminal, or JSON */
	const char *output;		/* NULL: standard output */
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

static int set_view(struct compare_args *a, enum vb_view view)
{
	if (a->view && a->view != view)
		return vb_fail(EINVAL, "compare: two forms at once: give one of --lkml, --markdown and "
			       "--html");
	a->view = view;
	return 0;
}

static int check_args(const struct compare_args *a)
{
	if (!a->path[0])
		return vb_fail(EINVAL, "compare: which results? 'vfio-bench run' prints their names");
	if (a->view && !a->path[1])
		return vb_fail(EINVAL, "compare: --lkml, --markdown and --html are of two results: "
			       "'vfio-bench report' makes them of one");
	if (a->view && (a->verdict.json || a->verdict.all))
		return vb_fail(EINVAL, "compare: two forms at once: leave out --%s",
			       a->verdict.json ? "json" : "all");
	if (a->output && !a->view)
		return vb_fail(EINVAL, "compare: --output is for a mail or a page: give --lkml, "
			       "--markdown or --html too");
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
	case OPT_LKML:
		return set_view(a, VB_VIEW_LKML);
	case OPT_MARKDOWN:
		return set_view(a, VB_VIEW_MARKDOWN);
	case OPT_HTML:
		return set_view(a, VB_VIEW_HTML);
	case 'o':
		a->output = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case ARGP_KEY_ARG:
		return add_path(a, arg);
	case ARGP_KEY_END:
		return check_args(a);
	default:
		return vb_verdict_parse(key, arg, &a->verdict);
	}
}

static void render(const struct vb_doc *doc, enum vb_view view, FILE *out)
{
	if (view == VB_VIEW_HTML)
		vb_render_html(doc, out);
	else if (view == VB_VIEW_MARKDOWN)
		vb_render_markdown(doc, out);
	else
		vb_render_text(doc, view, out);
}

/* As vb_verdict_print(), as a document. */
static int write_form(const struct compare_args *a, const struct vb_between *between)
{
	const struct vb_verdict *v = &a->verdict;
	struct vb_doc *doc = vb_between_build(between);
	FILE *out;
	int bad;

	if (!doc)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	out = a->output ? fopen(a->output, "we") : stdout;
	if (!out) {
		vb_doc_free(doc);
		return vb_fail(VB_EXIT_USAGE, "--output %s: %s: give a file that can be written",
			       a->output, strerror(errno));
	}
	render(doc, a->view, out);
	vb_doc_free(doc);
	bad = fflush(out) || ferror(out);
	if (a->output)
		bad |= fclose(out) != 0;
	if (bad)
		return vb_fail(VB_EXIT_UNTRUSTED, "writing the comparison failed");
	return vb_verdict_exit(v, between->comparison, between->nr_comparisons);
}

static int compare(struct compare_args *a, const struct vb_compare_side *x,
		   const struct vb_compare_side *y)
{
	struct vb_verdict *v = &a->verdict;
	struct vb_comparison *list;
	char err[5000];
	size_t nr;
	int ret = vb_verdict_find_floor(v, &x->result[0]);

	if (!ret && y->nr && v->floor_path)
		ret = vb_fail(VB_EXIT_USAGE, "--floor: it is of pairs in one session, and tells nothing of "
			      "two: leave it out");
	v->options.gates = v->gate;
	v->options.no_shifts = !v->all && !v->json && (!a->view || a->view == VB_VIEW_LKML);
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
	if (a->view)
		ret = write_form(a, &(struct vb_between){ { x, y }, list, nr, v->floor });
	else
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
		ret = compare(&a, &side[0], &side[1]);
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
