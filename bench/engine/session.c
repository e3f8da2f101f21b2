// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs x arms, into one result directory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/beacon.h"
#include "bench/engine/conformance.h"
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

static int all_runs(struct session *s)
{
	int ret = VB_EXIT_OK;

	for (s->number = 0; s->number < s->nr_turns; s->number++) {
		if (s->done && s->done[s->number])
			continue;
		if (ret || s->lost || vb_interrupted())
			break;
		ret = session_one_run(s);
		s->nr_done += !ret;
	}
	return ret;
}

/*
 * What a restore beside us must leave alone, although it is not our making.  Who
 * may not write there is no root, and changes nothing of the kind.
 */
static void note_use(struct session *s)
{
	for (unsigned int i = 0; i < s->nr_devices; i++)
		vb_changes_begin(&s->changes, VB_JOURNAL_USES, s->device[i].address);
	for (unsigned int a = 0; a < s->nr_arms; a++)
		if (!s->arm[a].null)
			vb_changes_begin(&s->changes, VB_JOURNAL_USES, s->arm[a].variant.module);
}

static void end_use(struct session *s)
{
	for (unsigned int i = 0; i < s->nr_devices; i++)
		vb_changes_end(&s->changes, VB_JOURNAL_USES, s->device[i].address);
	for (unsigned int a = 0; a < s->nr_arms; a++)
		if (!s->arm[a].null)
			vb_changes_end(&s->changes, VB_JOURNAL_USES, s->arm[a].variant.module);
	vb_changes_free(&s->changes);
}

static int execute(struct session *s)
{
	int ret, tail;

	vb_signals_init();
	ret = vb_klog_open(&s->klog);
	/* who has no right to it is told only where it counts */
	if (ret && (s->uses_vfio || (ret != -EPERM && ret != -EACCES && ret != -ENOENT)))
		vb_warn("the kernel log can't be read (%s): it is not part of the audit", strerror(-ret));
	ret = s->opt->resume ? VB_EXIT_OK : session_make_meta(s);
	if (!ret)
		ret = s->opt->resume ? session_resume_output(s) : session_make_output(s);
	if (!ret)
		ret = session_write_head(s);
	if (ret)
		return ret;
	if (s->uses_vfio && vb_janitor_start(&s->janitor))
		vb_warn("no process to clean up after us if we are killed: out of processes?");
	if (s->uses_vfio)
		note_use(s);
	ret = all_runs(s);
	if (!ret && !s->begun && vb_interrupted())
		ret = vb_fail(VB_EXIT_UNTRUSTED, "interrupted before the first run: there is no result");
	if (ret && !s->begun) {
		vb_result_discard(&s->dir);
		s->dir_made = false;
		return ret;
	}
	if (ret)	/* after a run it is neither bad input nor skipped */
		session_worse(s, ret == VB_EXIT_INCORRECT ? ret : VB_EXIT_UNTRUSTED);
	else if (s->nr_done < s->nr_turns)	/* interrupted, or lost */
		session_worse(s, VB_EXIT_UNTRUSTED);
	tail = session_write_tail(s);
	if (tail)
		session_worse(s, tail);
	return s->exit_code;
}

static void free_arms(struct session *s)
{
	for (unsigned int a = 0; s->arm && a < s->nr_arms; a++) {
		if (s->arm[a].shared)
			continue;
		for (size_t i = 0; s->arm[a].plans && i < s->nr_cells; i++)
			free(s->arm[a].plans[i]);
		free(s->arm[a].plans);
		free(s->arm[a].runs);
	}
	free(s->arm);
}

static void clean_up(struct session *s)
{
	if (s->arm)
		end_use(s);
	vb_janitor_end(&s->janitor);
	if (s->dir_made && s->dir.fd >= 0)
		session_give(s);
	if (s->dir_made)
		vb_result_abandon(&s->dir);
	free_arms(s);
	vb_job_free(s->job);
	free(s->turn);
	vb_conformance_free(s->conformance);
	free(s->done);
	if (s->topology)
		vb_topology_free(s->topology);
	if (s->klog)
		vb_klog_close(s->klog);
	json_decref(s->skipped);
	json_decref(s->meta);
	json_decref(s->old_plans);
	free(s->old_log);
	free(s->own_set);
	free(s->own_arm);
	free(s->own_compare);
	if (s->has_old)
		vb_result_free(&s->old);
}

static int prepare(struct session *s)
{
	int (*const steps[])(struct session *s) = {
		session_resume_read, session_read_job, session_check_modes, session_find_arms,
		session_find_device, session_check_room, session_make_schedule, session_make_plans, session_resume_check,
	};
	int ret = VB_EXIT_OK;

	s->arm = calloc(VB_MAX_ARMS, sizeof(*s->arm));
	if (!s->arm)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !ret; i++)
		ret = steps[i](s);
	if (!ret && !s->opt->dry_run)
		ret = session_preflight(s);
	return ret;
}

int vb_session_run(const struct vb_session_options *options, char *result, size_t size,
		   bool *complete)
{
	struct session s = { .opt = options, .in_lab = vb_in_lab(), .janitor.fd = -1 };
	const char *name = "";
	int ret;

	s.dir.fd = s.dir.runs_fd = -1;
	vb_beacon_take();
	if (options->quiet)
		vb_live_off();
	ret = prepare(&s);
	if (!ret)
		ret = options->dry_run ? session_print_plans(&s) : execute(&s);
	if (!options->dry_run && s.begun) {
		name = s.dir_made ? s.dir.part : s.dir.path;
		fprintf(stderr, "result: %s\n", name);
	}
	if (result)
		snprintf(result, size, "%s", name);
	if (complete)
		*complete = s.begun && s.nr_done == s.nr_turns && !s.dir_made;
	clean_up(&s);
	return ret;
}
