// SPDX-License-Identifier: GPL-2.0-or-later
/* The noise floor: made from A/A comparisons, and what it tells. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bench/compare/compare_impl.h"
#include "bench/compare/floor_impl.h"
#include "lib/stats/power.h"

void vb_floor_free(struct vb_floor *floor)
{
	for (size_t i = 0; floor && i < floor->nr; i++)
		free(floor->entry[i].difference);
	if (floor) {
		free(floor->entry);
		free(floor->where);
	}
	free(floor);
}

struct vb_floor_entry *floor_add(struct vb_floor *floor, const char *label, const char *section,
				 const char *metric, const char *stat)
{
	struct vb_floor_entry *grown = cmp_grow(floor->entry, floor->nr, sizeof(*grown));

	if (!grown)
		return NULL;
	floor->entry = grown;
	grown += floor->nr++;
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->label, sizeof(grown->label), "%s", label);
	snprintf(grown->section, sizeof(grown->section), "%s", section);
	snprintf(grown->metric, sizeof(grown->metric), "%s", metric);
	snprintf(grown->stat, sizeof(grown->stat), "%s", stat);
	return grown;
}

static struct vb_floor_entry *find(const struct vb_floor *floor, const char *label,
				   const char *section, const char *metric, const char *stat)
{
	for (size_t i = 0; i < floor->nr; i++) {
		struct vb_floor_entry *e = &floor->entry[i];

		if (!strcmp(e->stat, stat) && !strcmp(e->metric, metric) &&
		    !strcmp(e->section, section) && !strcmp(e->label, label))
			return e;
	}
	return NULL;
}

static double at_pairs(const struct vb_floor *floor, const struct vb_floor_entry *e, size_t pairs)
{
	bool exact = !strcmp(floor->mode, "exact");	/* nothing there is averaged */

	if (exact || !pairs || pairs >= floor->pairs)
		return e->percent;
	return e->percent * sqrt((double)floor->pairs / (double)pairs);
}

double vb_floor_percent(const struct vb_floor *floor, const char *label, const char *section,
			const char *metric, const char *stat, size_t pairs)
{
	const struct vb_floor_entry *e = find(floor, label, section, metric, stat);

	return e ? at_pairs(floor, e, pairs) : 0;
}

