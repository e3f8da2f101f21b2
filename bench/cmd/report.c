// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench report: what a result directory says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/verdict.h"
#include "bench/report/csv.h"
#include "bench/report/write.h"

enum {
	OPT_TSV = 0x100, OPT_JSON, OPT_CSV, OPT_PLOTS, OPT_LKML, OPT_MARKDOWN, OPT_HTML, OPT_WRITE,
};

static const struct argp_option options[] = {
	{ "lkml", OPT_LKML, NULL, 0,
	  "for a mail: ASCII, 75 columns, ready for a cover letter", 0 },
	{ "markdown", OPT_MARKDOWN, NULL, 0, "as Markdown, with GitHub's tables", 0 },
	{ "html", OPT_HTML, NULL, 0,
	  "as one HTML page with plots, which needs nothing else and loads nothing", 0 },
	{ "json", OPT_JSON, NULL, 0,
	  "everything the result holds, and its comparisons, as one JSON object", 0 },
	{ "csv", OPT_CSV, NULL, 0, "a number a row, for other tools: run, section, metric, stat, "
	"value",
	  0 },
	{ "tsv", OPT_TSV, NULL, 0,
	  "the notify_span table as tab-separated values, for gnuplot and others", 0 },
	{ "output", 'o', "FILE", 0, "write to FILE, which is replaced; -: to standard output, as "
	"without", 0 },
	{ "plots", OPT_PLOTS, "FOLDER", 0,
	  "draw what the result has the data for, with gnuplot: .svg and .png, and the .tsv and "
	  ".gp that "
	  "they are made of", 0 },
	{ "write", OPT_WRITE, NULL, 0,
	  "write report.txt, report.md, report.html and plots/ into DIR", 0 },
	VB_VERDICT_OPTIONS_GATE("METRIC, such as request.p99 or span.request.mean, is one of those "
				"that decide, as with 'compare' and 'ab', whatever it says the exit "
				"status is no other; may be given more than once"),
	{ 0 }
};

struct report_args {
	const char *path, *plots, *output;
	int form;			/* an option's key; 0: plain text */
	struct vb_verdict verdict;
};

/* A report has one form. */
static error_t set_form(struct report_args *a, int key)
{
	if (a->form && a->form != key)
		return vb_fail(EINVAL, "report: two forms at once: give one of --lkml, "
			       "--markdown, --html, "
			       "--json, --csv, --tsv, --plots and --write");
	a->form = key;
	return 0;
}

static error_t parse_end(const struct report_args *a)
{
	if (!a->path)
		return vb_fail(EINVAL, "report: which result directory? 'vfio-bench run' prints "
			       "its name");
	if (a->output && (a->form == OPT_WRITE || a->form == OPT_PLOTS))
		return vb_fail(EINVAL, "report: --output is for one file: leave it out, --%s "
			       "writes several",
			       a->form == OPT_WRITE ? "write" : "plots");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_args *a = state->input;

	switch (key) {
	case OPT_PLOTS:
		a->plots = arg;
		return set_form(a, key);
	case OPT_TSV:
	case OPT_JSON:
	case OPT_CSV:
	case OPT_LKML:
	case OPT_MARKDOWN:
	case OPT_HTML:
	case OPT_WRITE:
		return set_form(a, key);
	case 'o':
		a->output = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case ARGP_KEY_ARG:
		if (a->path)
			return vb_fail(EINVAL, "'%s': one result directory at a time: leave it out",
				       arg);
		a->path = arg;
		return 0;
	case ARGP_KEY_END:
		return parse_end(a);
	default:
		return vb_verdict_parse(key, arg, &a->verdict);
	}
}

/* What was drawn, and what was not and why. */
static int make_plots(struct vb_report *report, const char *folder)
{
	char err[5000];

	if (vb_report_draw(report, folder, err, sizeof(err)))
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: --plots: give a folder that can be written",
			       err);
	for (size_t i = 0; i < report->plots.nr; i++) {
		const struct vb_plot *plot = &report->plots.plot[i];

		if (*plot->left_out)
			printf("left out: %s: %s\n", plot->title, plot->left_out);
		else
			printf("%s/%s.svg: %s\n", folder, plot->stem, plot->title);
	}
	if (*report->no_plots)
		return vb_fail(VB_EXIT_SKIPPED, "--plots: gnuplot is not installed: install "
			       "gnuplot-nox");
	return VB_EXIT_OK;
}

static int write_all(const char *path, const struct vb_compare_options *how)
{
	char err[5000];

	if (vb_report_write_all(path, how, err, sizeof(err)))
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: --write: the directory has to be writable",
			       err);
	if (*err)
		vb_warn("%s/report.html has no plots: install gnuplot-nox", path);
	printf("%s/report.txt\n%s/report.md\n%s/report.html\n", path, path, path);
	return VB_EXIT_OK;
}

static int write_tsv(const struct vb_report *report, const char *path, FILE *out)
{
	switch (vb_report_span_tsv(&report->result, out)) {
	case 0:
		return VB_EXIT_OK;
	case -ENOENT:
		return vb_fail(VB_EXIT_USAGE, "%s: --tsv: no run in it has a section of "
			       "notify_span: leave "
			       "--tsv out", path);
	}
	return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
}

