// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/interrupts and /proc/softirqs: a head of CPUs, a line for each source. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/noise-internal.h"
#include "lib/machine/sysfs.h"

void vb_table_free(struct vb_table *table)
{
	free(table->line);
	free(table->count);
	memset(table, 0, sizeof(*table));
}

/* The head "CPU0 CPU2 ...": its columns as places in @cpus, -1: not wanted. */
static int read_head(char *text, const int *cpus, size_t nr_cpus, int **columns, size_t *nr)
{
	size_t room = strlen(text) / 4 + 1, found = 0;	/* "CPU0" and no space is the least */
	char *save, *word = strtok_r(text, " \t\n", &save);
	int cpu, rest;

	*nr = 0;
	*columns = malloc(room * sizeof(**columns));
	if (!*columns)
		return -ENOMEM;
	for (; word; word = strtok_r(NULL, " \t\n", &save)) {
		if (sscanf(word, "CPU%d%n", &cpu, &rest) != 1 || word[rest] || *nr == room)
			return -EBADMSG;
		(*columns)[*nr] = -1;
		for (size_t i = 0; i < nr_cpus; i++)
			if (cpus[i] == cpu) {
				(*columns)[*nr] = (int)i;
				found++;
			}
		++*nr;
	}
	/* a worker's CPU that is not there is offline, or the file is something else */
	return found == nr_cpus ? 0 : -EBADMSG;
}

static bool one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

/*
 * x86 has names for its own vectors; others number theirs and name the user.
 * Deferred work that follows the tick (TIMER, SCHED, RCU) counts as tick.
 */
static enum vb_line_kind kind_of(const struct vb_line *l)
{
	static const char *const ticks[] = { "LOC", "TIMER", "SCHED", "HRTIMER", "RCU", NULL };
	static const char *const timers[] = { "timer", "arch_timer", "riscv-timer", NULL };
	static const char *const ipis[] = { "RES", "CAL", "TLB", "IWI", NULL };

	if (one_of(l->id, ticks) || one_of(l->name, timers) || !strncmp(l->name, "hpet", 4))
		return VB_LINE_TICK;
	if (one_of(l->id, ipis) || !strncmp(l->id, "IPI", 3))
		return VB_LINE_IPI;
	return VB_LINE_OTHER;
}

/* Columns are two or more spaces apart; the last of them names who asked for it. */
static void take_name(struct vb_line *l, const char *text)
{
	const char *name = text, *gap;
	size_t length;

	while ((gap = strstr(name, "  ")))
		name = gap + strspn(gap, " ");
	name += strspn(name, " \t");
	length = strcspn(name, "\n");
	snprintf(l->name, sizeof(l->name), "%.*s", (int)(length < 64 ? length : 64), name);
}

/* false: not a line of counts for each CPU (ERR and MIS have one for all). */
static bool parse_line(char *text, const int *columns, size_t nr, struct vb_line *l,
		       uint64_t *count)
{
	char *colon = strchr(text, ':'), *next, *end;
	uint64_t value;

	text += strspn(text, " ");
	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(l->id))
		return false;
	*colon = '\0';
	snprintf(l->id, sizeof(l->id), "%s", text);
	if (!strcmp(l->id, "ERR") || !strcmp(l->id, "MIS"))
		return false;
	next = colon + 1;
	for (size_t i = 0; i < nr; i++, next = end) {
		next += strspn(next, " ");
		if (!isdigit((unsigned char)*next))
			return false;
		value = strtoull(next, &end, 10);
		if (columns[i] >= 0)
			count[columns[i]] = value;
	}
	take_name(l, next);
	l->kind = kind_of(l);
	return true;
}

static int grow(struct vb_table *t, size_t *room)
{
	struct vb_line *line;
	uint64_t *count;

	if (t->nr_lines < *room)
		return 0;
	*room = *room ? 2 * *room : 64;
	line = realloc(t->line, *room * sizeof(*line));
	if (!line)
		return -ENOMEM;
	t->line = line;
	count = realloc(t->count, *room * t->nr_cpus * sizeof(*count));
	if (!count)
		return -ENOMEM;
	t->count = count;
	return 0;
}

static int read_lines(FILE *file, char **text, size_t *size, const int *columns, size_t nr,
		      struct vb_table *t)
{
	size_t room = 0;
	int ret;

	while (getline(text, size, file) > 0) {
		ret = grow(t, &room);
		if (ret)
			return ret;
		t->nr_lines += parse_line(*text, columns, nr, &t->line[t->nr_lines],
					  &t->count[t->nr_lines * t->nr_cpus]);
	}
	return t->nr_lines ? 0 : -EBADMSG;
}

int vb_table_read(const char *path, const int *cpus, size_t nr_cpus, struct vb_table *t)
{
	char full[PATH_MAX], *text = NULL;
	int *columns = NULL, ret = vb_sysfs_path(full, sizeof(full), path);
	FILE *file = ret ? NULL : fopen(full, "re");
	size_t size = 0, nr = 0;

	memset(t, 0, sizeof(*t));
	t->nr_cpus = nr_cpus;
	if (!ret && !file)
		ret = -errno;
	if (!ret)
		ret = getline(&text, &size, file) > 0 ?
		      read_head(text, cpus, nr_cpus, &columns, &nr) : -EBADMSG;
	if (!ret)
		ret = read_lines(file, &text, &size, columns, nr, t);
	if (file)
		fclose(file);
	free(columns);
	free(text);
	t->error = ret;
	return ret == -ENOMEM ? ret : 0;
}

/* The line of @t with that id, most likely at @guess; NULL: it is new. */
static const uint64_t *find_line(const struct vb_table *t, const char *id, size_t guess)
{
	if (guess < t->nr_lines && !strcmp(t->line[guess].id, id))
		return &t->count[guess * t->nr_cpus];
	for (size_t i = 0; i < t->nr_lines; i++)
		if (!strcmp(t->line[i].id, id))
			return &t->count[i * t->nr_cpus];
	return NULL;
}

uint64_t vb_table_grown(const struct vb_table *before, const struct vb_table *after,
			size_t line, size_t cpu)
{
	const uint64_t *old = find_line(before, after->line[line].id, line);
	uint64_t from = old ? old[cpu] : 0, to = after->count[line * after->nr_cpus + cpu];

	/* the kernel counts in 32 bits, which overflow after some hours of a busy device */
	return to >= from ? to - from : (uint32_t)(to - from);
}
