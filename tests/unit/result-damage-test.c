// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A real result directory, damaged in every way: it is refused with the file
 * named, or its numbers are what they were.  The damage is told at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/result/files.h"
#include "lib/result/load.h"

#define MAX_FILES 64
#define SEED 3

struct file {
	char path[512];
	char name[128];			/* below its folder */
	size_t run;			/* VB_RESULT_TOP, or its index */
	bool json;
	char *data;
	size_t length;
};

static char work[256], result_path[300], other_path[300];
static struct file files[MAX_FILES];
static size_t nr_files;
static struct vb_result whole;		/* before any damage */
static unsigned long cases, refused_at_load, refused_at_reading;

static char *read_all(const char *path, size_t *length)
{
	FILE *f = fopen(path, "re");
	char *data = NULL;
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	data = malloc((size_t)st.st_size + 1);
	assert_non_null(data);
	*length = fread(data, 1, (size_t)st.st_size, f);
	assert_int_equal(*length, st.st_size);
	fclose(f);
	return data;
}

static void write_all(const char *path, const char *data, size_t length)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

static void put_back(const struct file *f)
{
	struct stat st;

	if (!lstat(f->path, &st) && !S_ISREG(st.st_mode))
		assert_int_equal(remove(f->path), 0);
	write_all(f->path, f->data, f->length);
}

static bool same_dist(const struct vb_dist *a, const struct vb_dist *b)
{
	return a->count == b->count && a->min == b->min && a->max == b->max &&
	       a->overflow == b->overflow && !memcmp(&a->mean, &b->mean, sizeof(a->mean)) &&
	       a->nr == b->nr && !memcmp(a->bucket, b->bucket, a->nr * sizeof(*a->bucket));
}

static bool same_run(const struct vb_result *r, size_t run)
{
	const json_t *metrics = json_object_get(whole.run[run], "metrics"), *m;
	struct vb_dist a, b;
	size_t i;

	if (!json_equal(whole.run[run], r->run[run]))
		return false;
	json_array_foreach(metrics, i, m) {
		const char *section = vb_json_text(m, "section"), *metric = vb_json_text(m, "metric");

		if (!vb_result_dist(&whole, run, section, metric, &a) ||
		    !vb_result_dist(r, run, section, metric, &b) || !same_dist(&a, &b))
			return false;
	}
	return true;
}

static bool same_numbers(const struct vb_result *r)
{
	if (r->nr_runs != whole.nr_runs || !json_equal(r->meta, whole.meta))
		return false;
	for (size_t i = 0; i < r->nr_runs; i++)
		if (!same_run(r, i))
			return false;
	return true;
}

/* A file that is no JSON is found out by who reads it. */
static void reading_is_refused(const struct vb_result *r, const struct file *f, const char *what)
{
	char err[6000] = "";
	FILE *opened = NULL;

	if (f->json || vb_result_open_file(r, f->run, f->name, &opened, err, sizeof(err)) != -EINVAL)
		fail_msg("%s, %s: not refused: '%s'", f->path, what, err);
	if (opened || !strstr(err, f->path))
		fail_msg("%s, %s: it is not named: '%s'", f->path, what, err);
	refused_at_reading++;
}

/* Load the directory as it is now: @f is damaged, and @named (or else @f) to be blamed for it. */
static void expect_refusal(const struct file *f, const char *named, const char *what)
{
	char err[6000] = "";
	struct vb_result r;
	int ret = vb_result_load(result_path, &r, err, sizeof(err));

	cases++;
	if (!ret) {
		if (!same_numbers(&r))
			fail_msg("%s, %s: read, with other numbers", f->path, what);
		reading_is_refused(&r, f, what);
		vb_result_free(&r);
		return;
	}
	if (!strstr(err, named ? named : f->path) || strchr(err, '\n'))
		fail_msg("%s, %s: it is not named: '%s'", f->path, what, err);
	refused_at_load++;
}

