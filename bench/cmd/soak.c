// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench soak: jobs and faults, cycle after cycle. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/cmd/session-args.h"
#include "bench/soak/soak.h"

enum {
	OPT_FAULT = 0x400, OPT_FAULTS, OPT_FAULT_RATE, OPT_FOR, OPT_CYCLE, OPT_LIMIT, OPT_RESUME, OPT_STOP,
	OPT_KEEP, OPT_STEADY, OPT_REPLAY,
};

static const struct argp_option options[] = {
	{ "for", OPT_FOR, "TIME", 0, "how long: 60s, 10m, 48h (the time it runs, over all --resume)", 0 },
	{ "repeat", 'r', "N", 0, "so many cycles instead (1..1000000), and one more without a fault", 0 },
	{ "fault", OPT_FAULT, "NAME", 0,
	  "this fault alone, in every cycle; without a JOB on the job that shows it", 0 },
	{ "faults", OPT_FAULTS, "none|all|NAME[:WEIGHT],...", 0,
	  "which faults are mixed in (default: all that can be here)", 0 },
	{ "fault-rate", OPT_FAULT_RATE, "PERCENT", 0, "cycles with a fault (0..100, default: 50)", 0 },
	{ "cycle", OPT_CYCLE, "TIME[..TIME]", 0,
	  "how long the measured part of a cycle's run is (default: 2s..10s)", 0 },
	{ "limit", OPT_LIMIT, "TIME", 0,
	  "a run that has not ended so long after its time is killed (default: 5m)", 0 },
	{ "variant", 'v', "NAME[,NAME...]", 0,
	  "variants of vfio_iommu_type1, one of them in each cycle (default: stock)", 0 },
	{ "steady", OPT_STEADY, NULL, 0, "no pauses, no stops of the load, workers stay on their CPUs", 0 },
	{ "resume", OPT_RESUME, "DIR", 0,
	  "go on with a soak that was interrupted, killed, or ended by a crash; it has its own settings, "
	  "--for or --repeat say a new end", 0 },
	{ "replay", OPT_REPLAY, "DIR/failure", 0,
	  "make the cycle that failed once more, or --repeat N times", 0 },
	{ "stop-on-failure", OPT_STOP, NULL, 0, "end with the first cycle that fails (default: go on)", 0 },
	{ "keep", OPT_KEEP, NULL, 0, "keep the results of clean cycles, too", 0 },
	{ "device", 'd', "ADDRESS", 0,
	  "the assigned PCIe device, bound to vfio-pci; may be given more than once", 0 },
	{ "output", 'o', "DIR", 0,
	  "the soak's directory, which must not exist (default: vfio-bench-soak-DATE-TIME)", 0 },
	{ "set", VB_OPT_SET, "KEY=VALUE", 0, "override a key of the jobs, as in 'run'", 0 },
	{ "seed", VB_OPT_SEED, "N", 0, "the stream of cycles (default: a new one, recorded)", 0 },
	{ "quiet", 'q', NULL, 0, "failures and the end only", 0 },
	{ "variant-dir", VB_OPT_VARIANT_DIR, "DIR", 0,
	  "where built variants are (also: VFIO_BENCH_VARIANT_DIR)", 0 },
	{ "accept-loss", VB_OPT_ACCEPT_LOSS, NULL, 0,
	  "also what can hang or crash the kernel outside the lab, on this machine", 0 },
	{ "acknowledge-others", VB_OPT_ACKNOWLEDGE_OTHERS, NULL, 0,
	  "load variants although other programs use VFIO: their new containers get the variant", 0 },
	{ 0 }
};

struct args {
	struct vb_soak_options soak;
	const char *set[VB_SESSION_MAX_SET];
	const char *device[VB_MAX_CONTAINERS];
	bool faults_said;
	bool settings_said;		/* some that a soak to go on with has itself */
};

