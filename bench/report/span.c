// SPDX-License-Identifier: GPL-2.0-or-later
/* The notify_span table: time per mapping and callbacks per request, N x K x arm. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/report.h"

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

static double median(const double *sorted, size_t n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

bool vb_report_span_at(const json_t *run, const struct vb_span_row *row)
{
	struct vb_span_row place;

	if (!span_section(run))
		return false;
	place = place_of(run);
	return !by_count_and_pins(&place, row);
}

/* One run's callbacks a request; a cell knows them if all its runs do. */
static void add_callbacks(struct vb_span_cell *cell, const json_t *run)
{
	const json_t *m = vb_result_metric(run, "module", "callbacks_per_request");
	bool first = !cell->runs;
	double mean;

	cell->callbacks_known = m && vb_report_callbacks_known(run) && (first || cell->callbacks_known);
	if (!cell->callbacks_known)
		return;
	mean = vb_json_number(m, "mean");
	if (first || mean < cell->callbacks_lowest)
		cell->callbacks_lowest = mean;
	if (first || mean > cell->callbacks_highest)
		cell->callbacks_highest = mean;
}

/* A clean run's time, of no warm-up; in exact mode the best round counts, else the median one. */
static void add_run(struct vb_span_cell *cell, const json_t *run, bool exact, double *values)
{
	const json_t *section = span_section(run);
	const json_t *m = vb_result_metric(run, vb_json_text(section, "section"), "request");

	if (!m)
		return;
	add_callbacks(cell, run);
	values[cell->runs++] = vb_json_number(m, exact ? "min" : "p50") /
			       vb_json_number(section, "count");
}

static void fill_cell(const struct vb_result *r, const struct vb_arms *arms,
		      struct vb_span_row *row, size_t a, double *values)
{
	struct vb_span_cell *cell = &row->arm[a];
	bool exact = vb_report_exact(r);

	for (size_t i = 0; i < r->nr_runs; i++) {
		enum vb_standing standing = vb_report_standing(r->run[i]);

		if (vb_report_arm_of(r->run[i], arms) != a || !vb_report_span_at(r->run[i], row) ||
		    json_is_true(json_object_get(r->run[i], "warmup")))
			continue;
		cell->interrupted += standing == VB_STANDING_INTERRUPTED;
		cell->withheld += standing == VB_STANDING_WITHHELD;
		if (standing == VB_STANDING_CLEAN)
			add_run(cell, r->run[i], exact, values);
	}
	if (!cell->runs)
		return;
	qsort(values, cell->runs, sizeof(*values), by_value);
	cell->lowest = values[0];
	cell->highest = values[cell->runs - 1];
	cell->ns_per_mapping = exact ? cell->lowest : median(values, cell->runs);
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
			fill_cell(r, arms, &rows[i], a, values);
	free(values);
	*out = rows;
	return 0;
}

static void print_tsv_cell(const struct vb_span_cell *cell, FILE *out)
{
	if (cell->runs)
		fprintf(out, "\t%.1f", cell->ns_per_mapping);
	else
		fputs("\t-", out);
	if (!cell->callbacks_known)
		fputs("\t-", out);
	else if (cell->callbacks_lowest < cell->callbacks_highest)
		fprintf(out, "\t%g..%g", cell->callbacks_lowest, cell->callbacks_highest);
	else
		fprintf(out, "\t%g", cell->callbacks_lowest);
}

int vb_report_span_tsv(const struct vb_result *r, FILE *out)
{
	struct vb_span_row *rows;
	struct vb_arms arms;
	size_t nr;

	vb_report_arms(r, &arms);
	if (vb_report_span(r, &arms, &rows, &nr))
		return -ENOMEM;
	if (nr)
		fputs("count\tpin_every", out);	/* arms follow, then the other keys */
	for (size_t a = 0; nr && a < arms.count; a++)
		fprintf(out, "\t%s\t%s callbacks", arms.label[a], arms.label[a]);
	if (nr)
		fputs("\tother keys\n", out);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "%d\t", rows[i].count);
		if (rows[i].pin_every)
			fprintf(out, "%d", rows[i].pin_every);
		else
			fputs("none", out);
		for (size_t a = 0; a < arms.count; a++)
			print_tsv_cell(&rows[i].arm[a], out);
		fprintf(out, "\t%s\n", rows[i].rest);
	}
	free(rows);
	return nr ? 0 : -ENOENT;
}
