// SPDX-License-Identifier: GPL-2.0-or-later
/* The notify_span table in the plain-text report. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/report.h"

struct table {
	const struct vb_arms *arms;
	bool exact;
	bool ranges;			/* a second line for each row */
	FILE *out;
};

/* Three arms fit into 100 columns; only the first has no difference to show. */
static int width_of(const struct table *t, size_t arm)
{
	return arm ? 24 : t->ranges ? 22 : 16;
}

static int time_width(const struct table *t, size_t arm)
{
	return arm ? 8 : width_of(t, arm) - 8;
}

static const char *place(int pin_every, char *buf, size_t size)
{
	if (pin_every)
		snprintf(buf, size, "1 in %d", pin_every);
	else
		snprintf(buf, size, "none");
	return pin_every == 1 ? "every" : buf;
}

/* A difference of times needs runs; instruction counts repeat themselves. */
static bool can_differ(const struct vb_span_cell *a, const struct vb_span_cell *b, bool exact)
{
	unsigned int wanted = exact ? 1 : VB_REPORT_MIN_RUNS;

	return a->runs >= wanted && b->runs >= wanted && a->ns_per_mapping > 0;
}

static void print_difference(double from, double to, FILE *out)
{
	double percent = (to - from) / from * 100;

	if (percent > -0.05 && percent < 0.05)
		fprintf(out, " %7s", "0.0%");
	else
		fprintf(out, " %+6.1f%%", percent);
}

static void print_cell(const struct table *t, const struct vb_span_row *row, size_t a)
{
	const struct vb_span_cell *cell = &row->arm[a], *first = &row->arm[0];
	char calls[16] = "-";

	if (!cell->runs) {
		fprintf(t->out, " | %*s", width_of(t, a), cell->withheld ? "withheld" :
			cell->interrupted ? "interrupted" : "not run");
		return;
	}
	if (cell->callbacks_known)
		snprintf(calls, sizeof(calls), "%.6g", cell->callbacks_lowest);
	if (cell->callbacks_known && cell->callbacks_lowest < cell->callbacks_highest)
		strcpy(calls, "varies");
	fprintf(t->out, " | %*.1f %7s", time_width(t, a), cell->ns_per_mapping, calls);
	if (a && can_differ(first, cell, t->exact))
		print_difference(first->ns_per_mapping, cell->ns_per_mapping, t->out);
	else if (a)
		fprintf(t->out, " %7s", "-");
}

/* Below a row: how many runs, and how far apart. */
static void print_range(const struct table *t, const struct vb_span_row *row, size_t a)
{
	const struct vb_span_cell *cell = &row->arm[a];
	int digits = cell->highest < 99999.95 ? 1 : 0;
	char text[64] = "";

	if (cell->runs == 1)
		snprintf(text, sizeof(text), "n=1");
	else if (cell->runs && cell->lowest < cell->highest)
		snprintf(text, sizeof(text), "n=%u %.*f..%.*f", cell->runs, digits, cell->lowest, digits,
			 cell->highest);
	else if (cell->runs)
		snprintf(text, sizeof(text), "n=%u identical", cell->runs);
	fprintf(t->out, " | %-*s", width_of(t, a), text);
}

/* Times are nothing without them; a count of instructions that was made once is. */
static bool wants_ranges(const struct table *t, const struct vb_span_row *rows, size_t nr)
{
	if (!t->exact)
		return true;
	for (size_t i = 0; i < nr; i++)
		for (size_t a = 0; a < t->arms->count; a++)
			if (rows[i].arm[a].runs > 1)
				return true;
	return false;
}

static void print_legend(const struct table *t)
{
	fprintf(t->out, "\nOne unmap request over N mappings, some of them pinned by the mdev: %s a "
		"mapping\n(%s), callbacks a request, difference to %s\n",
		t->exact ? "instructions as ns" : "ns",
		t->exact ? "the best round of all runs" : "the median of the runs' median rounds",
		t->arms->label[0]);
	if (t->ranges)
		fprintf(t->out, "n: runs, the lowest and the highest of their %s rounds\n",
			t->exact ? "best" : "median");
	if (!t->exact && t->arms->count > 1)
		fprintf(t->out, "no difference is shown below %d runs of an arm (--repeat=%d)\n",
			VB_REPORT_MIN_RUNS, VB_REPORT_MIN_RUNS);
}

static void print_head(const struct table *t)
{
	fprintf(t->out, "\n  %6s  %-8s", "", "");
	for (size_t a = 0; a < t->arms->count; a++)
		fprintf(t->out, " | %-*.*s", width_of(t, a), width_of(t, a), t->arms->label[a]);
	fprintf(t->out, "\n  %6s  %-8s", "N", "pinned");
	for (size_t a = 0; a < t->arms->count; a++)
		fprintf(t->out, " | %*s %7s%s", time_width(t, a), "ns", "calls", a ? "    diff" : "");
	fputc('\n', t->out);
}

static void print_row(const struct table *t, const struct vb_span_row *row)
{
	char buf[32];

	fprintf(t->out, "  %6d  %-8s", row->count, place(row->pin_every, buf, sizeof(buf)));
	for (size_t a = 0; a < t->arms->count; a++)
		print_cell(t, row, a);
	fputc('\n', t->out);
	if (t->ranges) {
		fprintf(t->out, "  %6s  %-8s", "", "");
		for (size_t a = 0; a < t->arms->count; a++)
			print_range(t, row, a);
		fputc('\n', t->out);
	}
	for (size_t a = 0; a < t->arms->count; a++) {
		const struct vb_span_cell *cell = &row->arm[a];

		if (cell->callbacks_known && cell->callbacks_lowest < cell->callbacks_highest)
			fprintf(t->out, "  %6s  %s: its runs differ: %g to %g callbacks a request\n", "",
				t->arms->label[a], cell->callbacks_lowest, cell->callbacks_highest);
	}
}

void vb_report_span_text(const struct vb_result *r, const struct vb_arms *arms, FILE *out)
{
	struct table t = { .arms = arms, .exact = vb_report_exact(r), .out = out };
	struct vb_span_row *rows;
	size_t nr;

	if (vb_report_span(r, arms, &rows, &nr))
		return;
	t.ranges = wants_ranges(&t, rows, nr);
	print_legend(&t);
	print_head(&t);
	for (size_t i = 0; i < nr; i++) {
		if (*rows[i].rest && (!i || strcmp(rows[i].rest, rows[i - 1].rest)))
			fprintf(out, "  %s\n", rows[i].rest);
		print_row(&t, &rows[i]);
	}
	free(rows);
}
