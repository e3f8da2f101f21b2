/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histograms of one run as a reader keeps them: "metrics" of result.json,
 * checked, with their buckets in arrays instead of JSON.
 */
#ifndef VB_RESULT_DIST_H
#define VB_RESULT_DIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb_bucket {
	uint32_t index;			/* as vb_hist_index() of uapi/vfio_bench.h */
	uint64_t count;			/* never 0 */
};

struct vb_dist {
	uint64_t count, min, max;	/* count is never 0; in the metric's unit, mostly ns */
	uint64_t overflow;		/* values of 2^40 and more: in no bucket */
	double mean;
	size_t nr;
	const struct vb_bucket *bucket;	/* nr of them, in ascending order */
};

/*
 * The value below which the share @q (0..1) of the values lies, in the
 * metric's unit: linear inside the bucket, never outside min..max.  NAN where
 * there are fewer than 10/(1-q) values, so that ten lie above it: p50 wants
 * 20, p90 100, p99 1,000, p99.9 10,000.
 */
double vb_dist_quantile(const struct vb_dist *dist, double q);
/* The same on any number of values. */
double vb_dist_quantile_raw(const struct vb_dist *dist, double q);

/* All of one run's. */
struct vb_dists;
struct vb_bucket_lists;

/*
 * Take the "buckets" out of the metrics of @run, a result.json; @lists (or NULL)
 * has those that were taken out of its text before it was parsed.  0; -ENOMEM;
 * -EINVAL: a histogram that contradicts itself, with "KEY: what is wrong" in
 * @err.  *@dists refers to @run's texts and is freed with free().  A run
 * without metrics has an empty one.
 */
int vb_dists_take(json_t *run, const struct vb_bucket_lists *lists, struct vb_dists **dists,
		  char *err, size_t size);
/* NULL: no such metric. */
const struct vb_dist *vb_dists_find(const struct vb_dists *dists, const char *section,
				    const char *metric);

#endif /* VB_RESULT_DIST_H */
