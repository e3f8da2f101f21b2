// SPDX-License-Identifier: GPL-2.0-or-later
/* What an unmap request takes, what it refuses, and what it says it has unmapped. */
#include <errno.h>
#include <linux/vfio.h>

#include "bench/workload/conformance/ask.h"

#ifndef VFIO_DMA_UNMAP_FLAG_ALL
#define VFIO_DMA_UNMAP_FLAG_ALL		(1 << 1)
#define VFIO_DMA_UNMAP_FLAG_VADDR	(1 << 2)
#endif

/* Of pages, its error the answer. */
static int unmap_errno(struct vb_ask *a, unsigned int page, unsigned int pages)
{
	return ask_errno(a, ask_raw_unmap(a, &(struct vb_raw){ .iova = ask_iova(a, page),
							       .size = pages * ASK_PAGE }, NULL));
}

/* How much of the first @mapped pages is gone after a request for some of them. */
static int gone(struct vb_ask *a, unsigned int mapped, unsigned int page, unsigned int pages)
{
	uint64_t bytes, left;
	int ret;

	vb_iommu_unmap(&a->c.iommu, ask_iova(a, page), pages * ASK_PAGE, &bytes);
	ret = ask_left(a, mapped, &left);
	return ret ? ret : ask_value(a, (int64_t)(mapped * ASK_PAGE - left));
}

static int empty(struct vb_ask *a)
{
	return unmap_errno(a, 0, 4);
}

static int empty_bytes(struct vb_ask *a)
{
	struct vb_raw raw = { .iova = ask_iova(a, 0), .size = 4 * ASK_PAGE };
	uint64_t bytes = 1;

	if (ask_raw_unmap(a, &raw, &bytes))
		return ask_not(a, "the request fails, and does not say");
	return ask_value(a, (int64_t)bytes);
}

static int bytes_of_two(struct vb_ask *a)
{
	uint64_t bytes = 0;
	int ret = ask_map(a, 0, 2);

	if (!ret)
		ret = ask_map(a, 2, 2);
	if (!ret)
		ret = ask_unmap(a, 0, 4, &bytes);
	return ret ? ret : ask_value(a, (int64_t)bytes);
}

static int bytes_around_hole(struct vb_ask *a)
{
	uint64_t bytes = 0;
	int ret = ask_map(a, 1, 1);

	if (!ret)
		ret = ask_map(a, 5, 1);
	if (!ret)
		ret = ask_unmap(a, 0, 8, &bytes);
	return ret ? ret : ask_value(a, (int64_t)bytes);
}

static int head(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : unmap_errno(a, 0, 1);
}

static int head_gone(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : gone(a, 4, 0, 1);
}

static int middle(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : unmap_errno(a, 1, 1);
}

static int middle_gone(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : gone(a, 4, 1, 1);
}

static int tail_gone(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : gone(a, 4, 3, 1);
}

/* All of one mapping and the head of the next. */
static int second_cut(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_map(a, 4, 4);
	return ret ? ret : unmap_errno(a, 0, 5);
}

static int second_cut_gone(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_map(a, 4, 4);
	return ret ? ret : gone(a, 8, 0, 5);
}

/* The tail of one mapping and all of the next; the second was mapped first, or last. */
static int first_cut(struct vb_ask *a, bool backwards)
{
	int ret = ask_map(a, backwards ? 4 : 0, 4);

	if (!ret)
		ret = ask_map(a, backwards ? 0 : 4, 4);
	return ret ? ret : gone(a, 8, 3, 5);
}

static int first_cut_gone(struct vb_ask *a)
{
	return first_cut(a, false);
}

static int first_cut_backwards_gone(struct vb_ask *a)
{
	return first_cut(a, true);
}

static int twice(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_unmap(a, 0, 4, NULL);
	return ret ? ret : unmap_errno(a, 0, 4);
}

/* A request that is larger than all there is, up to the last page. */
static int to_the_end(struct vb_ask *a)
{
	struct vb_raw raw = { .size = -ASK_PAGE };
	uint64_t bytes = 0;
	int ret = ask_map(a, 0, 4);

	if (ret)
		return ret;
	ret = ask_raw_unmap(a, &raw, &bytes);
	return ret ? ask_told(a, ret, "unmapping all but the last page") :
		     ask_value(a, (int64_t)bytes);
}

/* Wrong requests: each beside a mapping that is not to be touched. */
static int refused(struct vb_ask *a, const struct vb_raw *raw)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : ask_errno(a, ask_raw_unmap(a, raw, NULL));
}

static int size_zero(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .iova = a->w->iova });
}

static int odd_iova(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .iova = a->w->iova + ASK_PAGE / 2, .size = ASK_PAGE });
}

static int odd_size(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .iova = a->w->iova, .size = ASK_PAGE / 2 });
}

static int wraps(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .iova = -ASK_PAGE, .size = 2 * ASK_PAGE });
}

static int short_argsz(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .argsz = 8, .iova = a->w->iova, .size = 4 * ASK_PAGE });
}

static int unknown_flag(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .flags = 1u << 31, .iova = a->w->iova,
					    .size = 4 * ASK_PAGE });
}

