// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the time of a request goes: before its callbacks, in them, after them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"

static const char title[] = "where a request's time goes";

/* Mean time of one request, in the metric's unit; the parts make the total. */
enum part { BEFORE, CALLBACKS, ELSEWHERE, AFTER, PARTS };

struct breakdown {
	double part[PARTS], total;
	size_t arm, runs;
};

static double sum_of(const json_t *metric)
{
	return metric ? vb_json_number(metric, "mean") * vb_json_number(metric, "count") : 0;
}

/* Unmap requests as user space timed them, over one mapping or many. */
static double user_time(const json_t *run, double *requests)
{
	const json_t *metrics = json_object_get(run, "metrics"), *metric;
	double time = 0;
	size_t i;

	*requests = 0;
	json_array_foreach(metrics, i, metric) {
		const char *name = vb_json_text(metric, "metric");

		if (strcmp(name, "request") && strcmp(name, "unmap"))
			continue;
		time += sum_of(metric);
		*requests += vb_json_number(metric, "count");
	}
	return time;
}

/*
 * False: the module read no clock, or did not see the same requests that user
 * space timed (a window that no mdev sees, two mdevs that see one).
 */
static bool of_run(const json_t *run, struct breakdown *b)
{
	const json_t *seen = vb_result_metric(run, "module", "callbacks_per_request");
	const json_t *first = vb_result_metric(run, "module", "request_to_first_callback");
	const json_t *last = vb_result_metric(run, "module", "last_callback_to_request_end");
	double requests, time = user_time(run, &requests);

	if (!first || !last || requests <= 0 || vb_json_number(seen, "count") != requests ||
	    strcmp(vb_json_text(run, "module_mode"), "normal"))
		return false;
	b->part[BEFORE] = sum_of(first) / requests;
	b->part[CALLBACKS] = sum_of(vb_result_metric(run, "module", "callback")) / requests;
	b->part[AFTER] = sum_of(last) / requests;
	b->total = time / requests;
	b->part[ELSEWHERE] = b->total - b->part[BEFORE] - b->part[CALLBACKS] - b->part[AFTER];
	return b->part[ELSEWHERE] >= -0.02 * b->total;
}

/* Of an arm: the mean of its runs, so that parts still make the total. */
static bool of_arm(const struct vb_plotter *p, const char *label, struct breakdown *b)
{
	size_t nr, *runs = vb_plot_runs(p, b->arm, label, &nr);
	struct breakdown one;

	b->runs = 0;
	b->total = 0;
	memset(b->part, 0, sizeof(b->part));
	for (size_t i = 0; runs && i < nr; i++) {
		if (!of_run(p->result->run[runs[i]], &one))
			continue;
		b->runs++;
		b->total += one.total;
		for (int k = 0; k < PARTS; k++)
			b->part[k] += one.part[k];
	}
	free(runs);
	for (int k = 0; k < PARTS && b->runs; k++)
		b->part[k] = fmax(0, b->part[k] / (double)b->runs);
	b->total /= b->runs ? (double)b->runs : 1;
	return b->runs;
}

static void write_rows(struct vb_drawing *d, const struct breakdown *bars, size_t nr)
{
	const char *label[VB_REPORT_MAX_ARMS];
	size_t arm[VB_REPORT_MAX_ARMS];

	fputs("arm\tplace\tbefore_ns\tcallbacks_ns\telsewhere_ns\tafter_ns\ttotal_ns\truns\n",
	      d->data);
	for (size_t i = 0; i < nr; i++) {
		arm[i] = bars[i].arm;
		label[i] = d->plotter->arms.label[arm[i]];
		vb_drawing_field(d, label[i]);
		fprintf(d->data, "\t%zu", i);
		for (int k = 0; k < PARTS; k++)
			fprintf(d->data, "\t%.15g", bars[i].part[k]);
		fprintf(d->data, "\t%.15g\t%zu\n", bars[i].total, bars[i].runs);
	}
	vb_drawing_series(d, nr, arm, label);
}

static void describe(struct vb_drawing *d, const char *cell, const struct breakdown *bars,
		     size_t nr, struct vb_plot_unit unit)
{
	struct vb_plot *plot = vb_drawing_plot(d);
	size_t used, runs = bars[0].runs;

	if (*cell)
		snprintf(plot->title + strlen(plot->title),
			 sizeof(plot->title) - strlen(plot->title), ", %s", cell);
	vb_drawing_text(d, "note", "%s%s%zu run%s an arm", cell, *cell ? "; " : "", runs,
			runs == 1 ? "" : "s");
	snprintf(plot->caption, sizeof(plot->caption),
		 "Mean time of one unmap request%s%s, split where the companion module saw it: "
		 "before its "
		 "first callback, in callbacks, after its last one; between: from one callback to "
		 "the next, "
		 "and requests without any. Means of %zu run%s an arm.",
		 *cell ? " at " : "", cell, runs, runs == 1 ? "" : "s");
	used = (size_t)snprintf(plot->alt, sizeof(plot->alt), "Bars, %s:", unit.name);
	for (size_t i = 0; i < nr && used < sizeof(plot->alt); i++)
		used += (size_t)snprintf(
			plot->alt + used, sizeof(plot->alt) - used,
			"%s %s %.4g: before %.3g, in callbacks %.3g, between %.3g, after %.3g",
			i ? ";" : "", d->plotter->arms.label[bars[i].arm],
			bars[i].total / unit.scale, bars[i].part[BEFORE] / unit.scale,
			bars[i].part[CALLBACKS] / unit.scale, bars[i].part[ELSEWHERE] / unit.scale,
			bars[i].part[AFTER] / unit.scale);
}

static void draw(struct vb_plotter *p, const char *cell, const struct breakdown *bars, size_t nr)
{
	struct vb_plot_unit unit;
	struct vb_drawing d;
	double most = 0;

	for (size_t i = 0; i < nr; i++)
		most = fmax(most, bars[i].total);
	unit = vb_plot_unit(p, most);
	if (!vb_drawing_begin(p, &d, "breakdown", "Where the time of a request goes",
			      "breakdown-%s", cell))
		return;
	write_rows(&d, bars, nr);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%s", unit.name);
	vb_drawing_axis(&d, "x", 0, most / unit.scale, VB_AXIS_ZERO);
	vb_drawing_number(&d, "height", 218 + 48 * (double)nr);
	describe(&d, cell, bars, nr, unit);
	vb_drawing_end(&d);
}

void vb_plot_breakdown(struct vb_plotter *p)
{
	struct breakdown bars[VB_REPORT_MAX_ARMS];
	size_t nr, made = 0;
	const char **labels = vb_plot_labels(p, &nr);

	for (size_t i = 0; labels && i < nr && made < VB_PLOT_MOST; i++) {
		size_t n = 0;

		for (size_t a = 0; a < p->arms.count; a++) {
			bars[n].arm = a;
			n += of_arm(p, labels[i], &bars[n]);
		}
		if (!n)
			continue;
		draw(p, labels[i], bars, n);
		made++;
	}
	if (!made)
		vb_plot_leave_out(p, "breakdown", title, "no run has callbacks that were timed "
				  "(module_mode=normal) in all of its requests");
	free(labels);
}
