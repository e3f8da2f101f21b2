// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of a session's runs: whole, balanced, close in time, and the seed's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/schedule.h"
#include "lib/stats/order.h"

static struct vb_turn *made(const struct vb_schedule_shape *shape, size_t *nr)
{
	struct vb_turn *turns = NULL;

	assert_int_equal(vb_schedule_make(shape, &turns, nr), 0);
	return turns;
}

/* Every arm once in each round of each cell, at a place of its own. */
static void check_whole(const struct vb_schedule_shape *s, const struct vb_turn *turn, size_t nr)
{
	unsigned int rounds = s->rounds * s->comparisons + s->warmup_rounds;
	unsigned char *seen = calloc((size_t)rounds * s->cells * s->arms, 1);

	assert_int_equal(nr, (size_t)rounds * s->cells * s->arms);
	for (size_t i = 0; i < nr; i++) {
		const struct vb_turn *t = &turn[i];
		unsigned int round = t->warmup ? t->round : s->warmup_rounds + t->round;

		assert_true(t->cell < s->cells && t->arm < s->arms && t->position < s->arms);
		assert_true(round < rounds);
		assert_int_equal(seen[((size_t)round * s->cells + t->cell) * s->arms + t->arm]++, 0);
		/* a round's runs follow each other */
		if (t->position)
			assert_true(turn[i - 1].round == t->round && turn[i - 1].cell == t->cell &&
				    turn[i - 1].position == t->position - 1);
		/* warm-up comes first */
		if (t->warmup)
			assert_true(!i || turn[i - 1].warmup);
	}
	free(seen);
}

static void test_whole(void **state)
{
	for (unsigned int i = 0; i < 200; i++) {
		struct vb_schedule_shape s = {
			.cells = 1 + i % 3, .arms = 2 + i % 5, .rounds = 1 + i % 13,
			.comparisons = 1 + i % 4, .warmup_rounds = i % 7, .seed = i,
		};
		size_t nr;
		struct vb_turn *turn = made(&s, &nr);

		check_whole(&s, turn, nr);
		free(turn);
	}
}

/* AB BA: a couple's second round is the first backwards, right behind it. */
static void test_couples(void **state)
{
	struct vb_schedule_shape s = { .cells = 3, .arms = 2, .rounds = 10, .comparisons = 4, .seed = 1 };
	unsigned int ab = 0, couples = 0;
	size_t nr;
	struct vb_turn *turn = made(&s, &nr);

	for (size_t i = 0; i < nr; i += 4, couples++) {
		assert_int_equal(turn[i].round % 2, 0);
		assert_int_equal(turn[i + 2].round, turn[i].round + 1);
		assert_int_equal(turn[i + 2].cell, turn[i].cell);
		assert_int_equal(turn[i].arm, turn[i + 3].arm);
		assert_int_equal(turn[i + 1].arm, turn[i + 2].arm);
		ab += turn[i].arm == 0;
	}
	assert_in_range(ab, couples / 4, couples * 3 / 4);
	free(turn);
}

/* An odd number of pairs: the next comparison begins with a couple of its own. */
static void test_odd_pairs(void **state)
{
	struct vb_schedule_shape s = { .cells = 1, .arms = 2, .rounds = 3, .comparisons = 2 };

	for (s.seed = 0; s.seed < 20; s.seed++) {
		size_t nr;
		struct vb_turn *turn = made(&s, &nr);

		assert_int_equal(nr, 12);
		assert_int_equal(turn[6].round, 3);
		assert_int_equal(turn[6].arm, turn[9].arm);
		free(turn);
	}
}

/* A cell's block stays together, whatever the number of arms. */
static void test_blocks(void **state)
{
	for (unsigned int arms = 2; arms <= 5; arms++) {
		unsigned int block = vb_order_block(arms);
		struct vb_schedule_shape s = { .cells = 4, .arms = arms, .rounds = 2 * block,
					       .comparisons = 1, .seed = 9 };
		size_t nr, length = (size_t)block * arms;
		struct vb_turn *turn = made(&s, &nr);

		for (size_t i = 0; i < nr; i++) {
			assert_int_equal(turn[i].cell, i / length % 4);
			assert_int_equal(turn[i].round / block, i / length / 4);
		}
		free(turn);
	}
}

static bool same(const struct vb_turn *a, const struct vb_turn *b, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (a[i].cell != b[i].cell || a[i].arm != b[i].arm || a[i].round != b[i].round ||
		    a[i].position != b[i].position || a[i].warmup != b[i].warmup)
			return false;
	return true;
}

static void test_seed(void **state)
{
	struct vb_schedule_shape s = { .cells = 2, .arms = 3, .rounds = 12, .comparisons = 2,
				       .warmup_rounds = 2, .seed = 77 };
	size_t nr;
	struct vb_turn *a = made(&s, &nr), *b = made(&s, &nr), *other;

	assert_true(same(a, b, nr));
	s.seed++;
	other = made(&s, &nr);
	assert_false(same(a, other, nr));
	free(a);
	free(b);
	free(other);
}

static void test_plain(void **state)
{
	struct vb_schedule_shape s = { .cells = 2, .arms = 3, .rounds = 2, .comparisons = 1, .plain = true };
	static const unsigned int arms[] = { 0, 1, 2, 0, 1, 2, 2, 1, 0, 2, 1, 0 };
	size_t nr;
	struct vb_turn *turn = made(&s, &nr);

	check_whole(&s, turn, nr);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(turn[i].arm, arms[i]);
		assert_int_equal(turn[i].cell, i / 3 % 2);
	}
	free(turn);
}

/* All arms of a round have one layout; no two rounds, cells or warm-ups have. */
static void test_layout_seeds(void **state)
{
	uint64_t seed[200];
	size_t n = 0;

	for (unsigned int i = 0; i < 200; i++) {
		struct vb_turn t = { .cell = i / 20, .round = i % 20 / 2, .warmup = i % 2 };
		struct vb_turn other_arm = t;

		other_arm.arm = 3;
		other_arm.position = 1;
		seed[n] = vb_schedule_layout_seed(42, &t);
		assert_true(seed[n] && seed[n] <= INT64_MAX);
		assert_true(seed[n] == vb_schedule_layout_seed(42, &other_arm));
		assert_true(seed[n] != vb_schedule_layout_seed(43, &t));
		for (size_t k = 0; k < n; k++)
			assert_true(seed[k] != seed[n]);
		n++;
	}
}

static void test_too_many(void **state)
{
	struct vb_schedule_shape s = { .cells = 4096, .arms = 16, .rounds = 10000, .comparisons = 1000 };
	struct vb_turn *turn;
	size_t nr;

	assert_int_equal(vb_schedule_make(&s, &turn, &nr), -E2BIG);
	s = (struct vb_schedule_shape){ .cells = 1, .arms = 2, .rounds = 500001, .comparisons = 1 };
	assert_int_equal(vb_schedule_make(&s, &turn, &nr), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_couples),
		cmocka_unit_test(test_odd_pairs),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_layout_seeds),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
