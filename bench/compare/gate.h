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
	VB_GATE_UNKNOWN,		/* can't be told: vb_gate_reason() */
	VB_GATE_EXCEEDED,
};

const char *vb_gate_verdict_name(enum vb_gate_verdict verdict);

/*
 * A gate of @percent, whatever the margin is.  Exceeded: the metric is surely
 * worse (adjusted p below 0.05, the interval on the bad side of 0, the estimate
 * above the noise floor; in exact mode the range on the bad side), and the
 * estimate is beyond the gate.  Passed: the bad end of the interval (range) is
 * not beyond it.  Else, or without an interval, unknown.  In exact mode no gate
 * is narrower than VB_COMPARE_SAME.
 */
enum vb_gate_verdict vb_gate_check(double percent, const struct vb_decision *decision);
/* Why it is unknown, and the pairs that it takes as far as that is known.  Returns @buf. */
const char *vb_gate_reason(double percent, const struct vb_decision *decision, char *buf,
			   size_t size);
/*
 * The worst over every decision that the gate names, and the one that it comes
 * from.  -ENOENT: it names none.  -EINVAL: those that it names are neither good
 * nor bad.
 */
int vb_gate_find(const struct vb_gate *gate, const struct vb_comparison *comparison,
		 enum vb_gate_verdict *verdict, const struct vb_decision **decision,
		 const struct vb_compare_cell **cell);

#endif /* VB_GATE_H */
