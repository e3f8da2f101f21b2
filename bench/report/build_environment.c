// SPDX-License-Identifier: GPL-2.0-or-later
/* Every fact of the machine, and what its kernel logged. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"

#define KEY_DEPTH 6
#define LOG_BYTES (64u << 10)

static void put_fact(struct vb_doc *doc, const char *key, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		vb_doc_pair(doc, VB_VIEW_PAGES, key, "%s", *json_string_value(value) ?
			    json_string_value(value) : "(empty)");
		break;
	case JSON_INTEGER:
		vb_doc_pair(doc, VB_VIEW_PAGES, key, "%" JSON_INTEGER_FORMAT,
			    json_integer_value(value));
		break;
	case JSON_REAL:
		vb_doc_pair(doc, VB_VIEW_PAGES, key, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		vb_doc_pair(doc, VB_VIEW_PAGES, key, json_is_true(value) ? "yes" : "no");
		break;
	default:
		vb_doc_pair(doc, VB_VIEW_PAGES, key, "not known");
		break;
	}
}

static bool all_numbers(const json_t *list)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (!json_is_integer(value))
			return false;
	return true;
}

/* Keys as paths: "cpu governor", "memory nodes 0 cpus". */
static void put_facts(struct vb_doc *doc, const char *prefix, const json_t *value, int depth)
{
	const json_t *inner;
	const char *key, *text = "";
	size_t i;

	if (json_is_object(value) && depth < KEY_DEPTH) {
		json_object_foreach((json_t *)value, key, inner)
			put_facts(doc, vb_doc_str(doc, "%s%s%s", prefix, *prefix ? " " : "", key),
				  inner,
				  depth + 1);
	} else if (json_is_array(value) && all_numbers(value)) {
		json_array_foreach(value, i, inner)
			text = vb_doc_str(doc, "%s%s%" JSON_INTEGER_FORMAT, text, i ? " " : "",
					  json_integer_value(inner));
		vb_doc_pair(doc, VB_VIEW_PAGES, prefix, "%s", *text ? text : "none");
	} else if (json_is_array(value) && depth < KEY_DEPTH) {
		json_array_foreach(value, i, inner)
			put_facts(doc, vb_doc_str(doc, "%s %zu", prefix, i), inner, depth + 1);
	} else if (!json_is_object(value) && !json_is_array(value)) {
		put_fact(doc, prefix, value);
	}
}

/* The last of the file, from a line's begin; NULL: there is none, or it is empty. */
static char *tail_of(const struct vb_result *r, bool *cut)
{
	char *text = malloc(LOG_BYTES + 1), *line, err[300];
	size_t length;
	FILE *file;

	*cut = false;
	if (!text || vb_result_open_file(r, VB_RESULT_TOP, "kernel.log", &file, err, sizeof(err))) {
		free(text);
		return NULL;
	}
	if (!fseek(file, -(long)LOG_BYTES, SEEK_END))
		*cut = ftell(file) > 0;
	else
		rewind(file);
	length = fread(text, 1, LOG_BYTES, file);
	fclose(file);
	text[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (!text[i])
			text[i] = '?';
	line = *cut ? strchr(text, '\n') : NULL;
	if (line)
		memmove(text, line + 1, strlen(line + 1) + 1);
	if (*text)
		return text;
	free(text);
	return NULL;
}

static void put_log(struct vb_doc *doc, const struct vb_source *s)
{
	bool cut;
	char *text = tail_of(s->result, &cut);

	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "kernel-log", "Kernel log");
	if (text && cut)
		vb_doc_para(doc, VB_VIEW_PAGES, "The last %u KiB of kernel.log:", LOG_BYTES >> 10);
	if (text)
		vb_doc_pre(doc, VB_VIEW_PAGES, text);
	else
		vb_doc_para(doc, VB_VIEW_PAGES, "The kernel logged nothing, or its log was not "
			    "readable.");
	free(text);
}

void vb_build_environment(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *device = json_object_get(s->result->meta, "device");

	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "environment", "Environment");
	vb_doc_fold(doc, VB_VIEW_PAGES, "Every fact that was collected");
	put_facts(doc, "", json_object_get(s->result->meta, "machine"), 0);
	if (json_is_object(device))
		put_facts(doc, "device", device, 0);
	vb_doc_fold_end(doc, VB_VIEW_PAGES);
	put_log(doc, s);
}
