// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings of blocks, and the thread that writes them. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "lib/measure/samples-file.h"
#include "lib/measure/samples.h"

#define ROOM_BYTES	(256u << 20)	/* of all rings together */
#define MIN_BLOCKS	8u
#define MAX_BLOCKS	256u		/* a quarter of a second of 4 million a second */
#define PAUSE_NS	2000000u	/* many blocks fit a ring: it need not look more often */

struct vb_samples {
	struct vb_sample_ring **ring;	/* each in its worker's memory, behind its blocks */
	unsigned int nr_rings;
	struct vb_samples_file file;
	int cpu;			/* wanted */
	int cpu_seen;
	double cpu_s;
	uint64_t pause_ns;
	pthread_t thread;
	bool running;
	_Atomic bool stop;
};

static void hand_over(struct vb_sample_ring *r, uint64_t filled)
{
	struct vb_sample_block *b = &r->block[filled % r->nr_blocks];

	b->header.count = (uint32_t)(r->next - b->sample);
	b->header.lost = r->lost;
	r->next = r->end = NULL;
	atomic_store_explicit(&r->filled, filled + 1, memory_order_release);
}

bool vb_sample_turn(struct vb_sample_ring *r, uint64_t end_ns)
{
	uint64_t filled = atomic_load_explicit(&r->filled, memory_order_relaxed);
	struct vb_sample_block *b;

	if (r->next)
		hand_over(r, filled++);
	if (filled - atomic_load_explicit(&r->freed, memory_order_acquire) == r->nr_blocks) {
		r->lost++;
		return false;
	}
	b = &r->block[filled % r->nr_blocks];
	b->header.base_ns = end_ns;
	r->next = b->sample;
	r->end = r->next + VB_SAMPLES_PER_BLOCK;
	r->last_end_ns = end_ns;
	return true;
}

void vb_sample_seal(struct vb_sample_block *b, uint32_t worker, uint64_t sequence,
		    unsigned int flags)
{
	size_t used = VB_SAMPLE_HEADER_BYTES;

	used += b->header.count * (worker == VB_SAMPLE_NO_WORKER ? 1 : sizeof(struct vb_sample));
	memset((char *)b + used, 0, VB_SAMPLE_BLOCK_BYTES - used);
	b->header.magic = VB_SAMPLE_MAGIC;
	b->header.version = VB_SAMPLE_VERSION;
	b->header.flags = (uint16_t)flags;
	b->header.worker = worker;
	b->header.sequence = sequence;
	b->header.crc32 = 0;
	memset(b->header.reserved, 0, sizeof(b->header.reserved));
	b->header.crc32 = (uint32_t)crc32(0, (const Bytef *)b, VB_SAMPLE_BLOCK_BYTES);
}

/* The file has let go of a block: those at the front of its ring are the worker's again. */
static void give_back(void *arg, unsigned int ring, uint64_t index, int error)
{
	struct vb_samples *s = arg;
	struct vb_sample_ring *r = s->ring[ring];
	uint64_t freed = atomic_load_explicit(&r->freed, memory_order_relaxed);
	uint64_t count = r->block[index].header.count;

	if (error)
		r->unwritten += count;
	else
		r->written += count;
	r->done[index] = true;
	while (freed < r->taken && r->done[freed % r->nr_blocks])
		r->done[freed++ % r->nr_blocks] = false;
	atomic_store_explicit(&r->freed, freed, memory_order_release);
}

static void write_block(struct vb_samples *s, unsigned int ring, unsigned int flags)
{
	struct vb_sample_ring *r = s->ring[ring];
	uint64_t index = r->taken % r->nr_blocks;

	vb_sample_seal(&r->block[index], r->worker, r->taken++, flags);
	vb_samples_file_write(&s->file, &r->block[index], ring, index);
}

/* Begin writing all that was handed over; how many blocks. */
static unsigned int take_all(struct vb_samples *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->nr_rings; i++) {
		uint64_t filled = atomic_load_explicit(&s->ring[i]->filled, memory_order_acquire);

		for (; s->ring[i]->taken < filled; n++)
			write_block(s, i, 0);
	}
	vb_samples_file_push(&s->file);
	return n;
}

/* No worker records any more: the block in hand is its last, or an empty one is. */
static void write_last(struct vb_samples *s, unsigned int ring)
{
	struct vb_sample_ring *r = s->ring[ring];
	uint64_t filled = atomic_load(&r->filled);

	if (!r->next) {
		r->block[filled % r->nr_blocks].header.base_ns = r->last_end_ns;
		r->next = r->block[filled % r->nr_blocks].sample;
	}
	hand_over(r, filled);
	write_block(s, ring, VB_SAMPLE_LAST);
}

static void bind_to(int cpu)
{
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	cpu_set_t *set;

	if (cpu < 0)
		return;
	set = CPU_ALLOC(cpu + 1);
	if (!set)
		return;
	CPU_ZERO_S(size, set);
	CPU_SET_S((size_t)cpu, size, set);
	sched_setaffinity(0, size, set);	/* what came of it is seen by sched_getcpu() */
	CPU_FREE(set);
}

static double cpu_seconds(void)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void *thread_main(void *arg)
{
	struct vb_samples *s = arg;
	struct timespec pause = { (time_t)(s->pause_ns / 1000000000u),
				  (long)(s->pause_ns % 1000000000u) };
	bool stop;

	bind_to(s->cpu);
	do {
		stop = atomic_load(&s->stop);	/* before the look that finds all there is */
		if (!take_all(s) && !stop)
			nanosleep(&pause, NULL);
		vb_samples_file_reap(&s->file);
		s->cpu_seen = sched_getcpu();
	} while (!stop);
	/* A full ring has no block for the end: first its blocks come back. */
	vb_samples_file_drain(&s->file);
	for (unsigned int i = 0; i < s->nr_rings; i++)
		write_last(s, i);
	vb_samples_file_push(&s->file);
	vb_samples_file_drain(&s->file);
	s->cpu_s = cpu_seconds();
	return NULL;
}

