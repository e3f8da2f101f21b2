// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading meta.json and every run's result.json. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/result/buckets.h"
#include "lib/result/check.h"
#include "lib/result/dir.h"
#include "lib/result/files.h"
#include "lib/result/load.h"
#include "lib/result/lost.h"

/* A run's is some 10 KiB. */
#define LARGEST_JSON (64 << 20)

static int bad(char *err, size_t size, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int bad(char *err, size_t size, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, size, format, ap);
	va_end(ap);
	return error;
}

/* The whole file; the caller frees *text. */
static int read_text(const char *path, char **text, size_t *length, char *err, size_t size)
{
	FILE *file;
	struct stat st;
	int ret = vb_files_open_plain(path, &file, err, size);

	if (ret)
		return ret;
	if (fstat(fileno(file), &st) || st.st_size > LARGEST_JSON) {
		fclose(file);
		return bad(err, size, -EINVAL, "%s: larger than %d MiB", path, LARGEST_JSON >> 20);
	}
	*text = calloc(1, (size_t)st.st_size + 1);
	*length = *text ? fread(*text, 1, (size_t)st.st_size, file) : 0;
	ret = ferror(file) ? bad(err, size, -EIO, "%s: %s", path, strerror(EIO)) : 0;
	fclose(file);
	if (!*text)
		return bad(err, size, -ENOMEM, "out of memory");
	if (ret)
		free(*text);
	return ret;
}

/* Results of before schema 2 have no checksum: they are told from damaged ones. */
static int check_schema(const char *path, const json_t *json, int whole, char *err, size_t size)
{
	const json_t *key = json_object_get(json, "schema");
	json_int_t schema = json_integer_value(key);

	if (whole == -EINVAL)
		return bad(err, size, -EINVAL, "%s: checksum: the file was changed after it was written",
			   path);
	if (json_is_integer(key) && schema > 0 && schema < VB_RESULT_SCHEMA)
		return bad(err, size, -EINVAL, "%s: schema: %lld, made by an older version: %d is read here",
			   path, (long long)schema, VB_RESULT_SCHEMA);
	if (whole)
		return bad(err, size, -EINVAL, "%s: checksum: missing at the end: the file is cut off or was "
			   "changed", path);
	if (json_is_integer(key) && schema > VB_RESULT_SCHEMA)
		return bad(err, size, -EINVAL, "%s: schema: %lld, made by a newer version: %d is read here",
			   path, (long long)schema, VB_RESULT_SCHEMA);
	if (schema != VB_RESULT_SCHEMA)
		return bad(err, size, -EINVAL, "%s: schema: %d is wanted", path, VB_RESULT_SCHEMA);
	return 0;
}

/*
 * A JSON file of our schema, with the keys that readers use: of a run if @meta
 * is given, else meta.json itself.  @lists: the buckets that were taken out.
 */
static int load_file(const char *path, const json_t *meta, json_t **json,
		     struct vb_bucket_lists *lists, char *err, size_t size)
{
	json_error_t where;
	char what[256], *text;
	size_t length;
	int ret = read_text(path, &text, &length, err, size), whole;

	if (ret)
		return ret;
	whole = vb_files_check_text(text, length);
	if (lists && vb_buckets_take(text, length, lists)) {
		free(text);
		return bad(err, size, -ENOMEM, "out of memory");
	}
	*json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	free(text);
	if (!*json)
		return bad(err, size, -EINVAL, "%s:%d: %s", path, where.line, where.text);
	ret = check_schema(path, *json, whole, err, size);
	if (!ret && (meta ? vb_result_check_run(*json, meta, what, sizeof(what)) :
		     vb_result_check_meta(*json, what, sizeof(what))))
		ret = bad(err, size, -EINVAL, "%s: %s", path, what);
	if (ret) {
		json_decref(*json);
		*json = NULL;
	}
	return ret;
}

/* Every file of @list has its length, so far as a stat tells. */
static int check_files(const char *dir, const json_t *list, char *err, size_t size)
{
	const char *name;
	json_t *entry;
	char path[4600];
	struct stat st;

	json_object_foreach((json_t *)list, name, entry) {
		json_int_t bytes = json_integer_value(json_object_get(entry, "bytes"));

		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (lstat(path, &st))
			return bad(err, size, -EINVAL, "%s: %s", path, strerror(errno));
		if (!S_ISREG(st.st_mode))
			return bad(err, size, -EINVAL, "%s: not an ordinary file", path);
		if (st.st_size != bytes)
			return bad(err, size, -EINVAL, "%s: %lld bytes, %lld were written: cut off or changed",
				   path, (long long)st.st_size, (long long)bytes);
	}
	return 0;
}

/* The numbers out of run @i: its buckets are arrays from here on. */
static int load_numbers(const char *file, struct vb_result *r, size_t i, char *err, size_t size)
{
	struct vb_bucket_lists lists = { 0 };
	char what[256];
	int ret = load_file(file, r->meta, &r->run[i], &lists, err, size);

	if (!ret) {
		ret = vb_dists_take(r->run[i], &lists, &r->dists[i], what, sizeof(what));
		if (ret)
			bad(err, size, ret, "%s: %s", file, what);
	}
	vb_buckets_free(&lists);
	return ret;
}

