// SPDX-License-Identifier: GPL-2.0-or-later
/* Histograms out of result.json: into arrays, held against themselves, and their quantiles. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/measure/histogram.h"
#include "lib/result/buckets.h"
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

/* Where buckets come from: lists that the text had, used in order and once, or JSON. */
struct source {
	const struct vb_bucket_lists *lists;
	size_t next;
};

/* The list in the text that "buckets": [place] stands for; NULL: none, it is JSON. */
static const struct vb_bucket_list *list_of(const struct source *from, const json_t *buckets)
{
	const json_t *place = json_array_get(buckets, 0);

	if (!from->lists || json_array_size(buckets) != 1 || !json_is_integer(place) ||
	    json_integer_value(place) < (json_int_t)from->next ||
	    json_integer_value(place) >= (json_int_t)from->lists->nr)
		return NULL;
	return &from->lists->list[json_integer_value(place)];
}

static size_t nr_of(const struct source *from, const json_t *buckets)
{
	const struct vb_bucket_list *list = list_of(from, buckets);

	return list ? list->nr : json_array_size(buckets);
}

static bool read_pair(const json_t *pair, struct vb_bucket *bucket)
{
	const json_t *index = json_array_get(pair, 0), *count = json_array_get(pair, 1);

	if (json_array_size(pair) != 2 || !json_is_integer(index) || !json_is_integer(count) ||
	    json_integer_value(index) < 0 || json_integer_value(index) > UINT32_MAX ||
	    json_integer_value(count) < 0)
		return false;
	*bucket = (struct vb_bucket){ (uint32_t)json_integer_value(index),
				      (uint64_t)json_integer_value(count) };
	return true;
}

/* Into an array that has the room; false: not as doc/results.md says. */
static bool copy_buckets(struct source *from, const json_t *buckets, struct vb_bucket *bucket)
{
	const struct vb_bucket_list *list = list_of(from, buckets);
	const json_t *pair;
	size_t i;

	if (list) {
		memcpy(bucket, from->lists->bucket + list->first, list->nr * sizeof(*bucket));
		from->next = (size_t)(list - from->lists->list) + 1;
		return true;
	}
	json_array_foreach(buckets, i, pair)
		if (!read_pair(pair, &bucket[i]))
			return false;
	return true;
}

/* NULL, or what is wrong with them; *total grows by their counts. */
static const char *check_buckets(const struct vb_bucket *bucket, size_t nr, uint64_t *total)
{
	for (size_t i = 0; i < nr; i++) {
		if ((i && bucket[i].index <= bucket[i - 1].index) || bucket[i].index >= VB_HIST_BUCKETS)
			return "not in ascending order, or beyond the last";
		if (!bucket[i].count)
			return "one is empty";
		if (__builtin_add_overflow(*total, bucket[i].count, total))
			return "more than can be counted";
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
static const char *read_dist(const json_t *metric, struct source *from, struct vb_bucket *bucket,
			     struct vb_dist *d, const char **key)
{
	const json_t *list = json_object_get(metric, "buckets");
	const char *what;
	uint64_t total;

	*d = (struct vb_dist){
		.count = whole(metric, "count"), .min = whole(metric, "min"),
		.max = whole(metric, "max"), .overflow = whole(metric, "overflow"),
		.mean = json_number_value(json_object_get(metric, "mean")),
		.nr = nr_of(from, list), .bucket = bucket,
	};
	*key = "buckets";
	if (!copy_buckets(from, list, bucket))
		return "pairs [index, count] are wanted";
	total = d->overflow;
	what = check_buckets(bucket, d->nr, &total);
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

static struct vb_dists *make_dists(const json_t *metrics, const struct vb_bucket_lists *lists,
				   struct vb_bucket **bucket)
{
	size_t nr = json_array_size(metrics), buckets = 0, i;
	struct vb_dists *dists;
	const json_t *metric;

	json_array_foreach(metrics, i, metric)
		buckets += json_array_size(json_object_get(metric, "buckets"));
	for (i = 0; lists && i < lists->nr; i++)
		buckets += lists->list[i].nr;
	dists = calloc(1, sizeof(*dists) + nr * sizeof(*dists->entry) + buckets * sizeof(**bucket));
	if (dists)
		*bucket = (struct vb_bucket *)(dists->entry + nr);
	return dists;
}

int vb_dists_take(json_t *run, const struct vb_bucket_lists *lists, struct vb_dists **out,
		  char *err, size_t size)
{
	const json_t *metrics = json_object_get(run, "metrics");
	struct source from = { .lists = lists };
	struct vb_bucket *bucket = NULL;
	struct vb_dists *dists = make_dists(metrics, lists, &bucket);
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
		what = read_dist(metric, &from, bucket, &e->dist, &key);
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
