// SPDX-License-Identifier: GPL-2.0-or-later
/* The points and lines of a plot over a key that was swept: plot_growth.c draws them. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_sweep.h"
#include "lib/stats/rank.h"

#define MOST_SERIES 8

struct series {
	size_t arm;
	char rest[128];			/* the label's other keys */
	char label[224];
};

/* The middle over runs, and its 95% interval, or the runs' range where they are too few for one. */
struct point {
	double x, middle[VB_SWEEP_QUANTITIES], low[VB_SWEEP_QUANTITIES], high[VB_SWEEP_QUANTITIES];
	size_t runs;
};

static int by_x(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

static int by_arm(const void *a, const void *b)
{
	const struct series *x = a, *y = b;

	return x->arm != y->arm ? (x->arm > y->arm) - (x->arm < y->arm) : strcmp(x->rest, y->rest);
}

static size_t collect_series(const struct vb_plotter *p, const struct vb_sweep *s,
			     struct series *series)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->result->nr_runs; i++) {
		const json_t *run = p->result->run[i];
		struct series one = { .arm = vb_report_arm_of(run, &p->arms) };
		size_t k = 0;

		if (!vb_plot_counts(run) || !vb_plot_section(run, s->section))
			continue;
		vb_plot_label_without(vb_json_text(run, "label"), s->key, one.rest,
				      sizeof(one.rest));
		while (k < nr && (series[k].arm != one.arm || strcmp(series[k].rest, one.rest)))
			k++;
		if (k == MOST_SERIES || k < nr || (s->rest && strcmp(one.rest, s->rest)))
			continue;
		snprintf(one.label, sizeof(one.label), "%s%s%s", p->arms.label[one.arm],
			 *one.rest && !s->rest ? ", " : "", s->rest ? "" : one.rest);
		series[nr++] = one;
	}
	qsort(series, nr, sizeof(*series), by_arm);
	return nr;
}

/* Does the run belong to the series? */
static bool in_series(const struct vb_plotter *p, const struct vb_sweep *s,
		      const struct series *series, const json_t *run)
{
	char rest[128];

	if (!vb_plot_counts(run) || !vb_plot_section(run, s->section) ||
	    vb_report_arm_of(run, &p->arms) != series->arm)
		return false;
	vb_plot_label_without(vb_json_text(run, "label"), s->key, rest, sizeof(rest));
	return !strcmp(rest, series->rest);
}

static void middle_of(struct point *point, int quantity, double *values, size_t n)
{
	struct vb_shift shift = { .has_interval = false };

	point->middle[quantity] = point->low[quantity] = point->high[quantity] = NAN;
	if (!n)
		return;
	point->middle[quantity] = vb_plot_median(values, n);
	point->low[quantity] = values[0];
	point->high[quantity] = values[n - 1];
	/* The signed-rank interval of one sample; its estimate differs from the median by little.
	 */
	if (!vb_signed_rank(values, n, NULL, &shift) && shift.has_interval) {
		point->middle[quantity] = shift.estimate;
		point->low[quantity] = shift.lo;
		point->high[quantity] = shift.hi;
	}
}

static void fill_point(const struct vb_plotter *p, const struct vb_sweep *s,
		       const struct series *series, struct point *point, double *values)
{
	for (int quantity = 0; quantity < s->quantities; quantity++) {
		size_t n = 0;

		point->runs = 0;
		for (size_t i = 0; i < p->result->nr_runs; i++) {
			if (!in_series(p, s, series, p->result->run[i]) ||
			    s->x(p->result->run[i], s->section) != point->x)
				continue;
			point->runs++;
			values[n] = s->value(p, i, s->section, quantity);
			n += !isnan(values[n]);
		}
		middle_of(point, quantity, values, n);
	}
}

