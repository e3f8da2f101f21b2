// SPDX-License-Identifier: GPL-2.0-or-later
/* The recorder of every operation: ring, file, and reading back. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/measure/samples.h"
#include "lib/result/samples.h"

#define HEAD "{\"metrics\": [\"map\", \"unmap\"], " \
	     "\"workers\": [{\"section\": \"one\"}, {\"section\": \"two\"}]}"
#define PER VB_SAMPLES_PER_BLOCK

struct file {
	char path[64];
	int fd;
};

static void make_file(struct file *f)
{
	strcpy(f->path, "samples-test.XXXXXX");
	f->fd = mkstemp(f->path);
	assert_true(f->fd >= 0);
}

static void drop_file(struct file *f)
{
	close(f->fd);
	unlink(f->path);
}

static struct vb_samples *open_samples(int fd, unsigned int workers, unsigned int blocks,
				       enum vb_samples_io io)
{
	struct vb_samples_options o = { .fd = fd, .nr_workers = workers, .blocks = blocks,
					.io = io, .text = HEAD, .cpu = -1 };
	struct vb_samples *s;

	assert_int_equal(vb_samples_open(&s, &o), 0);
	return s;
}

/* What a file holds, seen sample by sample. */
struct seen {
	int ret;			/* of the last call of the reader */
	char err[512];
	struct vb_sample_totals totals;
	uint64_t last_page[2], last_end[2];
	bool ordered;			/* pages and ends grow, worker by worker */
};

static void look(const char *path, struct seen *seen)
{
	const struct vb_sample_block *b;
	struct vb_sample_reader *r;

	memset(seen, 0, sizeof(*seen));
	seen->ordered = true;
	seen->ret = vb_sample_reader_open(&r, path, seen->err, sizeof(seen->err));
	if (seen->ret)
		return;
	while ((seen->ret = vb_sample_reader_next(r, &b, seen->err, sizeof(seen->err))) == 1) {
		uint64_t end = b->header.base_ns;
		uint32_t w = b->header.worker;

		for (uint32_t i = 0; i < b->header.count; i++) {
			end += b->sample[i].end_delta_ns;
			seen->ordered &= end > seen->last_end[w] &&
					 b->sample[i].page > seen->last_page[w];
			seen->last_end[w] = end;
			seen->last_page[w] = b->sample[i].page;
		}
	}
	seen->totals = *vb_sample_reader_totals(r);
	vb_sample_reader_close(r);
}

static void put(struct vb_sample_ring *r, uint64_t i)
{
	vb_sample_put(r, 1000 + 100 * i, 50 + i % 1000, i, i % 2, 0);
}

static void test_overrun_is_counted_exactly(void **state)
{
	struct vb_samples_stats stats;
	struct vb_samples *s;
	struct seen seen;
	struct file f;

	make_file(&f);
	s = open_samples(f.fd, 2, 3, VB_SAMPLES_URING);
	/* Nobody writes yet: three blocks are all the room there is. */
	for (uint64_t i = 1; i <= 3 * PER + 777; i++)
		put(vb_samples_ring(s, 0), i);
	put(vb_samples_ring(s, 1), 1);
	assert_int_equal(vb_samples_lost(s, 0), 777);
	assert_int_equal(vb_samples_start(s), 0);
	vb_samples_stop(s, &stats);
	assert_int_equal(stats.written, 3 * PER + 1);
	assert_int_equal(stats.lost, 777);
	assert_int_equal(stats.error, 0);
	vb_samples_close(s);
	look(f.path, &seen);
	assert_int_equal(seen.ret, 0);
	assert_true(seen.ordered);
	assert_int_equal(seen.totals.samples, 3 * PER + 1);
	assert_int_equal(seen.totals.lost, 777);
	assert_int_equal(seen.totals.ended, 2);
	assert_int_equal(seen.totals.missing_blocks, 0);
	assert_int_equal(seen.totals.bytes, stats.bytes);
	drop_file(&f);
}

