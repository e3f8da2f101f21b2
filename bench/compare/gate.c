// SPDX-License-Identifier: GPL-2.0-or-later
/* Gates: for bisection and CI. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/gate.h"
#include "lib/stats/power.h"

int vb_gate_parse(const char *text, struct vb_gate *gate, char *err, size_t size)
{
	const char *colon = strrchr(text, ':');
	char *end;
	int ret;

	if (!colon || colon == text) {
		snprintf(err, size, "'%.100s': give METRIC:PERCENT, such as request.p99:5%%", text);
		return -EINVAL;
	}
	ret = vb_stat_name_parse(text, (size_t)(colon - text), &gate->name, err, size);
	if (ret)
		return ret;
	/* strtod() also takes blanks, signs, hexadecimal, "inf" and "nan". */
	gate->percent = strtod(colon + 1, &end);
	if (!colon[1] || strspn(colon + 1, "0123456789.") != (size_t)(end - colon - 1) ||
	    (*end && strcmp(end, "%")) || end == colon + 1 || gate->percent > 1e6) {
		snprintf(err, size, "'%.100s': '%.40s' is no percentage: give a number from 0 on, such as 5%%",
			 text, colon + 1);
		return -EINVAL;
	}
	return 0;
}

const char *vb_gate_verdict_name(enum vb_gate_verdict verdict)
{
	static const char *const names[] = {
		[VB_GATE_PASSED] = "passed",
		[VB_GATE_UNKNOWN] = "unknown",
		[VB_GATE_EXCEEDED] = "exceeded",
	};

	return names[verdict];
}

/* How much worse, percent; of a median of 0 any change is without bounds. */
static double worse_by(const struct vb_decision *d, double percent, double shift)
{
	if (isnan(percent) && !isnan(shift))
		percent = copysign(INFINITY, shift);
	return d->lower_is_better ? percent : -percent;
}

/* The ends of the interval, or range, from the good one to the bad one. */
static void ends(const struct vb_decision *d, double *good, double *bad)
{
	double lo = worse_by(d, d->percent_lo, d->shift_lo), hi = worse_by(d, d->percent_hi, d->shift_hi);

	*good = fmin(lo, hi);
	*bad = fmax(lo, hi);
}

/* What the margin says is of no meaning here; what equal arms differ by is. */
static bool is_worse(const struct vb_decision *d, double good)
{
	double p = d->primary ? d->p_holm : d->p;

	return good > 0 && (d->exact || p < VB_COMPARE_ALPHA) &&
	       !(d->floor_percent > 0 && fabs(d->percent) <= d->floor_percent);
}

/* Exact mode repeats itself to no less than that. */
static double beyond(const struct vb_decision *d, double percent)
{
	return d->exact ? fmax(percent, VB_COMPARE_SAME) : percent;
}

enum vb_gate_verdict vb_gate_check(double percent, const struct vb_decision *d)
{
	double good, bad;

	if (!d->shown || !d->has_interval)
		return VB_GATE_UNKNOWN;
	ends(d, &good, &bad);
	if (is_worse(d, good) && worse_by(d, d->percent, d->shift) > beyond(d, percent))
		return VB_GATE_EXCEEDED;
	return bad <= beyond(d, percent) ? VB_GATE_PASSED : VB_GATE_UNKNOWN;
}

/* To see a shift of @distance percent, if that is more than there are; else, or not known, 0. */
static size_t pairs_needed(const struct vb_decision *d, double distance)
{
	double *difference;
	size_t pairs;

	if (!d->paired || d->exact || !(d->median_a > 0))
		return 0;
	difference = calloc(d->n, sizeof(*difference));
	if (!difference)
		return 0;
	for (size_t i = 0; i < d->n; i++)
		difference[i] = (d->b[i] - d->a[i]) / d->median_a * 100;
	pairs = vb_pairs_needed(difference, d->n, distance);
	free(difference);
	return pairs > d->n ? pairs : 0;
}

static const char *doubt(const struct vb_decision *d, double worse, double percent, char *buf,
			 size_t size)
{
	double good, bad;

	ends(d, &good, &bad);
	if (!(worse > percent))
		snprintf(buf, size, "%s reaches beyond it", d->exact ? "the range" : "the interval");
	else if (!(good > 0))
		snprintf(buf, size, "%s holds 0", d->exact ? "the range" : "the interval");
	else if (d->floor_percent > 0 && fabs(d->percent) <= d->floor_percent)
		snprintf(buf, size, "equal arms differ by as much here");
	else
		snprintf(buf, size, "p is %.2g as one of the primaries", d->primary ? d->p_holm : d->p);
	return buf;
}

const char *vb_gate_reason(double percent, const struct vb_decision *d, char *buf, size_t size)
{
	double worse = worse_by(d, d->percent, d->shift);
	char shift[80], why[100], takes[80] = "";
	size_t pairs;

	if (!d->shown || !d->has_interval) {
		snprintf(buf, size, "%s", d->reason);
		return buf;
	}
	pairs = pairs_needed(d, worse > percent ? worse : percent - worse);
	if (pairs > VB_COMPARE_MANY_PAIRS)
		snprintf(takes, sizeof(takes), "; it takes more than %d pairs", VB_COMPARE_MANY_PAIRS);
	else if (pairs)
		snprintf(takes, sizeof(takes), "; it takes about %zu pairs", pairs);
	snprintf(buf, size, "%s, %s%s", vb_decision_shift_text(d, shift, sizeof(shift)),
		 doubt(d, worse, percent, why, sizeof(why)), takes);
	return buf;
}

static bool names(const struct vb_gate *gate, const struct vb_decision *d)
{
	return (!*gate->name.section || !strcmp(gate->name.section, d->section)) &&
	       !strcmp(gate->name.metric, d->metric) &&
	       !strcmp(vb_stat_text(gate->name.stat), d->stat);
}

int vb_gate_find(const struct vb_gate *gate, const struct vb_comparison *c,
		 enum vb_gate_verdict *verdict, const struct vb_decision **decision,
		 const struct vb_compare_cell **cell)
{
	bool found = false, neutral = false;

	*decision = NULL;
	for (size_t i = 0; i < c->nr_cells; i++) {
		for (size_t j = 0; j < c->cell[i].nr; j++) {
			const struct vb_decision *d = &c->cell[i].decision[j];
			enum vb_gate_verdict v;

			if (!names(gate, d))
				continue;
			neutral |= d->neutral;
			if (d->neutral)
				continue;
			v = vb_gate_check(gate->percent, d);
			if (found && v <= *verdict)
				continue;
			found = true;
			*verdict = v;
			*decision = d;
			*cell = &c->cell[i];
		}
	}
	if (!found)
		return neutral ? -EINVAL : -ENOENT;
	return 0;
}
