// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A closed loop whose operation takes a microsecond, with and without the
 * recorder: what it costs workers that share their CPUs with its thread. Workers
 * on the first two CPUs, the writer where the kernel puts it. A benchmark, no test.
 *
 *   tests/bench/samples-rate FILE [ROUNDS]
 *
 * Operations for each second of CPU time that workers and writer took together,
 * without the recorder, with io_uring and with pwrite in turns: the best round of
 * each, for what else the machine does only ever takes away; and what was lost.
 * In the lab's exact mode all rounds are alike, and count instructions.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/measure/clock.h"
#include "lib/measure/histogram.h"
#include "lib/measure/samples.h"

#define WORKERS		2
#define ROUND_NS	200000000ull
#define OPERATION_NS	1000

struct worker {
	pthread_t thread;
	int cpu;
	uint64_t turns;			/* of the operation's loop */
	struct vb_sample_ring *ring;	/* NULL: not recorded */
	uint64_t operations;
	double cpu_s;
	struct vb_hist hist;
};

static double cpu_seconds(void)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void operation(uint64_t turns)
{
	for (uint64_t i = 0; i < turns; i++)
		__asm__ volatile("" : "+r"(i));
}

static void *work(void *arg)
{
	struct worker *w = arg;
	cpu_set_t set;
	uint64_t start, end, stop;

	CPU_ZERO(&set);
	CPU_SET((size_t)w->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	vb_hist_init(&w->hist);
	w->operations = 0;
	stop = vb_now_ns() + ROUND_NS;
	do {
		start = vb_now_ns();
		operation(w->turns);
		end = vb_now_ns();
		if (w->ring)
			vb_sample_put(w->ring, end, end - start, w->operations & 255, 0, 0);
		vb_hist_add(&w->hist, end - start);
		w->operations++;
	} while (end < stop);
	w->cpu_s = cpu_seconds();
	return NULL;
}

/* The fastest of several: others run here as well. */
static uint64_t calibrate(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 50; i++) {
		uint64_t start = vb_now_ns(), took;

		operation(100000);
		took = vb_now_ns() - start;
		best = took < best ? took : best;
	}
	return OPERATION_NS * 100000ull / best;
}

/* Operations for each second of CPU time. */
static double run(struct worker *w, const char *path, int io, struct vb_samples_stats *stats)
{
	static const char text[] = "{\"metrics\": [\"op\"], "
				   "\"workers\": [{\"section\": \"a\"}, {\"section\": \"a\"}]}";
	struct vb_samples_options o = { .nr_workers = WORKERS, .text = text, .cpu = -1 };
	struct vb_samples *s = NULL;
	double operations = 0, cpu_s = 0;

	memset(stats, 0, sizeof(*stats));
	if (io >= 0) {
		o.io = (enum vb_samples_io)io;
		o.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (o.fd < 0 || vb_samples_open(&s, &o) || vb_samples_start(s)) {
			perror(path);
			exit(1);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		w[i].ring = s ? vb_samples_ring(s, (unsigned int)i) : NULL;
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			exit(1);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		operations += (double)w[i].operations;
		cpu_s += w[i].cpu_s;
	}
	if (s) {
		vb_samples_stop(s, stats);
		vb_samples_close(s);
		close(o.fd);
	}
	return operations / (cpu_s + stats->cpu_s);
}

struct way {
	int io;				/* -1: off */
	const char *name;
	double best;
	double least_ns;		/* of the writer, a sample */
	uint64_t lost, all;
};

static void one_round(struct worker *w, const char *path, struct way *way)
{
	struct vb_samples_stats stats;
	double rate = run(w, path, way->io, &stats), ns;

	way->name = way->io < 0 ? "off" : stats.io;
	way->best = rate > way->best ? rate : way->best;
	way->lost += stats.lost;
	way->all += stats.lost + stats.written;
	ns = stats.written ? stats.cpu_s * 1e9 / (double)stats.written : 0;
	if (way->least_ns <= 0 || ns < way->least_ns)
		way->least_ns = ns;
}

int main(int argc, char **argv)
{
	static struct worker w[WORKERS];
	int rounds = argc > 2 ? atoi(argv[2]) : 50;
	struct way way[3] = { { .io = -1 }, { .io = VB_SAMPLES_URING }, { .io = VB_SAMPLES_PWRITE } };

	if (argc < 2) {
		fprintf(stderr, "usage: samples-rate FILE [ROUNDS]\n");
		return 1;
	}
	vb_clock_init();
	for (int i = 0; i < WORKERS; i++) {
		w[i].cpu = i;
		w[i].turns = calibrate();
	}
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < 3; i++)
			one_round(w, argv[1], &way[i]);
	for (int i = 0; i < 3; i++)
		printf("%-24s %.3f M operations a CPU second, %.3f of off; %llu of %llu lost, writer "
		       "%.1f ns of CPU time a sample\n", way[i].name, way[i].best / 1e6,
		       way[i].best / way[0].best, (unsigned long long)way[i].lost,
		       (unsigned long long)way[i].all, way[i].least_ns);
	unlink(argv[1]);
	return 0;
}
