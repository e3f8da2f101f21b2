// SPDX-License-Identifier: GPL-2.0-or-later
/* Read a job file: inih gives the pairs, the table of keys says what they mean. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/job_entry.h"
#include "bench/engine/job_published.h"
#include "bench/engine/published.h"

#define JOB_NO_SECTION	(-2)
#define WHY_SIZE	384

/*
 * inih asks for the lines one by one and calls back for the pair of the line
 * that it got last, so the reader knows the line of every pair, and sees the
 * section headers, which inih tells nobody.
 */
struct reader {
	struct vb_job *job;
	struct vb_job_error *err;
	const char *text;
	size_t length;
	unsigned int line;
	int section;
	int ret;			/* not 0: stop */
};

static int bad_line(struct reader *r, const char *what)
{
	r->ret = job_error(r->err, r->job->path, r->line, "%s", what);
	return r->ret;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int published_section(struct reader *r)
{
	struct vb_job *job = r->job;

	if (job->published)
		return r->ret = job_error(r->err, job->path, r->line,
			"[published] again: it began in line %u: put its keys there",
			job->published->line);
	job->published = calloc(1, sizeof(*job->published));
	if (!job->published)
		return r->ret = -ENOMEM;
	job->published->line = r->line;
	r->section = JOB_PUBLISHED;
	return 0;
}

static int new_section(struct reader *r, const char *name, size_t length)
{
	struct vb_job *job = r->job;
	struct job_section *section;

	if (length == strlen("global") && !memcmp(name, "global", length)) {
		if (job->global_line)
			return r->ret = job_error(r->err, job->path, r->line,
				"[global] again: it began in line %u: put its keys there",
				job->global_line);
		job->global_line = r->line;
		r->section = JOB_GLOBAL;
		return 0;
	}
	if (length == strlen("published") && !memcmp(name, "published", length))
		return published_section(r);
	for (unsigned int i = 0; i < job->nr_sections; i++)
		if (!strncmp(job->section[i].name, name, length) && !job->section[i].name[length])
			return r->ret = job_error(r->err, job->path, r->line,
				"[%s] again: it began in line %u: rename one of them",
				job->section[i].name, job->section[i].line);
	if (job->nr_sections == VB_JOB_MAX_SECTIONS)
		return r->ret = job_error(r->err, job->path, r->line,
			"too many sections: at most %d", VB_JOB_MAX_SECTIONS);
	section = &job->section[job->nr_sections];
	memcpy(section->name, name, length);
	section->line = r->line;
	r->section = (int)job->nr_sections++;
	return 0;
}

static int section_line(struct reader *r, const char *line)
{
	const char *name = line + 1, *end = name, *rest;

	while (is_name_char(*end))
		end++;
	if (!strchr(name, ']'))
		return bad_line(r, "no ']' after the section's name");
	if (end == name || *end != ']')
		return bad_line(r, "bad section name: give one of a-z 0-9 _ -, such as [span]");
	if (end - name >= VB_JOB_NAME_MAX)
		return bad_line(r, "section name too long: give at most 63 characters");
	for (rest = end + 1; is_blank(*rest); rest++)
		;
	if (*rest && *rest != ';' && *rest != '#')
		return bad_line(r, "junk after the section's name: put the key on its own line");
	return new_section(r, name, (size_t)(end - name));
}

/* The next raw line, without its end; moves on. */
static const char *next_line(struct reader *r, size_t *length)
{
	const char *line = r->text, *end = memchr(line, '\n', r->length);

	*length = end ? (size_t)(end - line) : r->length;
	r->text += *length + (end ? 1 : 0);
	r->length -= *length + (end ? 1 : 0);
	r->line++;
	return line;
}

static int check_line(struct reader *r, const char *line, size_t length, size_t room)
{
	if (memchr(line, 0, length))
		return bad_line(r, "a NUL byte: not a text file");
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			return bad_line(r, "a control character: remove it");
	if (length > VB_JOB_LINE_MAX || length + 2 > room)
		return r->ret = job_error(r->err, r->job->path, r->line,
			"line of %zu bytes: at most %d", length, VB_JOB_LINE_MAX);
	return 0;
}

/*
 * inih's fgets().  Blanks around a line are taken off, for inih takes an
 * indented line for more of the value above.
 */
static char *read_line(char *buffer, int room, void *data)
{
	struct reader *r = data;
	const char *line;
	size_t length;

	if (r->ret || !r->length)
		return NULL;
	line = next_line(r, &length);
	if (r->line == 1 && length >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) {
		line += 3;
		length -= 3;
	}
	if (length && line[length - 1] == '\r')
		length--;
	while (length && is_blank(line[length - 1]))
		length--;
	for (; length && is_blank(*line); length--)
		line++;
	if (check_line(r, line, length, (size_t)room))
		return NULL;
	memcpy(buffer, line, length);
	memcpy(buffer + length, "", 1);
	if (*buffer == '[' && section_line(r, buffer))
		return NULL;
	memcpy(buffer + length, "\n", 2);
	return buffer;
}

static int read_pair(void *data, const char *section, const char *name, const char *value)
{
	const struct job_entry *earlier;
	struct reader *r = data;
	struct vb_job *job = r->job;
	struct job_entry entry;
	const struct vb_job_key *key;

	if (r->section == JOB_NO_SECTION) {
		bad_line(r, "a key before any section: begin with [global] or [NAME]");
		return 0;
	}
	if (r->section == JOB_PUBLISHED) {
		r->ret = job_published_add(job, r->line, name, value, r->err);
		return !r->ret;
	}
	r->ret = job_key_of(job, r->section, r->line, name, &key, r->err);
	if (r->ret)
		return 0;
	earlier = job_entry_find(job, r->section, key);
	if (earlier) {
		r->ret = job_error(r->err, job->path, r->line,
				   "[%s] %s= again: it stands in line %u: remove one",
				   job_section_name(job, r->section), name, earlier->line);
		return 0;
	}
	r->ret = job_entry_parse(job, key, r->section, r->line, value, &entry, r->err);
	if (!r->ret)
		r->ret = job_entry_add(job, &entry);
	return !r->ret;
}

/* What only the whole file shows. */
static int check_whole(const struct vb_job *job, struct vb_job_error *err)
{
	const struct vb_job_key *workload = job_key_find("workload");

	if (!job->nr_sections)
		return job_error(err, job->path, 0, job->global_line ?
			"no worker section: add one, such as [span] with workload=" :
			"empty: a job needs at least one section, such as [span] with workload=");
	for (unsigned int i = 0; i < job->nr_sections; i++)
		if (!job_entry_find(job, (int)i, workload))
			return job_error(err, job->path, job->section[i].line,
				"[%s] has no workload=: give %s", job->section[i].name,
				workload->values);
	return 0;
}

static struct vb_job *new_job(const char *path)
{
	struct vb_job *job = calloc(1, sizeof(*job));
	const char *name = strrchr(path, '/');
	size_t length;

	if (!job)
		return NULL;
	name = name ? name + 1 : path;
	length = strlen(name);
	if (length > 4 && !strcmp(name + length - 4, ".job"))
		length -= 4;
	job->path = strdup(path);
	job->name = strndup(name, length);
	if (job->path && job->name)
		return job;
	vb_job_free(job);
	return NULL;
}

int vb_job_parse(const char *name, const char *text, size_t length, struct vb_job **job,
		 struct vb_job_error *err)
{
	struct reader r = { .err = err, .text = text, .length = length,
			    .section = JOB_NO_SECTION };
	int line;

	*job = NULL;
	r.job = new_job(name);
	if (!r.job) {
		job_error(err, name, 0, "out of memory");
		return -ENOMEM;
	}
	/* inih goes on after a line that is no pair, and tells the first. */
	line = ini_parse_stream(read_line, &r, read_pair, &r);
	if (line > 0 && (!r.ret || (unsigned int)line < r.line))
		r.ret = job_error(err, name, (unsigned int)line,
				  "neither [section] nor key=value: mark a comment with ;");
	if (!r.ret)
		r.ret = check_whole(r.job, err);
	if (!r.ret)
		r.ret = job_published_finish(r.job, err);
	if (r.ret) {
		if (r.ret == -ENOMEM)
			job_error(err, name, 0, "out of memory");
		vb_job_free(r.job);
		return r.ret;
	}
	*job = r.job;
	return 0;
}

/* All of @fd into *text, one byte more than a job may have at most. */
static int slurp(int fd, char *text, size_t *length)
{
	ssize_t n;

	*length = 0;
	while (*length <= VB_JOB_FILE_MAX) {
		n = read(fd, text + *length, VB_JOB_FILE_MAX + 1 - *length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		*length += (size_t)n;
	}
	return 0;
}

static int read_error(struct vb_job_error *err, const char *path, int ret)
{
	job_error(err, path, 0, "can't be read: %s%s", strerror(-ret),
		  ret == -ENOENT ? ": 'vfio-bench list jobs' shows those there are" : "");
	return ret;
}

int vb_job_read(const char *path, struct vb_job **job, struct vb_job_error *err)
{
	size_t length;
	char *text;
	int fd, ret;

	*job = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return read_error(err, path, -errno);
	text = malloc(VB_JOB_FILE_MAX + 1);
	ret = text ? slurp(fd, text, &length) : -ENOMEM;
	close(fd);
	if (ret)
		read_error(err, path, ret);
	else if (length > VB_JOB_FILE_MAX)
		ret = job_error(err, path, 0, "larger than 1m: not a job file");
	else
		ret = vb_job_parse(path, text, length, job, err);
	free(text);
	return ret;
}

void vb_job_free(struct vb_job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->nr_entries; i++)
		job_entry_clear(&job->entry[i]);
	free(job->entry);
	job_published_free(job->published);
	free(job->path);
	free(job->name);
	free(job);
}

const char *vb_job_name(const struct vb_job *job)
{
	return job->name;
}
