// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is told of an unmap, of which range, and how often. */
#include <errno.h>
#include <linux/vfio.h>

#include "bench/workload/conformance/ask.h"

#ifndef VFIO_DMA_UNMAP_FLAG_ALL
#define VFIO_DMA_UNMAP_FLAG_ALL	(1 << 1)
#endif

/* Mappings of two pages each, side by side; one page of each in @pinned (bits) is pinned. */
static int map_row(struct vb_ask *a, unsigned int nr, unsigned int pinned)
{
	int ret = 0;

	for (unsigned int i = 0; i < nr && !ret; i++)
		ret = ask_map(a, 2 * i, 2);
	for (unsigned int i = 0; i < nr && !ret; i++)
		if (pinned & 1u << i)
			ret = ask_pin(a, 0, 2 * i + 1, 1);
	return ret;
}

/* The whole row goes; what mdev @which was told is in @stats. */
static int unmap_row(struct vb_ask *a, unsigned int nr, unsigned int which,
		     struct vb_ioc_stats *stats)
{
	int ret = ask_unmap(a, 0, 2 * nr, NULL);

	return ret ? ret : ask_callbacks(a, which, stats);
}

static int callbacks_of_row(struct vb_ask *a, unsigned int nr, unsigned int pinned,
			    unsigned int which)
{
	struct vb_ioc_stats stats;
	int ret = map_row(a, nr, pinned);

	if (!ret)
		ret = unmap_row(a, nr, which, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

static int none_pinned(struct vb_ask *a)
{
	return callbacks_of_row(a, 4, 0, 0);
}

static int one_pinned(struct vb_ask *a)
{
	return callbacks_of_row(a, 1, 1, 0);
}

static int two_of_four(struct vb_ask *a)
{
	return callbacks_of_row(a, 4, 1 | 4, 0);
}

static int other_hears(struct vb_ask *a)
{
	return callbacks_of_row(a, 4, 1 | 4, 1);
}

static int many_pins(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = ask_map(a, 0, 8);

	for (unsigned int i = 0; i < 8 && !ret; i++)
		ret = ask_pin(a, 0, i, 1);
	if (!ret)
		ret = ask_unmap(a, 0, 8, NULL);
	if (!ret)
		ret = ask_callbacks(a, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

/* Both have pinned the same mapping: one call for each, not one for each of their pins. */
static int both_pinned(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	if (!ret)
		ret = ask_pin(a, 1, 2, 1);
	if (!ret)
		ret = ask_unmap(a, 0, 4, NULL);
	if (!ret)
		ret = ask_callbacks(a, 1, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

/* Of the pages that map_row() pins, which are in the range of some callback? */
static unsigned int told_of(const struct vb_ask *a, const struct vb_ioc_stats *stats,
			    unsigned int nr)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < nr; i++)
		for (unsigned int k = 0; k < stats->log_count && k < VB_CALLBACK_LOG; k++)
			if (ask_iova(a, 2 * i + 1) - stats->log[k].iova < stats->log[k].size)
				seen |= 1u << i;
	return seen;
}

static int is_mapping(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = map_row(a, 3, 2);

	if (!ret)
		ret = unmap_row(a, 3, 0, &stats);
	return ret ? ret : ask_value(a, stats.log_count == 1 && stats.log[0].iova == ask_iova(a, 2) &&
					stats.log[0].size == 2 * ASK_PAGE);
}

/* Is each page that was pinned and unmapped in the range of some callback? */
static int covers(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = map_row(a, 4, 15);

	if (!ret)
		ret = unmap_row(a, 4, 0, &stats);
	return ret ? ret : ask_value(a, told_of(a, &stats, 4) == 15);
}

/* What follows is asked of callbacks: none, or one that lacks, is no answer. */
static int not_told(struct vb_ask *a)
{
	return ask_not(a, "the driver was not told of all that it had pinned");
}

/* Does no callback's range reach beyond what the request covers? */
static int stays_inside(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	bool inside = true;
	int ret = map_row(a, 4, 15);

	if (!ret)
		ret = ask_unmap(a, 2, 4, NULL);
	if (!ret)
		ret = ask_callbacks(a, 0, &stats);
	if (ret)
		return ret;
	if ((told_of(a, &stats, 4) & 6) != 6)
		return not_told(a);
	for (unsigned int k = 0; k < stats.log_count && k < VB_CALLBACK_LOG; k++)
		inside &= stats.log[k].iova >= ask_iova(a, 2) &&
			  stats.log[k].iova + stats.log[k].size <= ask_iova(a, 6);
	return ask_value(a, inside);
}

static int in_order(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	bool rising = true;
	int ret = map_row(a, 8, 255);

	if (!ret)
		ret = unmap_row(a, 8, 0, &stats);
	if (ret)
		return ret;
	if (told_of(a, &stats, 8) != 255)
		return not_told(a);
	for (unsigned int k = 1; k < stats.log_count && k < VB_CALLBACK_LOG; k++)
		rising &= stats.log[k].iova > stats.log[k - 1].iova;
	return ask_value(a, rising);
}

/* The callback comes in the task that asked for the unmap: it finds that task's slot. */
static int in_callers_task(struct vb_ask *a)
{
	volatile struct vb_slot_page *slot = NULL;
	struct vb_ioc_stats stats;
	int ret = map_row(a, 1, 1);

	if (!ret)
		ret = ask_told(a, vb_mdev_slot(&a->c.mdev[0], &slot), "a slot");
	if (!ret)
		ret = unmap_row(a, 1, 0, &stats);
	if (!ret && !stats.counters.callbacks)
		return ask_not(a, "there was no callback");
	return ret ? ret : ask_value(a, !stats.counters.callbacks_foreign);
}

static int releases(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = map_row(a, 4, 15);

	if (!ret)
		ret = unmap_row(a, 4, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.outstanding_pages);
}

/* Pages that the kernel itself counts as pinned. */
static int kernel_releases(struct vb_ask *a)
{
	uint64_t before = vb_own_foll_pins(), after;
	int ret = map_row(a, 4, 15);

	if (!ret)
		ret = ask_unmap(a, 0, 8, NULL);
	after = vb_own_foll_pins();
	if (!ret && (before == UINT64_MAX || after == UINT64_MAX))
		return ask_not_here(a, "the kernel does not count, or others pin too");
	return ret ? ret : ask_value(a, (int64_t)(after - before));
}

static int bytes_with_pins(struct vb_ask *a)
{
	uint64_t bytes = 0;
	int ret = map_row(a, 4, 1 | 4);

	if (!ret)
		ret = ask_unmap(a, 0, 8, &bytes);
	return ret ? ret : ask_value(a, (int64_t)bytes);
}

static int by_unmap_all(struct vb_ask *a)
{
	struct vb_raw raw = { .flags = VFIO_DMA_UNMAP_FLAG_ALL };
	struct vb_ioc_stats stats;
	int ret = map_row(a, 4, 1 | 4);

	if (ret)
		return ret;
	if (ask_raw_unmap(a, &raw, NULL))
		return ask_not(a, "the kernel can't unmap everything by one request");
	ret = ask_callbacks(a, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

/* A request that cuts a pinned mapping. */
static int cut(struct vb_ask *a, struct vb_ioc_stats *stats)
{
	uint64_t bytes;
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	if (ret)
		return ret;
	vb_iommu_unmap(&a->c.iommu, ask_iova(a, 0), 2 * ASK_PAGE, &bytes);
	return ask_callbacks(a, 0, stats);
}

static int cut_callbacks(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = cut(a, &stats);

	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

static int cut_keeps_pins(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = cut(a, &stats);

	return ret ? ret : ask_value(a, (int64_t)stats.counters.outstanding_pages);
}

/* Pinned once more behind an unmap and a new mapping: told again. */
static int told_again(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = map_row(a, 1, 1);

	if (!ret)
		ret = ask_unmap(a, 0, 2, NULL);
	if (!ret)
		ret = ask_map(a, 0, 2);
	if (!ret)
		ret = ask_told(a, vb_mdev_open_range(&a->c.mdev[0], ask_iova(a, 0), 2 * ASK_PAGE),
			       "opening the range");
	if (!ret)
		ret = ask_pin(a, 0, 1, 1);
	if (!ret)
		ret = unmap_row(a, 1, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

/* What was unpinned before is not told. */
static int after_unpin(struct vb_ask *a)
{
	struct vb_ioc_stats stats;
	int ret = map_row(a, 1, 1);

	if (!ret)
		ret = ask_told(a, vb_mdev_unpin(&a->c.mdev[0], ask_iova(a, 1), 0, 1, 1, NULL),
			       "unpinning");
	if (!ret)
		ret = unmap_row(a, 1, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

/* Beside an IOMMU that maps the same pages. */
static int beside_iommu(struct vb_ask *a)
{
	return callbacks_of_row(a, 4, 1 | 4, 0);
}

/* An mdev in another container is told nothing. */
static int other_container(struct vb_ask *a)
{
	struct vb_container other = a->c;
	struct vb_ioc_stats stats;
	int ret;

	vb_mdev_close(&a->c.mdev[1]);
	a->c.nr_mdevs = 1;
	other.mdev[0] = a->c.mdev[1];
	other.nr_mdevs = 1;
	other.device = NULL;
	other.iommu.fd = -1;
	ret = ask_told(a, vb_container_open(&other, other.plan), "another container");
	if (!ret)
		ret = map_row(a, 1, 1);
	if (!ret)
		ret = ask_unmap(a, 0, 2, NULL);
	if (!ret)
		ret = ask_told(a, vb_mdev_stats(&other.mdev[0], &stats), "the module's counters");
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

const struct vb_promise vb_promises_callback[] = {
	{ "callback-none-pinned", VB_ANSWER_COUNT, WITH_MDEV, none_pinned },
	{ "callback-one-pinned", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, one_pinned },
	{ "callback-two-of-four", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, two_of_four },
	{ "callback-many-pins", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, many_pins },
	{ "callback-other-hears", VB_ANSWER_COUNT, WITH_MDEV | WITH_OTHER | WITH_V2, other_hears },
	{ "callback-both-pinned", VB_ANSWER_COUNT, WITH_MDEV | WITH_OTHER | WITH_V2, both_pinned },
	{ "callback-other-container", VB_ANSWER_COUNT, WITH_MDEV | WITH_OTHER | WITH_V2,
	  other_container },
	{ "callback-beside-iommu", VB_ANSWER_COUNT, WITH_MDEV | WITH_PCI | WITH_V2, beside_iommu },
	{ "callback-is-mapping", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, is_mapping },
	{ "callback-covers", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, covers },
	{ "callback-stays-inside", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, stays_inside },
	{ "callback-in-order", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, in_order },
	{ "callback-in-callers-task", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, in_callers_task },
	{ "callback-releases", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, releases },
	{ "callback-kernel-releases", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, kernel_releases },
	{ "callback-unmap-bytes", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, bytes_with_pins },
	{ "callback-unmap-all", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, by_unmap_all },
	{ "callback-cut", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, cut_callbacks },
	{ "callback-cut-keeps-pins", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, cut_keeps_pins },
	{ "callback-again", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, told_again },
	{ "callback-after-unpin", VB_ANSWER_COUNT, WITH_MDEV | WITH_V2, after_unpin },
	{ 0 }
};