/* After an overrun the worker goes on where room is again. */
static void test_recording_goes_on(void **state)
{
	struct vb_samples_stats stats;
	struct vb_sample_ring *r;
	struct vb_samples *s;
	struct seen seen;
	struct file f;
	uint64_t i;

	make_file(&f);
	s = open_samples(f.fd, 2, 2, VB_SAMPLES_URING);
	r = vb_samples_ring(s, 0);
	for (i = 1; i <= 2 * PER + 5; i++)
		put(r, i);
	assert_int_equal(vb_samples_start(s), 0);
	while (atomic_load(&r->freed) < 2)
		sched_yield();
	put(r, i);
	vb_samples_stop(s, &stats);
	vb_samples_close(s);
	assert_int_equal(stats.written, 2 * PER + 1);
	assert_int_equal(stats.lost, 5);
	look(f.path, &seen);
	assert_int_equal(seen.ret, 0);
	assert_int_equal(seen.last_page[0], 2 * PER + 6);
	assert_int_equal(seen.totals.lost, 5);
	drop_file(&f);
}

struct producer {
	struct vb_sample_ring *ring;
	uint64_t count;
	bool polite;			/* waits for room: loses nothing */
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (uint64_t i = 1; i <= p->count; i++) {
		if (p->polite && i % PER == 1)
			while (atomic_load(&p->ring->filled) - atomic_load(&p->ring->freed) + 2 >
			       p->ring->nr_blocks)
				sched_yield();
		put(p->ring, i);
	}
	return NULL;
}

static void two_threads(enum vb_samples_io io, bool polite, struct seen *seen,
			struct vb_samples_stats *stats, uint64_t count)
{
	struct producer p[2];
	struct vb_samples *s;
	pthread_t thread[2];
	struct file f;

	make_file(&f);
	s = open_samples(f.fd, 2, 4, io);
	assert_int_equal(vb_samples_start(s), 0);
	for (unsigned int i = 0; i < 2; i++) {
		p[i] = (struct producer){ vb_samples_ring(s, i), count, polite };
		assert_int_equal(pthread_create(&thread[i], NULL, produce, &p[i]), 0);
	}
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	vb_samples_stop(s, stats);
	vb_samples_close(s);
	look(f.path, seen);
	drop_file(&f);
}

static void test_wrap_loses_nothing(void **state)
{
	struct vb_samples_stats stats;
	struct seen seen;

	for (int io = VB_SAMPLES_URING; io <= VB_SAMPLES_PWRITE; io++) {
		two_threads((enum vb_samples_io)io, true, &seen, &stats, 40 * PER + 17);
		assert_int_equal(stats.lost, 0);
		assert_int_equal(stats.written, 2 * (40 * PER + 17));
		assert_int_equal(seen.ret, 0);
		assert_true(seen.ordered);
		assert_int_equal(seen.totals.samples, stats.written);
		assert_int_equal(seen.last_page[1], 40 * PER + 17);
		assert_int_equal(seen.totals.ended, 2);
	}
}

/* Faster than any disk: what is there and what was lost make up all. */
static void test_overrun_of_threads(void **state)
{
	struct vb_samples_stats stats;
	struct seen seen;

	two_threads(VB_SAMPLES_URING, false, &seen, &stats, 200 * PER);
	assert_int_equal(stats.written + stats.lost, 2 * 200 * PER);
	assert_true(stats.lost > 0);
	assert_int_equal(seen.ret, 0);
	assert_true(seen.ordered);
	assert_int_equal(seen.totals.samples, stats.written);
	assert_int_equal(seen.totals.lost, stats.lost);
}

static void test_values_come_back(void **state)
{
	static const struct { uint64_t end, duration, page; unsigned int metric; int result; } v[] = {
		{ 5000000000ull, 0, 0, 0, 0 },
		{ 5000000001ull, 1, UINT32_MAX, 1, -EINVAL },
		{ 9294967296ull, (1ull << 32) + 5, 7, 1, 0 },	/* 2^32 - 1 later */
		{ 13589934592ull, VB_SAMPLE_DURATION_MAX, 8, 0, 0 },	/* 2^32 later: a new block */
		{ 13589934592ull, UINT64_MAX, 9, 0, -ENOTRECOVERABLE },
	};
	const struct vb_sample_block *b;
	struct vb_samples_stats stats;
	struct vb_sample_reader *r;
	struct vb_samples *s;
	unsigned int n = 0, blocks = 0;
	struct file f;
	char err[256];

	make_file(&f);
	s = open_samples(f.fd, 1, 4, VB_SAMPLES_URING);
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++)
		vb_sample_put(vb_samples_ring(s, 0), v[i].end, v[i].duration, v[i].page,
			      v[i].metric, v[i].result);
	assert_int_equal(vb_samples_start(s), 0);
	vb_samples_stop(s, &stats);
	vb_samples_close(s);
	assert_int_equal(vb_sample_reader_open(&r, f.path, err, sizeof(err)), 0);
	while (vb_sample_reader_next(r, &b, err, sizeof(err)) == 1) {
		uint64_t end = b->header.base_ns;

		blocks++;
		for (uint32_t i = 0; i < b->header.count; i++, n++) {
			uint64_t most = v[n].duration < VB_SAMPLE_DURATION_MAX ? v[n].duration :
					VB_SAMPLE_DURATION_MAX;

			end += b->sample[i].end_delta_ns;
			assert_int_equal(end, v[n].end);
			assert_int_equal(vb_sample_duration(&b->sample[i]), most);
			assert_int_equal(b->sample[i].page, v[n].page);
			assert_int_equal(b->sample[i].metric, v[n].metric);
			assert_int_equal(b->sample[i].result, v[n].result);
		}
	}
	assert_int_equal(n, 5);
	assert_int_equal(blocks, 2);
	vb_sample_reader_close(r);
	drop_file(&f);
}

