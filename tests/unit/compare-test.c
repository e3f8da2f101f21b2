// SPDX-License-Identifier: GPL-2.0-or-later
/* What is decided between two arms, on made-up runs. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/stats/rank.h"
#include "tests/unit/compare-helper.h"

#define NR 10

/* Noise of some tenths of a percent, the same in every test. */
static const uint64_t base[NR] = {
	1000000, 1002000, 998000, 1001000, 999500, 1003000, 997000, 1000500, 1001500, 998500,
};
static const int noise[NR] = { 7, -11, 5, -3, 13, -8, 2, -6, 9, -4 };	/* 0.01% */

/* base times (1 + percent) with noise of its own. */
static void scale(double percent, uint64_t *b)
{
	for (int i = 0; i < NR; i++)
		b[i] = (uint64_t)((double)base[i] * (1 + percent / 100 + noise[i] / 1e4));
}

struct compared {
	struct vb_result result;
	struct vb_comparison *list;
	size_t nr;
};

static void compare_with(struct compared *c, const struct vb_compare_options *o)
{
	char err[300];

	if (vb_compare_arms(&c->result, o, &c->list, &c->nr, err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(c->nr, 1);
}

static void compare_shifted(double percent, unsigned int pairs, bool exact, struct compared *c,
			    const struct vb_compare_options *o)
{
	uint64_t b[NR];

	scale(percent, b);
	make_pairs(base, b, pairs, exact, &c->result);
	compare_with(c, o);
}

static void release(struct compared *c)
{
	vb_comparisons_free(c->list, c->nr);
	free_result(&c->result);
}

/* The finding for request.mean, a primary by the workload. */
static enum vb_finding find_mean(double percent, unsigned int pairs, bool exact,
				 const struct vb_compare_options *o, char *reason)
{
	const struct vb_decision *d;
	struct compared c;
	enum vb_finding f;

	compare_shifted(percent, pairs, exact, &c, o);
	d = decision(&c.list[0], 0, "span", "request", "mean");
	assert_true(d->primary);
	assert_int_equal(d->exact, exact);
	f = d->finding;
	strcpy(reason, d->reason);
	release(&c);
	return f;
}

static void test_findings(void **state)
{
	static const struct {
		double percent;
		unsigned int pairs;
		bool exact;
		enum vb_finding finding;
		const char *reason;
	} cases[] = {
		{ 5, 10, false, VB_FINDING_WORSE, "" },
		{ -5, 10, false, VB_FINDING_BETTER, "" },
		{ 0, 10, false, VB_FINDING_EQUIVALENT, "" },
		{ 1, 10, false, VB_FINDING_EQUIVALENT, "not 0, but inside the margin of 3%" },
		{ 5, 7, false, VB_FINDING_WORSE, "" },
		/* 2 / 2^6 twice is more than 0.05 */
		{ 5, 6, false, VB_FINDING_INCONCLUSIVE, "6 pairs can show no difference, with 2 "
		  "primaries: it takes 7" },
		{ 5, 5, false, VB_FINDING_INCONCLUSIVE, "5 pairs: an interval of 95% wants 6" },
		{ 5, 1, false, VB_FINDING_INCONCLUSIVE, "1 pair: an interval" },
		{ 0.2, 3, true, VB_FINDING_INCONCLUSIVE, "a round differs by no more than the 0.1%" },
		{ 5, 3, true, VB_FINDING_WORSE, "" },
		{ -5, 3, true, VB_FINDING_BETTER, "" },
		{ 5, 2, true, VB_FINDING_INCONCLUSIVE, "2 rounds: a range wants 3" },
		/* +0.07%, -0.11%, +0.05% */
		{ 0, 3, true, VB_FINDING_INCONCLUSIVE, "not all rounds differ to the same side" },
	};
	char reason[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum vb_finding f = find_mean(cases[i].percent, cases[i].pairs, cases[i].exact, NULL,
					      reason);

		if (f != cases[i].finding || strncmp(reason, cases[i].reason, strlen(cases[i].reason)))
			fail_msg("case %zu: %s (%s)", i, vb_finding_name(f), reason);
	}
}

/* In exact mode runs hardly differ: half a percent is found. */
static void test_exact_half_percent(void **state)
{
	static const uint64_t a[] = { 1000000, 1000200, 1000400 }, b[] = { 1005000, 1005200, 1005400 };
	static const uint64_t near[] = { 1000500, 1000600, 1000700 };
	struct compared c;

	make_pairs(a, b, 3, true, &c.result);
	compare_with(&c, NULL);
	assert_int_equal(decision(c.list, 0, "span", "request", "mean")->finding, VB_FINDING_WORSE);
	assert_int_equal(decision(c.list, 0, "span", "request", "rate")->finding, VB_FINDING_WORSE);
	/* p99 comes from buckets, so it is none of the primaries here */
	assert_false(decision(c.list, 0, "span", "request", "p99")->primary);
	assert_false(decision(c.list, 0, "span", "request", "mean")->has_p);
	release(&c);

	make_pairs(a, near, 3, true, &c.result);
	compare_with(&c, NULL);
	assert_int_equal(decision(c.list, 0, "span", "request", "mean")->finding,
			 VB_FINDING_IDENTICAL);
	release(&c);
}

static enum vb_gate_verdict gate_of(const char *text, const uint64_t *b, unsigned int pairs,
				    bool exact, int want, char *why);

static enum vb_finding find_exact(const uint64_t *a, const uint64_t *b)
{
	const struct vb_decision *d;
	struct compared c;
	enum vb_finding f;

	make_pairs(a, b, 3, true, &c.result);
	compare_with(&c, NULL);
	d = decision(c.list, 0, "span", "request", "mean");
	f = d->finding;
	for (size_t i = 0; i < 3; i++)
		assert_true(d->shift_lo <= d->b[i] - d->a[i] && d->b[i] - d->a[i] <= d->shift_hi);
	assert_true(d->shift_lo <= d->shift && d->shift <= d->shift_hi);
	release(&c);
	return f;
}

/* What each round shows is there, though the rounds' layouts spread by more. */
static void test_exact_rounds(void **state)
{
	static const uint64_t a[] = { 1000000, 1030000, 980000 }, slower[] = { 1005000, 1035150, 984900 };
	static const uint64_t swapped[] = { 1000000, 980000, 1030000 };
	char why[400];

	assert_int_equal(find_exact(a, slower), VB_FINDING_WORSE);
	assert_int_equal(find_exact(slower, a), VB_FINDING_BETTER);
	assert_int_equal(find_exact(a, a), VB_FINDING_IDENTICAL);
	/* the medians agree, and nothing else */
	assert_int_equal(find_exact(a, swapped), VB_FINDING_INCONCLUSIVE);
	/* a gate of 0 holds where nothing but the grain of exact mode differs */
	assert_int_equal(gate_of("request.mean:0%", base, 3, true, 0, why), VB_GATE_PASSED);
}

static enum vb_finding find_exact_unpaired(const uint64_t *x, const uint64_t *y)
{
	struct vb_result r[2];
	struct vb_compare_side a = { .name = "a", .result = &r[0], .nr = 1 };
	struct vb_compare_side b = { .name = "b", .result = &r[1], .nr = 1 };
	struct vb_comparison *list;
	enum vb_finding f;
	char err[300];
	size_t nr;

	make_pairs(x, x, 3, true, &r[0]);
	make_pairs(y, y, 3, true, &r[1]);
	assert_int_equal(vb_compare_results(&a, &b, NULL, &list, &nr, err, sizeof(err)), 0);
	f = decision(list, 0, "span", "request", "mean")->finding;
	vb_comparisons_free(list, nr);
	free_result(&r[0]);
	free_result(&r[1]);
	return f;
}

static void test_exact_unpaired(void **state)
{
	static const uint64_t a[] = { 1000000, 1000200, 1000400 }, wide[] = { 900000, 1000200, 1100000 };
	static const uint64_t near[] = { 1000500, 1000600, 1000700 }, far[] = { 1005000, 1005100, 1005200 };
	static const uint64_t beside[] = { 1000500, 1000900, 1001300 };

	assert_int_equal(find_exact_unpaired(a, near), VB_FINDING_IDENTICAL);
	assert_int_equal(find_exact_unpaired(a, wide), VB_FINDING_INCONCLUSIVE);
	assert_int_equal(find_exact_unpaired(a, far), VB_FINDING_WORSE);
	assert_int_equal(find_exact_unpaired(far, a), VB_FINDING_BETTER);
	assert_int_equal(find_exact_unpaired(a, beside), VB_FINDING_EQUIVALENT);
}

static void test_numbers(void **state)
{
	const struct vb_decision *d;
	struct compared c;

	compare_shifted(5, 10, false, &c, NULL);
	d = decision(c.list, 0, "span", "request", "mean");
	assert_int_equal(d->n, 10);
	assert_true(d->paired && d->has_interval && d->has_p && d->shown);
	assert_true(fabs(d->percent - 5) < 0.1);
	assert_true(d->percent_lo < d->percent && d->percent < d->percent_hi);
	/* all ten differences have one sign: 2 / 2^10, twice by Holm for two primaries */
	assert_true(fabs(d->p - 2.0 / 1024) < 1e-12);
	assert_int_equal(c.list->family, 2);
	assert_true(fabs(d->p_holm - 4.0 / 1024) < 1e-12);
	assert_true(isnan(decision(c.list, 0, "span", "request", "max")->p_holm));
	/* the other way round for rates */
	d = decision(c.list, 0, "span", "request", "rate");
	assert_true(d->percent < 0);
	assert_int_equal(d->finding, VB_FINDING_WORSE);
	/* a quarter of each request, whatever the request: counts and shares have no good side */
	d = decision(c.list, 0, "module", "callback", "share");
	assert_true(fabs(d->median_a - 0.25) < 1e-3);
	assert_true(d->neutral);
	d = decision(c.list, 0, "module", "callbacks_per_request", "mean");
	assert_true(d->neutral);
	assert_int_equal(d->finding, VB_FINDING_EQUIVALENT);
	release(&c);
}

static void test_ties(void **state)
{
	static const uint64_t same[] = { 5, 5, 5, 5, 5, 5, 5, 5 };
	const struct vb_decision *d;
	struct compared c;

	make_pairs(same, same, 8, false, &c.result);
	compare_with(&c, NULL);
	d = decision(c.list, 0, "span", "request", "mean");
	assert_int_equal(d->finding, VB_FINDING_EQUIVALENT);
	assert_true(d->p == 1 && d->shift == 0);
	release(&c);
}

static void test_left_out(void **state)
{
	struct made_run runs[40];
	const struct vb_decision *d;
	struct compared c;
	size_t nr = 0;

	for (unsigned int i = 0; i < 10; i++)
		for (int arm = 0; arm < 2; arm++)
			runs[nr++] = (struct made_run){ .arm = arm, .round = i, .ns = base[i] + 10u * i };
	/* a warm-up round is in nothing, however far off */
	runs[nr++] = (struct made_run){ .arm = 0, .round = 0, .ns = 9000000, .warmup = true };
	runs[nr++] = (struct made_run){ .arm = 1, .round = 0, .ns = 1, .warmup = true };
	runs[2].status = "failed";		/* round 1, arm a */
	runs[5].status = "interrupted";		/* round 2, arm b */
	runs[7].status = "untrusted";		/* round 3, arm b */
	runs[8].marked = true;			/* stays */
	runs[10].bare = true;			/* round 5, a: ok, without the metric */
	make_result(runs, nr, false, &c.result);
	compare_with(&c, NULL);
	assert_int_equal(c.list->warmup_left_out, 2);
	assert_int_equal(c.list->withheld, 2);
	assert_int_equal(c.list->failed, 1);
	assert_int_equal(c.list->interrupted, 1);
	assert_int_equal(c.list->marked, 1);
	assert_int_equal(c.list->rounds_dropped, 3);
	d = decision(c.list, 0, "span", "request", "mean");
	assert_int_equal(d->n, 6);
	assert_int_equal(d->dropped, 1);
	for (size_t i = 0; i < d->n; i++)
		assert_true(d->a[i] == d->b[i] && d->round[i] != 1 && d->round[i] != 2 &&
			    d->round[i] != 3 && d->round[i] != 5);
	release(&c);
}

/* No quantile on fewer values than it wants, in any run. */
static void test_too_few_values(void **state)
{
	struct made_run runs[20];
	const struct vb_decision *d;
	struct compared c;

	for (unsigned int i = 0; i < 20; i++)
		runs[i] = (struct made_run){ .arm = (int)i % 2, .round = i / 2, .ns = 1000 };
	runs[7].count = 4321;
	make_result(runs, 20, false, &c.result);
	compare_with(&c, NULL);
	assert_true(decision(c.list, 0, "span", "request", "p99")->shown);
	d = decision(c.list, 0, "span", "request", "p999");
	assert_false(d->shown);
	assert_string_equal(d->reason, "p99.9 wants 10,000 values, the smallest run has 4,321");
	assert_int_equal(d->finding, VB_FINDING_INCONCLUSIVE);
	release(&c);
}

/* One of sixteen primaries at p = 0.0078 alone is no finding. */
static void test_holm(void **state)
{
	struct made_run runs[8 * 8 * 2];
	const struct vb_decision *d;
	struct compared c;
	size_t nr = 0;

	for (int cell = 0; cell < 8; cell++)
		for (unsigned int i = 0; i < 8; i++)
			for (int arm = 0; arm < 2; arm++)
				runs[nr++] = (struct made_run){ .arm = arm, .cell = cell, .round = i,
					.ns = base[i] + (arm ? cell ? (i % 2 ? 60000u : 0) : 60000u : 30000u * !!cell) };
	make_result(runs, nr, false, &c.result);
	compare_with(&c, NULL);
	assert_int_equal(c.list->nr_cells, 8);
	assert_int_equal(c.list->family, 16);
	d = decision(c.list, 0, "span", "request", "mean");
	assert_true(fabs(d->p - 2.0 / 256) < 1e-12);
	assert_true(fabs(d->p_holm - 16 * 2.0 / 256) < 1e-12);
	assert_int_equal(d->finding, VB_FINDING_INCONCLUSIVE);
	assert_non_null(strstr(d->reason, "8 pairs can show no difference, with 16 primaries: it takes 10"));
	/* an exploratory one says so by its own p */
	assert_int_equal(decision(c.list, 0, "span", "request", "min")->finding, VB_FINDING_WORSE);
	release(&c);
}

/* Four p-values, two primaries each, from the smallest on or the other way round. */
static void check_adjusted(bool rising)
{
	struct made_run runs[4 * NR * 2];
	double p[8], want[8];
	struct compared c;
	size_t nr = 0, at = 0;

	/* In a cell the first rounds, as many as @against, go the other way. */
	for (int cell = 0; cell < 4; cell++)
		for (unsigned int i = 0; i < NR; i++)
			for (int arm = 0; arm < 2; arm++) {
				unsigned int against = (unsigned int)(rising ? cell : 3 - cell);
				uint64_t step = 1000 * (i + 1);

				runs[nr++] = (struct made_run){ .arm = arm, .cell = cell, .round = i,
					.ns = 1000000 + (arm ? i < against ? 0 : 2 * step : step) };
			}
	make_result(runs, nr, false, &c.result);
	compare_with(&c, NULL);
	for (size_t i = 0; i < 4; i++) {
		p[at++] = decision(c.list, i, "span", "request", "mean")->p;
		p[at++] = decision(c.list, i, "span", "request", "p99")->p;
	}
	assert_true(rising ? p[0] < p[6] : p[0] > p[6]);
	vb_holm(p, 8, want);
	for (size_t i = 0; i < 8; i++) {
		double got = decision(c.list, i / 2, "span", "request", i % 2 ? "p99" : "mean")->p_holm;

		if (fabs(got - want[i]) > 1e-12)
			fail_msg("%zu: p %g, adjusted %g, not %g", i, p[i], got, want[i]);
	}
	release(&c);
}

static void test_adjusted(void **state)
{
	check_adjusted(true);
	check_adjusted(false);
}

/* Two arms against the first ask twice as often. */
static void test_three_arms(void **state)
{
	struct made_run runs[3 * 8];
	struct vb_comparison *list;
	struct vb_result r;
	size_t nr = 0;
	char err[300];

	for (unsigned int i = 0; i < 8; i++)
		for (int arm = 0; arm < 3; arm++)
			runs[nr++] = (struct made_run){ .arm = arm, .round = i,
				.ns = base[i] + (arm == 1 ? 60000 : arm == 2 ? i ? 50000 : 0 : 1000) };
	make_result(runs, nr, false, &r);
	json_array_append_new(json_object_get(r.meta, "arms"),
			      json_pack("{s:s, s:s, s:[]}", "name", "c", "variant", "third", "settings"));
	assert_int_equal(vb_compare_arms(&r, NULL, &list, &nr, err, sizeof(err)), 0);
	assert_int_equal(nr, 2);
	for (size_t i = 0; i < nr; i++) {
		const struct vb_decision *d = decision(&list[i], 0, "span", "request", "mean");

		assert_int_equal(list[i].family, 4);
		assert_int_equal(list[i].family_comparisons, 2);
		/* 2/256 four times, 4/256 twice */
		assert_true(fabs(d->p_holm - 8.0 / 256) < 1e-12);
		assert_int_equal(d->finding, VB_FINDING_WORSE);
	}
	vb_comparisons_free(list, nr);
	free_result(&r);
}

/* A result of 'ab --aa' whose comparisons differ by @percent, up and down. */
static void make_aa(double percent, unsigned int comparisons, struct vb_result *r)
{
	struct made_run *runs = calloc(comparisons * NR * 2, sizeof(*runs));
	size_t nr = 0;
	uint64_t b[NR];

	for (unsigned int k = 0; k < comparisons; k++) {
		scale(k % 2 ? percent : -percent, b);
		for (unsigned int i = 0; i < NR; i++)
			for (int arm = 0; arm < 2; arm++)
				runs[nr++] = (struct made_run){ .arm = arm, .round = k * NR + i,
								.ns = arm ? b[i] : base[i] };
	}
	make_result(runs, nr, false, r);
	json_object_set_new(r->meta, "ab", json_pack("{s:b, s:i, s:i}", "aa", 1, "pairs", NR,
						     "comparisons", (int)comparisons));
	free(runs);
}

static void test_floor(void **state)
{
	struct vb_compare_options o = { 0 };
	char err[300], reason[200];
	struct vb_result aa;
	struct vb_floor *floor;

	make_aa(4, 6, &aa);
	assert_int_equal(vb_floor_make(&aa, &floor, err, sizeof(err)), 0);
	assert_int_equal(floor->comparisons, 6);
	assert_int_equal(floor->different, 6);
	assert_int_equal(floor->pairs, NR);
	/* the greatest shift is 4%, the pairs' spread over all says 1.96 * 8.2 * sqrt(pi / 30) */
	assert_true(fabs(vb_floor_percent(floor, "", "span", "request", "mean", NR) - 5.2) < 0.1);
	assert_true(fabs(vb_floor_percent(floor, "", "span", "request", "min", NR) - 5.2) < 0.1);
	/* four times as many pairs, and it stays; half of them, and it grows */
	assert_true(fabs(vb_floor_percent(floor, "", "span", "request", "mean", 4 * NR) - 5.2) < 0.1);
	assert_true(fabs(vb_floor_percent(floor, "", "span", "request", "mean", 5) - 5.2 * sqrt(2)) < 0.1);
	assert_true(vb_floor_percent(floor, "other", "span", "request", "mean", NR) == 0);
	o.floor = floor;
	/* below it, above it, and a margin that such a rig can't hold */
	assert_int_equal(find_mean(3.9, 10, false, &o, reason), VB_FINDING_INCONCLUSIVE);
	assert_int_equal(strncmp(reason, "below the noise floor", 21), 0);
	assert_int_equal(find_mean(6, 10, false, &o, reason), VB_FINDING_WORSE);
	assert_int_equal(find_mean(6, 7, false, &o, reason), VB_FINDING_INCONCLUSIVE);
	assert_int_equal(strncmp(reason, "below the noise floor", 21), 0);
	assert_int_equal(find_mean(0, 10, false, &o, reason), VB_FINDING_INCONCLUSIVE);
	assert_non_null(strstr(reason, "more than the margin of 3%"));
	o.margin_percent = 6;
	assert_int_equal(find_mean(0, 10, false, &o, reason), VB_FINDING_EQUIVALENT);
	vb_floor_free(floor);
	free_result(&aa);
}

/* Comparisons that happened to agree, of pairs that don't. */
static void test_floor_spread(void **state)
{
	struct made_run runs[5 * NR * 2];
	struct vb_result aa;
	struct vb_floor *floor;
	size_t nr = 0;
	char err[300];
	double percent;

	for (unsigned int i = 0; i < 5 * NR; i++)
		for (int arm = 0; arm < 2; arm++)
			runs[nr++] = (struct made_run){ .arm = arm, .round = i, .ns = 1000000u +
				(arm ? (i % 2 ? 20000 + i : -20000u - i) : 0) };
	make_result(runs, nr, false, &aa);
	json_object_set_new(aa.meta, "ab", json_pack("{s:b, s:i, s:i}", "aa", 1, "pairs", NR,
						     "comparisons", 5));
	assert_int_equal(vb_floor_make(&aa, &floor, err, sizeof(err)), 0);
	percent = vb_floor_percent(floor, "", "span", "request", "mean", NR);
	assert_true(percent > 1 && percent < 4);
	vb_floor_free(floor);
	free_result(&aa);
}

/* It is of pairs in one session. */
static void test_floor_unpaired(void **state)
{
	struct vb_result aa, r[2];
	struct vb_compare_side a = { .name = "a", .result = &r[0], .nr = 1 };
	struct vb_compare_side b = { .name = "b", .result = &r[1], .nr = 1 };
	struct vb_compare_options o = { 0 };
	struct vb_comparison *list;
	struct vb_floor *floor;
	bool told = false;
	char err[300];
	uint64_t y[NR];
	size_t nr;

	make_aa(4, 6, &aa);
	assert_int_equal(vb_floor_make(&aa, &floor, err, sizeof(err)), 0);
	scale(5, y);
	make_pairs(base, base, NR, false, &r[0]);
	make_pairs(y, y, NR, false, &r[1]);
	o.floor = floor;
	assert_int_equal(vb_compare_results(&a, &b, &o, &list, &nr, err, sizeof(err)), 0);
	assert_true(decision(list, 0, "span", "request", "mean")->floor_percent == 0);
	assert_int_equal(decision(list, 0, "span", "request", "mean")->finding, VB_FINDING_WORSE);
	for (size_t i = 0; i < list->nr_notes; i++)
		told |= strstr(list->note[i], "the noise floor is not used") != NULL;
	assert_true(told);
	vb_comparisons_free(list, nr);
	vb_floor_free(floor);
	free_result(&aa);
	free_result(&r[0]);
	free_result(&r[1]);
}

static void test_floor_store(void **state)
{
	char dir[] = "/tmp/floor-test-XXXXXX", below[64], path[4300], err[4500];
	struct vb_floor *floor, *again;
	struct vb_result aa;
	json_t *other;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	snprintf(below, sizeof(below), "%s/a/b", dir);
	setenv("VFIO_BENCH_FLOOR_DIR", below, 1);
	make_aa(1, 5, &aa);
	assert_int_equal(vb_floor_find(json_object_get(aa.meta, "machine"), "test", "timing", &again,
				       err, sizeof(err)), -ENOENT);
	assert_int_equal(vb_floor_make(&aa, &floor, err, sizeof(err)), 0);
	assert_int_equal(vb_floor_store(floor, path, sizeof(path)), 0);
	assert_int_equal(vb_floor_find(json_object_get(aa.meta, "machine"), "test", "timing", &again,
				       err, sizeof(err)), 0);
	assert_int_equal(again->nr, floor->nr);
	assert_int_equal(again->different, floor->different);
	assert_int_equal(again->significant, floor->significant);
	assert_int_equal(vb_floor_fits(again, &aa, err, sizeof(err)), 0);
	assert_true(fabs(vb_floor_percent(again, "", "span", "request", "mean", NR) -
			 vb_floor_percent(floor, "", "span", "request", "mean", NR)) < 1e-9);
	assert_true(vb_floor_detectable(again, &again->entry[0], 10) > 0);
	vb_floor_free(again);
	/* another machine, another mode: not this one's */
	other = json_pack("{s:{s:s}}", "cpu", "model", "y");
	assert_int_equal(vb_floor_find(other, "test", "timing", &again, err, sizeof(err)), -ENOENT);
	json_object_set(aa.meta, "machine", other);
	assert_int_equal(vb_floor_fits(floor, &aa, err, sizeof(err)), -EINVAL);
	json_decref(other);
	/* changed by a byte */
	file = fopen(path, "r+");
	assert_non_null(file);
	fseek(file, 40, SEEK_SET);
	fputc('#', file);
	fclose(file);
	assert_int_equal(vb_floor_load(path, &again, err, sizeof(err)), -EINVAL);
	vb_floor_free(floor);
	free_result(&aa);
	unlink(path);
	rmdir(below);
	snprintf(below, sizeof(below), "%s/a", dir);
	rmdir(below);
	rmdir(dir);
	unsetenv("VFIO_BENCH_FLOOR_DIR");
}

/* A certain 1% is inside the margin: equivalent, and yet no chance. */
static void test_floor_significant(void **state)
{
	char err[300], *text = NULL;
	struct vb_floor *floor;
	struct vb_result aa;
	size_t size = 0;
	FILE *out;

	make_aa(1, 5, &aa);
	assert_int_equal(vb_floor_make(&aa, &floor, err, sizeof(err)), 0);
	assert_int_equal(floor->different, 0);
	assert_int_equal(floor->significant, 5);
	out = open_memstream(&text, &size);
	vb_floor_text(floor, 0, out);
	fclose(out);
	assert_non_null(strstr(text, "p < 0.05 in 5, inside the margin too: 100.0%"));
	free(text);
	vb_floor_free(floor);
	free_result(&aa);
}

static void test_floor_rate(void **state)
{
	double lo, hi;

	/* R: binom.test(2, 40)$conf.int, binom.test(0, 40), binom.test(5, 5) */
	vb_floor_rate(2, 40, &lo, &hi);
	assert_true(fabs(lo - 0.006114186) < 1e-6 && fabs(hi - 0.1691966) < 1e-6);
	vb_floor_rate(0, 40, &lo, &hi);
	assert_true(lo == 0 && fabs(hi - 0.08809736) < 1e-6);
	vb_floor_rate(5, 5, &lo, &hi);
	assert_true(fabs(lo - 0.4781762) < 1e-6 && hi == 1);
}

static void test_gate_parse(void **state)
{
	static const char *const bad[] = {
		"", ":", ":5", "request.p99", "request.p99:", "request.p99:-1", "request.p99:5%%",
		"request.p99:five", "request.p99: 5", "request.p99:+5", "request.p99:nan",
		"request.p99:inf", "request.p99:0x5", "request.p99:1e99", "request:5", "request.p98:5",
		".request.p99:5", "a.b.request.p99:5", "request..p99:5", "request.p99:5,3",
	};
	struct vb_gate gate;
	char err[300];

	assert_int_equal(vb_gate_parse("request.p99:5%", &gate, err, sizeof(err)), 0);
	assert_string_equal(gate.name.section, "");
	assert_string_equal(gate.name.metric, "request");
	assert_int_equal(gate.name.stat, VB_STAT_P99);
	assert_true(gate.percent == 5);
	assert_int_equal(vb_gate_parse("span.request.mean:0.5", &gate, err, sizeof(err)), 0);
	assert_string_equal(gate.name.section, "span");
	assert_true(gate.percent == 0.5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (vb_gate_parse(bad[i], &gate, err, sizeof(err)) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
}

static enum vb_gate_verdict gate_of(const char *text, const uint64_t *b, unsigned int pairs,
				    bool exact, int want, char *why)
{
	enum vb_gate_verdict verdict = VB_GATE_PASSED;
	const struct vb_compare_cell *cell;
	const struct vb_decision *d;
	struct vb_compare_options o = { 0 };
	struct vb_gate gate;
	struct compared c;
	char err[300];

	assert_int_equal(vb_gate_parse(text, &gate, err, sizeof(err)), 0);
	o.gates = &gate;
	o.nr_gates = 1;
	make_pairs(base, b, pairs, exact, &c.result);
	compare_with(&c, &o);
	assert_int_equal(vb_gate_find(&gate, c.list, &verdict, &d, &cell), want);
	if (!want) {
		assert_true(d->gated && d->primary);
		vb_gate_reason(gate.percent, d, why, 400);
	}
	release(&c);
	return verdict;
}

static enum vb_gate_verdict gate_on(const char *text, double percent, unsigned int pairs, int want)
{
	char why[400];
	uint64_t b[NR];

	scale(percent, b);
	return gate_of(text, b, pairs, false, want, why);
}

static void test_gate(void **state)
{
	assert_int_equal(gate_on("request.mean:5%", 6, 10, 0), VB_GATE_EXCEEDED);
	assert_int_equal(gate_on("request.mean:7%", 6, 10, 0), VB_GATE_PASSED);
	assert_int_equal(gate_on("request.mean:5%", -6, 10, 0), VB_GATE_PASSED);
	assert_int_equal(gate_on("request.mean:5%", 6, 5, 0), VB_GATE_UNKNOWN);
	assert_int_equal(gate_on("request.rate:4%", 6, 10, 0), VB_GATE_EXCEEDED);
	assert_int_equal(gate_on("request.max:5%", 6, 10, 0), VB_GATE_EXCEEDED);
	/* surely beyond a gate that is inside the margin of 3% */
	assert_int_equal(gate_on("request.mean:2%", 2.5, 10, 0), VB_GATE_EXCEEDED);
	assert_int_equal(gate_on("request.mean:2%", 1.5, 10, 0), VB_GATE_PASSED);
	gate_on("unmap.mean:5%", 6, 10, -ENOENT);
	gate_on("callbacks_per_request.mean:5%", 6, 10, -EINVAL);
}

/* What could not be seen does not pass. */
static void test_gate_unknown(void **state)
{
	char why[400];
	uint64_t b[NR];

	for (int i = 0; i < NR; i++)	/* -12% to +15%: nobody knows */
		b[i] = (uint64_t)((double)base[i] * (1 + (3 * i - 12) / 100.0));
	assert_int_equal(gate_of("request.mean:5%", b, NR, false, 0, why), VB_GATE_UNKNOWN);
	assert_non_null(strstr(why, "the interval reaches beyond it; it takes about "));
	assert_int_equal(gate_of("request.mean:1%", b, NR, false, 0, why), VB_GATE_UNKNOWN);
	assert_non_null(strstr(why, "the interval holds 0"));
	assert_int_equal(gate_of("request.mean:20%", b, NR, false, 0, why), VB_GATE_PASSED);
	/* exact mode: inside it, reaching beyond it, all beyond it */
	for (int i = 0; i < 3; i++)
		b[i] = base[i] * 104 / 100;
	assert_int_equal(gate_of("request.mean:5%", b, 3, true, 0, why), VB_GATE_PASSED);
	assert_int_equal(gate_of("request.mean:2%", b, 3, true, 0, why), VB_GATE_EXCEEDED);
	assert_int_equal(gate_of("request.mean:2%", b, 2, true, 0, why), VB_GATE_UNKNOWN);
	b[0] = base[0];
	b[1] = base[1] * 99 / 100;
	assert_int_equal(gate_of("request.mean:2%", b, 3, true, 0, why), VB_GATE_UNKNOWN);
	assert_non_null(strstr(why, "the range reaches beyond it"));
}

static struct vb_compare_side side_of(struct vb_result *r, size_t nr, bool boots)
{
	return (struct vb_compare_side){ .name = "made-up", .result = r, .nr = nr, .boots = boots };
}

static void test_results(void **state)
{
	struct vb_comparison *list;
	struct vb_result r[2];
	struct vb_compare_side a = side_of(&r[0], 1, false), b = side_of(&r[1], 1, false);
	const struct vb_compare_options o = { .arm_a = "a", .arm_b = "b" };
	const struct vb_decision *d;
	char err[300];
	uint64_t y[NR];
	size_t nr;

	scale(5, y);
	make_pairs(base, base, NR, false, &r[0]);
	make_pairs(y, y, NR, false, &r[1]);
	json_object_set_new(json_object_get(json_object_get(r[1].meta, "machine"), "kernel"), "release",
			    json_string("6.2"));
	assert_int_equal(vb_compare_results(&a, &b, NULL, &list, &nr, err, sizeof(err)), 0);
	assert_int_equal(nr, 2);	/* a with a, b with b */
	d = decision(&list[0], 0, "span", "request", "mean");
	assert_false(d->paired);
	assert_int_equal(d->finding, VB_FINDING_WORSE);
	assert_string_equal(list[0].difference[0].what, "machine.kernel.release");
	assert_string_equal(list[0].difference[0].b, "6.2");
	vb_comparisons_free(list, nr);
	assert_int_equal(vb_compare_results(&a, &b, &o, &list, &nr, err, sizeof(err)), 0);
	assert_int_equal(nr, 1);
	assert_string_equal(list[0].arm_b, "b");
	vb_comparisons_free(list, nr);
	/* instructions are not held against times */
	json_object_set_new(r[1].meta, "mode", json_string("exact"));
	assert_int_equal(vb_compare_results(&a, &b, NULL, &list, &nr, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "exact mode"));
	free_result(&r[0]);
	free_result(&r[1]);
}

/* A boot gives one value, the median of its runs. */
static void test_boots(void **state)
{
	struct vb_comparison *list;
	struct vb_result r[8];
	struct vb_compare_side a = side_of(&r[0], 4, true), b = side_of(&r[4], 4, true);
	const struct vb_decision *d;
	uint64_t x[3], y[3];
	char err[300];
	size_t nr;

	for (unsigned int i = 0; i < 8; i++) {
		for (unsigned int j = 0; j < 3; j++)
			x[j] = y[j] = base[i] + (i / 4) * 60000 + 100u * j * j;
		make_pairs(x, y, 3, false, &r[i]);
	}
	assert_int_equal(vb_compare_results(&a, &b, NULL, &list, &nr, err, sizeof(err)), 0);
	assert_true(list[0].boots);
	d = decision(&list[0], 0, "span", "request", "mean");
	assert_int_equal(d->n, 4);
	assert_true(d->a[0] == (double)(base[0] + 100));
	assert_int_equal(d->finding, VB_FINDING_INCONCLUSIVE);	/* p 2/70, twice */
	assert_true(d->too_few);
	d = decision(&list[0], 0, "span", "request", "min");
	assert_int_equal(d->finding, VB_FINDING_WORSE);		/* exploratory, its own p */
	vb_comparisons_free(list, nr);
	for (int i = 0; i < 8; i++)
		free_result(&r[i]);
}

static void test_figures(void **state)
{
	static const struct {
		double percent, lo, hi;
		const char *text;
	} cases[] = {
		{ -0.3, -120, 130, "-0.3% [-120, +130]" },
		{ -0.01, -120, 130, "+0.0% [-120, +130]" },
		{ -0.001, -0.004, 2, "+0.00% [+0.00, +2.00]" },
		{ 120, 99.6, 130, "+120% [+100, +130]" },
	};
	static const uint64_t a[] = { 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000 };
	static const uint64_t b[] = { 1001, 900000, 3, 4001, 5001, 6001, 7, 800000 };
	const struct vb_decision *d;
	struct compared c;
	char text[80];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct vb_decision made = { .shown = true, .has_interval = true,
			.percent = cases[i].percent, .percent_lo = cases[i].lo, .percent_hi = cases[i].hi };

		assert_string_equal(vb_decision_shift_text(&made, text, sizeof(text)), cases[i].text);
	}
	make_pairs(a, b, 8, false, &c.result);
	compare_with(&c, NULL);
	d = decision(c.list, 0, "span", "request", "min");
	assert_true(d->pairs_needed > 1000);
	assert_non_null(strstr(d->reason, "takes more than 1000 pairs"));
	release(&c);
}

/* Each pair is greater, and yet the medians fall. */
static void test_signs(void **state)
{
	static const uint64_t a[] = { 1000, 1010, 1020, 1030, 1040, 1050, 1060 };
	static const uint64_t b[] = { 1001, 1011, 1021, 1025, 1041, 1051, 1061 };
	const struct vb_decision *d;
	struct compared c;

	make_pairs(a, b, 7, false, &c.result);
	compare_with(&c, NULL);
	d = decision(c.list, 0, "span", "request", "mean");
	assert_true(d->shift > 0 && d->median_b < d->median_a);
	assert_string_equal(d->reason, "the median of the pairs' differences, not the difference of the "
			    "medians");
	release(&c);
}

static void test_output(void **state)
{
	struct compared c;
	char *text = NULL, *line, *rest;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct vb_compare_options o = { .nr_gates = 2 };
	struct vb_gate gate[2];
	json_t *json, *decision;
	char err[300];
	size_t i, gates = 0;

	assert_int_equal(vb_gate_parse("request.mean:9%", &gate[0], err, sizeof(err)), 0);
	assert_int_equal(vb_gate_parse("span.request.mean:4%", &gate[1], err, sizeof(err)), 0);
	o.gates = gate;
	compare_shifted(5, 10, false, &c, &o);
	vb_compare_text(c.list, true, out);
	fclose(out);
	assert_non_null(strstr(text, "span.request.mean"));
	assert_non_null(strstr(text, "exploratory"));
	for (rest = text; (line = strsep(&rest, "\n"));)
		assert_true(strlen(line) <= 100);
	free(text);
	json = vb_comparison_to_json(c.list);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "cells")), 1);
	json_array_foreach(json_object_get(json_array_get(json_object_get(json, "cells"), 0),
					   "decisions"), i, decision) {
		const json_t *of = json_object_get(decision, "gate");

		if (!json_is_object(of))
			continue;
		gates++;
		/* the narrower of the two */
		assert_true(json_real_value(json_object_get(of, "percent")) == 4);
		assert_string_equal(json_string_value(json_object_get(of, "outcome")), "exceeded");
	}
	assert_int_equal(gates, 1);
	json_decref(json);
	release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_exact_half_percent),
		cmocka_unit_test(test_exact_rounds),
		cmocka_unit_test(test_exact_unpaired),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_too_few_values),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_adjusted),
		cmocka_unit_test(test_three_arms),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_floor_spread),
		cmocka_unit_test(test_floor_unpaired),
		cmocka_unit_test(test_floor_store),
		cmocka_unit_test(test_floor_significant),
		cmocka_unit_test(test_floor_rate),
		cmocka_unit_test(test_gate_parse),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_gate_unknown),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_boots),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
