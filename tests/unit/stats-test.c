// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rank tests against R's answers (tests/stats/wilcox.txt, or the file that
 * VB_WILCOX names) and, with ties, against full enumeration done here.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/stats/random.h"
#include "lib/stats/rank.h"

#define NEAR		1e-9
/* Up to here every sign or choice is tried. */
#define ENUMERATED	12
/*
 * Beyond, R 4.2 has the normal approximation with ties, of which its manual states no
 * error.  Besides Edgeworth's term of order 1/n it is off by up to the probability of
 * the observed sum, as its continuity correction is half a rank where sums of tied
 * ranks lie farther apart: 0.053 over these sets, of which some have three values only.
 * That is R's error, not ours: against the permutation test that wilcox.R counts in R
 * these same p-values are held to NEAR.
 */
#define TIES_NEAR	0.06
#define LEAST_SETS	300

struct set {
	bool paired, ties;
	size_t na, nb;
	double p, estimate, lo, hi;	/* R's; NAN: no interval */
	double exact;	/* with ties: the permutation test's p; NAN: not counted */
	double *a, *b;
};

struct worst {
	size_t sets, enumerated, counted_sets, intervals;
	double p, shift, enumeration, counted, ties;
};

static struct worst worst;

static void worse(double *most, double got, double want)
{
	assert_false(isnan(got));
	*most = fmax(*most, fabs(got - want));
}

/* For p: also the small ones are right in nine digits. */
static void worse_share(double *most, double got, double want)
{
	assert_true(got > 0 && want > 0);
	*most = fmax(*most, fabs(got / want - 1));
}

static FILE *open_data(void)
{
	const char *name = getenv("VB_WILCOX"), *top = getenv("top_srcdir");
	char path[4096];
	FILE *f;

	if (!name) {
		snprintf(path, sizeof(path), "%s/tests/stats/wilcox.txt", top ? top : VB_SRCDIR);
		name = path;
	}
	f = fopen(name, "r");
	if (!f)
		fail_msg("%s: %s", name, strerror(errno));
	return f;
}

/* The next word of *@at as a number, NA as NAN. */
static double number(char **at)
{
	char *word = strsep(at, " "), *end;
	double value;

	assert_non_null(word);
	if (!strcmp(word, "NA"))
		return NAN;
	value = strtod(word, &end);
	assert_true(end != word && !*end);
	return value;
}

static double *numbers(char **at, size_t n)
{
	double *x = calloc(n, sizeof(*x));

	assert_non_null(x);
	for (size_t i = 0; i < n; i++)
		x[i] = number(at);
	return x;
}

static void parse_set(struct set *s, char *at)
{
	s->ties = number(&at) != 0;
	s->na = (size_t)number(&at);
	s->nb = (size_t)number(&at);
	s->p = number(&at);
	s->exact = number(&at);
	s->estimate = number(&at);
	s->lo = number(&at);
	s->hi = number(&at);
	s->a = numbers(&at, s->na);
	s->b = numbers(&at, s->nb);
}

/* Calls @visit with every line whose first word is @kind and what follows it. */
static void each_line(const char *kind, void (*visit)(const char *kind, char *rest))
{
	FILE *f = open_data();
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) > 0) {
		char *rest = line, *word = strsep(&rest, " ");

		if (!strcmp(word, kind))
			visit(kind, rest);
	}
	free(line);
	fclose(f);
}

static void differences(const struct set *s, double *d)
{
	for (size_t i = 0; i < s->na; i++)
		d[i] = s->b[i] - s->a[i];
}

/* Mid-ranks by counting, so that nothing is shared with the library. */
static void count_ranks(const double *x, size_t n, double *rank)
{
	for (size_t i = 0; i < n; i++) {
		double below = 0, equal = 0;

		for (size_t j = 0; j < n; j++) {
			below += x[j] < x[i];
			equal += x[j] == x[i];
		}
		rank[i] = below + (equal + 1) / 2;
	}
}

struct tails {
	double sum, below, above, all;
};

static void count_tails(struct tails *t, double sum)
{
	t->below += sum <= t->sum;
	t->above += sum >= t->sum;
	t->all++;
}

static double two_sided(const struct tails *t)
{
	return fmin(1, 2 * fmin(t->below, t->above) / t->all);
}

static double every_sign(const double *d, size_t n)
{
	double x[ENUMERATED] = { 0 }, rank[ENUMERATED];
	struct tails t = { 0 };
	unsigned int m = 0;

	for (size_t i = 0; i < n; i++) {
		if (d[i] != 0)
			x[m++] = fabs(d[i]);
	}
	count_ranks(x, m, rank);
	for (size_t i = 0, j = 0; i < n; i++) {
		t.sum += d[i] > 0 ? rank[j] : 0;
		j += d[i] != 0;
	}
	for (unsigned int signs = 0; signs < 1u << m; signs++) {
		double sum = 0;

		for (unsigned int i = 0; i < m; i++)
			sum += signs >> i & 1 ? rank[i] : 0;
		count_tails(&t, sum);
	}
	return two_sided(&t);
}

