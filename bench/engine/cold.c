// SPDX-License-Identifier: GPL-2.0-or-later
/* Sweep the caches. */
#include <errno.h>
#include <sys/mman.h>

#include "bench/engine/cold.h"

#define UNKNOWN_CACHE	(32ull << 20)
#define LINE_BYTES	64

static size_t sweep_bytes(const struct vb_plan *plan, const struct vb_topology *topology)
{
	unsigned long long largest = 0;

	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		unsigned long long bytes = vb_topology_cache_bytes(topology, plan->worker[i].cpu);

		largest = bytes > largest ? bytes : largest;
	}
	return 2 * (largest ? largest : UNKNOWN_CACHE);
}

int vb_cold_prepare(struct vb_sweep *cold, const struct vb_plan *plan,
		    const struct vb_topology *topology)
{
	void *buffer;

	*cold = (struct vb_sweep){ 0 };
	if (plan->run->global.cold != VB_COLD_YES)
		return 0;
	cold->bytes = sweep_bytes(plan, topology);
	/* Pages of its own: those that were only read would all be the one page of zeroes. */
	buffer = mmap(NULL, cold->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buffer == MAP_FAILED) {
		cold->bytes = 0;
		return -ENOMEM;
	}
	cold->buffer = buffer;
	return 0;
}

void vb_cold_sweep(const struct vb_sweep *cold)
{
	for (size_t i = 0; i < cold->bytes; i += LINE_BYTES)
		(void)cold->buffer[i];
}

void vb_cold_free(struct vb_sweep *cold)
{
	if (cold->buffer)
		munmap((void *)(uintptr_t)cold->buffer, cold->bytes);
	*cold = (struct vb_sweep){ 0 };
}
