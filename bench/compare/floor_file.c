// SPDX-License-Identifier: GPL-2.0-or-later
/* The noise floor as a file. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "bench/compare/compare_impl.h"
#include "bench/compare/floor_impl.h"
#include "lib/result/dir.h"
#include "lib/result/files.h"

#define SCHEMA		2
#define FILE_MAX	(64l << 20)

const char *vb_floor_dir(void)
{
	const char *dir = getenv("VFIO_BENCH_FLOOR_DIR");

	return dir && *dir ? dir : VB_LOCALSTATEDIR "/lib/vfio-bench/floor";
}

/* One file for each machine, job and mode. */
static void file_name(const char *machine, const char *job, const char *mode, char *name,
		      size_t size)
{
	uLong crc = crc32(crc32(0, NULL, 0), (const Bytef *)machine, (uInt)strlen(machine));

	snprintf(name, size, "%.80s-%s-%08lx.json", job, mode, crc);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			*c = '_';
}

static json_t *entry_to_json(const struct vb_floor_entry *e)
{
	json_t *differences = json_array();

	for (size_t i = 0; i < e->nr; i++)
		json_array_append_new(differences, json_real(e->difference[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:f, s:i, s:i, s:o}", "label", e->label,
			 "section", e->section, "metric", e->metric, "stat", e->stat,
			 "primary", (int)e->primary, "percent", e->percent,
			 "comparisons", (int)e->comparisons, "different", (int)e->different,
			 "differences", differences);
}

static json_t *to_json(const struct vb_floor *floor)
{
	json_t *entries = json_array();

	for (size_t i = 0; i < floor->nr; i++)
		json_array_append_new(entries, entry_to_json(&floor->entry[i]));
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:o}",
			 "vfio_bench_floor", SCHEMA, "from", floor->where, "job", floor->job,
			 "mode", floor->mode, "machine", floor->machine, "settings", floor->settings,
			 "pairs", (int)floor->pairs, "comparisons", (int)floor->comparisons,
			 "different", (int)floor->different, "significant", (int)floor->significant,
			 "entries", entries);
}

static int make_dirs(const char *path)
{
	char *copy = strdup(path);
	int ret = 0;

	if (!copy)
		return -ENOMEM;
	for (char *c = copy + 1; !ret; c++) {
		char old = *c;

		if (old && old != '/')
			continue;
		*c = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			ret = -errno;
		*c = old;
		if (!old)
			break;
	}
	free(copy);
	return ret;
}

int vb_floor_store(const struct vb_floor *floor, char *path, size_t size)
{
	const char *dir = vb_floor_dir();
	char name[200];
	json_t *json;
	int fd, ret;

	file_name(floor->machine, floor->job, floor->mode, name, sizeof(name));
	snprintf(path, size, "%s/%s", dir, name);
	ret = make_dirs(dir);
	if (ret)
		return ret;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	json = to_json(floor);
	ret = vb_result_write_json(fd, name, json);
	json_decref(json);
	close(fd);
	return ret;
}

static int read_text(const char *path, char **text, size_t *length, char *err, size_t size)
{
	FILE *file;
	struct stat st;
	int ret = vb_files_open_plain(path, &file, err, size);

	if (ret)
		return ret;
	if (fstat(fileno(file), &st) || st.st_size > FILE_MAX)
		ret = cmp_error(err, size, "%s: too large", path);
	*text = ret ? NULL : malloc((size_t)st.st_size + 1);
	if (!ret && !*text)
		ret = -ENOMEM;
	if (!ret) {
		*length = fread(*text, 1, (size_t)st.st_size, file);
		(*text)[*length] = '\0';
	}
	fclose(file);
	return ret;
}

/* What is no count is 0, which is refused where it matters. */
static unsigned int count_of(const json_t *json, const char *key)
{
	double value = vb_json_number(json, key);

	return value >= 0 && value <= UINT_MAX ? (unsigned int)value : 0;
}