/* All ways to choose @left more of the @n ranks. */
static void choose(struct tails *t, const double *rank, size_t n, size_t left, double sum)
{
	if (!left) {
		count_tails(t, sum);
		return;
	}
	if (n > left)
		choose(t, rank + 1, n - 1, left, sum);
	choose(t, rank + 1, n - 1, left - 1, sum + rank[0]);
}

static double every_choice(const struct set *s)
{
	double x[2 * ENUMERATED], rank[2 * ENUMERATED];
	struct tails t = { 0 };

	memcpy(x, s->b, s->nb * sizeof(*x));
	memcpy(x + s->nb, s->a, s->na * sizeof(*x));
	count_ranks(x, s->na + s->nb, rank);
	for (size_t i = 0; i < s->nb; i++)
		t.sum += rank[i];
	choose(&t, rank, s->na + s->nb, s->nb, 0);
	return two_sided(&t);
}

static void check_p(const struct set *s, const double *d, const struct vb_test *test)
{
	bool small = s->na <= ENUMERATED && s->nb <= ENUMERATED;

	assert_true(test->p > 0 && test->p <= 1);
	if (!isnan(s->exact)) {
		worse_share(&worst.counted, test->p, s->exact);
		worst.counted_sets++;
	}
	if (small) {
		double p = s->paired ? every_sign(d, s->na) : every_choice(s);

		worse_share(&worst.enumeration, test->p, p);
		worst.enumerated++;
	}
	if (!s->ties || !test->exact)
		worse_share(&worst.p, test->p, s->p);
	else if (!small)
		worse(&worst.ties, test->p, s->p);
}

static void check_shift(const struct set *s, const struct vb_shift *shift)
{
	worse(&worst.shift, shift->estimate, s->estimate);
	assert_true(shift->level == VB_LEVEL);
	assert_int_equal(shift->has_interval, !isnan(s->lo));
	if (s->paired)
		assert_int_equal(shift->has_interval, s->na >= 6);
	if (!shift->has_interval) {
		assert_true(isnan(shift->lo) && isnan(shift->hi));
		return;
	}
	worst.intervals++;
	/* 0.1%: what the normal approximation may be off. */
	assert_true(shift->achieved >= VB_LEVEL - (s->na + s->nb > 98 ? 1e-3 : 0));
	worse(&worst.shift, shift->lo, s->lo);
	worse(&worst.shift, shift->hi, s->hi);
}

static void check_set(const char *kind, char *rest)
{
	struct set s = { .paired = !strcmp(kind, "paired") };
	struct vb_shift shift;
	struct vb_test test;
	double *d;

	parse_set(&s, rest);
	d = calloc(s.na, sizeof(*d));
	assert_non_null(d);
	if (s.paired) {
		assert_int_equal(s.na, s.nb);
		differences(&s, d);
		assert_int_equal(vb_signed_rank(d, s.na, &test, &shift), 0);
	} else {
		assert_int_equal(vb_rank_sum(s.a, s.na, s.b, s.nb, &test, &shift), 0);
		assert_int_equal(test.n, s.na + s.nb);
	}
	check_p(&s, d, &test);
	check_shift(&s, &shift);
	worst.sets++;
	free(d);
	free(s.b);
	free(s.a);
}

static void say(const char *kind)
{
	print_message("# %s: %zu sets, %zu intervals; farthest from R: p %.1e, shift %.1e\n",
		      kind, worst.sets, worst.intervals, worst.p, worst.shift);
	print_message("# %s: %zu enumerated, farthest %.1e; %zu with ties by R, farthest %.1e\n",
		      kind, worst.enumerated, worst.enumeration, worst.counted_sets,
		      worst.counted);
	print_message("# %s: with ties, more than %d values: %.4f from R's normal approximation\n",
		      kind, ENUMERATED, worst.ties);
}

static size_t check_kind(const char *kind)
{
	memset(&worst, 0, sizeof(worst));
	each_line(kind, check_set);
	say(kind);
	assert_true(worst.p < NEAR);
	assert_true(worst.shift < NEAR);
	assert_true(worst.enumeration < NEAR);
	assert_true(worst.counted < NEAR);
	assert_true(worst.ties < TIES_NEAR);
	assert_true(worst.enumerated >= 30);
	assert_true(worst.counted_sets >= 70);
	return worst.sets;
}

static void test_against_r(void **state)
{
	size_t sets = check_kind("paired");

	sets += check_kind("unpaired");
	assert_true(sets >= LEAST_SETS);
}

static size_t holm_sets;

