// SPDX-License-Identifier: GPL-2.0-or-later
/* Merging, quantiles and consistency of histograms. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/measure/histogram.h"

void vb_hist_init(struct vb_hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void vb_hist_merge(struct vb_hist *to, const struct vb_hist *from)
{
	if (!from->count)
		return;
	to->count += from->count;
	to->sum += from->sum;
	to->overflow += from->overflow;
	if (from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t vb_hist_bucket_low(uint32_t index)
{
	uint32_t shift;

	if (index < VB_HIST_SUB)
		return index;
	shift = (index >> VB_HIST_SUB_BITS) - 1;
	return (uint64_t)(VB_HIST_SUB + (index & (VB_HIST_SUB - 1))) << shift;
}

uint64_t vb_hist_bucket_high(uint32_t index)
{
	return vb_hist_bucket_low(index + 1) - 1;
}

/*
 * Which of the counts, in ascending order and from 1, is the quantile's: the
 * product rounded up, less the product's own error (0.55 * 100 is 55 and a
 * little).
 */
static uint64_t rank_of(const struct vb_hist *h, double quantile)
{
	double exact = quantile * (double)h->count;
	uint64_t rank;

	if (!(exact > 1))	/* nor a number at all */
		return 1;
	if (exact >= (double)h->count)
		return h->count;
	exact -= exact * 0x1p-50;
	rank = (uint64_t)exact;
	return (double)rank < exact ? rank + 1 : rank;
}

uint64_t vb_hist_quantile(const struct vb_hist *h, double quantile)
{
	uint64_t rank, seen = 0, value;

	if (!h->count)
		return 0;
	rank = rank_of(h, quantile);
	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen < rank)
			continue;
		value = vb_hist_bucket_high(i);
		return value < h->max ? value : h->max;
	}
	return h->max;
}

double vb_hist_mean(const struct vb_hist *h)
{
	return h->count ? (double)h->sum / (double)h->count : 0.0;
}

/*
 * Bounds of what the values can add up to; false: beyond 64 bits, the sum may
 * have wrapped.
 */
static bool sum_bounds(const struct vb_hist *h, uint64_t *least, uint64_t *most)
{
	uint64_t low = 1ull << VB_HIST_MAX_BITS, high = h->max, product;

	if (__builtin_mul_overflow(h->overflow, low, least) ||
	    __builtin_mul_overflow(h->overflow, high, most))
		return false;
	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++) {
		*least += h->bucket[i] * vb_hist_bucket_low(i);	/* at most *most */
		if (__builtin_mul_overflow(h->bucket[i], vb_hist_bucket_high(i), &product) ||
		    __builtin_add_overflow(*most, product, most))
			return false;
	}
	return true;
}

/* Are the exact minimum and maximum where the buckets say they are? */
static bool ends_agree(const struct vb_hist *h)
{
	uint32_t first = 0, last = VB_HIST_BUCKETS;

	if (h->min > h->max || !h->overflow != !(h->max >> VB_HIST_MAX_BITS))
		return false;
	while (first < VB_HIST_BUCKETS && !h->bucket[first])
		first++;
	while (last && !h->bucket[last - 1])
		last--;
	if (!last)	/* all in overflow */
		return h->min >> VB_HIST_MAX_BITS;
	if (h->min >> VB_HIST_MAX_BITS || vb_hist_index(h->min) != first)
		return false;
	return h->overflow || vb_hist_index(h->max) == last - 1;
}

int vb_hist_check(const struct vb_hist *h)
{
	uint64_t total = h->overflow, least, most;

	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++)
		if (__builtin_add_overflow(total, h->bucket[i], &total))
			return -EINVAL;
	if (total != h->count)
		return -EINVAL;
	if (!h->count)
		return h->min == UINT64_MAX && !h->max && !h->sum ? 0 : -EINVAL;
	if (!ends_agree(h))
		return -EINVAL;
	if (sum_bounds(h, &least, &most) && (h->sum < least || h->sum > most))
		return -EINVAL;
	return 0;
}
