// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A result directory and what 'report', 'compare' and 'samples' make of it.
 *
 * The input is files in a row, each with the byte 0x1e and a letter in front:
 * m meta.json, r the next run's result.json, and of that run i intervals.csv,
 * l latency.csv; k kernel.log, p plan.json, j job.ini, t topology.xml.  Before
 * the first: how it is read, a letter for each reader ("tc": as text, compared).
 * With an 'x' there are a few pairs made of the runs, their numbers and arms changed,
 * instead.  Lengths and checksums are made right.
 */
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/report/between.h"
#include "bench/report/csv.h"
#include "bench/report/write.h"
#include "lib/result/intervals.h"
#include "tests/fuzz/fuzz-json.h"

#define SEPARATOR	0x1e
#define MAX_RUNS	16
#define REPEATED	14

int __wrap_vb_plot_exec(const char *dir, const char *const *argv, char *said, size_t size);

struct piece {
	const uint8_t *data;
	size_t size;
};

struct run {
	struct piece result, intervals, latency;
};

struct input {
	char how[16];
	struct piece meta, log, plan, job, topology;
	size_t nr_runs;
	struct run run[MAX_RUNS];
};

static const struct {
	char letter;
	const char *name;
	size_t offset;
} top_files[] = {
	{ 'k', "kernel.log", offsetof(struct input, log) },
	{ 'p', "plan.json", offsetof(struct input, plan) },
	{ 'j', "job.ini", offsetof(struct input, job) },
	{ 't', "topology.xml", offsetof(struct input, topology) },
};

#define NR_TOP_FILES (sizeof(top_files) / sizeof(*top_files))

/* gnuplot, lstopo: not run, what they would be given is written. */
int __wrap_vb_plot_exec(const char *dir, const char *const *argv, char *said, size_t size)
{
	(void)dir;
	(void)argv;
	if (size)
		*said = '\0';
	return 0;
}

static struct piece *top_piece(struct input *in, size_t i)
{
	return (struct piece *)((char *)in + top_files[i].offset);
}

static void add(struct input *in, char letter, struct piece piece)
{
	struct run *run = in->nr_runs ? &in->run[in->nr_runs - 1] : NULL;

	if (letter == 'm')
		in->meta = piece;
	else if (letter == 'r' && in->nr_runs < MAX_RUNS)
		in->run[in->nr_runs++].result = piece;
	else if (letter == 'i' && run)
		run->intervals = piece;
	else if (letter == 'l' && run)
		run->latency = piece;
	for (size_t i = 0; i < NR_TOP_FILES; i++)
		if (letter == top_files[i].letter)
			*top_piece(in, i) = piece;
}

static void split(const uint8_t *data, size_t size, struct input *in)
{
	const uint8_t *end = data + size, *next = memchr(data, SEPARATOR, size);
	size_t length = next ? (size_t)(next - data) : size;

	memset(in, 0, sizeof(*in));
	if (length >= sizeof(in->how))
		length = sizeof(in->how) - 1;
	memcpy(in->how, data, length);
	while (next && next + 2 <= end) {
		const uint8_t *begin = next + 2;
		char letter = (char)next[1];

		next = memchr(begin, SEPARATOR, (size_t)(end - begin));
		add(in, letter, (struct piece){ begin, (size_t)((next ? next : end) - begin) });
	}
}

static void write_piece(const char *dir, const char *name, const struct piece *piece, json_t *files)
{
	char path[600], crc[16];

	if (!piece->data)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fuzz_write(path, piece->data, piece->size);
	snprintf(crc, sizeof(crc), "%08lx", crc32_z(0, piece->data, piece->size));
	json_object_set_new(files, name, json_pack("{s:I, s:s}", "bytes", (json_int_t)piece->size,
						   "crc32", crc));
}

/* The folder that a result.json belongs in, unless that is outside. */
static void run_folder(const char *dir, const json_t *json, char *path, size_t size)
{
	const char *arm = vb_json_text(json, "arm");
	double number = vb_json_number(json, "number");

	if (strchr(arm, '/') || strlen(arm) > 100 || !(number >= 0 && number < 1e6)) {
		arm = "x";
		number = 0;
	}
	snprintf(path, size, "%s/runs/%03.0f-%s", dir, number, arm);
	mkdir(path, 0700);
}

static void write_run(const char *dir, const struct run *run, const json_t *json,
		      struct piece result)
{
	char folder[500], path[600];
	json_t *files = json_object();

	run_folder(dir, json, folder, sizeof(folder));
	write_piece(folder, "intervals.csv", &run->intervals, files);
	write_piece(folder, "latency.csv", &run->latency, files);
	snprintf(path, sizeof(path), "%s/result.json", folder);
	fuzz_write_json(path, result.data, result.size, files);
	json_decref(files);
}

