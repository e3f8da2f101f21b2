// SPDX-License-Identifier: GPL-2.0-or-later
/* A plan's CPUs and workers, watched for noise. */
#include <stdlib.h>

#include "bench/engine/noise_watch.h"
#include "lib/machine/facts.h"
#include "lib/measure/clock.h"

/* Each CPU of the workers once. */
static size_t add_cpus(const struct vb_plan *plan, int *cpus, size_t nr)
{
	for (unsigned int w = 0; w < plan->nr_workers; w++) {
		size_t i = 0;

		while (i < nr && cpus[i] != plan->worker[w].cpu)
			i++;
		if (i == nr)
			cpus[nr++] = plan->worker[w].cpu;
	}
	return nr;
}

void vb_noise_watch_settings(struct vb_plan *const *plans, size_t nr, struct vb_noise *noise)
{
	size_t room = 0, nr_cpus = 0;
	int *cpus;

	for (size_t i = 0; i < nr; i++)
		room += plans[i]->nr_workers;
	cpus = calloc(room + 1, sizeof(*cpus));
	for (size_t i = 0; cpus && i < nr; i++)
		nr_cpus = add_cpus(plans[i], cpus, nr_cpus);
	if (cpus)
		vb_noise_settings(cpus, nr_cpus, noise);
	free(cpus);
}

static struct vb_noise_snapshot *take(const struct vb_plan *plan,
				      struct vb_worker_shared *const *workers)
{
	struct vb_noise_thread *threads = calloc(plan->nr_workers, sizeof(*threads));
	struct vb_noise_snapshot *snapshot = NULL;

	if (!threads)
		return NULL;
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		threads[i] = (struct vb_noise_thread){ workers[i]->tid, plan->worker[i].cpu };
	vb_noise_take(threads, plan->nr_workers, &snapshot);
	free(threads);
	return snapshot;
}

/* The module's pinners are kthreads of the worker's node: they may meet it on its CPU. */
static const char *rivals(const struct vb_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		if (plan->worker[i].section->pinners)
			return "the job's pinner threads run on these CPUs, too";
	return NULL;
}

void vb_noise_watch_begin(struct vb_noise_watch *watch, const struct vb_plan *plan,
			  struct vb_worker_shared *const *workers)
{
	/* What varies times leaves a count of instructions alone. */
	watch->before = vb_in_exact_mode() ? NULL : take(plan, workers);
	watch->start_ns = vb_now_ns();
}

void vb_noise_watch_end(struct vb_noise_watch *watch, const struct vb_plan *plan,
			struct vb_worker_shared *const *workers, struct vb_noise *noise)
{
	uint64_t elapsed_ns = vb_now_ns() - watch->start_ns;
	struct vb_noise_snapshot *after = watch->before ? take(plan, workers) : NULL;

	if (after)
		vb_noise_judge(watch->before, after, elapsed_ns, rivals(plan), noise);
	vb_noise_snapshot_free(after);
	vb_noise_snapshot_free(watch->before);
	watch->before = NULL;
}