int floor_add_number(double **list, size_t *nr, double value)
{
	double *grown = cmp_grow(*list, *nr, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[(*nr)++] = value;
	return 0;
}

#define NORMAL_95	1.959964	/* of normal values 95% are closer, in deviations */
/* Of an exploratory metric so many pairs tell the spread; of primaries all do. */
#define SPREAD_MAX	400

/* What is collected of the metric of entry i, at i: each comparison's shift, the pairs' own. */
struct shifts {
	size_t nr, nr_pairs;
	double *percent, *pair;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank: of fewer than 20 the greatest. */
static double quantile95(double *x, size_t nr)
{
	qsort(x, nr, sizeof(*x), by_size);
	return x[(size_t)ceil(0.95 * (double)nr) - 1];
}

static int take_decision(struct vb_floor *floor, struct shifts **shifts, const char *label,
			 const struct vb_decision *d)
{
	struct vb_floor_entry *e = find(floor, label, d->section, d->metric, d->stat);
	struct shifts *of;
	int ret;

	if (!e) {
		struct shifts *grown = cmp_grow(*shifts, floor->nr, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		*shifts = grown;
		memset(&grown[floor->nr], 0, sizeof(*grown));
		e = floor_add(floor, label, d->section, d->metric, d->stat);
		if (!e)
			return -ENOMEM;
	}
	e->primary = d->primary;
	e->comparisons++;
	e->different += d->finding == VB_FINDING_BETTER || d->finding == VB_FINDING_WORSE ||
			d->finding == VB_FINDING_CHANGED;
	of = &(*shifts)[e - floor->entry];
	ret = floor_add_number(&of->percent, &of->nr, fabs(d->percent));
	for (size_t i = 0; !ret && i < d->n; i++) {
		double percent = (d->b[i] - d->a[i]) / d->median_a * 100;

		if (d->primary)
			ret = floor_add_number(&e->difference, &e->nr, percent);
		else if (of->nr_pairs < SPREAD_MAX)
			ret = floor_add_number(&of->pair, &of->nr_pairs, percent);
	}
	return ret;
}

/* One A/A comparison; @usable becomes whether it had numbers. */
static int take_comparison(struct vb_floor *floor, struct shifts **shifts,
			   const struct vb_comparison *c)
{
	bool usable = false, different = false, significant = false;

	for (size_t i = 0; i < c->nr_cells; i++) {
		for (size_t j = 0; j < c->cell[i].nr; j++) {
			const struct vb_decision *d = &c->cell[i].decision[j];

			if (!d->shown || !d->has_interval || !isfinite(d->percent))
				continue;
			if (take_decision(floor, shifts, c->cell[i].label, d))
				return -ENOMEM;
			usable |= d->primary;
			significant |= d->primary && d->has_p && d->p_holm < VB_COMPARE_ALPHA;
			different |= d->primary && (d->finding == VB_FINDING_BETTER ||
						    d->finding == VB_FINDING_WORSE);
		}
	}
	floor->comparisons += usable;
	floor->different += different;
	floor->significant += significant;
	return 0;
}

/* Measured rounds count from 0; warm-up rounds have numbers of their own. */
static int take_all(const struct vb_result *r, unsigned int comparisons, struct vb_floor *floor,
		    struct shifts **shifts, char *err, size_t size)
{
	struct vb_compare_options o = { .no_shifts = true, .rounds = floor->pairs };

	for (unsigned int k = 0; k < comparisons; k++) {
		struct vb_comparison *list;
		size_t nr;
		int ret;

		o.first_round = k * floor->pairs;
		ret = vb_compare_arms(r, &o, &list, &nr, err, size);
		if (ret)
			return ret;
		ret = take_comparison(floor, shifts, &list[0]);
		vb_comparisons_free(list, nr);
		if (ret)
			return ret;
	}
	return 0;
}

static int settings_of(const struct vb_result *r, char *text, size_t room, char *err, size_t size)
{
	uLong crc = crc32(0, NULL, 0);

	/* A round of each cell on the first arm, in the order of cells. */
	for (int cell = 0;; cell++) {
		struct cmp_settings s;
		size_t i = 0;
		int ret;

		while (i < r->nr_runs && ((int)vb_json_number(r->run[i], "cell") != cell ||
					  (int)vb_json_number(r->run[i], "arm_index")))
			i++;
		if (i == r->nr_runs)
			break;
		ret = cmp_settings_read(r, i, &s, err, size);
		if (ret)
			return ret;
		for (size_t j = 0; j < s.nr; j++) {
			if (!cmp_setting_is_job(s.setting[j].key))
				continue;
			crc = crc32(crc, (const Bytef *)s.setting[j].key, (uInt)strlen(s.setting[j].key));
			crc = crc32(crc, (const Bytef *)s.setting[j].value,
				    (uInt)strlen(s.setting[j].value));
		}
		free(s.setting);
	}
	snprintf(text, room, "%08lx", crc);
	return 0;
}

void floor_machine(const json_t *machine, char *text, size_t size)
{
	const json_t *cpu = json_object_get(machine, "cpu"), *node;
	const json_t *nodes = json_object_get(json_object_get(machine, "memory"), "nodes");
	size_t used, i;

	used = (size_t)snprintf(text, size, "%s%s%s, CPUs %s",
				json_is_true(json_object_get(machine, "lab")) ? "lab, " : "",
				json_is_true(json_object_get(cpu, "hypervisor")) ? "virtual, " : "",
				vb_json_text(cpu, "model"), vb_json_text(cpu, "online"));
	json_array_foreach(nodes, i, node)
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, ", node %zu: %s", i,
						 vb_json_text(node, "cpus"));
}

/*
 * What 95% of comparisons of @pairs pairs stay below when pairs spread as those do:
 * the Hodges-Lehmann shift is about normal, with pi/3 of the mean's variance (E. L.
 * Lehmann, "Nonparametrics", 1975, section 4.2).  A handful of comparisons alone
 * would give the greatest of them, which is below that as often as not.
 */
static double by_spread(const double *percent, size_t nr, unsigned int pairs)
{
	double spread = vb_spread(percent, nr);

	return isfinite(spread) ? NORMAL_95 * spread * sqrt(M_PI / 3 / pairs) : 0;
}

static void finish(struct vb_floor *floor, struct shifts *shifts)
{
	bool exact = !strcmp(floor->mode, "exact");

	for (size_t i = 0; i < floor->nr; i++) {
		struct vb_floor_entry *e = &floor->entry[i];
		const double *pair = e->nr ? e->difference : shifts[i].pair;

		if (shifts[i].nr)
			e->percent = quantile95(shifts[i].percent, shifts[i].nr);
		if (!exact)
			e->percent = fmax(e->percent, by_spread(pair, e->nr ? e->nr : shifts[i].nr_pairs,
								floor->pairs));
		free(shifts[i].percent);
		free(shifts[i].pair);
	}
	free(shifts);
}

int vb_floor_make(const struct vb_result *r, struct vb_floor **out, char *err, size_t size)
{
	const json_t *ab = json_object_get(r->meta, "ab");
	double pairs = vb_json_number(ab, "pairs"), comparisons = vb_json_number(ab, "comparisons");
	struct vb_floor *floor;
	struct shifts *shifts = NULL;
	int ret;

	if (!json_is_true(json_object_get(ab, "aa")) || pairs < 1 || pairs > 4096 || comparisons < 1)
		return cmp_error(err, size, "%s: no result of 'ab --aa': give one", r->path);
	floor = calloc(1, sizeof(*floor));
	if (!floor || !(floor->where = strdup(r->path))) {
		free(floor);
		return -ENOMEM;
	}
	floor->pairs = (unsigned int)pairs;
	snprintf(floor->job, sizeof(floor->job), "%s", vb_json_text(r->meta, "job"));
	snprintf(floor->mode, sizeof(floor->mode), "%s", vb_json_text(r->meta, "mode"));
	floor_machine(json_object_get(r->meta, "machine"), floor->machine, sizeof(floor->machine));
	ret = settings_of(r, floor->settings, sizeof(floor->settings), err, size);
	if (!ret)
		ret = take_all(r, (unsigned int)comparisons, floor, &shifts, err, size);
	finish(floor, shifts);
	if (!ret && !floor->comparisons)
		ret = cmp_error(err, size, "%s: no A/A comparison in it has enough clean pairs", r->path);
	if (ret)
		vb_floor_free(floor);
	else
		*out = floor;
	return ret;
}

static int fits_machine(const struct vb_floor *floor, const json_t *facts, const char *mode,
			char *err, size_t size)
{
	char machine[sizeof(floor->machine)];

	floor_machine(facts, machine, sizeof(machine));
	if (strcmp(floor->machine, machine))
		return cmp_error(err, size, "the floor of %s is of another machine (%.100s)", floor->where,
				 floor->machine);
	if (strcmp(floor->mode, mode))
		return cmp_error(err, size, "the floor of %s is of %s mode", floor->where, floor->mode);
	return 0;
}

int vb_floor_fits_job(const struct vb_floor *floor, const json_t *machine, const char *job,
		      const char *mode, char *err, size_t size)
{
	int ret = fits_machine(floor, machine, mode, err, size);

	if (!ret && strcmp(floor->job, job))
		return cmp_error(err, size, "the floor of %s is of job %s", floor->where, floor->job);
	return ret;
}

int vb_floor_fits(const struct vb_floor *floor, const struct vb_result *r, char *err, size_t size)
{
	char settings[16];
	int ret = fits_machine(floor, json_object_get(r->meta, "machine"),
			       vb_json_text(r->meta, "mode"), err, size);

	if (ret)
		return ret;
	ret = settings_of(r, settings, sizeof(settings), err, size);
	if (ret)
		return ret;
	if (strcmp(floor->settings, settings))
		return cmp_error(err, size, "the floor of %s is of job %s with other settings", floor->where,
				 floor->job);
	return 0;
}

/* P(X <= k) of n draws, or P(X >= k) with @upper. */
static double binomial(unsigned int k, unsigned int n, double p, bool upper)
{
	double sum = 0;

	for (unsigned int i = upper ? k : 0; i <= (upper ? n : k); i++)
		sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) +
			   (n - i) * log1p(-p));
	return sum;
}

