// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench ab: arms against each other, in pairs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/session-args.h"
#include "bench/cmd/verdict.h"
#include "lib/machine/facts.h"

#define DEFAULT_PAIRS		10
#define DEFAULT_AA_COMPARISONS	5

enum {
	OPT_PAIRS = 0x100, OPT_COMPARISONS, OPT_WARMUP_ROUNDS, OPT_AA, OPT_RESUME, OPT_ACCEPT_NOISE,
	OPT_WANT,
};

static const struct argp_option options[] = {
	{ "arm", 'a', "NAME=VARIANT[,KEY=VALUE...]", 0,
	  "an arm: the variant of vfio_iommu_type1 that serves it (stock: the kernel's own; null: that of "
	  "jobs with iommu_mode=null), then what the job has otherwise on it, as --set would say it, and "
	  "param.NAME=VALUE for a parameter of the variant's module; given once for each arm, the first "
	  "is what the others are held against", 0 },
	{ "pairs", OPT_PAIRS, "N", 0,
	  "rounds, in each of which every arm is measured once (1..10000, default: 10); fewer than 6 have "
	  "no interval of 95%", 0 },
	{ "aa", OPT_AA, NULL, 0,
	  "one arm (--arm, default: stock) against itself: what comes out is the noise of the rig", 0 },
	{ "comparisons", OPT_COMPARISONS, "M", 0,
	  "make M comparisons of N pairs each, one after another (1..1000, default: 1, with --aa 5)", 0 },
	{ "warmup-rounds", OPT_WARMUP_ROUNDS, "N", 0,
	  "rounds before the first pair that are recorded, and in no statistic (0..100, default: 1, in "
	  "exact mode 0)", 0 },
	{ "resume", OPT_RESUME, "DIR", 0,
	  "go on with a session that was interrupted or killed, in its directory (DIR.part); its job, "
	  "arms and rounds need not be given again, and are refused if they differ", 0 },
	{ "noise-gate", VB_OPT_NOISE_GATE, NULL, 0,
	  "exit with status 3 when noise was marked in more than a quarter of the runs, or the governor or "
	  "clocksource ruins all times, in the lab too (default: outside the lab)", 0 },
	{ "accept-noise", OPT_ACCEPT_NOISE, NULL, 0, "noise is told and recorded, and no more", 0 },
	{ "want", OPT_WANT, "PERCENT", 0,
	  "say beforehand, by the noise floor of this machine, how many pairs it takes to see such a "
	  "difference; with --aa, at the end", 0 },
	VB_VERDICT_OPTIONS,
	VB_SESSION_OPTIONS,
	{ 0 }
};

struct ab_args {
	struct vb_session_args common;
	struct vb_session_compare compare;	/* 0: not given */
	struct vb_verdict verdict;
	double want;			/* percent, 0: not asked */
};

static int add_arm(struct ab_args *a, const char *text)
{
	struct vb_arm *arm = &a->common.arm[a->common.session.nr_arms];
	char err[512];

	if (a->common.session.nr_arms == VB_MAX_ARMS)
		return vb_fail(EINVAL, "--arm: more than %d: name fewer", VB_MAX_ARMS);
	if (vb_arm_parse(text, arm, err, sizeof(err)))
		return vb_fail(EINVAL, "--arm: %s", err);
	for (unsigned int i = 0; i < a->common.session.nr_arms; i++)
		if (!strcmp(a->common.arm[i].name, arm->name))
			return vb_fail(EINVAL, "--arm %s=: a second arm of that name: give each its own",
				       arm->name);
	a->common.session.nr_arms++;
	return 0;
}

static int parse_count(const char *option, const char *text, unsigned int min, unsigned int max,
		       unsigned int *count)
{
	uint64_t number;
	int ret = vb_session_args_number(option, text, min, max, &number);

	if (!ret)
		*count = (unsigned int)number;
	return ret;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct ab_args *a = state->input;

	switch (key) {
	case 'a':
		return add_arm(a, arg);
	case OPT_PAIRS:
		return parse_count("pairs", arg, 1, 10000, &a->compare.pairs);
	case OPT_COMPARISONS:
		return parse_count("comparisons", arg, 1, 1000, &a->compare.comparisons);
	case OPT_WARMUP_ROUNDS:
		return parse_count("warmup-rounds", arg, 0, 100, &a->compare.warmup_rounds);
	case OPT_AA:
		a->compare.aa = true;
		return 0;
	case OPT_RESUME:
		a->common.session.resume = arg;
		return 0;
	case OPT_WANT:
		return vb_verdict_percent("want", arg, &a->want);
	case VB_OPT_FLOOR:
	case VB_OPT_GATE:
	case VB_OPT_MARGIN:
		return vb_verdict_parse(key, arg, &a->verdict);
	case OPT_ACCEPT_NOISE:
		a->common.session.noise_gating = VB_NOISE_GATING_OFF;
		return 0;
	case ARGP_KEY_END:
		return a->common.session.job || a->common.session.resume ? 0 :
		       vb_fail(EINVAL, "which job? 'vfio-bench list jobs' names them");
	default:
		return vb_session_args_parse(key, arg, &a->common);
	}
}

