// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "lib/stats/order.h"
#include "lib/stats/random.h"

unsigned int vb_order_block(unsigned int arms)
{
	return arms % 2 && arms > 1 ? 2 * arms : arms;
}

/*
 * Williams' row @row of @k: the zigzag 0, 1, k-1, 2, k-2, ... moved on by the row.
 * With an odd number the second half are the first half's rows read backwards.
 */
static unsigned int williams(unsigned int k, unsigned int row, unsigned int position)
{
	unsigned int at = row < k ? position : k - 1 - position;
	unsigned int zigzag = at % 2 ? (at + 1) / 2 : (k - at / 2) % k;

	return (zigzag + row) % k;
}

/* 0..@n - 1 in random order. */
static void permute(struct vb_random *random, unsigned int *index, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		index[i] = i;
	vb_random_shuffle(random, index, n);
}

int vb_order_make(unsigned int arms, unsigned int rounds, uint64_t seed, unsigned int *order)
{
	unsigned int block = vb_order_block(arms), *row, *role;
	struct vb_random random;

	if (!arms || !rounds)
		return -EINVAL;
	row = calloc((size_t)block + arms, sizeof(*row));
	if (!row)
		return -ENOMEM;
	role = row + block;
	vb_random_init(&random, seed);
	for (unsigned int round = 0; round < rounds; round++) {
		if (round % block == 0) {
			permute(&random, row, block);
			permute(&random, role, arms);
		}
		for (unsigned int position = 0; position < arms; position++)
			order[(size_t)round * arms + position] =
				role[williams(arms, row[round % block], position)];
	}
	free(row);
	return 0;
}
