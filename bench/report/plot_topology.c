// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine as hwloc draws it, with what ran where: workers under their CPUs,
 * windows under their NUMA nodes, the assigned device marked.  hwloc writes the
 * marked tree as XML, and lstopo draws that.
 */
#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/report/palette.h"
#include "bench/report/plot_impl.h"

static const char stem[] = "topology";
static const char title[] = "The machine, and what ran where";

/* lstopo's "style" of an object; colours that black letters are read on. */
#define STYLE_WORKER "Background=#bfe0f5;Text=#000000"
#define STYLE_WINDOW "Background=#f8d8b8;Text=#000000"
#define STYLE_DEVICE "Background=#f2b6d2;Text=#000000"

/* The tree of the machine that ran, not of this one. */
static int load(const struct vb_plotter *p, hwloc_topology_t *tree)
{
	char path[4300];
	int ret = 0;

	snprintf(path, sizeof(path), "%s/topology.xml", p->path);
	if (access(path, R_OK))
		return -errno;
	if (!vb_plot_file_sound(p, VB_RESULT_TOP, "topology.xml"))
		return -EINVAL;
	if (hwloc_topology_init(tree))
		return -ENOMEM;
	if (hwloc_topology_set_xml(*tree, path) ||
	    hwloc_topology_set_io_types_filter(*tree, HWLOC_TYPE_FILTER_KEEP_IMPORTANT) ||
	    hwloc_topology_set_type_filter(*tree, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_ALL) ||
	    hwloc_topology_load(*tree)) {
		ret = -EINVAL;
		hwloc_topology_destroy(*tree);
	}
	return ret;
}

static void mark(hwloc_topology_t tree, hwloc_obj_t parent, const char *text, const char *style)
{
	hwloc_obj_t misc = parent ? hwloc_topology_insert_misc_object(tree, parent, text) : NULL;

	if (misc)
		hwloc_obj_add_info(misc, "lstopoStyle", style);
}

static hwloc_obj_t node_numbered(hwloc_topology_t tree, int number)
{
	return number < 0 ? NULL : hwloc_get_numanode_obj_by_os_index(tree, (unsigned int)number);
}

/* "map, span": the sections that have a worker on that CPU; "" without. */
static void sections_on(const json_t *run, const char *key, int number, char *text, size_t size)
{
	const json_t *workers = json_object_get(run, "workers"), *worker;
	size_t used = 0, i;

	text[0] = '\0';
	json_array_foreach(workers, i, worker) {
		const json_t *place = json_object_get(worker, "observed");
		const char *section = vb_json_text(worker, "section");

		if (!json_is_object(place) || (int)vb_json_number(place, key) != number ||
		    used + strlen(section) + 16 > size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%.0f %s", used ? ", " : "",
					 vb_json_number(worker, "worker"), section);
	}
}

/* Every worker of the run under its CPU and, as a window, under the node of its memory. */
static size_t mark_workers(hwloc_topology_t tree, const json_t *run)
{
	hwloc_obj_t pu = NULL, node = NULL;
	char names[160], text[200];
	size_t marked = 0;

	while ((pu = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_PU, pu))) {
		sections_on(run, "cpu", (int)pu->os_index, names, sizeof(names));
		snprintf(text, sizeof(text), "worker %s", names);
		if (*names)
			mark(tree, pu, text, STYLE_WORKER);
		marked += *names != '\0';
	}
	while ((node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node))) {
		sections_on(run, "mem_node", (int)node->os_index, names, sizeof(names));
		snprintf(text, sizeof(text), "memory of %s", names);
		if (*names)
			mark(tree, node, text, STYLE_WINDOW);
	}
	return marked;
}

/* False: the run had no device, or hwloc did not see it. */
static bool mark_device(hwloc_topology_t tree, const struct vb_plotter *p)
{
	const json_t *device = json_object_get(p->result->meta, "device");
	const char *address = vb_json_text(device, "address");
	hwloc_obj_t obj = *address ? hwloc_get_pcidev_by_busidstring(tree, address) : NULL;
	char text[128];

	if (obj) {
		hwloc_obj_add_info(obj, "lstopoStyle", STYLE_DEVICE);
		snprintf(text, sizeof(text), "assigned: %s", address);
		mark(tree, obj, text, STYLE_DEVICE);
	} else if (*address) {
		/* hwloc keeps what it knows as important; others have no place of their own. */
		snprintf(text, sizeof(text), "assigned: %s", address);
		obj = node_numbered(tree, (int)vb_json_number(device, "node"));
		mark(tree, obj ? obj : hwloc_get_root_obj(tree), text, STYLE_DEVICE);
	}
	return *address;
}

