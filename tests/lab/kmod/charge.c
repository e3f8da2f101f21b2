// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is charged to the process that mapped, when another one that shares the device
 * is killed while it pins and unpins: doc/findings/killed-unpin.md.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

#define PAGES		64u
#define THREADS		2u
#define KILLS		1000u

long long locked_kb(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	long long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmLck: %lld", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb;
}

/* The charge is changed with this process's mmap_lock held for writing: let it be waited for. */
static void *hold_mmap_lock(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
		void *page = mmap(NULL, 512 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (page != MAP_FAILED)
			munmap(page, 512 * PAGE);
	}
	return NULL;
}

static void kill_one(unsigned int *random)
{
	pid_t pid = fork();

	if (!pid)
		for (;;) {
			pin(0, PAGES, 1, 0);
			unpin(0, PAGES, 1, 0);
		}
	if (pid < 0)
		bail("fork");
	usleep(2000 + (useconds_t)rand_r(random) % 4000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void test_charge(void)
{
	pthread_t thread[THREADS];
	unsigned int random = 1, kills = 0;
	long long lost = 0;
	bool stop = false;

	fresh();
	for (unsigned int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, hold_mmap_lock, &stop))
			bail("pthread_create");
	while (!lost && kills < KILLS) {
		if (map_dma(0, PAGES))
			bail("map");
		kill_one(&random);
		kills++;
		unmap_all();
		reopen(0, PAGES);
		lost = locked_kb();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	is((long long)counters()->outstanding_pages, 0, "nothing is pinned");
	ok(!lost, "nothing mapped, nothing pinned after %u processes were killed: %lld KiB charged",
	   kills, lost);
}
