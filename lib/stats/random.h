/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random numbers that a seed reproduces on any machine: xoshiro256** 1.0, its
 * state filled by splitmix64 (D. Blackman, S. Vigna, "Scrambled linear
 * pseudorandom number generators", ACM Trans. Math. Softw. 47(4), 2021).
 * For orders, resampling and simulation; not for secrets.
 */
#ifndef VB_RANDOM_H
#define VB_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct vb_random {
	uint64_t s[4];
};

/* splitmix64: also good to make several seeds of one. */
static inline uint64_t vb_random_mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Any seed does, 0 as well. */
static inline void vb_random_init(struct vb_random *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = vb_random_mix(&seed);
}

static inline uint64_t vb_random_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t vb_random_next(struct vb_random *r)
{
	uint64_t *s = r->s, result = vb_random_rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = vb_random_rotl(s[3], 45);
	return result;
}

/* 0 <= value < @limit, each equally likely; @limit > 0. */
static inline uint64_t vb_random_below(struct vb_random *r, uint64_t limit)
{
	uint64_t least = -limit % limit, value;

	/* The lowest 2^64 mod limit values would make some remainders likelier. */
	do
		value = vb_random_next(r);
	while (value < least);
	return value % limit;
}

/* 0 <= value < 1, in steps of 2^-53. */
static inline double vb_random_uniform(struct vb_random *r)
{
	return (double)(vb_random_next(r) >> 11) * 0x1p-53;
}

/* Fisher-Yates: every order of @index[0..@n) equally likely. */
static inline void vb_random_shuffle(struct vb_random *r, unsigned int *index, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)vb_random_below(r, i);
		unsigned int kept = index[i - 1];

		index[i - 1] = index[j];
		index[j] = kept;
	}
}

#endif /* VB_RANDOM_H */
