// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of numbers of a run. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/result/stat.h"

static const struct {
	const char *text, *title;
	double quantile;
	uint64_t wants;
} stats[VB_NR_STATS] = {
	[VB_STAT_MEAN] = { "mean", "mean", NAN, 1 },
	[VB_STAT_RATE] = { "rate", "rate", NAN, 1 },
	[VB_STAT_MIN] = { "min", "min", NAN, 1 },
	[VB_STAT_P50] = { "p50", "p50", 0.5, 20 },
	[VB_STAT_P90] = { "p90", "p90", 0.9, 100 },
	[VB_STAT_P99] = { "p99", "p99", 0.99, 1000 },
	[VB_STAT_P999] = { "p999", "p99.9", 0.999, 10000 },
	[VB_STAT_MAX] = { "max", "max", NAN, 1 },
	[VB_STAT_SHARE] = { "share", "share", NAN, 1 },
};

const char *vb_stat_text(enum vb_stat stat)
{
	return stats[stat].text;
}

const char *vb_stat_title(enum vb_stat stat)
{
	return stats[stat].title;
}

double vb_stat_quantile(enum vb_stat stat)
{
	return stats[stat].quantile;
}

uint64_t vb_stat_wants(enum vb_stat stat)
{
	return stats[stat].wants;
}

static int wrong(char *err, size_t size, const char *text, size_t length, const char *what)
{
	snprintf(err, size, "'%.*s': %s", (int)(length > 100 ? 100 : length), text, what);
	return -EINVAL;
}

static bool find_stat(const char *text, size_t length, enum vb_stat *stat)
{
	for (int i = 0; i < VB_NR_STATS; i++) {
		if (strlen(stats[i].text) != length || strncmp(stats[i].text, text, length))
			continue;
		*stat = (enum vb_stat)i;
		return true;
	}
	return false;
}

int vb_stat_name_parse(const char *text, size_t length, struct vb_stat_name *name, char *err,
		       size_t size)
{
	const char *end = text + length, *first = memchr(text, '.', length), *last = first;

	*name = (struct vb_stat_name){ .stat = VB_STAT_MEAN };
	if (!first)
		return wrong(err, size, text, length,
			     "give METRIC.STAT or SECTION.METRIC.STAT, such as request.p99");
	for (const char *c = first; c < end; c++)
		if (*c == '.')
			last = c;
	if (!find_stat(last + 1, (size_t)(end - last - 1), &name->stat))
		return wrong(err, size, text, length, "no such statistic: give mean, rate, min, p50, p90, "
			     "p99, p999, max or share at its end");
	if (first == last)
		first = text - 1;	/* no section */
	if (first >= text + sizeof(name->section) || last - first > (long)sizeof(name->metric) ||
	    last - first < 2 || first == text || memchr(first + 1, '.', (size_t)(last - first - 1)))
		return wrong(err, size, text, length, "give [SECTION.]METRIC.STAT, such as request.p99");
	if (first > text)
		memcpy(name->section, text, (size_t)(first - text));
	memcpy(name->metric, first + 1, (size_t)(last - first - 1));
	return 0;
}

bool vb_stat_name_fits(const struct vb_stat_name *name, const char *section, const char *metric,
		       enum vb_stat stat)
{
	return (!*name->section || !strcmp(name->section, section)) &&
	       !strcmp(name->metric, metric) && name->stat == stat;
}

const char *vb_stat_name_text(const struct vb_stat_name *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s.%s", name->section, *name->section ? "." : "", name->metric,
		 vb_stat_text(name->stat));
	return buf;
}

static bool same(const struct vb_stat_name *a, const struct vb_stat_name *b)
{
	return !strcmp(a->section, b->section) && !strcmp(a->metric, b->metric) && a->stat == b->stat;
}

int vb_stat_names_parse(const char *text, struct vb_stat_name name[VB_STAT_NAMES_MAX], size_t *nr,
			char *err, size_t size)
{
	*nr = 0;
	text += strspn(text, " \t");
	while (*text) {
		size_t length = strcspn(text, ","), used = length;
		int ret;

		while (used && strchr(" \t", text[used - 1]))
			used--;
		if (*nr == VB_STAT_NAMES_MAX)
			return wrong(err, size, text, used, "more than 16 names: leave it out");
		ret = vb_stat_name_parse(text, used, &name[*nr], err, size);
		if (ret)
			return ret;
		for (size_t i = 0; i < *nr; i++)
			if (same(&name[i], &name[*nr]))
				return wrong(err, size, text, used, "twice in the list: remove one");
		++*nr;
		if (text[length] && !text[length + 1 + strspn(text + length + 1, " \t")])
			return wrong(err, size, text, length + 1, "a comma at its end: remove it");
		text += length + !!text[length];
		text += strspn(text, " \t");
	}
	return 0;
}
