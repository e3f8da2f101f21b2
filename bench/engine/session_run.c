// SPDX-License-Identifier: GPL-2.0-or-later
/* One run on one arm: load, make mdevs, supervise, audit, record, put back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/live.h"
#include "bench/engine/preflight.h"
#include "bench/engine/record.h"
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"
#include "lib/machine/facts.h"

/* 0, or an enum vb_exit.  *ours: it must be unloaded again. */
static int load_arm(struct session *s, struct vb_variant *v, bool *ours)
{
	int ret;

	*ours = false;
	if (!strcmp(v->name, "stock"))
		return VB_EXIT_OK;
	if (v->loaded)
		return VB_EXIT_OK;
	ret = vb_variant_load(v);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': loading %s: %s: 'vfio-bench variant build "
			       "%s' makes it anew, dmesg says more", v->name, v->path, strerror(-ret),
			       v->name);
	*ours = true;
	vb_janitor_note_variant(&s->janitor, v);
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
	}
}

static int make_mdevs(struct session *s, struct vb_container *c, unsigned int nr)
{
	for (c->nr_mdevs = 0; c->nr_mdevs < nr; c->nr_mdevs++) {
		int ret = vb_mdev_create(&c->mdev[c->nr_mdevs]);

		if (!ret)
			vb_janitor_note_mdev(&s->janitor, &c->mdev[c->nr_mdevs]);

		if (ret)
			return vb_fail(VB_EXIT_SKIPPED, "making mdev %u of %u: %s: %s", c->nr_mdevs + 1, nr,
				       strerror(-ret), ret == -ENODEV ?
				       "load the companion module (vfio_bench.ko)" :
				       "ask for fewer (mdevs=), dmesg may say more");
	}
	return VB_EXIT_OK;
}

static void remove_mdevs(struct session *s, struct vb_container *c)
{
	for (unsigned int i = 0; i < c->nr_mdevs; i++) {
		int ret = vb_mdev_remove(&c->mdev[i]);

		if (ret) {
			session_worse(s, VB_EXIT_INCORRECT);
			vb_warn("mdev %s can't be removed: %s", c->mdev[i].uuid, strerror(-ret));
		}
	}
}

/* One line about a run that has ended. */
static void tell_run(const struct vb_record *r, const char *title)
{
	const struct vb_audit *a = r->audit;

	vb_live_end();
	fprintf(stderr, "%s: %s, %.1f s\n", title, a->passed ? "ok" : "NOT OK",
		(double)r->run->wall_ns / 1e9);
	for (unsigned int i = 0; i < a->nr_checks; i++)
		if (!a->check[i].ok)
			fprintf(stderr, "    %s %s: %s\n", a->check[i].mark ? "mark" : "FAILED",
				a->check[i].name, a->check[i].text);
}

static int finish_run(struct session *s, struct vb_run *run, struct vb_record *r)
{
	json_t *json = vb_record_to_json(r);
	int ret = vb_result_write_json(run->dir_fd, "result.json", json);

	json_decref(json);
	if (!ret)
		ret = session_copy_job(s, run->dir_fd, "job.ini", run->plan->run);
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the run's result: %s", s->dir.part,
			       strerror(-ret));
	tell_run(r, run->title);
	if (run->ending == VB_ENDING_INTERRUPTED)
		session_worse(s, VB_EXIT_UNTRUSTED);
	else if (!r->audit->passed)
		session_worse(s, VB_EXIT_INCORRECT);
	if (run->ending == VB_ENDING_HUNG) {
		s->lost = true;
		vb_warn("hung: the kernel holds tasks that can't be killed; stacks.txt and kernel.log in %s "
			"say where; reboot needed", s->dir.path);
	}
	return VB_EXIT_OK;
}

static int supervise(struct session *s, struct vb_container *c, const struct vb_plan *plan,
		     struct vb_variant *v, const char *title)
{
	const char *arm = v ? v->name : "null";
	struct vb_audit *audit = calloc(1, sizeof(*audit));
	struct vb_record record = { .variant = v, .arm = arm, .number = s->number,
				    .exact = vb_in_exact_mode(), .audit = audit };
	struct vb_run run = { .plan = plan, .topology = s->topology, .container = c,
			      .klog = s->klog, .title = title };
	int ret = audit ? vb_run_init(&run) : -ENOMEM;

	record.run = &run;
	c->guard.on = vb_guard_needed(plan, v, &record.guard_reason);
	if (!ret) {
		run.dir_fd = vb_result_run_dir(&s->dir, s->number, arm);
		s->begun = true;
		ret = run.dir_fd < 0 ? run.dir_fd : vb_run_supervise(&run);
	}
	if (ret) {
		ret = vb_fail(VB_EXIT_UNTRUSTED, "%s: %s", title, strerror(-ret));
	} else {
		vb_audit_run(&run, v, s->in_lab, audit);
		ret = finish_run(s, &run, &record);
		close(run.dir_fd);
	}
	vb_run_free(&run);
	free(audit);
	return ret;
}

int session_one_run(struct session *s, size_t i, unsigned int a, unsigned int total)
{
	struct vb_container *c = calloc(1, sizeof(*c));
	struct vb_variant *v = s->nr_arms ? &s->variants[a] : NULL;
	struct vb_device device = s->device;
	bool ours = false;
	char title[400];
	int ret;

	if (!c)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	c->device = s->has_device && s->plans[i]->needs_pci ? &device : NULL;
	snprintf(title, sizeof(title), "[%u/%u] %s%s%s", s->number + 1, total, v ? v->name : "null",
		 *s->runs[i].label ? ", " : "", s->runs[i].label);
	ret = v ? load_arm(s, v, &ours) : VB_EXIT_OK;
	if (!ret && s->plans[i]->needs_mdev)
		ret = make_mdevs(s, c, s->runs[i].global.mdevs);
	if (!ret)
		ret = supervise(s, c, s->plans[i], v, title);
	s->number += !ret;
	/* After a hang removing would hang as well. */
	if (!s->lost) {
		remove_mdevs(s, c);
		if (ours)
			unload_arm(s, v);
	}
	vb_janitor_forget(&s->janitor);
	free(c);
	return ret;
}
