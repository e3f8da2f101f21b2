/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics that must not get worse by more than so much. */
#ifndef VB_GATE_H
#define VB_GATE_H

#include <stddef.h>

#include "bench/compare/compare.h"
#include "lib/result/stat.h"

struct vb_gate {
	struct vb_stat_name name;
	double percent;
};

/* "request.p99:5%" or "span.request.p99:5".  -EINVAL: @err says what is wrong. */
int vb_gate_parse(const char *text, struct vb_gate *gate, char *err, size_t size);

enum vb_gate_verdict {
	VB_GATE_PASSED,
	VB_GATE_UNKNOWN,		/* too few runs, or too few values in them, to tell */
	VB_GATE_EXCEEDED,
};

/*
 * Exceeded: the finding is "worse" (so that p, interval and noise floor agree; in
 * exact mode the ranges are apart) and the estimate is beyond the percentage.
 */
enum vb_gate_verdict vb_gate_check(const struct vb_gate *gate, const struct vb_decision *decision);
/*
 * The worst over every decision that the gate names, and the one that it comes
 * from.  -ENOENT: it names none.  -EINVAL: those that it names are neither good
 * nor bad.
 */
int vb_gate_find(const struct vb_gate *gate, const struct vb_comparison *comparison,
		 enum vb_gate_verdict *verdict, const struct vb_decision **decision,
		 const struct vb_compare_cell **cell);

#endif /* VB_GATE_H */
