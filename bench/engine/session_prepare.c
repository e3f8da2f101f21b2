// SPDX-License-Identifier: GPL-2.0-or-later
/* Job, arms, device and checks: all that comes before anything is touched. */
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
#include "lib/machine/facts.h"

/* The job with all overrides, and with @arm's settings after them. */
static int read_job(struct session *s, const struct vb_arm *arm, struct vb_job **job,
		    struct vb_job_error *err)
{
	int ret = vb_job_read(s->job_path, job, err);

	for (unsigned int i = 0; !ret && i < s->opt->nr_set; i++)
		ret = vb_job_set(*job, s->opt->set[i], err);
	for (unsigned int i = 0; !ret && i < arm->nr_settings; i++) {
		ret = vb_job_set(*job, arm->setting[i], err);
		if (ret)
			return vb_fail(VB_EXIT_USAGE, "arm '%s': %s", arm->name, err->text);
	}
	return ret ? vb_fail(VB_EXIT_USAGE, "%s", err->text) : VB_EXIT_OK;
}

/* What auto is here. */
static void settle(const struct session *s, struct vb_global *g)
{
	bool ab = s->opt->compare;

	if (g->layout == VB_LAYOUT_AUTO)
		g->layout = ab ? VB_LAYOUT_RANDOM : VB_LAYOUT_FIXED;
	if (g->cold == VB_COLD_AUTO)
		g->cold = ab && !s->in_lab && !vb_in_exact_mode() ? VB_COLD_YES : VB_COLD_NO;
	g->seed &= INT64_MAX;	/* JSON's integers are signed */
}

/* Arms with the same settings share what the job expands to. */
static const struct session_arm *same_before(const struct session *s, unsigned int a)
{
	for (unsigned int b = 0; b < a; b++) {
		const struct vb_arm *x = &s->arm[a].spec, *y = &s->arm[b].spec;
		unsigned int i = 0;

		if (x->nr_settings != y->nr_settings)
			continue;
		while (i < x->nr_settings && !strcmp(x->setting[i], y->setting[i]))
			i++;
		if (i == x->nr_settings)
			return &s->arm[b];
	}
	return NULL;
}

/* Pairs are made of cells that mean the same. */
static int check_cells(const struct session *s, const struct session_arm *arm, size_t nr)
{
	const struct session_arm *first = &s->arm[0];

	if (nr != s->nr_cells)
		return vb_fail(VB_EXIT_USAGE, "arm '%s': the job expands to %zu runs on it and to %zu on '%s': "
			       "a list may differ in its values between arms, not in their number",
			       arm->spec.name, nr, s->nr_cells, first->spec.name);
	for (size_t i = 0; i < nr; i++)
		if (strcmp(arm->runs[i].label, first->runs[i].label))
			return vb_fail(VB_EXIT_USAGE, "arm '%s': its run %zu is '%s', that of '%s' is '%s': runs that "
				       "are compared have one label: give the differing key one value in each arm",
				       arm->spec.name, i, arm->runs[i].label, first->spec.name,
				       first->runs[i].label);
	return VB_EXIT_OK;
}

static int expand_arm(struct session *s, unsigned int a)
{
	const struct session_arm *before = same_before(s, a);
	struct session_arm *arm = &s->arm[a];
	struct vb_job_error err = { 0 };
	struct vb_job *job = NULL;
	size_t nr = 0;
	int ret;

	if (before) {
		arm->runs = before->runs;
		arm->shared = true;
		return VB_EXIT_OK;
	}
	ret = read_job(s, &arm->spec, &job, &err);
	if (!ret && vb_job_expand(job, &arm->runs, &nr, &err))
		ret = vb_fail(VB_EXIT_USAGE, "%s%s%s%s", arm->spec.nr_settings ? "arm '" : "",
			      arm->spec.nr_settings ? arm->spec.name : "",
			      arm->spec.nr_settings ? "': " : "", err.text);
	if (!ret && !*s->job_name)
		snprintf(s->job_name, sizeof(s->job_name), "%s", vb_job_name(job));
	if (job && !ret && !a)
		s->job = job;
	else if (job)
		vb_job_free(job);
	for (size_t i = 0; !ret && i < nr; i++) {
		settle(s, &arm->runs[i].global);
		s->uses_vfio |= arm->runs[i].global.iommu->has_devices;
	}
	if (!ret && !a)
		s->nr_cells = nr;
	return ret ? ret : check_cells(s, arm, nr);
}

int session_read_job(struct session *s)
{
	int ret = VB_EXIT_OK;

	if (!*s->job_path && vb_job_locate(s->opt->job, s->job_path, sizeof(s->job_path)))
		return vb_fail(VB_EXIT_USAGE, "'%s': no such job: 'vfio-bench list jobs' names them",
			       s->opt->job);
	s->nr_arms = s->opt->nr_arms;
	if (!s->nr_arms)	/* ab without arms: one against itself */
		s->nr_arms = s->opt->compare ? 2 : 1;
	for (unsigned int a = 0; a < s->opt->nr_arms; a++)
		s->arm[a].spec = s->opt->arm[a];
	for (unsigned int a = 0; a < s->nr_arms && !ret; a++)
		ret = expand_arm(s, a);
	if (ret)
		return ret;
	if (s->opt->seed)
		s->seed = *s->opt->seed;
	else if (getrandom(&s->seed, sizeof(s->seed), 0) < 0)
		s->seed = (uint64_t)time(NULL);
	s->seed &= INT64_MAX;
	return VB_EXIT_OK;
}

