// SPDX-License-Identifier: GPL-2.0-or-later
/* samples.bin to histograms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/histogram.h"
#include "lib/result/samples.h"

/* Histograms by section and metric, made when their first sample comes. */
struct table {
	const json_t *head;
	size_t nr_sections, nr_metrics;
	const char **section;		/* names, in order of their first worker */
	size_t *section_of;		/* of each worker */
	struct vb_sample_dist **dist;	/* [section * nr_metrics + metric] */
};

static int make_table(struct table *t, const json_t *head)
{
	const json_t *workers = json_object_get(head, "workers"), *worker;
	size_t i, s;

	t->head = head;
	t->nr_metrics = json_array_size(json_object_get(head, "metrics"));
	t->section = calloc(json_array_size(workers), sizeof(*t->section));
	t->section_of = calloc(json_array_size(workers), sizeof(*t->section_of));
	if (!t->section || !t->section_of)
		return -ENOMEM;
	json_array_foreach(workers, i, worker) {
		const char *name = json_string_value(json_object_get(worker, "section"));

		for (s = 0; s < t->nr_sections && strcmp(t->section[s], name); s++)
			;
		if (s == t->nr_sections)
			t->section[t->nr_sections++] = name;
		t->section_of[i] = s;
	}
	t->dist = calloc(t->nr_sections * t->nr_metrics, sizeof(*t->dist));
	return t->dist ? 0 : -ENOMEM;
}

static struct vb_sample_dist *make_dist(const struct table *t, size_t section, size_t metric)
{
	struct vb_sample_dist *d = malloc(sizeof(*d));

	if (!d)
		return NULL;
	vb_hist_init(&d->hist);
	d->failed = 0;
	d->section = t->section[section];
	d->metric = json_string_value(json_array_get(json_object_get(t->head, "metrics"), metric));
	return d;
}

static int enter(struct table *t, const struct vb_sample_block *b)
{
	size_t section = t->section_of[b->header.worker];
	struct vb_sample_dist **row = &t->dist[section * t->nr_metrics];

	for (uint32_t i = 0; i < b->header.count; i++) {
		const struct vb_sample *s = &b->sample[i];
		struct vb_sample_dist *d = row[s->metric];

		if (__builtin_expect(!d, 0)) {
			d = row[s->metric] = make_dist(t, section, s->metric);
			if (!d)
				return -ENOMEM;
		}
		if (__builtin_expect(s->result, 0))
			d->failed++;
		else
			vb_hist_add(&d->hist, vb_sample_duration(s));
	}
	return 0;
}

static int collect(const struct table *t, struct vb_sample_summary *out)
{
	out->dist = calloc(t->nr_sections * t->nr_metrics, sizeof(*out->dist));
	if (!out->dist)
		return -ENOMEM;
	for (size_t i = 0; i < t->nr_sections * t->nr_metrics; i++)
		if (t->dist[i])
			out->dist[out->nr++] = *t->dist[i];
	return 0;
}

static void free_table(struct table *t)
{
	for (size_t i = 0; t->dist && i < t->nr_sections * t->nr_metrics; i++)
		free(t->dist[i]);
	free(t->dist);
	free(t->section);
	free(t->section_of);
}

int vb_sample_summary_read(const char *path, struct vb_sample_summary *out, char *err, size_t size)
{
	const struct vb_sample_block *block;
	struct vb_sample_reader *reader;
	struct table t = { 0 };
	int ret = vb_sample_reader_open(&reader, path, err, size);

	memset(out, 0, sizeof(*out));
	if (ret)
		return ret;
	out->head = json_incref((json_t *)(uintptr_t)vb_sample_reader_head(reader));
	ret = make_table(&t, out->head);
	while (!ret) {
		ret = vb_sample_reader_next(reader, &block, err, size);
		if (ret <= 0)
			break;
		ret = enter(&t, block);
	}
	out->totals = *vb_sample_reader_totals(reader);
	if (!ret)
		ret = collect(&t, out);
	if (ret == -ENOMEM)
		snprintf(err, size, "%s: out of memory", path);
	vb_sample_reader_close(reader);
	free_table(&t);
	if (ret)
		vb_sample_summary_free(out);
	return ret;
}

void vb_sample_summary_free(struct vb_sample_summary *s)
{
	json_decref(s->head);
	free(s->dist);
	memset(s, 0, sizeof(*s));
}
