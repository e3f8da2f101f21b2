// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench ab: arms against each other, in pairs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/verdict.h"
#include "bench/engine/session.h"
#include "lib/machine/facts.h"

#define DEFAULT_PAIRS		10
#define DEFAULT_AA_COMPARISONS	5

enum {
	OPT_SET = 0x100, OPT_PAIRS, OPT_COMPARISONS, OPT_WARMUP_ROUNDS, OPT_AA, OPT_SEED, OPT_RESUME,
	OPT_DRY_RUN, OPT_JSON, OPT_VARIANT_DIR, OPT_NOISE_GATE, OPT_ACCEPT_NOISE, OPT_ACCEPT_LOSS,
	OPT_ACKNOWLEDGE_OTHERS, OPT_WANT,
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
	{ "seed", OPT_SEED, "N", 0,
	  "repeat the order and the layouts of a session: \"seed\" in its meta.json", 0 },
	{ "resume", OPT_RESUME, "DIR", 0,
	  "go on with a session that was interrupted or killed, in its directory (DIR.part); its job, "
	  "arms and rounds need not be given again, and are refused if they differ", 0 },
	{ "device", 'd', "ADDRESS", 0,
	  "the assigned PCIe device, bound to vfio-pci, such as 0000:41:00.0", 0 },
	{ "output", 'o', "DIR", 0,
	  "the result directory, which must not exist (default: vfio-bench-JOB-DATE-TIME)", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0,
	  "override a key of the job on all arms: KEY=VALUE in every section that takes it, or "
	  "SECTION.KEY=VALUE; may be given more than once", 0 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0,
	  "print which worker goes on which CPU, memory and IOVA window, and the order of all runs, and "
	  "do nothing else", 0 },
	{ "quiet", 'q', NULL, 0, "no progress line while it runs", 0 },
	{ "json", OPT_JSON, NULL, 0, "print plan and order (--dry-run) as JSON", 0 },
	{ "noise-gate", OPT_NOISE_GATE, NULL, 0,
	  "exit with status 3 when noise was marked in more than a quarter of the runs, or the governor or "
	  "clocksource ruins all times, in the lab too (default: outside the lab)", 0 },
	{ "accept-noise", OPT_ACCEPT_NOISE, NULL, 0, "noise is told and recorded, and no more", 0 },
	{ "variant-dir", OPT_VARIANT_DIR, "DIR", 0,
	  "where built variants are (also: VFIO_BENCH_VARIANT_DIR)", 0 },
	{ "accept-loss", OPT_ACCEPT_LOSS, NULL, 0,
	  "run what can hang or crash the kernel outside the lab, on this machine", 0 },
	{ "acknowledge-others", OPT_ACKNOWLEDGE_OTHERS, NULL, 0,
	  "load variants although other programs use VFIO: their new containers get the variant", 0 },
	{ "want", OPT_WANT, "PERCENT", 0,
	  "say beforehand, by the noise floor of this machine, how many pairs it takes to see such a "
	  "difference; with --aa, at the end", 0 },
	VB_VERDICT_OPTIONS,
	{ 0 }
};

struct ab_args {
	struct vb_session_options session;
	struct vb_session_compare compare;	/* 0: not given */
	uint64_t seed;
	const char *set[64];
	struct vb_arm arm[VB_MAX_ARMS];
	struct vb_verdict verdict;
	double want;			/* percent, 0: not asked */
};

static int add_arm(struct ab_args *a, const char *text)
{
	struct vb_arm *arm = &a->arm[a->session.nr_arms];
	char err[512];

	if (a->session.nr_arms == VB_MAX_ARMS)
		return vb_fail(EINVAL, "--arm: more than %d: name fewer", VB_MAX_ARMS);
	if (vb_arm_parse(text, arm, err, sizeof(err)))
		return vb_fail(EINVAL, "--arm: %s", err);
	for (unsigned int i = 0; i < a->session.nr_arms; i++)
		if (!strcmp(a->arm[i].name, arm->name))
			return vb_fail(EINVAL, "--arm %s=: a second arm of that name: give each its own",
				       arm->name);
	a->session.nr_arms++;
	return 0;
}

