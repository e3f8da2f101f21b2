// SPDX-License-Identifier: GPL-2.0-or-later
/* What others published of the job, beside what was measured here, and what differs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"
#include "bench/report/published.h"
#include "bench/report/values.h"

static const json_t *in(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *stat_title(const char *stat)
{
	return strcmp(stat, "p999") ? stat : "p99.9";
}

/* Instructions are written as ns in results; here they stand beside times. */
static const char *unit_here(const struct vb_source *s, const struct vb_published_pair *p)
{
	return s->exact ? "" : p->unit;
}

static bool any_version(const struct vb_published_pairs *pairs)
{
	for (size_t i = 0; i < pairs->nr; i++)
		if (*pairs->pair[i].version)
			return true;
	return false;
}

static struct vb_table *new_table(struct vb_doc *doc, const struct vb_source *s, bool versions)
{
	struct vb_table *table = vb_doc_table(doc, VB_VIEW_ALL, "Published, and measured here: medians of "
					      "the runs' values, and their lowest..highest%s", s->exact ? "" :
					      "; ratio: here / published");

	table->cards = true;
	vb_table_column(table, "", -1, false, "metric");
	if (versions)
		vb_table_column(table, "", -1, false, "version");
	vb_table_column(table, "", -1, true, "published");
	vb_table_column(table, "", -1, true, s->exact ? "instructions" : "here");
	vb_table_column(table, "", -1, true, "range");
	if (!s->exact)
		vb_table_column(table, "", -1, true, "ratio");
	return table;
}

static void put_pair(const struct vb_source *s, struct vb_table *table,
		     const struct vb_published_pair *p, bool versions)
{
	char text[64];

	vb_table_row(table, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(table, "%s %s %s", p->section, p->metric, stat_title(p->stat));
	if (versions)
		vb_table_cell(table, "%s", *p->version ? p->version : "-");
	vb_table_cell(table, "%s", vb_value_text(p->published, p->unit, text, sizeof(text)));
	vb_table_cell(table, "%s", vb_value_text(p->here.median, unit_here(s, p), text, sizeof(text)));
	vb_table_cell(table, "%s", vb_value_range(p->here.lowest, p->here.highest, unit_here(s, p), text,
						  sizeof(text)));
	if (!s->exact)
		vb_table_cell(table, "%s", vb_ratio_text(p->ratio, text, sizeof(text)));
}

static bool same_place(const struct vb_published_pair *a, const struct vb_published_pair *b)
{
	return a->arm == b->arm && !strcmp(a->label, b->label);
}

static void put_table(struct vb_doc *doc, const struct vb_source *s,
		      const struct vb_published_pairs *pairs)
{
	bool versions = any_version(pairs);
	struct vb_table *table = new_table(doc, s, versions);

	for (size_t i = 0; i < pairs->nr; i++) {
		const struct vb_published_pair *p = &pairs->pair[i];

		if (!i || !same_place(p, p - 1)) {
			vb_table_row(table, VB_ROW_GROUP, VB_TONE_PLAIN);
			vb_table_cell(table, "%s%s%s, %zu run%s", s->arms.label[p->arm],
				      *p->label ? ", " : "", p->label, p->runs, p->runs == 1 ? "" : "s");
		}
		put_pair(s, table, p, versions);
	}
}

/* "QEMU TCG CPU, CPUs 0-3, 1.95 GiB of memory, 0000:00:02.0 edu" */
static const char *machine_here(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *machine = in(s->result->meta, "machine"), *device = in(s->result->meta, "device");
	const char *model = vb_json_text(in(machine, "cpu"), "model"), *text;
	double bytes = vb_json_number(in(machine, "memory"), "total_bytes");
	char size[64];

	text = vb_doc_str(doc, "%s, CPUs %s", *model ? model : "a CPU of unknown model",
			  vb_json_text(in(machine, "cpu"), "online"));
	if (bytes > 0)
		text = vb_doc_str(doc, "%s, %s of memory", text,
				  vb_value_text(bytes, "bytes", size, sizeof(size)));
	if (json_is_object(device))
		text = vb_doc_str(doc, "%s, device %s", text, *vb_json_text(device, "name") ?
				  vb_json_text(device, "name") : vb_json_text(device, "address"));
	return text;
}

static void put_scale(struct vb_doc *doc, const struct vb_published_pairs *pairs)
{
	if (!pairs->scale)
		vb_doc_pair(doc, VB_VIEW_ALL, "scale", "differs between the runs here: those with scale= above 1 "
			    "map less than was published");
	else if (pairs->scale > 1)
		vb_doc_pair(doc, VB_VIEW_ALL, "scale", "1/%u of the published windows: times of whole windows are "
			    "of that much less memory", pairs->scale);
	else
		vb_doc_pair(doc, VB_VIEW_ALL, "scale", "1: the job's own sizes");
}

/* What the command line changed of the job. */
static void put_settings(struct vb_doc *doc, const struct vb_source *s)
{
	const char *list = "";
	const json_t *setting;
	size_t i;

	json_array_foreach(in(s->result->meta, "settings"), i, setting)
		list = vb_doc_str(doc, "%s%s%s", list, *list ? ", " : "", json_string_value(setting));
	if (*list)
		vb_doc_pair(doc, VB_VIEW_ALL, "set here", "%s", list);
}

static void put_differences(struct vb_doc *doc, const struct vb_source *s,
			    const struct vb_published_pairs *pairs)
{
	const json_t *published = in(s->result->meta, "published"), *machine, *reason;
	size_t i;

	machine = in(s->result->meta, "machine");
	/* Of which kernel a figure is stands in its version. */
	vb_doc_pair(doc, VB_VIEW_ALL, "published on", "%s", vb_json_text(published, "hardware"));
	vb_doc_pair(doc, VB_VIEW_ALL, "measured on", "%s", machine_here(doc, s));
	vb_doc_pair(doc, VB_VIEW_ALL, "kernel here", "%s", vb_json_text(in(machine, "kernel"),
									"release"));
	put_scale(doc, pairs);
	put_settings(doc, s);
	json_array_foreach(in(s->result->meta, "no_performance_label"), i, reason)
		vb_doc_pair(doc, VB_VIEW_ALL, "no performance", "%s", json_string_value(reason));
	if (*vb_json_text(published, "note"))
		vb_doc_pair(doc, VB_VIEW_ALL, "published too", "%s", vb_json_text(published, "note"));
}

static void put_missing(struct vb_doc *doc, const struct vb_published_pairs *pairs)
{
	if (pairs->missing)
		vb_doc_para(doc, VB_VIEW_ALL, "%zu published figure%s of no clean run of this result.",
			    pairs->missing, pairs->missing == 1 ? " is" : "s are");
}

void vb_build_published(struct vb_doc *doc, const struct vb_source *s)
{
	struct vb_published_pairs pairs;

	if (!in(s->result->meta, "published"))
		return;
	if (vb_report_published(s->result, &s->arms, &pairs)) {
		doc->failed = true;
		return;
	}
	vb_doc_heading(doc, VB_VIEW_ALL, 2, "published", "Published beside measured");
	if (s->exact)
		vb_doc_para(doc, VB_VIEW_ALL, "Not compared: exact mode counts instructions, and what was "
			    "published are times.");
	else
		vb_doc_para(doc, VB_VIEW_ALL, "Two machines: shapes can be compared, not times.");
	if (pairs.nr)
		put_table(doc, s, &pairs);
	put_missing(doc, &pairs);
	put_differences(doc, s, &pairs);
	free(pairs.pair);
}
