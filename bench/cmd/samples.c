// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench samples: what samples.bin of a result holds. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/cmd/cmds.h"
#include "lib/measure/histogram.h"
#include "lib/result/load.h"
#include "lib/result/samples.h"

enum { OPT_CSV = 0x100, OPT_JSON };

static const struct argp_option options[] = {
	{ "run", 'r', "N", 0, "only of run N, its number as in runs/N-ARM", 0 },
	{ "csv", OPT_CSV, NULL, 0,
	  "every sample as a line of comma-separated values, with a head line; of one run", 0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ 0 }
};

struct samples_args {
	const char *path;
	long run;			/* -1: all */
	bool csv, json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct samples_args *a = state->input;
	char *end;

	switch (key) {
	case 'r':
		a->run = strtol(arg, &end, 10);
		if (!*arg || *end || a->run < 0 || a->run > 1000000)
			return vb_fail(EINVAL, "--run=%s: give a run's number, from 0", arg);
		return 0;
	case OPT_CSV:
		a->csv = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->path)
			return vb_fail(EINVAL, "'%s': one result directory at a time: leave it out", arg);
		a->path = arg;
		return 0;
	case ARGP_KEY_END:
		return a->path ? 0 : vb_fail(EINVAL, "samples: which result directory? "
					       "'vfio-bench run' prints its name");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void sample_path(const char *dir, const json_t *run, char *path, size_t size)
{
	snprintf(path, size, "%s/runs/%03d-%s/samples.bin", dir, (int)vb_json_number(run, "number"),
		 vb_json_text(run, "arm"));
}

/* A file that stops short is shown, and said to: what of it is there is right. */
static int judge(const char *path, const json_t *run, const struct vb_sample_totals *t)
{
	const json_t *recorded = json_object_get(run, "samples");
	bool ended = json_object_get(recorded, "written") != NULL;
	uint64_t written = (uint64_t)vb_json_number(recorded, "written");

	if (ended && t->samples != written)
		return vb_fail(VB_EXIT_USAGE, "%s: %" PRIu64 " samples, result.json says %" PRIu64
			       ": damaged: run the job again", path, t->samples, written);
	if (ended && !strcmp(vb_json_text(recorded, "cause"), "") &&
	    (t->ended != t->workers || t->torn_bytes || t->missing_blocks))
		return vb_fail(VB_EXIT_USAGE, "%s: blocks are missing: damaged: run the job again", path);
	if (t->ended != t->workers)
		vb_warn("%s: %u of %u workers came to their end: the run was cut short, or the disk was "
			"full", path, t->ended, t->workers);
	return VB_EXIT_OK;
}

/* As many values as a percentile needs to be one: ten beyond it. */
static bool enough(const struct vb_hist *h, double q)
{
	return (double)h->count * (1 - q) >= 10 - 1e-6;
}

static json_t *quantile_to_json(const struct vb_hist *h, double q)
{
	return enough(h, q) ? json_integer((json_int_t)vb_hist_quantile(h, q)) : json_null();
}

static const char *quantile_text(const struct vb_hist *h, double q, char *buf, size_t size)
{
	if (enough(h, q))
		snprintf(buf, size, "%" PRIu64, vb_hist_quantile(h, q));
	else
		snprintf(buf, size, "-");
	return buf;
}

static json_t *dist_to_json(const struct vb_sample_dist *d)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:f}",
			 "section", d->section, "metric", d->metric,
			 "count", (json_int_t)d->hist.count, "failed", (json_int_t)d->failed,
			 "min", (json_int_t)(d->hist.count ? d->hist.min : 0),
			 "p50", quantile_to_json(&d->hist, 0.5), "p90", quantile_to_json(&d->hist, 0.9),
			 "p99", quantile_to_json(&d->hist, 0.99),
			 "p999", quantile_to_json(&d->hist, 0.999),
			 "max", (json_int_t)d->hist.max, "mean", vb_hist_mean(&d->hist));
}

