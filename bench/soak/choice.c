// SPDX-License-Identifier: GPL-2.0-or-later
/* What a cycle is: a function of the seed and its number. */
#include <string.h>

#include "bench/soak/soak_impl.h"
#include "lib/stats/random.h"

#define IDLE_MAX_NS	2000000000u	/* pause before a cycle */
#define SHUFFLE_MIN_NS	200000000u
#define SHUFFLE_MAX_NS	3000000000u
#define STOPS_MAX	4

/* Has the run a worker whose device is not only of kind @other? */
static bool uses(const struct vb_job_run *run, enum vb_target other)
{
	for (unsigned int i = 0; i < run->nr_sections; i++)
		if (run->global.iommu->has_devices && run->section[i].device != other)
			return true;
	return false;
}

static bool matches(const struct soak *s, const struct vb_fault_ops *ops, unsigned int variant,
		    const struct vb_job_run *run)
{
	const struct vb_variant *v = &s->variant[variant];

	if (ops->variant && strcmp(ops->variant, *v->name ? v->name : "stock"))
		return false;
	if (ops->needs & VB_FAULT_NEEDS_NO_DEADLOCK && v->hazards & VB_HAZARD_DEADLOCK)
		return false;
	if (ops->needs & VB_FAULT_NEEDS_MDEV && !uses(run, VB_TARGET_PCI))
		return false;
	return !(ops->needs & (VB_FAULT_NEEDS_DEVICE | VB_FAULT_NEEDS_DMA)) || uses(run, VB_TARGET_MDEV);
}

/* One that its own job alone shows: is @job that?  Alone it may be named by the user. */
static bool job_fits(const struct soak *s, const struct soak_fault *fault, unsigned int job)
{
	if (!(fault->ops->needs & VB_FAULT_NEEDS_JOB))
		return true;
	return s->opt->one_fault ? !strcmp(s->job[job].name, fault->ops->job) :
				   fault->own_job && fault->own_job == job;
}

size_t soak_fault_runs(const struct soak *s, const struct soak_fault *fault, unsigned int variant,
		       unsigned int job, size_t nth, size_t *run)
{
	size_t nr = 0;

	for (size_t r = 0; job_fits(s, fault, job) && r < s->job[job].nr_runs; r++)
		if (matches(s, fault->ops, variant, &s->job[job].runs[r]) && nr++ == nth)
			*run = r;
	return nr;
}

static bool may_be(const struct soak *s, unsigned int fault, const struct soak_choice *c)
{
	const struct soak_fault *f = &s->fault[fault];
	size_t run;

	if (f->left_out)
		return false;
	if (f->own_job)
		return soak_fault_runs(s, f, c->variant, f->own_job, 0, &run) != 0;
	return job_fits(s, f, c->job) &&
	       matches(s, f->ops, c->variant, &s->job[c->job].runs[c->run]);
}

static unsigned int draw_job(const struct soak *s, struct vb_random *r)
{
	uint64_t all = 0, at;
	unsigned int i;

	for (i = 0; i < s->nr_jobs; i++)
		all += s->job[i].weight;
	at = vb_random_below(r, all);
	for (i = 0; at >= s->job[i].weight; i++)
		at -= s->job[i].weight;
	return i;
}

/* Of those that may be in this run; -1: none of them may. */
static int draw_fault(const struct soak *s, struct vb_random *r, const struct soak_choice *c)
{
	uint64_t all = 0, at;

	for (unsigned int i = 0; i < s->nr_faults; i++)
		all += may_be(s, i, c) ? s->fault[i].weight : 0;
	if (!all)
		return -1;
	at = vb_random_below(r, all);
	for (unsigned int i = 0;; i++) {
		uint64_t weight = may_be(s, i, c) ? s->fault[i].weight : 0;

		if (at < weight)
			return (int)i;
		at -= weight;
	}
}

static uint64_t between(struct vb_random *r, uint64_t min, uint64_t max)
{
	return min + vb_random_below(r, max - min + 1);
}

/* The cycle is of the fault's own job: of one of the runs that show it. */
static void take_own_job(const struct soak *s, struct soak_choice *c, uint64_t drawn)
{
	const struct soak_fault *f = &s->fault[c->fault];
	size_t nr;

	if (!f->own_job)
		return;
	nr = soak_fault_runs(s, f, c->variant, f->own_job, 0, &c->run);
	soak_fault_runs(s, f, c->variant, f->own_job, (size_t)(drawn % nr), &c->run);
	c->job = f->own_job;
}

/*
 * Every value is drawn whether it is used or not: what an option turns off changes
 * nothing of the rest.  A new value is drawn behind all others, so that a soak of an
 * earlier version goes on as it began.
 */
void soak_choose(const struct soak *s, uint64_t number, struct soak_choice *c)
{
	uint64_t seed = s->seed + 0x9e3779b97f4a7c15ull * (number + 1);
	struct vb_random r;
	uint64_t percent, idle, shuffle, stops, own_run;
	int fault;

	vb_random_init(&r, vb_random_mix(&seed));
	memset(c, 0, sizeof(*c));
	c->number = number;
	c->job = draw_job(s, &r);
	c->run = (size_t)vb_random_below(&r, s->job[c->job].nr_runs);
	c->variant = (unsigned int)vb_random_below(&r, s->nr_variants);
	c->duration_ns = between(&r, s->opt->cycle_min_ns, s->opt->cycle_max_ns);
	c->inject_at = vb_random_uniform(&r) * 0.8;
	/* seeds of result files have to fit in a signed number */
	c->run_seed = vb_random_next(&r) >> 1;
	c->fault_seed = vb_random_next(&r);
	c->stop_seed = vb_random_next(&r);
	percent = vb_random_below(&r, 100);
	fault = draw_fault(s, &r, c);
	c->fault = s->opt->one_fault || percent < s->opt->fault_percent ? fault : -1;
	idle = vb_random_below(&r, 4) ? 0 : between(&r, 1, IDLE_MAX_NS);
	shuffle = vb_random_below(&r, 2) ? 0 : between(&r, SHUFFLE_MIN_NS, SHUFFLE_MAX_NS);
	stops = vb_random_below(&r, 2) ? 0 : between(&r, 1, STOPS_MAX);
	own_run = vb_random_next(&r);
	if (!s->opt->steady) {
		c->idle_ns = idle;
		c->shuffle_ns = shuffle;
		c->stops = (unsigned int)stops;
	}
	/* The last cycle is a plain one: it shows that all still works. */
	if (s->closing)
		c->fault = -1;
	if (c->fault >= 0)
		take_own_job(s, c, own_run);
	if (c->fault >= 0 && s->fault[c->fault].ops->run_ms)
		c->duration_ns = s->fault[c->fault].ops->run_ms * 1000000ull;
}

void soak_choice_run(const struct soak *s, const struct soak_choice *c, struct vb_job_run *run)
{
	bool timed;

	*run = s->job[c->job].runs[c->run];
	timed = run->global.duration_ns != 0;
	run->global.duration_ns = c->duration_ns;
	run->global.warmup_ns = 0;
	run->global.shuffle_ns = c->shuffle_ns;
	run->global.last_ops = true;
	/* A job that only a number of steps ends goes on until the time is over. */
	for (unsigned int i = 0; !timed && i < run->nr_sections; i++)
		run->section[i].ops = 0;
}
