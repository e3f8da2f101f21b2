// SPDX-License-Identifier: GPL-2.0-or-later
/* The two files of intervals. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/result/intervals.h"

#define MAX_FIELDS 8

uint32_t vb_coarse_index(uint64_t ns)
{
	uint32_t shift;

	if (ns < 1u << VB_COARSE_BITS)
		return (uint32_t)ns;
	if (ns >> VB_COARSE_MAX_BITS)
		return VB_COARSE_BUCKETS - 1;
	shift = 63 - VB_COARSE_BITS - (uint32_t)__builtin_clzll(ns);
	return (shift << VB_COARSE_BITS) + (uint32_t)(ns >> shift);
}

uint64_t vb_coarse_low(uint32_t bucket)
{
	const uint32_t sub = 1u << VB_COARSE_BITS;
	uint32_t shift;

	if (bucket < sub)
		return bucket;
	shift = (bucket >> VB_COARSE_BITS) - 1;
	return (uint64_t)(sub + (bucket & (sub - 1))) << shift;
}

static int number(const char *text, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return *end || errno ? -EINVAL : 0;
}

/* Not strtod(): it knows the locale, hexadecimal and "nan". */
static int real(const char *text, double *out)
{
	static const double scale[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
	char whole[24];
	size_t length = strcspn(text, ".");
	uint64_t high, low = 0;
	size_t digits = 0;

	if (length >= sizeof(whole))
		return -EINVAL;
	memcpy(whole, text, length);
	whole[length] = 0;
	if (text[length]) {
		digits = strlen(text + length + 1);
		if (!digits || digits > 9 || number(text + length + 1, &low))
			return -EINVAL;
	}
	if (number(whole, &high))
		return -EINVAL;
	*out = (double)high + (double)low / scale[digits];
	return 0;
}

static int word(const char *text, char *out, size_t size)
{
	if (!*text || strlen(text) >= size)
		return -EINVAL;
	strcpy(out, text);
	return 0;
}

/* One line into @record; -EINVAL. */
typedef int (*line_parser)(char *const *field, void *record);

static int parse_interval(char *const *field, void *record)
{
	struct vb_interval *i = record;
	uint64_t worker;

	if (real(field[0], &i->time_s) || word(field[1], i->phase, sizeof(i->phase)) ||
	    number(field[2], &worker) || worker > 65535 ||
	    word(field[3], i->section, sizeof(i->section)) || number(field[4], &i->steps) ||
	    number(field[5], &i->mapped_bytes) || number(field[6], &i->unmapped_bytes) ||
	    number(field[7], &i->requests))
		return -EINVAL;
	i->worker = (unsigned int)worker;
	return 0;
}

static int parse_latency(char *const *field, void *record)
{
	struct vb_latency *l = record;

	return real(field[0], &l->time_s) || word(field[1], l->section, sizeof(l->section)) ||
	       word(field[2], l->metric, sizeof(l->metric)) || number(field[3], &l->bucket_ns) ||
	       number(field[4], &l->count) || !l->count ||
	       vb_coarse_low(vb_coarse_index(l->bucket_ns)) != l->bucket_ns ? -EINVAL : 0;
}

/* How one of the files is read. */
struct table {
	const char *head;
	size_t fields, size;		/* of a line; of a record */
	line_parser parse;
	char *record;
	size_t nr, room;
};

static int add_line(struct table *t, char *line)
{
	char *field[MAX_FIELDS], *rest = line;
	size_t n = 0;

	for (char *one; (one = strsep(&rest, ",")); n++)
		if (n == t->fields)
			return -EINVAL;
		else
			field[n] = one;
	if (n != t->fields)
		return -EINVAL;
	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 256;
		char *grown = realloc(t->record, room * t->size);

		if (!grown)
			return -ENOMEM;
		t->record = grown;
		t->room = room;
	}
	memset(t->record + t->nr * t->size, 0, t->size);
	return t->parse(field, t->record + t->nr++ * t->size);
}

static int open_file(const char *path, FILE **file)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	*file = !fstat(fd, &st) && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (*file)
		return 0;
	close(fd);
	return -EINVAL;
}

