// SPDX-License-Identifier: GPL-2.0-or-later
/* One run on one arm: load, make mdevs, supervise, audit, record, put back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/last_ops.h"
#include "bench/engine/live.h"
#include "bench/engine/preflight.h"
#include "bench/engine/record.h"
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"
#include "lib/machine/bind-state.h"
#include "lib/machine/facts.h"
#include "lib/result/files.h"

/* Before anything is made: without the journal nobody could take it back. */
static int note(struct session *s, enum vb_journal_kind kind, const char *what)
{
	int ret = vb_changes_begin(&s->changes, kind, what);

	return !ret ? VB_EXIT_OK :
	       vb_fail(VB_EXIT_USAGE, VB_STATE_DIR ": %s can't be noted there before it is made: %s%s",
		       what, strerror(-ret), ret == -EPERM ? ": it must be root's folder alone: remove it" :
		       ret == -EACCES ? ": use sudo" : "");
}

/* 0, or an enum vb_exit.  *ours: it must be unloaded again. */
static int load_arm(struct session *s, struct vb_variant *v, bool *ours)
{
	int ret;

	*ours = false;
	if (!strcmp(v->name, "stock"))
		return VB_EXIT_OK;
	if (v->loaded)
		return VB_EXIT_OK;
	ret = note(s, VB_JOURNAL_VARIANT, v->module);
	if (ret)
		return ret;
	ret = vb_variant_load(v);
	if (ret) {
		vb_changes_end(&s->changes, VB_JOURNAL_VARIANT, v->module);
		return vb_fail(VB_EXIT_USAGE, "variant '%s': loading %s: %s: 'vfio-bench variant build "
			       "%s' makes it anew, dmesg says more", v->name, v->path, strerror(-ret),
			       v->name);
	}
	*ours = true;
	return VB_EXIT_OK;
}

static void unload_arm(struct session *s, struct vb_variant *v)
{
	int ret = vb_variant_unload(v);

	for (int i = 0; ret == -EBUSY && i < 50; i++) {
		struct timespec ts = { 0, 100000000 };

		nanosleep(&ts, NULL);
		ret = vb_variant_unload(v);
	}
	if (ret) {
		session_worse(s, VB_EXIT_INCORRECT);
		vb_warn("variant '%s' stays loaded: %s; 'vfio-bench variant unload %s' later", v->name,
			strerror(-ret), v->name);
		return;
	}
	vb_changes_end(&s->changes, VB_JOURNAL_VARIANT, v->module);
}

static int make_mdev(struct session *s, struct vb_mdev *mdev)
{
	int ret = vb_mdev_name(mdev);

	if (!ret)
		ret = vb_changes_begin(&s->changes, VB_JOURNAL_MDEV, mdev->uuid);
	if (ret)
		return ret;
	ret = vb_mdev_create(mdev);
	if (ret)
		vb_changes_end(&s->changes, VB_JOURNAL_MDEV, mdev->uuid);
	return ret;
}

static int make_mdevs(struct session *s, struct vb_container *c, unsigned int nr)
{
	for (c->nr_mdevs = 0; c->nr_mdevs < nr; c->nr_mdevs++) {
		int ret = make_mdev(s, &c->mdev[c->nr_mdevs]);

		if (ret)
			return vb_fail(VB_EXIT_SKIPPED, "making mdev %u of %u: %s: %s", c->nr_mdevs + 1, nr,
				       strerror(-ret), ret == -ENODEV ?
				       "load the companion module (vfio_bench.ko)" :
				       "ask for fewer (mdevs=), dmesg may say more");
	}
	return VB_EXIT_OK;
}

/* trace=: 0, or an enum vb_exit.  *trace is off after a failure. */
static int start_trace(struct session *s, const struct vb_plan *plan, struct vb_trace *trace)
{
	enum vb_trace_mode mode = plan->run->global.trace;
	char name[VB_TRACE_NAME_MAX];
	int ret;

	if (mode == VB_TRACE_NONE)
		return VB_EXIT_OK;
	vb_trace_name(name, sizeof(name), getpid());
	ret = note(s, VB_JOURNAL_TRACE, name);
	if (ret)
		return ret;
	ret = vb_trace_start(trace, mode, getpid());
	if (!ret)
		return VB_EXIT_OK;
	vb_changes_end(&s->changes, VB_JOURNAL_TRACE, name);
	return vb_fail(VB_EXIT_SKIPPED, "trace=%s: %s: %s", vb_job_word("trace", mode), strerror(-ret),
		       ret == -ENODEV ? "run as root, with tracefs mounted on /sys/kernel/tracing" :
		       mode == VB_TRACE_LOCKS ? "it takes Linux 5.19 with CONFIG_HIST_TRIGGERS and "
		       "CONFIG_SYNTH_EVENTS" : "it takes CONFIG_KPROBE_EVENTS, and an IOMMU driver whose "
		       "fault handler is known here");
}