/* "90s", "10m", "48h", "2d"; a bare number is refused. */
static int parse_time(const char *option, const char *text, char **end, uint64_t *ns)
{
	double value;
	uint64_t unit;

	errno = 0;
	value = strtod(text, end);
	switch (*text >= '0' && *text <= '9' && !errno ? **end : '\0') {
	case 's': unit = 1000000000ull; break;
	case 'm': unit = (*end)[1] == 's' ? 1000000 : 60000000000ull; break;
	case 'h': unit = 3600000000000ull; break;
	case 'd': unit = 86400000000000ull; break;
	default: unit = 0;
	}
	/* Beyond the limit, which is told below, a product would be beyond the type too. */
	*ns = !unit ? 0 : value * (double)unit > 1e18 ? UINT64_MAX : (uint64_t)(value * (double)unit);
	*end += unit == 1000000 ? 2 : unit != 0;
	if (!*ns || *ns > 366ull * 86400000000000ull)
		return vb_fail(EINVAL, "--%s=%s: give a time with its unit, such as 90s, 10m, 48h or 7d", option,
			       text);
	return 0;
}

static int parse_whole_time(const char *option, const char *text, uint64_t *ns)
{
	char *end;
	int ret = parse_time(option, text, &end, ns);

	if (!ret && *end)
		return vb_fail(EINVAL, "--%s=%s: give a time with its unit, such as 90s, 10m, 48h or 7d", option,
			       text);
	return ret;
}

static int parse_cycle(struct vb_soak_options *o, const char *text)
{
	char *end;
	int ret = parse_time("cycle", text, &end, &o->cycle_min_ns);

	if (ret)
		return ret;
	o->cycle_max_ns = o->cycle_min_ns;
	if (!strncmp(end, "..", 2))
		ret = parse_whole_time("cycle", end + 2, &o->cycle_max_ns);
	else if (*end)
		return vb_fail(EINVAL, "--cycle=%s: give TIME or TIME..TIME, such as 2s..10s", text);
	if (!ret && o->cycle_max_ns < o->cycle_min_ns)
		return vb_fail(EINVAL, "--cycle=%s: the second time is less than the first", text);
	return ret;
}

/* Cuts ":WEIGHT" off @name. */
static int take_weight(char *name, unsigned int *weight)
{
	char *colon = strrchr(name, ':'), *end;
	unsigned long n;

	*weight = 1;
	if (!colon || colon[1] < '0' || colon[1] > '9')
		return 0;
	errno = 0;
	n = strtoul(colon + 1, &end, 10);
	if (*end)
		return 0;	/* a path with a colon in it */
	if (errno || !n || n > 1000)
		return vb_fail(EINVAL, "'%s': give a weight from 1 to 1000", name);
	*weight = (unsigned int)n;
	*colon = '\0';
	return 0;
}

static int add_fault(struct vb_soak_options *o, char *name)
{
	unsigned int weight;
	const struct vb_fault_ops *ops;
	int ret = take_weight(name, &weight);

	if (ret)
		return ret;
	ops = vb_fault_find(name);
	if (!ops)
		return vb_fail(EINVAL, "fault '%s': no such fault: 'vfio-bench list faults' names them", name);
	for (unsigned int i = 0; i < o->nr_faults; i++)
		if (o->fault[i].ops == ops)
			return vb_fail(EINVAL, "fault '%s': given twice: give it a weight, '%s:2'", name, name);
	if (o->nr_faults == VB_SOAK_MAX_FAULTS)
		return vb_fail(EINVAL, "more than %d faults: name fewer", VB_SOAK_MAX_FAULTS);
	o->fault[o->nr_faults++] = (struct vb_soak_fault){ ops, weight };
	return 0;
}

static void add_all_faults(struct vb_soak_options *o)
{
	o->all_faults = true;
	for (const struct vb_fault_ops *const *ops = vb_faults; *ops; ops++)
		if (!((*ops)->needs & VB_FAULT_ENDS_GUEST) && o->nr_faults < VB_SOAK_MAX_FAULTS)
			o->fault[o->nr_faults++] = (struct vb_soak_fault){ *ops, 1 };
}

