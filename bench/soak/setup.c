// SPDX-License-Identifier: GPL-2.0-or-later
/* Jobs, variants and faults of a soak: all that is looked at before anything begins. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/job_path.h"
#include "bench/engine/paths.h"
#include "bench/soak/soak_impl.h"
#include "lib/machine/facts.h"
#include "lib/machine/module.h"
#include "lib/machine/sysfs.h"

/* A fault's settings first (NULL: none): the @nr of the user's win. */
static int expand(const char *path, const char *const *of_fault, const char *const *set, unsigned int nr,
		  struct soak_job *job)
{
	struct vb_job_error err = { 0 };
	struct vb_job *read = NULL;
	int ret = vb_job_read(path, &read, &err);

	for (; !ret && of_fault && *of_fault; of_fault++)
		ret = vb_job_set(read, *of_fault, &err);
	for (unsigned int i = 0; !ret && i < nr; i++)
		ret = vb_job_set(read, set[i], &err);
	if (!ret)
		ret = vb_job_expand(read, &job->runs, &job->nr_runs, &err);
	if (!ret)
		snprintf(job->name, sizeof(job->name), "%s", vb_job_name(read));
	if (read)
		vb_job_free(read);
	return ret ? vb_fail(VB_EXIT_USAGE, "%s", err.text) : VB_EXIT_OK;
}

static int locate(const char *name, char *path, size_t size)
{
	if (vb_job_locate(name, path, size))
		return vb_fail(VB_EXIT_USAGE, "'%s': no such job: 'vfio-bench list jobs' names them", name);
	return VB_EXIT_OK;
}

static void note_refused(struct soak_job *job)
{
	for (size_t r = 0; r < job->nr_runs; r++)
		for (unsigned int j = 0; j < job->runs[r].nr_sections; j++)
			job->refused |= job->runs[r].section[j].workload->faults;
}

static int read_job(struct soak *s, unsigned int i)
{
	const char *name = s->opt->job[i].name;
	struct soak_job *job = &s->job[i];
	char path[4096];
	int ret = locate(name, path, sizeof(path));

	if (!ret)
		ret = expand(path, s->opt->fault_job ? s->opt->fault[0].ops->set : NULL, s->opt->set,
			     s->opt->nr_set, job);
	if (ret)
		return ret;
	job->source = name;
	job->weight = s->opt->job[i].weight;
	for (unsigned int j = 0; j < i; j++)
		if (!strcmp(s->job[j].name, job->name))
			return vb_fail(VB_EXIT_USAGE, "'%s': given twice: give it a weight, '%s:2'", name, name);
	note_refused(job);
	s->nr_jobs++;
	return VB_EXIT_OK;
}

/* With the fault's settings alone: the user's are for the jobs that he named. */
static int read_own_job(struct soak *s, const struct vb_soak_fault *of, struct soak_fault *f)
{
	unsigned int i = s->nr_jobs + s->nr_own_jobs;
	struct soak_job *job = &s->job[i];
	char path[4096];
	int ret;

	job->source = of->job_path ? of->job_path : f->ops->job;
	ret = locate(job->source, path, sizeof(path));
	if (!ret)
		ret = expand(path, f->ops->set, NULL, 0, job);
	if (ret)
		return ret;
	note_refused(job);
	s->nr_own_jobs++;
	f->own_job = i;
	return VB_EXIT_OK;
}

static int find_variants(struct soak *s)
{
	const char *built = s->opt->variant_dir ? s->opt->variant_dir : vb_path_variant_dir();

	/* Nobody named one: the kernel's own serves, as in 'run'. */
	s->nr_variants = s->opt->nr_variants ? s->opt->nr_variants : 1;
	for (unsigned int i = 0; i < s->nr_variants; i++) {
		const char *name = s->opt->nr_variants ? s->opt->variant[i] : "stock";
		int ret = vb_variant_find(name, vb_path_manifest_dir(), built, &s->variant[i]);

		if (ret)
			return vb_fail(VB_EXIT_USAGE, "variant '%s': %s: 'vfio-bench variant list' names them",
				       name, ret == -ENOENT ? "no such variant" : strerror(-ret));
	}
	if (!s->opt->nr_variants)
		s->variant[0].name[0] = '\0';
	return VB_EXIT_OK;
}

