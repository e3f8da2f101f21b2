// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often the comparison of two arms is wrong, on a simulated machine that
 * drifts by 0.4% of the value a run, with noise of 1% a run: the figures that
 * the choice of order, pairing and test rests on, and the proof that this test
 * can tell a bad order from a good one. TAP; the same figures on every machine.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/stats/order.h"
#include "lib/stats/rank.h"
#include "tests/stats/simulate.h"

#define TRIALS	20000
#define PAIRS	10
#define DRIFT	0.004
#define NOISE	0.01
#define MARGIN	0.03
#define METRICS	5
#define MOST_ARMS	3
#define MOST_RUNS	(MOST_ARMS * 12)

enum layout { ABBA, ABAB, AAAABBBB, WILLIAMS };

struct machine {
	enum layout layout;
	unsigned int arms, rounds;
	double drift, shift;	/* a run; of the last arm over the others */
	double common;		/* how much of a run's noise its metrics share, 0..1 */
};

struct figures {
	unsigned int different, covered, inside, any, any_plain;
};

static unsigned int tests, failures;

static void check(bool ok, const char *text, unsigned int count, const char *what)
{
	failures += !ok;
	printf("%s %u - %s: %.2f%% %s\n", ok ? "ok" : "not ok", ++tests, text,
	       100.0 * count / TRIALS, what);
}

static void say(const char *text, unsigned int count)
{
	printf("# %s: %.2f%%\n", text, 100.0 * count / TRIALS);
}

static void must(int ret)
{
	if (ret) {
		printf("Bail out! error %d\n", ret);
		exit(EXIT_FAILURE);
	}
}

/* order[run] is the arm that runs then. */
static void make_order(const struct machine *m, uint64_t seed, unsigned int *order)
{
	unsigned int runs = m->arms * m->rounds;

	if (m->layout == ABBA || m->layout == WILLIAMS) {
		must(vb_order_make(m->arms, m->rounds, seed, order));
		return;
	}
	for (unsigned int run = 0; run < runs; run++)
		order[run] = m->layout == ABAB ? run % m->arms : run / m->rounds;
}

/*
 * values[arm][round] of one metric; @shared is each run's noise that its metrics
 * have in common. The n'th run of an arm belongs to its n'th round in any layout.
 */
static void simulate(const struct machine *m, const unsigned int *order, const double *shared,
		     struct vb_random *random, double values[MOST_ARMS][MOST_RUNS])
{
	unsigned int done[MOST_ARMS] = { 0 };

	for (unsigned int run = 0; run < m->arms * m->rounds; run++) {
		unsigned int arm = order[run];
		double own = sqrt(1 - m->common) * sim_normal(random);
		double noise = NOISE * (own + sqrt(m->common) * shared[run]);

		values[arm][done[arm]++] = 1 + m->drift * run + noise +
					   (arm + 1 == m->arms ? m->shift : 0);
	}
}

/* The last arm against the first, in pairs. */
static void compare(const struct machine *m, double values[MOST_ARMS][MOST_RUNS],
		    struct vb_test *test, struct vb_shift *shift)
{
	double d[MOST_RUNS] = { 0 };

	for (unsigned int i = 0; i < m->rounds; i++)
		d[i] = values[m->arms - 1][i] - values[0][i];
	must(vb_signed_rank(d, m->rounds, test, shift));
}

static void count(const struct machine *m, const struct vb_test *test,
		  const struct vb_shift *shift, struct figures *f)
{
	f->different += test->p < 1 - VB_LEVEL;
	f->covered += shift->lo <= m->shift && m->shift <= shift->hi;
	f->inside += -MARGIN < shift->lo && shift->hi < MARGIN;
}

/* @metrics metrics of the same runs; the counts are the first one's, any and any_plain over all. */
static struct figures trials(const struct machine *m, unsigned int metrics)
{
	struct figures f = { 0 };
	struct vb_random random;

	vb_random_init(&random, 1947);
	for (unsigned int trial = 0; trial < TRIALS; trial++) {
		double values[MOST_ARMS][MOST_RUNS], shared[MOST_RUNS] = { 0 };
		double p[METRICS] = { 0 }, adjusted[METRICS];
		bool any = false, plain = false;
		unsigned int order[MOST_RUNS];

		make_order(m, vb_random_next(&random), order);
		for (unsigned int run = 0; run < m->arms * m->rounds; run++)
			shared[run] = sim_normal(&random);
		for (unsigned int k = 0; k < metrics; k++) {
			struct vb_shift shift;
			struct vb_test test;

			simulate(m, order, shared, &random, values);
			compare(m, values, &test, &shift);
			if (!k)
				count(m, &test, &shift, &f);
			p[k] = test.p;
		}
		vb_holm(p, metrics, adjusted);
		for (unsigned int k = 0; k < metrics; k++) {
			any |= adjusted[k] < 1 - VB_LEVEL;
			plain |= p[k] < 1 - VB_LEVEL;
		}
		f.any += any;
		f.any_plain += plain;
	}
	return f;
}

static bool within(unsigned int count, double low, double high)
{
	return count >= low * TRIALS && count <= high * TRIALS;
}

