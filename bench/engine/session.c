// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs x arms, into one result directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/janitor.h"
#include "bench/engine/job_path.h"
#include "bench/engine/live.h"
#include "bench/engine/paths.h"
#include "bench/engine/preflight.h"
#include "bench/engine/record.h"
#include "bench/engine/session.h"
#include "bench/engine/supervisor.h"
#include "config.h"
#include "lib/machine/facts.h"
#include "lib/result/dir.h"

struct session {
	const struct vb_session_options *opt;
	char job_path[4096];
	struct vb_job *job;
	struct vb_job_run *runs;
	size_t nr_runs;
	struct vb_plan **plans;		/* nr_runs of them */
	struct vb_topology *topology;
	struct vb_variant variants[VB_MAX_ARMS];
	unsigned int nr_arms;
	bool uses_vfio;
	bool in_lab;
	uint64_t seed;
	struct vb_device device;
	bool has_device;
	struct vb_klog *klog;
	struct vb_janitor janitor;
	struct vb_result_dir dir;
	bool dir_made;
	json_t *meta;
	unsigned int number;		/* runs done */
	bool begun;			/* a run has files in the result */
	int exit_code;			/* the worst so far */
	bool lost;			/* a run hung: nothing can be put back */
};

static void worse(struct session *s, int code)
{
	/* 2 (incorrect) outweighs 3 (not to be trusted), which outweighs 0. */
	if (s->exit_code == VB_EXIT_OK || code == VB_EXIT_INCORRECT)
		s->exit_code = code;
}

static int read_job(struct session *s)
{
	struct vb_job_error err = { 0 };
	int ret = vb_job_locate(s->opt->job, s->job_path, sizeof(s->job_path));

	if (ret)
		return vb_fail(VB_EXIT_USAGE, "'%s': no such job: 'vfio-bench list jobs' names them",
			       s->opt->job);
	ret = vb_job_read(s->job_path, &s->job, &err);
	for (unsigned int i = 0; !ret && i < s->opt->nr_set; i++)
		ret = vb_job_set(s->job, s->opt->set[i], &err);
	if (!ret)
		ret = vb_job_expand(s->job, &s->runs, &s->nr_runs, &err);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s", err.text);
	for (size_t i = 0; i < s->nr_runs; i++)
		s->uses_vfio |= s->runs[i].global.iommu->has_devices;
	if (getrandom(&s->seed, sizeof(s->seed), 0) < 0)
		s->seed = (uint64_t)time(NULL);
	s->seed &= INT64_MAX;	/* JSON's integers are signed */
	return VB_EXIT_OK;
}

static int find_arms(struct session *s)
{
	const char *built = s->opt->variant_dir ? s->opt->variant_dir : vb_path_variant_dir();
	char loaded[4][80];
	const char *name;
	int ret;

	if (!s->uses_vfio && s->opt->nr_arms)
		return vb_fail(VB_EXIT_USAGE, "--variant %s: the job's iommu_mode=null uses no kernel code: "
			       "leave --variant out, or give --set iommu_mode=vfio_type1v2_iommu",
			       s->opt->arms[0]);
	if (!s->uses_vfio)
		return VB_EXIT_OK;
	s->nr_arms = s->opt->nr_arms ? s->opt->nr_arms : 1;
	for (unsigned int i = 0; i < s->nr_arms; i++) {
		name = s->opt->nr_arms ? s->opt->arms[i] : "stock";
		if (!s->opt->nr_arms && vb_variant_loaded(loaded, 4))
			return vb_fail(VB_EXIT_USAGE, "%s is loaded and would serve: name it with --variant, "
				       "or 'vfio-bench variant unload --all'", loaded[0]);
		ret = vb_variant_find(name, vb_path_manifest_dir(), built, &s->variants[i]);
		if (ret == -ENOENT)
			return vb_fail(VB_EXIT_USAGE, "variant '%s': no such variant: 'vfio-bench variant list' "
				       "names them", name);
		if (ret)
			return vb_fail(VB_EXIT_USAGE, "variant '%s': its manifest can't be read: %s: "
				       "'vfio-bench variant list' says where", name, strerror(-ret));
	}
	return VB_EXIT_OK;
}

