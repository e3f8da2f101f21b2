// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to have results in memory, all of them at once: seconds and
 * peak memory.  tests/bench/load-cost.sh makes results to load.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/result/load.h"

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

int main(int argc, char **argv)
{
	static struct vb_result result[64];
	size_t runs = 0, metrics = 0, buckets = 0;
	double from = now_s();
	long before = peak_kib();
	char err[6000];

	if (argc < 2 || argc > 64) {
		fprintf(stderr, "usage: load-cost DIR...\n");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		if (vb_result_load(argv[i], &result[i], err, sizeof(err))) {
			fprintf(stderr, "load-cost: %s\n", err);
			return 1;
		}
		runs += result[i].nr_runs;
	}
	printf("%d results, %zu runs: %.3f s, peak memory %.1f MiB (%.1f MiB before)\n", argc - 1, runs,
	       now_s() - from, (double)peak_kib() / 1024, (double)before / 1024);
	for (int i = 1; i < argc; i++)
		for (size_t r = 0; r < result[i].nr_runs; r++) {
			const json_t *list = json_object_get(result[i].run[r], "metrics"), *m;
			size_t k;

			json_array_foreach(list, k, m) {
				struct vb_dist dist;

				metrics++;
				if (vb_result_dist(&result[i], r, vb_json_text(m, "section"),
						   vb_json_text(m, "metric"), &dist))
					buckets += dist.nr;
			}
		}
	printf("%zu histograms, %zu buckets that are not empty\n", metrics, buckets);
	for (int i = 1; i < argc; i++)
		vb_result_free(&result[i]);
	return 0;
}
