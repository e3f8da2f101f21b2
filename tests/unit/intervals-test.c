// SPDX-License-Identifier: GPL-2.0-or-later
/* Intervals: how long they are, their buckets, and reading them back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/engine/intervals.h"
#include "lib/result/intervals.h"

static void test_length(void **state)
{
	static const struct { uint64_t duration_ms, interval_ms; } v[] = {
		{ 0, 1000 }, { 1, 20 }, { 1000, 20 }, { 1500, 30 }, { 10000, 200 }, { 50000, 1000 },
		{ 3600000, 1000 },
	};
	struct vb_global g = { 0 };

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		g.duration_ns = v[i].duration_ms * 1000000;
		assert_int_equal(vb_interval_ns(&g, false), v[i].interval_ms * 1000000);
		assert_int_equal(vb_interval_ns(&g, true), 1000000000);
	}
}

static void test_buckets(void **state)
{
	for (uint32_t b = 0; b < VB_COARSE_BUCKETS; b++) {
		assert_int_equal(vb_coarse_index(vb_coarse_low(b)), b);
		if (b)
			assert_int_equal(vb_coarse_index(vb_coarse_low(b) - 1), b - 1);
	}
	assert_int_equal(vb_coarse_low(VB_COARSE_BUCKETS - 1), 1ull << 40);
	assert_int_equal(vb_coarse_index(UINT64_MAX), VB_COARSE_BUCKETS - 1);
	assert_int_equal(vb_coarse_low(vb_coarse_index(1000)), 960);	/* 8 from 512 on: steps of 64 */
}

static char *write_file(const char *text)
{
	static char path[64];
	int fd;

	strcpy(path, "intervals-test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

#define HEAD VB_INTERVALS_HEAD "\n"

static void test_rates(void **state)
{
	const char *path = write_file(HEAD
		"0.900000,warmup,0,a,50,0,0,0\n0.900000,warmup,1,a,50,0,0,0\n0.900000,warmup,2,b,1,0,0,0\n"
		"1.000000,measure,0,a,100,0,0,0\n1.000000,measure,1,a,110,0,0,0\n1.000000,measure,2,b,7,0,0,0\n"
		"1.500000,measure,0,a,200,0,0,0\n1.500000,measure,1,a,160,0,0,0\n1.500000,measure,2,b,7,0,0,0\n"
		"2.500000,measure,0,a,300,0,0,0\n2.500000,measure,1,a,260,0,0,0\n2.500000,measure,2,b,9,0,0,0\n"
		"2.600000,done,0,a,333,0,0,0\n2.600000,done,1,a,333,0,0,0\n2.600000,done,2,b,9,0,0,0\n");
	struct vb_interval_rates r;
	struct vb_interval *lines;
	char err[256];
	size_t nr;

	assert_int_equal(vb_intervals_read(path, &lines, &nr, err, sizeof(err)), 0);
	assert_int_equal(nr, 15);
	assert_int_equal(lines[4].worker, 1);
	assert_int_equal(lines[4].steps, 110);
	assert_int_equal(vb_interval_rates(lines, nr, "a", &r), 0);
	assert_int_equal(r.nr, 2);
	assert_float_equal(r.per_s[0], 300, 1e-9);
	assert_float_equal(r.per_s[1], 200, 1e-9);
	assert_float_equal(r.time_s[0], 1.5, 1e-9);
	vb_interval_rates_free(&r);
	assert_int_equal(vb_interval_rates(lines, nr, "b", &r), 0);
	assert_float_equal(r.per_s[1], 2, 1e-9);
	vb_interval_rates_free(&r);
	assert_int_equal(vb_interval_rates(lines, nr, "c", &r), 0);
	assert_int_equal(r.nr, 0);
	vb_interval_rates_free(&r);
	free(lines);
	unlink(path);
}

static void test_damaged(void **state)
{
	static const struct { const char *text, *place; } v[] = {
		{ "", ":1:" },
		{ "time_s\n", ":1:" },
		{ HEAD "1.0,measure,0,a,1,2,3\n", ":2:" },
		{ HEAD "1.0,measure,0,a,1,2,3,4,5\n", ":2:" },
		{ HEAD "1.0,measure,0,a,1,2,3,4\n1.0,measure,0,a,1,2,3,4", ":3:" },
		{ HEAD "nan,measure,0,a,1,2,3,4\n", ":2:" },
		{ HEAD "-1.0,measure,0,a,1,2,3,4\n", ":2:" },
		{ HEAD "1.,measure,0,a,1,2,3,4\n", ":2:" },
		{ HEAD "1.0,measure,0,a,1,2,3,99999999999999999999\n", ":2:" },
		{ HEAD "1.0,measure,0,,1,2,3,4\n", ":2:" },
		{ HEAD "1.0,measure,70000,a,1,2,3,4\n", ":2:" },
		{ HEAD "1.0,measure,0,a,1,2,3,4 \n", ":2:" },
	};
	struct vb_interval *lines;
	const char *path;
	char err[256];
	size_t nr;

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		path = write_file(v[i].text);
		assert_int_equal(vb_intervals_read(path, &lines, &nr, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, v[i].place));
		assert_null(lines);
		unlink(path);
	}
	assert_int_equal(vb_intervals_read("/nowhere", &lines, &nr, err, sizeof(err)), -ENOENT);
	assert_int_equal(vb_intervals_read("/dev/zero", &lines, &nr, err, sizeof(err)), -EINVAL);
}

static void test_latency(void **state)
{
	const char *path = write_file(VB_LATENCY_HEAD "\n0.5,a,map,960,7\n0.5,a,map,1024,1\n");
	struct vb_latency *lines;
	char err[256];
	size_t nr;

	assert_int_equal(vb_latency_read(path, &lines, &nr, err, sizeof(err)), 0);
	assert_int_equal(nr, 2);
	assert_int_equal(lines[0].bucket_ns, 960);
	assert_int_equal(lines[0].count, 7);
	assert_string_equal(lines[1].metric, "map");
	free(lines);
	unlink(path);
	path = write_file(VB_LATENCY_HEAD "\n0.5,a,map,961,7\n");	/* no bucket begins there */
	assert_int_equal(vb_latency_read(path, &lines, &nr, err, sizeof(err)), -EINVAL);
	unlink(path);
	path = write_file(VB_LATENCY_HEAD "\n0.5,a,map,960,0\n");	/* none would be no line */
	assert_int_equal(vb_latency_read(path, &lines, &nr, err, sizeof(err)), -EINVAL);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_latency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