/* The p at which that tail is 2.5%. */
static double bound(unsigned int k, unsigned int n, bool lower)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < 60; i++) {
		double p = (lo + hi) / 2;

		if ((binomial(k, n, p, lower) > 0.025) == lower)
			hi = p;
		else
			lo = p;
	}
	return (lo + hi) / 2;
}

void vb_floor_rate(unsigned int different, unsigned int comparisons, double *lo, double *hi)
{
	*lo = different ? bound(different, comparisons, true) : 0;
	*hi = different < comparisons ? bound(different, comparisons, false) : 1;
}

double vb_floor_detectable(const struct vb_floor *floor, const struct vb_floor_entry *e,
			   unsigned int pairs)
{
	return e->nr ? fmax(vb_detectable(e->difference, e->nr, pairs), at_pairs(floor, e, pairs)) : NAN;
}

size_t vb_floor_pairs(const struct vb_floor *floor, const struct vb_floor_entry *e, double percent)
{
	size_t pairs;

	if (!e->nr || !(percent > e->percent))
		return 0;
	pairs = vb_pairs_needed(e->difference, e->nr, percent);
	while (pairs && pairs < floor->pairs && at_pairs(floor, e, pairs) >= percent)
		pairs++;
	return pairs;
}

/* Exact mode has no test, and too few pairs see nothing. */
static void print_seen(double percent, FILE *out)
{
	if (isfinite(percent))
		fprintf(out, "  %12.2f%%", percent);
	else
		fprintf(out, "  %13s", "-");
}