static int find_device(struct session *s)
{
	char err[512];
	int ret;

	if (!s->opt->device || !s->uses_vfio)
		return VB_EXIT_OK;
	ret = vb_preflight_device(&s->device, s->opt->device, err, sizeof(err));
	if (ret)
		return vb_fail(ret == -ENXIO ? VB_EXIT_SKIPPED : VB_EXIT_USAGE, "%s", err);
	s->has_device = true;
	return VB_EXIT_OK;
}

/* seed= of the job, or one made of the session's: what a run used is in job.ini. */
static int plan_one(struct session *s, size_t i, char *err, size_t size)
{
	struct vb_global *g = &s->runs[i].global;

	if (!g->seed)
		g->seed = (s->seed + i) & INT64_MAX;
	return vb_plan_make(&s->runs[i], s->topology, s->has_device ? &s->device : NULL, g->seed,
			    &s->plans[i], err, size);
}

static int make_plans(struct session *s)
{
	char err[512];
	int ret = vb_topology_load(&s->topology);

	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "hwloc can't read this machine's topology: %s",
			       strerror(-ret));
	s->plans = calloc(s->nr_runs, sizeof(*s->plans));
	if (!s->plans)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	for (size_t i = 0; i < s->nr_runs; i++)
		if (plan_one(s, i, err, sizeof(err)))
			return vb_fail(VB_EXIT_USAGE, "%s: %s", s->job_path, err);
	return VB_EXIT_OK;
}

static int preflight(struct session *s)
{
	char err[512];
	int ret;

	for (size_t i = 0; i < s->nr_runs; i++) {
		for (unsigned int a = 0; a < (s->nr_arms ? s->nr_arms : 1); a++) {
			struct vb_preflight p = {
				.plan = s->plans[i],
				.variant = s->nr_arms ? &s->variants[a] : NULL,
				.device = s->has_device ? &s->device : NULL,
				.in_lab = s->in_lab,
				.accept_loss = s->opt->accept_loss,
			};

			ret = vb_preflight_check(&p, err, sizeof(err));
			if (!ret && p.variant)
				ret = vb_preflight_variant(p.variant, s->opt->acknowledge_others, err,
							   sizeof(err));
			if (ret)
				return vb_fail(ret == -ENODEV ? VB_EXIT_SKIPPED : VB_EXIT_USAGE, "%s",
					       err);
		}
	}
	return VB_EXIT_OK;
}

static json_t *plans_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->nr_runs; i++)
		json_array_append_new(array, vb_plan_to_json(s->plans[i]));
	return array;
}

