// SPDX-License-Identifier: GPL-2.0-or-later
/* Latency over time, a run of each arm: does it drift, does it come in bursts? */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"
#include "lib/result/intervals.h"

static const char title[] = "latency over time";

#define MOST_PANELS 4
/* Tiles across: more are narrower than a pixel of a phone. */
#define MOST_COLUMNS 60
/* Fewer intervals are no course of anything. */
#define FEWEST_INTERVALS 4

/* One arm's run. */
struct panel {
	size_t arm, run;
	struct vb_latency *line;	/* of the section and metric alone */
	size_t nr;
	double start_s, end_s, step_s;	/* step_s: of a column of tiles */
};

static void keep_metric(struct panel *panel, const char *section, const char *metric)
{
	size_t kept = 0;

	for (size_t i = 0; i < panel->nr; i++)
		if (!strcmp(panel->line[i].section, section) && !strcmp(panel->line[i].metric, metric))
			panel->line[kept++] = panel->line[i];
	panel->nr = kept;
}

/* Intervals are of one length but for the first and last: the shortest in between is it. */
static void measure(struct panel *panel)
{
	double step = INFINITY, columns;

	for (size_t i = 1; i < panel->nr; i++) {
		double gap = panel->line[i].time_s - panel->line[i - 1].time_s;

		if (gap > 1e-6 && gap < step && i + 1 < panel->nr &&
		    panel->line[i].time_s < panel->line[panel->nr - 1].time_s)
			step = gap;
	}
	panel->end_s = panel->line[panel->nr - 1].time_s;
	panel->start_s = fmax(0, panel->line[0].time_s - step);
	columns = (panel->end_s - panel->start_s) / step;
	panel->step_s = columns > MOST_COLUMNS ? (panel->end_s - panel->start_s) / MOST_COLUMNS : step;
}

static size_t count_intervals(const struct panel *panel)
{
	size_t n = panel->nr > 0;

	for (size_t i = 1; i < panel->nr; i++)
		n += panel->line[i].time_s > panel->line[i - 1].time_s;
	return n;
}

static bool load(const struct vb_plotter *p, const char *section, const char *metric, struct panel *panel)
{
	char path[4600], err[256];

	snprintf(path, sizeof(path), "%s/runs/%s/latency.csv", p->path, p->result->run_dir[panel->run]);
	if (vb_latency_read(path, &panel->line, &panel->nr, err, sizeof(err)))
		return false;
	keep_metric(panel, section, metric);
	if (count_intervals(panel) < FEWEST_INTERVALS) {
		free(panel->line);
		return false;
	}
	measure(panel);
	return true;
}

/* A tile: a column of time, and a coarse bucket. */
static size_t column_of(const struct panel *panel, double time_s)
{
	double at = ceil((time_s - panel->start_s) / panel->step_s - 1e-6) - 1;

	return at < 0 ? 0 : at >= MOST_COLUMNS + 1 ? MOST_COLUMNS : (size_t)at;
}

struct heat_extent {
	double low, high, seconds;
};

static void write_column(struct vb_drawing *d, const struct panel *panel, size_t column,
			 const uint64_t *count, struct heat_extent *e)
{
	double from = (double)column * panel->step_s;
	uint64_t all = 0;

	for (uint32_t b = 0; b < VB_COARSE_BUCKETS; b++)
		all += count[b];
	for (uint32_t b = 0; b < VB_COARSE_BUCKETS; b++) {
		double low = (double)vb_coarse_low(b);
		double high = b + 1 < VB_COARSE_BUCKETS ? (double)vb_coarse_low(b + 1) : 2 * low;

		if (!count[b])
			continue;
		low = fmax(low, 0.5);
		vb_drawing_field(d, d->plotter->arms.label[panel->arm]);
		fprintf(d->data, "\t%.6f\t%.6f\t%.15g\t%.15g\t%.6g\t%llu\n", from, from + panel->step_s, low,
			high, (double)count[b] / (double)all, (unsigned long long)count[b]);
		e->low = fmin(e->low, low);
		e->high = fmax(e->high, high);
	}
}

static int write_panel(struct vb_drawing *d, const struct panel *panel, struct heat_extent *e)
{
	uint64_t *count = calloc((MOST_COLUMNS + 1) * (size_t)VB_COARSE_BUCKETS, sizeof(*count));

	if (!count)
		return -ENOMEM;
	for (size_t i = 0; i < panel->nr; i++)
		count[column_of(panel, panel->line[i].time_s) * VB_COARSE_BUCKETS +
		      vb_coarse_index(panel->line[i].bucket_ns)] += panel->line[i].count;
	for (size_t c = 0; c <= MOST_COLUMNS; c++)
		write_column(d, panel, c, count + c * VB_COARSE_BUCKETS, e);
	e->seconds = fmax(e->seconds, panel->end_s - panel->start_s);
	free(count);
	return 0;
}