static void print_want(const struct vb_floor *floor, const struct vb_floor_entry *e, double want,
		       FILE *out)
{
	size_t pairs = vb_floor_pairs(floor, e, want);

	if (pairs > VB_COMPARE_MANY_PAIRS)
		fprintf(out, "  more than %d", VB_COMPARE_MANY_PAIRS);
	else if (pairs)
		fprintf(out, "  %8zu pairs", pairs);
	else
		fprintf(out, "  below the floor");
}

void vb_floor_text(const struct vb_floor *floor, double want, FILE *out)
{
	double lo, hi;

	vb_floor_rate(floor->different, floor->comparisons, &lo, &hi);
	fprintf(out, "A/A: %u comparison%s of %u pairs, %s mode: %u say different, %.1f%% (95%% interval "
		"%.1f to %.1f%%)\n", floor->comparisons, floor->comparisons == 1 ? "" : "s", floor->pairs,
		floor->mode, floor->different, 100.0 * floor->different / floor->comparisons, lo * 100,
		hi * 100);
	if (strcmp(floor->mode, "exact")) {
		vb_floor_rate(floor->significant, floor->comparisons, &lo, &hi);
		fprintf(out, "     p < %g in %u, inside the margin too: %.1f%% (95%% interval %.1f to %.1f%%)\n",
			VB_COMPARE_ALPHA, floor->significant, 100.0 * floor->significant / floor->comparisons,
			lo * 100, hi * 100);
	}
	fprintf(out, "\n  %-44s %8s  %4u pairs see", "primary metric", "floor", floor->pairs);
	if (want > 0)
		fprintf(out, "  %6g%% takes", want);
	fputc('\n', out);
	for (size_t i = 0; i < floor->nr; i++) {
		const struct vb_floor_entry *e = &floor->entry[i];
		char name[200];

		if (!e->primary)
			continue;
		if (*e->label)
			fprintf(out, "  %s\n", e->label);
		snprintf(name, sizeof(name), "%s.%s.%s", e->section, e->metric, e->stat);
		fprintf(out, "  %-44s %7.2f%%", name, e->percent);
		print_seen(vb_floor_detectable(floor, e, floor->pairs), out);
		if (want > 0)
			print_want(floor, e, want, out);
		fputc('\n', out);
	}
}
