// SPDX-License-Identifier: GPL-2.0-or-later
/* How the whole distribution of a metric moved, quantile by quantile. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"
#include "lib/result/lost.h"
#include "lib/stats/bootstrap.h"
#include "lib/stats/rank.h"

static const double points[] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99 };

#define NR_POINTS	(sizeof(points) / sizeof(points[0]))
#define SEED		1		/* one result gives one answer */

/* A quantile of a boot is the median of its runs'. */
static double unit_quantile(const struct cmp_pool *pool, size_t unit, const char *section,
			    const char *metric, double q)
{
	double *value = calloc(pool->nr, sizeof(*value)), median;
	struct vb_dist dist;
	size_t nr = 0;

	for (size_t i = 0; value && i < pool->nr; i++) {
		if (pool->ref[i].unit != unit ||
		    !vb_result_dist(pool->ref[i].result, pool->ref[i].run, section, metric, &dist))
			continue;
		value[nr] = vb_dist_quantile(&dist, q);
		nr += !isnan(value[nr]);
	}
	median = nr ? vb_median(value, nr) : NAN;
	free(value);
	return median;
}

static double *quantiles(const struct cmp_pool *pool, const char *section, const char *metric)
{
	double *value = calloc(pool->units * NR_POINTS + 1, sizeof(*value));

	for (size_t i = 0; value && i < pool->units; i++)
		for (size_t k = 0; k < NR_POINTS; k++)
			value[i * NR_POINTS + k] = unit_quantile(pool, i, section, metric, points[k]);
	return value;
}

static double median_at(const double *value, size_t units, size_t k)
{
	double *column = calloc(units + 1, sizeof(*column)), median;
	size_t nr = 0;

	if (!column)
		vb_lost_memory();
	for (size_t i = 0; column && i < units; i++) {
		column[nr] = value[i * NR_POINTS + k];
		nr += !isnan(column[nr]);
	}
	median = nr ? vb_median(column, nr) : NAN;
	free(column);
	return median;
}

static void fill(const struct vb_bootstrap *how, const struct vb_shift *shift,
		 struct vb_quantile_shifts *out)
{
	for (size_t k = 0; k < NR_POINTS; k++) {
		double a = median_at(how->a, how->na, k), b = median_at(how->b, how->nb, k);

		if (isnan(shift[k].estimate) || !(a > 0) || isnan(b))
			continue;
		out->shift[out->nr++] = (struct vb_quantile_shift){
			.q = points[k], .value_a = a, .value_b = b,
			.shift_percent = shift[k].estimate / a * 100,
			.lo = shift[k].has_interval ? shift[k].lo / a * 100 : NAN,
			.hi = shift[k].has_interval ? shift[k].hi / a * 100 : NAN,
		};
	}
}

static int shift_metric(const struct cmp_pool *a, const struct cmp_pool *b, bool paired,
			struct vb_quantile_shifts *out)
{
	double *x = quantiles(a, out->section, out->metric);
	double *y = quantiles(b, out->section, out->metric);
	struct vb_bootstrap how = { .a = x, .b = y, .na = a->units, .nb = b->units,
				    .points = NR_POINTS, .paired = paired, .seed = SEED };
	struct vb_shift shift[NR_POINTS];
	int ret = -ENOMEM;

	out->n = a->units < b->units ? a->units : b->units;
	out->shift = calloc(NR_POINTS, sizeof(*out->shift));
	if (x && y && out->shift)
		ret = vb_bootstrap_shift(&how, shift);
	if (!ret)
		fill(&how, shift, out);
	free(x);
	free(y);
	return ret;
}

int cmp_shifts(const struct cmp_pool *a, const struct cmp_pool *b, bool paired,
	       struct vb_compare_cell *cell)
{
	for (size_t i = 0; a->units && b->units && i < cell->nr; i++) {
		const struct vb_decision *d = &cell->decision[i];
		struct vb_quantile_shifts *grown;
		int ret;

		if (!strcmp(d->section, "module") || strcmp(d->stat, "mean") || !d->n)
			continue;
		grown = cmp_grow(cell->shifts, cell->nr_shifts, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		cell->shifts = grown;
		grown += cell->nr_shifts++;
		memset(grown, 0, sizeof(*grown));
		memcpy(grown->section, d->section, sizeof(grown->section));
		memcpy(grown->metric, d->metric, sizeof(grown->metric));
		memcpy(grown->unit, d->unit, sizeof(grown->unit));
		ret = shift_metric(a, b, paired, grown);
		if (ret)
			return ret;
	}
	return 0;
}