static int read_entry(struct vb_floor *floor, const json_t *json)
{
	const json_t *value;
	struct vb_floor_entry *e = floor_add(floor, vb_json_text(json, "label"),
					     vb_json_text(json, "section"),
					     vb_json_text(json, "metric"), vb_json_text(json, "stat"));
	size_t i;

	if (!e)
		return -ENOMEM;
	e->primary = json_is_true(json_object_get(json, "primary"));
	e->percent = vb_json_number(json, "percent");
	e->comparisons = count_of(json, "comparisons");
	e->different = count_of(json, "different");
	if (!(e->percent >= 0))
		return -EINVAL;
	json_array_foreach(json_object_get(json, "differences"), i, value) {
		if (!isfinite(json_number_value(value)))
			return -EINVAL;
		if (floor_add_number(&e->difference, &e->nr, json_number_value(value)))
			return -ENOMEM;
	}
	return 0;
}

static int from_json(const json_t *json, struct vb_floor *floor)
{
	const json_t *entry;
	int ret = 0;
	size_t i;

	snprintf(floor->job, sizeof(floor->job), "%s", vb_json_text(json, "job"));
	snprintf(floor->mode, sizeof(floor->mode), "%s", vb_json_text(json, "mode"));
	snprintf(floor->machine, sizeof(floor->machine), "%s", vb_json_text(json, "machine"));
	snprintf(floor->settings, sizeof(floor->settings), "%s", vb_json_text(json, "settings"));
	floor->pairs = count_of(json, "pairs");
	floor->comparisons = count_of(json, "comparisons");
	floor->different = count_of(json, "different");
	floor->significant = count_of(json, "significant");
	if (floor->significant > floor->comparisons)
		return -EINVAL;
	if (!floor->pairs || !floor->comparisons || floor->different > floor->comparisons)
		return -EINVAL;
	json_array_foreach(json_object_get(json, "entries"), i, entry)
		if (!ret)
			ret = read_entry(floor, entry);
	return ret;
}

static int parse(const char *path, const char *text, size_t length, struct vb_floor *floor,
		 char *err, size_t size)
{
	json_t *json;
	int ret;

	if (vb_files_check_text(text, length))
		return cmp_error(err, size, "%s: cut off, changed, or no noise floor: make it again with "
				 "'ab --aa'", path);
	json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	ret = vb_json_number(json, "vfio_bench_floor") == SCHEMA ? from_json(json, floor) : -EINVAL;
	json_decref(json);
	if (ret == -EINVAL)
		return cmp_error(err, size, "%s: no noise floor of this version: make it again with 'ab "
				 "--aa'", path);
	return ret;
}

static int load_file(const char *path, struct vb_floor **out, char *err, size_t size)
{
	struct vb_floor *floor = calloc(1, sizeof(*floor));
	char *text = NULL;
	size_t length;
	int ret = floor && (floor->where = strdup(path)) ? 0 : -ENOMEM;

	if (!ret)
		ret = read_text(path, &text, &length, err, size);
	if (!ret)
		ret = parse(path, text, length, floor, err, size);
	free(text);
	if (ret)
		vb_floor_free(floor);
	else
		*out = floor;
	return ret;
}

int vb_floor_load(const char *path, struct vb_floor **floor, char *err, size_t size)
{
	struct vb_result result;
	struct stat st;
	int ret;

	if (stat(path, &st)) {
		ret = -errno;
		snprintf(err, size, "%s: %s", path, strerror(-ret));
		return ret;
	}
	if (!S_ISDIR(st.st_mode))
		return load_file(path, floor, err, size);
	ret = vb_result_load(path, &result, err, size);
	if (ret)
		return ret;
	ret = vb_floor_make(&result, floor, err, size);
	vb_result_free(&result);
	return ret;
}

int vb_floor_find(const json_t *machine, const char *job, const char *mode,
		  struct vb_floor **floor, char *err, size_t size)
{
	char name[200], path[4096], text[sizeof((*floor)->machine)];

	floor_machine(machine, text, sizeof(text));
	file_name(text, job, mode, name, sizeof(name));
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", vb_floor_dir(), name) >= sizeof(path))
		return -ENAMETOOLONG;
	return access(path, F_OK) ? -ENOENT : load_file(path, floor, err, size);
}