static void test_order(void)
{
	struct machine m = { .layout = ABBA, .arms = 2, .rounds = PAIRS, .drift = DRIFT };
	struct figures f = trials(&m, 1);

	check(within(f.different, 0.025, 0.055), "ABBA, equal arms", f.different,
	      "called different (2.5 to 5.5)");
	check(within(f.covered, 0.94, 0.975), "ABBA, equal arms", f.covered,
	      "of the intervals cover 0 (94 to 97.5)");
	m.layout = AAAABBBB;
	f = trials(&m, 1);
	check(within(f.different, 0.99, 1), "AAAABBBB is seen to fail: equal arms", f.different,
	      "called different (99 or more)");
	check(within(f.covered, 0, 0.01), "AAAABBBB is seen to fail", f.covered,
	      "of the intervals cover 0 (1 or less)");
	m.layout = ABAB;
	f = trials(&m, 1);
	check(within(f.different, 0.08, 0.16), "ABAB is seen to fail: equal arms", f.different,
	      "called different (8 to 16)");
	m.drift = 0;
	m.layout = AAAABBBB;
	f = trials(&m, 1);
	check(within(f.different, 0.035, 0.055), "AAAABBBB without drift, equal arms", f.different,
	      "called different: the drift it was (3.5 to 5.5)");
}

static void test_power(void)
{
	static const double shifts[] = { 0.005, 0.01, 0.015, 0.02, 0.03 };
	struct machine m = { .layout = ABBA, .arms = 2, .rounds = PAIRS, .drift = DRIFT };

	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		struct figures f;
		char text[64];

		m.shift = shifts[i];
		f = trials(&m, 1);
		snprintf(text, sizeof(text), "power for a change of %.1f%%", 100 * m.shift);
		say(text, f.different);
		if (m.shift != 0.02)
			continue;
		check(within(f.different, 0.95, 1), "a change of 2%", f.different,
		      "found (95 or more)");
		check(within(f.covered, 0.94, 0.975), "a change of 2%", f.covered,
		      "of the intervals cover it (94 to 97.5)");
	}
}

static void test_holm(void)
{
	struct machine m = { .layout = ABBA, .arms = 2, .rounds = PAIRS, .drift = DRIFT };
	struct figures f = trials(&m, METRICS);

	check(within(f.any, 0, 0.055), "five metrics under Holm, equal arms", f.any,
	      "have any called different (5.5 or less)");
	check(within(f.any_plain, 0.12, 0.25), "five metrics without Holm are seen to fail",
	      f.any_plain, "have any called different (12 to 25)");
	m.common = 0.8;
	f = trials(&m, METRICS);
	check(within(f.any, 0, 0.055), "five that go together, under Holm", f.any,
	      "have any called different (5.5 or less)");
	say("the same without Holm", f.any_plain);
}

/* Equivalent: the whole interval lies inside the margin. */
static void test_equivalence(void)
{
	struct machine m = { .layout = ABBA, .arms = 2, .rounds = PAIRS, .drift = DRIFT };
	struct figures f = trials(&m, 1);

	check(within(f.inside, 0.95, 1), "equal arms", f.inside,
	      "called equivalent within 3% (95 or more)");
	m.shift = MARGIN;
	f = trials(&m, 1);
	check(within(f.inside, 0, 0.0275), "arms that differ by the margin", f.inside,
	      "called equivalent (2.75 or less)");
}

static void test_more_arms(void)
{
	struct machine m = { .layout = WILLIAMS, .arms = 3, .rounds = 12, .drift = DRIFT };
	struct figures f = trials(&m, 1);

	check(within(f.different, 0.02, 0.055), "three arms in Williams rows, equal", f.different,
	      "called different (2 to 5.5)");
	check(within(f.covered, 0.94, 0.98), "three arms in Williams rows", f.covered,
	      "of the intervals cover 0 (94 to 98)");
	m.layout = ABAB;
	f = trials(&m, 1);
	check(within(f.different, 0.2, 1), "ABCABC is seen to fail: equal arms", f.different,
	      "called different (20 or more)");
}

/* Two results of other days: no pairs, and no drift between runs that counts. */
static void test_unpaired(void)
{
	unsigned int different = 0, covered = 0, mixed = 0;
	struct vb_random random;

	vb_random_init(&random, 1945);
	for (unsigned int trial = 0; trial < TRIALS; trial++) {
		double a[PAIRS], b[PAIRS];
		struct vb_shift shift;
		struct vb_test test;

		for (int i = 0; i < PAIRS; i++) {
			a[i] = 1 + NOISE * sim_normal(&random);
			b[i] = 1.02 + NOISE * sim_normal(&random);
		}
		must(vb_rank_sum(a, PAIRS, b, PAIRS, &test, &shift));
		mixed += test.p < 1 - VB_LEVEL;
		covered += shift.lo <= 0.02 && 0.02 <= shift.hi;
		for (int i = 0; i < PAIRS; i++)
			b[i] -= 0.02;
		must(vb_rank_sum(a, PAIRS, b, PAIRS, &test, NULL));
		different += test.p < 1 - VB_LEVEL;
	}
	check(within(different, 0.03, 0.055), "unpaired, equal arms", different,
	      "called different (3 to 5.5)");
	check(within(covered, 0.94, 0.975), "unpaired, a change of 2%", covered,
	      "of the intervals cover it (94 to 97.5)");
	say("unpaired, no drift: power for a change of 2%", mixed);
}

int main(void)
{
	printf("# %d trials of %d pairs, drift %.1f%% a run, noise %.0f%%\n", TRIALS, PAIRS,
	       100 * DRIFT, 100 * NOISE);
	test_order();
	test_power();
	test_holm();
	test_equivalence();
	test_more_arms();
	test_unpaired();
	printf("1..%u\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
