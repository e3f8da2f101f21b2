// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench report: what a result directory says. */
#include <errno.h>

#include "bench/cmd/cmds.h"
#include "bench/report/csv.h"
#include "bench/report/plots.h"
#include "bench/report/report.h"

enum { OPT_TSV = 0x100, OPT_JSON, OPT_CSV, OPT_PLOTS };

static const struct argp_option options[] = {
	{ "tsv", OPT_TSV, NULL, 0,
	  "the notify_span table as tab-separated values, for gnuplot and others", 0 },
	{ "csv", OPT_CSV, NULL, 0, "a number a row, for other tools: run, section, metric, stat, value",
	  0 },
	{ "json", OPT_JSON, NULL, 0, "everything the result holds, as one JSON object", 0 },
	{ "plots", OPT_PLOTS, "FOLDER", 0,
	  "draw what the result has the data for, with gnuplot: .svg and .png, and the .tsv and .gp that "
	  "they are made of", 0 },
	{ 0 }
};

struct report_args {
	const char *path, *plots;
	bool tsv, json, csv;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_args *a = state->input;

	switch (key) {
	case OPT_TSV:
		a->tsv = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_CSV:
		a->csv = true;
		return 0;
	case OPT_PLOTS:
		a->plots = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (a->path)
			return vb_fail(EINVAL, "'%s': one result directory at a time: leave it out", arg);
		a->path = arg;
		return 0;
	case ARGP_KEY_END:
		return a->path ? 0 : vb_fail(EINVAL, "report: which result directory? "
					       "'vfio-bench run' prints its name");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_json(const struct vb_result *result)
{
	json_t *runs = json_array();
	json_t *all;

	for (size_t i = 0; i < result->nr_runs; i++)
		json_array_append(runs, result->run[i]);
	all = json_pack("{s:O, s:o}", "meta", result->meta, "runs", runs);
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
}

/* What was drawn, and what was not and why. */
static int make_plots(const struct vb_result *result, const struct report_args *args)
{
	struct vb_plots plots;
	char err[5000];
	int ret = vb_plots_make(result, args->path, NULL, 0, args->plots, &plots, err, sizeof(err));

	if (ret && ret != -ENOENT)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: --plots: give a folder that can be written", err);
	for (size_t i = 0; i < plots.nr; i++)
		if (*plots.plot[i].left_out)
			printf("left out: %s: %s\n", plots.plot[i].title, plots.plot[i].left_out);
		else
			printf("%s/%s.svg: %s\n", args->plots, plots.plot[i].stem, plots.plot[i].title);
	vb_plots_free(&plots);
	return ret ? vb_fail(VB_EXIT_SKIPPED, "--plots: gnuplot is not installed: install gnuplot-nox") : 0;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct report_args args = { 0 };
	struct vb_result result;
	char err[5000];
	int missing = 0, status = VB_EXIT_OK;
	int ret = vb_cmd_parse(cmd, parse, argc, argv, &args);

	if (ret)
		return ret;
	ret = vb_result_load(args.path, &result, err, sizeof(err));
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: %s", err, ret == -EINVAL ?
			       "not a result of this version, or damaged: run the job again" :
			       "give a directory that 'vfio-bench run' made");
	if (args.json)
		print_json(&result);
	else if (args.csv)
		vb_report_csv(&result, stdout);
	else if (args.plots)
		status = make_plots(&result, &args);
	else if (args.tsv)
		missing = vb_report_span_tsv(&result, stdout);
	else
		vb_report_text(&result, args.path, stdout);
	vb_result_free(&result);
	if (fflush(stdout) || ferror(stdout))
		return vb_fail(VB_EXIT_UNTRUSTED, "writing the report failed");
	if (missing == -ENOENT)
		return vb_fail(VB_EXIT_USAGE, "%s: --tsv: no run in it has a section of notify_span: leave "
			       "--tsv out", args.path);
	return missing ? vb_fail(VB_EXIT_UNTRUSTED, "out of memory") : status;
}

const struct vb_cmd vb_cmd_report = {
	.name = "report",
	.summary = "say what a result directory holds",
	.args_doc = "DIR",
	.doc = "Say what the result directory DIR holds: the table of notify_span, or every metric of "
	       "every run, and what the audits found. Runs whose numbers are withheld and interrupted "
	       "ones are named, and are in no table. Differences of times are shown from 5 runs of each "
	       "arm on. Reads nothing but DIR, so it works on a result from another machine, and on the "
	       "DIR.part that a killed run leaves.",
	.options = options,
	.run = run,
};
