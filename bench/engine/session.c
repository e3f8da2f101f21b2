// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs x arms, into one result directory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/live.h"
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"
#include "lib/machine/facts.h"

void session_worse(struct session *s, int code)
{
	/* 2 (incorrect) outweighs 3 (not to be trusted), which outweighs 0. */
	if (s->exit_code == VB_EXIT_OK || code == VB_EXIT_INCORRECT)
		s->exit_code = code;
}

/* Every other repetition goes through the arms backwards. */
static int all_runs(struct session *s)
{
	unsigned int arms = s->nr_arms ? s->nr_arms : 1;
	unsigned int total = (unsigned int)s->nr_runs * arms * s->opt->repeat;
	int ret = VB_EXIT_OK;

	for (unsigned int rep = 0; rep < s->opt->repeat; rep++)
		for (size_t i = 0; i < s->nr_runs; i++)
			for (unsigned int a = 0; a < arms; a++) {
				struct session_place place = { .cell = i, .round = rep, .position = a,
							       .arm = rep % 2 ? arms - 1 - a : a };

				if (ret || s->lost || vb_interrupted())
					return ret;
				ret = session_one_run(s, &place, total);
			}
	return ret;
}

static int execute(struct session *s)
{
	int ret = vb_klog_open(&s->klog), tail;

	if (ret && s->uses_vfio)
		vb_warn("the kernel log can't be read (%s): it is not part of the audit", strerror(-ret));
	ret = session_make_meta(s);
	if (!ret)
		ret = session_make_output(s);
	if (!ret)
		ret = session_write_head(s);
	if (ret)
		return ret;
	vb_signals_init();
	if (s->uses_vfio && vb_janitor_start(&s->janitor))
		vb_warn("no process to clean up after us if we are killed: out of processes?");
	ret = all_runs(s);
	if (ret && !s->begun) {
		vb_result_discard(&s->dir);
		s->dir_made = false;
		return ret;
	}
	if (ret)	/* after a run it is neither bad input nor skipped */
		session_worse(s, ret == VB_EXIT_INCORRECT ? ret : VB_EXIT_UNTRUSTED);
	tail = session_write_tail(s);
	if (tail)
		session_worse(s, tail);
	return s->exit_code;
}

static void clean_up(struct session *s)
{
	vb_janitor_end(&s->janitor);
	if (s->dir_made)
		vb_result_abandon(&s->dir);
	for (size_t i = 0; s->plans && i < s->nr_runs; i++)
		free(s->plans[i]);
	free(s->plans);
	free(s->runs);
	if (s->job)
		vb_job_free(s->job);
	if (s->topology)
		vb_topology_free(s->topology);
	if (s->klog)
		vb_klog_close(s->klog);
	json_decref(s->meta);
}

int vb_session_run(const struct vb_session_options *options)
{
	struct session s = { .opt = options, .in_lab = vb_in_lab(), .janitor.fd = -1 };
	int ret;

	s.dir.fd = s.dir.runs_fd = -1;
	if (options->quiet)
		vb_live_off();
	ret = session_read_job(&s);
	if (!ret)
		ret = session_find_arms(&s);
	if (!ret)
		ret = session_find_device(&s);
	if (!ret)
		ret = session_make_plans(&s);
	if (!ret && !options->dry_run)
		ret = session_preflight(&s);
	if (!ret)
		ret = options->dry_run ? session_print_plans(&s) : execute(&s);
	if (!options->dry_run && s.begun)
		fprintf(stderr, "result: %s\n", s.dir_made ? s.dir.part : s.dir.path);
	clean_up(&s);
	return ret;
}