/* The run with the most workers that counts, else with the most. */
static const json_t *fullest_run(const struct vb_plotter *p)
{
	const json_t *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < p->result->nr_runs; i++) {
		const json_t *run = p->result->run[i];
		size_t workers = json_array_size(json_object_get(run, "workers"));

		if (workers > most) {
			most = workers;
			best = run;
		}
	}
	return best;
}

static int picture(const struct vb_plotter *p, struct vb_plot *plot, char *said, size_t size)
{
	static const char *const lstopo[] = {
		"lstopo-no-graphics", "-i", "topology.xml", "--of", "svg", "--force", "--no-legend",
		"--physical", "--fontsize", "14", "--gridsize", "5", "--no-attrs=Bridge",
		"--no-factorize=PU", "topology.svg", NULL
	};
	static const char *const convert[] = {
		"rsvg-convert", "--zoom=2", "--background-color=white", "--output=topology.png",
		"topology.svg", NULL
	};
	char path[4300], words[200];
	int ret = vb_plot_exec(p->out, lstopo, said, size);

	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/topology.svg", p->out);
	ret = vb_plot_tidy_svg(path, stem, plot->title, plot->alt);
	if (ret)
		return ret;
	ret = vb_plot_exec(p->out, convert, words, sizeof(words));
	if (ret)
		snprintf(plot->caption + strlen(plot->caption),
			 sizeof(plot->caption) - strlen(plot->caption),
			 " No PNG: rsvg-convert (librsvg2-bin): %s.", strerror(-ret));
	return 0;
}

static void describe(struct vb_plot *plot, const json_t *run, size_t cpus, bool device)
{
	size_t workers = json_array_size(json_object_get(run, "workers"));
	const char *label = vb_json_text(run, "label");

	snprintf(plot->caption, sizeof(plot->caption),
		 "The machine as hwloc saw it. Marked: workers under the "
		 "CPUs that they were found on, their memory under its NUMA node%s. Of run "
		 "%.0f%s%s, which has "
		 "the most workers.",
		 device ? ", the assigned device" : "", vb_json_number(run, "number"),
		 *label ? ", " : "", label);
	snprintf(plot->alt, sizeof(plot->alt), "%zu worker%s on %zu CPU%s%s.", workers,
		 workers == 1 ? "" : "s", cpus, cpus == 1 ? "" : "s",
		 device ? "; an assigned device" : "");
}

static int draw(struct vb_plotter *p, const json_t *run, struct vb_plot *plot, char *said,
		size_t size)
{
	hwloc_topology_t tree;
	char path[4300];
	bool device;
	size_t cpus;
	int ret = load(p, &tree);

	if (ret) {
		snprintf(said, size, "topology.xml");
		return ret;
	}
	cpus = mark_workers(tree, run);
	device = mark_device(tree, p);
	describe(plot, run, cpus, device);
	snprintf(path, sizeof(path), "%s/topology.xml", p->out);
	if (hwloc_topology_export_xml(tree, path, 0))
		ret = -EIO;
	hwloc_topology_destroy(tree);
	return ret ? ret : picture(p, plot, said, size);
}

void vb_plot_topology(struct vb_plotter *p)
{
	const json_t *run = fullest_run(p);
	struct vb_plot plot = { .title = "" };
	char said[256] = "";
	int ret;

	snprintf(plot.title, sizeof(plot.title), "%s", title);
	ret = run ? draw(p, run, &plot, said, sizeof(said)) : -ENODATA;
	vb_plot_leave_out(p, stem, title, "%s", "");
	if (p->error)
		return;
	plot = (ret ? (struct vb_plot){ .title = "" } : plot);
	snprintf(plot.stem, sizeof(plot.stem), "%s", stem);
	snprintf(plot.title, sizeof(plot.title), "%s", title);
	if (ret == -ENODATA)
		snprintf(plot.left_out, sizeof(plot.left_out), "no run has workers");
	else if (ret == -ENOENT && !*said)
		snprintf(plot.left_out, sizeof(plot.left_out),
			 "lstopo is not installed: install hwloc-nox");
	else if (ret)
		snprintf(plot.left_out, sizeof(plot.left_out), "%s: %.200s", strerror(-ret), said);
	p->plots->plot[p->plots->nr - 1] = plot;
}
