// SPDX-License-Identifier: GPL-2.0-or-later
/* The notify_span table: time per mapping and callbacks per request, N x K x arm. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/report.h"

void vb_report_arms(const struct vb_result *result, struct vb_arms *arms)
{
	const json_t *names = json_object_get(result->meta, "arms"), *name;
	size_t i;

	arms->count = 0;
	json_array_foreach(names, i, name)
		if (arms->count < VB_REPORT_MAX_ARMS && json_is_string(name))
			arms->name[arms->count++] = json_string_value(name);
}

static const json_t *span_section(const json_t *run)
{
	const json_t *sections = json_object_get(run, "sections"), *s;
	size_t i;

	json_array_foreach(sections, i, s)
		if (!strcmp(vb_json_text(s, "workload"), "notify_span"))
			return s;
	return NULL;
}

static int by_count_and_pins(const void *a, const void *b)
{
	const struct vb_span_row *x = a, *y = b;
	int rest = strcmp(x->rest, y->rest);
	unsigned int kx = (unsigned int)x->pin_every - 1, ky = (unsigned int)y->pin_every - 1;

	if (rest)
		return rest;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return (kx > ky) - (kx < ky);	/* 0, none pinned, wraps to the end */
}

/* What the label says beside count= and pin_every=, which have columns. */
static void other_keys(const char *label, char *rest, size_t size)
{
	size_t used = 0;

	rest[0] = '\0';
	while (*label) {
		size_t length = strcspn(label, " ");
		const char *key = memrchr(label, '.', strcspn(label, "="));

		key = key ? key + 1 : label;
		if (strncmp(key, "count=", 6) && strncmp(key, "pin_every=", 10) &&
		    used + length + 2 < size)
			used += (size_t)snprintf(rest + used, size - used, "%s%.*s", used ? " " : "",
						 (int)length, label);
		label += length + (label[length] == ' ');
	}
}

/* The place in the table that a run belongs to. */
static struct vb_span_row place_of(const json_t *run)
{
	const json_t *s = span_section(run);
	struct vb_span_row place = {
		.count = (int)vb_json_number(s, "count"),
		.pin_every = (int)vb_json_number(s, "pin_every"),
	};

	other_keys(vb_json_text(run, "label"), place.rest, sizeof(place.rest));
	return place;
}

static void add_row(struct vb_span_row *rows, size_t *nr, const struct vb_span_row *place)
{
	for (size_t i = 0; i < *nr; i++)
		if (!by_count_and_pins(&rows[i], place))
			return;
	rows[(*nr)++] = *place;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static bool same_place(const json_t *run, const char *arm, const struct vb_span_row *row)
{
	struct vb_span_row place;

	if (!span_section(run) || strcmp(vb_json_text(run, "arm"), arm))
		return false;
	place = place_of(run);
	return !by_count_and_pins(&place, row);
}

/* All runs of one arm at one place; in exact mode the best round counts. */
static void fill_cell(const struct vb_result *r, const char *arm, struct vb_span_row *row,
		      size_t a, double *values)
{
	bool exact = !strcmp(vb_json_text(r->meta, "mode"), "exact");
	size_t n = 0;

	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *m, *c;

		if (!same_place(r->run[i], arm, row))
			continue;
		m = vb_result_metric(r->run[i], vb_json_text(span_section(r->run[i]), "section"),
				     "request");
		c = vb_result_metric(r->run[i], "module", "callbacks_per_request");
		if (!m)
			continue;
		values[n++] = vb_json_number(m, exact ? "min" : "p50") / row->count;
		row->arm[a].callbacks_per_request = c ? vb_json_number(c, "mean") : 0;
	}
	row->arm[a].known = n > 0;
	row->arm[a].runs = (unsigned int)n;
	if (!n)
		return;
	row->arm[a].ns_per_mapping = median(values, n);
	row->arm[a].ns_per_mapping_worst = values[n - 1];
	if (exact)
		row->arm[a].ns_per_mapping = values[0];
}

int vb_report_span(const struct vb_result *r, const struct vb_arms *arms,
		   struct vb_span_row **out, size_t *nr)
{
	struct vb_span_row *rows = calloc(r->nr_runs + 1, sizeof(*rows));
	double *values = calloc(r->nr_runs + 1, sizeof(*values));

	*nr = 0;
	if (!rows || !values) {
		free(rows);
		free(values);
		return -ENOMEM;
	}
	for (size_t i = 0; i < r->nr_runs; i++) {
		struct vb_span_row place;

		if (!span_section(r->run[i]))
			continue;
		place = place_of(r->run[i]);
		add_row(rows, nr, &place);
	}
	qsort(rows, *nr, sizeof(*rows), by_count_and_pins);
	for (size_t i = 0; i < *nr; i++)
		for (size_t a = 0; a < arms->count; a++)
			fill_cell(r, arms->name[a], &rows[i], a, values);
	free(values);
	*out = rows;
	return 0;
}

void vb_report_span_tsv(const struct vb_result *r, FILE *out)
{
	struct vb_span_row *rows;
	struct vb_arms arms;
	size_t nr;

	vb_report_arms(r, &arms);
	if (vb_report_span(r, &arms, &rows, &nr))
		return;
	fputs("count\tpin_every", out);	/* arms follow, then the other keys */
	for (size_t a = 0; a < arms.count; a++)
		fprintf(out, "\t%s\t%s callbacks", arms.name[a], arms.name[a]);
	fputs("\tother keys\n", out);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "%d\t", rows[i].count);
		if (rows[i].pin_every)
			fprintf(out, "%d", rows[i].pin_every);
		else
			fputs("none", out);
		for (size_t a = 0; a < arms.count; a++)
			if (rows[i].arm[a].known)
				fprintf(out, "\t%.1f\t%g", rows[i].arm[a].ns_per_mapping,
					rows[i].arm[a].callbacks_per_request);
			else
				fputs("\t-\t-", out);
		fprintf(out, "\t%s\n", rows[i].rest);
	}
	free(rows);
}
