// SPDX-License-Identifier: GPL-2.0-or-later
/* What grows: throughput with threads, response time with the offered rate, requests with listeners. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_sweep.h"

static double threads_of(const json_t *run, const char *section)
{
	return vb_json_number(vb_plot_section(run, section), "threads");
}

static double metric_rate(const struct vb_plotter *p, size_t run, const char *section, int quantity)
{
	const char *primary = vb_plot_primary(p, section);
	const json_t *metric =
		primary ? vb_result_metric(p->result->run[run], section, primary) : NULL;

	return metric ? vb_json_number(metric, "rate_per_s") : NAN;
}

static void draw_threads(struct vb_plotter *p, const struct vb_sweep *s, const char *metric)
{
	struct vb_sweep_extent e;
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
	nr = vb_sweep_write(&d, s, &e);
	unit = vb_plot_rate_unit(e.high[0]);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%s, %sa second", metric, unit.name);
	vb_drawing_number(&d, "ideal", e.per_x / unit.scale);
	vb_drawing_axis(&d, "y", 0, e.high[0] / unit.scale, VB_AXIS_ZERO);
	vb_drawing_number(&d, "x_low", e.x_low);
	vb_drawing_number(&d, "x_high", e.x_high);
	vb_drawing_number(&d, "height", 340 + 19 * (double)(nr + 1));
	vb_drawing_text(&d, "note", "%zu run%s a point; bars: %s", e.fewest,
			e.fewest == 1 ? "" : "s", vb_sweep_interval(&e));
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption),
		 "Operations (%s) a second of all threads of section "
		 "%s together, by their number. Bars: %s. Dashed: the first point in proportion. "
		 "%zu run%s a "
		 "point.",
		 metric, s->section, vb_sweep_interval(&e), e.fewest, e.fewest == 1 ? "" : "s");
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
		struct vb_sweep s = { "threads", "threads", sections[i], NULL, threads_of, metric_rate,
				   1 };
		const char *metric = vb_plot_primary(p, sections[i]);

		if (metric && vb_sweep_steps(p, &s) > 1 && made++ < VB_PLOT_MOST)
			draw_threads(p, &s, metric);
	}
	if (!made)
		vb_plot_leave_out(p, "threads", "throughput by threads", "threads= has one value");
	free(sections);
}

static double offered(const json_t *run, const char *section)
{
	return vb_json_number(vb_plot_section(run, section), "rate_per_s") *
	       threads_of(run, section);
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

static void set_load_axes(struct vb_drawing *d, const struct vb_sweep_extent *e)
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

static void draw_load(struct vb_plotter *p, const struct vb_sweep *s)
{
	struct vb_sweep_extent e;
	struct vb_plot *plot;
	struct vb_drawing d;
	char heading[128];
	size_t nr;

	snprintf(heading, sizeof(heading), "%.80s: load offered, load done", s->section);
	if (!vb_drawing_begin(p, &d, s->kind, heading, "saturation-%s", s->section))
		return;
	fputs("arm\toffered_per_s\truns\tachieved_per_s\tlow\thigh\tresponse_p99_ns\tlow\thigh\t"
	      "service_p99_ns\tlow\thigh\n", d.data);
	nr = vb_sweep_write(&d, s, &e);
	set_load_axes(&d, &e);
	vb_drawing_number(&d, "height", 470 + 19 * (double)(nr + 1));
	vb_drawing_text(&d, "note", "%zu run%s a point; bars: %s", e.fewest,
			e.fewest == 1 ? "" : "s", vb_sweep_interval(&e));
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption),
		 "Section %s under load from outside: steps done a second "
		 "(dashed: all that were offered), and the 99th percentile of response time, from "
		 "a step's "
		 "intended start; open marks: of service time, from its real one. Bars: %s. %zu "
		 "run%s a point.",
		 s->section, vb_sweep_interval(&e), e.fewest, e.fewest == 1 ? "" : "s");
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
		struct vb_sweep s = { "saturation", "rate", sections[i], NULL, offered, load_value, 3 };

		if (vb_sweep_steps(p, &s) > 1 && made++ < VB_PLOT_MOST)
			draw_load(p, &s);
	}
	if (!made)
		vb_plot_leave_out(
			p, "saturation", "saturation",
			"rate= does not have several values: a closed loop has no offered load");
	free(sections);
}

static double listeners_of(const json_t *run, const char *section)
{
	(void)section;
	return (double)json_array_size(json_object_get(json_object_get(run, "module"), "mdevs"));
}

/* The best round where it repeats itself, else the median one: as in the span's table. */
static double request_time(const struct vb_plotter *p, size_t run, const char *section, int quantity)
{
	const json_t *metric =
		vb_result_metric(p->result->run[run], section, vb_plot_primary(p, section));

	(void)quantity;
	return metric ? vb_json_number(metric, p->exact ? "min" : "p50") : NAN;
}

