// SPDX-License-Identifier: GPL-2.0-or-later
/* Percentiles and cumulative distributions of every metric that is a time, arms overlaid. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"

static const char title[] = "latency distributions";

/* One metric of one cell of the matrix. */
struct place {
	const char *label, *section, *metric;
	size_t order;			/* as found */
};

/* A quantile over an arm's runs; NAN where one of them has too few values for it. */
struct middle {
	double q, median, lowest, highest;
};

/* The share of values is too small a thing for a picture past this. */
#define MOST_POINTS 400

struct arm_curve {
	size_t arm, runs, points;
	double values;			/* of all its runs */
	struct middle point[MOST_POINTS];
};

static void add_place(struct place *places, size_t *nr, const char *label, const json_t *metric)
{
	const char *section = vb_json_text(metric, "section"),
		   *name = vb_json_text(metric, "metric");

	if (strcmp(vb_json_text(metric, "unit"), "ns"))
		return;
	for (size_t i = 0; i < *nr; i++)
		if (!strcmp(places[i].label, label) && !strcmp(places[i].section, section) &&
		    !strcmp(places[i].metric, name))
			return;
	places[*nr] = (struct place){ label, section, name, *nr };
	(*nr)++;
}

static int rank(const struct place *place)
{
	return vb_plot_rank(place->section, place->metric);
}

static int by_rank(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return (x->order > y->order) - (x->order < y->order);
}

static struct place *find_places(const struct vb_plotter *p, size_t *nr)
{
	size_t most = 0, i, j;
	struct place *places;
	const json_t *metric;

	*nr = 0;
	for (i = 0; i < p->result->nr_runs; i++)
		most += json_array_size(json_object_get(p->result->run[i], "metrics"));
	places = calloc(most + 1, sizeof(*places));
	for (i = 0; places && i < p->result->nr_runs; i++)
		if (vb_plot_counts(p->result->run[i]))
			json_array_foreach(json_object_get(p->result->run[i], "metrics"), j, metric)
				add_place(places, nr, vb_json_text(p->result->run[i], "label"),
					  metric);
	return places;
}

/* @values has room for all runs. */
static struct middle middle_of(const struct vb_plotter *p, const struct place *place,
			       const size_t *runs, size_t nr, double q, bool raw, double *values)
{
	struct middle m = { .q = q, .median = NAN };
	struct vb_dist dist;
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!vb_result_dist(p->result, runs[i], place->section, place->metric, &dist))
			continue;
		values[n] = raw ? vb_dist_quantile_raw(&dist, q) : vb_dist_quantile(&dist, q);
		if (isnan(values[n++]))
			return m;
	}
	if (!n)
		return m;
	m.median = vb_plot_median(values, n);
	m.lowest = values[0];
	m.highest = values[n - 1];
	return m;
}

/*
 * @raw: all of it, for the cumulative picture.  Else as far as each run has
 * ten values above the quantile; 1 - q goes down by a twentieth of a decade.
 */
static void fill_curve(const struct vb_plotter *p, const struct place *place, bool raw,
		       struct arm_curve *curve)
{
	size_t nr, *runs = vb_plot_runs(p, curve->arm, place->label, &nr);
	double *values = calloc(nr + 1, sizeof(*values));
	struct vb_dist dist;

	curve->runs = curve->points = 0;
	curve->values = 0;
	for (size_t i = 0; runs && values && i < nr; i++)
		if (vb_result_dist(p->result, runs[i], place->section, place->metric, &dist)) {
			curve->runs++;
			curve->values += (double)dist.count;
		}
	if (isnan(middle_of(p, place, runs, curve->runs ? nr : 0, 0.5, false, values).median))
		curve->runs = 0;	/* too few values even for a median */
	for (size_t i = 0; curve->runs && i < (raw ? 201 : MOST_POINTS); i++) {
		/* The sixth is 0.4988: the median is wanted as it is. */
		double q = raw ? (double)i / 200 : i == 6 ? 0.5 : 1 - pow(10, -(double)i / 20);
		struct middle m = middle_of(p, place, runs, nr, q, raw, values);

		/* The first ones want more than ten above: a median wants ten below, too. */
		if (!isnan(m.median))
			curve->point[curve->points++] = m;
		else if (curve->points)
			break;
	}
	free(runs);
	free(values);
}

static const char head[] = "arm\tquantile\tmedian_ns\tlowest_ns\thighest_ns\n";

static size_t write_curves(struct vb_drawing *d, const struct arm_curve *curves, size_t nr)
{
	const char *label[VB_REPORT_MAX_ARMS];
	size_t arm[VB_REPORT_MAX_ARMS];

	fputs(head, d->data);
	for (size_t i = 0; i < nr; i++) {
		arm[i] = curves[i].arm;
		label[i] = d->plotter->arms.label[arm[i]];
		if (i)
			fputs("\n\n", d->data);
		for (size_t k = 0; k < curves[i].points; k++) {
			const struct middle *m = &curves[i].point[k];

			vb_drawing_field(d, label[i]);
			fprintf(d->data, "\t%.15g\t%.15g\t%.15g\t%.15g\n", m->q, m->median,
				m->lowest, m->highest);
		}
	}
	vb_drawing_series(d, nr, arm, label);
	return nr;
}

static double at_quantile(const struct arm_curve *curve, double q)
{
	for (size_t k = 0; k < curve->points; k++)
		if (curve->point[k].q >= q - 1e-9)
			return curve->point[k].median;
	return NAN;
}

