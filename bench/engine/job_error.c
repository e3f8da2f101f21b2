// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with a job file, in words. */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/job_impl.h"

#define SUGGEST_MAX	48	/* longer words are no typing errors */
#define SUGGEST_EDITS	2

/* The text may hold bytes of the file: make it fit for terminals and JSON. */
static void clean(char *text)
{
	json_t *json = json_string(text);

	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || (!json && (unsigned char)*c > 0x7f))
			*c = '?';
	json_decref(json);
}

int job_error(struct vb_job_error *err, const char *path, unsigned int line, const char *format,
	      ...)
{
	char where[16] = "";
	va_list ap;
	int used;

	if (line)
		snprintf(where, sizeof(where), ":%u", line);
	err->line = line;
	used = snprintf(err->text, sizeof(err->text), "%.200s%s: ", path, where);
	va_start(ap, format);
	vsnprintf(err->text + used, sizeof(err->text) - used, format, ap);
	va_end(ap);
	clean(err->text);
	return -EINVAL;
}

void job_names_add(struct job_names *names, const char *name)
{
	if (names->nr < sizeof(names->name) / sizeof(names->name[0]))
		names->name[names->nr++] = name;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

static bool differ(char a, char b)
{
	return tolower((unsigned char)a) != tolower((unsigned char)b);
}

/* Levenshtein, one row at a time. */
static size_t edits(const char *a, const char *b)
{
	size_t row[SUGGEST_MAX + 1], length = strlen(b), before, above;

	if (strlen(a) > SUGGEST_MAX || length > SUGGEST_MAX)
		return SUGGEST_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		before = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1,
				      before + differ(a[i - 1], b[j - 1]));
			before = above;
		}
	}
	return row[length];
}

void job_suggest(const struct job_names *names, const char *wrong, char *text, size_t size)
{
	size_t best = SUGGEST_EDITS + 1, used = 0, distance;
	const char *near = NULL;

	for (size_t i = 0; i < names->nr; i++) {
		distance = edits(wrong, names->name[i]);
		/* Two edits make any two-letter word out of any other. */
		if (distance < best && distance < strlen(wrong)) {
			best = distance;
			near = names->name[i];
		}
	}
	if (near)
		used = (size_t)snprintf(text, size, "did you mean '%s'? ", near);
	if (used < size)
		used += (size_t)snprintf(text + used, size - used, "valid: ");
	for (size_t i = 0; i < names->nr && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 names->name[i]);
}