static int add_faults(struct args *a, char *list)
{
	char *save = NULL;
	int ret = 0;

	if (a->faults_said)
		return vb_fail(EINVAL, "--fault and --faults: give one of them, once");
	a->faults_said = true;
	if (!strcmp(list, "none"))
		return 0;
	if (!strcmp(list, "all"))
		return add_all_faults(&a->soak), 0;
	for (char *name = strtok_r(list, ",", &save); name && !ret; name = strtok_r(NULL, ",", &save))
		ret = add_fault(&a->soak, name);
	if (!ret && !a->soak.nr_faults)
		return vb_fail(EINVAL, "--faults: no name: 'vfio-bench list faults' shows them");
	return ret;
}

static int one_fault(struct args *a, char *name)
{
	if (a->faults_said)
		return vb_fail(EINVAL, "--fault and --faults: give one of them, once");
	a->faults_said = true;
	a->soak.one_fault = true;
	return add_fault(&a->soak, name);
}

static int add_variants(struct vb_soak_options *o, char *list)
{
	char *save = NULL;

	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (o->nr_variants == VB_SOAK_MAX_VARIANTS)
			return vb_fail(EINVAL, "--variant: more than %d: name fewer", VB_SOAK_MAX_VARIANTS);
		o->variant[o->nr_variants++] = name;
	}
	if (!o->nr_variants)
		return vb_fail(EINVAL, "--variant: no name: 'vfio-bench variant list' shows them");
	return 0;
}

static int add_job(struct vb_soak_options *o, char *name)
{
	int ret;

	if (o->nr_jobs == VB_SOAK_MAX_JOBS)
		return vb_fail(EINVAL, "more than %d jobs: name fewer", VB_SOAK_MAX_JOBS);
	ret = take_weight(name, &o->job[o->nr_jobs].weight);
	o->job[o->nr_jobs++].name = name;
	return ret;
}

static int add_text(const char **list, unsigned int *nr, unsigned int max, const char *what, const char *text)
{
	if (*nr == max)
		return vb_fail(EINVAL, "--%s: more than %u", what, max);
	list[(*nr)++] = text;
	return 0;
}

/* A soak that goes on, or a cycle of it, has settings of its own. */
static int at_end_again(struct args *a)
{
	struct vb_soak_options *o = &a->soak;

	if (o->resume && o->replay)
		return vb_fail(EINVAL, "--resume and --replay: give one of them");
	if (a->settings_said || a->faults_said || o->nr_jobs || (o->resume && o->output))
		return vb_fail(EINVAL, "--%s: what it does is in DIR: leave jobs and settings out",
			       o->resume ? "resume" : "replay");
	if (o->for_ns && o->repeat)
		return vb_fail(EINVAL, "--for and --repeat: give one of them");
	if (o->replay && o->for_ns)
		return vb_fail(EINVAL, "--replay: give --repeat N");
	if (o->replay && !o->repeat)
		o->repeat = 1;
	return 0;
}

static int at_end(struct args *a)
{
	struct vb_soak_options *o = &a->soak;

	if (o->resume || o->replay)
		return at_end_again(a);
	if (!o->for_ns == !o->repeat)
		return vb_fail(EINVAL, "how long? give --for TIME or --repeat N");
	if (!a->faults_said)
		add_all_faults(o);
	if (!o->nr_jobs && !o->one_fault)
		return vb_fail(EINVAL, "which jobs? 'vfio-bench list jobs' names them");
	if (!o->nr_jobs) {
		const struct vb_fault_ops *ops = o->fault[0].ops;

		o->fault_job = true;
		o->job[o->nr_jobs++] = (struct vb_soak_job){ ops->job ? ops->job : "smoke", 1 };
		if (ops->variant && !o->nr_variants)
			o->variant[o->nr_variants++] = ops->variant;
	}
	return 0;
}