/* One worker with 3 blocks and one with a part of one. */
static void write_some(int fd, enum vb_samples_io io, struct vb_samples_stats *stats)
{
	struct vb_samples *s = open_samples(fd, 2, 8, io);

	for (uint64_t i = 1; i <= 3 * PER; i++)
		put(vb_samples_ring(s, 0), i);
	for (uint64_t i = 1; i <= 100; i++)
		put(vb_samples_ring(s, 1), i);
	assert_int_equal(vb_samples_start(s), 0);
	vb_samples_stop(s, stats);
	vb_samples_close(s);
}

static void test_pwrite_writes_the_same(void **state)
{
	struct vb_samples_stats a, b;
	static char one[8 * VB_SAMPLE_BLOCK_BYTES], two[8 * VB_SAMPLE_BLOCK_BYTES];
	struct file f, g;

	make_file(&f);
	make_file(&g);
	write_some(f.fd, VB_SAMPLES_URING, &a);
	write_some(g.fd, VB_SAMPLES_PWRITE, &b);
	print_message("# %s, %s\n", a.io, b.io);
	assert_string_equal(b.io, "pwrite");
	assert_int_equal(a.written, b.written);
	assert_int_equal(a.bytes, 5 * VB_SAMPLE_BLOCK_BYTES);
	assert_int_equal(pread(f.fd, one, sizeof(one), 0), a.bytes);
	assert_int_equal(pread(g.fd, two, sizeof(two), 0), b.bytes);
	assert_int_equal(a.bytes, b.bytes);
	assert_memory_equal(one, two, a.bytes);
	drop_file(&f);
	drop_file(&g);
}

/* Whatever is left of a file: whole blocks are read, the rest is noticed. */
static void test_cut_file(void **state)
{
	struct vb_samples_stats stats;
	struct seen seen;
	struct file f;

	make_file(&f);
	write_some(f.fd, VB_SAMPLES_URING, &stats);
	for (uint64_t length = stats.bytes; length-- > stats.bytes - 70000; ) {
		if (length % 997 && length % VB_SAMPLE_BLOCK_BYTES)
			continue;
		assert_int_equal(ftruncate(f.fd, (off_t)length), 0);
		look(f.path, &seen);
		assert_int_equal(seen.ret, 0);
		assert_int_equal(seen.totals.torn_bytes, length % VB_SAMPLE_BLOCK_BYTES);
		assert_true(seen.totals.ended < 2);
		assert_true(seen.totals.samples < stats.written);
	}
	for (off_t length = 0; length < (off_t)VB_SAMPLE_BLOCK_BYTES; length += 4099) {
		assert_int_equal(ftruncate(f.fd, length), 0);
		look(f.path, &seen);
		assert_int_equal(seen.ret, -EINVAL);
	}
	drop_file(&f);
}

static void flip(int fd, uint64_t bit)
{
	unsigned char byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)(bit / 8)), 1);
	byte ^= (unsigned char)(1 << bit % 8);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
}

static void test_flipped_bit(void **state)
{
	struct vb_samples_stats stats;
	uint64_t random = 88172645463325252ull;
	struct seen seen;
	struct file f;
	char place[64];

	make_file(&f);
	write_some(f.fd, VB_SAMPLES_URING, &stats);
	for (int i = 0; i < 500; i++) {
		uint64_t bit;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* every other one in a header */
		bit = random % (stats.bytes * 8);
		if (i % 2)
			bit = random % 5 * VB_SAMPLE_BLOCK_BYTES * 8 + random / 8 % 512;
		flip(f.fd, bit);
		look(f.path, &seen);
		assert_int_equal(seen.ret, -EINVAL);
		snprintf(place, sizeof(place), "at byte %llu:",
			 (unsigned long long)(bit / 8 / VB_SAMPLE_BLOCK_BYTES * VB_SAMPLE_BLOCK_BYTES));
		assert_non_null(strstr(seen.err, place));
		flip(f.fd, bit);
	}
	look(f.path, &seen);
	assert_int_equal(seen.ret, 0);
	drop_file(&f);
}