/* How many runs and values there are, and the arms' medians for who can't see the curves. */
static void describe(struct vb_drawing *d, const struct place *place,
		     const struct arm_curve *curves, size_t nr, bool raw, struct vb_plot_unit unit)
{
	struct vb_plot *plot = vb_drawing_plot(d);
	size_t fewest = SIZE_MAX, most = 0, used = 0;
	double values = 0;
	char runs[32], count[32], cell[200] = "";

	for (size_t i = 0; i < nr; i++) {
		fewest = curves[i].runs < fewest ? curves[i].runs : fewest;
		most = curves[i].runs > most ? curves[i].runs : most;
		values += curves[i].values;
	}
	snprintf(runs, sizeof(runs), fewest == most ? "%zu" : "%zu to %zu", fewest, most);
	vb_plot_count(values, count, sizeof(count));
	/* The heading is short, and has the cell below it; a list of plots has not. */
	if (*place->label)
		snprintf(plot->title + strlen(plot->title),
			 sizeof(plot->title) - strlen(plot->title), ", %s", place->label);
	if (*place->label)
		snprintf(cell, sizeof(cell), ", at %.170s", place->label);
	vb_drawing_text(d, "note", "%s%s%s run%s an arm, %s values", place->label,
			*place->label ? "; " : "", runs, most == 1 ? "" : "s", count);
	snprintf(plot->caption, sizeof(plot->caption),
		 "%s of %s in section %s%s. Lines: the median of an "
		 "arm's runs%s. %s run%s an arm, %s values in all.",
		 raw ? "Cumulative distribution" : "Percentiles", place->metric, place->section,
		 cell,
		 most == 1 ? ""
		 : raw	   ? "; thin ones: its lowest and highest run"
			   : "; bands: from its lowest to its highest run",
		 runs, most == 1 ? "" : "s", count);
	used = (size_t)snprintf(plot->alt, sizeof(plot->alt), "%s %s%s, medians:", place->section,
				place->metric, cell);
	for (size_t i = 0; i < nr && used < sizeof(plot->alt); i++)
		used += (size_t)snprintf(plot->alt + used, sizeof(plot->alt) - used,
					 "%s %s %.4g %s", i ? "," : "",
					 d->plotter->arms.label[curves[i].arm],
					 at_quantile(&curves[i], 0.5) / unit.scale, unit.name);
}

static void set_axes(struct vb_drawing *d, const struct arm_curve *curves, size_t nr, bool raw)
{
	double low = INFINITY, high = 0, q = 0.5;
	struct vb_plot_unit unit;

	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < curves[i].points; k++) {
			const struct middle *m = &curves[i].point[k];

			/* A handful of outliers would squeeze the rest: percentiles show them. */
			if (raw && m->q > 0.99)
				continue;
			low = fmin(low, m->lowest);
			high = fmax(high, m->highest);
			q = fmax(q, m->q);
		}
	unit = vb_plot_unit(d->plotter, high > 50 * low ? sqrt(low * high) * 10 : high);
	vb_drawing_number(d, "scale", unit.scale);
	vb_drawing_text(d, "unit", "%s", unit.name);
	vb_drawing_axis(d, raw ? "x" : "y", low / unit.scale, high / unit.scale,
			!raw || high > 4 * low ? VB_AXIS_AUTO : VB_AXIS_TIGHT);
	if (!raw)
		vb_drawing_number(d, "x_high", 1.05 / (1 - q));
	vb_drawing_number(d, "height", 340 + 19 * (double)nr);
}

static void draw(struct vb_plotter *p, const struct place *place, const struct arm_curve *curves,
		 size_t nr, bool raw)
{
	struct vb_drawing d;
	char heading[128];

	snprintf(heading, sizeof(heading), "%.40s %.40s%s", place->section, place->metric,
		 raw ? ": share of operations" : ": percentiles");
	if (!vb_drawing_begin(p, &d, raw ? "cumulative" : "percentile", heading, "%s-%s-%s-%s",
			      raw ? "cumulative" : "percentile", place->section, place->metric,
			      place->label))
		return;
	write_curves(&d, curves, nr);
	set_axes(&d, curves, nr, raw);
	describe(&d, place, curves, nr, raw,
		 vb_plot_unit(p, at_quantile(&curves[0], 0.5)));
	vb_drawing_end(&d);
}

/* False: no arm has enough values for a median. */
static bool draw_place(struct vb_plotter *p, const struct place *place, struct arm_curve *curves)
{
	for (int raw = 0; raw < 2; raw++) {
		size_t nr = 0;

		for (size_t a = 0; a < p->arms.count; a++) {
			curves[nr].arm = a;
			fill_curve(p, place, raw, &curves[nr]);
			nr += curves[nr].points > 1;
		}
		if (!nr)
			return false;
		draw(p, place, curves, nr, raw);
	}
	return true;
}

void vb_plot_distributions(struct vb_plotter *p)
{
	struct arm_curve *curves = calloc(VB_REPORT_MAX_ARMS + 1, sizeof(*curves));
	size_t nr, i, made = 0, few = 0;
	struct place *places = find_places(p, &nr);

	if (!places || !curves) {
		p->error = -ENOMEM;
		nr = 0;
	} else {
		qsort(places, nr, sizeof(*places), by_rank);
	}
	for (i = 0; i < nr && made < VB_PLOT_MOST && !p->error; i++) {
		bool drawn = draw_place(p, &places[i], curves);

		made += drawn;
		few += !drawn;
	}
	if (!nr && !p->error)
		vb_plot_leave_out(p, "percentile", title, "no run's numbers stand");
	else if (i < nr)
		vb_plot_leave_out(p, "percentile", title,
				  "%zu more metric%s: the first %d are drawn", nr - i,
				  nr - i == 1 ? "" : "s", VB_PLOT_MOST);
	if (few)
		vb_plot_leave_out(p, "percentile-few", title,
				  "%zu metric%s with fewer than 20 values a run, "
				  "too few for a median",
				  few, few == 1 ? "" : "s");
	free(places);
	free(curves);
}