static int print_plans(const struct session *s)
{
	if (s->opt->json) {
		json_t *plans = plans_to_json(s);

		json_dumpf(plans, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(plans);
		return VB_EXIT_OK;
	}
	for (size_t i = 0; i < s->nr_runs; i++) {
		const struct vb_plan *p = s->plans[i];

		printf("run %zu%s%s: %s, device %s, %u mdevs, seed %llu\n", i, *p->run->label ? ", " : "",
		       p->run->label, p->run->global.iommu->name,
		       s->has_device ? s->device.address : "none",
		       p->needs_mdev ? p->run->global.mdevs : 0,
		       (unsigned long long)p->run->global.seed);
		for (unsigned int w = 0; w < p->nr_workers; w++) {
			const struct vb_plan_worker *pw = &p->worker[w];
			const struct vb_plan_window *win = &p->window[pw->window];

			printf("  worker %-3u %-16s %-16s cpu %-3d node %d  %llu KiB %s on node %d  iova 0x%llx\n",
			       w, pw->section->name, pw->section->workload->name, pw->cpu, pw->node,
			       (unsigned long long)win->size_bytes >> 10,
			       vb_backing_name(pw->section->backing), win->mem_node,
			       (unsigned long long)win->iova);
		}
	}
	return VB_EXIT_OK;
}

static void made_up_output(const struct session *s, char *path, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(path, size, "vfio-bench-%s-%s", vb_job_name(s->job), stamp);
}

static int make_output(struct session *s)
{
	char path[4096];
	size_t length;
	int ret;

	if (s->opt->output && strlen(s->opt->output) < sizeof(path))
		snprintf(path, sizeof(path), "%s", s->opt->output);
	else if (s->opt->output)
		return vb_fail(VB_EXIT_USAGE, "--output: longer than %zu bytes: give a shorter one",
			       sizeof(path) - 1);
	else
		made_up_output(s, path, sizeof(path));
	/* "DIR/" is DIR, and its temporary name DIR.part */
	for (length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
		path[length - 1] = '\0';
	if (!length)
		return vb_fail(VB_EXIT_USAGE, "--output: no name: give a directory that does not exist");
	ret = vb_result_create(&s->dir, path);
	if (ret == -EEXIST && access(path, F_OK))
		return vb_fail(VB_EXIT_USAGE, "%s.part: left by a run that was ended, or of one that goes on: "
			       "move it away, or give another --output", path);
	if (ret == -EEXIST)
		return vb_fail(VB_EXIT_USAGE, "%s: exists already: give another --output", path);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: can't make the result directory: %s: give another --output",
			       path, strerror(-ret));
	s->dir_made = true;
	return VB_EXIT_OK;
}

static json_t *device_to_json(const struct session *s)
{
	if (!s->has_device)
		return json_null();
	return json_pack("{s:s, s:i, s:i, s:s, s:i, s:i}", "address", s->device.address,
			 "vendor", (int)s->device.vendor, "device", (int)s->device.device,
			 "driver", s->device.ops->name, "node", s->device.node,
			 "group", s->device.group);
}

static json_t *arms_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < s->nr_arms; i++)
		json_array_append_new(array, json_string(s->variants[i].name));
	if (!s->nr_arms)
		json_array_append_new(array, json_string("null"));
	return array;
}

/* Why times of this run are not a performance figure of the machine; [] : they are. */
static json_t *no_performance_label(const json_t *facts)
{
	json_t *reasons = json_array();
	const json_t *options = json_object_get(json_object_get(facts, "kernel"), "slow_options");

	if (vb_in_exact_mode())
		json_array_append_new(reasons, json_string("exact mode counts instructions, not time"));
	if (!vb_clocksource_good())
		json_array_append_new(reasons, json_string("the clocksource is not the CPU's counter"));
	if (vb_in_lab())
		json_array_append_new(reasons, json_string("an emulated machine: ratios only"));
	if (json_array_size(options))
		json_array_append_new(reasons, json_string("the kernel has debugging options that ruin timing"));
	return reasons;
}

static int write_meta(struct session *s, const char *status)
{
	json_object_set_new(s->meta, "status", json_string(status));
	json_object_set_new(s->meta, "runs_done", json_integer(s->number));
	return vb_result_write_json(s->dir.fd, "meta.json", s->meta);
}

static int copy_job(struct session *s, int dir_fd, const char *name, const struct vb_job_run *run)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int ret;

	if (fd < 0)
		return -errno;
	ret = vb_job_run_write(run, fd);
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

