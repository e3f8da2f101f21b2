/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker, and the timed operations that workloads are made of. */
#ifndef VB_WORKER_H
#define VB_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/engine/container.h"
#include "bench/engine/guard.h"
#include "bench/engine/plan.h"
#include "bench/engine/shared.h"
#include "lib/machine/memory.h"
#include "lib/measure/clock.h"
#include "lib/measure/samples.h"

#define VB_MEMORY_SAMPLES 64	/* pages looked at to see on which node memory is */

/* A window's memory, shared by the workers of that window. */
struct vb_window {
	const struct vb_plan_window *plan;
	struct vb_memory memory;
	bool mapped;			/* workload's own note: something is mapped there */
	bool told;			/* the workload has: vb_op_memory_seen() */
	pthread_barrier_t *barrier;	/* of the threads that share the window, or NULL */
	bool go;			/* those threads' common decision to go on */
	void *priv;			/* what the workload's threads share; the first one's to free */
	uint64_t bytes;			/* likewise, a number */
};

struct vb_worker {
	const struct vb_plan_worker *plan;
	const struct vb_section *section;
	struct vb_container *container;
	struct vb_window *window;
	struct vb_worker_shared *shared;
	volatile struct vb_slot_page *slot;	/* NULL: the window is not pinned in */
	uint64_t iova;			/* of the window */
	char *memory;			/* NULL: the workload gets its own */
	uint64_t cursor;		/* for workloads that walk their window */
	uint64_t random;		/* state of vb_random() */
	void *priv;			/* the workload's own, from setup() to teardown() */
	struct vb_sample_ring *samples;	/* NULL: operations are not recorded (now) */
	bool remember;			/* last_ops= */
	bool looked_at;			/* one of the two */
	bool attended;			/* that, or it has a slot: requests are told of */
};

/* xorshift64*: for patterns, not for secrets. */
static inline uint64_t vb_random(struct vb_worker *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * 0x2545f4914f6cdd1dull;
}

/*
 * A step's failure that has no errno of its own: notes @format and returns
 * -EIO, for the step to return.
 */
