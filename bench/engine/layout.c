// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows in IOVA space. */
#include <errno.h>
#include <stdio.h>

#include "bench/engine/layout.h"
#include "lib/stats/random.h"

struct placing {
	struct vb_plan *plan;
	uint64_t limit;			/* last IOVA that the device reaches */
	struct vb_random random;
	unsigned int order[VB_MAX_WORKERS];	/* of the windows; those for DMA first */
	unsigned int nr_dma;
	uint64_t next;
	char *err;
	size_t err_size;
};

static uint64_t aligned(uint64_t bytes)
{
	return (bytes + VB_LAYOUT_ALIGN - 1) & ~(VB_LAYOUT_ALIGN - 1);
}

/* The plan has them in this order already; only what is random changes it. */
static void find_order(struct placing *l)
{
	struct vb_plan *plan = l->plan;

	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		l->order[i] = i;
		l->nr_dma += plan->window[i].section->workload->needs_dma;
	}
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		plan->start_order[i] = i;
	if (plan->run->global.layout != VB_LAYOUT_RANDOM)
		return;
	vb_random_shuffle(&l->random, l->order, l->nr_dma);
	vb_random_shuffle(&l->random, l->order + l->nr_dma, plan->nr_windows - l->nr_dma);
	vb_random_shuffle(&l->random, plan->start_order, plan->nr_workers);
}

/* Room that windows @from to @to of the order take one behind the other; UINT64_MAX: no such room. */
static uint64_t room(const struct placing *l, unsigned int from, unsigned int to)
{
	uint64_t sum = 0;

	for (unsigned int i = from; i < to; i++)
		if (__builtin_add_overflow(sum, aligned(l->plan->window[l->order[i]].size_bytes), &sum))
			return UINT64_MAX;
	return sum;
}

/* Move on to a base in [first, end) from which @bytes fit; false: there is none. */
static bool choose_base(struct placing *l, uint64_t first, uint64_t end, uint64_t bytes)
{
	if (first >= end || bytes > end - first)
		return false;
	l->next = first + VB_LAYOUT_ALIGN *
		  vb_random_below(&l->random, (end - first - bytes) / VB_LAYOUT_ALIGN + 1);
	return true;
}

static int place(struct placing *l, struct vb_plan_window *win)
{
	const struct vb_section *s = win->section;

	win->iova = l->next;
	if (win->iova < VB_LAYOUT_MSI_END && win->iova + win->size_bytes > VB_LAYOUT_MSI_FIRST)
		win->iova = VB_LAYOUT_HIGH;
	if (win->iova + win->size_bytes < win->iova) {
		snprintf(l->err, l->err_size, "section [%s]: %llu mappings of %llu bytes don't fit the "
			 "address space: lower count= or size=", s->name,
			 (unsigned long long)s->count, (unsigned long long)s->size_bytes);
		return -EINVAL;
	}
	if (s->workload->needs_dma && win->iova + win->size_bytes - 1 > l->limit) {
		snprintf(l->err, l->err_size, "section [%s]: its window ends at IOVA 0x%llx, the device "
			 "reaches 0x%llx: put the section first, or make it smaller", s->name,
			 (unsigned long long)(win->iova + win->size_bytes - 1),
			 (unsigned long long)l->limit);
		return -EINVAL;
	}
	l->next = aligned(win->iova + win->size_bytes);
	return 0;
}

static int place_some(struct placing *l, unsigned int from, unsigned int to)
{
	int ret = 0;

	for (unsigned int i = from; i < to && !ret; i++)
		ret = place(l, &l->plan->window[l->order[i]]);
	return ret;
}

/* What the device's driver needs for itself: behind the windows for DMA, clear of all. */
static int place_device(struct placing *l, const struct vb_device *device)
{
	struct vb_plan *plan = l->plan;
	uint64_t bytes = plan->device_bytes;

	if (!bytes)
		return 0;
	if (l->next < VB_LAYOUT_MSI_END && l->next + bytes > VB_LAYOUT_MSI_FIRST)
		l->next = VB_LAYOUT_HIGH;
	if (l->next + bytes < l->next || l->next + bytes - 1 > l->limit) {
		snprintf(l->err, l->err_size, "device %s: no room behind the windows for its driver's own "
			 "memory: lower count= or size= of what does DMA", device->address);
		return -EINVAL;
	}
	plan->device_iova = l->next;
	plan->mappings++;
	plan->mapped_bytes += bytes;
	l->next = aligned(l->next + bytes);
	return 0;
}

/* The driver's own memory lies behind the windows that DMA reaches, in their room. */
static uint64_t dma_room(const struct placing *l)
{
	uint64_t bytes = room(l, 0, l->nr_dma);

	return bytes == UINT64_MAX ? bytes : bytes + aligned(l->plan->device_bytes);
}

int vb_layout_make(struct vb_plan *plan, const struct vb_device *device, uint64_t seed, char *err,
		   size_t err_size)
{
	struct placing l = { .plan = plan, .limit = device ? device->dma_last : UINT64_MAX,
			    .err = err, .err_size = err_size };
	bool random = plan->run->global.layout == VB_LAYOUT_RANDOM;
	uint64_t reach;
	int ret;

	vb_random_init(&l.random, seed);
	find_order(&l);
	if ((plan->uses_device || plan->needs_bar) && device)
		plan->device_bytes = device->ops->own_bytes;
	/* DMA below the MSI window, so that a device of 32 bits does it. */
	reach = l.limit < VB_LAYOUT_MSI_FIRST ? l.limit + 1 : VB_LAYOUT_MSI_FIRST;
	if (random && l.nr_dma)
		choose_base(&l, 0, reach, dma_room(&l));
	ret = place_some(&l, 0, l.nr_dma);
	if (!ret)
		ret = place_device(&l, device);
	/* The probe's page has room behind the last. */
	if (!ret && random)
		choose_base(&l, l.next > VB_LAYOUT_HIGH ? l.next : VB_LAYOUT_HIGH,
			    VB_LAYOUT_RANDOM_END - VB_LAYOUT_ALIGN,
			    room(&l, l.nr_dma, plan->nr_windows));
	if (!ret)
		ret = place_some(&l, l.nr_dma, plan->nr_windows);
	plan->probe_iova = l.next;
	return ret;
}