/* Run @i of a few pairs; values differ a little from round to round. */
static void write_repeated(const char *dir, const struct run *run, json_t *json,
			   const json_t *meta, size_t i)
{
	const json_t *arms = json_object_get(meta, "arms");
	size_t place = json_array_size(arms) > 1 ? i & 1 : 0;
	const json_t *arm = json_array_get(arms, place);
	struct piece piece;
	char *text;

	json_object_set_new(json, "number", json_integer((json_int_t)i));
	json_object_set_new(json, "round", json_integer((json_int_t)i / 2));
	json_object_set_new(json, "position", json_integer((json_int_t)i & 1));
	json_object_set_new(json, "arm_index", json_integer((json_int_t)place));
	json_object_set_new(json, "warmup", json_false());
	json_object_set_new(json, "arm", json_string(vb_json_text(arm, "name")));
	json_object_set_new(json, "measured_s",
			    json_real(vb_json_number(json, "measured_s") * (1 + 0.01 * (double)i)));
	text = json_dumps(json, 0);
	require(text != NULL, "no memory", "");
	piece = (struct piece){ (const uint8_t *)text, strlen(text) };
	write_run(dir, run, json, piece);
	free(text);
}

static void write_runs(const char *dir, const struct input *in)
{
	json_t *meta = json_loadb((const char *)in->meta.data, in->meta.size, 0, NULL), *json;

	for (size_t i = 0; i < in->nr_runs && !strchr(in->how, 'x'); i++) {
		const struct run *run = &in->run[i];

		json = json_loadb((const char *)run->result.data, run->result.size, 0, NULL);
		write_run(dir, run, json, run->result);
		json_decref(json);
	}
	for (size_t i = 0; strchr(in->how, 'x') && in->nr_runs && i < REPEATED; i++) {
		const struct run *run = &in->run[i % in->nr_runs];

		json = json_loadb((const char *)run->result.data, run->result.size, 0, NULL);
		if (json_is_object(json))
			write_repeated(dir, run, json, meta, i);
		json_decref(json);
	}
	json_decref(meta);
}

static void write_result(const char *dir, struct input *in)
{
	json_t *files = json_object();
	char path[600];

	mkdir(dir, 0700);
	snprintf(path, sizeof(path), "%s/runs", dir);
	mkdir(path, 0700);
	for (size_t i = 0; i < NR_TOP_FILES; i++)
		write_piece(dir, top_files[i].name, top_piece(in, i), files);
	snprintf(path, sizeof(path), "%s/meta.json", dir);
	if (in->meta.data)
		fuzz_write_json(path, in->meta.data, in->meta.size, files);
	json_decref(files);
	write_runs(dir, in);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void render(struct vb_report *report, enum vb_view view)
{
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "we");
	require(null && !vb_report_render(report, view, null), "not rendered", "");
}

static void form(struct vb_report *report, char how)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL, "no memory", "");
	if (how == 't')
		render(report, VB_VIEW_TEXT);
	else if (how == 'l')
		render(report, VB_VIEW_LKML);
	else if (how == 'h')
		render(report, VB_VIEW_HTML);
	else if (how == 'd')
		render(report, VB_VIEW_MARKDOWN);
	else if (how == 'v')
		vb_report_csv(&report->result, out);
	else if (how == 's')
		vb_report_span_tsv(&report->result, out);
	else if (how == 'j')
		require(!vb_report_json(report, out), "no JSON", "");
	require(!fclose(out), "no memory", "");
	free(text);
}

static void draw(struct vb_report *report)
{
	char folder[300], err[6000];

	snprintf(folder, sizeof(folder), "%s/plots", fuzz_folder());
	mkdir(folder, 0700);
	vb_report_draw(report, folder, err, sizeof(err));
	nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}

static void report(const char *dir, const char *how)
{
	struct vb_report report;
	char err[6000] = "";
	int ret = vb_report_open(dir, &report, err, sizeof(err));

	if (ret)
		require(strstr(err, dir) != NULL, "the file is not named", err);
	if (!ret && strchr(how, 'c'))
		require(!vb_report_compare(&report, NULL, err, sizeof(err)), "not compared", err);
	if (!ret && strchr(how, 'g'))
		draw(&report);
	for (const char *c = how; *c && !ret; c++)
		form(&report, *c);
	vb_report_close(&report);
}

static void between(const struct vb_compare_side *side)
{
	struct vb_compare_options options = { .force = true };
	struct vb_comparison *list;
	struct vb_doc *doc;
	char err[6000] = "";
	size_t nr;
	int ret = vb_compare_results(side, side, &options, &list, &nr, err, sizeof(err));

	if (ret) {
		require(ret == -EINVAL && *err, "no reason given", err);
		return;
	}
	doc = vb_between_build(&(struct vb_between){ { side, side }, list, nr, NULL });
	require(doc != NULL, "not built", "");
	vb_doc_free(doc);
	vb_comparisons_free(list, nr);
}

static void compare(const char *dir)
{
	struct vb_compare_side side;
	char err[6000] = "";

	if (!vb_compare_side_load(dir, &side, err, sizeof(err)))
		between(&side);
	else
		require(*err, "no reason given", "");
	vb_compare_side_free(&side);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;
	char dir[300];

	if (!size)
		return 0;
	split(data, size, &in);
	snprintf(dir, sizeof(dir), "%s/result", fuzz_folder());
	write_result(dir, &in);
	report(dir, in.how);
	if (strchr(in.how, 'b'))
		compare(dir);
	nftw(dir, remove_one, 8, FTW_PHYS | FTW_DEPTH);
	return 0;
}