static void run_null(const char *path)
{
	const char *build = getenv("top_builddir");
	char command[1024];

	snprintf(command, sizeof(command), "%s/vfio-bench run null --quiet --set duration=30ms "
		 "--set warmup=0s --set threads=1 --repeat 2 --output %s 2>/dev/null",
		 build ? build : ".", path);
	assert_int_equal(system(command), 0);
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct file *f = &files[nr_files];
	const char *run = strstr(path, "/runs/");

	(void)st;
	if (type != FTW_F)
		return 0;
	assert_true(nr_files < MAX_FILES);
	nr_files++;
	snprintf(f->path, sizeof(f->path), "%s", path);
	snprintf(f->name, sizeof(f->name), "%s", path + at->base);
	f->run = run ? (size_t)strtoul(run + 6, NULL, 10) : VB_RESULT_TOP;
	f->json = !strcmp(f->name, "meta.json") || !strcmp(f->name, "result.json");
	f->data = read_all(path, &f->length);
	return 0;
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char err[6000];

	(void)state;
	snprintf(work, sizeof(work), "%s/result-damage.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(work));
	snprintf(result_path, sizeof(result_path), "%s/result", work);
	snprintf(other_path, sizeof(other_path), "%s/other", work);
	run_null(result_path);
	run_null(other_path);
	assert_int_equal(nftw(result_path, add_file, 8, FTW_PHYS), 0);
	assert_int_equal(vb_result_load(result_path, &whole, err, sizeof(err)), 0);
	assert_int_equal(whole.nr_runs, 2);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_files; i++)
		free(files[i].data);
	vb_result_free(&whole);
	print_message("# %lu damaged results: %lu refused, %lu when the damaged file was read\n",
		      cases, refused_at_load, refused_at_reading);
	return nftw(work, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Whatever later tests find, the directory is whole again. */
static void still_whole(void)
{
	char err[6000] = "";
	struct vb_result r;

	if (vb_result_load(result_path, &r, err, sizeof(err)))
		fail_msg("%s", err);
	assert_true(same_numbers(&r));
	for (size_t i = 0; i < nr_files; i++) {
		FILE *opened;

		if (files[i].json)
			continue;
		if (vb_result_open_file(&r, files[i].run, files[i].name, &opened, err, sizeof(err)))
			fail_msg("%s", err);
		fclose(opened);
	}
	vb_result_free(&r);
}

static void cut_at_every_byte(void **state)
{
	char what[64];

	(void)state;
	for (size_t i = 0; i < nr_files; i++) {
		unsigned long before = refused_at_reading;

		for (size_t n = files[i].length; n--;) {
			assert_int_equal(truncate(files[i].path, (off_t)n), 0);
			snprintf(what, sizeof(what), "cut to %zu bytes", n);
			expect_refusal(&files[i], NULL, what);
		}
		assert_int_equal(refused_at_reading, before);	/* the load looks at lengths */
		put_back(&files[i]);
	}
	still_whole();
}

static void flip(const struct file *f, size_t byte, unsigned int bit)
{
	char changed = (char)(f->data[byte] ^ 1 << bit), what[64];
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &changed, 1, (off_t)byte), 1);
	snprintf(what, sizeof(what), "bit %u of byte %zu", bit, byte);
	expect_refusal(f, NULL, what);
	assert_int_equal(pwrite(fd, &f->data[byte], 1, (off_t)byte), 1);
	close(fd);
}

static void one_bit_of_every_byte(void **state)
{
	(void)state;
	srandom(SEED);
	for (size_t i = 0; i < nr_files; i++)
		for (size_t byte = 0; byte < files[i].length; byte++)
			flip(&files[i], byte, (unsigned int)random() % 8);
	still_whole();
}

/* Where a CRC could be led astray: in itself, and all around it. */
static void every_bit_of_the_checksums(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_files; i++)
		for (size_t back = 1; files[i].json && back <= VB_CHECKSUM_LENGTH + 8; back++)
			for (unsigned int bit = 0; bit < 8; bit++)
				flip(&files[i], files[i].length - back, bit);
	still_whole();
}

/* Pieces that a disk loses: zeros, and what stood elsewhere in the file. */
static void blocks_lost_and_moved(void **state)
{
	char *data;

	(void)state;
	srandom(SEED);
	for (size_t i = 0; i < nr_files; i++) {
		const struct file *f = &files[i];

		for (int n = 0; n < 50 && f->length > 64; n++) {
			size_t length = 1 + (size_t)random() % (f->length / 4);
			size_t to = (size_t)random() % (f->length - length);
			size_t from = (size_t)random() % (f->length - length);

			data = malloc(f->length);
			assert_non_null(data);
			memcpy(data, f->data, f->length);
			if (n % 2)
				memset(data + to, 0, length);
			else
				memcpy(data + to, f->data + from, length);
			if (memcmp(data, f->data, f->length)) {
				write_all(f->path, data, f->length);
				expect_refusal(f, NULL, n % 2 ? "zeros" : "moved");
			}
			free(data);
		}
		put_back(f);
	}
	still_whole();
}