static int read_lines(struct table *t, FILE *file, unsigned int *at)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int ret = 0;

	for (*at = 1; !ret && (length = getline(&line, &room, file)) >= 0; ++*at) {
		/* No newline: a run that was killed, or a file that was cut. */
		if (line[length - 1] != '\n' || strlen(line) != (size_t)length) {
			ret = -EINVAL;
			break;
		}
		line[length - 1] = 0;
		if (*at == 1)
			ret = strcmp(line, t->head) ? -EINVAL : 0;
		else
			ret = add_line(t, line);
		if (ret)
			break;
	}
	if (!ret && (ferror(file) || *at == 1))
		ret = ferror(file) ? -EIO : -EINVAL;
	free(line);
	return ret;
}

static int read_table(struct table *t, FILE *file, const char *name, char *err, size_t size)
{
	unsigned int at = 1;
	int ret = read_lines(t, file, &at);

	if (!ret)
		return 0;
	snprintf(err, size, "%s:%u: %s", name, at, ret != -EINVAL ? strerror(-ret) : at == 1 ?
		 "another head line than this program reads" : "not a line of this file, or cut off");
	free(t->record);
	t->record = NULL;
	t->nr = 0;
	return ret;
}

static int read_path(struct table *t, const char *path, char *err, size_t size)
{
	FILE *file = NULL;
	int ret = open_file(path, &file);

	if (ret) {
		snprintf(err, size, "%s: %s", path, ret == -EINVAL ? "not an ordinary file" :
			 strerror(-ret));
		return ret;
	}
	ret = read_table(t, file, path, err, size);
	fclose(file);
	return ret;
}

static const struct table interval_table = {
	.head = VB_INTERVALS_HEAD, .fields = 8, .size = sizeof(struct vb_interval),
	.parse = parse_interval,
};

static const struct table latency_table = {
	.head = VB_LATENCY_HEAD, .fields = 5, .size = sizeof(struct vb_latency),
	.parse = parse_latency,
};

int vb_intervals_read_file(FILE *file, const char *name, struct vb_interval **lines, size_t *nr,
			   char *err, size_t size)
{
	struct table t = interval_table;
	int ret = read_table(&t, file, name, err, size);

	*lines = (void *)t.record;
	*nr = t.nr;
	return ret;
}

int vb_intervals_read(const char *path, struct vb_interval **lines, size_t *nr, char *err,
		      size_t size)
{
	struct table t = interval_table;
	int ret = read_path(&t, path, err, size);

	*lines = (void *)t.record;
	*nr = t.nr;
	return ret;
}

int vb_latency_read_file(FILE *file, const char *name, struct vb_latency **lines, size_t *nr,
			 char *err, size_t size)
{
	struct table t = latency_table;
	int ret = read_table(&t, file, name, err, size);

	*lines = (void *)t.record;
	*nr = t.nr;
	return ret;
}

int vb_latency_read(const char *path, struct vb_latency **lines, size_t *nr, char *err,
		    size_t size)
{
	struct table t = latency_table;
	int ret = read_path(&t, path, err, size);

	*lines = (void *)t.record;
	*nr = t.nr;
	return ret;
}

/* Steps of @section's workers at each time of the measured part; how many times. */
static size_t totals(const struct vb_interval *lines, size_t nr, const char *section,
		     double *time_s, double *steps)
{
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		if (strcmp(lines[i].phase, "measure") || strcmp(lines[i].section, section))
			continue;
		if (!n || lines[i].time_s > time_s[n - 1]) {
			time_s[n] = lines[i].time_s;
			steps[n++] = 0;
		}
		steps[n - 1] += (double)lines[i].steps;
	}
	return n;
}

int vb_interval_rates(const struct vb_interval *lines, size_t nr, const char *section,
		      struct vb_interval_rates *r)
{
	size_t n;

	r->nr = 0;
	r->time_s = calloc(nr + 1, sizeof(double));
	r->per_s = calloc(nr + 1, sizeof(double));
	if (!r->time_s || !r->per_s) {
		vb_interval_rates_free(r);
		return -ENOMEM;
	}
	n = totals(lines, nr, section, r->time_s, r->per_s);
	for (size_t i = 0; i + 1 < n; i++) {
		r->per_s[i] = (r->per_s[i + 1] - r->per_s[i]) / (r->time_s[i + 1] - r->time_s[i]);
		r->time_s[i] = r->time_s[i + 1];
	}
	r->nr = n > 1 ? n - 1 : 0;
	return 0;
}

void vb_interval_rates_free(struct vb_interval_rates *r)
{
	free(r->time_s);
	free(r->per_s);
	memset(r, 0, sizeof(*r));
}
