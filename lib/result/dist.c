// SPDX-License-Identifier: GPL-2.0-or-later
/* Histograms out of result.json: into arrays, held against themselves, and their quantiles. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/histogram.h"
#include "lib/result/dist.h"

struct entry {
	const char *section, *metric;
	struct vb_dist dist;
};

/* One piece of memory: the entries' buckets follow them. */
struct vb_dists {
	size_t nr;
	struct entry entry[];
};

static uint64_t whole(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* The buckets as they are; NULL, or what is wrong with them. */
static const char *read_buckets(const json_t *list, struct vb_bucket *bucket, uint64_t *total)
{
	json_int_t index, count, last = -1;
	const json_t *pair;
	size_t i;

	json_array_foreach(list, i, pair) {
		const json_t *second = json_array_get(pair, 1);

		index = json_integer_value(json_array_get(pair, 0));
		count = json_integer_value(second);
		if (json_array_size(pair) != 2 || !json_is_integer(json_array_get(pair, 0)) ||
		    !json_is_integer(second) || count < 1)
			return "pairs [index, count] are wanted";
		if (index <= last || index >= (json_int_t)VB_HIST_BUCKETS)
			return "not in ascending order, or beyond the last";
		bucket[i] = (struct vb_bucket){ (uint32_t)index, (uint64_t)count };
		if (__builtin_add_overflow(*total, (uint64_t)count, total))
			return "more than can be counted";
		last = index;
	}
	return NULL;
}

/* Minimum and maximum are exact, so they lie in the first and the last bucket. */
static bool ends_agree(const struct vb_dist *d)
{
	bool beyond = d->max >> VB_HIST_MAX_BITS;

	if (d->min > d->max || beyond != (d->overflow > 0))
		return false;
	if (!d->nr)
		return d->min >> VB_HIST_MAX_BITS;
	if (d->min >> VB_HIST_MAX_BITS || vb_hist_index(d->min) != d->bucket[0].index)
		return false;
	return beyond || vb_hist_index(d->max) == d->bucket[d->nr - 1].index;
}

/* The quantiles that the file names are ends of buckets: in order, inside. */
static bool quantiles_agree(const json_t *metric, const struct vb_dist *d)
{
	static const char *const keys[] = { "p50", "p90", "p99", "p999" };
	uint64_t last = d->min;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		uint64_t value = whole(metric, keys[i]);

		if (value < last || value > d->max)
			return false;
		last = value;
	}
	return true;
}

/* A real of the file has twelve digits. */
static bool mean_agrees(const struct vb_dist *d)
{
	return d->mean >= (double)d->min * (1 - 1e-9) && d->mean <= (double)d->max * (1 + 1e-9);
}

/* NULL, or what is wrong; *@key says where. */
static const char *read_dist(const json_t *metric, struct vb_bucket *bucket, struct vb_dist *d,
			     const char **key)
{
	const json_t *list = json_object_get(metric, "buckets");
	const char *what;
	uint64_t total;

	*d = (struct vb_dist){
		.count = whole(metric, "count"), .min = whole(metric, "min"),
		.max = whole(metric, "max"), .overflow = whole(metric, "overflow"),
		.mean = json_number_value(json_object_get(metric, "mean")),
		.nr = json_array_size(list), .bucket = bucket,
	};
	total = d->overflow;
	*key = "buckets";
	what = read_buckets(list, bucket, &total);
	if (what)
		return what;
	*key = "count";
	if (!d->count || total != d->count)
		return "not the sum of buckets and overflow";
	*key = "min";
	if (!ends_agree(d))
		return "min, max and overflow are not those of the buckets";
	*key = "p50";
	if (!quantiles_agree(metric, d))
		return "min, p50, p90, p99, p999, max are not in this order";
	*key = "mean";
	return mean_agrees(d) ? NULL : "not between min and max";
}

const struct vb_dist *vb_dists_find(const struct vb_dists *dists, const char *section,
				    const char *metric)
{
	for (size_t i = 0; i < dists->nr; i++)
		if (!strcmp(dists->entry[i].section, section) &&
		    !strcmp(dists->entry[i].metric, metric))
			return &dists->entry[i].dist;
	return NULL;
}

static struct vb_dists *make_dists(const json_t *metrics, struct vb_bucket **bucket)
{
	size_t nr = json_array_size(metrics), buckets = 0, i;
	struct vb_dists *dists;
	const json_t *metric;

	json_array_foreach(metrics, i, metric)
		buckets += json_array_size(json_object_get(metric, "buckets"));
	dists = calloc(1, sizeof(*dists) + nr * sizeof(*dists->entry) + buckets * sizeof(**bucket));
	if (dists)
		*bucket = (struct vb_bucket *)(dists->entry + nr);
	return dists;
}

int vb_dists_take(json_t *run, struct vb_dists **out, char *err, size_t size)
{
	const json_t *metrics = json_object_get(run, "metrics");
	struct vb_bucket *bucket = NULL;
	struct vb_dists *dists = make_dists(metrics, &bucket);
	const char *what = NULL, *key = "";
	json_t *metric;
	size_t i;

	if (!dists) {
		snprintf(err, size, "out of memory");
		return -ENOMEM;
	}
	json_array_foreach(metrics, i, metric) {
		struct entry *e = &dists->entry[dists->nr];

		e->section = json_string_value(json_object_get(metric, "section"));
		e->metric = json_string_value(json_object_get(metric, "metric"));
		what = read_dist(metric, bucket, &e->dist, &key);
		if (!what && vb_dists_find(dists, e->section, e->metric)) {
			key = "metric";
			what = "the section has it already";
		}
		if (what)
			break;
		bucket += e->dist.nr;
		dists->nr++;
		json_object_del(metric, "buckets");
	}
	if (what) {
		snprintf(err, size, "metrics[%zu].%s: %s", i, key, what);
		free(dists);
		return -EINVAL;
	}
	*out = dists;
	return 0;
}

static double between(uint64_t low, uint64_t high, double share)
{
	return (double)low + share * (double)(high - low);
}

double vb_dist_quantile_raw(const struct vb_dist *d, double q)
{
	double place = q * (double)d->count, seen = 0;
	uint64_t low, high;

	for (size_t i = 0; i < d->nr; i++) {
		double count = (double)d->bucket[i].count;

		if (seen + count < place) {
			seen += count;
			continue;
		}
		low = vb_hist_bucket_low(d->bucket[i].index);
		high = vb_hist_bucket_high(d->bucket[i].index);
		low = low < d->min ? d->min : low;
		high = high > d->max ? d->max : high;
		return between(low, high, (place - seen) / count);
	}
	if (!d->overflow)
		return (double)d->max;
	low = d->min >> VB_HIST_MAX_BITS ? d->min : 1ull << VB_HIST_MAX_BITS;
	return between(low, d->max, (place - seen) / (double)d->overflow);
}

double vb_dist_quantile(const struct vb_dist *d, double q)
{
	/* The product's own error must not ask for one value more: 100 * (1 - 0.9). */
	if ((double)d->count * (1 - q) < 10 * (1 - 1e-9))
		return NAN;
	return vb_dist_quantile_raw(d, q);
}
