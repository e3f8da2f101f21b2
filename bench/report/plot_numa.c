// SPDX-License-Identifier: GPL-2.0-or-later
/* What distance costs: CPU node against memory node, beside the device's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"

static const char title[] = "NUMA matrix";

#define MOST_NODES 16

/* Steps a second and worker, of one section on one arm. */
struct matrix {
	size_t arm;
	double *value[MOST_NODES][MOST_NODES];	/* [CPU's node][memory's] */
	size_t nr[MOST_NODES][MOST_NODES];
};

static void free_matrix(struct matrix *m)
{
	for (int i = 0; i < MOST_NODES; i++)
		for (int k = 0; k < MOST_NODES; k++)
			free(m->value[i][k]);
}

static void add_value(struct matrix *m, int cpu, int mem, double value)
{
	double *more;

	if (cpu < 0 || mem < 0 || cpu >= MOST_NODES || mem >= MOST_NODES)
		return;
	more = realloc(m->value[cpu][mem], (m->nr[cpu][mem] + 1) * sizeof(*more));
	if (!more)
		return;
	m->value[cpu][mem] = more;
	more[m->nr[cpu][mem]++] = value;
}

/* Where workers were found, not where they were sent. */
static void add_run(struct matrix *m, const json_t *run, const char *section)
{
	const json_t *workers = json_object_get(run, "workers"), *worker;
	size_t i;

	json_array_foreach(workers, i, worker) {
		const json_t *place = json_object_get(worker, "observed");
		double seconds = vb_json_number(worker, "seconds");

		if (!strcmp(vb_json_text(worker, "section"), section) && seconds > 0)
			add_value(m, (int)vb_json_number(place, "node"),
				  (int)vb_json_number(place, "mem_node"),
				  vb_json_number(worker, "steps") / seconds);
	}
}

static void fill(const struct vb_plotter *p, struct matrix *m, size_t arm, const char *section)
{
	memset(m, 0, sizeof(*m));
	m->arm = arm;
	for (size_t i = 0; i < p->result->nr_runs; i++)
		if (vb_plot_counts(p->result->run[i]) &&
		    vb_report_arm_of(p->result->run[i], &p->arms) == arm)
			add_run(m, p->result->run[i], section);
}

static size_t places(const struct matrix *m)
{
	size_t n = 0;

	for (int i = 0; i < MOST_NODES; i++)
		for (int k = 0; k < MOST_NODES; k++)
			n += m->nr[i][k] > 0;
	return n;
}

struct numa_extent {
	double low, high;
	size_t fewest;
	int nodes;
};

static void write_matrix(struct vb_drawing *d, const struct matrix *m, int device,
			 struct numa_extent *e)
{
	for (int i = 0; i < MOST_NODES; i++)
		for (int k = 0; k < MOST_NODES; k++) {
			double median;

			if (!m->nr[i][k])
				continue;
			median = vb_plot_median(m->value[i][k], m->nr[i][k]);
			vb_drawing_field(d, d->plotter->arms.label[m->arm]);
			fprintf(d->data, "\t%d\t%d\t%d\t%.15g\t%zu\n", i, k, device, median,
				m->nr[i][k]);
			e->low = fmin(e->low, median);
			e->high = fmax(e->high, median);
			e->fewest = m->nr[i][k] < e->fewest ? m->nr[i][k] : e->fewest;
			e->nodes = i >= e->nodes ? i + 1 : e->nodes;
			e->nodes = k >= e->nodes ? k + 1 : e->nodes;
		}
}

static void write_ticks(struct vb_drawing *d, int nodes, int device)
{
	fputs("node_ticks = '", d->settings);
	for (int i = 0; i < nodes; i++)
		fprintf(d->settings, "%s\"node %d%s\" %d", i ? ", " : "", i,
			i == device ? " *" : "", i);
	fputs("'\n", d->settings);
}

static void draw(struct vb_plotter *p, const char *section, struct matrix *all, size_t nr)
{
	const json_t *machine = json_object_get(p->result->meta, "device");
	int device = json_is_object(machine) ? (int)vb_json_number(machine, "node") : -1;
	struct numa_extent e = { .low = INFINITY, .fewest = SIZE_MAX };
	const char *label[VB_REPORT_MAX_ARMS];
	size_t arm[VB_REPORT_MAX_ARMS];
	struct vb_plot_unit unit;
	struct vb_drawing d;
	struct vb_plot *plot;
	char heading[128];

	snprintf(heading, sizeof(heading), "%.60s: what distance costs", section);
	if (!vb_drawing_begin(p, &d, "numa", heading, "numa-%s", section))
		return;
	fputs("arm\tcpu_node\tmem_node\tdevice_node\tsteps_per_s\tworkers\n", d.data);
	for (size_t i = 0; i < nr; i++) {
		if (i)
			fputs("\n\n", d.data);
		write_matrix(&d, &all[i], device, &e);
		arm[i] = all[i].arm;
		label[i] = p->arms.label[arm[i]];
	}
	vb_drawing_series(&d, nr, arm, label);
	unit = vb_plot_rate_unit(e.high);
	vb_drawing_number(&d, "scale", unit.scale);
	vb_drawing_text(&d, "unit", "%ssteps a second", unit.name);
	vb_drawing_number(&d, "nodes", e.nodes);
	vb_drawing_number(&d, "low", e.low);
	vb_drawing_number(&d, "high", e.high);
	write_ticks(&d, e.nodes, device);
	vb_drawing_number(&d, "panel", 66 + 44.0 * e.nodes);
	vb_drawing_number(&d, "height", 74 + (66 + 44.0 * e.nodes) * (double)nr);
	vb_drawing_text(&d, "note", "CPU down, memory across; median of %zu or more%s", e.fewest,
			device >= 0 ? "; *: the device's node" : "; no assigned device");
	plot = vb_drawing_plot(&d);
	snprintf(plot->caption, sizeof(plot->caption),
		 "Steps a second of one worker of section %s, by the node "
		 "that it ran on (down) and the node of its memory (across)%s. Medians of at least "
		 "%zu workers.",
		 section, device >= 0 ? "; *: the assigned device's node" : "", e.fewest);
	snprintf(plot->alt, sizeof(plot->alt),
		 "%s: between %.4g and %.4g steps a second and worker over %d "
		 "nodes.",
		 section, e.low, e.high, e.nodes);
	vb_drawing_end(&d);
}

/* False: its workers were in one place only. */
static bool draw_section(struct vb_plotter *p, const char *section)
{
	struct matrix *all = calloc(VB_REPORT_MAX_ARMS + 1, sizeof(*all));
	size_t nr = 0, most = 0;

	for (size_t a = 0; all && a < p->arms.count; a++) {
		fill(p, &all[nr], a, section);
		most = places(&all[nr]) > most ? places(&all[nr]) : most;
		if (places(&all[nr]))
			nr++;
		else
			free_matrix(&all[nr]);
	}
	if (most > 1)
		draw(p, section, all, nr);
	for (size_t a = 0; a < nr; a++)
		free_matrix(&all[a]);
	free(all);
	return most > 1;
}

void vb_plot_numa(struct vb_plotter *p)
{
	size_t nr, made = 0;
	const char **sections = vb_plot_sections(p, &nr);

	for (size_t i = 0; sections && i < nr && made < VB_PLOT_MOST; i++)
		made += draw_section(p, sections[i]);
	if (!made)
		vb_plot_leave_out(p, "numa", title,
				  "no section's workers were on more than one pair of CPU "
				  "node and memory node: node= and mem_node= take lists");
	free(sections);
}
