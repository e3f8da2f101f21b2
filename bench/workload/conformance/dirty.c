// SPDX-License-Identifier: GPL-2.0-or-later
/* Which pages are dirty, as type1's bitmaps tell it. */
#include <errno.h>

#include "bench/workload/conformance/ask.h"

#define PAGES	8u		/* in the range that is asked for */

static int track(struct vb_ask *a)
{
	return ask_told(a, vb_iommu_track_dirty(&a->c.iommu, true), "tracking");
}

static int get(struct vb_ask *a, unsigned int page, unsigned int pages, uint64_t page_bytes,
	       uint64_t *bits)
{
	struct vb_dirty_bitmap bitmap = { .bits = bits, .bytes = 8, .page_bytes = page_bytes };

	*bits = 0;
	return vb_iommu_get_dirty(&a->c.iommu, ask_iova(a, page), pages * ASK_PAGE, &bitmap);
}

/* One mapping, tracked from before its pins. */
static int begin(struct vb_ask *a)
{
	int ret = ask_map(a, 0, PAGES);

	return ret ? ret : track(a);
}

static int count_dirty(struct vb_ask *a)
{
	uint64_t bits;
	int ret = ask_told(a, get(a, 0, PAGES, ASK_PAGE, &bits), "the bitmap");

	return ret ? ret : ask_value(a, __builtin_popcountll(bits));
}

static int unpin(struct vb_ask *a, unsigned int page)
{
	return ask_told(a, vb_mdev_unpin(&a->c.mdev[0], ask_iova(a, page), 0, 1, 1, NULL), "unpinning");
}

static int of_pinned(struct vb_ask *a)
{
	int ret = begin(a);

	if (!ret)
		ret = ask_pin(a, 0, 3, 1);
	return ret ? ret : count_dirty(a);
}

static int pinned_before(struct vb_ask *a)
{
	int ret = ask_map(a, 0, PAGES);

	if (!ret)
		ret = ask_pin(a, 0, 3, 2);
	if (!ret)
		ret = track(a);
	return ret ? ret : count_dirty(a);
}

static int of_none(struct vb_ask *a)
{
	int ret = begin(a);

	return ret ? ret : count_dirty(a);
}

static int unpinned_since(struct vb_ask *a)
{
	int ret = begin(a);

	if (!ret)
		ret = ask_pin(a, 0, 3, 1);
	if (!ret)
		ret = unpin(a, 3);
	return ret ? ret : count_dirty(a);
}

/* The second time: pages stay dirty as long as they are pinned. */
static int second_time(struct vb_ask *a)
{
	int ret = begin(a);

	if (!ret)
		ret = ask_pin(a, 0, 3, 1);
	if (!ret)
		ret = ask_pin(a, 0, 5, 1);
	if (!ret)
		ret = unpin(a, 5);
	if (!ret)
		ret = count_dirty(a);
	return ret ? ret : count_dirty(a);
}

/* Beside a device whose driver pins nothing: it may have written anywhere. */
static int beside_device(struct vb_ask *a)
{
	int ret = begin(a);

	return ret ? ret : count_dirty(a);
}

static int not_tracked(struct vb_ask *a)
{
	uint64_t bits;
	int ret = begin(a);

	if (!ret)
		ret = ask_told(a, vb_iommu_track_dirty(&a->c.iommu, false), "tracking no more");
	return ret ? ret : ask_errno(a, get(a, 0, PAGES, ASK_PAGE, &bits));
}

static int cut(struct vb_ask *a)
{
	uint64_t bits;
	int ret = begin(a);

	return ret ? ret : ask_errno(a, get(a, 1, PAGES - 2, ASK_PAGE, &bits));
}

static int other_page_size(struct vb_ask *a)
{
	uint64_t bits;
	int ret = begin(a);

	return ret ? ret : ask_errno(a, get(a, 0, PAGES, 2 * ASK_PAGE, &bits));
}

static int track_twice(struct vb_ask *a)
{
	int ret = track(a);

	return ret ? ret : ask_errno(a, vb_iommu_track_dirty(&a->c.iommu, true));
}

/* Told with the unmap that takes the pin away. */
static int with_unmap(struct vb_ask *a)
{
	uint64_t bits = 0, bytes;
	struct vb_dirty_bitmap bitmap = { .bits = &bits, .bytes = 8, .page_bytes = ASK_PAGE };
	int ret = begin(a);

	if (!ret)
		ret = ask_pin(a, 0, 3, 1);
	if (ret)
		return ret;
	ret = vb_iommu_unmap_dirty(&a->c.iommu, ask_iova(a, 0), PAGES * ASK_PAGE, &bitmap, &bytes);
	return ret ? ask_told(a, ret, "unmapping with a bitmap") :
		     ask_value(a, __builtin_popcountll(bits));
}

const struct vb_promise vb_promises_dirty[] = {
	{ "dirty-pinned", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2, of_pinned },
	{ "dirty-pinned-before", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2, pinned_before },
	{ "dirty-none", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2, of_none },
	{ "dirty-unpinned-since", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2,
	  unpinned_since },
	{ "dirty-second-time", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2, second_time },
	{ "dirty-with-unmap", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2, with_unmap },
	{ "dirty-beside-device", VB_ANSWER_COUNT, WITH_PCI | WITH_TYPE1 | WITH_V2, beside_device },
	{ "dirty-not-tracked", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1 | WITH_V2, not_tracked },
	{ "dirty-cut", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1 | WITH_V2, cut },
	{ "dirty-other-page-size", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1 | WITH_V2,
	  other_page_size },
	{ "dirty-track-twice", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1 | WITH_V2, track_twice },
	{ 0 }
};
