// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads conformance.ini: inih gives the pairs; a section each is a promise. */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/conformance_impl.h"

#define LINE_MAX_BYTES	198	/* what inih has room for */

/*
 * As with jobs, inih asks for lines and calls back for the pair of the line before, so
 * the reader knows the line, and sees sections, of which inih tells nobody.
 */
struct reader {
	FILE *file;
	const char *path;
	const struct vb_promise *const *list;
	struct vb_conformance *conformance;
	struct entry *entry;		/* of the section; NULL: before the first */
	char key[16];			/* of the last pair: its value may go on */
	unsigned int line;
	int ret;			/* not 0: stop */
	char *err;
	size_t err_size;
};

const struct vb_promise *vb_promise_at(const struct vb_promise *const *list, unsigned int index)
{
	for (; *list; list++)
		for (const struct vb_promise *promise = *list; promise->name; promise++)
			if (!index--)
				return promise;
	return NULL;
}

static int bad(struct reader *r, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The text may hold bytes of the file, which need not be printable. */
static int bad(struct reader *r, unsigned int line, const char *format, ...)
{
	int used = snprintf(r->err, r->err_size, "%.200s:%u: ", r->path, line);
	va_list ap;

	va_start(ap, format);
	if (used > 0 && (size_t)used < r->err_size)
		vsnprintf(r->err + used, r->err_size - (size_t)used, format, ap);
	va_end(ap);
	for (char *c = r->err; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	return r->ret = -EINVAL;
}

/* Where the promise stands in the list, or -ENOENT. */
static int find_promise(const struct vb_promise *const *list, const char *name, size_t length)
{
	const struct vb_promise *promise;

	for (unsigned int i = 0; (promise = vb_promise_at(list, i)); i++)
		if (strlen(promise->name) == length && !memcmp(promise->name, name, length))
			return (int)i;
	return -ENOENT;
}

static int new_section(struct reader *r, const char *line)
{
	const char *end = strchr(line, ']');
	size_t length;
	int index;

	if (!end)
		return bad(r, r->line, "no ']' after the section's name");
	if (end[1 + strspn(end + 1, " \t\r\n")])
		return bad(r, r->line, "junk after the section's name");
	length = (size_t)(end - line - 1);
	index = find_promise(r->list, line + 1, length);
	if (index < 0)
		return bad(r, r->line, "[%.*s]: no such promise: the workload conformance does not ask it",
			   length < 60 ? (int)length : 60, line + 1);
	r->entry = &r->conformance->entry[index];
	if (r->entry->line)
		return bad(r, r->line, "[%s] again: it began in line %u", r->entry->name,
			   r->entry->line);
	r->entry->line = r->line;
	*r->key = '\0';
	memcpy(r->entry->name, line + 1, length);
	return 0;
}

static char *read_line(char *buffer, int room, void *data)
{
	struct reader *r = data;
	size_t length;

	if (r->ret || !fgets(buffer, room, r->file))
		return NULL;
	r->line++;
	length = strlen(buffer);
	if (length > LINE_MAX_BYTES || (length + 1 == (size_t)room && buffer[length - 1] != '\n')) {
		bad(r, r->line, "a line of more than %d bytes", LINE_MAX_BYTES);
		return NULL;
	}
	if (*buffer == '[' && new_section(r, buffer))
		return NULL;
	return buffer;
}

/* inih gives a value that goes on in an indented line as one more pair of its key. */
static int append(char **field, const char *value)
{
	char *grown;

	if (!*field) {
		*field = strdup(value);
		return *field ? 0 : -ENOMEM;
	}
	if (asprintf(&grown, "%s %s", *field, value) < 0)
		return -ENOMEM;
	free(*field);
	*field = grown;
	return 0;
}

static int set_kind(struct reader *r, const char *value)
{
	static const char *const names[] = { "errno", "count", "bytes", "yesno" };
	const struct vb_promise *promise = vb_promise_at(r->list,
		(unsigned int)(r->entry - r->conformance->entry));
	unsigned int kind = 0;

	while (kind < sizeof(names) / sizeof(names[0]) && strcmp(names[kind], value))
		kind++;
	if (kind == sizeof(names) / sizeof(names[0]))
		return bad(r, r->line, "[%s] kind=%.40s: give errno, count, bytes or yesno",
			   r->entry->name, value);
	if (kind != promise->kind)
		return bad(r, r->line, "[%s] kind=%s: the workload's answer is of kind %s",
			   r->entry->name, value, names[promise->kind]);
	r->entry->kind = promise->kind;
	r->entry->has_kind = true;
	return 0;
}

/* An answer with conditions has a reason; the default is the first and has none. */
static int finish_answer(struct reader *r)
{
	struct entry *e = r->entry;

	if (e && e->nr > 1 && !e->answer[e->nr - 1].because)
		return bad(r, e->answer[e->nr - 1].line, "[%s] an answer that differs without a because=: "
			   "say why, and where it stands", e->name);
	return 0;
}

static int add_answer(struct reader *r, const char *value)
{
	struct entry *e = r->entry;
	struct entry_answer *answer;
	char why[200];
	int ret;

	if (!e->has_kind)
		return bad(r, r->line, "[%s] answer= before kind=", e->name);
	if (finish_answer(r))
		return r->ret;
	if (e->nr == CONFORMANCE_ANSWERS)
		return bad(r, r->line, "[%s] more than %d answers", e->name, CONFORMANCE_ANSWERS);
	answer = &e->answer[e->nr];
	answer->line = r->line;
	ret = conformance_answer(value, e->kind, answer, why, sizeof(why));
	e->nr++;	/* also if it is wrong: for vb_conformance_free() */
	if (ret == -EINVAL)
		return bad(r, r->line, "[%s] %s", e->name, why);
	if (ret)
		return r->ret = ret;
	if (e->nr == 1 && answer->nr_conditions)
		return bad(r, r->line, "[%s] the first answer is the default: it has no conditions",
			   e->name);
	if (e->nr == 1 && answer->expected.silent)
		return bad(r, r->line, "[%s] the first answer is the default: it can't be '-'", e->name);
	if (e->nr > 1 && !answer->nr_conditions)
		return bad(r, r->line, "[%s] a second answer without conditions", e->name);
	return 0;
}

static int add_because(struct reader *r, const char *value, bool goes_on)
{
	struct entry *e = r->entry;
	struct entry_answer *answer = e->nr ? &e->answer[e->nr - 1] : NULL;

	if (e->nr < 2)
		return bad(r, r->line, "[%s] because= belongs behind an answer that differs", e->name);
	if (answer->because && !goes_on)
		return bad(r, r->line, "[%s] because= again", e->name);
	return r->ret = append(&answer->because, value);
}

static int read_pair(void *data, const char *section, const char *name, const char *value)
{
	struct reader *r = data;
	bool goes_on = !strcmp(r->key, name);

	if (!r->entry)
		return !bad(r, r->line, "a key before any section: begin with [PROMISE]");
	snprintf(r->key, sizeof(r->key), "%s", name);
	if (!*value)
		return !bad(r, r->line, "[%s] %.40s=: no value", r->entry->name, name);
	if (!strcmp(name, "text")) {
		if (r->entry->text && !goes_on)
			return !bad(r, r->line, "[%s] text= again", r->entry->name);
		return !(r->ret = append(&r->entry->text, value));
	}
	if (!strcmp(name, "kind"))
		return !set_kind(r, value);
	if (!strcmp(name, "answer"))
		return !add_answer(r, value);
	if (!strcmp(name, "because"))
		return !add_because(r, value, goes_on);
	return !bad(r, r->line, "[%s] unknown key '%.40s': give text, kind, answer or because",
		    r->entry->name, name);
}

static void point(struct entry_answer *answer)
{
	answer->expected.where = answer->where ? answer->where : "";
	answer->expected.because = answer->because ? answer->because : "";
}

/* The whole file was read: every promise is there, and has what it needs. */
static int finish(struct reader *r)
{
	const struct vb_promise *promise;
	unsigned int nr = 0;

	for (; (promise = vb_promise_at(r->list, nr)); nr++) {
		r->entry = &r->conformance->entry[nr];
		if (!r->entry->line)
			return bad(r, r->line, "no section [%s]: the workload conformance asks it",
				   promise->name);
		if (!r->entry->text || !r->entry->nr)
			return bad(r, r->entry->line, "[%s] has no %s=", promise->name,
				   r->entry->text ? "answer" : "text");
		if (finish_answer(r))
			return r->ret;
		for (unsigned int a = 0; a < r->entry->nr; a++)
			point(&r->entry->answer[a]);
	}
	r->conformance->nr = nr;
	return 0;
}

static int read_file(struct reader *r)
{
	int line;

	r->file = fopen(r->path, "re");
	if (!r->file) {
		r->ret = -errno;
		snprintf(r->err, r->err_size, "%.200s: %s", r->path, strerror(errno));
		return r->ret;
	}
	line = ini_parse_stream(read_line, r, read_pair, r);
	if (!r->ret && ferror(r->file)) {
		r->ret = -EIO;
		snprintf(r->err, r->err_size, "%.200s: can't be read", r->path);
	}
	if (!r->ret && line > 0)
		bad(r, (unsigned int)line, "neither a section nor KEY=VALUE");
	if (!r->ret && line < 0)
		r->ret = -ENOMEM;
	fclose(r->file);
	return r->ret ? r->ret : finish(r);
}

int vb_conformance_read(const char *path, const struct vb_promise *const *list,
			struct vb_conformance **conformance, char *err, size_t err_size)
{
	struct reader r = { .path = path, .list = list, .err = err, .err_size = err_size };
	int ret;

	*err = '\0';
	r.conformance = calloc(1, sizeof(*r.conformance));
	ret = r.conformance ? read_file(&r) : -ENOMEM;
	if (ret && !*err)
		snprintf(err, err_size, "%.200s: %s", path, strerror(-ret));
	if (ret)
		vb_conformance_free(r.conformance);
	else
		*conformance = r.conformance;
	return ret;
}

void vb_conformance_free(struct vb_conformance *conformance)
{
	for (unsigned int e = 0; conformance && e < VB_MAX_PROMISES; e++) {
		struct entry *entry = &conformance->entry[e];

		free(entry->text);
		for (unsigned int a = 0; a < entry->nr; a++) {
			free(entry->answer[a].where);
			free(entry->answer[a].because);
		}
	}
	free(conformance);
}
