// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of job files: parse, format, keep. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/job_impl.h"
#include "lib/result/lost.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first: the formatter takes the first that divides. */
static const struct unit size_units[] = {
	{ "t", 1ull << 40 }, { "g", 1ull << 30 }, { "m", 1ull << 20 }, { "k", 1ull << 10 },
	{ "", 1 }, { NULL }
};

static const struct unit time_units[] = {
	{ "h", 3600000000000ull }, { "m", 60000000000ull }, { "s", 1000000000 },
	{ "ms", 1000000 }, { "us", 1000 }, { "ns", 1 }, { NULL }
};

static const struct unit no_units[] = { { "", 1 }, { NULL } };

static const struct unit *units_of(const struct vb_job_key *key)
{
	if (key->type == VB_JOB_SIZE)
		return size_units;
	return key->type == VB_JOB_TIME ? time_units : no_units;
}

static int refuse(const struct vb_job_key *key, char *why, size_t size, const char *what)
{
	const char *units = "";

	if (key->type == VB_JOB_SIZE)
		units = " (in bytes or with k, m, g, t)";
	else if (key->type == VB_JOB_TIME)
		units = " (with ns, us, ms, s, m, h)";
	snprintf(why, size, "%s: give %s%s", what, key->values, units);
	return -EINVAL;
}

/* Digits at the start of *text; moves it past them. */
static int parse_digits(const char **text, uint64_t *number)
{
	const char *c = *text;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*c))
		return -EINVAL;
	for (; isdigit((unsigned char)*c); c++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*c - '0'), &n))
			return -ERANGE;
	*text = c;
	*number = n;
	return 0;
}

static const struct unit *find_unit(const struct vb_job_key *key, const char *name)
{
	const struct unit *unit;

	for (unit = units_of(key); unit->name; unit++)
		if (!strcmp(unit->name, name))
			return unit;
	/* 4K is as good as 4k; of times only lower case is: M is no minute. */
	if (key->type == VB_JOB_SIZE)
		for (unit = units_of(key); unit->name; unit++)
			if (!strcasecmp(unit->name, name))
				return unit;
	return NULL;
}

static int parse_number(const struct vb_job_key *key, const char *text, uint64_t *number,
			char *why, size_t size)
{
	const char *rest = text;
	const struct unit *unit;
	char what[96];
	int ret;

	if (*text == '-')
		return refuse(key, why, size, "negative");
	ret = parse_digits(&rest, number);
	if (ret)
		return refuse(key, why, size, ret == -ERANGE ? "too large" : "not a number");
	unit = find_unit(key, rest);
	if (!unit && !*rest)
		return refuse(key, why, size, "no unit");
	if (!unit && units_of(key) == no_units) {
		snprintf(what, sizeof(what), "junk after the number: '%.40s'", rest);
		return refuse(key, why, size, what);
	}
	if (!unit) {
		snprintf(what, sizeof(what), "unknown unit '%.40s'", rest);
		return refuse(key, why, size, what);
	}
	if (__builtin_mul_overflow(*number, unit->factor, number) || *number > key->max)
		return refuse(key, why, size, "too large");
	if (*number < key->min)
		return refuse(key, why, size, "too small");
	if (key->type == VB_JOB_SIZE && *number % VB_JOB_PAGE)
		return refuse(key, why, size, "not a multiple of 4k");
	return 0;
}

static int parse_choice(const struct vb_job_key *key, const char *text, char *why, size_t size)
{
	struct job_names names = { 0 };
	char suggestion[320];

	for (const struct vb_job_word *word = key->words; word->name; word++)
		job_names_add(&names, word->name);
	job_suggest(&names, text, suggestion, sizeof(suggestion));
	snprintf(why, size, "no such value: %s", suggestion);
	return -EINVAL;
}

static int parse_workload(const char *text, uint64_t *number, char *why, size_t size)
{
	const struct vb_workload_ops *ops = vb_workload_find(text);
	struct job_names names = { 0 };
	char suggestion[320];

	*number = (uintptr_t)ops;
	if (ops)
		return 0;
	for (const struct vb_workload_ops *const *w = vb_workload_list; *w; w++)
		job_names_add(&names, (*w)->name);
	job_suggest(&names, text, suggestion, sizeof(suggestion));
	snprintf(why, size, "no such workload: %s", suggestion);
	return -EINVAL;
}

static int parse_iommu(const char *text, uint64_t *number, char *why, size_t size)
{
	const struct vb_iommu_ops *ops = vb_iommu_find(text);
	struct job_names names = { 0 };
	char suggestion[320];

	*number = (uintptr_t)ops;
	if (ops)
		return 0;
	for (const struct vb_iommu_ops *const *i = vb_iommu_list; *i; i++)
		job_names_add(&names, (*i)->name);
	job_suggest(&names, text, suggestion, sizeof(suggestion));
	snprintf(why, size, "no such IOMMU mode: %s", suggestion);
	return -EINVAL;
}

