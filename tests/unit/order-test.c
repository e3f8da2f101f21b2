// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of arms: ABBA for two, Williams' rows for more, and that both are balanced. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/stats/order.h"
#include "lib/stats/random.h"

#define MOST_ARMS	9
#define BLOCKS		5
#define MOST		(MOST_ARMS * 2 * MOST_ARMS * BLOCKS)

static void test_abba(void **state)
{
	unsigned int order[40], abba = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		assert_int_equal(vb_order_make(2, 20, seed, order), 0);
		for (unsigned int run = 0; run < 40; run += 4) {
			const unsigned int *four = order + run;

			/* The couple's second round is its first one turned round. */
			assert_true(four[0] < 2 && four[1] == 1 - four[0]);
			assert_true(four[2] == four[1] && four[3] == four[0]);
			abba += !four[0];
		}
	}
	/* 2,000 couples, half of each orientation: six standard deviations are 134. */
	assert_in_range(abba, 1000 - 134, 1000 + 134);
}

/* In every block: each arm as often in each position, and after each other arm. */
static void check_block(const unsigned int *order, unsigned int arms, unsigned int rounds)
{
	unsigned int at[MOST_ARMS][MOST_ARMS] = { 0 }, after[MOST_ARMS][MOST_ARMS] = { 0 };

	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < arms; i++) {
			unsigned int arm = order[round * arms + i];

			assert_true(arm < arms);
			at[arm][i]++;
			if (i)
				after[order[round * arms + i - 1]][arm]++;
		}
	}
	for (unsigned int a = 0; a < arms; a++) {
		for (unsigned int b = 0; b < arms; b++) {
			assert_int_equal(at[a][b], rounds / arms);
			assert_int_equal(after[a][b], a == b ? 0 : rounds / arms);
		}
	}
}

static void test_williams(void **state)
{
	unsigned int order[MOST];

	for (unsigned int arms = 2; arms <= MOST_ARMS; arms++) {
		unsigned int block = vb_order_block(arms);

		assert_int_equal(block, arms % 2 ? 2 * arms : arms);
		assert_int_equal(vb_order_make(arms, BLOCKS * block, arms, order), 0);
		for (unsigned int i = 0; i < BLOCKS; i++)
			check_block(order + i * block * arms, arms, block);
	}
}

/* Rounds that are cut short still run each arm once. */
static void test_any_number(void **state)
{
	unsigned int order[MOST];

	for (unsigned int arms = 1; arms <= MOST_ARMS; arms++) {
		for (unsigned int rounds = 1; rounds < 2 * MOST_ARMS; rounds++) {
			memset(order, 0xff, sizeof(order));
			assert_int_equal(vb_order_make(arms, rounds, rounds, order), 0);
			for (unsigned int round = 0; round < rounds; round++) {
				unsigned int seen = 0;

				for (unsigned int i = 0; i < arms; i++)
					seen |= 1u << order[round * arms + i];
				assert_int_equal(seen, (1u << arms) - 1);
			}
			assert_int_equal(order[rounds * arms], ~0u);
		}
	}
	assert_int_equal(vb_order_make(0, 3, 1, order), -EINVAL);
	assert_int_equal(vb_order_make(3, 0, 1, order), -EINVAL);
}

/* How many of the orders of one block of four arms turn up. */
static unsigned int distinct_orders(void)
{
	static unsigned int seen[400][16];
	unsigned int nr = 0;

	for (uint64_t seed = 0; seed < 400; seed++) {
		unsigned int i = 0;

		assert_int_equal(vb_order_make(4, 4, seed, seen[nr]), 0);
		while (memcmp(seen[i], seen[nr], sizeof(seen[nr])))
			i++;
		nr += i == nr;
	}
	return nr;
}

/* One seed, one order; another seed, another, and each row first at some time. */
static void test_seed(void **state)
{
	unsigned int one[24], again[24], other[24], differ = 0, first[4] = { 0 };

	for (uint64_t seed = 0; seed < 400; seed++) {
		assert_int_equal(vb_order_make(4, 6, seed, one), 0);
		assert_int_equal(vb_order_make(4, 6, seed, again), 0);
		assert_int_equal(vb_order_make(4, 6, seed + 1, other), 0);
		assert_memory_equal(one, again, sizeof(one));
		differ += memcmp(one, other, sizeof(one)) != 0;
		first[one[0]]++;
	}
	/* Rows and roles are both random: 4! * 4! / 4 orders; either alone gives 24. */
	assert_true(distinct_orders() > 100);
	assert_true(differ > 390);
	for (int i = 0; i < 4; i++)
		assert_in_range(first[i], 100 - 53, 100 + 53);
}

/* As the authors' xoshiro256starstar.c and splitmix64.c give it from this state. */
static void test_generator(void **state)
{
	struct vb_random r = { .s = { 1, 2, 3, 4 } };
	uint64_t mix = 1234567;

	assert_true(vb_random_next(&r) == 11520);
	assert_true(vb_random_next(&r) == 0);
	assert_true(vb_random_next(&r) == 1509978240);
	assert_true(vb_random_next(&r) == 1215971899390074240);
	assert_true(vb_random_mix(&mix) == 6457827717110365317u);
	assert_true(vb_random_mix(&mix) == 3203168211198807973u);
	for (int i = 0; i < 100000; i++) {
		double u = vb_random_uniform(&r);

		assert_true(u >= 0 && u < 1);
		assert_true(vb_random_below(&r, 7) < 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abba),
		cmocka_unit_test(test_williams),
		cmocka_unit_test(test_any_number),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_generator),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
