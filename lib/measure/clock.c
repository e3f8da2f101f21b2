// SPDX-License-Identifier: GPL-2.0-or-later
/* What reading the clock costs. */
#include "lib/measure/clock.h"

#define BATCHES 8
#define READS	1000

uint64_t vb_clock_cost_ps(void)
{
	uint64_t best = UINT64_MAX;

	for (int b = 0; b < BATCHES; b++) {
		uint64_t start = vb_now_ns(), end = start;

		for (int i = 0; i < READS; i++)
			end = vb_now_ns();
		if (end - start < best)
			best = end - start;
	}
	return best * 1000 / READS;
}