/* Texts go into JSON and back into job files: UTF-8, nothing that inih takes for a comment. */
static int parse_text(const struct vb_job_key *key, const char *text, char **copy, char *why,
		      size_t size)
{
	json_t *json;

	if (strlen(text) >= key->width) {
		snprintf(why, size, "too long: give at most %zu bytes", key->width - 1);
		return -EINVAL;
	}
	if (strstr(text, " ;") || strstr(text, "\t;")) {
		snprintf(why, size, "' ;' begins a comment: use another mark");
		return -EINVAL;
	}
	json = json_string(text);
	if (!json && vb_memory_was_lost())
		return -ENOMEM;
	if (!json) {
		snprintf(why, size, "not UTF-8: save the file as UTF-8");
		return -EINVAL;
	}
	json_decref(json);
	*copy = strdup(text);
	return *copy ? 0 : -ENOMEM;
}

int job_value_parse(const struct vb_job_key *key, const char *text, struct job_value *value,
		    char *why, size_t size)
{
	*value = (struct job_value){ 0 };
	for (const struct vb_job_word *word = key->words; word && word->name; word++) {
		if (!strcmp(word->name, text)) {
			value->number = word->value;
			return 0;
		}
	}
	switch (key->type) {
	case VB_JOB_SIZE:
	case VB_JOB_TIME:
	case VB_JOB_NUMBER:
	case VB_JOB_NODE:
		return parse_number(key, text, &value->number, why, size);
	case VB_JOB_CHOICE:
		return parse_choice(key, text, why, size);
	case VB_JOB_WORKLOAD:
		return parse_workload(text, &value->number, why, size);
	case VB_JOB_IOMMU:
		return parse_iommu(text, &value->number, why, size);
	case VB_JOB_TEXT:
		return parse_text(key, text, &value->text, why, size);
	}
	return -EINVAL;
}

static void format_number(const struct vb_job_key *key, uint64_t number, char *text, size_t size)
{
	const struct unit *unit = units_of(key);

	if (!number && key->type == VB_JOB_TIME) {
		snprintf(text, size, "0s");
		return;
	}
	while (unit->factor > 1 && (!number || number % unit->factor))
		unit++;
	snprintf(text, size, "%" PRIu64 "%s", number / unit->factor, unit->name);
}

void job_value_format(const struct vb_job_key *key, uint64_t number, char *text, size_t size)
{
	const void *ops = (const void *)(uintptr_t)number;

	for (const struct vb_job_word *word = key->words; word && word->name; word++) {
		if (word->value == number) {
			snprintf(text, size, "%s", word->name);
			return;
		}
	}
	if (key->type == VB_JOB_WORKLOAD)
		snprintf(text, size, "%s", ops ? ((const struct vb_workload_ops *)ops)->name : "");
	else if (key->type == VB_JOB_IOMMU)
		snprintf(text, size, "%s", ops ? ((const struct vb_iommu_ops *)ops)->name : "");
	else
		format_number(key, number, text, size);
}

void job_value_store(const struct vb_job_key *key, const struct job_value *value, void *base)
{
	void *field = (char *)base + key->offset;
	const void *pointer = (const void *)(uintptr_t)value->number;
	uint32_t word = (uint32_t)value->number;
	bool flag = value->number;

	if (key->type == VB_JOB_TEXT)
		snprintf(field, key->width, "%s", value->text);
	else if (key->type == VB_JOB_WORKLOAD || key->type == VB_JOB_IOMMU)
		memcpy(field, &pointer, sizeof(pointer));
	else if (key->width == sizeof(uint64_t))
		memcpy(field, &value->number, sizeof(value->number));
	else if (key->width == sizeof(uint32_t))
		memcpy(field, &word, sizeof(word));
	else
		memcpy(field, &flag, sizeof(flag));
}

uint64_t job_value_load(const struct vb_job_key *key, const void *base)
{
	const void *field = (const char *)base + key->offset;
	const void *pointer;
	uint64_t number;
	uint32_t word;
	bool flag;

	if (key->type == VB_JOB_WORKLOAD || key->type == VB_JOB_IOMMU) {
		memcpy(&pointer, field, sizeof(pointer));
		return (uintptr_t)pointer;
	}
	if (key->width == sizeof(number)) {
		memcpy(&number, field, sizeof(number));
		return number;
	}
	if (key->width == sizeof(word)) {
		memcpy(&word, field, sizeof(word));
		return key->type == VB_JOB_NODE ? (uint64_t)(int32_t)word : word;
	}
	memcpy(&flag, field, sizeof(flag));
	return flag;
}
