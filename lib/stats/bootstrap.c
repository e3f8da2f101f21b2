// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stats/bootstrap.h"
#include "lib/stats/random.h"
#include "lib/stats/rank-internal.h"

#define Z		1.959963984540054	/* the normal quantile of VB_LEVEL, two-sided */
#define LEAST_PAIRS	6
#define LEAST_ARM	4

/* A Walsh average, or a difference of arms, and the two runs it is made of. */
struct part {
	double value;
	unsigned int i, j;
};

struct point {
	double *x, *y;		/* paired: the differences are in @x */
	size_t nx, ny;		/* paired: @ny is 0 */
	struct part *part;	/* ascending */
	size_t parts;
	unsigned int *times_x, *times_y;	/* how often each run was drawn */
	double *replicate;
};

/* Student's quantile for Z's probability: Abramowitz and Stegun 26.7.5, within 0.1% from 5. */
static double student(double df)
{
	double z = Z, z2 = z * z, first = z * (z2 + 1) / 4;
	double second = z * ((5 * z2 + 16) * z2 + 3) / 96;
	double third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;

	return z + first / df + second / (df * df) + third / (df * df * df);
}

/* Which of the sorted replicates bound the interval, counted from each end. */
static size_t outside_of(const struct point *p)
{
	double df = (double)(p->nx + p->ny) - (p->ny ? 2 : 1);
	double n = p->ny ? fmin((double)p->nx, (double)p->ny) : (double)p->nx;
	double tail = vb_normal_p(-sqrt(n / (n - 1)) * student(df));

	return (size_t)fmax(1, floor((VB_BOOTSTRAP_RESAMPLES + 1) * tail));
}

static int by_value(const void *a, const void *b)
{
	double x = ((const struct part *)a)->value, y = ((const struct part *)b)->value;

	return (x > y) - (x < y);
}

static void make_parts(struct point *p)
{
	p->parts = 0;
	for (unsigned int i = 0; i < p->nx; i++) {
		for (unsigned int j = p->ny ? 0 : i; j < (p->ny ? p->ny : p->nx); j++) {
			double value = p->ny ? p->y[j] - p->x[i] : (p->x[i] + p->x[j]) / 2;

			p->part[p->parts++] = (struct part){ value, i, j };
		}
	}
	qsort(p->part, p->parts, sizeof(*p->part), by_value);
}

static void draw(struct vb_random *random, unsigned int *times, size_t n)
{
	memset(times, 0, n * sizeof(*times));
	for (size_t i = 0; i < n; i++)
		times[vb_random_below(random, n)]++;
}

/* How often a part is in the sample that was drawn. */
static size_t weight(const struct point *p, const struct part *part)
{
	size_t i = p->times_x[part->i];

	if (p->ny)
		return i * p->times_y[part->j];
	return part->i == part->j ? i * (i + 1) / 2 : i * p->times_x[part->j];
}

/*
 * The Hodges-Lehmann estimate of the sample drawn.  Its parts are those of all
 * runs, in the order they have, each as often as its runs were drawn: nothing
 * to sort, and their number stays the same.
 */
static double weighted_median(const struct point *p)
{
	size_t seen = 0, at = 0;
	double lower;

	for (;; at++) {
		seen += weight(p, &p->part[at]);
		if (2 * seen >= p->parts)
			break;
	}
	lower = p->part[at].value;
	if (2 * seen > p->parts)
		return lower;
	do
		at++;
	while (!weight(p, &p->part[at]));
	return lower + (p->part[at].value - lower) / 2;
}

static void resample(struct point *p, uint64_t seed, struct vb_shift *shift)
{
	size_t outside = outside_of(p);
	struct vb_random random;

	make_parts(p);
	vb_random_init(&random, seed);
	for (size_t i = 0; i < VB_BOOTSTRAP_RESAMPLES; i++) {
		draw(&random, p->times_x, p->nx);
		if (p->ny)
			draw(&random, p->times_y, p->ny);
		p->replicate[i] = weighted_median(p);
	}
	shift->has_interval = true;
	shift->achieved = VB_LEVEL;
	shift->lo = vb_select(p->replicate, VB_BOOTSTRAP_RESAMPLES, outside - 1);
	shift->hi = vb_select(p->replicate, VB_BOOTSTRAP_RESAMPLES,
			      VB_BOOTSTRAP_RESAMPLES - outside);
}

/* The runs that have a value at point @k. */
static void gather(const struct vb_bootstrap *how, size_t k, struct point *p)
{
	p->nx = p->ny = 0;
	for (size_t i = 0; i < how->na; i++) {
		double a = how->a[i * how->points + k];

		if (how->paired)
			a = how->b[i * how->points + k] - a;
		if (!isnan(a))
			p->x[p->nx++] = a;
	}
	for (size_t i = 0; i < how->nb && !how->paired; i++) {
		double b = how->b[i * how->points + k];

		if (!isnan(b))
			p->y[p->ny++] = b;
	}
}

static int point_shift(const struct vb_bootstrap *how, struct point *p, struct vb_shift *shift)
{
	size_t most = p->nx > p->ny ? p->nx : p->ny;
	bool enough;
	int ret;

	*shift = (struct vb_shift){ .estimate = NAN, .lo = NAN, .hi = NAN, .level = VB_LEVEL };
	if (!p->nx || (!how->paired && !p->ny))
		return 0;
	ret = how->paired ? vb_signed_rank(p->x, p->nx, NULL, shift) :
			    vb_rank_sum(p->x, p->nx, p->y, p->ny, NULL, shift);
	if (ret || most > VB_BOOTSTRAP_MAX)
		return ret;
	enough = how->paired ? p->nx >= LEAST_PAIRS : p->nx >= LEAST_ARM && p->ny >= LEAST_ARM;
	if (enough) {
		resample(p, how->seed, shift);
	} else {
		shift->has_interval = false;
		shift->lo = shift->hi = NAN;
		shift->achieved = 0;
	}
	return 0;
}

static int point_room(const struct vb_bootstrap *how, struct point *p)
{
	p->x = calloc(how->na + 1, sizeof(*p->x));
	p->y = calloc(how->nb + 1, sizeof(*p->y));
	p->times_x = calloc(VB_BOOTSTRAP_MAX, sizeof(*p->times_x));
	p->times_y = calloc(VB_BOOTSTRAP_MAX, sizeof(*p->times_y));
	p->part = calloc(VB_BOOTSTRAP_MAX * VB_BOOTSTRAP_MAX, sizeof(*p->part));
	p->replicate = calloc(VB_BOOTSTRAP_RESAMPLES, sizeof(*p->replicate));
	return p->x && p->y && p->times_x && p->times_y && p->part && p->replicate ? 0 : -ENOMEM;
}

static void point_free(struct point *p)
{
	free(p->replicate);
	free(p->part);
	free(p->times_y);
	free(p->times_x);
	free(p->y);
	free(p->x);
}

int vb_bootstrap_shift(const struct vb_bootstrap *how, struct vb_shift *shift)
{
	struct point p = { 0 };
	int ret;

	if (!how->points || (how->paired && how->na != how->nb))
		return -EINVAL;
	ret = point_room(how, &p);
	for (size_t k = 0; k < how->points && !ret; k++) {
		gather(how, k, &p);
		ret = point_shift(how, &p, &shift[k]);
	}
	point_free(&p);
	return ret;
}
