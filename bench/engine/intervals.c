// SPDX-License-Identifier: GPL-2.0-or-later
/* intervals.csv and latency.csv. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/intervals.h"
#include "lib/measure/histogram.h"
#include "lib/measure/recorder.h"
#include "lib/result/intervals.h"

#define SHORTEST_NS	20000000ull
#define LONGEST_NS	1000000000ull
#define INTERVALS	50u		/* of a run, within those limits */
#define LATENCY_MOST	1000u		/* so many intervals of latency.csv: it has many lines each */

/* What one worker's histogram held at the last look, in coarse buckets. */
struct seen {
	uint64_t count;
	uint64_t bucket[VB_COARSE_BUCKETS];
};

struct vb_interval_log {
	const struct vb_run *run;
	struct vb_recorder *counters;
	struct vb_recorder *latency;	/* NULL: none is kept */
	uint64_t latency_every_ns, latency_next_ns;
	struct seen *seen;		/* [worker * VB_NR_METRICS + metric] */
	uint64_t *delta;		/* [(section * VB_NR_METRICS + metric) * buckets + bucket] */
	uint16_t coarse[VB_HIST_BUCKETS];
	uint64_t lost;			/* lines */
};

uint64_t vb_interval_ns(const struct vb_global *g, bool exact)
{
	uint64_t ns = g->duration_ns / INTERVALS;

	if (exact || !g->duration_ns || ns > LONGEST_NS)
		return LONGEST_NS;
	return ns < SHORTEST_NS ? SHORTEST_NS : ns;
}

static int open_file(const struct vb_run *run, const char *name, const char *head,
		     struct vb_recorder **rec)
{
	int fd = openat(run->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);
	int ret;

	if (fd < 0)
		return -errno;
	ret = vb_recorder_open(rec, fd);
	if (ret) {
		close(fd);
		return ret;
	}
	return vb_recorder_append(*rec, head, strlen(head));
}

static int open_latency(struct vb_interval_log *log)
{
	const struct vb_job_run *run = log->run->plan->run;

	log->latency_every_ns = run->global.duration_ns / LATENCY_MOST;
	log->seen = calloc((size_t)log->run->plan->nr_workers * VB_NR_METRICS, sizeof(*log->seen));
	log->delta = calloc((size_t)run->nr_sections * VB_NR_METRICS * VB_COARSE_BUCKETS,
			    sizeof(*log->delta));
	if (!log->seen || !log->delta)
		return -ENOMEM;
	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++)
		log->coarse[i] = (uint16_t)vb_coarse_index(vb_hist_bucket_low(i));
	return open_file(log->run, "latency.csv", VB_LATENCY_HEAD "\n", &log->latency);
}

int vb_interval_log_open(struct vb_interval_log **out, const struct vb_run *run, bool exact)
{
	struct vb_interval_log *log = calloc(1, sizeof(*log));
	uint64_t lost;
	int ret;

	*out = NULL;
	if (!log)
		return -ENOMEM;
	log->run = run;
	ret = open_file(run, "intervals.csv", VB_INTERVALS_HEAD "\n", &log->counters);
	if (!ret && !exact)
		ret = open_latency(log);
	if (ret)
		vb_interval_log_close(log, &lost);
	else
		*out = log;
	return ret;
}

static void write_counters(const struct vb_interval_log *log, FILE *out, uint64_t since_ns)
{
	const struct vb_run *run = log->run;
	const char *phase = vb_phase_name((enum vb_phase)atomic_load(&run->shared->phase));

	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_worker_shared *w = run->worker[i];

		fprintf(out, "%.6f,%s,%u,%s,%llu,%llu,%llu,%llu\n", (double)since_ns / 1e9, phase, i,
			run->plan->worker[i].section->name,
			(unsigned long long)atomic_load(&w->steps),
			(unsigned long long)w->tally.mapped_bytes,
			(unsigned long long)w->tally.unmapped_bytes,
			(unsigned long long)w->tally.requests);
	}
}

/*
 * Add to @delta what @h got since *seen.  It changes meanwhile: what a look
 * misses the next one finds, and the last is taken when the worker is gone.
 * Buckets outside least and greatest are empty, and not touched.
 */
