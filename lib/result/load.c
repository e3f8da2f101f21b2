// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading meta.json and every run's result.json. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/result/check.h"
#include "lib/result/dir.h"
#include "lib/result/load.h"

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

/* A regular file: anything else may block, or never end. */
static int open_file(const char *path, FILE **file, char *err, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return bad(err, size, -errno, "%s: %s", path, strerror(errno));
	*file = !fstat(fd, &st) && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (*file)
		return 0;
	close(fd);
	return bad(err, size, -EINVAL, "%s: not an ordinary file", path);
}

/*
 * A JSON file of our schema, with the keys that readers use: of a run if @meta
 * is given, else meta.json itself.
 */
static int load_file(const char *path, const json_t *meta, json_t **json, char *err, size_t size)
{
	json_error_t where;
	char what[256];
	FILE *file;
	int ret = open_file(path, &file, err, size);

	if (ret)
		return ret;
	*json = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
	fclose(file);
	if (!*json)
		return bad(err, size, -EINVAL, "%s:%d: %s", path, where.line, where.text);
	if (vb_json_number(*json, "schema") != VB_RESULT_SCHEMA)
		ret = bad(err, size, -EINVAL, "%s: schema: %d is wanted", path, VB_RESULT_SCHEMA);
	else if (meta ? vb_result_check_run(*json, meta, what, sizeof(what)) :
		 vb_result_check_meta(*json, what, sizeof(what)))
		ret = bad(err, size, -EINVAL, "%s: %s", path, what);
	if (ret) {
		json_decref(*json);
		*json = NULL;
	}
	return ret;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int load_runs(const char *path, struct vb_result *r, char *err, size_t size)
{
	struct dirent **names = NULL;
	char dir[4200], file[4500];
	int n, ret = 0;

	snprintf(dir, sizeof(dir), "%s/runs", path);
	n = scandir(dir, &names, not_hidden, versionsort);
	if (n < 0)
		return bad(err, size, -errno, "%s: %s", dir, strerror(errno));
	r->run = calloc((size_t)n + 1, sizeof(*r->run));
	if (!r->run)
		ret = bad(err, size, -ENOMEM, "out of memory");
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s/result.json", dir, names[i]->d_name);
		free(names[i]);
		/* A run that was killed has no result.json yet. */
		if (ret || access(file, F_OK))
			continue;
		ret = load_file(file, r->meta, &r->run[r->nr_runs], err, size);
		r->nr_runs += !ret;
	}
	free(names);
	return ret;
}

int vb_result_load(const char *path, struct vb_result *r, char *err, size_t size)
{
	char file[4200];
	int ret;

	memset(r, 0, sizeof(*r));
	if (access(path, F_OK))
		return bad(err, size, -ENOENT, "'%s': %s", path, strerror(errno));
	snprintf(file, sizeof(file), "%s/meta.json", path);
	ret = load_file(file, NULL, &r->meta, err, size);
	if (!ret)
		ret = load_runs(path, r, err, size);
	if (ret)
		vb_result_free(r);
	return ret;
}

void vb_result_free(struct vb_result *r)
{
	for (size_t i = 0; i < r->nr_runs; i++)
		json_decref(r->run[i]);
	free(r->run);
	json_decref(r->meta);
	memset(r, 0, sizeof(*r));
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
