// SPDX-License-Identifier: GPL-2.0-or-later
/* All metrics of one cell of the matrix. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"

/* Times and their rates are good or bad; how many callbacks there were is what was asked for. */
static bool is_neutral(const char *section, const char *unit, enum vb_stat stat)
{
	return strcmp(unit, "ns") || stat == VB_STAT_SHARE ||
	       (stat == VB_STAT_RATE && !strcmp(section, "module"));
}

static const char *unit_of(const char *unit, enum vb_stat stat)
{
	if (stat == VB_STAT_RATE)
		return "1/s";
	return stat == VB_STAT_SHARE ? "share" : unit;
}

static bool has_stat(const char *section, const char *metric, const char *unit, enum vb_stat stat)
{
	if (stat == VB_STAT_SHARE)
		return !strcmp(section, "module") && !strcmp(metric, "callback");
	return stat != VB_STAT_RATE || !strcmp(unit, "ns");
}

static struct vb_decision *add_decision(struct vb_compare_cell *cell)
{
	struct vb_decision *grown = cmp_grow(cell->decision, cell->nr, sizeof(*grown));

	if (!grown)
		return NULL;
	cell->decision = grown;
	memset(&grown[cell->nr], 0, sizeof(*grown));
	return &grown[cell->nr++];
}

static bool known(const struct vb_compare_cell *cell, const char *section, const char *metric)
{
	for (size_t i = 0; i < cell->nr; i++)
		if (!strcmp(cell->decision[i].section, section) &&
		    !strcmp(cell->decision[i].metric, metric))
			return true;
	return false;
}

/* A row for each statistic of the metric; no numbers yet. */
static int add_metric(struct vb_compare_cell *cell, const json_t *m, const struct vb_comparison *c,
		      const struct cmp_primaries *primaries, const struct vb_compare_options *o)
{
	const char *section = vb_json_text(m, "section"), *metric = vb_json_text(m, "metric");
	const char *unit = vb_json_text(m, "unit");

	for (int s = 0; s < VB_NR_STATS; s++) {
		enum vb_stat stat = (enum vb_stat)s;
		struct vb_decision *d;

		if (!has_stat(section, metric, unit, stat))
			continue;
		d = add_decision(cell);
		if (!d)
			return -ENOMEM;
		snprintf(d->section, sizeof(d->section), "%s", section);
		snprintf(d->metric, sizeof(d->metric), "%s", metric);
		snprintf(d->stat, sizeof(d->stat), "%s", vb_stat_text(stat));
		snprintf(d->unit, sizeof(d->unit), "%s", unit_of(unit, stat));
		d->neutral = is_neutral(section, unit, stat);
		d->lower_is_better = stat != VB_STAT_RATE;
		d->paired = c->paired;
		d->exact = c->exact;
		d->primary = cmp_is_primary(primaries, section, metric, stat);
		for (size_t i = 0; i < o->nr_gates; i++)
			if (vb_stat_name_fits(&o->gates[i].name, section, metric, stat)) {
				d->gate_percent = d->gated ? fmin(d->gate_percent, o->gates[i].percent) :
							     o->gates[i].percent;
				d->gated = true;
			}
	}
	return 0;
}

/* Every metric that a run of the pool has, in the order in which runs have them. */
static int add_metrics(struct vb_compare_cell *cell, const struct cmp_pool *pool,
		       const struct vb_comparison *c, const struct cmp_primaries *primaries,
		       const struct vb_compare_options *o)
{
	for (size_t i = 0; i < pool->nr; i++) {
		const json_t *run = pool->ref[i].result->run[pool->ref[i].run], *m;
		size_t j;

		json_array_foreach(json_object_get(run, "metrics"), j, m) {
			int ret = 0;

			if (!known(cell, vb_json_text(m, "section"), vb_json_text(m, "metric")))
				ret = add_metric(cell, m, c, primaries, o);
			if (ret)
				return ret;
		}
	}
	return 0;
}

int cmp_cell(const struct cmp_pool *a, const struct cmp_pool *b, const struct vb_comparison *c,
	     const struct cmp_primaries *primaries, const struct vb_compare_options *o,
	     struct vb_compare_cell *cell)
{
	int ret = add_metrics(cell, a, c, primaries, o);

	cell->runs_a = a->units;
	cell->runs_b = b->units;
	if (!ret)
		ret = add_metrics(cell, b, c, primaries, o);
	for (size_t i = 0; i < cell->nr && !ret; i++) {
		struct vb_decision *d = &cell->decision[i];
		int s = 0;

		while (strcmp(vb_stat_text((enum vb_stat)s), d->stat))
			s++;
		ret = cmp_decide(a, b, (enum vb_stat)s, c->margin_percent, d);
		/* It is of pairs in one session. */
		if (!ret && o->floor && d->paired)
			d->floor_percent = vb_floor_percent(o->floor, cell->label, d->section, d->metric,
							    d->stat, d->n);
	}
	if (!ret && !o->no_shifts)
		ret = cmp_shifts(a, b, c->paired, cell);
	return ret;
}
