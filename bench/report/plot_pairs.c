// SPDX-License-Identifier: GPL-2.0-or-later
/* What a comparison rests on: the pairs' differences in run order, and how each quantile moved. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare.h"
#include "bench/report/plot_impl.h"

static const char pairs_title[] = "differences of pairs";
static const char shift_title[] = "shift of the distribution";

static size_t arm_named(const struct vb_plotter *p, const char *label)
{
	size_t a = 0;

	while (a + 1 < p->arms.count && strcmp(p->arms.label[a], label))
		a++;
	return a;
}

static double percent_of(const struct vb_decision *c, size_t i)
{
	return 100 * (c->b[i] - c->a[i]) / c->median_a;
}

static void write_pairs(struct vb_drawing *d, const struct vb_decision *c, double *low,
			double *high)
{
	fprintf(d->data, "pair\tround\ta\tb\tdifference\tpercent\n");
	for (size_t i = 0; i < c->n; i++) {
		double percent = percent_of(c, i);

		fprintf(d->data, "%zu\t%u\t%.15g\t%.15g\t%.15g\t%.15g\n", i + 1,
			c->round ? c->round[i] : 0, c->a[i], c->b[i], c->b[i] - c->a[i], percent);
		*low = fmin(*low, percent);
		*high = fmax(*high, percent);
	}
}

static void describe_pairs(struct vb_drawing *d, const struct vb_comparison *all, const char *label,
			   const struct vb_decision *c)
{
	struct vb_plot *plot = vb_drawing_plot(d);
	char shift[96];

	if (*label)
		snprintf(plot->title + strlen(plot->title),
			 sizeof(plot->title) - strlen(plot->title), ", %s", label);
	if (c->has_interval)
		snprintf(shift, sizeof(shift), "%+.2f%% [%+.2f, %+.2f]", c->percent, c->percent_lo,
			 c->percent_hi);
	else
		snprintf(shift, sizeof(shift), "%+.2f%%, no interval", c->percent);
	vb_drawing_text(d, "note", "%s%s%zu pairs; shift %s", label, *label ? "; " : "", c->n,
			shift);
	snprintf(plot->caption, sizeof(plot->caption),
		 "%s against %s: %s of %s in section %s%s%s. Each point is one pair of runs, in "
		 "the order in "
		 "which they ran, in percent of %s's median. Line and band: the shift "
		 "(Hodges-Lehmann) and its "
		 "95%% interval; dashed: the margin. %zu pairs.",
		 all->arm_b, all->arm_a, c->stat, c->metric, c->section, *label ? ", at " : "",
		 label, all->arm_a, c->n);
	snprintf(plot->alt, sizeof(plot->alt), "%s of %s %s, %s against %s, %zu pairs: shift %s.",
		 c->stat, c->section, c->metric, all->arm_b, all->arm_a, c->n, shift);
}

static void draw_pairs(struct vb_plotter *p, const struct vb_comparison *all, const char *label,
		       const struct vb_decision *c)
{
	double low = 0, high = 0;
	size_t arm = arm_named(p, all->arm_b);
	const char *name = all->arm_b;
	struct vb_drawing d;
	char heading[300];

	snprintf(heading, sizeof(heading), "%s %s: %s against %s", c->metric, c->stat, all->arm_b,
		 all->arm_a);
	if (!vb_drawing_begin(p, &d, "pairs", heading, "pairs-%s-%s-%s-%s-%s", c->section,
			      c->metric, c->stat, label, all->arm_b))
		return;
	write_pairs(&d, c, &low, &high);
	vb_drawing_series(&d, 1, &arm, &name);
	vb_drawing_number(&d, "pairs", (double)c->n);
	vb_drawing_number(&d, "shift", c->percent);
	vb_drawing_number(&d, "has_interval", c->has_interval);
	vb_drawing_number(&d, "shift_low", c->has_interval ? c->percent_lo : c->percent);
	vb_drawing_number(&d, "shift_high", c->has_interval ? c->percent_hi : c->percent);
	vb_drawing_number(&d, "margin", all->margin_percent);
	low = fmin(low, fmin(c->has_interval ? c->percent_lo : 0, -all->margin_percent));
	high = fmax(high, fmax(c->has_interval ? c->percent_hi : 0, all->margin_percent));
	vb_drawing_axis(&d, "y", low, high, VB_AXIS_TIGHT);
	vb_drawing_number(&d, "height", 350);
	describe_pairs(&d, all, label, c);
	vb_drawing_end(&d);
}

static bool drawable(const struct vb_decision *c)
{
	return c->primary && c->paired && c->shown && c->n > 1 && c->median_a != 0;
}

void vb_plot_pairs(struct vb_plotter *p)
{
	size_t made = 0, paired = 0;

	for (size_t i = 0; i < p->nr_comparisons; i++) {
		const struct vb_comparison *all = &p->comparison[i];

		paired += all->paired;
		for (size_t k = 0; k < all->nr_cells; k++)
			for (size_t m = 0; m < all->cell[k].nr; m++)
				if (drawable(&all->cell[k].decision[m]) && made++ < VB_PLOT_MOST)
					draw_pairs(p, all, all->cell[k].label,
						   &all->cell[k].decision[m]);
	}
	if (!p->nr_comparisons)
		vb_plot_leave_out(p, "pairs", pairs_title, "nothing is compared: one arm");
	else if (!paired)
		vb_plot_leave_out(p, "pairs", pairs_title,
				  "the runs are not paired: 'vfio-bench ab' pairs them");
	else if (!made)
		vb_plot_leave_out(p, "pairs", pairs_title, "no primary metric has enough pairs");
	else if (made > VB_PLOT_MOST)
		vb_plot_leave_out(p, "pairs", pairs_title, "%zu more: the first %d are drawn",
				  made - VB_PLOT_MOST, VB_PLOT_MOST);
}

static const struct vb_quantile_shifts *find_shifts(const struct vb_comparison *all,
						    const char *label,
						    const struct vb_quantile_shifts *like)
{
	for (size_t k = 0; k < all->nr_cells; k++)
		for (size_t m = 0; m < all->cell[k].nr_shifts; m++) {
			const struct vb_quantile_shifts *s = &all->cell[k].shifts[m];

			if (!strcmp(all->cell[k].label, label) &&
			    !strcmp(s->section, like->section) &&
			    !strcmp(s->metric, like->metric) && s->nr > 1)
				return s;
		}
	return NULL;
}

struct shift_extent {
	double low, high;
	size_t fewest;			/* pairs or runs */
};

