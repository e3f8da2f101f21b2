// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/report/plot_impl.h"
#include "bench/soak/timeline.h"

#define MAX_ROWS	32	/* faults in the plot of events */
#define MIN_CYCLES	3	/* fewer are no timeline, and plots take longer than a short cycle */

struct quantity {
	const char *stem, *title, *caption;
	double (*of)(const struct soak_row *row);
	enum vb_axis axis;
};

/* A cycle whose run was killed has no result, so no rate and no time. */
static double rate(const struct soak_row *r)
{
	return r->operations && r->duration_s ? r->operations / r->duration_s : NAN;
}

static double p99(const struct soak_row *r)
{
	return r->p99_us ? r->p99_us * 1e3 : NAN;
}

static double slab(const struct soak_row *r)
{
	return r->slab_kib / 1024;
}

static double held(const struct soak_row *r)
{
	return r->held_pages;
}

static double fds(const struct soak_row *r)
{
	return r->descriptors;
}

static const struct quantity quantities[] = {
	{ "operations", "steps a second", "Steps of all workers a second of the measured part, of each cycle "
	  "whose run told them. Jobs differ in what a step is.", rate, VB_AXIS_AUTO },
	{ "latency", "p99 of a request or unmap", "The largest 99th percentile of any section's unmap or request "
	  "in a cycle. Loads that stop, faults and other jobs are in it: a soak is no measurement.", p99,
	  VB_AXIS_AUTO },
	{ "memory", "unreclaimable kernel memory", "SUnreclaim of /proc/meminfo after each cycle.", slab,
	  VB_AXIS_TIGHT },
	{ "pins", "pages held by pin_user_pages", "nr_foll_pin_acquired - nr_foll_pin_released after each "
	  "cycle: a flat line.", held, VB_AXIS_ZERO },
	{ "descriptors", "open descriptors of the soak", "After each cycle: a flat line.", fds, VB_AXIS_ZERO },
};

static void set_time(struct vb_drawing *d, const struct soak_row *rows, size_t nr)
{
	double last = rows[nr - 1].start_s + rows[nr - 1].seconds;
	double scale = last > 10800 ? 3600 : last > 300 ? 60 : 1;

	vb_drawing_number(d, "time_scale", scale);
	vb_drawing_text(d, "time_unit", "%s", scale == 3600 ? "hours" : scale == 60 ? "minutes" : "seconds");
	vb_drawing_axis(d, "x", 0, last / scale, VB_AXIS_ZERO);
	vb_drawing_number(d, "dot", nr > 1000 ? 0.2 : nr > 200 ? 0.35 : 0.6);
}

/* The data; returns how many values there are, with their extent. */
static size_t write_values(struct vb_drawing *d, const struct quantity *q, const struct soak_row *rows,
			   size_t nr, double *low, double *high)
{
	size_t n = 0;

	fputs("time_s\tvalue\tfault\tfailed\n", d->data);
	*low = INFINITY;
	*high = -INFINITY;
	for (size_t i = 0; i < nr; i++) {
		double value = q->of(&rows[i]);

		fprintf(d->data, "%.3f\t", rows[i].start_s);
		if (isnan(value))
			fputs("NaN", d->data);
		else
			fprintf(d->data, "%.10g", value);
		fprintf(d->data, "\t%d\t%d\n", rows[i].injected, rows[i].failed);
		if (isnan(value))
			continue;
		n++;
		*low = fmin(*low, value);
		*high = fmax(*high, value);
	}
	return n;
}

static void draw_quantity(struct vb_plotter *p, const struct quantity *q, const struct soak_row *rows,
			  size_t nr)
{
	struct vb_plot_unit unit = { 1, "" };
	struct vb_plot *plot;
	struct vb_drawing d;
	double low, high;
	size_t n;

	if (!vb_drawing_begin(p, &d, "timeline", q->title, "%s", q->stem))
		return;
	n = write_values(&d, q, rows, nr, &low, &high);
	if (q->of == p99)
		unit = vb_plot_unit(p, high > 50 * low ? sqrt(low * high) * 10 : high);
	else if (q->of == rate)
		unit = vb_plot_rate_unit(high);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%s%s", unit.name, q->of == rate ? "steps a second" :
			q->of == slab ? "MiB" : q->of == held ? "pages" : q->of == fds ? "descriptors" : "");
	vb_drawing_axis(&d, "y", low / unit.scale, high / unit.scale, q->axis);
	set_time(&d, rows, nr);
	vb_drawing_number(&d, "height", 300);
	vb_drawing_text(&d, "note", "%zu of %zu cycles", n, nr);
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption), "%s", q->caption);
	snprintf(plot->alt, sizeof(plot->alt), "%s over %zu cycles: from %.4g to %.4g %s.", q->title, n,
		 n ? low / unit.scale : 0, n ? high / unit.scale : 0, unit.name);
	vb_drawing_end(&d);
}

static size_t place(const char **names, size_t *nr, const char *name)
{
	size_t i;

	for (i = 0; i < *nr; i++)
		if (!strcmp(names[i], name))
			return i;
	if (*nr < MAX_ROWS)
		names[(*nr)++] = name;
	return i < MAX_ROWS ? i : 0;
}

static void draw_events(struct vb_plotter *p, const struct soak_row *rows, size_t nr)
{
	const char *names[MAX_ROWS] = { "none" };
	size_t nr_names = 1, injected = 0, failed = 0;
	struct vb_plot *plot;
	struct vb_drawing d;
	char ticks[2048] = "";
	size_t used = 0;

	if (!vb_drawing_begin(p, &d, "events", "faults and failures", "events"))
		return;
	fputs("time_s\trow\tfailed\n", d.data);
	for (size_t i = 0; i < nr; i++) {
		size_t row = rows[i].injected ? place(names, &nr_names, rows[i].fault) : 0;

		injected += rows[i].injected;
		failed += rows[i].failed;
		fprintf(d.data, "%.3f\t%zu\t%d\n", rows[i].start_s, row, rows[i].failed);
	}
	for (size_t i = 0; i < nr_names && used < sizeof(ticks) - 80; i++)
		used += (size_t)snprintf(ticks + used, sizeof(ticks) - used, "%s\"%s\" %zu", i ? ", " : "",
					 names[i], i);
	vb_drawing_text(&d, "row_ticks", "%s", ticks);
	vb_drawing_number(&d, "rows", (double)nr_names);
	set_time(&d, rows, nr);
	vb_drawing_number(&d, "height", 170 + 20 * (double)nr_names);
	vb_drawing_text(&d, "note", "%zu faults, %zu failures in %zu cycles", injected, failed, nr);
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption), "Which fault was injected in which cycle; the lowest row "
		 "has the cycles without one.");
	snprintf(plot->alt, sizeof(plot->alt), "%zu faults of %zu kinds and %zu failures over %zu cycles.",
		 injected, nr_names - 1, failed, nr);
	vb_drawing_end(&d);
}

int soak_plots(const struct soak_row *rows, size_t nr, const char *out, struct vb_plots *plots)
{
	struct vb_plotter p = { .out = out, .plots = plots };

	if (nr < MIN_CYCLES)
		return 0;
	if (mkdir(out, 0755) && errno != EEXIST)
		return -errno;
	for (size_t i = 0; i < sizeof(quantities) / sizeof(*quantities); i++)
		draw_quantity(&p, &quantities[i], rows, nr);
	draw_events(&p, rows, nr);
	return p.error;
}