static void test_full_from_the_start(void **state)
{
	struct vb_samples_options o = { .fd = open("/dev/full", O_RDWR), .nr_workers = 1,
					.text = HEAD, .cpu = -1, .blocks = 2 };
	struct vb_samples *s;

	assert_true(o.fd >= 0);
	for (int io = VB_SAMPLES_URING; io <= VB_SAMPLES_PWRITE; io++) {
		o.io = (enum vb_samples_io)io;
		assert_int_equal(vb_samples_open(&s, &o), -ENOSPC);
		assert_null(s);
	}
	close(o.fd);
}

/* A limit on the file's size stands for a disk that fills up. */
static void test_full_in_the_middle(void **state)
{
	struct rlimit old, limit;
	struct vb_samples_stats stats;
	struct vb_samples *s;
	struct seen seen;
	struct file f;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 4 * VB_SAMPLE_BLOCK_BYTES + 4096;
	for (int io = VB_SAMPLES_URING; io <= VB_SAMPLES_PWRITE; io++) {
		make_file(&f);
		setrlimit(RLIMIT_FSIZE, &limit);
		s = open_samples(f.fd, 1, 16, (enum vb_samples_io)io);
		for (uint64_t i = 1; i <= 10 * PER; i++)
			put(vb_samples_ring(s, 0), i);
		assert_int_equal(vb_samples_start(s), 0);
		vb_samples_stop(s, &stats);
		vb_samples_close(s);
		setrlimit(RLIMIT_FSIZE, &old);
		assert_true(stats.error < 0);
		assert_int_equal(stats.written, 3 * PER);
		assert_int_equal(stats.lost, 7 * PER);
		look(f.path, &seen);
		assert_int_equal(seen.ret, 0);
		assert_int_equal(seen.totals.samples, 3 * PER);
		assert_int_equal(seen.totals.ended, 0);
		assert_int_equal(seen.totals.torn_bytes, 0);
		drop_file(&f);
	}
}

static void test_summary(void **state)
{
	struct vb_sample_summary sum;
	struct vb_samples_stats stats;
	struct vb_samples *s;
	struct file f;
	char err[256];

	make_file(&f);
	s = open_samples(f.fd, 2, 8, VB_SAMPLES_URING);
	for (uint64_t i = 1; i <= 2000; i++)
		vb_sample_put(vb_samples_ring(s, 0), i * 1000, i, 0, 0, i == 2000 ? -EIO : 0);
	vb_sample_put(vb_samples_ring(s, 1), 77, 5, 0, 1, 0);
	assert_int_equal(vb_samples_start(s), 0);
	vb_samples_stop(s, &stats);
	vb_samples_close(s);
	assert_int_equal(vb_sample_summary_read(f.path, &sum, err, sizeof(err)), 0);
	assert_int_equal(sum.nr, 2);
	assert_string_equal(sum.dist[0].section, "one");
	assert_string_equal(sum.dist[0].metric, "map");
	assert_int_equal(sum.dist[0].failed, 1);
	assert_int_equal(sum.dist[0].hist.count, 1999);
	assert_int_equal(sum.dist[0].hist.sum, 1999 * 1000);
	assert_int_equal(sum.dist[0].hist.max, 1999);
	assert_string_equal(sum.dist[1].section, "two");
	assert_string_equal(sum.dist[1].metric, "unmap");
	assert_int_equal(sum.dist[1].hist.count, 1);
	vb_sample_summary_free(&sum);
	drop_file(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overrun_is_counted_exactly),
		cmocka_unit_test(test_recording_goes_on),
		cmocka_unit_test(test_wrap_loses_nothing),
		cmocka_unit_test(test_overrun_of_threads),
		cmocka_unit_test(test_values_come_back),
		cmocka_unit_test(test_pwrite_writes_the_same),
		cmocka_unit_test(test_cut_file),
		cmocka_unit_test(test_flipped_bit),
		cmocka_unit_test(test_full_from_the_start),
		cmocka_unit_test(test_full_in_the_middle),
		cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
