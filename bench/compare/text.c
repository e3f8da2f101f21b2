// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as a table of at most 100 columns. */
#include <math.h>
#include <string.h>

#include "bench/compare/compare.h"

#define COLUMNS	100
#define NAME	30

/* Four digits and the unit that suits. */
static const char *scaled(double value, const char *const *units, size_t nr, char *buf, size_t size)
{
	size_t unit = 0;

	while (fabs(value) >= 999.95 && unit + 1 < nr) {
		value /= 1000;
		unit++;
	}
	snprintf(buf, size, "%.*f%s", fabs(value) >= 99.995 ? 1 : fabs(value) >= 9.9995 ? 2 : 3, value,
		 units[unit]);
	return buf;
}

static const char *value_text(double value, const char *unit, char *buf, size_t size)
{
	static const char *const times[] = { " ns", " us", " ms", " s" };
	static const char *const rates[] = { "/s", "k/s", "M/s", "G/s" };

	if (isnan(value))
		snprintf(buf, size, "-");
	else if (!strcmp(unit, "ns"))
		scaled(value, times, 4, buf, size);
	else if (!strcmp(unit, "1/s"))
		scaled(value, rates, 4, buf, size);
	else if (!strcmp(unit, "share"))
		snprintf(buf, size, "%.2f%%", value * 100);
	else
		snprintf(buf, size, "%.6g", value);
	return buf;
}

/* As many decimals as say something. */
static int decimals(const struct vb_decision *d)
{
	if (fabs(d->percent_lo) >= 99.5 || fabs(d->percent_hi) >= 99.5)
		return 0;
	return d->exact || fabs(d->percent) < 0.95 ? 2 : 1;
}

/* What rounds to 0 has no sign that means anything. */
static double unsigned_zero(double percent, int digits)
{
	return fabs(percent) < 0.5 * pow(10, -digits) ? 0 : percent;
}

const char *vb_decision_shift_text(const struct vb_decision *d, char *buf, size_t size)
{
	int digits = decimals(d), own = digits;

	/* A wide interval takes the decimals from its ends, not from what it is about. */
	if (!own && fabs(d->percent) < 9.95)
		own = 1;
	if (!d->shown || isnan(d->percent))
		snprintf(buf, size, "%s", "");
	else if (d->has_interval)
		snprintf(buf, size, "%+.*f%% [%+.*f, %+.*f]", own, unsigned_zero(d->percent, own), digits,
			 unsigned_zero(d->percent_lo, digits), digits, unsigned_zero(d->percent_hi, digits));
	else
		snprintf(buf, size, "%+.*f%%", own, unsigned_zero(d->percent, own));
	return buf;
}

static void p_text(const struct vb_decision *d, char *buf, size_t size)
{
	double p = d->primary ? d->p_holm : d->p;

	if (!d->shown || !d->has_p || isnan(p))
		snprintf(buf, size, "%s", d->exact ? "" : "-");
	else if (p < 0.0005)
		snprintf(buf, size, "<0.001");
	else
		snprintf(buf, size, "%.3f", p);
}

