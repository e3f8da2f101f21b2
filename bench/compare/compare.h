/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is one arm better or worse than another, by how much, with what certainty?
 * Reads results (lib/result/load.h) and nothing else.  One run gives one value
 * of a metric; a test never sees operations.  doc/comparing.md has the rules.
 */
#ifndef VB_COMPARE_H
#define VB_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/result/load.h"

#define VB_COMPARE_MARGIN	3.0	/* percent of A's median: equivalent within it */
#define VB_COMPARE_ALPHA	0.05	/* of the adjusted p */
#define VB_COMPARE_MIN_PAIRS	6	/* fewer have no interval of 95% */
#define VB_COMPARE_MIN_EXACT	3	/* runs of each arm in exact mode */
#define VB_COMPARE_MANY_PAIRS	1000	/* beyond it a number of pairs is no advice */
#define VB_COMPARE_SAME		0.1	/* percent to which exact mode repeats itself */

enum vb_finding {
	VB_FINDING_BETTER,		/* B is better than A */
	VB_FINDING_WORSE,
	VB_FINDING_EQUIVALENT,		/* the interval lies within the margin */
	VB_FINDING_IDENTICAL,		/* exact mode */
	VB_FINDING_INCONCLUSIVE,	/* reason says why */
	VB_FINDING_CHANGED,		/* it differs, and is neither good nor bad: counts, shares */
	VB_NR_FINDINGS
};

const char *vb_finding_name(enum vb_finding finding);

struct vb_decision {
	/* "span", "request", "p99"; stat: mean rate min p50 p90 p99 p999 max share */
	char section[64], metric[64], stat[16];
	char unit[16];			/* ns, 1/s, callbacks, bytes, share */
	bool lower_is_better;		/* of no meaning when neutral */
	bool neutral;			/* more is neither better nor worse */
	bool primary;			/* else exploratory: its p is not adjusted for the others */
	bool gated;			/* named by --gate, and so primary */
	double gate_percent;		/* gated: the narrowest such gate */
	bool paired, exact;
	size_t n, n_a, n_b;		/* n: pairs (paired) or the smaller arm's values */
	size_t dropped;			/* pairs (else values) left out: a run lacks the metric */
	/*
	 * A value for each run (for each boot the median of its runs), in order of
	 * rounds; paired: same index, same round.
	 */
	double *a, *b;			/* n_a, n_b of them */
	unsigned int *round;		/* paired: n of them; else NULL */
	double median_a, median_b, lowest_a, highest_a, lowest_b, highest_b;
	/*
	 * b - a, in unit: Hodges-Lehmann and its 95% interval.  Exact mode, paired:
	 * median, least and greatest of the rounds' differences; unpaired: the
	 * difference of the medians, from lowest_b - highest_a to highest_b - lowest_a.
	 */
	double shift, shift_lo, shift_hi;
	double percent, percent_lo, percent_hi;	/* of median_a; NAN when that is 0 */
	bool has_interval, has_p;
	bool shown;			/* false: a run has too few values for it; only names, n, reason */
	double p, p_holm;		/* NAN: none; p_holm: of primaries alone */
	double floor_percent;		/* what A/A comparisons of this rig differ by; 0: not known, or unpaired */
	double detectable_percent;	/* what so many pairs can see; NAN: not known */
	size_t pairs_needed;		/* to see the margin; 0: not known */
	bool too_few;			/* inconclusive because of n alone */
	enum vb_finding finding;
	char reason[200];		/* why inconclusive or not shown; else "" or a remark */
};

/* How one point of the latency distribution moved. */
struct vb_quantile_shift {
	double q;			/* 0.1 .. 0.9, 0.95, 0.99 */
	double value_a, value_b;	/* medians over the runs, in unit */
	double shift_percent, lo, hi;	/* of value_a, 95% by bootstrap over runs or pairs */
};

/* The shift of one user-space metric's distribution. */
struct vb_quantile_shifts {
	char section[64], metric[64], unit[16];
	size_t n;			/* pairs, or the smaller arm's runs */
	size_t nr;
	struct vb_quantile_shift *shift;
};

struct vb_compare_cell {
	char label[176];		/* of the expanded run: "count=1024 pin_every=16"; may be "" */
	size_t runs_a, runs_b;		/* clean measured runs (or boots) */
	size_t nr;
	struct vb_decision *decision;	/* by section, metric, stat */
	size_t nr_shifts;
	struct vb_quantile_shifts *shifts;
};

