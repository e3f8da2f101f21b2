/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What user space does with the histograms of uapi/vfio_bench.h. */
#ifndef VB_HISTOGRAM_H
#define VB_HISTOGRAM_H

#include <stdint.h>

#include "uapi/vfio_bench.h"

/* Empty it. */
void vb_hist_init(struct vb_hist *h);
/* Add @from to @to: exact. */
void vb_hist_merge(struct vb_hist *to, const struct vb_hist *from);
/* Smallest and largest value that bucket @index holds. */
uint64_t vb_hist_bucket_low(uint32_t index);
uint64_t vb_hist_bucket_high(uint32_t index);
/*
 * The value below or at which @quantile (0..1) of the counts lie: the highest
 * value of the bucket that holds it, never above the exact max, never below
 * the exact min.  0 for an empty histogram; max when it lies in overflow.
 */
uint64_t vb_hist_quantile(const struct vb_hist *h, double quantile);
/* 0.0 for an empty histogram. */
double vb_hist_mean(const struct vb_hist *h);
/*
 * 0, or -EINVAL when count, sum, min, max, overflow and buckets contradict each
 * other.  The sum is held against the buckets unless it may have wrapped at 64 bits.
 */
int vb_hist_check(const struct vb_hist *h);

#endif /* VB_HISTOGRAM_H */
