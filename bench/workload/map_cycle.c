// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * map_cycle: what a virtual machine's start and end do to VFIO, phase by phase.
 * Memory is got and made present (prefault=), mapped in count= pieces of size=,
 * unmapped by as many requests as unmaps= says, and given back; each phase is
 * timed by itself.  The section's threads share the window: each maps and unmaps
 * its part of it.  In which order: pattern=; with what gaps of IOVA: stride=; how
 * many at once: batch=; with how much memory behind them: buffers=; for how many
 * rounds: remap_every=.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench/engine/memory_seen.h"
#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

enum { ROUNDS, REMAPS };

static const char *const counts[] = { [ROUNDS] = "rounds", [REMAPS] = "memory_got", NULL };

/* When one thread was busy with its part. */
struct part {
	uint64_t map_start, map_end, unmap_start, unmap_end;
};

/* What the threads share, by the window; the first makes and frees it. */
struct cycle {
	uint64_t step_bytes;		/* of IOVA, from one mapping to the next */
	unsigned int buffers;
	unsigned int requests;
	uint64_t rounds;		/* since memory was got */
	bool failed;			/* the first could not begin: the others skip the round */
	bool charged;			/* what is mapped is pinned and charged by type1, and by nobody else */
	uint64_t locked_before, pins_before;
	struct part *part;		/* by thread */
	uint32_t *order;		/* of the mappings */
};

static void meet(struct vb_worker *w)
{
	if (w->window->barrier)
		pthread_barrier_wait(w->window->barrier);
}

/* Each fourth from the first on, then from the second, the fourth, the third. */
static void interleave(uint32_t *order, unsigned int count)
{
	static const unsigned int from[] = { 0, 1, 3, 2 };
	unsigned int n = 0;

	for (size_t i = 0; i < 4; i++)
		for (unsigned int at = from[i]; at < count; at += 4)
			order[n++] = at;
}

static void make_order(struct vb_worker *w, uint32_t *order, unsigned int count)
{
	if (w->section->pattern == VB_PATTERN_INTERLEAVED) {
		interleave(order, count);
		return;
	}
	for (unsigned int i = 0; i < count; i++)
		order[i] = w->section->pattern == VB_PATTERN_REVERSE ? count - 1 - i : i;
	if (w->section->pattern != VB_PATTERN_RANDOM)
		return;
	for (unsigned int i = count; i > 1; i--) {
		unsigned int other = (unsigned int)(vb_random(w) % i);
		uint32_t last = order[i - 1];

		order[i - 1] = order[other];
		order[other] = last;
	}
}

/* Does the kernel's count of what is pinned and charged tell of this window alone? */
static bool is_charged(const struct vb_worker *w)
{
	const struct vb_plan *plan = w->container->plan;

	return plan && plan->run->nr_sections == 1 && w->section->device == VB_TARGET_PCI &&
	       plan->run->global.iommu->has_devices;
}

static int setup(struct vb_worker *w)
{
	const struct vb_section *s = w->section;
	struct cycle *c;

	if (w->plan->thread)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	w->window->priv = c;
	c->part = calloc(s->threads, sizeof(*c->part));
	c->order = malloc(s->count * sizeof(*c->order));
	if (!c->part || !c->order)
		return -ENOMEM;
	c->step_bytes = s->stride_bytes ? s->stride_bytes : s->size_bytes;
	c->buffers = s->buffers && s->buffers < s->count ? s->buffers : s->count;
	c->requests = s->unmaps && s->unmaps < s->count ? s->unmaps : s->count;
	c->charged = is_charged(w);
	make_order(w, c->order, s->count);
	return 0;
}

static void timed(struct vb_worker *w, enum vb_metric metric, uint64_t start, uint64_t end)
{
	vb_op_sample(w, metric, 0, start, end, 0);
	vb_hist_add(&w->shared->hist[metric], end - start);
}

static int get_bar(struct vb_worker *w, uint64_t bytes)
{
	struct vb_memory *memory = &w->window->memory;
	int ret = vb_device_bar_memory(w->container->device, memory);

	if (!ret && memory->size_bytes < bytes)
		ret = vb_step_failed(w, "the device's largest BAR that can be mapped has %zu KiB",
				     memory->size_bytes >> 10);
	return ret;
}

