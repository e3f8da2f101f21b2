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
/* Tiles across and up: more are thinner than a pixel of a phone. */
#define MOST_COLUMNS 60
#define MOST_ROWS 32
/* Fewer intervals are no course of anything. */
#define FEWEST_INTERVALS 4

/* One arm's run. */
struct panel {
	size_t arm, run;
	struct vb_latency *line;	/* of the section and metric alone */
	size_t nr, columns;
	double edge_s[MOST_COLUMNS + 1]; /* of the columns, from the first one's start */
};

/* Ends of intervals, as the file has them, become the columns' edges: each of one or more. */
static size_t find_edges(struct panel *panel)
{
	size_t intervals = 0, each, seen = 0;
	double gap, last = -1, first = panel->nr ? panel->line[0].time_s : 0;

	for (size_t i = 0; i < panel->nr; i++) {
		intervals += panel->line[i].time_s > last;
		last = panel->line[i].time_s;
	}
	if (intervals < FEWEST_INTERVALS)
		return intervals;
	gap = (last - first) / (double)(intervals - 1);
	each = (intervals + MOST_COLUMNS - 1) / MOST_COLUMNS;
	panel->edge_s[0] = fmax(0, first - gap);
	panel->columns = 0;
	last = -1;
	for (size_t i = 0; i < panel->nr; i++) {
		if (panel->line[i].time_s <= last)
			continue;
		last = panel->line[i].time_s;
		panel->columns += seen++ % each == 0;
		panel->edge_s[panel->columns] = last;
	}
	return intervals;
}

static void keep_metric(struct panel *panel, const char *section, const char *metric)
{
	size_t kept = 0;

	for (size_t i = 0; i < panel->nr; i++)
		if (!strcmp(panel->line[i].section, section) &&
		    !strcmp(panel->line[i].metric, metric))
			panel->line[kept++] = panel->line[i];
	panel->nr = kept;
}

static bool load(const struct vb_plotter *p, const char *section, const char *metric,
		 struct panel *panel)
{
	char path[4600], err[256];
	size_t intervals;

	if (!vb_plot_file_sound(p, panel->run, "latency.csv"))
		return false;
	snprintf(path, sizeof(path), "%s/runs/%s/latency.csv", p->path,
		 p->result->run_dir[panel->run]);
	if (vb_latency_read(path, &panel->line, &panel->nr, err, sizeof(err)))
		return false;
	intervals = find_edges(panel);
	keep_metric(panel, section, metric);
	if (panel->nr && intervals >= FEWEST_INTERVALS)
		return true;
	free(panel->line);
	return false;
}

static size_t column_of(const struct panel *panel, double time_s)
{
	size_t c = 0;

	while (c + 1 < panel->columns && time_s > panel->edge_s[c + 1])
		c++;
	return c;
}

struct heat_extent {
	double low, high, seconds;
	unsigned int merge;		/* 1 << merge buckets are a row */
};

/* The buckets that there are, of all panels, in so many rows as can be seen. */
static void find_rows(const struct panel *panels, size_t nr, struct heat_extent *e)
{
	uint32_t least = VB_COARSE_BUCKETS, most = 0;

	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < panels[i].nr; k++) {
			uint32_t b = vb_coarse_index(panels[i].line[k].bucket_ns);

			least = b < least ? b : least;
			most = b > most ? b : most;
		}
	/* Three halvings make one row of a power of two; below 8 ns buckets are wider anyway. */
	for (e->merge = 0; e->merge < VB_COARSE_BITS && ((most - least) >> e->merge) >= MOST_ROWS;)
		e->merge++;
}

static double row_edge(uint32_t row, unsigned int merge)
{
	uint32_t bucket = row << merge;

	if (bucket < VB_COARSE_BUCKETS)
		return fmax((double)vb_coarse_low(bucket), 0.5);
	return 2 * (double)vb_coarse_low(VB_COARSE_BUCKETS - 1);
}

static void write_column(struct vb_drawing *d, const struct panel *panel, size_t column,
			 const uint64_t *count, struct heat_extent *e)
{
	uint64_t all = 0;

	for (uint32_t row = 0; row < VB_COARSE_BUCKETS; row++)
		all += count[row];
	for (uint32_t row = 0; row < VB_COARSE_BUCKETS; row++) {
		double low = row_edge(row, e->merge), high = row_edge(row + 1, e->merge);

		if (!count[row])
			continue;
		vb_drawing_field(d, d->plotter->arms.label[panel->arm]);
		fprintf(d->data, "\t%.6f\t%.6f\t%.15g\t%.15g\t%.6g\t%llu\n",
			panel->edge_s[column] - panel->edge_s[0],
			panel->edge_s[column + 1] - panel->edge_s[0], low, high,
			(double)count[row] / (double)all, (unsigned long long)count[row]);
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
		      (vb_coarse_index(panel->line[i].bucket_ns) >> e->merge)] +=
			panel->line[i].count;
	for (size_t c = 0; c < panel->columns; c++)
		write_column(d, panel, c, count + c * VB_COARSE_BUCKETS, e);
	e->seconds = fmax(e->seconds, panel->edge_s[panel->columns] - panel->edge_s[0]);
	free(count);
	return 0;
}

static void describe(struct vb_drawing *d, const struct panel *panels, size_t nr,
		     const char *section, const char *metric, const struct heat_extent *e)
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
	vb_drawing_text(d, "note", "%s%srun%s %s", cell, *cell ? "; " : "", nr == 1 ? "" : "s",
			runs);
	snprintf(plot->caption, sizeof(plot->caption),
		 "%s of section %s%s%s over the measured part of one run "
		 "of each arm (run%s %s). Each tile: the share of its interval's operations that "
		 "took so "
		 "long.",
		 metric, section, *cell ? ", at " : "", cell, nr == 1 ? "" : "s", runs);
	snprintf(plot->alt, sizeof(plot->alt), "%s %s over %.3g seconds, between %.4g and %.4g ns.",
		 section, metric, e->seconds, e->low, e->high);
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
	find_rows(panels, nr, &e);
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
	vb_drawing_axis(&d, "y", 0.95 * e.low / unit.scale, e.high / unit.scale, VB_AXIS_LOG);
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
		vb_plot_leave_out(p, "heatmap", title,
				  p->exact ? "exact mode keeps no latency.csv"
					   : "no run has a sound latency.csv of %d intervals",
				  FEWEST_INTERVALS);
	free(sections);
}
