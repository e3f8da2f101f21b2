// SPDX-License-Identifier: GPL-2.0-or-later
/* From runs to one value for each unit of replication. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"
#include "lib/result/lost.h"
#include "lib/stats/rank.h"

void *cmp_grow(void *list, size_t nr, size_t size)
{
	/* Doubled whenever the number is a power of two. */
	if (nr && nr & (nr - 1))
		return list;
	return reallocarray(list, nr ? 2 * nr : 1, size);
}

int cmp_error(char *err, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, size, format, ap);
	va_end(ap);
	return -EINVAL;
}

int cmp_note(struct vb_comparison *c, const char *format, ...)
{
	char **grown = cmp_grow(c->note, c->nr_notes, sizeof(*grown));
	va_list ap;
	int ret;

	if (!grown)
		return -ENOMEM;
	c->note = grown;
	va_start(ap, format);
	ret = vasprintf(&c->note[c->nr_notes], format, ap);
	va_end(ap);
	if (ret < 0)
		return -ENOMEM;
	c->nr_notes++;
	return 0;
}

bool cmp_is_clean(const json_t *run)
{
	return !strcmp(vb_json_text(run, "status"), "ok");
}

bool cmp_is_exact(const struct vb_result *result)
{
	return !strcmp(vb_json_text(result->meta, "mode"), "exact");
}

const char *cmp_arm_name(const struct vb_result *result, int arm)
{
	return vb_json_text(json_array_get(json_object_get(result->meta, "arms"), (size_t)arm), "name");
}

static bool is_warmup(const json_t *run)
{
	return json_is_true(json_object_get(run, "warmup"));
}

static unsigned int round_of(const json_t *run)
{
	return (unsigned int)vb_json_number(run, "round");
}

static bool in_arm(const struct cmp_source *s, const json_t *run)
{
	return (int)vb_json_number(run, "arm_index") == s->arm;
}

static bool in_rounds(const json_t *run, unsigned int first, unsigned int rounds)
{
	unsigned int round = round_of(run);

	return !rounds || (round >= first && round - first < rounds);
}

