// SPDX-License-Identifier: GPL-2.0-or-later
/* What run and ab take alike. */
#include <errno.h>
#include <stdlib.h>

#include "bench/cmd/cmd.h"
#include "bench/cmd/session-args.h"

void vb_session_args_init(struct vb_session_args *a)
{
	a->session.repeat = 1;
	a->session.set = a->set;
	a->session.arm = a->arm;
	a->session.device = a->device;
}

int vb_session_args_number(const char *option, const char *text, uint64_t min, uint64_t max,
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

static int add_set(struct vb_session_args *a, const char *text)
{
	if (a->session.nr_set == VB_SESSION_MAX_SET)
		return vb_fail(EINVAL, "--set: more than %d: write a job file instead",
			       VB_SESSION_MAX_SET);
	a->set[a->session.nr_set++] = text;
	return 0;
}

static int add_device(struct vb_session_args *a, const char *address)
{
	if (a->session.nr_devices == VB_MAX_CONTAINERS)
		return vb_fail(EINVAL, "--device: more than %d: a container has one, and a run has at most "
			       "so many", VB_MAX_CONTAINERS);
	a->device[a->session.nr_devices++] = address;
	return 0;
}

static error_t take_job(struct vb_session_options *s, const char *job)
{
	if (s->job)
		return vb_fail(EINVAL, "'%s': one job at a time: leave it out", job);
	s->job = job;
	return 0;
}

/* Those that are a switch. */
static error_t parse_switch(int key, struct vb_session_options *s)
{
	switch (key) {
	case 'q':
		s->quiet = true;
		return 0;
	case VB_OPT_DRY_RUN:
		s->dry_run = true;
		return 0;
	case VB_OPT_JSON:
		s->json = true;
		return 0;
	case VB_OPT_NOISE_GATE:
		s->noise_gating = VB_NOISE_GATING_ON;
		return 0;
	case VB_OPT_ACCEPT_LOSS:
		s->accept_loss = true;
		return 0;
	case VB_OPT_ACKNOWLEDGE_OTHERS:
		s->acknowledge_others = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

error_t vb_session_args_parse(int key, char *arg, struct vb_session_args *a)
{
	switch (key) {
	case 'd':
		return add_device(a, arg);
	case 'o':
		a->session.output = arg;
		return 0;
	case VB_OPT_VARIANT_DIR:
		a->session.variant_dir = arg;
		return 0;
	case VB_OPT_SET:
		return add_set(a, arg);
	case VB_OPT_SEED:
		a->session.seed = &a->seed;
		return vb_session_args_number("seed", arg, 0, INT64_MAX, &a->seed);
	case ARGP_KEY_ARG:
		return take_job(&a->session, arg);
	default:
		return parse_switch(key, &a->session);
	}
}