static void look_at(const struct vb_interval_log *log, const volatile struct vb_hist *h,
		    struct seen *seen, uint64_t *delta)
{
	uint64_t now[VB_COARSE_BUCKETS] = { 0 };
	uint64_t count = h->count, min = h->min, max = h->max;
	uint32_t last = VB_HIST_BUCKETS - 1;

	if (count == seen->count || min > max)
		return;
	if (!(max >> VB_HIST_MAX_BITS))
		last = vb_hist_index(max);
	if (!(min >> VB_HIST_MAX_BITS))
		for (uint32_t i = vb_hist_index(min); i <= last; i++)
			now[log->coarse[i]] += h->bucket[i];
	now[VB_COARSE_BUCKETS - 1] = h->overflow;
	for (uint32_t i = 0; i < VB_COARSE_BUCKETS; i++) {
		delta[i] += now[i] - seen->bucket[i];
		seen->bucket[i] = now[i];
	}
	seen->count = count;
}

static void look_at_worker(struct vb_interval_log *log, unsigned int i)
{
	const struct vb_plan *plan = log->run->plan;
	const struct vb_worker_shared *w = log->run->worker[i];
	size_t section = (size_t)(plan->worker[i].section - plan->run->section);

	/* Until then the histograms are the warm-up's; see begin_measuring(). */
	if (!*(const volatile uint64_t *)&w->start_ns)
		return;
	for (size_t m = 0; m < VB_NR_METRICS; m++)
		look_at(log, &w->hist[m], &log->seen[i * VB_NR_METRICS + m],
			&log->delta[(section * VB_NR_METRICS + m) * VB_COARSE_BUCKETS]);
}

static void write_latency(struct vb_interval_log *log, FILE *out, uint64_t since_ns)
{
	const struct vb_job_run *run = log->run->plan->run;

	for (unsigned int i = 0; i < log->run->plan->nr_workers; i++)
		look_at_worker(log, i);
	for (size_t at = 0; at < (size_t)run->nr_sections * VB_NR_METRICS; at++) {
		uint64_t *delta = &log->delta[at * VB_COARSE_BUCKETS];

		for (uint32_t b = 0; b < VB_COARSE_BUCKETS; b++) {
			if (!delta[b])
				continue;
			fprintf(out, "%.6f,%s,%s,%llu,%llu\n", (double)since_ns / 1e9,
				run->section[at / VB_NR_METRICS].name,
				vb_metric_name((enum vb_metric)(at % VB_NR_METRICS)),
				(unsigned long long)vb_coarse_low(b), (unsigned long long)delta[b]);
			delta[b] = 0;
		}
	}
}

/* One append for all lines of an interval. */
static void append(struct vb_interval_log *log, struct vb_recorder *rec, const char *text,
		   size_t length)
{
	if (!length || !vb_recorder_append(rec, text, length))
		return;
	for (const char *c = text; (c = memchr(c, '\n', (size_t)(text + length - c))); c++)
		log->lost++;
}

static void write_lines(struct vb_interval_log *log, struct vb_recorder *rec, uint64_t since_ns,
			bool latency)
{
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);

	if (out && latency)
		write_latency(log, out, since_ns);
	else if (out)
		write_counters(log, out, since_ns);
	if (!out || fclose(out))
		log->lost++;
	else
		append(log, rec, text, length);
	free(text);
}

void vb_interval_log_write(struct vb_interval_log *log, uint64_t since_ns, bool last)
{
	write_lines(log, log->counters, since_ns, false);
	if (!log->latency || (since_ns < log->latency_next_ns && !last))
		return;
	write_lines(log, log->latency, since_ns, true);
	log->latency_next_ns = since_ns + log->latency_every_ns;
}

int vb_interval_log_close(struct vb_interval_log *log, uint64_t *lost)
{
	int ret, ret2;

	if (!log)
		return 0;
	*lost = log->lost;
	ret = log->counters ? vb_recorder_close(log->counters) : 0;
	ret2 = log->latency ? vb_recorder_close(log->latency) : 0;
	free(log->seen);
	free(log->delta);
	free(log);
	return ret ? ret : ret2;
}