/* *points is freed with free(). */
static size_t collect_points(const struct vb_plotter *p, const struct vb_sweep *s,
			     const struct series *series, struct point **points)
{
	struct point *all = calloc(p->result->nr_runs + 1, sizeof(*all));
	double *values = calloc(p->result->nr_runs + 1, sizeof(*values));
	size_t nr = 0;

	for (size_t i = 0; all && values && i < p->result->nr_runs; i++) {
		double x;
		size_t k = 0;

		if (!in_series(p, s, series, p->result->run[i]))
			continue;
		x = s->x(p->result->run[i], s->section);
		while (k < nr && all[k].x != x)
			k++;
		if (k < nr || x <= 0)
			continue;
		all[nr].x = x;
		fill_point(p, s, series, &all[nr++], values);
	}
	if (nr)
		qsort(all, nr, sizeof(*all), by_x);
	free(values);
	*points = all;
	return nr;
}

static void write_series(struct vb_drawing *d, const struct vb_sweep *s, const struct series *series,
			 const struct point *points, size_t nr, struct vb_sweep_extent *e)
{
	if (nr && (!e->base_x || points[0].x < e->base_x)) {
		e->base_x = points[0].x;
		e->per_x = points[0].middle[0] / points[0].x;
	}
	for (size_t i = 0; i < nr; i++) {
		const struct point *at = &points[i];

		vb_drawing_field(d, series->label);
		fprintf(d->data, "\t%.15g\t%zu", at->x, at->runs);
		for (int k = 0; k < s->quantities; k++) {
			fprintf(d->data, "\t%.15g\t%.15g\t%.15g", at->middle[k], at->low[k],
				at->high[k]);
			e->low[k] = fmin(e->low[k], at->low[k]);
			e->high[k] = fmax(e->high[k], at->high[k]);
		}
		fputc('\n', d->data);
		e->x_low = fmin(e->x_low, at->x);
		e->x_high = fmax(e->x_high, at->x);
		e->fewest = at->runs < e->fewest ? at->runs : e->fewest;
		e->most = at->runs > e->most ? at->runs : e->most;
	}
	e->steps = nr > e->steps ? nr : e->steps;
}

static struct vb_sweep_extent no_extent(void)
{
	struct vb_sweep_extent e = { .x_low = INFINITY, .x_high = -INFINITY, .fewest = SIZE_MAX };

	for (int k = 0; k < VB_SWEEP_QUANTITIES; k++) {
		e.low[k] = INFINITY;
		e.high[k] = -INFINITY;
	}
	return e;
}

size_t vb_sweep_write(struct vb_drawing *d, const struct vb_sweep *s, struct vb_sweep_extent *e)
{
	struct series series[MOST_SERIES];
	const char *label[MOST_SERIES];
	size_t arm[MOST_SERIES], nr = collect_series(d->plotter, s, series);

	*e = no_extent();
	for (size_t i = 0; i < nr; i++) {
		struct point *points;
		size_t n = collect_points(d->plotter, s, &series[i], &points);

		if (i)
			fputs("\n\n", d->data);
		write_series(d, s, &series[i], points, n, e);
		free(points);
		/* Of one arm, each series is told apart by itself. */
		arm[i] = series[0].arm == series[nr - 1].arm ? i : series[i].arm;
		label[i] = series[i].label;
	}
	vb_drawing_series(d, nr, arm, label);
	return nr;
}

const char *vb_sweep_interval(const struct vb_sweep_extent *e)
{
	return e->fewest >= 6 ? "95% interval (signed rank)" : "lowest and highest run";
}

size_t vb_sweep_steps(const struct vb_plotter *p, const struct vb_sweep *s)
{
	double seen[64];
	size_t nr = 0;

	for (size_t i = 0; i < p->result->nr_runs && nr < 64; i++) {
		const json_t *run = p->result->run[i];
		double x;
		size_t k = 0;

		if (!vb_plot_section(run, s->section) || !vb_plot_counts(run))
			continue;
		x = s->x(run, s->section);
		while (k < nr && seen[k] != x)
			k++;
		if (k == nr && x > 0)
			seen[nr++] = x;
	}
	return nr;
}
