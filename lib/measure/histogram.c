// SPDX-License-Identifier: GPL-2.0-or-later
/* Merging, quantiles and consistency of histograms. */
#include <errno.h>
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

/* Which of the counts, in ascending order and from 1, is the quantile's. */
static uint64_t rank_of(const struct vb_hist *h, double quantile)
{
	double exact = quantile * (double)h->count;
	uint64_t rank = (uint64_t)exact;

	if ((double)rank < exact)
		rank++;
	if (rank < 1)
		return 1;
	return rank > h->count ? h->count : rank;
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
		if (value > h->max)
			value = h->max;
		return value < h->min ? h->min : value;
	}
	return h->max;
}

double vb_hist_mean(const struct vb_hist *h)
{
	return h->count ? (double)h->sum / (double)h->count : 0.0;
}

int vb_hist_check(const struct vb_hist *h)
{
	uint64_t total = h->overflow;

	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++)
		total += h->bucket[i];
	if (total != h->count)
		return -EINVAL;
	if (!h->count)
		return h->min == UINT64_MAX && !h->max && !h->sum ? 0 : -EINVAL;
	if (h->min > h->max || h->sum < h->max)
		return -EINVAL;
	if (!(h->min >> VB_HIST_MAX_BITS) && !h->bucket[vb_hist_index(h->min)])
		return -EINVAL;
	if (!!(h->max >> VB_HIST_MAX_BITS) != !!h->overflow)
		return -EINVAL;
	return h->overflow || h->bucket[vb_hist_index(h->max)] ? 0 : -EINVAL;
}
