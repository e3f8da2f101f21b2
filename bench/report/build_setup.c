// SPDX-License-Identifier: GPL-2.0-or-later
/* What was run, and on what, in brief. */
#include <string.h>

#include "bench/report/build.h"

static const json_t *in(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *or_unknown(const char *text)
{
	return *text ? text : "not known";
}

/* "count=1024 pin_every=1" and its like, each once, in the order of the runs. */
static void put_cells(struct vb_doc *doc, const struct vb_source *s)
{
	const struct vb_result *r = s->result;
	const char *list = "";
	size_t cells = 0;

	for (size_t i = 0; i < r->nr_runs; i++) {
		const char *label = vb_json_text(r->run[i], "label");
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = !strcmp(label, vb_json_text(r->run[k], "label"));
		if (seen)
			continue;
		if (cells++ < 12)
			list = vb_doc_str(doc, "%s%s%s", list, *list ? "; " : "", label);
	}
	if (cells > 12)
		list = vb_doc_str(doc, "%s; and %zu more", list, cells - 12);
	if (cells > 1 || *list)
		vb_doc_pair(doc, VB_VIEW_ALL, "cells", "%zu: %s", cells, list);
}

static void put_arms(struct vb_doc *doc, const struct vb_source *s)
{
	const char *list = "";

	for (size_t a = 0; a < s->arms.count; a++) {
		const char *variant = s->arms.variant[a], *settings = "";
		const json_t *setting;
		size_t i;

		json_array_foreach(s->arms.settings[a], i, setting)
			settings = vb_doc_str(doc, "%s, %s", settings, json_string_value(setting));
		if (*variant && strcmp(variant, s->arms.name[a]))
			settings = vb_doc_str(doc, ", variant %s%s", variant, settings);
		list = vb_doc_str(doc, "%s%s%s%s%s%s", list, a ? "; " : "", s->arms.label[a],
				  *settings ? " (" : "", *settings ? settings + 2 : "",
				  *settings ? ")" : "");
	}
	vb_doc_pair(doc, VB_VIEW_ALL, s->arms.count > 1 ? "arms" : "arm", "%s", list);
}

static unsigned int rounds_of(const struct vb_result *r)
{
	unsigned int rounds = 0;

	for (size_t i = 0; i < r->nr_runs; i++) {
		unsigned int round = (unsigned int)vb_json_number(r->run[i], "round") + 1;

		rounds = round > rounds ? round : rounds;
	}
	return rounds;
}

static void put_order(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *ab = in(s->result->meta, "ab");
	double warmup = vb_json_number(ab, "warmup_rounds");
	double comparisons = vb_json_number(ab, "comparisons");

	if (json_is_object(ab))
		vb_doc_pair(doc, VB_VIEW_ALL, "order", "%s%.0f %s in %s order%s%s%s%s",
			    comparisons > 1 ? vb_doc_str(doc, "%.0f comparisons of ", comparisons) : "",
			    vb_json_number(ab, "pairs"),
			    s->arms.count > 2 ? "rounds" : "pairs", vb_json_text(ab, "order"),
			    warmup > 0 ? vb_doc_str(doc, ", after %.0f warm-up round%s", warmup,
						    warmup > 1 ? "s" : "") : "",
			    *vb_json_text(ab, "layout") ? ", layout " : "", vb_json_text(ab, "layout"),
			    json_is_true(in(ab, "aa")) ? "; an arm against itself" : "");
	else if (s->result->nr_runs)
		vb_doc_pair(doc, VB_VIEW_ALL, "order", "%u round%s%s", rounds_of(s->result),
			    rounds_of(s->result) == 1 ? "" : "s",
			    s->arms.count > 1 && rounds_of(s->result) > 1 ?
			    ", every other one with the arms reversed" : "");
}

static void put_machine(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *machine = in(s->result->meta, "machine"), *iommu = in(machine, "iommu");
	const json_t *cpu = in(machine, "cpu"), *device = in(s->result->meta, "device");
	size_t nodes = json_array_size(in(in(machine, "memory"), "nodes"));

	vb_doc_pair(doc, VB_VIEW_ALL, "kernel", "%s", vb_json_text(in(machine, "kernel"),
								   "release"));
	vb_doc_pair(doc, VB_VIEW_ALL, "cpu", "%s, CPUs %s, %zu NUMA node%s",
		    or_unknown(vb_json_text(cpu, "model")), or_unknown(vb_json_text(cpu, "online")),
		    nodes,
		    nodes == 1 ? "" : "s");
	if (*vb_json_text(iommu, "vendor"))
		vb_doc_pair(doc, VB_VIEW_ALL, "iommu", "%s, %s", vb_json_text(iommu, "vendor"),
			    or_unknown(vb_json_text(iommu, "mode")));
	if (json_is_object(device))
		vb_doc_pair(doc, VB_VIEW_ALL, "device", "%s on node %.0f, %s%sdriver %s",
			    vb_json_text(device, "address"), vb_json_number(device, "node"),
			    vb_json_text(device, "name"), *vb_json_text(device, "name") ? ", " : "",
			    vb_json_text(device, "driver"));
}

void vb_build_setup(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *meta = s->result->meta;

	vb_doc_heading(doc, VB_VIEW_LONG, 2, "setup", "What was run");
	vb_doc_pair(doc, VB_VIEW_ALL, "job", "%s, %s, %zu run%s, %s", vb_json_text(meta, "job"),
		    s->exact ? "exact mode: instructions are counted" : "timing mode",
		    s->result->nr_runs,
		    s->result->nr_runs == 1 ? "" : "s", vb_json_text(meta, "status"));
	put_cells(doc, s);
	put_arms(doc, s);
	put_order(doc, s);
	/* Read as a number it would lose its last digits. */
	vb_doc_pair(doc, VB_VIEW_LONG, "seed", "%" JSON_INTEGER_FORMAT,
		    json_integer_value(in(meta, "seed")));
	vb_doc_pair(doc, VB_VIEW_ALL, "made", "%s, vfio-bench %s", vb_json_text(meta, "started"),
		    vb_json_text(meta, "suite"));
	put_machine(doc, s);
}
