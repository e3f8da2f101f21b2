// SPDX-License-Identifier: GPL-2.0-or-later
/* Order statistics without sorting: Hoare's selection (CACM 4(7), 1961, algorithm 65). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/result/lost.h"
#include "lib/stats/rank.h"
#include "lib/stats/rank-internal.h"

static void swap(double *a, double *b)
{
	double kept = *a;

	*a = *b;
	*b = kept;
}

/* The middle of three: sorted and organ-pipe input do not make it quadratic. */
static double pivot_of(const double *x, size_t lo, size_t hi)
{
	double a = x[lo], b = x[lo + (hi - lo) / 2], c = x[hi];

	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

double vb_select(double *x, size_t n, size_t k)
{
	size_t lo = 0, hi = n - 1;

	while (lo < hi) {
		double pivot = pivot_of(x, lo, hi);
		size_t i = lo, j = hi;

		for (;;) {
			while (x[i] < pivot)
				i++;
			while (x[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap(&x[i++], &x[j--]);
		}
		/* i == j: x[i] is the pivot itself; j < i: they have crossed. */
		if (i == j && x[i] == pivot) {
			if (k == i)
				return x[k];
			if (k < i)
				hi = i - 1;
			else
				lo = i + 1;
		} else if (k <= j) {
			hi = j;
		} else {
			lo = i;
		}
	}
	return x[k];
}

double vb_median_of(double *x, size_t n)
{
	double upper, lower;

	if (!n)
		return NAN;
	upper = vb_select(x, n, n / 2);
	if (n % 2)
		return upper;
	lower = x[0];
	for (size_t i = 1; i < n / 2; i++)
		lower = fmax(lower, x[i]);
	return lower + (upper - lower) / 2;
}

double vb_median(const double *x, size_t n)
{
	double *copy, median;

	if (!n)
		return NAN;
	copy = malloc(n * sizeof(*copy));
	if (!copy) {
		vb_lost_memory();
		return NAN;
	}
	memcpy(copy, x, n * sizeof(*copy));
	median = vb_median_of(copy, n);
	free(copy);
	return median;
}
