/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'ab' and 'compare' share: options, noise floor, printing, exit status. */
#ifndef VB_CMD_VERDICT_H
#define VB_CMD_VERDICT_H

#include <argp.h>

#include "bench/compare/compare.h"
#include "bench/compare/floor.h"
#include "bench/compare/gate.h"

#define VB_MAX_GATES 16

enum { VB_OPT_FLOOR = 0x400, VB_OPT_GATE, VB_OPT_MARGIN };

/* Rows of a table of options; what --gate does is said by who has it. */
#define VB_VERDICT_OPTIONS								\
	VB_VERDICT_OPTIONS_GATE("exit with 5 if METRIC, such as request.p99 or "		\
				"span.request.mean, is worse by more than PERCENT; may be "	\
				"given more than once")
#define VB_VERDICT_OPTIONS_GATE(gate_doc)						\
	{ "floor", VB_OPT_FLOOR, "PATH", 0,						\
	  "a result of 'vfio-bench ab --aa', or a stored floor: what is below it is inconclusive "	\
	  "(default: the stored one of that machine, job and mode, if there is one)", 0 },	\
	{ "gate", VB_OPT_GATE, "METRIC:PERCENT", 0,					\
	  gate_doc, 0 },								\
	{ "margin", VB_OPT_MARGIN, "PERCENT", 0,					\
	  "what counts as no difference: equivalent if the 95% interval lies within (default: 3)", 0 }

struct vb_verdict {
	const char *floor_path;
	struct vb_floor *floor;		/* once it was found */
	struct vb_gate gate[VB_MAX_GATES];
	struct vb_compare_options options;
	bool all, json;
};

/* One of the options above; EINVAL: refused, and said.  ARGP_ERR_UNKNOWN: none of them. */
error_t vb_verdict_parse(int key, char *arg, struct vb_verdict *v);
/* "5" or "5%", above 0 and up to 100; EINVAL: refused, and said with @option. */
int vb_verdict_percent(const char *option, const char *text, double *percent);
/*
 * The floor for results such as @result: the one that was asked for has to fit, a
 * stored one that doesn't is told and left.  An enum vb_exit.  Freed with
 * vb_verdict_free().
 */
int vb_verdict_find_floor(struct vb_verdict *v, const struct vb_result *result);
void vb_verdict_free(struct vb_verdict *v);
/* Print the comparisons; returns an enum vb_exit: of audits, gates and printing. */
int vb_verdict_print(const struct vb_verdict *v, const struct vb_comparison *list, size_t nr);
/* The same without printing: what the exit status is. */
int vb_verdict_exit(const struct vb_verdict *v, const struct vb_comparison *list, size_t nr);

/* At the end of 'ab': what the result directory @path says of its arms, or of the rig. */
int vb_verdict_conclude(struct vb_verdict *v, const char *path, double want);
/*
 * Before 'ab' runs: the pairs that a difference of @want percent takes, by --floor
 * or the stored floor; not known is no error.  An enum vb_exit: --floor is refused
 * unless it is one of this machine, job and mode.
 */
int vb_verdict_foresee(const struct vb_verdict *v, const char *job, double want,
		       unsigned int pairs);

#endif /* VB_CMD_VERDICT_H */
