// SPDX-License-Identifier: GPL-2.0-or-later
/* The histogram that module and program share, and what user space does with it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/measure/clock.h"
#include "lib/measure/histogram.h"

#define LIMIT	(1ull << VB_HIST_MAX_BITS)
#define VALUES	20000

static uint64_t random_state;

/* xorshift64 (Marsaglia, 2003) */
static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Of every size up to @bits bits alike. */
static uint64_t random_value(unsigned int bits)
{
	unsigned int width = (unsigned int)(next_random() % (bits + 1));

	return width ? next_random() >> (64 - width) : 0;
}

static struct vb_hist *new_hist(void)
{
	struct vb_hist *h = malloc(sizeof(*h));

	assert_non_null(h);
	vb_hist_init(h);
	return h;
}

static void assert_hist_equal(const struct vb_hist *a, const struct vb_hist *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void test_empty(void **state)
{
	struct vb_hist *h = new_hist();

	assert_int_equal(vb_hist_check(h), 0);
	assert_int_equal(h->count, 0);
	assert_true(h->min == UINT64_MAX);
	assert_int_equal(vb_hist_quantile(h, 0.5), 0);
	assert_true(vb_hist_mean(h) == 0.0);
	free(h);
}

/* No gap, no overlap, from 0 to the first value that overflows. */
static void test_buckets_are_contiguous(void **state)
{
	assert_int_equal(vb_hist_bucket_low(0), 0);
	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++) {
		uint64_t low = vb_hist_bucket_low(i), high = vb_hist_bucket_high(i);

		assert_true(low <= high);
		assert_int_equal(vb_hist_index(low), i);
		assert_int_equal(vb_hist_index(high), i);
		if (i)
			assert_int_equal(vb_hist_bucket_high(i - 1) + 1, low);
	}
	assert_true(vb_hist_bucket_high(VB_HIST_BUCKETS - 1) == LIMIT - 1);
}

static void test_relative_error(void **state)
{
	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++) {
		uint64_t low = vb_hist_bucket_low(i), width = vb_hist_bucket_high(i) - low;

		if (low < VB_HIST_SUB)
			assert_int_equal(width, 0);
		else	/* width / low < 1/64 */
			assert_true(width * VB_HIST_SUB < low);
	}
}

static void test_index_is_monotone(void **state)
{
	random_state = 1;
	for (int i = 0; i < VALUES; i++) {
		uint64_t value = random_value(VB_HIST_MAX_BITS);
		uint32_t index = vb_hist_index(value);

		assert_true(index < VB_HIST_BUCKETS);
		assert_true(vb_hist_bucket_low(index) <= value);
		assert_true(value <= vb_hist_bucket_high(index));
		if (value + 1 < LIMIT)
			assert_true(vb_hist_index(value + 1) - index <= 1);
	}
}

static void test_add(void **state)
{
	struct vb_hist *h = new_hist();

	vb_hist_add(h, 100);
	vb_hist_add(h, 7);
	vb_hist_add(h, 7);
	assert_int_equal(h->count, 3);
	assert_int_equal(h->sum, 114);
	assert_int_equal(h->min, 7);
	assert_int_equal(h->max, 100);
	assert_int_equal(h->overflow, 0);
	assert_int_equal(h->bucket[7], 2);
	assert_int_equal(h->bucket[vb_hist_index(100)], 1);
	assert_true(vb_hist_mean(h) == 38.0);
	assert_int_equal(vb_hist_check(h), 0);
	free(h);
}

static void test_overflow(void **state)
{
	struct vb_hist *h = new_hist();

	vb_hist_add(h, LIMIT - 1);
	assert_int_equal(h->overflow, 0);
	vb_hist_add(h, LIMIT);
	vb_hist_add(h, 5 * LIMIT);
	assert_int_equal(h->overflow, 2);
	assert_int_equal(h->count, 3);
	assert_true(h->max == 5 * LIMIT);
	assert_true(h->sum == 7 * LIMIT - 1);
	assert_int_equal(vb_hist_check(h), 0);
	assert_true(vb_hist_quantile(h, 0.3) == LIMIT - 1);
	assert_true(vb_hist_quantile(h, 0.9) == 5 * LIMIT);
	vb_hist_init(h);
	vb_hist_add(h, UINT64_MAX);
	vb_hist_add(h, UINT64_MAX);	/* the sum wraps: no contradiction */
	assert_int_equal(vb_hist_check(h), 0);
	h->min = 3;		/* in a bucket, and all are empty */
	assert_int_equal(vb_hist_check(h), -EINVAL);
	vb_hist_add(h, 3);
	assert_int_equal(vb_hist_check(h), 0);
	h->max = 3;		/* and what overflowed? */
	assert_int_equal(vb_hist_check(h), -EINVAL);
	free(h);
}