int vb_step_failed(struct vb_worker *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void vb_op_wrong(struct vb_worker *w, const char *what);
/*
 * Note whether what a workload looked at is as it has to be; the run goes on,
 * the audit fails ("verified") if anything was not.  @what is told for the first.
 */
static inline void vb_op_verify(struct vb_worker *w, bool right, const char *what)
{
	w->shared->tally.verified++;
	if (__builtin_expect(!right, 0))
		vb_op_wrong(w, what);
}

/*
 * Out of the way of operations that nobody looks at (w->looked_at): remember one of @size
 * bytes at @offset (last_ops=), record it as a sample (samples=), or both.
 */
void vb_op_seen(struct vb_worker *w, enum vb_metric metric, uint64_t offset, uint64_t size,
		uint64_t start_ns, uint64_t end_ns, int result);
/* The unmap request that begins, in case it never comes back; and the end of it. */
void vb_op_request_begun(struct vb_worker *w, uint64_t iova, uint64_t size);
void vb_op_request_seen(struct vb_worker *w, enum vb_metric metric, uint64_t offset, uint64_t size,
			uint64_t start_ns, uint64_t end_ns, int result);

/* Every operation that enters a histogram, or fails, can be looked at. */
static inline void vb_op_sample_sized(struct vb_worker *w, enum vb_metric metric, uint64_t offset,
				      uint64_t size, uint64_t start_ns, uint64_t end_ns, int result)
{
	if (__builtin_expect(w->looked_at, 0))
		vb_op_seen(w, metric, offset, size, start_ns, end_ns, result);
}

static inline void vb_op_sample(struct vb_worker *w, enum vb_metric metric, uint64_t offset,
				uint64_t start_ns, uint64_t end_ns, int result)
{
	vb_op_sample_sized(w, metric, offset, 0, start_ns, end_ns, result);
}

/* Map @size bytes at @offset of the window; timed. */
static inline int vb_op_map(struct vb_worker *w, uint64_t offset, uint64_t size)
{
	struct vb_worker_shared *sh = w->shared;
	uint64_t start = vb_now_ns();
	int ret = vb_iommu_map(&w->container->iommu, w->memory + offset, w->iova + offset, size,
			       VB_PROT_READ | VB_PROT_WRITE);
	uint64_t end = vb_now_ns();

	vb_op_sample_sized(w, VB_METRIC_MAP, offset, size, start, end, ret);
	if (__builtin_expect(ret, 0))
		return ret;
	vb_hist_add(&sh->hist[VB_METRIC_MAP], end - start);
	sh->tally.maps++;
	sh->tally.mapped_bytes += size;
	return 0;
}

/*
 * The same where IOVA and memory differ: @size bytes of memory at @from, to
 * @offset of the window's IOVAs.
 */
static inline int vb_op_map_at(struct vb_worker *w, uint64_t offset, void *from, uint64_t size)
{
	struct vb_worker_shared *sh = w->shared;
	uint64_t start = vb_now_ns();
	int ret = vb_iommu_map(&w->container->iommu, from, w->iova + offset, size,
			       VB_PROT_READ | VB_PROT_WRITE);
	uint64_t end = vb_now_ns();

	vb_op_sample_sized(w, VB_METRIC_MAP, offset, size, start, end, ret);
	if (__builtin_expect(ret, 0))
		return ret;
	vb_hist_add(&sh->hist[VB_METRIC_MAP], end - start);
	sh->tally.maps++;
	sh->tally.mapped_bytes += size;
	return 0;
}

/*
 * An unmap request, of whichever kind, begins and ends: the guard, the slot's
 * stamps (@iova, @size as the vendor driver is told of it), the books, the times.
 * Between the two stands the call that is measured, and nothing else.
 */
static inline uint64_t vb_op_request_begin(struct vb_worker *w, uint64_t iova, uint64_t size)
{
	volatile struct vb_slot_page *slot = w->slot;
	struct vb_worker_shared *sh = w->shared;
	uint64_t start;

	vb_guard_enter(&w->container->guard, &sh->tally);
	if (w->attended) {
		if (slot) {
			slot->iova = iova;
			slot->size = size;
			slot->end_ns = 0;
			sh->tally.slot_requests++;
		}
		if (__builtin_expect(w->remember, 0))
			vb_op_request_begun(w, iova, size);
	}
	start = vb_now_ns();
	if (slot)
		slot->start_ns = start;
	return start;
}

/* @ret: the call's.  Timed as @metric, unless that is VB_NR_METRICS.  Returns @ret. */
static inline int vb_op_request_done(struct vb_worker *w, uint64_t offset, enum vb_metric metric,
				     uint64_t size, uint64_t start, int ret, uint64_t unmapped)
{
	struct vb_worker_shared *sh = w->shared;
	uint64_t end = vb_now_ns();

	if (w->attended) {
		if (w->slot)
			w->slot->end_ns = end;
		if (__builtin_expect(w->looked_at, 0))
			vb_op_request_seen(w, metric, offset, size, start, end, ret);
	}
	vb_guard_leave(&w->container->guard);
	sh->tally.requests++;
	if (__builtin_expect(ret, 0))
		return ret;
	if (metric < VB_NR_METRICS)	/* a constant where this is inlined */
		vb_hist_add(&sh->hist[metric], end - start);
	sh->tally.unmapped_bytes += unmapped;
	return 0;
}

/*
 * One unmap request over @size bytes at @offset; timed as @metric, unless that
 * is VB_NR_METRICS.  *unmapped may be less than size (another thread was
 * faster).  The guard's wait is not timed.
 */
static inline int vb_op_unmap(struct vb_worker *w, uint64_t offset, uint64_t size,
			      enum vb_metric metric, uint64_t *unmapped)
{
	uint64_t start;
	int ret;

	*unmapped = 0;
	start = vb_op_request_begin(w, w->iova + offset, size);
	ret = vb_iommu_unmap(&w->container->iommu, w->iova + offset, size, unmapped);

	return vb_op_request_done(w, offset, metric, size, start, ret, *unmapped);
}

/* After an unmap in a pinned-in window, outside the timed path. */
int vb_op_request_end(struct vb_worker *w);
/* After a map in a pinned-in window, outside the timed path: pins may come again. */
int vb_op_open_range(struct vb_worker *w, uint64_t offset, uint64_t size);
/* Pin @count runs of the section's pin_pages at steps of @stride from @offset; timed. */
int vb_op_pin(struct vb_worker *w, uint64_t offset, uint64_t stride, uint32_t count);
int vb_op_unpin(struct vb_worker *w, uint64_t offset, uint64_t stride, uint32_t count);
/* Map each of the window's mappings by itself, and let pins come. */
int vb_op_map_window(struct vb_worker *w);
/* Pin one run in each pin_every= mappings of the window; returns how many runs, or -errno. */
int vb_op_pin_window(struct vb_worker *w);
/* @size bytes of memory as the section says: backing, node, huge pages; present, by prefault=. */
int vb_op_memory_get(struct vb_worker *w, struct vb_memory *memory, uint64_t size);
/*
 * For workloads with memory of their own, or that give the window's away before
 * the run ends: note on which node it is, how much of it is in huge pages and what
 * folios it has, outside the timed path.  The first that is told stays.
 */
void vb_op_memory_seen(struct vb_worker *w, const struct vb_memory *memory);
/* Unmap all of the window that is still mapped; for teardown. */
int vb_op_unmap_window(struct vb_worker *w);

/*
 * All workers of a plan: start them, lead them through the phases, join them.
 * @samples: where they record each operation; NULL: nowhere.  0, or the first
 * worker's -errno (also in shared->error).
 */
int vb_workers_run(struct vb_container *c, const struct vb_plan *plan,
		   const struct vb_topology *topology, struct vb_samples *samples,
		   struct vb_worker_shared **shared);

#endif /* VB_WORKER_H */
