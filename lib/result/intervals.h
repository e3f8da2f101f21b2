/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading intervals.csv and latency.csv back; what both sides know of them. */
#ifndef VB_RESULT_INTERVALS_H
#define VB_RESULT_INTERVALS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VB_INTERVALS_HEAD "time_s,phase,worker,section,steps,mapped_bytes,unmapped_bytes,requests"
#define VB_LATENCY_HEAD "time_s,section,metric,bucket_ns,count"

/*
 * latency.csv's buckets: 8 for each power of two, those below 8 one each; the
 * last for what is 2^40 ns and more.
 */
#define VB_COARSE_BITS		3
#define VB_COARSE_MAX_BITS	40
#define VB_COARSE_BUCKETS	(((VB_COARSE_MAX_BITS - VB_COARSE_BITS + 1) << VB_COARSE_BITS) + 1)

/* The bucket of a value. */
uint32_t vb_coarse_index(uint64_t ns);
/* The least value of a bucket. */
uint64_t vb_coarse_low(uint32_t bucket);

/* A line of intervals.csv. */
struct vb_interval {
	double time_s;			/* since the run's start */
	char phase[16];
	unsigned int worker;
	char section[64];
	/* running totals */
	uint64_t steps, mapped_bytes, unmapped_bytes, requests;
};

/*
 * All lines of @path, freed with free().  -ENOENT: there is none; -EINVAL: a
 * line is not as it must be, with the place in @err.
 */
int vb_intervals_read(const char *path, struct vb_interval **lines, size_t *nr, char *err,
		      size_t size);
/* The same from an open file, the caller's; @name stands for it in @err. */
int vb_intervals_read_file(FILE *file, const char *name, struct vb_interval **lines, size_t *nr,
			   char *err, size_t size);

/* How fast one section went, interval by interval of the measured part. */
struct vb_interval_rates {
	size_t nr;
	double *time_s;			/* end of each interval */
	double *per_s;			/* steps of all its workers */
};

/*
 * The rates of @section.  The first and the last interval, parts of which lie
 * outside the measured part, are left out.  0 or -ENOMEM; freed with _free().
 */
int vb_interval_rates(const struct vb_interval *lines, size_t nr, const char *section,
		      struct vb_interval_rates *rates);
void vb_interval_rates_free(struct vb_interval_rates *rates);

/* A line of latency.csv: values that entered a bucket in the interval that ended at @time_s. */
struct vb_latency {
	double time_s;
	char section[64], metric[32];
	uint64_t bucket_ns;		/* least value of the bucket */
	uint64_t count;
};

/* As vb_intervals_read(). */
int vb_latency_read(const char *path, struct vb_latency **lines, size_t *nr, char *err,
		    size_t size);
int vb_latency_read_file(FILE *file, const char *name, struct vb_latency **lines, size_t *nr,
			 char *err, size_t size);

#endif /* VB_RESULT_INTERVALS_H */
