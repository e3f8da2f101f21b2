// SPDX-License-Identifier: GPL-2.0-or-later
/* Callbacks, and a request's cost, by the pins in its range: notify_span's table drawn. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"

static const char title[] = "callbacks and cost by pins";

static int pins_of(const struct vb_span_row *row)
{
	return row->pin_every ? (row->count + row->pin_every - 1) / row->pin_every : 0;
}

/* Rows of one plot: of one count, same other keys; they stand together. */
static size_t group_end(const struct vb_span_row *rows, size_t from, size_t nr)
{
	size_t to = from + 1;

	while (to < nr && rows[to].count == rows[from].count &&
	       !strcmp(rows[to].rest, rows[from].rest))
		to++;
	return to;
}

/* Time in callbacks of a run's request; NAN where callbacks read no clock. */
double vb_plot_callback_time(const json_t *run)
{
	const json_t *calls = vb_result_metric(run, "module", "callback");
	const json_t *each = vb_result_metric(run, "module", "callbacks_per_request");
	double requests = vb_json_number(each, "count");

	if (!each || requests <= 0 || strcmp(vb_json_text(run, "module_mode"), "normal"))
		return NAN;
	return vb_json_number(calls, "mean") * vb_json_number(calls, "count") / requests;
}

/* The median of the runs at this place; NAN: not timed. */
static double callback_time(const struct vb_plotter *p, const struct vb_span_row *row, size_t arm)
{
	double *values = calloc(p->result->nr_runs + 1, sizeof(*values)), time = NAN;
	size_t n = 0;

	for (size_t i = 0; values && i < p->result->nr_runs; i++) {
		const json_t *run = p->result->run[i];

		if (!vb_plot_counts(run) || vb_report_arm_of(run, &p->arms) != arm ||
		    !vb_report_span_at(run, row))
			continue;
		values[n] = vb_plot_callback_time(run);
		n += !isnan(values[n]);
	}
	if (n)
		time = vb_plot_median(values, n);
	free(values);
	return time;
}

/* What the axes have to reach. */
struct span_extent {
	double calls, low, high, callback;
	unsigned int fewest, most;	/* runs of a point */
};

static void write_point(struct vb_drawing *d, const struct vb_span_row *row, size_t arm,
			size_t place, struct span_extent *e)
{
	const struct vb_span_cell *cell = &row->arm[arm];
	double callback = callback_time(d->plotter, row, arm);

	if (!cell->runs)
		return;
	vb_drawing_field(d, d->plotter->arms.label[arm]);
	fprintf(d->data, "\t%zu\t%d", place, pins_of(row));
	if (cell->callbacks_known)
		fprintf(d->data, "\t%.15g\t%.15g", cell->callbacks_lowest, cell->callbacks_highest);
	else
		fputs("\tNaN\tNaN", d->data);
	fprintf(d->data, "\t%.15g\t%.15g\t%.15g\t%.15g\t%u\n", cell->ns_per_mapping, cell->lowest,
		cell->highest, callback, cell->runs);
	e->calls = fmax(e->calls, cell->callbacks_known ? cell->callbacks_highest : 0);
	e->low = fmin(e->low, cell->lowest);
	e->high = fmax(e->high, cell->highest);
	e->callback = fmax(e->callback, callback);	/* a number beside NAN */
	e->fewest = cell->runs < e->fewest ? cell->runs : e->fewest;
	e->most = cell->runs > e->most ? cell->runs : e->most;
}

/* Few pins first: the rows come with most first and none last. */
static size_t write_points(struct vb_drawing *d, const struct vb_span_row *rows, size_t n,
			   struct span_extent *e)
{
	const struct vb_plotter *p = d->plotter;
	const char *label[VB_REPORT_MAX_ARMS];
	size_t arm[VB_REPORT_MAX_ARMS], nr = 0;

	fputs("arm\tplace\tpins\tcallbacks_lowest\tcallbacks_highest\tns_per_"
	      "mapping\tlowest\thighest\t"
	      "callback_ns_per_request\truns\n",
	      d->data);
	for (size_t a = 0; a < p->arms.count; a++) {
		unsigned int runs = 0;

		for (size_t i = 0; i < n; i++)
			runs += rows[i].arm[a].runs;
		if (!runs)
			continue;
		if (nr)
			fputs("\n\n", d->data);
		for (size_t i = n; i-- > 0;)
			write_point(d, &rows[i], a, n - 1 - i, e);
		arm[nr] = a;
		label[nr++] = p->arms.label[a];
	}
	if (nr)
		vb_drawing_series(d, nr, arm, label);
	return nr;
}