static void write_shifts(struct vb_drawing *d, const struct vb_quantile_shifts *s, const char *arm,
			 struct shift_extent *e)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct vb_quantile_shift *q = &s->shift[i];

		vb_drawing_field(d, arm);
		fprintf(d->data, "\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\n", q->q, q->value_a,
			q->value_b, q->shift_percent, q->lo, q->hi);
		e->low = fmin(e->low, fmin(q->shift_percent, q->lo));
		e->high = fmax(e->high, fmax(q->shift_percent, q->hi));
	}
	e->fewest = s->n < e->fewest ? s->n : e->fewest;
}

/* All arms against the first, overlaid. */
static void draw_shift(struct vb_plotter *p, const char *cell,
		       const struct vb_quantile_shifts *like)
{
	struct shift_extent e = { .fewest = SIZE_MAX };
	const char *label[VB_REPORT_MAX_ARMS];
	size_t arm[VB_REPORT_MAX_ARMS], nr = 0;
	const char *base = p->comparison->arm_a;
	struct vb_drawing d;
	struct vb_plot *plot;
	char heading[200];

	snprintf(heading, sizeof(heading), "%.60s %.60s: how the distribution moved", like->section,
		 like->metric);
	if (!vb_drawing_begin(p, &d, "shift", heading, "shift-%s-%s-%s", like->section,
			      like->metric, cell))
		return;
	fputs("arm\tquantile\tvalue_a\tvalue_b\tshift_percent\tlow\thigh\n", d.data);
	for (size_t i = 0; i < p->nr_comparisons && nr < VB_REPORT_MAX_ARMS; i++) {
		const struct vb_quantile_shifts *s = find_shifts(&p->comparison[i], cell, like);

		if (!s || strcmp(p->comparison[i].arm_a, base))
			continue;
		if (nr)
			fputs("\n\n", d.data);
		write_shifts(&d, s, p->comparison[i].arm_b, &e);
		label[nr] = p->comparison[i].arm_b;
		arm[nr++] = arm_named(p, p->comparison[i].arm_b);
	}
	vb_drawing_series(&d, nr, arm, label);
	vb_drawing_axis(&d, "y", e.low, e.high, VB_AXIS_TIGHT);
	vb_drawing_number(&d, "height", 330 + 19 * (double)nr);
	vb_drawing_text(&d, "note", "%s%sagainst %s; %zu %s", cell, *cell ? "; " : "", base,
			e.fewest, p->comparison->paired ? "pairs" : "runs an arm");
	vb_drawing_text(&d, "base", "%s", base);
	plot = vb_drawing_plot(&d);
	if (*cell)
		snprintf(plot->title + strlen(plot->title),
			 sizeof(plot->title) - strlen(plot->title), ", %s", cell);
	snprintf(plot->caption, sizeof(plot->caption),
		 "How each quantile of %s in section %s%s%s moved "
		 "against %s, in percent of it. Bands: 95%%, by bootstrap over %zu %s.",
		 like->metric, like->section, *cell ? ", at " : "", cell, base, e.fewest,
		 p->comparison->paired ? "pairs" : "runs an arm");
	snprintf(plot->alt, sizeof(plot->alt),
		 "Shift of the quantiles of %s %s against %s: between %+.2f%% "
		 "and %+.2f%%, intervals included.",
		 like->section, like->metric, base, e.low, e.high);
	vb_drawing_end(&d);
}

void vb_plot_shift(struct vb_plotter *p)
{
	const struct vb_comparison *first = p->comparison;
	size_t made = 0;

	for (size_t k = 0; p->nr_comparisons && k < first->nr_cells; k++)
		for (size_t m = 0; m < first->cell[k].nr_shifts; m++)
			if (first->cell[k].shifts[m].nr > 1 && made++ < VB_PLOT_MOST)
				draw_shift(p, first->cell[k].label, &first->cell[k].shifts[m]);
	if (!p->nr_comparisons)
		vb_plot_leave_out(p, "shift", shift_title, "nothing is compared: one arm");
	else if (!made)
		vb_plot_leave_out(p, "shift", shift_title,
				  "no metric has enough runs and values for it");
	else if (made > VB_PLOT_MOST)
		vb_plot_leave_out(p, "shift", shift_title, "%zu more: the first %d are drawn",
				  made - VB_PLOT_MOST, VB_PLOT_MOST);
}
