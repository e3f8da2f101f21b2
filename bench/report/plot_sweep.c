// SPDX-License-Identifier: GPL-2.0-or-later
/* What grows: throughput with threads, and response time with the offered rate. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"
#include "lib/stats/rank.h"

#define QUANTITIES 3
#define MOST_SERIES 8

/* What is swept, and what is read at each step. */
struct sweep {
	const char *kind, *key, *section;
	double (*x)(const json_t *section);
	double (*value)(const struct vb_plotter *p, size_t run, const char *section, int quantity);
	int quantities;
};

struct series {
	size_t arm;
	char rest[128];			/* the label's other keys */
	char label[224];
};

/* The middle over runs, and its 95% interval, or the runs' range where they are too few for one. */
struct point {
	double x, middle[QUANTITIES], low[QUANTITIES], high[QUANTITIES];
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

static size_t collect_series(const struct vb_plotter *p, const struct sweep *s,
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
		if (k == MOST_SERIES || k < nr)
			continue;
		snprintf(one.label, sizeof(one.label), "%s%s%s", p->arms.label[one.arm],
			 *one.rest ? ", " : "", one.rest);
		series[nr++] = one;
	}
	qsort(series, nr, sizeof(*series), by_arm);
	return nr;
}

/* Does the run belong to the series? */
static bool in_series(const struct vb_plotter *p, const struct sweep *s,
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

static void fill_point(const struct vb_plotter *p, const struct sweep *s,
		       const struct series *series, struct point *point, double *values)
{
	for (int quantity = 0; quantity < s->quantities; quantity++) {
		size_t n = 0;

		point->runs = 0;
		for (size_t i = 0; i < p->result->nr_runs; i++) {
			if (!in_series(p, s, series, p->result->run[i]) ||
			    s->x(vb_plot_section(p->result->run[i], s->section)) != point->x)
				continue;
			point->runs++;
			values[n] = s->value(p, i, s->section, quantity);
			n += !isnan(values[n]);
		}
		middle_of(point, quantity, values, n);
	}
}

/* *points is freed with free(). */
static size_t collect_points(const struct vb_plotter *p, const struct sweep *s,
			     const struct series *series, struct point **points)
{
	struct point *all = calloc(p->result->nr_runs + 1, sizeof(*all));
	double *values = calloc(p->result->nr_runs + 1, sizeof(*values));
	size_t nr = 0;

	for (size_t i = 0; all && values && i < p->result->nr_runs; i++) {
		const json_t *section = vb_plot_section(p->result->run[i], s->section);
		size_t k = 0;

		if (!in_series(p, s, series, p->result->run[i]) || s->x(section) <= 0)
			continue;
		while (k < nr && all[k].x != s->x(section))
			k++;
		if (k < nr)
			continue;
		all[nr].x = s->x(section);
		fill_point(p, s, series, &all[nr++], values);
	}
	if (nr)
		qsort(all, nr, sizeof(*all), by_x);
	free(values);
	*points = all;
	return nr;
}

/* What the axes have to reach. */
struct sweep_extent {
	double x_low, x_high;
	double base_x, per_x;		/* of the first point with the least x */
	double low[QUANTITIES], high[QUANTITIES];
	size_t fewest, most, steps;	/* runs a point; values of x */
};

static void write_series(struct vb_drawing *d, const struct sweep *s, const struct series *series,
			 const struct point *points, size_t nr, struct sweep_extent *e)
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

static void write_all(struct vb_drawing *d, const struct sweep *s, const struct series *series,
		      size_t nr, struct sweep_extent *e)
{
	const char *label[MOST_SERIES];
	size_t arm[MOST_SERIES];

	for (size_t i = 0; i < nr; i++) {
		struct point *points;
		size_t n = collect_points(d->plotter, s, &series[i], &points);

		if (i)
			fputs("\n\n", d->data);
		write_series(d, s, &series[i], points, n, e);
		free(points);
		arm[i] = series[i].arm;
		label[i] = series[i].label;
	}
	vb_drawing_series(d, nr, arm, label);
}

static const char *interval_of(const struct sweep_extent *e)
{
	return e->fewest >= 6 ? "95% interval (signed rank)" : "lowest and highest run";
}

/* How many different x the section has been run with. */
static size_t count_steps(const struct vb_plotter *p, const struct sweep *s)
{
	double seen[64];
	size_t nr = 0;

	for (size_t i = 0; i < p->result->nr_runs && nr < 64; i++) {
		const json_t *section = vb_plot_section(p->result->run[i], s->section);
		size_t k = 0;

		if (!section || !vb_plot_counts(p->result->run[i]) || s->x(section) <= 0)
			continue;
		while (k < nr && seen[k] != s->x(section))
			k++;
		if (k == nr)
			seen[nr++] = s->x(section);
	}
	return nr;
}

static struct sweep_extent no_extent(void)
{
	struct sweep_extent e = { .x_low = INFINITY, .x_high = -INFINITY, .fewest = SIZE_MAX };

	for (int k = 0; k < QUANTITIES; k++) {
		e.low[k] = INFINITY;
		e.high[k] = -INFINITY;
	}
	return e;
}

static double threads_of(const json_t *section)
{
	return vb_json_number(section, "threads");
}

static double metric_rate(const struct vb_plotter *p, size_t run, const char *section, int quantity)
{
	const char *primary = vb_plot_primary(p, section);
	const json_t *metric =
		primary ? vb_result_metric(p->result->run[run], section, primary) : NULL;

	return metric ? vb_json_number(metric, "rate_per_s") : NAN;
}

static void draw_threads(struct vb_plotter *p, const struct sweep *s, const char *metric)
{
	struct sweep_extent e = no_extent();
	struct series series[MOST_SERIES];
	struct vb_plot_unit unit;
	struct vb_plot *plot;
	struct vb_drawing d;
	char heading[128];
	size_t nr;

	snprintf(heading, sizeof(heading), "%.50s %.50s: throughput by threads", s->section,
		 metric);
	if (!vb_drawing_begin(p, &d, s->kind, heading, "threads-%s", s->section))
		return;
	fputs("arm\tthreads\truns\trate_per_s\tlow\thigh\n", d.data);
	nr = collect_series(p, s, series);
	write_all(&d, s, series, nr, &e);
	unit = vb_plot_rate_unit(e.high[0]);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%s, %sa second", metric, unit.name);
	vb_drawing_number(&d, "ideal", e.per_x / unit.scale);
	vb_drawing_axis(&d, "y", 0, e.high[0] / unit.scale, VB_AXIS_ZERO);
	vb_drawing_number(&d, "x_low", e.x_low);
	vb_drawing_number(&d, "x_high", e.x_high);
	vb_drawing_number(&d, "height", 340 + 19 * (double)(nr + 1));
	vb_drawing_text(&d, "note", "%zu run%s a point; bars: %s", e.fewest,
			e.fewest == 1 ? "" : "s", interval_of(&e));
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption),
		 "Operations (%s) a second of all threads of section "
		 "%s together, by their number. Bars: %s. Dashed: the first point in proportion. "
		 "%zu run%s a "
		 "point.",
		 metric, s->section, interval_of(&e), e.fewest, e.fewest == 1 ? "" : "s");
	snprintf(plot->alt, sizeof(plot->alt),
		 "%s %s: %.4g to %.4g operations a second with %g to %g threads.", s->section,
		 metric, e.low[0], e.high[0], e.x_low, e.x_high);
	vb_drawing_end(&d);
}

