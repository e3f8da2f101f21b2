// SPDX-License-Identifier: GPL-2.0-or-later
/* Types and limits of the keys that readers use: a damaged file is refused, by its key. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/result/check.h"

enum type {
	TEXT = 1, COUNT, WHOLE, NUMBER, BOOL, LIST, OBJECT,
	TYPE = 0xf,
	OR_NULL = 0x10,
	MAY_MISS = 0x20,		/* numbers that were withheld, keys of later versions */
};

/* Keys of one object, "*" for all that it has; those of objects and lists in it are below. */
struct rule {
	const char *key;
	int type;
	const struct rule *below;	/* OBJECT: its keys; LIST: its elements' */
};

static const struct rule texts[] = { { "", TEXT, NULL }, { 0 } };

static const struct rule kernel[] = {
	{ "release", TEXT, NULL },
	{ 0 }
};

static const struct rule cpu[] = {
	{ "model", TEXT | OR_NULL, NULL },
	{ 0 }
};

static const struct rule machine[] = {
	{ "kernel", OBJECT, kernel },
	{ "cpu", OBJECT, cpu },
	{ 0 }
};

static const struct rule arms[] = {
	{ "name", TEXT, NULL },
	{ "variant", TEXT | OR_NULL, NULL },
	{ "summary", TEXT | OR_NULL | MAY_MISS, NULL },
	{ "settings", LIST, texts },
	{ 0 }
};

static const struct rule one_file[] = {
	{ "bytes", WHOLE, NULL },
	{ "crc32", TEXT, NULL },
	{ 0 }
};

static const struct rule files[] = { { "*", OBJECT, one_file }, { 0 } };

static const struct rule published_runs[] = {
	{ "arm_index", COUNT, NULL },
	{ "cell", COUNT, NULL },
	{ 0 }
};

static const struct rule published_figures[] = {
	{ "section", TEXT, NULL },
	{ "metric", TEXT, NULL },
	{ "stat", TEXT, NULL },
	{ "value", NUMBER, NULL },
	{ "unit", TEXT, NULL },
	{ 0 }
};

static const struct rule published_rows[] = {
	{ "version", TEXT, NULL },
	{ "conditions", TEXT, NULL },
	{ "figures", LIST, published_figures },
	{ "runs", LIST, published_runs },
	{ 0 }
};

static const struct rule published[] = {
	{ "hardware", TEXT, NULL },
	{ "note", TEXT, NULL },
	{ "rows", LIST, published_rows },
	{ 0 }
};

static const struct rule meta_rules[] = {
	{ "id", TEXT, NULL },
	{ "command", TEXT, NULL },
	{ "job", TEXT, NULL },
	{ "status", TEXT, NULL },
	{ "mode", TEXT, NULL },
	{ "runs", COUNT, NULL },
	{ "runs_done", COUNT, NULL },
	{ "no_performance_label", LIST, texts },
	{ "arms", LIST, arms },
	{ "machine", OBJECT, machine },
	{ "published", OBJECT | MAY_MISS, published },
	{ "files", OBJECT | MAY_MISS, files },
	{ 0 }
};

static const struct rule variant[] = {
	{ "served_by", TEXT, NULL },
	{ "granularity_observed", TEXT, NULL },
	{ 0 }
};

static const struct rule guard[] = {
	{ "on", BOOL, NULL },
	{ "reason", TEXT, NULL },
	{ 0 }
};

static const struct rule sections[] = {
	{ "section", TEXT, NULL },
	{ "workload", TEXT, NULL },
	{ "count", COUNT, NULL },
	{ "pin_every", COUNT, NULL },
	{ 0 }
};

static const struct rule audit[] = {
	{ "check", TEXT, NULL },
	{ "verdict", TEXT, NULL },
	{ "text", TEXT, NULL },
	{ 0 }
};

static const struct rule workers[] = {
	{ "dma_bytes", NUMBER | MAY_MISS, NULL },
	{ "guard_waits", NUMBER | MAY_MISS, NULL },
	{ "guard_wait_ns", NUMBER | MAY_MISS, NULL },
	{ 0 }
};

static const struct rule mdevs[] = {
	{ "pinned_pages", NUMBER, NULL },
	{ "unpinned_pages", NUMBER, NULL },
	{ "callback_unpinned_pages", NUMBER, NULL },
	{ "fenced_pins", NUMBER, NULL },
	{ "late_pins", NUMBER, NULL },
	{ 0 }
};

static const struct rule module[] = {
	{ "mdevs", LIST, mdevs },
	{ 0 }
};

static const struct rule metrics[] = {
	{ "section", TEXT, NULL },
	{ "metric", TEXT, NULL },
	{ "unit", TEXT, NULL },
	{ "count", WHOLE, NULL },
	{ "rate_per_s", NUMBER, NULL },
	{ "min", WHOLE, NULL },
	{ "p50", WHOLE, NULL },
	{ "p90", WHOLE, NULL },
	{ "p99", WHOLE, NULL },
	{ "p999", WHOLE, NULL },
	{ "max", WHOLE, NULL },
	{ "mean", NUMBER, NULL },
	{ "overflow", WHOLE, NULL },
	{ "buckets", LIST, NULL },
	{ 0 }
};