/* Memory, made present; its time is no part of a map's. */
static int get_memory(struct vb_worker *w, const struct cycle *c)
{
	const struct vb_section *s = w->section;
	struct vb_memory *memory = &w->window->memory;
	uint64_t start;
	int ret;

	if (memory->addr)
		return 0;
	if (s->backing == VB_BACKING_BAR)
		ret = get_bar(w, s->size_bytes * c->buffers);
	else
		ret = vb_memory_reserve(memory, s->backing, s->size_bytes * c->buffers,
					w->window->plan->mem_node, s->thp);
	start = vb_now_ns();
	if (!ret)
		ret = vb_memory_prefault(memory, s->prefault, s->prefault_threads);
	if (!ret && s->prefault != VB_PREFAULT_NONE)
		timed(w, VB_METRIC_PREFAULT, start, vb_now_ns());
	if (!ret)
		w->shared->tally.count[REMAPS]++;
	return ret;
}

static uint64_t locked_bytes(void)
{
	struct vb_locked locked;

	return vb_locked_read(0, &locked) ? 0 : locked.locked_bytes;
}

static int begin(struct vb_worker *w, struct cycle *c)
{
	int ret;

	vb_tables_before(&w->container->shared->tables);
	ret = get_memory(w, c);
	if (c->charged) {
		c->locked_before = locked_bytes();
		c->pins_before = vb_own_foll_pins();
	}
	c->failed = ret != 0;
	w->window->mapped = !ret;
	return ret;
}

/* The first of the mappings that are thread @t's, of @number in all. */
static uint64_t share(const struct vb_worker *w, uint64_t number, uint64_t t)
{
	return number * t / w->section->threads;
}

static int map_one(struct vb_worker *w, const struct cycle *c, uint64_t n)
{
	uint64_t size = w->section->size_bytes, i = c->order[n];
	char *memory = w->window->memory.addr;

	return vb_op_map_at(w, i * c->step_bytes, memory + i % c->buffers * size, size);
}

static int map_part(struct vb_worker *w, struct cycle *c)
{
	uint64_t t = w->plan->thread, end = share(w, w->section->count, t + 1);
	int ret = 0;

	c->part[t].map_start = vb_now_ns();
	for (uint64_t n = share(w, w->section->count, t); n < end && !ret; n++)
		ret = map_one(w, c, n);
	c->part[t].map_end = vb_now_ns();
	return ret;
}

/* Request @n: its stretch of the window, gaps and all, and the bytes that are mapped there. */
static int unmap_one(struct vb_worker *w, const struct cycle *c, uint64_t n)
{
	uint64_t count = w->section->count, size = w->section->size_bytes, unmapped;
	uint64_t first = count * n / c->requests, end = count * (n + 1) / c->requests;
	int ret, ended;

	if (c->requests == count)
		ret = vb_op_unmap(w, c->order[n] * c->step_bytes, size, VB_METRIC_UNMAP, &unmapped);
	else
		ret = vb_op_unmap(w, first * c->step_bytes, (end - first - 1) * c->step_bytes + size,
				  VB_METRIC_REQUEST, &unmapped);
	ended = vb_op_request_end(w);
	if (ret)
		return ret;
	vb_op_verify(w, unmapped == (end - first) * size,
		     "a request told another number of bytes than were mapped there");
	return ended;
}

static int unmap_part(struct vb_worker *w, struct cycle *c)
{
	uint64_t t = w->plan->thread, end = share(w, c->requests, t + 1);
	int ret = 0;

	c->part[t].unmap_start = vb_now_ns();
	for (uint64_t n = share(w, c->requests, t); n < end && !ret; n++)
		ret = unmap_one(w, c, n);
	c->part[t].unmap_end = vb_now_ns();
	return ret;
}

/* batch=: a few at once, by one thread, and on to the next. */
static int cycle_part(struct vb_worker *w, struct cycle *c)
{
	uint64_t t = w->plan->thread, end = share(w, w->section->count, t + 1), n, last;
	int ret = 0;

	for (uint64_t at = share(w, w->section->count, t); at < end && !ret; at = last) {
		last = end - at > w->section->batch ? at + w->section->batch : end;
		for (n = at; n < last && !ret; n++)
			ret = map_one(w, c, n);
		if (!ret)
			ret = vb_op_open_range(w, 0, w->window->plan->size_bytes);
		for (n = at; n < last && !ret; n++)
			ret = unmap_one(w, c, n);
	}
	return ret;
}