static void stop_trace(struct session *s, struct vb_trace *trace)
{
	int ret = trace->mode == VB_TRACE_NONE ? 0 : vb_trace_remove(trace->name);

	if (ret) {
		session_worse(s, VB_EXIT_INCORRECT);
		vb_warn("the tracing instance %s can't be removed: %s", trace->name, strerror(-ret));
	} else {
		vb_changes_end(&s->changes, VB_JOURNAL_TRACE, trace->name);
	}
}

/*
 * The kernel waits, unkillably, while somebody holds the device: a process of
 * its own does that, and this one goes on after 10 s.
 */
static int remove_bounded(struct vb_mdev *mdev)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-vb_mdev_remove(mdev));
	for (int try = 0; try < 1000; try++) {
		struct timespec ts = { 0, try < 10 ? 1000000 : 10000000 };

		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
		nanosleep(&ts, NULL);
	}
	return -ETIMEDOUT;
}

static void remove_mdevs(struct session *s, struct vb_container *c)
{
	for (unsigned int i = 0; i < c->nr_mdevs; i++) {
		int ret = remove_bounded(&c->mdev[i]);

		if (ret) {
			session_worse(s, VB_EXIT_INCORRECT);
			vb_warn("mdev %s can't be removed: %s", c->mdev[i].uuid, strerror(-ret));
			continue;
		}
		vb_changes_end(&s->changes, VB_JOURNAL_MDEV, c->mdev[i].uuid);
	}
}

/* One line about a run that has ended. */
static void tell_run(const struct vb_record *r, const char *title)
{
	const struct vb_audit *a = r->audit;

	vb_live_end();
	fprintf(stderr, "%s: %s, %.1f s\n", title, !a->passed ? "NOT OK" :
		r->run->ending == VB_ENDING_INTERRUPTED ? "interrupted" : "ok",
		(double)r->run->wall_ns / 1e9);
	for (unsigned int i = 0; i < a->nr_checks; i++)
		if (a->check[i].verdict != VB_VERDICT_OK)
			fprintf(stderr, "    %s %s: %s\n", vb_verdict_name(a->check[i].verdict),
				a->check[i].name, a->check[i].text);
	session_noise_tell(r->run);
}

static int write_record(int dir_fd, const struct vb_record *r, json_t *files)
{
	json_t *json = vb_record_to_json(r);
	int ret;

	json_object_set_new(json, "files", files);
	ret = vb_result_write_json(dir_fd, "result.json", json);
	json_decref(json);
	return ret;
}

static int finish_run(struct session *s, struct vb_run *run, struct vb_record *r)
{
	int ret = session_copy_job(s, run->dir_fd, "job.ini", run->plan->run);
	json_t *files = NULL;

	/* The last file: it lists the others, and with it the run has ended. */
	if (!ret)
		ret = vb_files_list(run->dir_fd, &files);
	if (!ret)
		ret = write_record(run->dir_fd, r, files);
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the run's result: %s", s->dir.part,
			       strerror(-ret));
	tell_run(r, run->title);
	if (r->audit->worst == VB_VERDICT_FAILED)
		session_worse(s, VB_EXIT_INCORRECT);
	else if (!r->audit->passed || run->ending == VB_ENDING_INTERRUPTED)
		session_worse(s, VB_EXIT_UNTRUSTED);
	if (run->ending == VB_ENDING_HUNG)
		vb_warn("hung: the kernel holds tasks that can't be killed; stacks.txt and kernel.log in %s "
			"say where; reboot needed", s->dir.path);
	return VB_EXIT_OK;
}

/* The run itself, in a directory of its own. */
static int supervise(struct session *s, struct vb_run *run, const char *arm)
{
	int ret = vb_run_init(run);

	/* Not earlier: what can't begin says why, and no more. */
	if (!s->begun)
		session_noise_tell_before(s);
	if (!ret) {
		run->dir_fd = vb_result_run_dir(&s->dir, (unsigned int)s->number, arm);
		s->begun = true;
		ret = run->dir_fd < 0 ? run->dir_fd : vb_run_supervise(run);
	}
	s->lost = !ret && run->ending == VB_ENDING_HUNG;
	return ret ? vb_fail(VB_EXIT_UNTRUSTED, "%s: %s", run->title, strerror(-ret)) : VB_EXIT_OK;
}