static int all(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .flags = VFIO_DMA_UNMAP_FLAG_ALL });
}

static int all_bytes(struct vb_ask *a)
{
	struct vb_raw raw = { .flags = VFIO_DMA_UNMAP_FLAG_ALL };
	uint64_t bytes = 0;
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_map(a, 100, 1);
	if (ret)
		return ret;
	if (ask_raw_unmap(a, &raw, &bytes))
		return ask_not(a, "the kernel can't unmap everything by one request");
	return ask_value(a, (int64_t)bytes);
}

static int all_of_nothing(struct vb_ask *a)
{
	struct vb_raw raw = { .flags = VFIO_DMA_UNMAP_FLAG_ALL };

	return ask_errno(a, ask_raw_unmap(a, &raw, NULL));
}

static int all_with_range(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .flags = VFIO_DMA_UNMAP_FLAG_ALL, .iova = a->w->iova,
					    .size = 4 * ASK_PAGE });
}

static int all_with_dirty(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .flags = VFIO_DMA_UNMAP_FLAG_ALL |
					    VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP });
}

static int vaddr_with_mdev(struct vb_ask *a)
{
	return refused(a, &(struct vb_raw){ .flags = VFIO_DMA_UNMAP_FLAG_VADDR, .iova = a->w->iova,
					    .size = 4 * ASK_PAGE });
}

/* By a process that has the container's file, but not the memory. */
static int by_other(struct vb_ask *a)
{
	uint64_t bytes;

	return vb_iommu_unmap(&a->c.iommu, a->w->iova, 4 * ASK_PAGE, &bytes);
}

static int other_process(struct vb_ask *a)
{
	uint64_t left = 0;
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_in_child(a, by_other);
	if (!ret)
		ret = ask_left(a, 4, &left);
	return ret ? ret : ask_value(a, (int64_t)(4 * ASK_PAGE - left));
}

const struct vb_promise vb_promises_unmap[] = {
	{ "unmap-empty", VB_ANSWER_ERRNO, WITH_EITHER, empty },
	{ "unmap-empty-bytes", VB_ANSWER_BYTES, WITH_EITHER, empty_bytes },
	{ "unmap-bytes", VB_ANSWER_BYTES, WITH_EITHER, bytes_of_two },
	{ "unmap-bytes-around-hole", VB_ANSWER_BYTES, WITH_EITHER, bytes_around_hole },
	{ "unmap-head", VB_ANSWER_ERRNO, WITH_EITHER, head },
	{ "unmap-head-gone", VB_ANSWER_BYTES, WITH_EITHER, head_gone },
	{ "unmap-middle", VB_ANSWER_ERRNO, WITH_EITHER, middle },
	{ "unmap-middle-gone", VB_ANSWER_BYTES, WITH_EITHER, middle_gone },
	{ "unmap-tail-gone", VB_ANSWER_BYTES, WITH_EITHER, tail_gone },
	{ "unmap-second-cut", VB_ANSWER_ERRNO, WITH_EITHER, second_cut },
	{ "unmap-second-cut-gone", VB_ANSWER_BYTES, WITH_EITHER, second_cut_gone },
	{ "unmap-first-cut-gone", VB_ANSWER_BYTES, WITH_EITHER, first_cut_gone },
	{ "unmap-first-cut-backwards-gone", VB_ANSWER_BYTES, WITH_EITHER, first_cut_backwards_gone },
	{ "unmap-twice", VB_ANSWER_ERRNO, WITH_EITHER, twice },
	{ "unmap-to-the-end", VB_ANSWER_BYTES, WITH_EITHER, to_the_end },
	{ "unmap-size-zero", VB_ANSWER_ERRNO, WITH_EITHER, size_zero },
	{ "unmap-odd-iova", VB_ANSWER_ERRNO, WITH_EITHER, odd_iova },
	{ "unmap-odd-size", VB_ANSWER_ERRNO, WITH_EITHER, odd_size },
	{ "unmap-wraps", VB_ANSWER_ERRNO, WITH_EITHER, wraps },
	{ "unmap-short-argsz", VB_ANSWER_ERRNO, WITH_EITHER | WITH_IOCTLS, short_argsz },
	{ "unmap-unknown-flag", VB_ANSWER_ERRNO, WITH_EITHER | WITH_IOCTLS, unknown_flag },
	{ "unmap-all", VB_ANSWER_ERRNO, WITH_EITHER, all },
	{ "unmap-all-bytes", VB_ANSWER_BYTES, WITH_EITHER, all_bytes },
	{ "unmap-all-of-nothing", VB_ANSWER_ERRNO, WITH_EITHER, all_of_nothing },
	{ "unmap-all-with-range", VB_ANSWER_ERRNO, WITH_EITHER | WITH_IOCTLS, all_with_range },
	{ "unmap-all-with-dirty", VB_ANSWER_ERRNO, WITH_EITHER | WITH_IOCTLS, all_with_dirty },
	{ "unmap-vaddr-with-mdev", VB_ANSWER_ERRNO, WITH_MDEV | WITH_IOCTLS, vaddr_with_mdev },
	{ "unmap-by-other-process", VB_ANSWER_BYTES, WITH_EITHER, other_process },
	{ 0 }
};
