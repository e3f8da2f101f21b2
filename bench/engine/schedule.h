/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which run comes when.  A round measures each arm once; the rounds of a block
 * balance each other (AB BA; with more arms the rows of a Williams design), so
 * a block's runs of one cell follow each other without a break: what drifts
 * slowly falls on all arms alike.
 */
#ifndef VB_SCHEDULE_H
#define VB_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VB_SCHEDULE_MAX		1000000u	/* runs of one session */

/* One run of the session. */
struct vb_turn {
	unsigned int cell;		/* of the expanded job */
	unsigned int arm;
	unsigned int round;		/* from 0; warm-up rounds count for themselves */
	unsigned int position;		/* in the round, from 0 */
	bool warmup;			/* in no statistic */
};

struct vb_schedule_shape {
	unsigned int cells, arms;
	unsigned int rounds;		/* of one comparison: its pairs */
	unsigned int comparisons;	/* independent ones, one after another */
	unsigned int warmup_rounds;	/* before all of them */
	uint64_t seed;
	/* Arms forwards and backwards in turn, cell after cell: no seed, no blocks. */
	bool plain;
};

/*
 * *turns is an array of *nr, freed with free().  Comparison m has the rounds
 * m * rounds to (m + 1) * rounds - 1.  -E2BIG: more than VB_SCHEDULE_MAX.
 */
int vb_schedule_make(const struct vb_schedule_shape *shape, struct vb_turn **turns, size_t *nr);
/*
 * The seed of a run's layout, made of the session's: one for all arms of a
 * round, so that the layout is no difference between them.  Fits JSON's signed integers.
 */
uint64_t vb_schedule_layout_seed(uint64_t seed, const struct vb_turn *turn);

#endif /* VB_SCHEDULE_H */