/* After a hang removing would hang as well: it stays in the journal. */
static void put_back(struct session *s, struct vb_container *c, unsigned int nr,
		     struct vb_variant *ours)
{
	if (!s->lost) {
		for (unsigned int i = 0; i < nr; i++)
			remove_mdevs(s, &c[i]);
		if (ours)
			unload_arm(s, ours);
	}
}

/* With all gone that was made for the run: what its making and removal did counts, too. */
static int judge(struct session *s, struct vb_run *run, struct vb_record *record)
{
	struct vb_audit *audit = calloc(1, sizeof(*audit));
	int ret;

	if (!audit)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	session_noise_run(s, run, record->warmup);
	vb_run_settle(run);
	session_conformance_look(s, run);
	vb_audit_run(run, record->variant, s->in_lab, audit);
	record->audit = audit;
	if (audit->worst == VB_VERDICT_FAILED && run->plan->run->global.last_ops) {
		ret = vb_last_ops_write(run);
		if (ret)
			vb_warn("%s: last-ops.csv can't be written: %s", s->dir.part, strerror(-ret));
	}
	ret = finish_run(s, run, record);
	free(audit);
	return ret;
}

static void describe(const struct session *s, const struct vb_turn *turn, char *title, size_t size)
{
	const struct session_arm *arm = &s->arm[turn->arm];
	const char *label = arm->runs[turn->cell].label;
	int used = snprintf(title, size, "[%zu/%zu] ", s->number + 1, s->nr_turns);

	if (s->opt->compare)
		used += snprintf(title + used, size - (size_t)used, "%s %u/%u ", turn->warmup ? "warm-up" : "pair",
				 turn->round + 1, turn->warmup ? s->warmup_rounds :
				 s->opt->compare->pairs * s->opt->compare->comparisons);
	snprintf(title + used, size - (size_t)used, "%s%s%s", arm->spec.name, *label ? ", " : "", label);
}

/* Everything of one run but its plan. */
static int run_plan(struct session *s, const struct vb_turn *turn, const struct vb_plan *plan)
{
	struct session_arm *arm = &s->arm[turn->arm];
	struct vb_variant *v = arm->null ? NULL : &arm->variant;
	unsigned int nr = plan->run->global.containers;
	struct vb_container *c = calloc(nr, sizeof(*c));
	struct vb_device device[VB_MAX_CONTAINERS];
	struct vb_trace trace = { 0 };
	char title[400];
	struct vb_run run = { .plan = plan, .topology = s->topology, .container = c,
			      .klog = s->klog, .janitor = &s->janitor, .changes = &s->changes, .title = title, .dir_fd = -1 };
	struct vb_record record = { .run = &run, .variant = v, .arm = arm->spec.name,
				    .arm_index = turn->arm, .number = (unsigned int)s->number,
				    .cell = turn->cell, .round = turn->round,
				    .position = turn->position, .warmup = turn->warmup,
				    .session = s->id, .exact = vb_in_exact_mode() };
	bool ours = false;
	int ret;

	if (!c)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	memcpy(device, s->device, sizeof(device));
	for (unsigned int i = 0; i < nr; i++) {
		c[i].index = i;
		c[i].device = s->nr_devices && plan->needs_pci ? &device[i] : NULL;
		c[i].guard.on = vb_guard_needed(plan, v, &record.guard_reason);
	}
	describe(s, turn, title, sizeof(title));
	vb_live_progress((unsigned int)s->number, (unsigned int)s->nr_turns);
	session_noise_settings(&run);
	vb_privileges_plan(plan, &run.privileges);
	vb_run_mark(&run);
	ret = v ? load_arm(s, v, &ours) : VB_EXIT_OK;
	for (unsigned int i = 0; i < nr && !ret && plan->needs_mdev; i++)
		ret = make_mdevs(s, &c[i], plan->run->global.mdevs);
	if (!ret)
		ret = start_trace(s, plan, &trace);
	c->trace = trace.mode == VB_TRACE_NONE ? NULL : &trace;
	if (!ret)
		ret = supervise(s, &run, record.arm);
	stop_trace(s, &trace);
	put_back(s, c, nr, ours ? v : NULL);
	if (!ret)
		ret = judge(s, &run, &record);
	if (run.dir_fd >= 0)
		close(run.dir_fd);
	vb_run_free(&run);
	free(c);
	return ret;
}

int session_one_run(struct session *s)
{
	const struct vb_turn *turn = &s->turn[s->number];
	struct vb_job_run *job;
	struct vb_plan *plan;
	int ret = session_turn_plan(s, turn, &job, &plan);

	if (ret)
		return ret;
	ret = run_plan(s, turn, plan);
	free(plan);
	free(job);
	return ret;
}