static int write_head(struct session *s)
{
	json_t *facts = vb_facts_collect(), *plans = plans_to_json(s);
	char started[40], topology[4200];
	time_t now = time(NULL);
	struct tm tm;
	int ret;

	gmtime_r(&now, &tm);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	s->meta = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:i, s:s, s:o, s:o, s:o, s:o}",
			    "schema", VB_RESULT_SCHEMA, "suite", PACKAGE_VERSION,
			    "job", vb_job_name(s->job), "started", started, "status", "running",
			    "seed", (json_int_t)s->seed,
			    "runs", (int)(s->nr_runs * s->opt->repeat * (s->nr_arms ? s->nr_arms : 1)),
			    "mode", vb_in_exact_mode() ? "exact" : "timing",
			    "no_performance_label", no_performance_label(facts),
			    "arms", arms_to_json(s), "device", device_to_json(s), "machine", facts);
	ret = s->meta ? write_meta(s, "running") : -ENOMEM;
	if (!ret)
		ret = vb_result_write_json(s->dir.fd, "plan.json", plans);
	json_decref(plans);
	snprintf(topology, sizeof(topology), "%s/topology.xml", s->dir.part);
	if (!ret)
		ret = vb_topology_export(s->topology, topology);
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the result: %s", s->dir.part,
			       strerror(-ret));
	return VB_EXIT_OK;
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
		worse(s, VB_EXIT_INCORRECT);
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
			worse(s, VB_EXIT_INCORRECT);
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
		ret = copy_job(s, run->dir_fd, "job.ini", run->plan->run);
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the run's result: %s", s->dir.part,
			       strerror(-ret));
	tell_run(r, run->title);
	if (run->ending == VB_ENDING_INTERRUPTED)
		worse(s, VB_EXIT_UNTRUSTED);
	else if (!r->audit->passed)
		worse(s, VB_EXIT_INCORRECT);
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

static int one_run(struct session *s, size_t i, unsigned int a, unsigned int total)
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

/* Every other repetition goes through the arms backwards. */
static int all_runs(struct session *s)
{
	unsigned int arms = s->nr_arms ? s->nr_arms : 1;
	unsigned int total = (unsigned int)s->nr_runs * arms * s->opt->repeat;
	int ret = VB_EXIT_OK;

	for (unsigned int rep = 0; rep < s->opt->repeat; rep++)
		for (size_t i = 0; i < s->nr_runs; i++)
			for (unsigned int a = 0; a < arms; a++) {
				if (ret || s->lost || vb_interrupted())
					return ret;
				ret = one_run(s, i, rep % 2 ? arms - 1 - a : a, total);
			}
	return ret;
}

static int write_tail(struct session *s)
{
	bool complete = s->number == json_integer_value(json_object_get(s->meta, "runs")) &&
			!vb_interrupted() && !s->lost;
	size_t length = 0;
	const char *text;
	int ret = 0;

	if (s->klog) {
		vb_klog_poll(s->klog);
		text = vb_klog_text(s->klog, &length);
		ret = vb_result_write(s->dir.fd, "kernel.log", text, length);
	}
	json_object_set_new(s->meta, "exit_code", json_integer(s->exit_code));
	if (!ret)
		ret = write_meta(s, complete ? "complete" : "incomplete");
	if (!ret)
		ret = vb_result_finish(&s->dir);
	s->dir_made = ret != 0;
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the result: %s", s->dir.part,
			       strerror(-ret));
	return VB_EXIT_OK;
}

static int execute(struct session *s)
{
	int ret = make_output(s), tail;

	if (ret)
		return ret;
	ret = vb_klog_open(&s->klog);
	if (ret && s->uses_vfio)
		vb_warn("the kernel log can't be read (%s): it is not part of the audit", strerror(-ret));
	ret = write_head(s);
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
		worse(s, ret == VB_EXIT_INCORRECT ? ret : VB_EXIT_UNTRUSTED);
	tail = write_tail(s);
	return tail ? tail : s->exit_code;
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
	ret = read_job(&s);
	if (!ret)
		ret = find_arms(&s);
	if (!ret)
		ret = find_device(&s);
	if (!ret)
		ret = make_plans(&s);
	if (!ret && !options->dry_run)
		ret = preflight(&s);
	if (!ret)
		ret = options->dry_run ? print_plans(&s) : execute(&s);
	if (!options->dry_run && s.begun)
		fprintf(stderr, "result: %s\n", s.dir_made ? s.dir.part : s.dir.path);
	clean_up(&s);
	return ret;
}
