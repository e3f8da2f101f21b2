// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exact null distributions of rank sums, by adding one score after the other
 * (the shift algorithm: B. Streitberg, J. Roehmel, "Exact distributions for
 * permutation and rank tests", Statist. Softw. Newsl. 12, 1986, 10-17).  Sums of
 * positive terms only, so that the tails keep their relative precision.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "lib/stats/rank-internal.h"

int vb_sums_signed(const uint32_t *score, size_t n, struct vb_sums *sums)
{
	size_t most = 0, sum = 0;

	for (size_t i = 0; i < n; i++)
		most += score[i];
	sums->least = 0;
	sums->nr = most + 1;
	sums->p = calloc(sums->nr, sizeof(*sums->p));
	if (!sums->p)
		return -ENOMEM;
	sums->p[0] = 1;
	for (size_t i = 0; i < n; i++) {
		sum += score[i];
		for (size_t s = sum + 1; s-- > 0;) {
			double with = s >= score[i] ? sums->p[s - score[i]] : 0;

			sums->p[s] = (sums->p[s] + with) / 2;
		}
	}
	return 0;
}

/*
 * ways[j * width + s]: in how many ways j of the scores so far give the sum s.
 * Bounded by the least and largest sum of j of them: most of the table is empty.
 */
static void add_scores(const uint32_t *score, const size_t *prefix, size_t n, size_t m,
		       double *ways, size_t width)
{
	ways[0] = 1;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1 < m ? i + 1 : m; j > 0; j--) {
			size_t least = prefix[j - 1], most = prefix[i] - prefix[i - (j - 1)];
			const double *from = ways + (j - 1) * width;
			double *to = ways + j * width + score[i];

			for (size_t s = least; s <= most; s++)
				to[s] += from[s];
		}
	}
}

int vb_sums_choose(const uint32_t *score, size_t n, size_t m, struct vb_sums *sums)
{
	size_t *prefix = calloc(n + 1, sizeof(*prefix)), width;
	double *ways, total = 0;

	if (!prefix)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		prefix[i + 1] = prefix[i] + score[i];
	width = prefix[n] - prefix[n - m] + 1;
	sums->least = prefix[m];
	sums->nr = width - sums->least;
	ways = calloc((m + 1) * width, sizeof(*ways));
	sums->p = calloc(sums->nr, sizeof(*sums->p));
	if (!ways || !sums->p) {
		free(ways);
		free(prefix);
		vb_sums_free(sums);
		return -ENOMEM;
	}
	add_scores(score, prefix, n, m, ways, width);
	for (size_t s = 0; s < sums->nr; s++)
		total += ways[m * width + sums->least + s];
	for (size_t s = 0; s < sums->nr; s++)
		sums->p[s] = ways[m * width + sums->least + s] / total;
	free(ways);
	free(prefix);
	return 0;
}

void vb_sums_free(struct vb_sums *sums)
{
	free(sums->p);
	sums->p = NULL;
}

double vb_sums_lower(const struct vb_sums *sums, size_t step)
{
	double p = 0;

	for (size_t s = 0; s <= step && s < sums->nr; s++)
		p += sums->p[s];
	return p;
}

double vb_sums_two_sided(const struct vb_sums *sums, size_t sum)
{
	size_t step = sum - sums->least;
	double lower = vb_sums_lower(sums, step), upper = 0;

	for (size_t s = sums->nr; s-- > step;)
		upper += sums->p[s];
	return fmin(1, 2 * fmin(lower, upper));
}

size_t vb_sums_quantile(const struct vb_sums *sums, double p)
{
	/* R's allowance for sums that should have met p exactly. */
	double want = p - 10 * DBL_EPSILON, sum = 0;
	size_t step = 0;

	for (;; step++) {
		sum += sums->p[step];
		if (sum >= want || step + 1 == sums->nr)
			return step;
	}
}

static int by_key(const void *a, const void *b)
{
	const struct vb_keyed *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

bool vb_rank_scores(struct vb_keyed *item, size_t n, uint32_t *score, double *ties3)
{
	bool tied = false;

	*ties3 = 0;
	qsort(item, n, sizeof(*item), by_key);
	for (size_t first = 0, next; first < n; first = next) {
		double t;

		for (next = first + 1; next < n && item[next].key == item[first].key; next++)
			;
		/* Twice the mean of the ranks first + 1 .. next. */
		for (size_t i = first; i < next; i++)
			score[i] = (uint32_t)(first + 1 + next);
		t = (double)(next - first);
		*ties3 += t * t * t - t;
		tied |= next - first > 1;
	}
	for (size_t i = 0; i < n && !tied; i++)
		score[i] /= 2;
	return tied;
}