/* Wrapped, each line indented. */
static void print_wrapped(const char *text, int indent, FILE *out)
{
	int column = 0;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column && column + 1 + word > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = fprintf(out, "%*s%.*s", indent, "", word, text);
		else
			column += fprintf(out, " %.*s", word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_row(const struct vb_decision *d, FILE *out)
{
	char name[160], a[40], b[40], shift[80], p[16];

	snprintf(name, sizeof(name), "%s.%s.%s", d->section, d->metric, d->stat);
	if (strlen(name) > NAME) {
		fprintf(out, "  %s\n", name);
		name[0] = '\0';
	}
	p_text(d, p, sizeof(p));
	fprintf(out, "  %-*s %10s %10s  %-24s %6s  %s\n", NAME, name,
		value_text(d->shown ? d->median_a : NAN, d->unit, a, sizeof(a)),
		value_text(d->shown ? d->median_b : NAN, d->unit, b, sizeof(b)),
		vb_decision_shift_text(d, shift, sizeof(shift)), p,
		d->shown ? vb_finding_name(d->finding) : "not shown");
	if (*d->reason)
		print_wrapped(d->reason, 6, out);
}

static void print_rows(const struct vb_compare_cell *cell, bool primary, FILE *out)
{
	bool head = false;

	for (size_t i = 0; i < cell->nr; i++) {
		if (cell->decision[i].primary != primary)
			continue;
		if (!head && !primary)
			fputs("  exploratory: p is not adjusted, and one in twenty says something by chance\n", out);
		head = true;
		print_row(&cell->decision[i], out);
	}
}

static void print_shifts(const struct vb_quantile_shifts *s, const struct vb_compare_cell *cell,
			 FILE *out)
{
	if (!s->nr)
		return;
	fprintf(out, "  %s.%s, how its distribution moved%s%s (n %zu):\n", s->section, s->metric,
		*cell->label ? " at " : "", cell->label, s->n);
	for (size_t i = 0; i < s->nr; i++) {
		const struct vb_quantile_shift *q = &s->shift[i];
		char a[40], b[40];

		fprintf(out, "    p%-4g %10s %10s  %+.2f%%", q->q * 100,
			value_text(q->value_a, s->unit, a, sizeof(a)),
			value_text(q->value_b, s->unit, b, sizeof(b)), q->shift_percent);
		if (!isnan(q->lo))
			fprintf(out, " [%+.2f, %+.2f]", q->lo, q->hi);
		fputc('\n', out);
	}
}

static void print_head(const struct vb_comparison *c, FILE *out)
{
	fprintf(out, "%s against %s: job %s, %s mode, %s", c->arm_b, c->arm_a, c->job,
		c->exact ? "exact" : "timing", c->paired ? "paired by round" :
		c->boots ? "unpaired, n counts boots" : "unpaired");
	/* Where every run is the same, no difference is too small to count. */
	if (!c->exact)
		fprintf(out, ", margin %g%%", c->margin_percent);
	fputc('\n', out);
	if (c->nr_differences)
		fprintf(out, "%u thing%s differ%s (%s | %s):\n", (unsigned int)c->nr_differences,
			c->nr_differences == 1 ? "" : "s", c->nr_differences == 1 ? "s" : "", c->arm_a,
			c->arm_b);
	for (size_t i = 0; i < c->nr_differences; i++) {
		const struct vb_difference *d = &c->difference[i];
		char text[700];

		snprintf(text, sizeof(text), "%s: %s | %s", d->what, d->a, d->b);
		print_wrapped(text, 2, out);
	}
	for (size_t i = 0; i < c->nr_notes; i++)
		print_wrapped(c->note[i], 0, out);
}

static void print_cells(const struct vb_comparison *c, bool primary, FILE *out)
{
	for (size_t i = 0; i < c->nr_cells; i++) {
		const struct vb_compare_cell *cell = &c->cell[i];

		if (cell->runs_a == cell->runs_b)
			fprintf(out, "%s%sn %zu\n", cell->label, *cell->label ? ", " : "", cell->runs_a);
		else
			fprintf(out, "%s%sn %zu and %zu\n", cell->label, *cell->label ? ", " : "",
				cell->runs_a, cell->runs_b);
		print_rows(cell, primary, out);
	}
}

static void print_summary(const struct vb_comparison *c, bool all, FILE *out)
{
	unsigned int count[VB_NR_FINDINGS], said = 0;
	size_t others = 0;

	vb_compare_count(c, count);
	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t j = 0; j < c->cell[i].nr; j++)
			others += !c->cell[i].decision[j].primary;
	fputs("primary metrics: ", out);
	for (int f = 0; f < VB_NR_FINDINGS; f++)
		if (count[f])
			fprintf(out, "%s%u %s", said++ ? ", " : "", count[f],
				vb_finding_name((enum vb_finding)f));
	fputs(said ? "" : "none", out);
	if (!all && others)
		fprintf(out, "; %zu exploratory ones: --all", others);
	fputc('\n', out);
	if (c->family > 1 && c->family_comparisons > 1)
		fprintf(out, "p adjusted by Holm's method over %u primaries, of %u comparisons\n", c->family,
			c->family_comparisons);
	else if (c->family > 1)
		fprintf(out, "p adjusted by Holm's method over %u primaries\n", c->family);
}

void vb_compare_text(const struct vb_comparison *c, bool all, FILE *out)
{
	print_head(c, out);
	fprintf(out, "\n  %-*s %10s %10s  %-24s %6s  %s\n", NAME, "primary metric", "A", "B",
		c->exact ? "shift [range]" : "shift [95% interval]", c->exact ? "" : "p", "verdict");
	print_cells(c, true, out);
	if (all) {
		fputc('\n', out);
		print_cells(c, false, out);
		fputc('\n', out);
		for (size_t i = 0; i < c->nr_cells; i++)
			for (size_t j = 0; j < c->cell[i].nr_shifts; j++)
				print_shifts(&c->cell[i].shifts[j], &c->cell[i], out);
	}
	fputc('\n', out);
	print_summary(c, all, out);
}