void vb_plot_threads(struct vb_plotter *p)
{
	size_t nr, made = 0;
	const char **sections = vb_plot_sections(p, &nr);

	for (size_t i = 0; sections && i < nr; i++) {
		struct sweep s = { "threads", "threads", sections[i], threads_of, metric_rate, 1 };
		const char *metric = vb_plot_primary(p, sections[i]);

		if (metric && count_steps(p, &s) > 1 && made++ < VB_PLOT_MOST)
			draw_threads(p, &s, metric);
	}
	if (!made)
		vb_plot_leave_out(p, "threads", "throughput by threads", "threads= has one value");
	free(sections);
}

static double offered(const json_t *section)
{
	return vb_json_number(section, "rate_per_s") * vb_json_number(section, "threads");
}

/* Achieved steps a second; response p99; service p99. */
static double load_value(const struct vb_plotter *p, size_t run, const char *section, int quantity)
{
	const char *name = quantity == 2 ? "service" : "response";
	const json_t *metric = vb_result_metric(p->result->run[run], section, name);
	struct vb_dist dist;

	if (!quantity)
		return metric ? vb_json_number(metric, "rate_per_s") : NAN;
	if (!vb_result_dist(p->result, run, section, name, &dist))
		return NAN;
	return vb_dist_quantile(&dist, 0.99);
}