static json_t *summary_to_json(const json_t *run, const struct vb_sample_summary *sum)
{
	const struct vb_sample_totals *t = &sum->totals;
	json_t *dists = json_array();

	for (size_t i = 0; i < sum->nr; i++)
		json_array_append_new(dists, dist_to_json(&sum->dist[i]));
	return json_pack("{s:O*, s:O*, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:I, s:o}",
			 "number", json_object_get(run, "number"), "arm", json_object_get(run, "arm"),
			 "bytes", (json_int_t)t->bytes, "blocks", (json_int_t)t->blocks,
			 "samples", (json_int_t)t->samples, "lost", (json_int_t)t->lost,
			 "missing_blocks", (json_int_t)t->missing_blocks,
			 "workers", (int)t->workers, "workers_ended", (int)t->ended,
			 "torn_bytes", (json_int_t)t->torn_bytes, "metrics", dists);
}

static void print_summary(const json_t *run, const struct vb_sample_summary *sum)
{
	const struct vb_sample_totals *t = &sum->totals;
	const char *label = vb_json_text(run, "label");

	if (run)
		printf("run %d, %s%s%s: ", (int)vb_json_number(run, "number"), vb_json_text(run, "arm"),
		       *label ? ", " : "", label);
	printf("%" PRIu64 " samples, %" PRIu64 " lost", t->samples, t->lost);
	if (t->missing_blocks)
		printf(", and %" PRIu64 " blocks were not written", t->missing_blocks);
	printf("\n  %-14s %-13s %12s %8s %10s %10s %10s %10s %10s  ns\n", "section", "metric", "count",
	       "failed", "p50", "p90", "p99", "p99.9", "max");
	for (size_t i = 0; i < sum->nr; i++) {
		const struct vb_sample_dist *d = &sum->dist[i];

		char p50[24], p90[24], p99[24], p999[24];

		printf("  %-14s %-13s %12llu %8" PRIu64 " %10s %10s %10s %10s %10llu\n", d->section,
		       d->metric, (unsigned long long)d->hist.count, d->failed,
		       quantile_text(&d->hist, 0.5, p50, sizeof(p50)),
		       quantile_text(&d->hist, 0.9, p90, sizeof(p90)),
		       quantile_text(&d->hist, 0.99, p99, sizeof(p99)),
		       quantile_text(&d->hist, 0.999, p999, sizeof(p999)),
		       (unsigned long long)d->hist.max);
	}
}

/* Lines that quote nothing: sections and metrics are words. */
static void print_block(const struct vb_sample_block *b, const json_t *head)
{
	const json_t *worker = json_array_get(json_object_get(head, "workers"), b->header.worker);
	const json_t *metrics = json_object_get(head, "metrics");
	uint64_t iova = (uint64_t)json_integer_value(json_object_get(worker, "iova"));
	uint64_t end = b->header.base_ns;

	for (uint32_t i = 0; i < b->header.count; i++) {
		const struct vb_sample *s = &b->sample[i];
		uint64_t duration = vb_sample_duration(s);

		end += s->end_delta_ns;
		printf("%" PRIu64 ",%" PRIu64 ",%u,%s,%s,0x%" PRIx64 ",%d\n",
		       end > duration ? end - duration : 0, duration, b->header.worker,
		       vb_json_text(worker, "section"),
		       json_string_value(json_array_get(metrics, s->metric)),
		       iova + (uint64_t)s->page * 4096, s->result);
	}
}

static int print_csv(const char *path, const json_t *run)
{
	const struct vb_sample_block *block;
	struct vb_sample_reader *r;
	char err[4500];
	int ret = vb_sample_reader_open(&r, path, err, sizeof(err));

	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: run the job again, with samples=yes", err);
	puts("start_ns,duration_ns,worker,section,metric,iova,result");
	while ((ret = vb_sample_reader_next(r, &block, err, sizeof(err))) == 1 && !ferror(stdout))
		print_block(block, vb_sample_reader_head(r));
	if (ret < 0)
		ret = vb_fail(VB_EXIT_USAGE, "%s: run the job again", err);
	else
		ret = ret ? VB_EXIT_OK : judge(path, run, vb_sample_reader_totals(r));
	vb_sample_reader_close(r);
	return ret;
}

