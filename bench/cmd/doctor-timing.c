// SPDX-License-Identifier: GPL-2.0-or-later
/* What doctor says about timing: the checks of every run, ahead of time. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/cmd/doctor.h"
#include "lib/machine/sysfs.h"
#include "lib/measure/clock.h"

#define MANY_CPUS	8192
#define RUNNING_NS	50000000u	/* who else runs */
#define WATCH_S		1		/* events: what happens while nothing of ours runs */

/* false: another thread of its core comes before it, where workers go first. */
static bool is_first_of_core(int cpu)
{
	char path[96];
	int first;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 cpu);
	return vb_noise_cpu_list(path, &first, 1) < 1 || first == cpu;
}

/* One CPU of each core; how many. */
static size_t choose_cpus(int *cpus)
{
	ssize_t nr = vb_noise_cpu_list("/sys/devices/system/cpu/online", cpus, MANY_CPUS);
	size_t chosen = 0;

	for (ssize_t i = 0; i < nr; i++)
		if (is_first_of_core(cpus[i]))
			cpus[chosen++] = cpus[i];
	return chosen;
}

static void watch(const int *cpus, size_t nr_cpus, struct vb_noise *noise)
{
	struct vb_noise_thread *threads = calloc(nr_cpus + 1, sizeof(*threads));
	struct vb_noise_snapshot *before = NULL, *after = NULL;
	struct timespec second = { .tv_sec = WATCH_S };
	uint64_t start = vb_now_ns();

	for (size_t i = 0; threads && i < nr_cpus; i++)
		threads[i].cpu = cpus[i];
	if (threads && !vb_noise_take(threads, nr_cpus, &before)) {
		nanosleep(&second, NULL);
		if (!vb_noise_take(threads, nr_cpus, &after))
			vb_noise_judge(before, after, vb_now_ns() - start, NULL, noise);
	}
	vb_noise_snapshot_free(before);
	vb_noise_snapshot_free(after);
	free(threads);
}

size_t vb_look_timing(struct vb_noise *noise)
{
	int *cpus = malloc(MANY_CPUS * sizeof(*cpus));
	size_t nr_cpus = cpus ? choose_cpus(cpus) : 0;

	noise->nr = 0;
	vb_noise_settings(cpus, nr_cpus, noise);
	vb_noise_running(RUNNING_NS, noise);
	/* a captured machine stands still */
	if (nr_cpus && !*vb_sysfs_root())
		watch(cpus, nr_cpus, noise);
	free(cpus);
	return nr_cpus;
}

/* What needs a worker is for a run to find out. */
static bool needs_worker(enum vb_noise_id id)
{
	return id == VB_NOISE_INVOLUNTARY_SWITCHES || id == VB_NOISE_WAITING;
}

void vb_print_timing(const struct vb_noise *noise, size_t nr_cpus)
{
	unsigned int marks = vb_noise_marks(noise, false);

	printf("\nTiming, as a worker on each of %zu core%s would find it%s:\n", nr_cpus,
	       nr_cpus == 1 ? "" : "s", *vb_sysfs_root() ? "" : ", now and in one second");
	for (size_t i = 0; i < noise->nr; i++) {
		const struct vb_noise_finding *f = &noise->finding[i];
		const struct vb_noise_check *check = &vb_noise_checks[f->id];

		if (needs_worker(f->id))
			continue;
		printf("%-8s %-17s %s\n", vb_noise_verdict_name(f->verdict), check->name, f->text);
		if (f->verdict == VB_NOISE_MARK)
			printf("%-8s %-17s %s\n", "", "", check->why);
		if (f->mend[0])
			printf("%-8s %-17s -> %s\n", "", "", f->mend);
	}
	if (marks)
		printf("\n%u mark%s: expect times to scatter.  A comparison in which too many runs "
		       "are marked ends\nwith exit status 3.\n", marks, marks == 1 ? "" : "s");
	else
		puts("\nNothing seen that would make times vary.");
}