static void set_load_axes(struct vb_drawing *d, const struct sweep_extent *e)
{
	struct vb_plot_unit rate = vb_plot_rate_unit(fmax(e->x_high, e->high[0]));
	double low = fmin(e->low[1], e->low[2]), high = fmax(e->high[1], e->high[2]);
	struct vb_plot_unit time =
		vb_plot_unit(d->plotter, high > 50 * low ? sqrt(low * high) * 10 : high);

	vb_drawing_number(d, "rate_scale", rate.scale);
	vb_drawing_text(d, "rate_unit", "%s", rate.name);
	vb_drawing_axis(d, "x", 0, e->x_high / rate.scale, VB_AXIS_ZERO);
	vb_drawing_axis(d, "rate", 0, fmax(e->high[0], 0) / rate.scale, VB_AXIS_ZERO);
	vb_drawing_number(d, "scale", time.scale);
	vb_drawing_text(d, "unit", "%s", time.name);
	vb_drawing_axis(d, "y", low / time.scale, high / time.scale, VB_AXIS_LOG);
}

static void draw_load(struct vb_plotter *p, const struct sweep *s)
{
	struct sweep_extent e = no_extent();
	struct series series[MOST_SERIES];
	struct vb_plot *plot;
	struct vb_drawing d;
	char heading[128];
	size_t nr;

	snprintf(heading, sizeof(heading), "%.80s: load offered, load done", s->section);
	if (!vb_drawing_begin(p, &d, s->kind, heading, "saturation-%s", s->section))
		return;
	fputs("arm\toffered_per_s\truns\tachieved_per_s\tlow\thigh\tresponse_p99_ns\tlow\thigh\t"
	      "service_p99_ns\tlow\thigh\n", d.data);
	nr = collect_series(p, s, series);
	write_all(&d, s, series, nr, &e);
	set_load_axes(&d, &e);
	vb_drawing_number(&d, "height", 470 + 19 * (double)(nr + 1));
	vb_drawing_text(&d, "note", "%zu run%s a point; bars: %s", e.fewest,
			e.fewest == 1 ? "" : "s", interval_of(&e));
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption),
		 "Section %s under load from outside: steps done a second "
		 "(dashed: all that were offered), and the 99th percentile of response time, from "
		 "a step's "
		 "intended start; open marks: of service time, from its real one. Bars: %s. %zu "
		 "run%s a point.",
		 s->section, interval_of(&e), e.fewest, e.fewest == 1 ? "" : "s");
	snprintf(plot->alt, sizeof(plot->alt),
		 "%s: %.4g to %.4g steps a second offered, at most %.4g done; "
		 "response p99 %.4g to %.4g ns.",
		 s->section, e.x_low, e.x_high, e.high[0], e.low[1], e.high[1]);
	vb_drawing_end(&d);
}

void vb_plot_saturation(struct vb_plotter *p)
{
	size_t nr, made = 0;
	const char **sections = vb_plot_sections(p, &nr);

	for (size_t i = 0; sections && i < nr; i++) {
		struct sweep s = { "saturation", "rate", sections[i], offered, load_value, 3 };

		if (count_steps(p, &s) > 1 && made++ < VB_PLOT_MOST)
			draw_load(p, &s);
	}
	if (!made)
		vb_plot_leave_out(
			p, "saturation", "saturation",
			"rate= does not have several values: a closed loop has no offered load");
	free(sections);
}