/* @run: NULL: a file by itself, such as a killed run leaves. */
static int show_file(const struct samples_args *a, const char *path, const json_t *run, json_t *list)
{
	struct vb_sample_summary sum;
	char err[4500];
	int ret;

	if (a->csv)
		return print_csv(path, run);
	if (vb_sample_summary_read(path, &sum, err, sizeof(err)))
		return vb_fail(VB_EXIT_USAGE, "%s: run the job again", err);
	ret = judge(path, run, &sum.totals);
	if (!ret && list)
		json_array_append_new(list, summary_to_json(run, &sum));
	else if (!ret)
		print_summary(run, &sum);
	vb_sample_summary_free(&sum);
	return ret;
}

static int show_run(const struct samples_args *a, const json_t *run, json_t *list)
{
	char path[4400];

	sample_path(a->path, run, path, sizeof(path));
	return show_file(a, path, run, list);
}

/* Those that have samples and were asked for; how many. */
static int show_runs(const struct samples_args *a, const struct vb_result *result, json_t *list,
		     unsigned int *shown)
{
	int ret = VB_EXIT_OK;

	*shown = 0;
	for (size_t i = 0; i < result->nr_runs && !ret; i++) {
		const json_t *run = result->run[i];

		if (!json_object_get(run, "samples") ||
		    (a->run >= 0 && (long)vb_json_number(run, "number") != a->run))
			continue;
		if (a->csv && ++*shown > 1)
			return vb_fail(VB_EXIT_USAGE, "--csv: more than one run has samples: give --run N");
		*shown += !a->csv;
		ret = show_run(a, run, list);
	}
	return ret;
}

static int show_result(const struct samples_args *a, json_t *list)
{
	struct vb_result result;
	unsigned int shown;
	char err[5000];
	int ret = vb_result_load(a->path, &result, err, sizeof(err));

	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: %s", err, ret == -EINVAL ?
			       "not a result of this version, or damaged: run the job again" :
			       "give a directory that 'vfio-bench run' made");
	ret = show_runs(a, &result, list, &shown);
	if (!ret && !shown)
		ret = vb_fail(VB_EXIT_USAGE, "%s: no %s has samples: run the job with --set samples=yes",
			      a->path, a->run >= 0 ? "such run" : "run");
	vb_result_free(&result);
	return ret;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct samples_args args = { .run = -1 };
	int ret = vb_cmd_parse(cmd, parse, argc, argv, &args);
	json_t *list = NULL;
	struct stat st;

	if (ret)
		return ret;
	if (args.csv && args.json)
		return vb_fail(VB_EXIT_USAGE, "--csv and --json: give one of them");
	if (args.json)
		list = json_array();
	if (!stat(args.path, &st) && !S_ISDIR(st.st_mode))
		ret = show_file(&args, args.path, NULL, list);
	else
		ret = show_result(&args, list);
	if (!ret && list) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	if (!ret && (fflush(stdout) || ferror(stdout)))
		return vb_fail(VB_EXIT_UNTRUSTED, "writing the samples failed");
	return ret;
}

const struct vb_cmd vb_cmd_samples = {
	.name = "samples",
	.summary = "percentiles of every recorded operation of a result",
	.args_doc = "DIR|FILE",
	.doc = "Read samples.bin of the runs of result directory DIR, which the job key samples=yes makes, "
	       "and say for each section and metric how many operations there were, how many failed, and "
	       "their percentiles (where there are enough for one: 10,000 for p99.9); and how many samples the recorder lost. Each block of the file has a "
	       "checksum: a damaged file is refused, with the place. What a killed run left can be read up "
	       "to its last whole block: give the FILE itself, for such a run is no part of its result.",
	.options = options,
	.run = run,
};