static void draw_listeners(struct vb_plotter *p, const struct vb_sweep *s)
{
	const char *metric = vb_plot_primary(p, s->section);
	struct vb_sweep_extent e;
	struct vb_plot_unit unit;
	struct vb_plot *plot;
	struct vb_drawing d;
	char heading[128];
	size_t nr;

	snprintf(heading, sizeof(heading), "%.40s %.40s by mdevs that listen", s->section, metric);
	if (!vb_drawing_begin(p, &d, s->kind, heading, "listeners-%s-%s", s->section, s->rest))
		return;
	fputs("arm\tlisteners\truns\tns\tlow\thigh\n", d.data);
	nr = vb_sweep_write(&d, s, &e);
	unit = vb_plot_unit(p, e.high[0]);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%s, %s", metric, unit.name);
	vb_drawing_axis(&d, "y", 0, e.high[0] / unit.scale, VB_AXIS_ZERO);
	vb_drawing_number(&d, "x_low", e.x_low);
	vb_drawing_number(&d, "x_high", e.x_high);
	vb_drawing_number(&d, "height", 340 + 19 * (double)nr);
	vb_drawing_text(&d, "note", "%s%s%zu run%s a point; bars: %s", s->rest,
			*s->rest ? "; " : "", e.fewest, e.fewest == 1 ? "" : "s", vb_sweep_interval(&e));
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption),
		 "%s of section %s (%s) by the number of mdevs in the container that are told of "
		 "each unmap%s%s. Bars: %s. %zu run%s a point.",
		 metric, s->section, p->exact ? "the best round" : "the runs' median",
		 *s->rest ? "; " : "", s->rest, vb_sweep_interval(&e), e.fewest,
		 e.fewest == 1 ? "" : "s");
	snprintf(plot->alt, sizeof(plot->alt), "%s %s: %.4g to %.4g %s with %g to %g listeners.",
		 s->section, metric, e.low[0], e.high[0], p->exact ? "instructions" : "ns", e.x_low,
		 e.x_high);
	vb_drawing_end(&d);
}

/* One for each set of other keys: an arm is a line, and all lines have one scale. */
static size_t plot_listeners_of(struct vb_plotter *p, const char *section, size_t made)
{
	struct vb_sweep s = { "listeners", "mdevs", section, NULL, listeners_of, request_time, 1 };
	char rest[VB_PLOT_MOST][128];
	size_t nr, seen = 0;
	const char **labels = vb_plot_labels(p, &nr);

	if (!vb_plot_primary(p, section) || vb_sweep_steps(p, &s) < 2)
		nr = 0;
	for (size_t i = 0; labels && i < nr && seen < VB_PLOT_MOST; i++) {
		size_t k = 0;

		vb_plot_label_without(labels[i], s.key, rest[seen], sizeof(rest[seen]));
		while (strcmp(rest[k], rest[seen]))
			k++;
		if (k < seen)
			continue;
		s.rest = rest[seen++];
		if (made++ < VB_PLOT_MOST)
			draw_listeners(p, &s);
	}
	free(labels);
	return made;
}

void vb_plot_listeners(struct vb_plotter *p)
{
	size_t nr, made = 0;
	const char **sections = vb_plot_sections(p, &nr);

	for (size_t i = 0; sections && i < nr; i++)
		made = plot_listeners_of(p, sections[i], made);
	if (!made)
		vb_plot_leave_out(p, "listeners", "requests by listeners", "mdevs= has one value");
	free(sections);
}
