// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench run: a job on one or more variants. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/engine/session.h"

enum {
	OPT_SET = 0x100, OPT_DRY_RUN, OPT_ACCEPT_LOSS, OPT_ACKNOWLEDGE_OTHERS, OPT_VARIANT_DIR,
	OPT_JSON, OPT_NOISE_GATE, OPT_SEED,
};

static const struct argp_option options[] = {
	{ "variant", 'v', "NAME[,NAME...]", 0,
	  "run on these variants of vfio_iommu_type1, in this order (default: stock, the "
	  "kernel's own)", 0 },
	{ "device", 'd', "ADDRESS", 0,
	  "the assigned PCIe device, bound to vfio-pci, such as 0000:41:00.0", 0 },
	{ "output", 'o', "DIR", 0,
	  "the result directory, which must not exist (default: vfio-bench-JOB-DATE-TIME)", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0,
	  "override a key of the job: KEY=VALUE in every section that takes it, or SECTION.KEY=VALUE; "
	  "may be given more than once", 0 },
	{ "repeat", 'r', "N", 0,
	  "run the whole job N times (1..1000), every other time with the variants in reverse "
	  "order", 0 },
	{ "seed", OPT_SEED, "N", 0,
	  "repeat the layouts of a session: \"seed\" in its meta.json", 0 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0,
	  "print which worker goes on which CPU, memory and IOVA window, and do nothing else", 0 },
	{ "quiet", 'q', NULL, 0, "no progress line while it runs", 0 },
	{ "json", OPT_JSON, NULL, 0, "print the plan (--dry-run) as JSON", 0 },
	{ "noise-gate", OPT_NOISE_GATE, NULL, 0,
	  "exit with status 3 when noise was marked in more than a quarter of the runs, or the "
	  "governor or clocksource ruins all times (default: it is told and recorded)", 0 },
	{ "variant-dir", OPT_VARIANT_DIR, "DIR", 0,
	  "where built variants are (also: VFIO_BENCH_VARIANT_DIR)", 0 },
	{ "accept-loss", OPT_ACCEPT_LOSS, NULL, 0,
	  "run what can hang or crash the kernel outside the lab, on this machine", 0 },
	{ "acknowledge-others", OPT_ACKNOWLEDGE_OTHERS, NULL, 0,
	  "load variants although other programs use VFIO: their new containers get the variant", 0 },
	{ 0 }
};

struct run_args {
	struct vb_session_options session;
	const char *set[64];
	struct vb_arm arm[VB_MAX_ARMS];
	uint64_t seed;
};

/* Splits in place: the list lives as long as argv. */
static int add_arms(struct run_args *a, char *list)
{
	char *save = NULL;

	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		struct vb_arm *arm = &a->arm[a->session.nr_arms];

		if (a->session.nr_arms == VB_MAX_ARMS)
			return vb_fail(EINVAL, "--variant: more than %d: name fewer", VB_MAX_ARMS);
		if (strlen(name) >= sizeof(arm->variant))
			return vb_fail(EINVAL, "variant '%.60s...': no such variant: 'vfio-bench variant list' "
				       "names them", name);
		strcpy(arm->name, name);
		strcpy(arm->variant, name);
		a->session.nr_arms++;
	}
	if (!a->session.nr_arms)
		return vb_fail(EINVAL, "--variant: no name: 'vfio-bench variant list' shows them");
	return 0;
}

static int parse_repeat(struct run_args *a, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!*text || *end || n < 1 || n > 1000)
		return vb_fail(EINVAL, "--repeat=%s: give a number from 1 to 1000", text);
	a->session.repeat = (unsigned int)n;
	return 0;
}

static int parse_seed(struct run_args *a, const char *text)
{
	char *end;

	errno = 0;
	a->seed = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || a->seed > INT64_MAX)
		return vb_fail(EINVAL, "--seed=%s: give a number from 0 to %lld", text,
			       (long long)INT64_MAX);
	a->session.seed = &a->seed;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run_args *a = state->input;

	switch (key) {
	case 'v':
		return add_arms(a, arg);
	case 'd':
		a->session.device = arg;
		return 0;
	case 'o':
		a->session.output = arg;
		return 0;
	case 'r':
		return parse_repeat(a, arg);
	case 'q':
		a->session.quiet = true;
		return 0;
	case OPT_SET:
		if (a->session.nr_set == sizeof(a->set) / sizeof(*a->set))
			return vb_fail(EINVAL, "--set: more than %zu: write a job file instead",
				       sizeof(a->set) / sizeof(*a->set));
		a->set[a->session.nr_set++] = arg;
		return 0;
	case OPT_SEED:
		return parse_seed(a, arg);
	case OPT_DRY_RUN:
		a->session.dry_run = true;
		return 0;
	case OPT_JSON:
		a->session.json = true;
		return 0;
	case OPT_NOISE_GATE:
		a->session.noise_gating = VB_NOISE_GATING_ON;
		return 0;
	case OPT_VARIANT_DIR:
		a->session.variant_dir = arg;
		return 0;
	case OPT_ACCEPT_LOSS:
		a->session.accept_loss = true;
		return 0;
	case OPT_ACKNOWLEDGE_OTHERS:
		a->session.acknowledge_others = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->session.job)
			return vb_fail(EINVAL, "'%s': one job at a time: leave it out", arg);
		a->session.job = arg;
		return 0;
	case ARGP_KEY_END:
		return a->session.job ? 0 :
		       vb_fail(EINVAL, "which job? 'vfio-bench list jobs' names them");
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct run_args args = { .session = { .repeat = 1 } };
	int ret;

	args.session.set = args.set;
	args.session.arm = args.arm;
	ret = vb_cmd_parse(cmd, parse, argc, argv, &args);
	if (!ret && args.session.json && !args.session.dry_run)
		ret = vb_fail(VB_EXIT_USAGE, "--json prints the plan: give --dry-run too ('vfio-bench "
			      "report --json' prints a result)");
	return ret ? ret : vb_session_run(&args.session, NULL, 0, NULL);
}

const struct vb_cmd vb_cmd_run = {
	.name = "run",
	.summary = "run a job on this machine and write a result directory",
	.args_doc = "JOB",
	.doc = "Run JOB, a name of 'vfio-bench list jobs' or a path, on each of the variants, and audit "
	       "every run: if counts, memory or kernel log are not as they must be, its numbers are "
	       "withheld and the exit status is 2.\n\n"
	       "Where a variant is known to deadlock on concurrent unmaps, one unmap at a time runs in a "
	       "container (the wait is not part of any time) and the result says so.\n\n"
	       "The result directory's name is printed at the end; 'vfio-bench report' reads it.",
	.options = options,
	.run = run,
};
