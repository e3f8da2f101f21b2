// SPDX-License-Identifier: GPL-2.0-or-later
/* What was run, and on what, in brief. */
#include <math.h>
#include <string.h>

#include "bench/compare/compare.h"
#include "bench/compare/floor.h"
#include "bench/report/build.h"

static const json_t *in(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *or_unknown(const char *text)
{
	return *text ? text : "not known";
}

/* The job's own sentence, from its file. */
static void put_description(struct vb_doc *doc, const struct vb_source *s)
{
	static const char key[] = "description";
	char line[4096], err[300];
	FILE *file;

	if (vb_result_open_file(s->result, s->result->nr_runs ? 0 : VB_RESULT_TOP, "job.ini", &file,
				err, sizeof(err)))
		return;
	while (fgets(line, sizeof(line), file)) {
		const char *text = line + strspn(line, " \t");

		if (strncmp(text, key, strlen(key)))
			continue;
		text += strlen(key);
		text += strspn(text, " \t");
		if (*text != '=')
			continue;
		text += 1 + strspn(text + 1, " \t");
		vb_doc_pair(doc, VB_VIEW_ALL, "does", "%.*s", (int)strcspn(text, "\r\n"), text);
		break;
	}
	fclose(file);
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

/* What the variants are, each once. */
static void put_variants(struct vb_doc *doc, const struct vb_source *s)
{
	for (size_t a = 0; a < s->arms.count; a++) {
		bool seen = !*s->arms.variant[a] || !*s->arms.summary[a];

		for (size_t k = 0; k < a && !seen; k++)
			seen = !strcmp(s->arms.variant[k], s->arms.variant[a]);
		if (!seen)
			vb_doc_pair(doc, VB_VIEW_ALL, "variant", "%s: %s", s->arms.variant[a],
				    s->arms.summary[a]);
	}
}

/* Floors of the primaries: how many, of how many, from where to where. */
static size_t count_floors(const struct vb_source *s, size_t *primaries, double *low, double *high)
{
	size_t known = 0;

	*primaries = 0;
	*low = HUGE_VAL;
	*high = 0;
	for (size_t c = 0; c < s->nr_comparisons; c++)
		for (size_t i = 0; i < s->comparison[c].nr_cells; i++) {
			const struct vb_compare_cell *cell = &s->comparison[c].cell[i];

			for (size_t k = 0; k < cell->nr; k++) {
				double floor = cell->decision[k].floor_percent;

				if (!cell->decision[k].primary)
					continue;
				++*primaries;
				if (!(floor > 0))
					continue;
				known++;
				*low = fmin(*low, floor);
				*high = fmax(*high, floor);
			}
		}
	return known;
}

void vb_build_floor(struct vb_doc *doc, const struct vb_source *s)
{
	size_t primaries, known;
	double low, high;
	const char *upto;

	if (!s->nr_comparisons || s->comparison[0].aa)
		return;
	known = count_floors(s, &primaries, &low, &high);
	if (!known && !s->comparison[0].paired) {
		vb_doc_pair(doc, VB_VIEW_ALL, "noise floor", "none: what is known of equal arms is of "
			    "pairs in one session");
		return;
	}
	if (!known) {
		vb_doc_pair(doc, VB_VIEW_ALL, "noise floor", "not known: 'vfio-bench ab --aa' measures what "
			    "equal arms of this job differ by");
		return;
	}
	upto = vb_doc_str(doc, "%.2g", low);
	if (strcmp(upto, vb_doc_str(doc, "%.2g", high)))
		upto = vb_doc_str(doc, "%s..%.2g", upto, high);
	vb_doc_pair(doc, VB_VIEW_ALL, "noise floor", "equal arms differ by up to %s%%%s%s", upto,
		    known < primaries ? vb_doc_str(doc, ", known of %zu of %zu primaries", known,
						   primaries) : "",
		    s->floor ? vb_doc_str(doc, " (%u A/A comparisons of %u pairs)",
					  s->floor->comparisons, s->floor->pairs) : "");
	if (s->floor)
		vb_doc_pair(doc, VB_VIEW_LONG, "its file", "%s", s->floor->where);
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
		vb_doc_pair(doc, VB_VIEW_ALL, "iommu", "%s%s, %s", vb_json_text(iommu, "vendor"),
			    strcmp(vb_json_text(iommu, "tables"), "scalable") ? "" :
			    " (scalable mode)", or_unknown(vb_json_text(iommu, "mode")));
	if (json_is_object(device))
		vb_doc_pair(doc, VB_VIEW_ALL, "device", "%s on node %.0f, %s%sdriver %s",
			    vb_json_text(device, "address"), vb_json_number(device, "node"),
			    vb_json_text(device, "name"), *vb_json_text(device, "name") ? ", " : "",
			    vb_json_text(device, "driver"));
}

void vb_build_setup_pairs(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *meta = s->result->meta;

	vb_doc_pair(doc, VB_VIEW_ALL, "job", "%s, %s, %zu run%s, %s", vb_json_text(meta, "job"),
		    s->exact ? "exact mode: instructions are counted" : "timing mode",
		    s->result->nr_runs,
		    s->result->nr_runs == 1 ? "" : "s", vb_json_text(meta, "status"));
	put_description(doc, s);
	put_cells(doc, s);
	put_arms(doc, s);
	put_variants(doc, s);
	put_order(doc, s);
	vb_build_floor(doc, s);
	/* Read as a number it would lose its last digits. */
	vb_doc_pair(doc, VB_VIEW_LONG, "seed", "%" JSON_INTEGER_FORMAT,
		    json_integer_value(in(meta, "seed")));
	vb_doc_pair(doc, VB_VIEW_ALL, "made", "%s, vfio-bench %s", vb_json_text(meta, "started"),
		    vb_json_text(meta, "suite"));
	put_machine(doc, s);
}

void vb_build_setup(struct vb_doc *doc, const struct vb_source *s)
{
	vb_doc_heading(doc, VB_VIEW_LONG, 2, "setup", "What was run");
	vb_build_setup_pairs(doc, s);
}
