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
/* Makes the median distance of normal values from their median their deviation. */
#define MAD_SCALE	1.4826
#define SCORE_UNIT	1e6	/* whole numbers, from 0 to two of these */
#define LEAST_SIDE	2
/* Of 7 values no split has a permutation probability below 5%. */
#define LEAST_PART	8

struct search {
	const double *x;
	size_t n;
	struct vb_random random;
	unsigned int *score;	/* room for @n each */
	double *copy;
	bool *starts;		/* a new level begins here */
};

/* How large the best split of @n scores is: their sum up to it, squared, over its variance. */
static double best_split(const unsigned int *score, size_t n)
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
		best = fmax(best, size);
	}
	return best;
}

/* The sum of distances from the median. */
static double distances(struct search *s, size_t from, size_t n)
{
	double median, sum = 0;

	memcpy(s->copy, s->x + from, n * sizeof(*s->copy));
	median = vb_median_of(s->copy, n);
	for (size_t i = 0; i < n; i++)
		sum += fabs(s->copy[i] - median);
	return sum;
}

/* Where two levels fit the part best; a split of scores may lie a little off. */
static size_t best_place(struct search *s, size_t from, size_t n)
{
	double least = INFINITY;
	size_t place = LEAST_SIDE;

	for (size_t t = LEAST_SIDE; t <= n - LEAST_SIDE; t++) {
		double sum = distances(s, from, t) + distances(s, from + t, n - t);

		if (sum < least) {
			least = sum;
			place = t;
		}
	}
	return place;
}

/*
 * Scores of the part from @from: distances from its median, cut off where three
 * standard deviations would be (by the median distance).  When more than half of
 * the values are the median, which of its sides a value is on.
 */
static void score_part(struct search *s, size_t from, size_t n)
{
	const double *x = s->x + from;
	double median, limit;

	memcpy(s->copy, x, n * sizeof(*s->copy));
	median = vb_median_of(s->copy, n);
	for (size_t i = 0; i < n; i++)
		s->copy[i] = fabs(x[i] - median);
	limit = 3 * MAD_SCALE * vb_median_of(s->copy, n);
	for (size_t i = 0; i < n; i++) {
		double d = x[i] - median, cut = fmax(-limit, fmin(d, limit));
		double share = limit > 0 ? cut / limit : (d > 0) - (d < 0);

		s->score[i] = (unsigned int)lround(SCORE_UNIT * (1 + share));
	}
}

/* Whether a split of @size is rarer than @level among the part's permutations; shuffles it. */
static bool is_rare(struct search *s, size_t n, double size, double level)
{
	double allowed = level * (PERMUTATIONS + 1);
	unsigned int as_large = 1;	/* the series itself is one of them */

	/* Against a sum whose terms were added in another order. */
	size *= 1 - 1e-9;
	for (unsigned int i = 0; i < PERMUTATIONS && as_large <= allowed; i++) {
		vb_random_shuffle(&s->random, s->score, n);
		as_large += best_split(s->score, n) >= size;
	}
	return as_large <= allowed;
}

/* Splits the part as often as it has changes; the deeper half of the work is a loop. */
static void split_part(struct search *s, size_t from, size_t n)
{
	while (n >= LEAST_PART) {
		size_t place;
		double size;

		score_part(s, from, n);
		size = best_split(s->score, n);
		if (size <= 0 || !is_rare(s, n, size, LEVEL * (double)n / (double)s->n))
			return;
		place = best_place(s, from, n);
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
			s->starts[at] = false;
			before += best_place(s, before, i - before);
			s->starts[before] = true;
		}
		at = i;
	}
}

static int search_room(struct search *s)
{
	s->score = calloc(s->n, sizeof(*s->score));
	s->copy = calloc(s->n, sizeof(*s->copy));
	s->starts = calloc(s->n, sizeof(*s->starts));
	return s->score && s->copy && s->starts ? 0 : -ENOMEM;
}

static void search_free(struct search *s)
{
	free(s->starts);
	free(s->copy);
	free(s->score);
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