/* From the first thread's start to the last one's end. */
static void time_all(struct vb_worker *w, const struct cycle *c)
{
	struct part all = c->part[0];

	for (unsigned int t = 1; t < w->section->threads; t++) {
		const struct part *p = &c->part[t];

		all.map_start = p->map_start < all.map_start ? p->map_start : all.map_start;
		all.map_end = p->map_end > all.map_end ? p->map_end : all.map_end;
		all.unmap_start = p->unmap_start < all.unmap_start ? p->unmap_start : all.unmap_start;
		all.unmap_end = p->unmap_end > all.unmap_end ? p->unmap_end : all.unmap_end;
	}
	timed(w, VB_METRIC_MAP_ALL, all.map_start, all.map_end);
	timed(w, VB_METRIC_UNMAP_ALL, all.unmap_start, all.unmap_end);
}

/* The kernel's own counts, against the books. */
static void verify_charged(struct vb_worker *w, const struct cycle *c, uint64_t bytes)
{
	uint64_t pins = c->charged ? vb_own_foll_pins() : UINT64_MAX;

	if (!c->charged)
		return;
	vb_op_verify(w, locked_bytes() - c->locked_before == bytes, bytes ?
		     "VmLck did not grow by what was mapped" : "VmLck is not what it was before the maps");
	if (pins != UINT64_MAX)
		vb_op_verify(w, pins - c->pins_before == bytes / VB_JOB_PAGE, bytes ?
			     "the kernel does not hold as many pages as were mapped" :
			     "pages stayed pinned after their unmap");
}

static int look_at_mapped(struct vb_worker *w, struct cycle *c)
{
	bool bar = w->section->backing == VB_BACKING_BAR;	/* no pages: nothing to pin or to charge */

	verify_charged(w, c, bar ? 0 : w->section->count * w->section->size_bytes);
	vb_tables_mapped(&w->container->shared->tables);
	return vb_op_open_range(w, 0, w->window->plan->size_bytes);
}

static void end_round(struct vb_worker *w, struct cycle *c)
{
	uint64_t start;

	w->window->mapped = false;
	if (!w->section->batch)
		time_all(w, c);
	if (w->section->backing != VB_BACKING_BAR)
		vb_op_memory_seen(w, &w->window->memory);
	verify_charged(w, c, 0);
	vb_tables_left(&w->container->shared->tables);
	w->shared->tally.count[ROUNDS]++;
	if (!w->section->remap_every || ++c->rounds < w->section->remap_every)
		return;
	c->rounds = 0;
	start = vb_now_ns();
	vb_memory_free(&w->window->memory);
	timed(w, VB_METRIC_MUNMAP, start, vb_now_ns());
}

/* Every thread comes to every meeting, whatever failed. */
static int map_and_unmap(struct vb_worker *w, struct cycle *c, int ret)
{
	if (!ret && !c->failed)
		ret = map_part(w, c);
	meet(w);
	if (!w->plan->thread && !ret)
		ret = look_at_mapped(w, c);
	meet(w);
	return ret || c->failed ? ret : unmap_part(w, c);
}

static int step(struct vb_worker *w)
{
	struct cycle *c = w->window->priv;
	bool first = !w->plan->thread;
	int ret = first ? begin(w, c) : 0;

	meet(w);
	if (!w->section->batch)
		ret = map_and_unmap(w, c, ret);
	else if (!ret && !c->failed)
		ret = cycle_part(w, c);
	meet(w);
	if (first && !ret)
		end_round(w, c);
	return ret;
}

static int teardown(struct vb_worker *w)
{
	struct cycle *c = w->window->priv;
	int ret;

	if (w->plan->thread)
		return 0;
	ret = vb_op_unmap_window(w);
	vb_memory_free(&w->window->memory);
	free(c->part);
	free(c->order);
	free(c);
	w->window->priv = NULL;
	return ret;
}

const struct vb_workload_ops vb_workload_map_cycle = {
	.name = "map_cycle",
	.summary = "memory got, made present, mapped in pieces, unmapped, given back: each phase timed",
	.counts = counts,
	.shares_window = true,
	.strides = true,
	.cycles = true,
	.own_memory = true,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
