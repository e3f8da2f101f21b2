// SPDX-License-Identifier: GPL-2.0-or-later
/* One metric of two arms: its numbers, and what they say.  doc/comparing.md has the rules. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"
#include "lib/stats/power.h"
#include "lib/stats/rank.h"

const char *vb_finding_name(enum vb_finding finding)
{
	static const char *const names[VB_NR_FINDINGS] = {
		[VB_FINDING_BETTER] = "better",
		[VB_FINDING_WORSE] = "worse",
		[VB_FINDING_EQUIVALENT] = "equivalent",
		[VB_FINDING_IDENTICAL] = "identical",
		[VB_FINDING_INCONCLUSIVE] = "inconclusive",
		[VB_FINDING_CHANGED] = "changed",
	};

	return names[finding];
}

static void say(struct vb_decision *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct vb_decision *d, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(d->reason, sizeof(d->reason), format, ap);
	va_end(ap);
}

/* Two digits that count, never with an exponent. */
static const char *percent_text(double percent, char *buf, size_t size)
{
	double size_of = fabs(percent);

	snprintf(buf, size, "%.*f%%", size_of >= 9.95 ? 0 : size_of >= 0.995 ? 1 : 2, percent);
	return buf;
}

/* "10,000" */
static const char *with_commas(uint64_t n, char *buf, size_t size)
{
	if (n >= 1000)
		snprintf(buf, size, "%llu,%03llu", (unsigned long long)n / 1000,
			 (unsigned long long)n % 1000);
	else
		snprintf(buf, size, "%llu", (unsigned long long)n);
	return buf;
}

static int fill_paired(const struct cmp_pool *a, const struct cmp_pool *b, enum vb_stat stat,
		       struct vb_decision *d, uint64_t *least)
{
	d->round = calloc(a->units + 1, sizeof(*d->round));
	if (!d->round)
		return -ENOMEM;
	for (size_t i = 0; i < a->units; i++) {
		d->a[d->n] = cmp_value(a, i, d->section, d->metric, stat, least);
		d->b[d->n] = cmp_value(b, i, d->section, d->metric, stat, least);
		d->round[d->n] = a->ref[i].round;
		if (isnan(d->a[d->n]) || isnan(d->b[d->n]))
			d->dropped++;
		else
			d->n++;
	}
	d->n_a = d->n_b = d->n;
	return 0;
}

static size_t fill_arm(const struct cmp_pool *pool, enum vb_stat stat, struct vb_decision *d,
		       double *values, uint64_t *least)
{
	size_t n = 0;

	for (size_t i = 0; i < pool->units; i++) {
		values[n] = cmp_value(pool, i, d->section, d->metric, stat, least);
		if (isnan(values[n]))
			d->dropped++;
		else
			n++;
	}
	return n;
}

static int fill(const struct cmp_pool *a, const struct cmp_pool *b, enum vb_stat stat,
		struct vb_decision *d, uint64_t *least)
{
	d->a = calloc(a->units + 1, sizeof(*d->a));
	d->b = calloc(b->units + 1, sizeof(*d->b));
	if (!d->a || !d->b)
		return -ENOMEM;
	if (d->paired)
		return fill_paired(a, b, stat, d, least);
	d->n_a = fill_arm(a, stat, d, d->a, least);
	d->n_b = fill_arm(b, stat, d, d->b, least);
	d->n = d->n_a < d->n_b ? d->n_a : d->n_b;
	return 0;
}

static void range(const double *x, size_t n, double *lowest, double *highest)
{
	*lowest = *highest = n ? x[0] : NAN;
	for (size_t i = 1; i < n; i++) {
		*lowest = fmin(*lowest, x[i]);
		*highest = fmax(*highest, x[i]);
	}
}

static double percent_of(double value, double whole)
{
	if (value == 0)
		return 0;
	return whole > 0 ? value / whole * 100 : NAN;
}

static void set_percent(struct vb_decision *d)
{
	d->percent = percent_of(d->shift, d->median_a);
	d->percent_lo = d->has_interval ? percent_of(d->shift_lo, d->median_a) : NAN;
	d->percent_hi = d->has_interval ? percent_of(d->shift_hi, d->median_a) : NAN;
}

/*
 * Exact mode: no test; where the values lie is all there is to say.  A round has
 * one layout for both arms, so that layouts are in none of its differences.
 */
static int measure_exact(struct vb_decision *d)
{
	double *difference;

	d->has_interval = d->n >= VB_COMPARE_MIN_EXACT;
	d->shift = d->median_b - d->median_a;
	d->shift_lo = d->lowest_b - d->highest_a;
	d->shift_hi = d->highest_b - d->lowest_a;
	if (!d->paired)
		return 0;
	difference = calloc(d->n, sizeof(*difference));
	if (!difference)
		return -ENOMEM;
	for (size_t i = 0; i < d->n; i++)
		difference[i] = d->b[i] - d->a[i];
	d->shift = vb_median(difference, d->n);
	range(difference, d->n, &d->shift_lo, &d->shift_hi);
	free(difference);
	return 0;
}