static int add_ref(struct cmp_pool *pool, const struct vb_result *result, size_t run, size_t unit)
{
	struct cmp_ref *grown = cmp_grow(pool->ref, pool->nr, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	pool->ref = grown;
	pool->ref[pool->nr++] = (struct cmp_ref){
		.result = result, .run = run, .unit = unit, .round = round_of(result->run[run]),
	};
	if (unit >= pool->units)
		pool->units = unit + 1;
	return 0;
}

int cmp_pool_fill(const struct cmp_arm *arm, const char *label, int index, unsigned int first,
		  unsigned int rounds, struct cmp_pool *pool)
{
	for (size_t s = 0; s < arm->nr; s++) {
		const struct vb_result *r = arm->source[s].result;
		size_t before = pool->units;

		for (size_t i = 0; i < r->nr_runs; i++) {
			const json_t *run = r->run[i];

			if (!in_arm(&arm->source[s], run) || is_warmup(run) || !cmp_is_clean(run) ||
			    !in_rounds(run, first, rounds) ||
			    (label ? strcmp(vb_json_text(run, "label"), label) :
				     (int)vb_json_number(run, "cell") != index))
				continue;
			/* A boot is one unit, however many runs it has. */
			if (add_ref(pool, r, i, arm->boots ? before : pool->units))
				return -ENOMEM;
		}
	}
	return 0;
}

static int by_round(const void *a, const void *b)
{
	const struct cmp_ref *x = a, *y = b;

	if (x->round != y->round)
		return x->round < y->round ? -1 : 1;
	return x->run < y->run ? -1 : x->run > y->run;
}

void cmp_pool_pair(struct cmp_pool *a, struct cmp_pool *b)
{
	size_t i = 0, j = 0, n = 0;

	if (a->nr)
		qsort(a->ref, a->nr, sizeof(*a->ref), by_round);
	if (b->nr)
		qsort(b->ref, b->nr, sizeof(*b->ref), by_round);
	while (i < a->nr && j < b->nr) {
		if (a->ref[i].round < b->ref[j].round) {
			i++;
		} else if (a->ref[i].round > b->ref[j].round) {
			j++;
		} else {
			a->ref[n] = a->ref[i++];
			b->ref[n] = b->ref[j++];
			a->ref[n].unit = b->ref[n].unit = n;
			n++;
		}
	}
	a->nr = a->units = b->nr = b->units = n;
}

void cmp_count_left_out(const struct cmp_arm *arm, unsigned int first, unsigned int rounds,
			struct vb_comparison *c)
{
	for (size_t s = 0; s < arm->nr; s++) {
		const struct vb_result *r = arm->source[s].result;

		for (size_t i = 0; i < r->nr_runs; i++) {
			const json_t *run = r->run[i];
			const char *status = vb_json_text(run, "status");

			if (!in_arm(&arm->source[s], run))
				continue;
			if (is_warmup(run)) {
				c->warmup_left_out++;
				continue;
			}
			if (!in_rounds(run, first, rounds))
				continue;
			c->marked += vb_json_number(run, "noise_marks") > 0;
			c->interrupted += !strcmp(status, "interrupted");
			if (cmp_is_clean(run) || !strcmp(status, "interrupted"))
				continue;
			c->withheld++;
			c->failed += strcmp(status, "untrusted") != 0;
		}
	}
}

/* Time of all values of the named metric, in all sections of workers. */
static double time_in(const struct cmp_ref *ref, const char *metric)
{
	const json_t *sections = json_object_get(ref->result->run[ref->run], "sections"), *section;
	struct vb_dist d;
	double sum = 0;
	size_t i;

	json_array_foreach(sections, i, section)
		if (vb_result_dist(ref->result, ref->run, vb_json_text(section, "section"), metric, &d))
			sum += d.mean * (double)d.count;
	return sum;
}

static double share(const struct cmp_ref *ref, const struct vb_dist *callbacks)
{
	double requests = time_in(ref, "request") + time_in(ref, "unmap");

	return requests > 0 ? callbacks->mean * (double)callbacks->count / requests : NAN;
}

static double value_of(const struct cmp_ref *ref, const char *section, const char *metric,
		       enum vb_stat stat, uint64_t *least)
{
	struct vb_dist d;

	if (!vb_result_dist(ref->result, ref->run, section, metric, &d))
		return NAN;
	if (d.count < *least)
		*least = d.count;
	switch (stat) {
	case VB_STAT_MEAN:
		return d.mean;
	case VB_STAT_MIN:
		return (double)d.min;
	case VB_STAT_MAX:
		return (double)d.max;
	case VB_STAT_RATE:
		return vb_json_number(vb_result_metric(ref->result->run[ref->run], section, metric),
				      "rate_per_s");
	case VB_STAT_SHARE:
		return share(ref, &d);
	default:
		return vb_dist_quantile_raw(&d, vb_stat_quantile(stat));
	}
}

double cmp_value(const struct cmp_pool *pool, size_t unit, const char *section,
		 const char *metric, enum vb_stat stat, uint64_t *least)
{
	double *values = calloc(pool->nr, sizeof(*values)), value = NAN;
	size_t nr = 0;

	if (!values)
		vb_lost_memory();
	/* In order of units, so one run a unit is at its own place. */
	for (size_t i = pool->nr == pool->units ? unit : 0; values && i < pool->nr; i++) {
		if (pool->ref[i].unit > unit)
			break;
		if (pool->ref[i].unit < unit)
			continue;
		values[nr] = value_of(&pool->ref[i], section, metric, stat, least);
		nr += !isnan(values[nr]);
	}
	if (nr)
		value = vb_median(values, nr);
	free(values);
	return value;
}