static void set_axes(struct vb_drawing *d, const struct vb_span_row *rows, size_t n,
		     const struct span_extent *e)
{
	struct vb_plot_unit unit = vb_plot_unit(d->plotter, e->high);
	struct vb_plot_unit call = vb_plot_unit(d->plotter, e->callback);

	vb_drawing_number(d, "places", (double)n);
	fprintf(d->settings, "place_ticks = '");
	for (size_t i = n; i-- > 0;)
		fprintf(d->settings, "%s\"%d\" %zu", i + 1 < n ? ", " : "", pins_of(&rows[i]),
			n - 1 - i);
	fputs("'\n", d->settings);
	vb_drawing_text(d, "mappings", "%d", rows->count);
	vb_drawing_axis(d, "calls", 1, fmax(e->calls, 2), VB_AXIS_LOG);
	vb_drawing_number(d, "scale", unit.scale);
	vb_drawing_text(d, "unit", "%s", unit.name);
	vb_drawing_axis(d, "span", e->low / unit.scale, e->high / unit.scale, VB_AXIS_TIGHT);
	vb_drawing_axis(d, "call", 0, e->callback / call.scale, VB_AXIS_ZERO);
	vb_drawing_number(d, "call_scale", call.scale);
	vb_drawing_text(d, "call_unit", "%s", call.name);
}

static void describe(struct vb_drawing *d, const struct vb_span_row *rows, size_t n,
		     const struct span_extent *e)
{
	struct vb_plot *plot = vb_drawing_plot(d);
	char runs[64];

	if (e->fewest == e->most)
		snprintf(runs, sizeof(runs), "%u run%s a point", e->most, e->most == 1 ? "" : "s");
	else
		snprintf(runs, sizeof(runs), "%u to %u runs a point", e->fewest, e->most);
	vb_drawing_text(d, "note", "%s%s%s", runs, *rows->rest ? "; " : "", rows->rest);
	snprintf(plot->caption, sizeof(plot->caption),
		 "One unmap request over %d mappings, by how many of them hold a pinned page: "
		 "callbacks a "
		 "request, time for each mapping (%s, bars: lowest and highest run)%s. %s.",
		 rows->count, d->plotter->exact ? "the best round" : "the runs' median",
		 e->callback > 0 ? ", time in callbacks a request" : "", runs);
	snprintf(plot->alt, sizeof(plot->alt),
		 "Lines over %zu numbers of pins, from %d to %d of %d mappings: up to %.0f "
		 "callbacks a "
		 "request, %.4g to %.4g %s for each mapping.",
		 n, pins_of(&rows[n - 1]), pins_of(&rows[0]), rows->count, e->calls, e->low,
		 e->high, d->plotter->exact ? "instructions" : "ns");
}

static void plot_group(struct vb_plotter *p, const struct vb_span_row *rows, size_t n)
{
	struct span_extent e = { .low = INFINITY, .high = -INFINITY, .fewest = UINT_MAX };
	struct vb_drawing d;
	char heading[128];
	int panels;
	size_t nr;

	snprintf(heading, sizeof(heading), "One unmap request over %d mappings", rows->count);
	if (!vb_drawing_begin(p, &d, "span", heading, "span-%d-%s", rows->count, rows->rest))
		return;
	nr = write_points(&d, rows, n, &e);
	panels = e.callback > 0 ? 3 : 2;
	vb_drawing_number(&d, "panels", panels);
	vb_drawing_number(&d, "height", 88 + 165.0 * panels + 19 * (double)nr);
	set_axes(&d, rows, n, &e);
	describe(&d, rows, n, &e);
	vb_drawing_end(&d);
}

static bool group_has_runs(const struct vb_span_row *rows, size_t n, size_t arms)
{
	for (size_t i = 0; i < n; i++)
		for (size_t a = 0; a < arms; a++)
			if (rows[i].arm[a].runs)
				return true;
	return false;
}

void vb_plot_span(struct vb_plotter *p)
{
	size_t nr, end, made = 0, single = 0;
	struct vb_span_row *rows;

	if (vb_report_span(p->result, &p->arms, &rows, &nr)) {
		p->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < nr; i = end) {
		end = group_end(rows, i, nr);
		if (end - i < 2 || !group_has_runs(rows + i, end - i, p->arms.count))
			single++;
		else if (made++ < VB_PLOT_MOST)
			plot_group(p, rows + i, end - i);
	}
	if (!nr)
		vb_plot_leave_out(p, "span", title, "no run in it has a section of notify_span");
	else if (!made)
		vb_plot_leave_out(p, "span", title,
				  "pin_every= has one value, or no run's numbers stand");
	else if (made > VB_PLOT_MOST)
		vb_plot_leave_out(p, "span", title, "%zu more: the first %d are drawn",
				  made - VB_PLOT_MOST, VB_PLOT_MOST);
	free(rows);
}