/* What so many pairs can see, and how many would see @margin: both of A's median. */
static int measure_power(struct vb_decision *d, const double *difference, double margin)
{
	double *percent;

	if (d->n < 2 || !(d->median_a > 0))
		return 0;
	percent = calloc(d->n, sizeof(*percent));
	if (!percent)
		return -ENOMEM;
	for (size_t i = 0; i < d->n; i++)
		percent[i] = difference[i] / d->median_a * 100;
	d->detectable_percent = vb_detectable(percent, d->n, d->n);
	d->pairs_needed = vb_pairs_needed(percent, d->n, margin);
	free(percent);
	return 0;
}

static int measure_pairs(struct vb_decision *d, double margin, struct vb_test *test,
			 struct vb_shift *shift)
{
	double *difference = calloc(d->n, sizeof(*difference));
	int ret = difference ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < d->n; i++)
		difference[i] = d->b[i] - d->a[i];
	if (!ret)
		ret = vb_signed_rank(difference, d->n, test, shift);
	if (!ret)
		ret = measure_power(d, difference, margin);
	free(difference);
	return ret;
}

static int measure_timing(struct vb_decision *d, double margin)
{
	struct vb_test test;
	struct vb_shift shift;
	int ret;

	if (d->paired)
		ret = measure_pairs(d, margin, &test, &shift);
	else
		ret = vb_rank_sum(d->a, d->n_a, d->b, d->n_b, &test, &shift);
	if (ret)
		return ret;
	d->p = test.p;
	d->has_p = true;
	d->shift = shift.estimate;
	d->has_interval = shift.has_interval;
	d->shift_lo = shift.has_interval ? shift.lo : NAN;
	d->shift_hi = shift.has_interval ? shift.hi : NAN;
	return 0;
}

int cmp_decide(const struct cmp_pool *a, const struct cmp_pool *b, enum vb_stat stat,
	       double margin, struct vb_decision *d)
{
	uint64_t least = UINT64_MAX;
	char wants[32], has[32];
	int ret;

	d->shift = d->shift_lo = d->shift_hi = d->p = d->p_holm = d->detectable_percent = NAN;
	ret = fill(a, b, stat, d, &least);
	if (ret)
		return ret;
	d->shown = d->n && least >= vb_stat_wants(stat);
	d->median_a = d->n_a ? vb_median(d->a, d->n_a) : NAN;
	d->median_b = d->n_b ? vb_median(d->b, d->n_b) : NAN;
	range(d->a, d->n_a, &d->lowest_a, &d->highest_a);
	range(d->b, d->n_b, &d->lowest_b, &d->highest_b);
	if (d->shown && d->exact)
		ret = measure_exact(d);
	else if (d->shown)
		ret = measure_timing(d, margin);
	set_percent(d);
	if (d->shown)
		return ret;
	d->too_few = true;
	if (!d->n)
		say(d, d->paired ? "no round in which both arms have it" : "an arm without it");
	else
		say(d, "%s wants %s values, the smallest run has %s", vb_stat_title(stat),
		    with_commas(vb_stat_wants(stat), wants, sizeof(wants)),
		    with_commas(least, has, sizeof(has)));
	return ret;
}

static void direction(struct vb_decision *d)
{
	if (d->neutral)
		d->finding = VB_FINDING_CHANGED;
	else
		d->finding = (d->shift < 0) == d->lower_is_better ? VB_FINDING_BETTER :
								   VB_FINDING_WORSE;
}

/* A/A comparisons, where there is nothing to find, differ by so much too. */
static bool below_floor(struct vb_decision *d)
{
	char floor[32];

	if (!(d->floor_percent > 0) || !(fabs(d->percent) <= d->floor_percent))
		return false;
	d->finding = VB_FINDING_INCONCLUSIVE;
	say(d, "below the noise floor: equal arms differ by up to %s here",
	    percent_text(d->floor_percent, floor, sizeof(floor)));
	return true;
}

/* More than exact mode differs by when nothing does? */
static bool more_than_grain(const struct vb_decision *d, double value)
{
	if (!(d->median_a > 0))
		return value != 0;
	return fabs(value) / d->median_a * 100 > VB_COMPARE_SAME;
}

/* By the differences of the rounds. */
static void judge_exact_pairs(struct vb_decision *d)
{
	bool one_sign = d->shift_lo > 0 || d->shift_hi < 0;
	double nearest = fmin(fabs(d->shift_lo), fabs(d->shift_hi));

	if (!more_than_grain(d, d->shift_lo) && !more_than_grain(d, d->shift_hi))
		d->finding = VB_FINDING_IDENTICAL;
	else if (!one_sign)
		say(d, "not all rounds differ to the same side");
	else if (!more_than_grain(d, nearest))
		say(d, "a round differs by no more than the %.1f%% to which exact mode repeats itself",
		    VB_COMPARE_SAME);
	else if (!below_floor(d))
		direction(d);
}

