// SPDX-License-Identifier: GPL-2.0-or-later
/* Is there as much memory as a plan needs?  Told before a run, not by one that fails. */
#include <inttypes.h>
#include <stdio.h>

#include "bench/engine/preflight.h"
#include "lib/machine/memory-room.h"
#include "lib/machine/pci.h"

#define MIB	((uint64_t)1 << 20)

static uint64_t mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

/* Memory in pages of @page_bytes on @node that all windows need. */
static uint64_t needed(const struct vb_plan *plan, int node, size_t page_bytes)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		const struct vb_plan_window *w = &plan->window[i];
		enum vb_backing backing = w->section->backing;

		if (backing != VB_BACKING_BAR && w->mem_node == node &&
		    vb_backing_page_bytes(backing) == page_bytes)
			sum += (w->needed_bytes + page_bytes - 1) / page_bytes * page_bytes;
	}
	return sum;
}

static bool lacks_memory(const struct vb_plan *plan, const struct vb_plan_window *w, char *why,
			 size_t size)
{
	size_t page = vb_backing_page_bytes(w->section->backing);
	uint64_t need = needed(plan, w->mem_node, page), have;
	char node[32] = "this machine";

	if (vb_memory_free_bytes(w->mem_node, page, &have)) {
		if (page <= VB_JOB_PAGE)
			return false;	/* nobody can tell */
		have = 0;		/* the kernel has no pages of that size */
	}
	if (have >= need)
		return false;
	if (w->mem_node >= 0)
		snprintf(node, sizeof(node), "node %d", w->mem_node);
	if (page <= VB_JOB_PAGE)
		snprintf(why, size, "%" PRIu64 " MiB of memory are needed, %s has %" PRIu64 " MiB free: give "
			 "a larger scale= than %u, or smaller windows", mib(need), node, have / MIB,
			 plan->run->global.scale);
	else
		snprintf(why, size, "%" PRIu64 " huge pages of %" PRIu64 " MiB are needed, %s has %" PRIu64
			 " free: reserve them (hugepages-%zukB/nr_hugepages in sysfs), or give a larger "
			 "scale= than %u", need / page, page / MIB, node, have / page, page >> 10,
			 plan->run->global.scale);
	return true;
}

static bool lacks_bar(const struct vb_plan *plan, const struct vb_plan_window *w,
		      const struct vb_device *device, char *why, size_t size)
{
	uint64_t have;

	if (!device || vb_pci_largest_bar(device->address, &have) || have >= w->needed_bytes)
		return false;
	snprintf(why, size, "the largest BAR of %s has %" PRIu64 " KiB, %" PRIu64 " KiB are to be mapped: "
		 "give another device, or a larger scale= than %u", device->address, have >> 10,
		 w->needed_bytes >> 10, plan->run->global.scale);
	return true;
}

bool vb_preflight_lacks_room(const struct vb_plan *plan, const struct vb_device *device, char *why,
			     size_t size)
{
	bool lacks = false;

	for (unsigned int i = 0; i < plan->nr_windows && !lacks; i++) {
		const struct vb_plan_window *w = &plan->window[i];

		if (w->section->backing == VB_BACKING_BAR)
			lacks = lacks_bar(plan, w, device, why, size);
		else
			lacks = lacks_memory(plan, w, why, size);
	}
	return lacks;
}
