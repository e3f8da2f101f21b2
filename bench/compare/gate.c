// SPDX-License-Identifier: GPL-2.0-or-later
/* Gates: for bisection and CI. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/gate.h"

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

enum vb_gate_verdict vb_gate_check(const struct vb_gate *gate, const struct vb_decision *d)
{
	double worse = d->lower_is_better ? d->percent : -d->percent;

	if (!d->shown || d->too_few)
		return VB_GATE_UNKNOWN;
	return d->finding == VB_FINDING_WORSE && !(worse <= gate->percent) ? VB_GATE_EXCEEDED :
									    VB_GATE_PASSED;
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
			v = vb_gate_check(gate, d);
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