static void check_holm(const char *kind, char *rest)
{
	size_t n = (size_t)number(&rest);
	double *p = numbers(&rest, n), *want = numbers(&rest, n);
	double *got = calloc(n, sizeof(*got));

	assert_non_null(got);
	vb_holm(p, n, got);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(isnan(got[i]), isnan(want[i]));
		assert_true(isnan(got[i]) || fabs(got[i] - want[i]) < NEAR);
	}
	holm_sets++;
	free(got);
	free(want);
	free(p);
}

static void test_holm(void **state)
{
	static const double rising[] = { .01, .015, .02, .03 }, falling[] = { .03, .02, .015, .01 };
	static const double want[] = { .04, .045, .045, .045 };
	double got[2][4];

	vb_holm(rising, 4, got[0]);
	vb_holm(falling, 4, got[1]);
	for (size_t i = 0; i < 4; i++)
		assert_true(fabs(got[0][i] - want[i]) < NEAR && fabs(got[1][3 - i] - want[i]) < NEAR);
	each_line("holm", check_holm);
	print_message("# holm: %zu sets\n", holm_sets);
	assert_true(holm_sets >= 30);
}

static void test_few_pairs(void **state)
{
	static const double d[] = { 1, 2, 4, 8, 16, 32 };
	struct vb_shift shift;
	struct vb_test test;

	for (size_t n = 1; n < 6; n++) {
		assert_int_equal(vb_signed_rank(d, n, &test, &shift), 0);
		assert_true(fabs(test.p - ldexp(2, -(int)n)) < NEAR);
		assert_false(shift.has_interval);
		assert_true(isnan(shift.lo) && isnan(shift.hi));
		assert_false(isnan(shift.estimate));
	}
	assert_int_equal(vb_signed_rank(d, 6, &test, &shift), 0);
	assert_true(shift.has_interval && test.p < 1 - VB_LEVEL);
	assert_true(shift.lo == 1 && shift.hi == 32);
	assert_true(fabs(shift.achieved - (1 - 2 / 64.)) < NEAR);
}

/* All differences 0, and most of them: R drops these, the shift here does not. */
static void test_zeros(void **state)
{
	double d[10] = { 0 };
	struct vb_shift shift;
	struct vb_test test;

	assert_int_equal(vb_signed_rank(d, 10, &test, &shift), 0);
	assert_true(test.p == 1 && test.exact && test.n == 0);
	assert_true(shift.has_interval && shift.estimate == 0 && shift.lo == 0 && shift.hi == 0);
	d[3] = 5;
	d[8] = 5;
	assert_int_equal(vb_signed_rank(d, 10, &test, &shift), 0);
	assert_int_equal(test.n, 2);
	assert_true(fabs(test.p - 0.5) < NEAR);
	assert_true(shift.estimate == 0 && shift.lo == 0 && shift.hi >= 0);
	assert_int_equal(vb_rank_sum(d, 3, d + 4, 4, &test, &shift), 0);
	assert_true(test.p == 1 && shift.estimate == 0);
}

static void test_refused(void **state)
{
	static const double good[] = { 1, 2, 3 }, bad[] = { 1, NAN, 3 }, far[] = { 1, INFINITY };
	double *many = calloc(VB_RANK_MAX + 1, sizeof(*many));
	struct vb_shift shift;
	struct vb_test test;

	assert_non_null(many);
	assert_int_equal(vb_signed_rank(good, 0, &test, &shift), -EINVAL);
	assert_int_equal(vb_signed_rank(bad, 3, &test, &shift), -EINVAL);
	assert_int_equal(vb_signed_rank(many, VB_RANK_MAX + 1, &test, &shift), -E2BIG);
	assert_int_equal(vb_rank_sum(good, 3, far, 2, &test, &shift), -EINVAL);
	assert_int_equal(vb_rank_sum(good, 3, good, 0, &test, &shift), -EINVAL);
	assert_int_equal(vb_rank_sum(many, VB_RANK_MAX + 1, good, 3, &test, &shift), -E2BIG);
	assert_int_equal(vb_signed_rank(good, 3, NULL, NULL), 0);
	free(many);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void test_median(void **state)
{
	double x[40] = { 0 }, kept[40], sorted[40];
	struct vb_random r;

	vb_random_init(&r, 3);
	assert_true(isnan(vb_median(x, 0)));
	for (int round = 0; round < 4000; round++) {
		size_t n = 1 + vb_random_below(&r, 40), span = 1 + vb_random_below(&r, 60);

		for (size_t i = 0; i < n; i++)
			x[i] = (double)vb_random_below(&r, span);
		memcpy(kept, x, sizeof(x));
		memcpy(sorted, x, sizeof(x));
		qsort(sorted, n, sizeof(*sorted), ascending);
		assert_true(vb_median(x, n) == (sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
		assert_memory_equal(x, kept, n * sizeof(*x));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_r),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_few_pairs),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_median),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
