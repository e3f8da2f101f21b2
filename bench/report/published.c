// SPDX-License-Identifier: GPL-2.0-or-later
/* What others published of a job, each figure beside the one that was measured here. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/published.h"

static const json_t *rows_of(const struct vb_result *r)
{
	return json_object_get(json_object_get(r->meta, "published"), "rows");
}

/* Is the published row of the run's arm and cell? */
static bool is_of(const json_t *row, const json_t *run)
{
	const json_t *place;
	size_t i;

	json_array_foreach(json_object_get(row, "runs"), i, place)
		if (json_integer_value(json_object_get(place, "arm_index")) ==
		    json_integer_value(json_object_get(run, "arm_index")) &&
		    json_integer_value(json_object_get(place, "cell")) ==
		    json_integer_value(json_object_get(run, "cell")))
			return true;
	return false;
}

static bool is_of_metric(const json_t *figure, const struct vb_metric_row *m)
{
	const char *section = vb_json_text(figure, "section");

	return !strcmp(vb_json_text(figure, "metric"), m->metric) &&
	       (!*section || !strcmp(section, m->section));
}

static bool find_stat(const char *name, enum vb_metric_stat *stat)
{
	for (*stat = 0; *stat < VB_STAT_NR; ++*stat)
		if (!strcmp(vb_metric_stat_name(*stat), name))
			return true;
	return false;
}

static int add_pair(struct vb_published_pairs *pairs, const struct vb_published_pair *pair)
{
	struct vb_published_pair *grown = realloc(pairs->pair, (pairs->nr + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	pairs->pair = grown;
	grown[pairs->nr++] = *pair;
	return 0;
}

/* @exact: what was counted is no time, and a rate of counted time is nothing at all. */
static int pair_up(const json_t *row, const json_t *figure, const struct vb_metric_row *m,
		   bool exact, struct vb_published_pairs *pairs)
{
	const char *name = vb_json_text(figure, "stat");
	struct vb_published_pair pair = {
		.arm = m->arm, .label = m->label, .section = m->section, .metric = m->metric,
		.stat = name, .unit = vb_json_text(figure, "unit"),
		.version = vb_json_text(row, "version"),
		.published = vb_json_number(figure, "value"), .runs = m->runs, .ratio = NAN,
	};
	enum vb_metric_stat stat;

	if (!find_stat(name, &stat))
		return 0;
	pair.here = m->value[stat];
	if (exact && stat == VB_STAT_RATE)
		pair.here = (struct vb_metric_value){ NAN, NAN, NAN };
	if (!exact && pair.published > 0)
		pair.ratio = pair.here.median / pair.published;
	return add_pair(pairs, &pair);
}

/* Figures of all published rows that are of the metric; marks them in @seen. */
static int pair_metric(const struct vb_result *r, const struct vb_metric_row *m, bool *seen,
		       struct vb_published_pairs *pairs)
{
	const json_t *row, *figure;
	size_t i, k, number = 0;
	int ret;

	json_array_foreach(rows_of(r), i, row) {
		bool here = is_of(row, r->run[m->run]);

		json_array_foreach(json_object_get(row, "figures"), k, figure) {
			if (here && is_of_metric(figure, m)) {
				seen[number] = true;
				ret = pair_up(row, figure, m, vb_report_exact(r), pairs);
				if (ret)
					return ret;
			}
			number++;
		}
	}
	return 0;
}

static unsigned int scale_of(const struct vb_result *r)
{
	unsigned int scale = 1, one;
	bool first = true;

	for (size_t i = 0; i < r->nr_runs; i++) {
		/* Results of before scale= have none. */
		one = (unsigned int)vb_json_number(r->run[i], "scale");
		one = one ? one : 1;
		if (!first && one != scale)
			return 0;
		scale = one;
		first = false;
	}
	return scale;
}

static size_t count_figures(const struct vb_result *r)
{
	const json_t *row;
	size_t i, nr = 0;

	json_array_foreach(rows_of(r), i, row)
		nr += json_array_size(json_object_get(row, "figures"));
	return nr;
}

int vb_report_published(const struct vb_result *r, const struct vb_arms *arms,
			struct vb_published_pairs *pairs)
{
	size_t nr = 0, figures = count_figures(r);
	struct vb_metric_row *rows = NULL;
	bool *seen = calloc(figures + 1, sizeof(*seen));
	int ret = seen ? vb_report_metrics(r, arms, &rows, &nr) : -ENOMEM;

	*pairs = (struct vb_published_pairs){ .scale = scale_of(r) };
	for (size_t i = 0; i < nr && !ret; i++)
		ret = pair_metric(r, &rows[i], seen, pairs);
	for (size_t i = 0; i < figures && !ret; i++)
		pairs->missing += !seen[i];
	free(rows);
	free(seen);
	if (ret) {
		free(pairs->pair);
		*pairs = (struct vb_published_pairs){ 0 };
	}
	return ret;
}

static json_t *real_or_null(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *pair_json(const struct vb_published_pair *p, const struct vb_arms *arms)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:f, s:I, s:o, s:o, s:o, s:o}",
			 "label", p->label, "arm", arms->label[p->arm],
			 "arm_index", (json_int_t)p->arm, "section", p->section,
			 "metric", p->metric, "stat", p->stat, "unit", p->unit,
			 "version", p->version, "published", p->published,
			 "runs", (json_int_t)p->runs, "median", real_or_null(p->here.median),
			 "lowest", real_or_null(p->here.lowest),
			 "highest", real_or_null(p->here.highest), "ratio", real_or_null(p->ratio));
}

json_t *vb_report_published_json(const struct vb_result *r)
{
	const json_t *published = json_object_get(r->meta, "published");
	struct vb_published_pairs pairs;
	struct vb_arms arms;
	json_t *list;

	if (!published)
		return json_null();
	vb_report_arms(r, &arms);
	if (vb_report_published(r, &arms, &pairs))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < pairs.nr; i++)
		json_array_append_new(list, pair_json(&pairs.pair[i], &arms));
	free(pairs.pair);
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}",
			 "hardware", vb_json_text(published, "hardware"),
			 "note", vb_json_text(published, "note"), "compared", !vb_report_exact(r),
			 "scale", (json_int_t)pairs.scale, "missing", (json_int_t)pairs.missing,
			 "figures", list);
}
