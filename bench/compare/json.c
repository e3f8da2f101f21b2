// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as JSON. */
#include <math.h>
#include <string.h>

#include "bench/compare/compare.h"
#include "bench/compare/gate.h"

static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *reals(const double *value, size_t nr)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(array, real(value[i]));
	return array;
}

static json_t *integer(size_t value)
{
	return json_integer((json_int_t)value);
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void add_values(json_t *o, const struct vb_decision *d)
{
	json_t *rounds = json_array();

	for (size_t i = 0; d->round && i < d->n; i++)
		json_array_append_new(rounds, json_integer(d->round[i]));
	set(o, "round", rounds);
	set(o, "a", reals(d->a, d->n_a));
	set(o, "b", reals(d->b, d->n_b));
	set(o, "median_a", real(d->median_a));
	set(o, "median_b", real(d->median_b));
	set(o, "lowest_a", real(d->lowest_a));
	set(o, "highest_a", real(d->highest_a));
	set(o, "lowest_b", real(d->lowest_b));
	set(o, "highest_b", real(d->highest_b));
}

static void add_shift(json_t *o, const struct vb_decision *d)
{
	set(o, "shift", real(d->shift));
	set(o, "shift_lo", d->has_interval ? real(d->shift_lo) : json_null());
	set(o, "shift_hi", d->has_interval ? real(d->shift_hi) : json_null());
	set(o, "percent", real(d->percent));
	set(o, "percent_lo", d->has_interval ? real(d->percent_lo) : json_null());
	set(o, "percent_hi", d->has_interval ? real(d->percent_hi) : json_null());
	set(o, "p", d->has_p ? real(d->p) : json_null());
	set(o, "p_holm", d->has_p ? real(d->p_holm) : json_null());
	set(o, "floor_percent", d->floor_percent > 0 ? real(d->floor_percent) : json_null());
	set(o, "detectable_percent", real(d->detectable_percent));
	set(o, "pairs_needed", d->pairs_needed ? integer(d->pairs_needed) : json_null());
}

static json_t *gate_to_json(const struct vb_decision *d)
{
	enum vb_gate_verdict verdict = vb_gate_check(d->gate_percent, d);
	char why[400] = "";

	if (!d->gated || d->neutral)
		return json_null();
	if (verdict == VB_GATE_UNKNOWN)
		vb_gate_reason(d->gate_percent, d, why, sizeof(why));
	return json_pack("{s:f, s:s, s:s}", "percent", d->gate_percent,
			 "outcome", vb_gate_verdict_name(verdict), "reason", why);
}

static json_t *decision_to_json(const struct vb_decision *d)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s}",
			      "section", d->section, "metric", d->metric, "stat", d->stat,
			      "unit", d->unit, "good", d->neutral ? "neither" :
			      d->lower_is_better ? "lower" : "higher", "primary", (int)d->primary,
			      "gated", (int)d->gated, "shown", (int)d->shown,
			      "finding", vb_finding_name(d->finding), "reason", d->reason);

	set(o, "gate", gate_to_json(d));
	set(o, "n", integer(d->n));
	set(o, "n_a", integer(d->n_a));
	set(o, "n_b", integer(d->n_b));
	set(o, "dropped", integer(d->dropped));
	if (!d->shown)
		return o;
	add_values(o, d);
	add_shift(o, d);
	return o;
}

static json_t *shifts_to_json(const struct vb_quantile_shifts *s)
{
	json_t *quantiles = json_array();

	for (size_t i = 0; i < s->nr; i++) {
		const struct vb_quantile_shift *q = &s->shift[i];

		json_array_append_new(quantiles, json_pack("{s:f, s:o, s:o, s:o, s:o, s:o}",
			"q", q->q, "value_a", real(q->value_a), "value_b", real(q->value_b),
			"percent", real(q->shift_percent), "percent_lo", real(q->lo),
			"percent_hi", real(q->hi)));
	}
	return json_pack("{s:s, s:s, s:s, s:I, s:o}", "section", s->section, "metric", s->metric,
			 "unit", s->unit, "n", (json_int_t)s->n, "quantiles", quantiles);
}

static json_t *cell_to_json(const struct vb_compare_cell *cell)
{
	json_t *decisions = json_array(), *shifts = json_array();

	for (size_t i = 0; i < cell->nr; i++)
		json_array_append_new(decisions, decision_to_json(&cell->decision[i]));
	for (size_t i = 0; i < cell->nr_shifts; i++)
		json_array_append_new(shifts, shifts_to_json(&cell->shifts[i]));
	return json_pack("{s:s, s:I, s:I, s:o, s:o}", "label", cell->label, "runs_a",
			 (json_int_t)cell->runs_a, "runs_b", (json_int_t)cell->runs_b,
			 "decisions", decisions, "quantile_shifts", shifts);
}

static void add_lists(json_t *o, const struct vb_comparison *c)
{
	json_t *cells = json_array(), *differences = json_array(), *notes = json_array();

	for (size_t i = 0; i < c->nr_differences; i++) {
		const struct vb_difference *d = &c->difference[i];

		json_array_append_new(differences, json_pack("{s:s, s:s, s:s}", "what", d->what,
							     "a", d->a, "b", d->b));
	}
	for (size_t i = 0; i < c->nr_notes; i++)
		json_array_append_new(notes, json_string(c->note[i]));
	for (size_t i = 0; i < c->nr_cells; i++)
		json_array_append_new(cells, cell_to_json(&c->cell[i]));
	set(o, "differences", differences);
	set(o, "notes", notes);
	set(o, "cells", cells);
}

json_t *vb_comparison_to_json(const struct vb_comparison *c)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:f}",
			      "arm_a", c->arm_a, "arm_b", c->arm_b, "job", c->job,
			      "mode", c->exact ? "exact" : "timing", "paired", (int)c->paired,
			      "boots", (int)c->boots, "aa", (int)c->aa, "forced", (int)c->forced,
			      "margin_percent", c->margin_percent);

	if (!o)
		return NULL;
	set(o, "warmup_left_out", json_integer(c->warmup_left_out));
	set(o, "withheld", json_integer(c->withheld));
	set(o, "failed", json_integer(c->failed));
	set(o, "interrupted", json_integer(c->interrupted));
	set(o, "marked", json_integer(c->marked));
	set(o, "rounds_dropped", json_integer(c->rounds_dropped));
	set(o, "incomplete", json_integer(c->incomplete));
	set(o, "family", json_integer(c->family));
	set(o, "family_comparisons", json_integer(c->family_comparisons));
	add_lists(o, c);
	return o;
}