/* NULL: nothing, as far as the machine goes. */
static const char *missing(const struct soak *s, unsigned int needs)
{
	if (needs & VB_FAULT_NEEDS_ROOT && geteuid())
		return "it takes root";
	if (needs & VB_FAULT_NEEDS_MDEV && vb_module_state("vfio_bench") != VB_MODULE_LOADED)
		return "it takes the companion module (vfio_bench.ko)";
	if (needs & (VB_FAULT_NEEDS_DEVICE | VB_FAULT_NEEDS_DMA) && !s->opt->nr_devices)
		return "it takes an assigned device (--device)";
	if (needs & VB_FAULT_NEEDS_LAB && !s->in_lab && !s->opt->accept_loss)
		return "it runs in the lab only, or with --accept-loss";
	if (needs & VB_FAULT_NEEDS_FAIL_NTH && access("/proc/self/fail-nth", W_OK))
		return "it takes /proc/PID/fail-nth (CONFIG_FAULT_INJECTION)";
	if (needs & VB_FAULT_NEEDS_CPUS && !vb_sysfs_exists("/sys/devices/system/cpu/cpu1/online"))
		return "it takes a second CPU that can go offline";
	if (needs & VB_FAULT_ENDS_GUEST && !s->in_lab)
		return "it costs a boot: in the lab only";
	if (needs & VB_FAULT_ENDS_GUEST && !s->opt->one_fault)
		return "it costs a boot: alone only (--fault)";
	return NULL;
}

static bool has_place(const struct soak *s, const struct soak_fault *f)
{
	unsigned int from = f->own_job, to = f->own_job ? f->own_job + 1 : s->nr_jobs;
	size_t run;

	for (unsigned int v = 0; v < s->nr_variants; v++)
		for (unsigned int j = from; j < to; j++)
			if (soak_fault_runs(s, f, v, j, 0, &run))
				return true;
	return false;
}

/* *@why: it can't be, NULL: it can.  Returns an enum vb_exit. */
static int find_fault(struct soak *s, const struct vb_soak_fault *of, struct soak_fault *f, const char **why)
{
	int ret = VB_EXIT_OK;

	f->ops = of->ops;
	f->weight = of->weight;
	*why = of->left_out ? "it was left out when the soak began" : missing(s, f->ops->needs);
	if (!*why && !s->opt->one_fault && f->ops->needs & VB_FAULT_NEEDS_JOB)
		ret = read_own_job(s, of, f);
	if (!ret && !*why && !has_place(s, f))
		*why = f->own_job ? "no variant is one that may have it" :
				    "none of the jobs has what it needs on a variant that may have it";
	return ret;
}

/* Those that were named have to be possible; of all of them the others are left out, and told. */
static int find_faults(struct soak *s)
{
	for (unsigned int i = 0; i < s->opt->nr_faults; i++) {
		struct soak_fault *f = &s->fault[s->nr_faults++];
		const char *why;
		int ret = find_fault(s, &s->opt->fault[i], f, &why);

		if (ret)
			return ret;
		if (!why)
			continue;
		snprintf(f->why_not, sizeof(f->why_not), "%s", why);
		f->left_out = true;
		if (!s->opt->all_faults)
			return vb_fail(VB_EXIT_SKIPPED, "fault '%s': %s", f->ops->name, why);
		if (!s->opt->quiet)
			fprintf(stderr, "fault %s is left out: %s\n", f->ops->name, why);
	}
	return VB_EXIT_OK;
}

int soak_setup(struct soak *s)
{
	ssize_t n = readlink("/proc/self/exe", s->program, sizeof(s->program) - 1);
	int ret = VB_EXIT_OK;

	if (n <= 0)
		return vb_fail(VB_EXIT_UNTRUSTED, "/proc/self/exe can't be read: mount /proc");
	s->program[n] = '\0';
	s->in_lab = vb_in_lab();
	s->seed = s->opt->seed;
	if (!s->opt->has_seed && getrandom(&s->seed, sizeof(s->seed), 0) < 0)
		s->seed = (uint64_t)time(NULL);
	s->seed &= INT64_MAX;
	for (unsigned int i = 0; i < s->opt->nr_jobs && !ret; i++)
		ret = read_job(s, i);
	if (!ret)
		ret = find_variants(s);
	return ret ? ret : find_faults(s);
}