static int parse_number(const char *option, const char *text, uint64_t min, uint64_t max,
			uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || *number < min || *number > max)
		return vb_fail(EINVAL, "--%s=%s: give a number from %llu to %llu", option, text,
			       (unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int parse_count(const char *option, const char *text, unsigned int min, unsigned int max,
		       unsigned int *count)
{
	uint64_t number;
	int ret = parse_number(option, text, min, max, &number);

	if (!ret)
		*count = (unsigned int)number;
	return ret;
}

static int add_set(struct ab_args *a, const char *text)
{
	if (a->session.nr_set == sizeof(a->set) / sizeof(*a->set))
		return vb_fail(EINVAL, "--set: more than %zu: write a job file instead",
			       sizeof(a->set) / sizeof(*a->set));
	a->set[a->session.nr_set++] = text;
	return 0;
}

/* Options of the measuring that are no choice of what is compared. */
static error_t parse_common(int key, char *arg, struct vb_session_options *s)
{
	switch (key) {
	case 'd':
		s->device = arg;
		return 0;
	case 'o':
		s->output = arg;
		return 0;
	case 'q':
		s->quiet = true;
		return 0;
	case OPT_DRY_RUN:
		s->dry_run = true;
		return 0;
	case OPT_JSON:
		s->json = true;
		return 0;
	case OPT_NOISE_GATE:
		s->noise_gating = VB_NOISE_GATING_ON;
		return 0;
	case OPT_ACCEPT_NOISE:
		s->noise_gating = VB_NOISE_GATING_OFF;
		return 0;
	case OPT_VARIANT_DIR:
		s->variant_dir = arg;
		return 0;
	case OPT_ACCEPT_LOSS:
		s->accept_loss = true;
		return 0;
	case OPT_ACKNOWLEDGE_OTHERS:
		s->acknowledge_others = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
	case OPT_SEED:
		a->session.seed = &a->seed;
		return parse_number("seed", arg, 0, INT64_MAX, &a->seed);
	case OPT_RESUME:
		a->session.resume = arg;
		return 0;
	case OPT_SET:
		return add_set(a, arg);
	case OPT_WANT:
		return vb_verdict_percent("want", arg, &a->want);
	case VB_OPT_FLOOR:
	case VB_OPT_GATE:
	case VB_OPT_MARGIN:
		return vb_verdict_parse(key, arg, &a->verdict);
	case ARGP_KEY_ARG:
		if (a->session.job)
			return vb_fail(EINVAL, "'%s': one job at a time: leave it out", arg);
		a->session.job = arg;
		return 0;
	case ARGP_KEY_END:
		return a->session.job || a->session.resume ? 0 :
		       vb_fail(EINVAL, "which job? 'vfio-bench list jobs' names them");
	default:
		return parse_common(key, arg, &a->session);
	}
}

/* The one arm twice, under two names. */
static int double_arm(struct ab_args *a)
{
	char name[sizeof(a->arm[0].name)];

	if (!a->session.nr_arms)
		return VB_EXIT_OK;	/* the session takes what the job needs */
	if (a->session.nr_arms > 1)
		return vb_fail(VB_EXIT_USAGE, "--aa compares one arm with itself: give one --arm, or none");
	strcpy(name, a->arm[0].name);
	if (strlen(name) + 2 >= VB_ARM_NAME_MAX)
		return vb_fail(VB_EXIT_USAGE, "--arm %s=: with --aa its name has at most %d bytes", name,
			       VB_ARM_NAME_MAX - 3);
	a->arm[1] = a->arm[0];
	strcpy(stpcpy(a->arm[0].name, name), "-1");
	strcpy(stpcpy(a->arm[1].name, name), "-2");
	a->session.nr_arms = 2;
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
	if (a->session.json && !a->session.dry_run)
		return vb_fail(VB_EXIT_USAGE, "--json prints the plan: give --dry-run too ('vfio-bench "
			       "report --json' prints a result)");
	if (a->session.resume && a->session.output)
		return vb_fail(VB_EXIT_USAGE, "--resume goes on in its own directory: leave --output out");
	if (a->session.resume)
		return VB_EXIT_OK;	/* what was not given, meta.json says */
	if (!c->aa && a->session.nr_arms < 2)
		return vb_fail(VB_EXIT_USAGE, "%s: give --arm NAME=VARIANT twice or more, or --aa for one "
			       "against itself", a->session.nr_arms ? "one arm has nothing to be compared with" :
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
	if ((a->want > 0 || a->verdict.floor_path) && !a->compare.aa && a->session.job)
		ret = vb_verdict_foresee(&a->verdict, a->session.job, a->want, a->compare.pairs);
	if (ret)
		return ret;
	ret = vb_session_run(&a->session, result, sizeof(result), &complete);
	if (!*result || !complete || a->session.dry_run)
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
	args->session.repeat = 1;
	args->session.set = args->set;
	args->session.arm = args->arm;
	args->session.compare = &args->compare;
	args->session.noise_gating = VB_NOISE_GATING_HARDWARE;
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