/* By where all values of either arm lie. */
static void judge_exact_arms(struct vb_decision *d)
{
	double all = fmax(d->highest_a, d->highest_b) - fmin(d->lowest_a, d->lowest_b);
	bool apart = d->lowest_b > d->highest_a || d->lowest_a > d->highest_b;

	if (!more_than_grain(d, all)) {
		d->finding = VB_FINDING_IDENTICAL;
	} else if (!apart) {
		say(d, "the ranges overlap, and not all values are within %.1f%%", VB_COMPARE_SAME);
	} else if (!more_than_grain(d, d->shift)) {
		d->finding = VB_FINDING_EQUIVALENT;
		say(d, "apart, by no more than the %.1f%% to which exact mode repeats itself",
		    VB_COMPARE_SAME);
	} else if (!below_floor(d)) {
		direction(d);
	}
}

static void judge_exact(struct vb_decision *d)
{
	if (d->n < VB_COMPARE_MIN_EXACT) {
		d->too_few = true;
		say(d, "%zu %s%s: a range wants %d", d->n, d->paired ? "round" : "run",
		    d->n == 1 ? "" : "s", VB_COMPARE_MIN_EXACT);
	} else if (d->paired) {
		judge_exact_pairs(d);
	} else {
		judge_exact_arms(d);
	}
}

/* The smallest p that a rank test can give: all of one arm on one side of the other. */
static double least_p(bool paired, size_t n_a, size_t n_b)
{
	if (paired)
		return 2 * pow(0.5, (double)n_a);
	return 2 * exp(lgamma((double)n_a + 1) + lgamma((double)n_b + 1) -
		       lgamma((double)(n_a + n_b) + 1));
}

/* Too few for any difference, however large, to be found among so many primaries? */
static bool can_never(struct vb_decision *d, unsigned int family)
{
	size_t wanted = d->n;

	if (!d->primary || least_p(d->paired, d->n_a, d->n_b) * family < VB_COMPARE_ALPHA)
		return false;
	while (least_p(d->paired, wanted, wanted) * family >= VB_COMPARE_ALPHA)
		wanted++;
	d->too_few = true;
	say(d, "%zu %s can show no difference, with %u primaries: it takes %zu%s", d->n,
	    d->paired ? "pairs" : "runs of an arm", family, wanted, d->paired ? "" : " of each");
	return true;
}

static void judge_undecided(struct vb_decision *d, double margin, unsigned int family)
{
	if (can_never(d, family))
		return;
	if (d->primary && d->p < VB_COMPARE_ALPHA && d->p_holm >= VB_COMPARE_ALPHA)
		say(d, "p is %.2g alone, %.2g as one of %u primaries", d->p, d->p_holm, family);
	else if (d->paired && d->pairs_needed > VB_COMPARE_MANY_PAIRS)
		say(d, "the interval is wider than the margin: %g%% takes more than %d pairs", margin,
		    VB_COMPARE_MANY_PAIRS);
	else if (d->paired && d->pairs_needed > d->n)
		say(d, "the interval is wider than the margin: %g%% takes about %zu pairs", margin,
		    d->pairs_needed);
	else
		say(d, "the interval holds 0, and reaches beyond the margin of %g%%", margin);
}

static void judge_timing(struct vb_decision *d, double margin, unsigned int family)
{
	double p = d->primary ? d->p_holm : d->p;
	bool apart = d->has_interval && (d->shift_lo > 0 || d->shift_hi < 0);
	bool significant = apart && p < VB_COMPARE_ALPHA;
	bool inside = d->has_interval && d->percent_lo >= -margin && d->percent_hi <= margin;
	char floor[32];

	if (!d->has_interval) {
		d->too_few = true;
		if (d->paired)
			say(d, "%zu pair%s: an interval of 95%% wants %d", d->n, d->n == 1 ? "" : "s",
			    VB_COMPARE_MIN_PAIRS);
		else
			say(d, "%zu and %zu runs: an interval of 95%% wants 4 of each", d->n_a, d->n_b);
	} else if (inside && d->floor_percent > margin) {
		say(d, "equal arms differ by up to %s here, more than the margin of %g%%",
		    percent_text(d->floor_percent, floor, sizeof(floor)), margin);
	} else if (inside) {
		d->finding = VB_FINDING_EQUIVALENT;
		if (significant)
			say(d, "not 0, but inside the margin of %g%%", margin);
	} else if (!significant) {
		judge_undecided(d, margin, family);
	} else if (!below_floor(d)) {
		direction(d);
	}
}

/* Not a contradiction: which pairs belong together is in one of the two alone. */
static void remark_signs(struct vb_decision *d)
{
	double medians = d->median_b - d->median_a;

	/* Of a shift that is nothing the sign is nothing. */
	if (d->finding == VB_FINDING_IDENTICAL)
		return;
	if (!*d->reason && medians * d->shift < 0)
		say(d, "the median of the %s differences, not the difference of the medians",
		    d->paired ? "pairs'" : "values'");
}

void cmp_judge(struct vb_decision *d, double margin, unsigned int family)
{
	d->finding = VB_FINDING_INCONCLUSIVE;
	if (!d->shown)
		return;
	if (d->exact)
		judge_exact(d);
	else
		judge_timing(d, margin, family);
	remark_signs(d);
}