/* The one arm twice, under two names. */
static int double_arm(struct ab_args *a)
{
	char name[sizeof(a->common.arm[0].name)];

	if (!a->common.session.nr_arms)
		return VB_EXIT_OK;	/* the session takes what the job needs */
	if (a->common.session.nr_arms > 1)
		return vb_fail(VB_EXIT_USAGE, "--aa compares one arm with itself: give one --arm, or none");
	strcpy(name, a->common.arm[0].name);
	if (strlen(name) + 2 >= VB_ARM_NAME_MAX)
		return vb_fail(VB_EXIT_USAGE, "--arm %s=: with --aa its name has at most %d bytes", name,
			       VB_ARM_NAME_MAX - 3);
	a->common.arm[1] = a->common.arm[0];
	strcpy(stpcpy(a->common.arm[0].name, name), "-1");
	strcpy(stpcpy(a->common.arm[1].name, name), "-2");
	a->common.session.nr_arms = 2;
	return VB_EXIT_OK;
}

/* Not after hours of measuring. */
static int refuse_bucketed(const struct vb_verdict *v)
{
	char name[160];

	for (size_t i = 0; vb_in_exact_mode() && i < v->options.nr_gates; i++)
		if (vb_stat_quantile(v->gate[i].name.stat) > 0)
			return vb_fail(VB_EXIT_USAGE, "--gate=%s: exact mode has quantiles from buckets of "
				       "1.6%% only: gate mean or min",
				       vb_stat_name_text(&v->gate[i].name, name, sizeof(name)));
	return VB_EXIT_OK;
}

static int complete_args(struct ab_args *a)
{
	struct vb_session_compare *c = &a->compare;
	const struct vb_verdict *v = &a->verdict;
	int ret = c->aa ? double_arm(a) : VB_EXIT_OK;

	if (c->aa && (v->options.nr_gates || v->options.margin_percent > 0 || v->floor_path))
		return vb_fail(VB_EXIT_USAGE, "--aa: equal arms have no gate, margin or floor to be held "
			       "against, it makes the floor: leave --%s out", v->options.nr_gates ? "gate" :
			       v->floor_path ? "floor" : "margin");

	if (!ret)
		ret = refuse_bucketed(v);
	if (ret)
		return ret;
	if (a->common.session.json && !a->common.session.dry_run)
		return vb_fail(VB_EXIT_USAGE, "--json prints the plan: give --dry-run too ('vfio-bench "
			       "report --json' prints a result)");
	if (a->common.session.resume && a->common.session.output)
		return vb_fail(VB_EXIT_USAGE, "--resume goes on in its own directory: leave --output out");
	if (a->common.session.resume)
		return VB_EXIT_OK;	/* what was not given, meta.json says */
	if (!c->aa && a->common.session.nr_arms < 2)
		return vb_fail(VB_EXIT_USAGE, "%s: give --arm NAME=VARIANT twice or more, or --aa for one "
			       "against itself", a->common.session.nr_arms ? "one arm has nothing to be compared with" :
			       "which arms?");
	if (!c->pairs)
		c->pairs = DEFAULT_PAIRS;
	if (!c->comparisons)
		c->comparisons = c->aa ? DEFAULT_AA_COMPARISONS : 1;
	return VB_EXIT_OK;
}

/* The session's failure counts for more than what its runs say of the arms. */
static int measure(struct ab_args *a)
{
	char result[4200] = "";
	bool complete = false;
	int ret = VB_EXIT_OK, verdict;

	/* A --floor that does not fit is told before hours of measuring. */
	if ((a->want > 0 || a->verdict.floor_path) && !a->compare.aa && a->common.session.job)
		ret = vb_verdict_foresee(&a->verdict, a->common.session.job, a->want, a->compare.pairs);
	if (ret)
		return ret;
	ret = vb_session_run(&a->common.session, result, sizeof(result), &complete);
	if (!*result || !complete || a->common.session.dry_run)
		return ret;
	verdict = vb_verdict_conclude(&a->verdict, result, a->want);
	return ret ? ret : verdict;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct ab_args *args = calloc(1, sizeof(*args));
	int ret;

	if (!args)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	vb_session_args_init(&args->common);
	args->common.session.compare = &args->compare;
	args->common.session.noise_gating = VB_NOISE_GATING_HARDWARE;
	args->compare.warmup_rounds = VB_WARMUP_ROUNDS_AUTO;
	ret = vb_cmd_parse(cmd, parse, argc, argv, args);
	if (!ret)
		ret = complete_args(args);
	if (!ret)
		ret = measure(args);
	free(args);
	return ret;
}

const struct vb_cmd vb_cmd_ab = {
	.name = "ab",
	.summary = "compare variants or settings, run against run, in balanced order",
	.args_doc = "JOB",
	.doc = "Measure JOB on each arm, one run after another in an order that falls on no arm's side: AB BA "
	       "with a random beginning for two arms, the rows of a Williams design for more. Each run is "
	       "a process of its own; the variant is loaded for it and unloaded after it. Where windows "
	       "lie in IOVA space, and who allocates first, is chosen anew in each round and is the same "
	       "for all arms of the round (layout=), and outside the lab each worker empties its CPU's "
	       "caches before it starts (cold=). Order and layouts follow from one seed, which is "
	       "recorded.\n\n"
	       "Every run is audited as 'vfio-bench run' does it. At the end every arm is held against the "
	       "first: better, worse, equivalent or inconclusive, as 'vfio-bench compare' does it. --aa shows "
	       "how often equal arms are said to differ and which difference this rig can see; what it finds "
	       "is kept, and what later comparisons of that job here find below it is inconclusive.\n\n"
	       "With two arms the order is balanced every 2 rounds, with an even number K of arms every K, "
	       "with an odd one every 2K; --pairs should be a multiple.\n\n"
	       "A session that was interrupted (SIGINT, SIGTERM) or killed leaves what it has; --resume "
	       "goes on with it, after another boot too.",
	.options = options,
	.run = run,
};
