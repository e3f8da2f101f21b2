// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stats/changepoint.h"
#include "lib/stats/random.h"
#include "lib/stats/rank-internal.h"

#define LEVEL		0.05
#define PERMUTATIONS	1999
#define LEAST_SIDE	2
/* Of 7 values no split has a permutation probability below 5%. */
#define LEAST_PART	8

struct search {
	const double *x;
	size_t n;
	struct vb_random random;
	struct vb_keyed *item;	/* room for @n each */
	unsigned int *score;	/* scores in order of time */
	uint32_t *sorted;
	bool *starts;		/* a new level begins here */
};

/* The best split of @n scores: its place and how large it is. */
static double best_split(const unsigned int *score, size_t n, size_t *place)
{
	double mean = 0, sum = 0, best = -1;

	for (size_t i = 0; i < n; i++)
		mean += score[i];
	mean /= (double)n;
	for (size_t t = 1; t <= n - LEAST_SIDE; t++) {
		double size;

		sum += score[t - 1] - mean;
		if (t < LEAST_SIDE)
			continue;
		size = sum * sum / ((double)t * (double)(n - t));
		if (size > best) {
			best = size;
			*place = t;
		}
	}
	return best;
}

/* Scores of the part from @from, in order of time. */
static void score_part(struct search *s, size_t from, size_t n)
{
	double ties3;

	for (size_t i = 0; i < n; i++)
		s->item[i] = (struct vb_keyed){ s->x[from + i], i };
	vb_rank_scores(s->item, n, s->sorted, &ties3);
	for (size_t i = 0; i < n; i++)
		s->score[s->item[i].index] = s->sorted[i];
}

/* Whether a split of @size is rarer than @level among the part's permutations; shuffles it. */
static bool is_rare(struct search *s, size_t n, double size, double level)
{
	double allowed = level * (PERMUTATIONS + 1);
	unsigned int as_large = 1;	/* the series itself is one of them */
	size_t place;

	/* Against a sum whose terms were added in another order. */
	size *= 1 - 1e-9;
	for (unsigned int i = 0; i < PERMUTATIONS && as_large <= allowed; i++) {
		vb_random_shuffle(&s->random, s->score, n);
		as_large += best_split(s->score, n, &place) >= size;
	}
	return as_large <= allowed;
}

/* Splits the part as often as it has changes; the deeper half of the work is a loop. */
static void split_part(struct search *s, size_t from, size_t n)
{
	while (n >= LEAST_PART) {
		size_t place = 0;
		double size;

		score_part(s, from, n);
		size = best_split(s->score, n, &place);
		if (size <= 0 || !is_rare(s, n, size, LEVEL * (double)n / (double)s->n))
			return;
		s->starts[from + place] = true;
		split_part(s, from, place);
		from += place;
		n -= place;
	}
}

/* Each change anew, between the one before and the one after it. */
static void place_anew(struct search *s)
{
	size_t before = 0, at = 0;

	for (size_t i = 1; i <= s->n; i++) {
		if (i < s->n && !s->starts[i])
			continue;
		if (at) {
			size_t place = 0;

			score_part(s, before, i - before);
			best_split(s->score, i - before, &place);
			s->starts[at] = false;
			s->starts[before + place] = true;
			before += place;
		}
		at = i;
	}
}

static int search_room(struct search *s)
{
	s->item = calloc(s->n, sizeof(*s->item));
	s->score = calloc(s->n, sizeof(*s->score));
	s->sorted = calloc(s->n, sizeof(*s->sorted));
	s->starts = calloc(s->n, sizeof(*s->starts));
	return s->item && s->score && s->sorted && s->starts ? 0 : -ENOMEM;
}

static void search_free(struct search *s)
{
	free(s->starts);
	free(s->sorted);
	free(s->score);
	free(s->item);
}

int vb_change_points(const double *x, size_t n, uint64_t seed, size_t *at, size_t max,
		     size_t *count)
{
	struct search s = { .x = x, .n = n };
	int ret;

	*count = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			return -EINVAL;
	}
	if (n < LEAST_PART)
		return 0;
	vb_random_init(&s.random, seed);
	ret = search_room(&s);
	if (!ret) {
		split_part(&s, 0, n);
		place_anew(&s);
		for (size_t i = 1; i < n; i++) {
			if (s.starts[i] && (*count)++ < max)
				at[*count - 1] = i;
		}
	}
	search_free(&s);
	return ret;
}
