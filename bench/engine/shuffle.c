// SPDX-License-Identifier: GPL-2.0-or-later
/* After kernel/torture.c's shuffler, which keeps tasks off one CPU; here each gets its own. */
#include <sched.h>
#include <stdlib.h>

#include "bench/engine/shuffle.h"

void vb_shuffle_init(struct vb_shuffle *shuffle, const struct vb_run *run, uint64_t now_ns)
{
	shuffle->every_ns = run->plan->run->global.shuffle_ns;
	shuffle->next_ns = now_ns + shuffle->every_ns;
	vb_random_init(&shuffle->random, run->plan->run->global.seed);
}

/* The @n'th of all CPUs that this process may use; -1: there are fewer. */
static int nth_cpu(const struct vb_topology *topology, uint64_t n)
{
	const struct vb_node *node;

	for (size_t i = 0; (node = vb_topology_node(topology, i)); i++) {
		if (n < node->nr_cpus)
			return node->cpus[n];
		n -= node->nr_cpus;
	}
	return -1;
}

/* One that has gone, or whose new CPU went offline, stays as it is. */
static void move(pid_t tid, int cpu)
{
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	cpu_set_t *set = cpu < 0 ? NULL : CPU_ALLOC(cpu + 1);

	if (!set)
		return;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	sched_setaffinity(tid, size, set);
	CPU_FREE(set);
}

void vb_shuffle_check(struct vb_shuffle *shuffle, const struct vb_run *run, uint64_t now_ns)
{
	int phase = atomic_load(&run->shared->phase);
	unsigned int cpus;

	if (!shuffle->every_ns || now_ns < shuffle->next_ns)
		return;
	/* Not before: memory is got, and looked at, where the plan says. */
	if (phase != VB_PHASE_WARMUP && phase != VB_PHASE_MEASURE)
		return;
	shuffle->next_ns = now_ns + shuffle->every_ns;
	cpus = vb_topology_nr_cpus(run->topology);
	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		int cpu = nth_cpu(run->topology, vb_random_below(&shuffle->random, cpus));

		if (atomic_load(&run->worker[i]->state) == 1)
			move(run->worker[i]->tid, cpu);
	}
}
