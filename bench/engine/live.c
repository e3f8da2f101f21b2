// SPDX-License-Identifier: GPL-2.0-or-later
/* The live line. */
#include <stdio.h>
#include <unistd.h>

#include "bench/engine/live.h"
#include "lib/measure/histogram.h"

#define PLAIN_EVERY	10	/* seconds between lines where there is no terminal */

static bool off;

void vb_live_off(void)
{
	off = true;
}

/* The largest p99 of any worker's requests or unmaps, in ns. */
static uint64_t worst_p99(const struct vb_run *run)
{
	uint64_t worst = 0;

	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_hist *hist = run->worker[i]->hist;
		uint64_t a = vb_hist_quantile(&hist[VB_METRIC_UNMAP], 0.99);
		uint64_t b = vb_hist_quantile(&hist[VB_METRIC_REQUEST], 0.99);

		worst = a > worst ? a : worst;
		worst = b > worst ? b : worst;
	}
	return worst;
}

void vb_live_line(const struct vb_run *run, uint64_t since_ns)
{
	const struct vb_global *g = &run->plan->run->global;
	bool terminal = isatty(STDERR_FILENO);
	uint64_t requests = 0, maps = 0, errors = 0, left = 0;
	int phase = atomic_load(&run->shared->phase);
	double s = (double)since_ns / 1e9;

	if (off || (!terminal && (uint64_t)s % PLAIN_EVERY))
		return;
	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		maps += run->worker[i]->tally.maps;
		requests += run->worker[i]->tally.requests;
		errors += run->worker[i]->error != 0;
	}
	if (g->duration_ns + g->warmup_ns > since_ns)
		left = g->duration_ns + g->warmup_ns - since_ns;
	fprintf(stderr, "%s%s: %s %.0f s, %llu maps, %llu unmaps, p99 %.1f us, %llu errors%s",
		terminal ? "\r\033[K" : "", run->title, vb_phase_name(phase), s,
		(unsigned long long)maps, (unsigned long long)requests,
		(double)worst_p99(run) / 1e3, (unsigned long long)errors, terminal ? "" : "\n");
	if (terminal && left)
		fprintf(stderr, ", %.0f s left", (double)left / 1e9);
	fflush(stderr);
}

void vb_live_status(const struct vb_run *run, uint64_t since_ns)
{
	fprintf(stderr, "\n%s: %s, %.1f s\n", run->title,
		vb_phase_name(atomic_load(&run->shared->phase)), (double)since_ns / 1e9);
	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_worker_shared *w = run->worker[i];
		const struct vb_plan_worker *p = &run->plan->worker[i];

		fprintf(stderr, "  worker %u [%s] tid %d cpu %d node %d: %llu steps, %llu unmaps, guard waited %llu times\n",
			i, p->section->name, w->tid, p->cpu, p->node,
			(unsigned long long)atomic_load(&w->steps),
			(unsigned long long)w->tally.requests,
			(unsigned long long)w->tally.guard_waits);
	}
}

void vb_live_end(void)
{
	if (!off && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
