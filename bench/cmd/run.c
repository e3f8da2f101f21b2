// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench run: a job on one or more variants. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/session-args.h"

static const struct argp_option options[] = {
	{ "variant", 'v', "NAME[,NAME...]", 0,
	  "run on these variants of vfio_iommu_type1, in this order (default: stock, the "
	  "kernel's own)", 0 },
	{ "repeat", 'r', "N", 0,
	  "run the whole job N times (1..1000), every other time with the variants in reverse "
	  "order", 0 },
	{ "noise-gate", VB_OPT_NOISE_GATE, NULL, 0,
	  "exit with status 3 when noise was marked in more than a quarter of the runs, or the "
	  "governor or clocksource ruins all times (default: it is told and recorded)", 0 },
	VB_SESSION_OPTIONS,
	{ 0 }
};

/* Splits in place: the list lives as long as argv. */
static int add_arms(struct vb_session_args *a, char *list)
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

static error_t parse_repeat(struct vb_session_args *a, const char *text)
{
	uint64_t n;
	int ret = vb_session_args_number("repeat", text, 1, 1000, &n);

	if (!ret)
		a->session.repeat = (unsigned int)n;
	return ret;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct vb_session_args *a = state->input;

	switch (key) {
	case 'v':
		return add_arms(a, arg);
	case 'r':
		return parse_repeat(a, arg);
	case ARGP_KEY_END:
		return a->session.job ? 0 :
		       vb_fail(EINVAL, "which job? 'vfio-bench list jobs' names them");
	default:
		return vb_session_args_parse(key, arg, a);
	}
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct vb_session_args args = { 0 };
	int ret;

	vb_session_args_init(&args);
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
