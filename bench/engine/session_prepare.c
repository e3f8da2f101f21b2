// SPDX-License-Identifier: GPL-2.0-or-later
/* Job, arms, device, plans and checks: all that comes before anything is touched. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/job_path.h"
#include "bench/engine/paths.h"
#include "bench/engine/preflight.h"
#include "bench/engine/session_impl.h"

int session_read_job(struct session *s)
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

int session_find_arms(struct session *s)
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

int session_find_device(struct session *s)
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

int session_make_plans(struct session *s)
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

int session_preflight(struct session *s)
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

json_t *session_plans_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->nr_runs; i++)
		json_array_append_new(array, vb_plan_to_json(s->plans[i]));
	return json_pack("{s:i, s:o}", "schema", VB_RESULT_SCHEMA, "plans", array);
}

int session_print_plans(const struct session *s)
{
	if (s->opt->json) {
		json_t *plans = session_plans_to_json(s);

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