/* A fact in which the two sides differ; the important ones come first. */
struct vb_difference {
	char what[96];			/* "machine.kernel.release", "job [span] size" */
	char a[256], b[256];
};

struct vb_comparison {
	char arm_a[80], arm_b[80];	/* "mainline", "mainline #2", "DIR: mainline" */
	char job[128];
	bool paired, exact;
	bool boots;			/* n counts boots */
	bool aa;			/* an arm against itself */
	bool forced;			/* the jobs differ, and --force said to go on */
	double margin_percent;
	unsigned int warmup_left_out;	/* runs, of both arms, as the next three */
	unsigned int withheld, interrupted;
	unsigned int failed;		/* those of withheld whose audit failed, hung or were killed */
	unsigned int marked;		/* runs with a mark of the noise gate, not left out */
	unsigned int rounds_dropped;	/* paired: rounds that lack a clean run of either arm */
	unsigned int incomplete;	/* sessions that were not finished */
	unsigned int family;		/* p-values that Holm's method adjusted together, */
	unsigned int family_comparisons;	/* of so many comparisons: all that were made */
	size_t nr_cells;
	struct vb_compare_cell *cell;
	size_t nr_differences;
	struct vb_difference *difference;
	size_t nr_notes;		/* sentences to be shown with it */
	char **note;
};

/* Noise of the rig, from A/A comparisons: bench/compare/floor.h. */
struct vb_floor;

/* A metric that must not get worse: bench/compare/gate.h. */
struct vb_gate;

struct vb_compare_options {
	double margin_percent;		/* 0: VB_COMPARE_MARGIN */
	const struct vb_floor *floor;	/* NULL: none known */
	const struct vb_gate *gates;	/* nr_gates; they become primaries */
	size_t nr_gates;
	const char *arm_a, *arm_b;	/* names; NULL: all that match */
	bool force;			/* compare different jobs */
	bool no_shifts;			/* leave the quantile shifts out */
	/* Only these measured rounds, as A/A comparisons are made of; 0: all. */
	unsigned int first_round, rounds;
};

/*
 * Every arm against the first (or arm_b against arm_a), within one result.
 * @options may be NULL.  0; -EINVAL: there is nothing to compare, @err says why
 * and what to do; -ENOMEM.  *@list is freed with vb_comparisons_free().
 */
int vb_compare_arms(const struct vb_result *result, const struct vb_compare_options *options,
		    struct vb_comparison **list, size_t *nr, char *err, size_t size);

/* One side of a comparison of results: one result, or one for each boot. */
struct vb_compare_side {
	const char *name;		/* for messages: the directory */
	struct vb_result *result;
	size_t nr;			/* of them; more than one: each is one boot */
	bool boots;			/* nr counts boots, also when it is 1 */
};

/*
 * Load @path: a result directory, or a folder of them, each of which is a boot
 * (hidden ones and those without meta.json are passed over).  -EINVAL, -ENOENT:
 * @err names the file.  Freed with vb_compare_side_free().
 */
int vb_compare_side_load(const char *path, struct vb_compare_side *side, char *err, size_t size);
void vb_compare_side_free(struct vb_compare_side *side);

/*
 * Side @b against side @a, for each arm that both have (a sole arm matches a
 * sole arm of any name).  Always unpaired.  -EINVAL also: different jobs and no
 * force, different modes.
 */
int vb_compare_results(const struct vb_compare_side *a, const struct vb_compare_side *b,
		       const struct vb_compare_options *options, struct vb_comparison **list,
		       size_t *nr, char *err, size_t size);
void vb_comparisons_free(struct vb_comparison *list, size_t nr);

/* Everything above as JSON, keys as the fields; NAN is null.  NULL: out of memory. */
json_t *vb_comparison_to_json(const struct vb_comparison *comparison);

/* "request.p99" and the like as one table; @all: exploratory metrics too. 100 columns. */
void vb_compare_text(const struct vb_comparison *comparison, bool all, FILE *out);

/* "+1.9% [+1.7, +2.2]" in @buf; "" without a shift.  Returns @buf. */
const char *vb_decision_shift_text(const struct vb_decision *decision, char *buf, size_t size);

/* Counts of findings among the primaries. */
void vb_compare_count(const struct vb_comparison *comparison, unsigned int count[VB_NR_FINDINGS]);

#endif /* VB_COMPARE_H */