/* However the values are dealt out, the merged histogram is the whole one. */
static void test_merge_is_exact(void **state)
{
	enum { PARTS = 4 };
	struct vb_hist *whole = new_hist(), *merged = new_hist(), *part[PARTS];

	random_state = 2;
	for (int i = 0; i < PARTS; i++)
		part[i] = new_hist();
	for (int i = 0; i < VALUES; i++) {
		uint64_t value = random_value(VB_HIST_MAX_BITS + 3);

		vb_hist_add(whole, value);
		vb_hist_add(part[next_random() % (PARTS - 1)], value);	/* the last stays empty */
	}
	assert_true(whole->overflow > 0);
	for (int i = 0; i < PARTS; i++) {
		assert_int_equal(vb_hist_check(part[i]), 0);
		vb_hist_merge(merged, part[i]);
		free(part[i]);
	}
	assert_hist_equal(merged, whole);
	vb_hist_init(merged);
	vb_hist_merge(whole, merged);
	vb_hist_merge(merged, whole);
	assert_hist_equal(merged, whole);
	free(whole);
	free(merged);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank (the smallest value that @permille of all don't exceed), in integers. */
static uint64_t exact_quantile(const uint64_t *sorted, uint64_t count, unsigned int permille)
{
	uint64_t rank = (count * permille + 999) / 1000;

	return sorted[rank ? rank - 1 : 0];
}

static void check_quantiles(uint64_t count, unsigned int bits)
{
	static const unsigned int permille[] = {
		0, 1, 5, 10, 50, 100, 250, 333, 500, 550, 667, 750, 900, 950, 990, 999, 1000
	};
	uint64_t *value = calloc(count, sizeof(*value));
	struct vb_hist *h = new_hist();

	assert_non_null(value);
	for (uint64_t i = 0; i < count; i++) {
		value[i] = random_value(bits);
		vb_hist_add(h, value[i]);
	}
	qsort(value, count, sizeof(*value), compare);
	assert_int_equal(vb_hist_check(h), 0);
	for (size_t i = 0; i < sizeof(permille) / sizeof(permille[0]); i++) {
		uint64_t exact = exact_quantile(value, count, permille[i]);
		uint64_t got = vb_hist_quantile(h, permille[i] / 1000.0);

		/* never below, and above by less than a bucket */
		assert_true(got >= exact);
		assert_true(got - exact <= exact / VB_HIST_SUB);
	}
	assert_int_equal(vb_hist_quantile(h, 1.0), value[count - 1]);
	free(value);
	free(h);
}

static void test_quantiles(void **state)
{
	random_state = 3;
	for (uint64_t count = 1; count <= 200; count++) {
		check_quantiles(count, 6);
		check_quantiles(count, VB_HIST_MAX_BITS);
	}
	check_quantiles(VALUES, VB_HIST_MAX_BITS);
}

/* 0.55 * 100 is more than 55 in binary: the rank is 55 all the same. */
static void test_quantile_rounding(void **state)
{
	struct vb_hist *h = new_hist();

	for (uint64_t count = 100; count <= 6000; count += 100) {
		vb_hist_init(h);
		for (uint64_t i = 0; i < count; i++)
			vb_hist_add(h, i * 64 / count);	/* a bucket each */
		for (uint64_t percent = 1; percent <= 100; percent++) {
			uint64_t rank = count * percent / 100;

			assert_int_equal(vb_hist_quantile(h, (double)percent / 100.0),
					 (rank - 1) * 64 / count);
		}
	}
	free(h);
}

static void test_quantile_ends(void **state)
{
	struct vb_hist *h = new_hist();

	vb_hist_add(h, 1000001);
	assert_int_equal(vb_hist_quantile(h, 0.0), 1000001);
	assert_int_equal(vb_hist_quantile(h, 0.5), 1000001);
	assert_int_equal(vb_hist_quantile(h, 1.0), 1000001);
	vb_hist_add(h, 5000000);
	assert_true(vb_hist_quantile(h, 0.5) < 1100000);
	assert_int_equal(vb_hist_quantile(h, 0.51), 5000000);
	assert_true(vb_hist_quantile(h, -1.0) < 1100000);
	assert_int_equal(vb_hist_quantile(h, 2.0), 5000000);
	assert_true(vb_hist_quantile(h, __builtin_nan("")) < 1100000);
	free(h);
}

static void some(struct vb_hist *h)
{
	vb_hist_init(h);
	for (uint64_t i = 1; i <= 1000; i++)
		vb_hist_add(h, i * i);
	assert_int_equal(vb_hist_check(h), 0);
}

/* Each of them changes one field; alone it contradicts the others. */
static void test_check_finds_corruption(void **state)
{
	struct vb_hist *h = new_hist();

#define REFUSED(change) do {					\
		some(h);					\
		change;						\
		assert_int_equal(vb_hist_check(h), -EINVAL);	\
	} while (0)
	REFUSED(h->count++);
	REFUSED(h->count--);
	REFUSED(h->count = 0);
	REFUSED(h->sum = 0);
	REFUSED(h->sum /= 2);
	REFUSED(h->sum *= 2);
	REFUSED(h->min = 0);
	REFUSED(h->min = 2);
	REFUSED(h->min = UINT64_MAX);
	REFUSED(h->max = 999);
	REFUSED(h->max *= 2);
	REFUSED(h->max = UINT64_MAX);
	REFUSED(h->overflow++);
	REFUSED(h->bucket[0]++);
	REFUSED(h->bucket[1]--);
	REFUSED(h->bucket[VB_HIST_BUCKETS - 1]++);
	REFUSED((h->bucket[1]--, h->bucket[VB_HIST_BUCKETS - 1]++));
	REFUSED((h->bucket[1]--, h->overflow++));
	REFUSED(h->bucket[1] = UINT64_MAX);
	REFUSED(memset(h, 0xff, sizeof(*h)));
#undef REFUSED
	vb_hist_init(h);
	h->min = 0;	/* what calloc() leaves isn't an empty histogram */
	assert_int_equal(vb_hist_check(h), -EINVAL);
	free(h);
}

/* A clock that costs nothing, or a millisecond, was not measured. */
static void test_clock(void **state)
{
	uint64_t before = vb_now_ns(), cost_ps = vb_clock_cost_ps(), after = vb_now_ns();

	assert_true(after > before);
	assert_true(cost_ps > 0);
	assert_true(cost_ps < 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_buckets_are_contiguous),
		cmocka_unit_test(test_relative_error),
		cmocka_unit_test(test_index_is_monotone),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_merge_is_exact),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_quantile_rounding),
		cmocka_unit_test(test_quantile_ends),
		cmocka_unit_test(test_check_finds_corruption),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
