// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/soak/trend.h"
#include "lib/stats/rank.h"

#define CYCLES_MIN	20	/* fewer have no trend */
#define SLAB_MIN_KIB	2048	/* growth that counts: this, and so much of the level */
#define SLAB_MIN_PART	0.05
#define FIELDS		22

/* Splits in place; fields may be quoted.  Returns their number. */
static size_t split(char *line, char **field, size_t max)
{
	size_t nr = 0;
	char *to = line;
	bool quoted = false;

	field[nr++] = line;
	for (char *c = line; *c && *c != '\n'; c++) {
		if (*c == '"' && quoted && c[1] == '"')
			*to++ = *c++;
		else if (*c == '"')
			quoted = !quoted;
		else if (*c != ',' || quoted)
			*to++ = *c;
		else {
			*to++ = '\0';
			if (nr == max)
				return nr + 1;
			field[nr++] = to;
		}
	}
	*to = '\0';
	return nr;
}

/* In the order of the head in state.c. */
static bool parse(char *line, struct soak_row *row)
{
	char *f[FIELDS];

	if (split(line, f, FIELDS) != FIELDS)
		return false;
	memset(row, 0, sizeof(*row));
	row->number = strtoull(f[0], NULL, 10);
	row->start_s = atof(f[1]);
	row->seconds = atof(f[2]);
	snprintf(row->job, sizeof(row->job), "%s", f[3]);
	snprintf(row->fault, sizeof(row->fault), "%s", f[6]);
	row->injected = atoi(f[7]);
	snprintf(row->verdict, sizeof(row->verdict), "%s", f[8]);
	row->failed = !strcmp(f[8], "failed") || !strcmp(f[8], "hung");
	row->duration_s = atof(f[9]);
	row->operations = atof(f[12]);
	row->p99_us = atof(f[13]);
	row->held_pages = atof(f[14]);
	row->slab_kib = atof(f[16]);
	row->available_kib = atof(f[17]);
	row->huge_free = atof(f[18]);
	row->descriptors = atof(f[19]);
	return true;
}

int soak_rows_read(const char *path, uint64_t bytes, struct soak_row **rows, size_t *nr)
{
	FILE *file = fopen(path, "re");
	struct soak_row *all = NULL;
	size_t room = 0, size = 0;
	char *line = NULL;
	ssize_t n;
	int ret = file ? 0 : -errno;

	*nr = 0;
	for (uint64_t at = 0; file && !ret && (n = getline(&line, &size, file)) > 0; at += (uint64_t)n) {
		if (!at)
			continue;	/* the head */
		if (at + (uint64_t)n > bytes)
			break;
		if (*nr == room) {
			room = room ? 2 * room : 256;
			struct soak_row *more = realloc(all, room * sizeof(*all));

			if (!more) {
				ret = -ENOMEM;
				break;
			}
			all = more;
		}
		if (!parse(line, &all[(*nr)++]))
			ret = -EINVAL;
	}
	free(line);
	if (file)
		fclose(file);
	if (ret)
		free(all);
	*rows = ret ? NULL : all;
	return ret;
}

static double value(const struct soak_row *row, enum soak_trend_id id)
{
	switch (id) {
	case SOAK_TREND_SLAB:
		return row->slab_kib;
	case SOAK_TREND_AVAILABLE:
		return row->available_kib;
	case SOAK_TREND_PINS:
		return row->held_pages;
	default:
		return row->descriptors;
	}
}

/* Thinned out evenly to what a slope takes. */
static int one_trend(const struct soak_row *rows, size_t nr, enum soak_trend_id id, struct soak_trend *t)
{
	size_t step = nr / VB_SLOPE_MAX + 1, n = 0;
	double *x = malloc((nr / step + 1) * 2 * sizeof(*x)), *y = x ? x + nr / step + 1 : NULL;
	int ret = x ? 0 : -ENOMEM;

	for (size_t i = 0; x && i < nr; i += step) {
		x[n] = (double)i;
		y[n++] = value(&rows[i], id);
	}
	t->nr = nr;
	if (!ret && nr >= CYCLES_MIN) {
		t->level = vb_median(y, n);
		ret = vb_slope(x, y, n, &t->slope);
		t->known = !ret;
	}
	free(x);
	return ret;
}

/*
 * Slabs are filled, and stay so, until the machine has seen all kinds of cycles: of the
 * first quarter no trend is taken.  What is exactly the same in every clean cycle
 * (pins, descriptors) may not rise at all; a slab's growth has to be more than noise.
 * Less memory available is told, not judged: the page cache and others have it, too.
 */
static void judge(struct soak_trend *t, enum soak_trend_id id, bool others_pin)
{
	double growth = t->slope.estimate * (double)t->nr;

	if (!t->known || !(t->slope.lo > 0))
		return;
	if (id == SOAK_TREND_PINS && others_pin)
		return;
	if (id == SOAK_TREND_SLAB)
		t->drifts = growth > SLAB_MIN_KIB && growth > SLAB_MIN_PART * t->level;
	else
		t->drifts = id != SOAK_TREND_AVAILABLE;
}

/* One boot's rows against what is known of others. */
static int take_boot(const struct soak_row *rows, size_t nr, enum soak_trend_id id, bool others_pin,
		     struct soak_trend *t)
{
	struct soak_trend one = { .name = t->name, .unit = t->unit };
	int ret = one_trend(rows + nr / 4, nr - nr / 4, id, &one);

	judge(&one, id, others_pin);
	if (one.drifts != t->drifts ? one.drifts : one.nr > t->nr)
		*t = one;
	return ret;
}

int soak_trends(const struct soak_row *rows, size_t nr, const size_t *later, size_t nr_later,
		bool others_pin, struct soak_trend *trends)
{
	static const struct soak_trend kinds[SOAK_NR_TRENDS] = {
		[SOAK_TREND_SLAB] = { .name = "SUnreclaim", .unit = "KiB" },
		[SOAK_TREND_AVAILABLE] = { .name = "MemAvailable", .unit = "KiB" },
		[SOAK_TREND_PINS] = { .name = "pages held by pin_user_pages", .unit = "pages" },
		[SOAK_TREND_FDS] = { .name = "descriptors", .unit = "descriptors" },
	};
	int ret = 0;

	for (enum soak_trend_id id = 0; id < SOAK_NR_TRENDS && !ret; id++) {
		size_t from = 0;

		trends[id] = kinds[id];
		for (size_t b = 0; b <= nr_later && !ret; b++) {
			size_t to = b < nr_later && later[b] < nr ? later[b] : nr;

			if (to > from)
				ret = take_boot(rows + from, to - from, id, others_pin, &trends[id]);
			from = to > from ? to : from;
		}
	}
	return ret;
}
