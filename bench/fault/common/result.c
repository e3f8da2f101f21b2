// SPDX-License-Identifier: GPL-2.0-or-later
/* What a run has left of its result. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/fault/common/common.h"

int vb_fault_exit_status(const struct vb_fault *f)
{
	return WIFEXITED(f->status) ? WEXITSTATUS(f->status) : -1;
}

int vb_fault_output(const struct vb_fault *f, char *path, size_t size)
{
	snprintf(path, size, "%s", f->output);
	if (!access(path, F_OK))
		return 0;
	snprintf(path, size, "%s.part", f->output);
	return access(path, F_OK) ? -ENOENT : 0;
}

/* The first file that fits @pattern in the result. */
static json_t *read_json(struct vb_fault *f, const char *pattern)
{
	char path[8192], full[8400];
	json_error_t error;
	json_t *json = NULL;
	glob_t found;

	if (vb_fault_output(f, path, sizeof(path))) {
		vb_fault_say(f, -ENOENT, "the run left no result");
		return NULL;
	}
	snprintf(full, sizeof(full), "%s/%s", path, pattern);
	if (!glob(full, 0, NULL, &found)) {
		json = json_load_file(found.gl_pathv[0], 0, &error);
		globfree(&found);
		if (!json)
			vb_fault_say(f, -EPROTO, "%s: %s", pattern, error.text);
	} else {
		vb_fault_say(f, -ENOENT, "the result has no %s", pattern);
	}
	return json;
}

json_t *vb_fault_result(struct vb_fault *f)
{
	return read_json(f, "runs/*/result.json");
}

json_t *vb_fault_meta(struct vb_fault *f)
{
	return read_json(f, "meta.json");
}

/* meta.json's status, and that 'report' reads it and, if need be, calls it incomplete. */
static int check_status(struct vb_fault *f, bool complete)
{
	char path[8192], said[65536], status[32];
	json_t *meta = vb_fault_meta(f);
	const char *args[] = { "report", path, NULL };
	int ret;

	if (!meta)
		return -ENOENT;
	snprintf(status, sizeof(status), "%s", json_string_value(json_object_get(meta, "status")));
	json_decref(meta);
	if (complete != !strcmp(status, "complete"))
		return vb_fault_say(f, -EPROTO, "the result's status is %s", status);
	vb_fault_output(f, path, sizeof(path));
	ret = vb_fault_program(f, 60, said, sizeof(said), args);
	if (ret < 0 || ret == 1)
		return vb_fault_say(f, -EPROTO, "report of the result: status %d: %.300s", ret, said);
	if (!complete && !strstr(said, "ncomplete"))
		return vb_fault_say(f, -EPROTO, "report does not say that the result is incomplete");
	return 0;
}

int vb_fault_check_incomplete(struct vb_fault *f)
{
	return check_status(f, false);
}

int vb_fault_check_complete(struct vb_fault *f)
{
	return check_status(f, true);
}

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

int vb_fault_check_audit(struct vb_fault *f, const char *check, const char *verdict,
			 const char *text)
{
	json_t *result = vb_fault_result(f), *item;
	int ret = -ENOENT;
	size_t i;

	if (!result)
		return -ENOENT;
	json_array_foreach(json_object_get(result, "audit"), i, item) {
		if (strcmp(text_of(item, "check"), check))
			continue;
		if (!strcmp(text_of(item, "verdict"), verdict) &&
		    (!text || strstr(text_of(item, "text"), text)))
			ret = 0;
		else
			ret = vb_fault_say(f, -EPROTO, "the audit's %s: %s: %.300s", check,
					   text_of(item, "verdict"), text_of(item, "text"));
		break;
	}
	json_decref(result);
	return ret == -ENOENT ? vb_fault_say(f, ret, "the audit has no %s", check) : ret;
}

/* The first worker's own count of this name, in @count. */
static int read_count(struct vb_fault *f, const char *name, uint64_t *count)
{
	json_t *result = vb_fault_result(f), *worker, *value;
	int ret = 0;

	if (!result)
		return -ENOENT;
	worker = json_array_get(json_object_get(result, "workers"), 0);
	value = json_object_get(json_object_get(worker, "counts"), name);
	*count = (uint64_t)json_integer_value(value);
	if (!json_is_integer(value))
		ret = vb_fault_say(f, -EPROTO, "the first worker has no count %s", name);
	json_decref(result);
	return ret;
}

int vb_fault_check_count(struct vb_fault *f, const char *name, uint64_t least)
{
	uint64_t count;
	int ret = read_count(f, name, &count);

	if (!ret && count < least)
		ret = vb_fault_say(f, -EPROTO, "%s: %llu, wanted at least %llu", name,
				   (unsigned long long)count, (unsigned long long)least);
	return ret;
}

int vb_fault_check_count_is(struct vb_fault *f, const char *name, uint64_t value)
{
	uint64_t count;
	int ret = read_count(f, name, &count);

	if (!ret && count != value)
		ret = vb_fault_say(f, -EPROTO, "%s: %llu, wanted %llu", name,
				   (unsigned long long)count, (unsigned long long)value);
	return ret;
}