static error_t parse_number(int key, char *arg, struct vb_soak_options *o)
{
	uint64_t n;
	int ret;

	switch (key) {
	case 'r':
		return vb_session_args_number("repeat", arg, 1, 1000000, &o->repeat);
	case OPT_FAULT_RATE:
		ret = vb_session_args_number("fault-rate", arg, 0, 100, &n);
		if (!ret)
			o->fault_percent = (unsigned int)n;
		return ret;
	case VB_OPT_SEED:
		o->has_seed = true;
		return vb_session_args_number("seed", arg, 0, INT64_MAX, &o->seed);
	case OPT_FOR:
		return parse_whole_time("for", arg, &o->for_ns);
	case OPT_LIMIT:
		return parse_whole_time("limit", arg, &o->limit_ns);
	case OPT_CYCLE:
		return parse_cycle(o, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_switch(int key, struct vb_soak_options *o)
{
	switch (key) {
	case OPT_STEADY:
		o->steady = true;
		return 0;
	case OPT_STOP:
		o->stop_on_failure = true;
		return 0;
	case OPT_KEEP:
		o->keep = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case VB_OPT_ACCEPT_LOSS:
		o->accept_loss = true;
		return 0;
	case VB_OPT_ACKNOWLEDGE_OTHERS:
		o->acknowledge_others = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_text(int key, char *arg, struct args *a)
{
	struct vb_soak_options *o = &a->soak;

	switch (key) {
	case OPT_FAULT:
		return one_fault(a, arg);
	case OPT_FAULTS:
		return add_faults(a, arg);
	case 'v':
		return add_variants(o, arg);
	case 'd':
		return add_text(a->device, &o->nr_devices, VB_MAX_CONTAINERS, "device", arg);
	case VB_OPT_SET:
		return add_text(a->set, &o->nr_set, VB_SOAK_MAX_SET, "set", arg);
	case 'o':
		o->output = arg;
		return 0;
	case OPT_RESUME:
		o->resume = arg;
		return 0;
	case OPT_REPLAY:
		o->replay = arg;
		return 0;
	case VB_OPT_VARIANT_DIR:
		o->variant_dir = arg;
		return 0;
	case ARGP_KEY_ARG:
		return add_job(o, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_setting(int key)
{
	return key == OPT_FAULT_RATE || key == VB_OPT_SEED || key == OPT_LIMIT || key == OPT_CYCLE ||
	       key == OPT_STEADY || key == 'v' || key == 'd' || key == VB_OPT_SET;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	error_t ret;

	if (key == ARGP_KEY_END)
		return at_end(a);
	a->settings_said |= is_setting(key);
	ret = parse_number(key, arg, &a->soak);
	if (ret == ARGP_ERR_UNKNOWN)
		ret = parse_switch(key, &a->soak);
	return ret == ARGP_ERR_UNKNOWN ? parse_text(key, arg, a) : ret;
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	struct args a = {
		.soak = { .cycle_min_ns = 2000000000ull, .cycle_max_ns = 10000000000ull,
			  .limit_ns = 300000000000ull, .fault_percent = 50 },
	};
	int ret;

	a.soak.set = a.set;
	a.soak.device = a.device;
	ret = vb_cmd_parse(cmd, parse, argc, argv, &a);
	return ret ? ret : vb_soak_run(&a.soak);
}

const struct vb_cmd vb_cmd_soak = {
	.name = "soak",
	.summary = "run jobs with faults among them for hours, and audit every cycle",
	.args_doc = "JOB[:WEIGHT]...",
	.doc = "Runs cycle after cycle, each one run of one of the jobs as a process of its own, some with "
	       "a fault ('vfio-bench list faults'). Which job, which fault, when and how long depends on the "
	       "seed and the cycle's number alone. After each cycle the machine has to be as it was found.\n\n"
	       "Exit status 0: all clean; 2: a cycle failed; 3: interrupted, or little was shown (nothing ran, "
	       "more cycles were skipped than ran, a fault alone was not injected each time); 4: no "
	       "cycle could be made here, or a fault that was named can't be. doc/soak.md says more.",
	.options = options,
	.run = run,
};
