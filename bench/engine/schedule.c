// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of a session's runs. */
#include <errno.h>
#include <stdlib.h>

#include "bench/engine/schedule.h"
#include "lib/stats/order.h"
#include "lib/stats/random.h"

/* Parts of a session's seed. */
enum { PART_ORDER = 1, PART_LAYOUT = 2, PART_LAYOUT_WARMUP = 3 };

/* A seed of its own for the @n-th part of what @seed decides. */
static uint64_t part_of(uint64_t seed, uint64_t n)
{
	uint64_t state = seed;

	state = vb_random_mix(&state) ^ n;
	return vb_random_mix(&state);
}

uint64_t vb_schedule_layout_seed(uint64_t seed, const struct vb_turn *turn)
{
	uint64_t part = part_of(seed, turn->warmup ? PART_LAYOUT_WARMUP : PART_LAYOUT);
	uint64_t made = part_of(part_of(part, turn->cell), turn->round) & INT64_MAX;

	return made ? made : 1;	/* 0 in a job file: choose one */
}

struct maker {
	const struct vb_schedule_shape *shape;
	struct vb_turn *turn;
	size_t nr;
	unsigned int *order;		/* rounds x arms of each cell */
};

static void add(struct maker *m, unsigned int cell, unsigned int arm, unsigned int round,
		unsigned int position, bool warmup)
{
	m->turn[m->nr++] = (struct vb_turn){ cell, arm, round, position, warmup };
}

static void add_plain(struct maker *m)
{
	const struct vb_schedule_shape *s = m->shape;

	for (unsigned int round = 0; round < s->rounds; round++)
		for (unsigned int cell = 0; cell < s->cells; cell++)
			for (unsigned int i = 0; i < s->arms; i++)
				add(m, cell, round % 2 ? s->arms - 1 - i : i, round, i, false);
}

/* Orders of @rounds rounds for every cell; @part tells comparisons and warm-up apart. */
static int make_orders(struct maker *m, unsigned int rounds, uint64_t part)
{
	const struct vb_schedule_shape *s = m->shape;
	uint64_t seed = part_of(part_of(s->seed, PART_ORDER), part);
	int ret = 0;

	for (unsigned int cell = 0; cell < s->cells && !ret; cell++)
		ret = vb_order_make(s->arms, rounds, part_of(seed, cell),
				    m->order + (size_t)cell * rounds * s->arms);
	return ret;
}

/* The rounds of one comparison (or of the warm-up), block by block, cell by cell. */
static void add_rounds(struct maker *m, unsigned int rounds, unsigned int first, bool warmup)
{
	const struct vb_schedule_shape *s = m->shape;
	unsigned int block = vb_order_block(s->arms), end;

	for (unsigned int begin = 0; begin < rounds; begin = end) {
		end = rounds - begin > block ? begin + block : rounds;
		for (unsigned int cell = 0; cell < s->cells; cell++)
			for (unsigned int r = begin; r < end; r++)
				for (unsigned int i = 0; i < s->arms; i++)
					add(m, cell,
					    m->order[((size_t)cell * rounds + r) * s->arms + i],
					    first + r, i, warmup);
	}
}

static int add_all(struct maker *m)
{
	const struct vb_schedule_shape *s = m->shape;
	int ret = 0;

	if (s->plain) {
		add_plain(m);
		return 0;
	}
	if (s->warmup_rounds)
		ret = make_orders(m, s->warmup_rounds, 0);
	if (!ret)
		add_rounds(m, s->warmup_rounds, 0, true);
	for (unsigned int c = 0; c < s->comparisons && !ret; c++) {
		ret = make_orders(m, s->rounds, c + 1);
		if (!ret)
			add_rounds(m, s->rounds, c * s->rounds, false);
	}
	return ret;
}

int vb_schedule_make(const struct vb_schedule_shape *s, struct vb_turn **turns, size_t *nr)
{
	uint64_t rounds = (uint64_t)s->rounds * s->comparisons + s->warmup_rounds;
	unsigned int most = s->rounds > s->warmup_rounds ? s->rounds : s->warmup_rounds;
	struct maker m = { .shape = s };
	int ret;

	if (rounds > VB_SCHEDULE_MAX || rounds * s->cells * s->arms > VB_SCHEDULE_MAX)
		return -E2BIG;
	m.turn = calloc(rounds * s->cells * s->arms + 1, sizeof(*m.turn));
	m.order = calloc((size_t)most * s->cells * s->arms + 1, sizeof(*m.order));
	ret = m.turn && m.order ? add_all(&m) : -ENOMEM;
	free(m.order);
	if (ret) {
		free(m.turn);
		return ret;
	}
	*turns = m.turn;
	*nr = m.nr;
	return 0;
}