/* @f's text with "schema": @schema, with a checksum that is right if @sign. */
static void with_schema(const struct file *f, int schema, bool sign)
{
	json_t *json = json_loadb(f->data, f->length, 0, NULL);
	char *text;

	json_object_set_new(json, "schema", json_integer(schema));
	json_object_del(json, "checksum");
	text = sign ? vb_files_json_text(json) : json_dumps(json, JSON_INDENT(1));
	assert_non_null(text);
	write_all(f->path, text, strlen(text));
	expect_refusal(f, schema == 1 ? "schema: 1, made by an older" : "schema: ", "schema");
	free(text);
	json_decref(json);
}

static void other_schemas(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_files; i++)
		if (files[i].json) {
			with_schema(&files[i], 1, false);
			with_schema(&files[i], 1, true);
			with_schema(&files[i], 3, true);
			with_schema(&files[i], 0, true);
			put_back(&files[i]);
		}
	still_whole();
}

/* Each file in the place of each other one of its name, and of the other result's. */
static void files_of_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_files; i++) {
		char path[800];
		size_t length;
		char *data;

		for (size_t k = 0; k < nr_files; k++) {
			if (k == i || strcmp(files[k].name, files[i].name) ||
			    (files[k].length == files[i].length &&
			     !memcmp(files[k].data, files[i].data, files[i].length)))
				continue;
			write_all(files[i].path, files[k].data, files[k].length);
			expect_refusal(&files[i], NULL, files[k].path);
		}
		snprintf(path, sizeof(path), "%s%s", other_path, files[i].path + strlen(result_path));
		data = read_all(path, &length);
		if (length != files[i].length || memcmp(data, files[i].data, length)) {
			write_all(files[i].path, data, length);
			/* with the other meta.json the files and runs are wrong */
			expect_refusal(&files[i], result_path, path);
		}
		free(data);
		put_back(&files[i]);
	}
	still_whole();
}

static void link_to(const char *path, const char *to)
{
	assert_int_equal(symlink(to, path), 0);
}

static void no_ordinary_files(void **state)
{
	static const char *const kinds[] = { "missing", "fifo", "folder", "link to the like of it",
					     "link to nowhere", "link to a device" };
	char whole_copy[400];

	(void)state;
	snprintf(whole_copy, sizeof(whole_copy), "%s/copy", work);
	for (size_t i = 0; i < nr_files; i++) {
		const struct file *f = &files[i];
		bool run = !strcmp(f->name, "result.json");

		write_all(whole_copy, f->data, f->length);
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++) {
			assert_int_equal(remove(f->path), 0);
			if (kind == 1)
				assert_int_equal(mkfifo(f->path, 0600), 0);
			else if (kind == 2)
				assert_int_equal(mkdir(f->path, 0700), 0);
			else if (kind > 2)
				link_to(f->path, kind == 3 ? whole_copy : kind == 4 ? "/nowhere" :
					"/dev/zero");
			/* a run without result.json did not end: but then it was not counted */
			expect_refusal(f, run && !kind ? "/meta.json: runs_done: " : NULL, kinds[kind]);
			if (kind)
				assert_int_equal(remove(f->path), 0);
			put_back(f);
		}
	}
	still_whole();
}

/* The run's folder under another name, and one more of it. */
static void folders_of_others(void **state)
{
	struct file *run = NULL;
	char from[600], to[600];

	(void)state;
	for (size_t i = 0; i < nr_files; i++)
		if (files[i].run == 1 && files[i].json)
			run = &files[i];
	assert_non_null(run);
	snprintf(from, sizeof(from), "%s/runs/001-null", result_path);
	snprintf(to, sizeof(to), "%s/runs/002-null", result_path);
	assert_int_equal(rename(from, to), 0);
	expect_refusal(run, "002-null/result.json: number: it belongs in the folder 001-null", "renamed");
	assert_int_equal(rename(to, from), 0);
	snprintf(to, sizeof(to), "%s/away", work);
	assert_int_equal(rename(from, to), 0);
	expect_refusal(run, "meta.json: runs_done: 2, and there are 1", "taken away");
	snprintf(to, sizeof(to), "%s/runs/000-null", other_path);
	assert_int_equal(symlink(to, from), 0);
	expect_refusal(run, "001-null/result.json: session: ", "another's");
	assert_int_equal(remove(from), 0);
	snprintf(to, sizeof(to), "%s/away", work);
	assert_int_equal(rename(to, from), 0);
	still_whole();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(one_bit_of_every_byte),
		cmocka_unit_test(every_bit_of_the_checksums),
		cmocka_unit_test(blocks_lost_and_moved),
		cmocka_unit_test(other_schemas),
		cmocka_unit_test(files_of_others),
		cmocka_unit_test(no_ordinary_files),
		cmocka_unit_test(folders_of_others),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