static bool arm_uses_vfio(const struct session *s, const struct session_arm *arm)
{
	for (size_t i = 0; i < s->nr_cells; i++)
		if (arm->runs[i].global.iommu->has_devices)
			return true;
	return false;
}

/* Arms that nobody named. */
static int find_default_arms(struct session *s)
{
	const char *variant = s->uses_vfio ? "stock" : "null";
	char loaded[4][80];

	if (s->uses_vfio && vb_variant_loaded(loaded, 4))
		return vb_fail(VB_EXIT_USAGE, "%s is loaded and would serve: name it with --variant, "
			       "or 'vfio-bench variant unload --all'", loaded[0]);
	for (unsigned int a = 0; a < s->nr_arms; a++) {
		struct vb_arm *spec = &s->arm[a].spec;

		strcpy(spec->variant, variant);
		if (s->nr_arms > 1)
			snprintf(spec->name, sizeof(spec->name), "%s-%u", variant, a + 1);
		else
			strcpy(spec->name, variant);
	}
	return VB_EXIT_OK;
}

static int find_variant(struct session *s, struct session_arm *arm)
{
	const char *built = s->opt->variant_dir ? s->opt->variant_dir : vb_path_variant_dir();
	const char *name = arm->spec.variant;
	int ret = vb_variant_find(name, vb_path_manifest_dir(), built, &arm->variant);

	if (ret == -ENOENT)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': no such variant: 'vfio-bench variant list' "
			       "names them", name);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "variant '%s': its manifest can't be read: %s: "
			       "'vfio-bench variant list' says where", name, strerror(-ret));
	if (*arm->spec.params && arm->variant.loaded)
		return vb_fail(VB_EXIT_USAGE, "arm '%s': %s is loaded already, without the arm's parameters: "
			       "'vfio-bench variant unload %s' first", arm->spec.name,
			       arm->variant.module, name);
	snprintf(arm->variant.params, sizeof(arm->variant.params), "%s", arm->spec.params);
	return VB_EXIT_OK;
}

static int find_arm(struct session *s, struct session_arm *arm)
{
	bool named_null = !strcmp(arm->spec.variant, "null");

	if (arm_uses_vfio(s, arm)) {
		if (named_null && s->opt->compare)
			return vb_fail(VB_EXIT_USAGE, "arm '%s': null is the variant of jobs with iommu_mode=null, "
				       "and this one maps: name a variant ('vfio-bench variant list')",
				       arm->spec.name);
		return find_variant(s, arm);
	}
	arm->null = true;
	if (named_null)
		return VB_EXIT_OK;
	if (s->opt->compare)
		return vb_fail(VB_EXIT_USAGE, "arm '%s': the job's iommu_mode=null uses no kernel code: its "
			       "variant is null ('--arm %s=null')", arm->spec.name, arm->spec.name);
	return vb_fail(VB_EXIT_USAGE, "--variant %s: the job's iommu_mode=null uses no kernel code: "
		       "leave --variant out, or give --set iommu_mode=vfio_type1v2_iommu",
		       arm->spec.variant);
}

int session_find_arms(struct session *s)
{
	int ret = s->opt->nr_arms ? VB_EXIT_OK : find_default_arms(s);

	for (unsigned int a = 0; a < s->nr_arms && !ret; a++)
		ret = find_arm(s, &s->arm[a]);
	return ret;
}

/* A container each, and a group can be in one. */
static int check_group(const struct session *s, const struct vb_device *device)
{
	for (unsigned int i = 0; i < s->nr_devices; i++)
		if (s->device[i].group == device->group)
			return vb_fail(VB_EXIT_USAGE, "--device %s: in the IOMMU group of %s, which one "
				       "container alone can have: give a device of another group",
				       device->address, s->device[i].address);
	return VB_EXIT_OK;
}

int session_find_device(struct session *s)
{
	char err[512];
	int ret;

	for (unsigned int i = 0; i < s->opt->nr_devices && s->uses_vfio; i++) {
		struct vb_device *device = &s->device[s->nr_devices];

		ret = vb_preflight_device(device, s->opt->device[i], err, sizeof(err));
		if (ret)
			return vb_fail(ret == -ENXIO ? VB_EXIT_SKIPPED : VB_EXIT_USAGE, "%s", err);
		ret = check_group(s, device);
		if (ret)
			return ret;
		s->nr_devices++;
	}
	return VB_EXIT_OK;
}

static int preflight_arm(struct session *s, struct session_arm *arm)
{
	const struct vb_variant *variant = arm->null ? NULL : &arm->variant;
	char err[512];
	int ret = 0;

	for (size_t i = 0; i < s->nr_cells && !ret; i++) {
		struct vb_preflight p = {
			.plan = arm->plans[i],
			.variant = variant,
			.device = s->nr_devices ? s->device : NULL,
			.in_lab = s->in_lab,
			.accept_loss = s->opt->accept_loss,
		};

		ret = vb_preflight_check(&p, err, sizeof(err));
		if (!ret && variant)
			ret = vb_preflight_variant(variant, s->opt->acknowledge_others, err, sizeof(err));
	}
	return ret ? vb_fail(ret == -ENODEV ? VB_EXIT_SKIPPED : VB_EXIT_USAGE, "%s", err) : VB_EXIT_OK;
}

int session_preflight(struct session *s)
{
	int ret = session_conformance_read(s);

	for (unsigned int a = 0; a < s->nr_arms && !ret; a++)
		ret = preflight_arm(s, &s->arm[a]);
	return ret;
}