static int load_run(const char *runs, const char *name, struct vb_result *r, char *err, size_t size)
{
	char dir[4500], file[4600], own[128];
	size_t i = r->nr_runs;
	int ret;

	snprintf(dir, sizeof(dir), "%s/%s", runs, name);
	snprintf(file, sizeof(file), "%s/result.json", dir);
	/* A run that was killed has no result.json yet. */
	if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return 0;
	r->nr_runs++;
	ret = load_numbers(file, r, i, err, size);
	if (ret)
		return ret;
	r->run_dir[i] = strdup(name);
	if (!r->run_dir[i])
		return bad(err, size, -ENOMEM, "out of memory");
	snprintf(own, sizeof(own), "%03.0f-%s", vb_json_number(r->run[i], "number"),
		 vb_json_text(r->run[i], "arm"));
	if (strcmp(name, own))
		return bad(err, size, -EINVAL, "%s: number: it belongs in the folder %s", file, own);
	return check_files(dir, json_object_get(r->run[i], "files"), err, size);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int make_room(struct vb_result *r, size_t n, char *err, size_t size)
{
	r->run = calloc(n + 1, sizeof(*r->run));
	r->run_dir = calloc(n + 1, sizeof(*r->run_dir));
	r->dists = calloc(n + 1, sizeof(*r->dists));
	return r->run && r->run_dir && r->dists ? 0 : bad(err, size, -ENOMEM, "out of memory");
}

static int load_runs(const char *path, struct vb_result *r, char *err, size_t size)
{
	struct dirent **names = NULL;
	char dir[4200];
	int n, ret;

	snprintf(dir, sizeof(dir), "%s/runs", path);
	n = scandir(dir, &names, not_hidden, versionsort);
	if (n < 0)
		return bad(err, size, -errno, "%s: %s", dir, strerror(errno));
	ret = make_room(r, (size_t)n, err, size);
	for (int i = 0; i < n; i++) {
		if (!ret)
			ret = load_run(dir, names[i]->d_name, r, err, size);
		free(names[i]);
	}
	free(names);
	return ret;
}

/* While the session goes on, or if it was killed, meta.json is the one of its beginning. */
static int check_number(const char *path, const struct vb_result *r, char *err, size_t size)
{
	double done = vb_json_number(r->meta, "runs_done");

	if (!strcmp(vb_json_text(r->meta, "status"), "running") || done == (double)r->nr_runs)
		return 0;
	return bad(err, size, -EINVAL, "%s/meta.json: runs_done: %.0f, and there are %zu: some are missing, "
		   "or another result's", path, done, r->nr_runs);
}

int vb_result_load(const char *path, struct vb_result *r, char *err, size_t size)
{
	char file[4200];
	int ret;

	memset(r, 0, sizeof(*r));
	if (access(path, F_OK))
		return bad(err, size, -ENOENT, "'%s': %s", path, strerror(errno));
	if (strlen(path) >= PATH_MAX)
		return bad(err, size, -ENAMETOOLONG, "'%s': %s", path, strerror(ENAMETOOLONG));
	r->path = strdup(path);
	if (!r->path)
		return bad(err, size, -ENOMEM, "out of memory");
	snprintf(file, sizeof(file), "%s/meta.json", path);
	ret = load_file(file, NULL, &r->meta, NULL, err, size);
	if (!ret)
		ret = check_files(path, json_object_get(r->meta, "files"), err, size);
	if (!ret)
		ret = load_runs(path, r, err, size);
	if (!ret)
		ret = check_number(path, r, err, size);
	if (ret)
		vb_result_free(r);
	return ret;
}

void vb_result_free(struct vb_result *r)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		json_decref(r->run[i]);
		free(r->run_dir[i]);
		free(r->dists[i]);
	}
	free(r->run);
	free(r->run_dir);
	free(r->dists);
	free(r->path);
	json_decref(r->meta);
	memset(r, 0, sizeof(*r));
}

int vb_result_open_file(const struct vb_result *r, size_t run, const char *name, FILE **file,
			char *err, size_t size)
{
	bool top = run == VB_RESULT_TOP;
	const json_t *files = json_object_get(top ? r->meta : r->run[run], "files");
	const json_t *entry = json_object_get(files, name);
	char path[4700];
	int ret;

	snprintf(path, sizeof(path), "%s%s%s/%s", r->path, top ? "" : "/runs/",
		 top ? "" : r->run_dir[run], name);
	if (!entry)
		return bad(err, size, -ENOENT, "%s: %s", path, files ? "the result has no such file" :
			   "the session did not end, so nothing tells whether it is whole");
	ret = vb_files_open(path, entry, true, file, err, size);
	/* A damaged file is told of where it is missing; this is a reader that lacks something. */
	if (ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE || ret == -EIO)
		vb_lost_file(err);
	return ret;
}

bool vb_result_dist(const struct vb_result *r, size_t run, const char *section, const char *metric,
		    struct vb_dist *dist)
{
	const struct vb_dist *found = vb_dists_find(r->dists[run], section, metric);

	if (found)
		*dist = *found;
	return found;
}

const json_t *vb_result_metric(const json_t *run, const char *section, const char *metric)
{
	const json_t *array = json_object_get(run, "metrics"), *entry;
	size_t i;

	json_array_foreach(array, i, entry)
		if (!strcmp(vb_json_text(entry, "section"), section) &&
		    !strcmp(vb_json_text(entry, "metric"), metric))
			return entry;
	return NULL;
}

const char *vb_json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

double vb_json_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}
