/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording every operation.  Each worker fills blocks of a ring of its own,
 * in memory of its node, and hands them over whole; one thread writes them to
 * a file from where they lie (io_uring with registered buffers, around the
 * page cache where the file system can) and gives them back.  A worker takes
 * no lock, makes no system call and never waits: when its ring is full,
 * samples are lost, and counted.
 */
#ifndef VB_SAMPLES_H
#define VB_SAMPLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/machine/memory.h"
#include "lib/measure/sample-format.h"

#define VB_CACHE_LINE 64

/*
 * One producer, one consumer.  @filled and @freed count blocks and only grow;
 * block i lies at i modulo @nr_blocks.
 */
struct vb_sample_ring {
	/* the worker's own */
	struct vb_sample *next;		/* in the block that it fills, NULL: it has none */
	struct vb_sample *end;
	uint64_t last_end_ns;
	uint64_t lost;
	struct vb_sample_block *block;	/* nr_blocks of them */
	uint64_t nr_blocks;
	/* handed over: the worker writes, the thread reads */
	_Alignas(VB_CACHE_LINE) _Atomic uint64_t filled;
	/* given back: the thread writes, the worker reads */
	_Alignas(VB_CACHE_LINE) _Atomic uint64_t freed;
	/* the thread's own */
	_Alignas(VB_CACHE_LINE) uint64_t taken;	/* blocks whose writing has begun */
	bool *done;			/* of each block: its writing has ended */
	uint32_t worker;
	uint64_t written;		/* samples */
	uint64_t unwritten;		/* samples of blocks whose writing failed */
	struct vb_memory memory;
};

enum vb_samples_io {
	VB_SAMPLES_URING,		/* io_uring, where it can be had */
	VB_SAMPLES_PWRITE,
};

/* Cold: another block, or none to be had.  False: @ring has no room, the sample is counted as lost. */
bool vb_sample_turn(struct vb_sample_ring *ring, uint64_t end_ns);

/* Record one operation that ended at @end_ns; the worker's own thread. */
static inline void vb_sample_put(struct vb_sample_ring *ring, uint64_t end_ns,
				 uint64_t duration_ns, uint64_t page, unsigned int metric,
				 int result)
{
	uint64_t delta = end_ns - ring->last_end_ns;
	struct vb_sample *s;

	if (__builtin_expect(ring->next == ring->end || delta >> 32, 0)) {
		if (!vb_sample_turn(ring, end_ns))
			return;
		delta = 0;
	}
	if (__builtin_expect(duration_ns > VB_SAMPLE_DURATION_MAX, 0))
		duration_ns = VB_SAMPLE_DURATION_MAX;
	s = ring->next++;
	s->end_delta_ns = (uint32_t)delta;
	s->duration_low = (uint32_t)duration_ns;
	s->page = (uint32_t)page;
	s->duration_high = (uint8_t)(duration_ns >> 32);
	s->metric = (uint8_t)metric;
	s->result = (int16_t)result;
	ring->last_end_ns = end_ns;
}

struct vb_samples;

struct vb_samples_options {
	int fd;				/* of an empty file; stays the caller's */
	unsigned int nr_workers;
	const int *node;		/* of each worker; -1: anywhere */
	unsigned int blocks;		/* of each ring, 2 at least; 0: as memory allows */
	enum vb_samples_io io;
	const char *text;		/* for the first block, at most VB_SAMPLE_TEXT_MAX bytes */
	int cpu;			/* for the thread; -1: it goes where the kernel puts it */
	uint64_t pause_ns;		/* sleep when there is nothing to write; 0: the default */
};

/* How it went.  Every number is final after vb_samples_stop() only. */
struct vb_samples_stats {
	uint64_t written;		/* samples of all workers */
	uint64_t lost;			/* of all workers: no room, or not written */
	uint64_t bytes;			/* of the file */
	const char *io;			/* static: "io_uring fixed O_DIRECT", "io_uring", "pwrite", ... */
	int cpu;			/* where the thread ran last */
	double cpu_s;			/* CPU time that the thread took */
	int error;			/* -errno of the first write that failed; 0 */
};

/*
 * Allocate the rings, touched, and write the first block.  0 or -errno; -ENOSPC
 * and the like when the first block could not be written.
 */
int vb_samples_open(struct vb_samples **samples, const struct vb_samples_options *options);
/* Start the thread.  0 or -errno. */
int vb_samples_start(struct vb_samples *samples);
struct vb_sample_ring *vb_samples_ring(struct vb_samples *samples, unsigned int worker);
/* Samples of @worker that were lost: no room, or not written.  After vb_samples_stop(). */
uint64_t vb_samples_lost(const struct vb_samples *samples, unsigned int worker);
/*
 * Write all that is left, mark each worker's last block, end the thread.  No
 * worker may record any more: what each did happened before this call.
 */
void vb_samples_stop(struct vb_samples *samples, struct vb_samples_stats *stats);
/* Free all; ends the thread if it runs. */
void vb_samples_close(struct vb_samples *samples);

#endif /* VB_SAMPLES_H */