static void describe(struct vb_drawing *d, const struct panel *panels, size_t nr, const char *section,
		     const char *metric, const struct heat_extent *e)
{
	const struct vb_plotter *p = d->plotter;
	const json_t *run = p->result->run[panels[0].run];
	const char *cell = vb_json_text(run, "label");
	struct vb_plot *plot = vb_drawing_plot(d);
	char runs[64] = "";
	size_t used = 0;

	for (size_t i = 0; i < nr; i++)
		used += (size_t)snprintf(runs + used, sizeof(runs) - used, "%s%.0f", i ? ", " : "",
					 vb_json_number(p->result->run[panels[i].run], "number"));
	vb_drawing_text(d, "note", "%s%srun%s %s", cell, *cell ? "; " : "", nr == 1 ? "" : "s", runs);
	snprintf(plot->caption, sizeof(plot->caption), "%s of section %s%s%s over the measured part of one run "
		 "of each arm (run%s %s). Each tile: the share of its interval's operations that took so "
		 "long.", metric, section, *cell ? ", at " : "", cell, nr == 1 ? "" : "s", runs);
	snprintf(plot->alt, sizeof(plot->alt), "%s %s over %.3g seconds, between %.4g and %.4g ns.", section,
		 metric, e->seconds, e->low, e->high);
}

static void draw(struct vb_plotter *p, const char *section, const char *metric,
		 const struct panel *panels, size_t nr)
{
	struct heat_extent e = { .low = INFINITY };
	const char *label[MOST_PANELS];
	size_t arm[MOST_PANELS];
	struct vb_plot_unit unit;
	struct vb_drawing d;
	char heading[128];

	snprintf(heading, sizeof(heading), "%.50s %.50s over time", section, metric);
	if (!vb_drawing_begin(p, &d, "heatmap", heading, "heatmap-%s-%s", section, metric))
		return;
	fputs("arm\tfrom_s\tto_s\tlow_ns\thigh_ns\tshare\tcount\n", d.data);
	for (size_t i = 0; i < nr; i++) {
		if (i)
			fputs("\n\n", d.data);
		if (write_panel(&d, &panels[i], &e))
			p->error = -ENOMEM;
		arm[i] = panels[i].arm;
		label[i] = p->arms.label[arm[i]];
	}
	unit = vb_plot_unit(p, e.high > 50 * e.low ? sqrt(e.low * e.high) * 10 : e.high);
	vb_drawing_series(&d, nr, arm, label);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%s", unit.name);
	vb_drawing_axis(&d, "y", e.low / unit.scale, e.high / unit.scale, VB_AXIS_LOG);
	vb_drawing_axis(&d, "x", 0, e.seconds, VB_AXIS_ZERO);
	vb_drawing_number(&d, "seconds", e.seconds);
	vb_drawing_number(&d, "height", 122 + 170 * (double)nr);
	describe(&d, panels, nr, section, metric, &e);
	vb_drawing_end(&d);
}

/* The first counting run of every arm at the first label of all: small multiples. */
static bool draw_section(struct vb_plotter *p, const char *section, const char *metric)
{
	struct panel panels[MOST_PANELS];
	const char *label = NULL;
	size_t nr = 0;

	for (size_t a = 0; a < p->arms.count && nr < MOST_PANELS; a++) {
		size_t n, *runs = vb_plot_runs(p, a, label, &n);

		for (size_t i = 0; runs && i < n; i++) {
			panels[nr] = (struct panel){ .arm = a, .run = runs[i] };
			if (!load(p, section, metric, &panels[nr]))
				continue;
			label = vb_json_text(p->result->run[runs[i]], "label");
			nr++;
			break;
		}
		free(runs);
	}
	if (nr)
		draw(p, section, metric, panels, nr);
	for (size_t i = 0; i < nr; i++)
		free(panels[i].line);
	return nr;
}

void vb_plot_heatmap(struct vb_plotter *p)
{
	size_t nr, made = 0;
	const char **sections = vb_plot_sections(p, &nr);

	for (size_t i = 0; sections && i < nr && made < VB_PLOT_MOST; i++) {
		const char *metric = vb_plot_primary(p, sections[i]);

		made += metric && draw_section(p, sections[i], metric);
	}
	if (!made)
		vb_plot_leave_out(p, "heatmap", title, p->exact ? "exact mode keeps no latency.csv" :
				  "no run lasted for %d intervals of latency.csv", FEWEST_INTERVALS);
	free(sections);
}