static unsigned int blocks_for(const struct vb_samples_options *o)
{
	unsigned int n = ROOM_BYTES / VB_SAMPLE_BLOCK_BYTES / o->nr_workers;

	if (o->blocks)
		return o->blocks < 2 ? 2 : o->blocks;
	return n < MIN_BLOCKS ? MIN_BLOCKS : n > MAX_BLOCKS ? MAX_BLOCKS : n;
}

static int make_ring(struct vb_samples *s, unsigned int worker, int node, unsigned int blocks)
{
	size_t bytes = (size_t)blocks * VB_SAMPLE_BLOCK_BYTES;
	struct vb_memory memory = { 0 };
	struct vb_sample_ring *r;
	int ret = vb_memory_alloc(&memory, VB_BACKING_ANONYMOUS, bytes + sizeof(*r), node);

	if (ret)
		return ret;
	r = (struct vb_sample_ring *)(void *)((char *)memory.addr + bytes);
	memset(r, 0, sizeof(*r));
	r->memory = memory;
	r->block = memory.addr;
	r->nr_blocks = blocks;
	r->worker = worker;
	s->ring[s->nr_rings++] = r;
	r->done = calloc(blocks, sizeof(*r->done));
	return r->done ? 0 : -ENOMEM;
}

static int make_rings(struct vb_samples *s, const struct vb_samples_options *o)
{
	unsigned int blocks = blocks_for(o);
	int ret = 0;

	s->ring = calloc(o->nr_workers, sizeof(struct vb_sample_ring *));
	if (!s->ring)
		return -ENOMEM;
	for (unsigned int i = 0; i < o->nr_workers && !ret; i++)
		ret = make_ring(s, i, o->node ? o->node[i] : -1, blocks);
	return ret;
}

static int write_text(struct vb_samples *s, const char *text)
{
	struct vb_sample_block *b = s->ring[0]->block;
	size_t length = strlen(text);

	if (length > VB_SAMPLE_TEXT_MAX)
		return -E2BIG;
	memset(&b->header, 0, sizeof(b->header));
	b->header.count = (uint32_t)length;
	memcpy(b->text, text, length);
	vb_sample_seal(b, VB_SAMPLE_NO_WORKER, 0, 0);
	return vb_samples_file_first(&s->file, b);
}

int vb_samples_open(struct vb_samples **out, const struct vb_samples_options *o)
{
	struct vb_samples *s = calloc(1, sizeof(*s));
	int ret = s ? 0 : -ENOMEM;

	*out = NULL;
	if (ret)
		return ret;
	s->cpu = o->cpu;
	s->cpu_seen = -1;
	s->pause_ns = o->pause_ns ? o->pause_ns : PAUSE_NS;
	ret = make_rings(s, o);
	if (!ret)
		ret = vb_samples_file_open(&s->file, o->fd, o->io, s->ring, s->nr_rings, give_back, s);
	if (!ret)
		ret = write_text(s, o->text ? o->text : "{}");
	if (ret)
		vb_samples_close(s);
	else
		*out = s;
	return ret;
}

int vb_samples_start(struct vb_samples *s)
{
	int ret = -pthread_create(&s->thread, NULL, thread_main, s);

	s->running = !ret;
	return ret;
}

struct vb_sample_ring *vb_samples_ring(struct vb_samples *s, unsigned int worker)
{
	return s->ring[worker];
}

uint64_t vb_samples_lost(const struct vb_samples *s, unsigned int worker)
{
	return s->ring[worker]->lost + s->ring[worker]->unwritten;
}

/* What never came back, because io_uring itself failed, was not written. */
static void count_stranded(struct vb_sample_ring *r)
{
	for (uint64_t i = atomic_load(&r->freed); i < r->taken; i++)
		if (!r->done[i % r->nr_blocks])
			r->unwritten += r->block[i % r->nr_blocks].header.count;
	atomic_store(&r->freed, r->taken);
}

static void end_thread(struct vb_samples *s)
{
	if (!s->running)
		return;
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	s->running = false;
	for (unsigned int i = 0; i < s->nr_rings; i++)
		count_stranded(s->ring[i]);
}

void vb_samples_stop(struct vb_samples *s, struct vb_samples_stats *stats)
{
	end_thread(s);
	memset(stats, 0, sizeof(*stats));
	for (unsigned int i = 0; i < s->nr_rings; i++) {
		stats->written += s->ring[i]->written;
		stats->lost += vb_samples_lost(s, i);
	}
	stats->cpu = s->cpu_seen;
	stats->cpu_s = s->cpu_s;
	vb_samples_file_finish(&s->file, &stats->bytes, &stats->error);
	stats->io = vb_samples_file_way(&s->file);
}

void vb_samples_close(struct vb_samples *s)
{
	if (!s)
		return;
	end_thread(s);
	vb_samples_file_close(&s->file);
	for (unsigned int i = 0; i < s->nr_rings; i++) {
		struct vb_memory memory = s->ring[i]->memory;

		free(s->ring[i]->done);
		vb_memory_free(&memory);	/* and the ring with it */
	}
	free(s->ring);
	free(s);
}