static const struct rule run_rules[] = {
	{ "number", COUNT, NULL },
	{ "arm", TEXT, NULL },
	{ "arm_index", COUNT, NULL },
	{ "session", TEXT, NULL },
	{ "cell", COUNT, NULL },
	{ "round", COUNT, NULL },
	{ "position", COUNT, NULL },
	{ "warmup", BOOL, NULL },
	{ "seed", WHOLE, NULL },
	{ "label", TEXT, NULL },
	{ "status", TEXT, NULL },
	{ "module_mode", TEXT, NULL },
	{ "variant", OBJECT | OR_NULL, variant },
	{ "guard", OBJECT, guard },
	{ "measured_s", NUMBER, NULL },
	{ "sections", LIST, sections },
	{ "audit", LIST, audit },
	{ "workers", LIST, workers },
	{ "module", OBJECT, module },
	{ "metrics", LIST | MAY_MISS, metrics },
	{ "files", OBJECT, files },
	{ 0 }
};

static const char *const wanted[] = {
	[TEXT] = "a text", [COUNT] = "a whole number from 0 to 2147483647",
	[WHOLE] = "a whole number from 0",
	[NUMBER] = "a number from 0", [BOOL] = "true or false", [LIST] = "a list",
	[OBJECT] = "an object",
};

static bool fits(const json_t *value, int type)
{
	if (json_is_null(value))
		return type & OR_NULL;
	switch (type & TYPE) {
	case TEXT:
		return json_is_string(value);
	case COUNT:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
		       json_integer_value(value) <= INT_MAX;
	case WHOLE:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case NUMBER:
		return json_is_number(value) && json_number_value(value) >= 0;
	case BOOL:
		return json_is_boolean(value);
	case LIST:
		return json_is_array(value);
	}
	return json_is_object(value);
}

/* Where the check is, for the message: "metrics[3].unit". */
struct place {
	char path[128];
	char *err;
	size_t size;
};

static int wrong(const struct place *at, const char *what)
{
	snprintf(at->err, at->size, "%s: %s is wanted", at->path, what);
	return -EINVAL;
}

static int check_value(struct place *at, const json_t *value, int type, const struct rule *below);

/* Names that a file chose, so each may be wrong in itself: one that leaves the folder is. */
static int check_each(struct place *at, const json_t *object, const struct rule *rule)
{
	size_t length = strlen(at->path);
	const char *name;
	json_t *value;
	int ret;

	json_object_foreach((json_t *)object, name, value) {
		snprintf(at->path + length, sizeof(at->path) - length, ".%.100s", name);
		if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 100)
			return wrong(at, "a file of the same folder");
		ret = check_value(at, value, rule->type, rule->below);
		if (ret)
			return ret;
	}
	at->path[length] = '\0';
	return 0;
}

static int check_object(struct place *at, const json_t *object, const struct rule *rule)
{
	size_t length = strlen(at->path);
	int ret = 0;

	if (*rule->key == '*')
		return check_each(at, object, rule);
	for (; rule->key && !ret; rule++) {
		const json_t *value = json_object_get(object, rule->key);

		snprintf(at->path + length, sizeof(at->path) - length, "%s%s", length ? "." : "",
			 rule->key);
		if (value || !(rule->type & MAY_MISS))
			ret = check_value(at, value, rule->type, rule->below);
		if (!ret)
			at->path[length] = '\0';
	}
	return ret;
}

static int check_list(struct place *at, const json_t *list, const struct rule *below)
{
	size_t length = strlen(at->path), i;
	const json_t *value;
	int ret = 0;

	json_array_foreach(list, i, value) {
		snprintf(at->path + length, sizeof(at->path) - length, "[%zu]", i);
		if (*below->key)
			ret = check_value(at, value, OBJECT, below);
		else
			ret = check_value(at, value, below->type, NULL);
		if (ret)
			return ret;
	}
	at->path[length] = '\0';
	return 0;
}

static int check_value(struct place *at, const json_t *value, int type, const struct rule *below)
{
	if (!value || !fits(value, type))
		return wrong(at, wanted[type & TYPE]);
	if ((type & TYPE) == LIST && below)
		return check_list(at, value, below);
	if ((type & TYPE) == OBJECT && !json_is_null(value))
		return check_object(at, value, below);
	return 0;
}

int vb_result_check_meta(const json_t *meta, char *err, size_t size)
{
	struct place at = { .path = "", .err = err, .size = size };
	int ret = check_object(&at, meta, meta_rules);
	bool running;

	if (ret)
		return ret;
	strcpy(at.path, "arms");
	if (!json_array_size(json_object_get(meta, "arms")))
		return wrong(&at, "at least one");
	running = !strcmp(json_string_value(json_object_get(meta, "status")), "running");
	strcpy(at.path, "files");
	return running || json_object_get(meta, "files") ? 0 : wrong(&at, wanted[OBJECT]);
}

/* The session and the arm are those of meta.json. */
static int check_origin(struct place *at, const json_t *run, const json_t *meta)
{
	const json_t *arms_of = json_object_get(meta, "arms");
	size_t index = (size_t)json_integer_value(json_object_get(run, "arm_index"));
	const json_t *arm = json_array_get(arms_of, index);

	strcpy(at->path, "session");
	if (!json_equal(json_object_get(run, "session"), json_object_get(meta, "id")))
		return wrong(at, "the id in meta.json: the run of another result");
	strcpy(at->path, "arm_index");
	if (!arm || !json_equal(json_object_get(arm, "name"), json_object_get(run, "arm")))
		return wrong(at, "the arm's place in meta.json");
	return 0;
}

int vb_result_check_run(const json_t *run, const json_t *meta, char *err, size_t size)
{
	struct place at = { .path = "", .err = err, .size = size };
	int ret = check_object(&at, run, run_rules);
	const json_t *section;
	size_t i;

	if (ret)
		return ret;
	json_array_foreach(json_object_get(run, "sections"), i, section) {
		snprintf(at.path, sizeof(at.path), "sections[%zu].count", i);
		if (!json_integer_value(json_object_get(section, "count")))
			return wrong(&at, "at least one mapping");
	}
	return check_origin(&at, run, meta);
}