static int render(struct vb_report *report, enum vb_view view, FILE *out)
{
	return vb_report_render(report, view, out) ? vb_fail(VB_EXIT_UNTRUSTED, "out of memory") :
						     VB_EXIT_OK;
}

/* A page holds its plots: where they are drawn is of no further use. */
static int render_page(struct vb_report *report, FILE *out)
{
	char folder[] = "/tmp/vfio-bench-plots.XXXXXX", command[64], err[5000];
	int status;

	if (!mkdtemp(folder))
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: %s: plots are drawn there: make room",
			       folder,
			       strerror(errno));
	if (vb_report_draw(report, folder, err, sizeof(err)))
		status = vb_fail(VB_EXIT_UNTRUSTED, "%s: plots are drawn there: make room", err);
	else
		status = render(report, VB_VIEW_HTML, out);
	if (*report->no_plots)
		vb_warn("the page has no plots: install gnuplot-nox");
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		vb_warn("%s: not removed", folder);
	return status;
}

static int write_form(struct vb_report *report, const struct report_args *a, FILE *out)
{
	switch (a->form) {
	case OPT_JSON:
		return vb_report_json(report, out) ? vb_fail(VB_EXIT_UNTRUSTED, "out of "
							     "memory") : VB_EXIT_OK;
	case OPT_CSV:
		vb_report_csv(&report->result, out);
		return VB_EXIT_OK;
	case OPT_TSV:
		return write_tsv(report, a->path, out);
	case OPT_LKML:
		return render(report, VB_VIEW_LKML, out);
	case OPT_MARKDOWN:
		return render(report, VB_VIEW_MARKDOWN, out);
	case OPT_HTML:
		return render_page(report, out);
	}
	return render(report, VB_VIEW_TEXT, out);
}

static int write_output(struct vb_report *report, const struct report_args *a)
{
	FILE *out = a->output ? fopen(a->output, "we") : stdout;
	int status;

	if (!out)
		return vb_fail(VB_EXIT_USAGE, "--output %s: %s: give a file that can be written",
			       a->output,
			       strerror(errno));
	status = write_form(report, a, out);
	if (fflush(out) || ferror(out))
		status = vb_fail(VB_EXIT_UNTRUSTED, "writing the report failed");
	if (a->output)
		fclose(out);
	return status;
}

/* The comparison is the one that 'compare' and 'ab' show: their margin, gates and noise floor. */
static int compare_arms(struct vb_report *report, struct vb_verdict *verdict)
{
	char err[5000];
	int ret;

	if (json_array_size(json_object_get(report->result.meta, "arms")) < 2)
		return VB_EXIT_OK;
	ret = vb_verdict_find_floor(verdict, &report->result);
	verdict->options.gates = verdict->gate;
	if (!ret && vb_report_compare(report, &verdict->options, err, sizeof(err)))
		ret = vb_fail(VB_EXIT_UNTRUSTED, "%s", err);
	return ret;
}

static int write_report(struct vb_report *report, const struct report_args *args)
{
	if (args->form == OPT_PLOTS)
		return make_plots(report, args->plots);
	if (args->form == OPT_WRITE)
		return write_all(args->path, &args->verdict.options);
	return write_output(report, args);
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct report_args args = { 0 };
	struct vb_report report;
	char err[5000];
	int ret = vb_cmd_parse(cmd, parse, argc, argv, &args);

	if (ret)
		return ret;
	ret = vb_report_open(args.path, &report, err, sizeof(err));
	if (ret)
		ret = vb_fail(VB_EXIT_USAGE, "%s: %s", err, ret == -EINVAL ?
			      "not a result of this version, or damaged: run the job again" :
			      "give a directory that 'vfio-bench run' made");
	else
		ret = compare_arms(&report, &args.verdict);
	if (!ret)
		ret = write_report(&report, &args);
	vb_verdict_free(&args.verdict);
	vb_report_close(&report);
	return ret;
}

const struct vb_cmd vb_cmd_report = {
	.name = "report",
	.summary = "say what a result directory holds",
	.args_doc = "DIR",
	.doc = "Say what the result directory DIR holds: verdicts first, what was run and on "
	"what, the "
	       "comparison of its arms, the table of notify_span, or every metric of every run, "
	       "caveats, "
	       "and what the audits found. Plain text unless another form is asked for; all forms "
	       "are "
	       "made of the same numbers. A --gate names metrics that decide; it does not change "
	       "the exit "
	       "status here, as it does with 'vfio-bench compare'.\n\n"
	       "Runs whose numbers are withheld and interrupted ones are named, and are in no "
	       "table. In the "
	       "table of notify_span differences of times are shown from 5 runs of each arm on. "
	       "Reads "
	       "nothing but DIR and the noise floor that 'ab --aa' has kept here of that machine, "
	       "so it works on "
	       "a result from another machine, and on the DIR.part that a killed run leaves.",
	.options = options,
	.run = run,
};
