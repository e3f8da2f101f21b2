// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dirty_track: what a virtual machine's migration asks for (VFIO_IOMMU_DIRTY_PAGES,
 * Linux 5.8): tracking on, bitmaps, an unmap with a bitmap, tracking off; and each
 * bitmap is held against what it has to be.
 *
 * A page that an mdev pins is dirty: in the bitmap while it is pinned, and once
 * more after it was unpinned.  In a container with a PCI device all mapped pages
 * are dirty, as that device may have written any of them, until it pins, which
 * such devices don't do (num_non_pinned_groups in the kernel).  Where the IOMMU itself
 * takes note (IOMMUFD), only what a device wrote is dirty: here nothing.
 *
 * No page that is dirty may be missing, ever.  Beyond that type1 is exact only where
 * each mapping begins and ends at a word of the bitmap (64 pages): where several share
 * a word, update_user_bitmap() shifts a mapping's bits to their place in it, and what
 * it leaves behind comes up again, shifted once more, in the next bitmap (seen on
 * 6.1).  Such pages are counted, and wrong only where words are not shared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { BITMAPS, DIRTY_PAGES, OVERREPORTED };

static const char *const counts[] = {
	[BITMAPS] = "bitmaps", [DIRTY_PAGES] = "dirty_pages",
	[OVERREPORTED] = "pages_overreported", NULL
};

struct tracking {
	struct vb_dirty_bitmap bitmap;
	uint64_t *pinned;		/* what the bitmap has to be with the pins */
	uint64_t nr_pages;
};

static void set(uint64_t *bits, uint64_t page)
{
	bits[page / 64] |= 1ull << page % 64;
}

static void note_pins(const struct vb_section *s, struct tracking *t)
{
	uint64_t page = t->bitmap.page_bytes;

	for (unsigned int i = 0; s->pin_every && i < s->count; i += s->pin_every)
		for (uint64_t at = 0; at < s->pin_pages * (uint64_t)VB_JOB_PAGE; at += page)
			set(t->pinned, (i * s->size_bytes + at) / page);
}

/* A device that is no mdev is in the container: what it has written, nobody knows. */
static bool all_dirty(const struct vb_worker *w)
{
	return w->container->device && !w->container->iommu.ops->dirty_by_iommu;
}

static int setup(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes;
	struct vb_iommu_info info;
	struct tracking *t;
	size_t words;

	if (!(vb_iommu_can(&w->container->iommu) & VB_CAN_TRACK_DIRTY))
		return vb_step_failed(w, "this kernel can't tell which pages are dirty");
	if (vb_iommu_get_info(&w->container->iommu, &info))
		return -EIO;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	w->priv = t;
	t->bitmap.page_bytes = info.dirty_pgsizes & -info.dirty_pgsizes;
	t->nr_pages = window / t->bitmap.page_bytes;
	words = (t->nr_pages + 63) / 64;
	t->bitmap.bytes = words * sizeof(uint64_t);
	t->bitmap.bits = calloc(words, sizeof(uint64_t));
	t->pinned = calloc(words, sizeof(uint64_t));
	if (!t->bitmap.bits || !t->pinned)
		return -ENOMEM;
	if (!w->container->iommu.ops->dirty_by_iommu)
		note_pins(w->section, t);
	return 0;
}

/* Several mappings have their bits in one word. */
static bool words_are_shared(const struct vb_worker *w)
{
	const struct tracking *t = w->priv;

	return w->section->size_bytes / t->bitmap.page_bytes % 64;
}

/* The bitmap has @wanted's bits and, but see above, no others; NULL: none. */
static void check(struct vb_worker *w, const uint64_t *wanted, const char *what)
{
	const struct tracking *t = w->priv;
	struct vb_tally *tally = &w->shared->tally;
	bool all = all_dirty(w);
	uint64_t missing = 0, more = 0;

	for (uint64_t i = 0; i < t->nr_pages; i++) {
		bool dirty = t->bitmap.bits[i / 64] >> i % 64 & 1;
		bool want = all || (wanted && wanted[i / 64] >> i % 64 & 1);

		missing += want && !dirty;
		more += dirty && !want;
		tally->count[DIRTY_PAGES] += dirty && want;
	}
	tally->count[BITMAPS]++;
	tally->count[OVERREPORTED] += more;
	vb_op_verify(w, !missing && (!more || words_are_shared(w)), what);
}

static int get(struct vb_worker *w, const uint64_t *wanted, const char *what)
{
	struct tracking *t = w->priv;
	uint64_t start, end;
	int ret;

	memset(t->bitmap.bits, 0, t->bitmap.bytes);
	start = vb_now_ns();
	ret = vb_iommu_get_dirty(&w->container->iommu, w->iova, w->window->plan->size_bytes,
				 &t->bitmap);
	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_DIRTY_GET, 0, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_DIRTY_GET], end - start);
	check(w, wanted, what);
	return 0;
}

static int unmap(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, unmapped = 0, start;
	struct tracking *t = w->priv;
	int ret;

	memset(t->bitmap.bits, 0, t->bitmap.bytes);
	w->window->mapped = false;
	start = vb_op_request_begin(w, w->iova, window);
	ret = vb_iommu_unmap_dirty(&w->container->iommu, w->iova, window, &t->bitmap, &unmapped);
	ret = vb_op_request_done(w, 0, VB_METRIC_REQUEST, window, start, ret, unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	if (ret)
		return ret;
	vb_op_verify(w, unmapped == window, "the request told another number of bytes than were mapped");
	check(w, t->pinned, "the bitmap of an unmap was not of the pages pinned until then");
	return 0;
}

/* Pinned: dirty.  Unpinned: dirty once more, then clean. */
static int follow_pins(struct vb_worker *w)
{
	unsigned int every = w->section->pin_every;
	struct tracking *t = w->priv;
	int runs = vb_op_pin_window(w), ret;

	if (runs < 0)
		return runs;
	ret = get(w, t->pinned, "the bitmap was not of the pages that are pinned");
	if (ret || !runs)
		return ret;
	ret = vb_op_unpin(w, 0, w->section->size_bytes * every, (uint32_t)runs);
	if (!ret)
		ret = get(w, t->pinned, "the bitmap was not of the pages that were pinned before");
	if (!ret)
		ret = get(w, NULL, "a page was dirty that nobody had pinned since the last bitmap");
	if (!ret)
		runs = vb_op_pin_window(w);
	if (ret || runs < 0)
		return ret ? ret : runs;
	w->shared->tally.expected_callbacks += (unsigned int)runs;
	return 0;
}

static int step(struct vb_worker *w)
{
	struct vb_iommu *iommu = &w->container->iommu;
	struct tracking *t = w->priv;
	int ret = vb_op_map_window(w), stopped;

	if (ret)
		return ret;
	/* Without tracking there is no bitmap. */
	memset(t->bitmap.bits, 0, t->bitmap.bytes);
	vb_op_verify(w, !iommu->ops->has_devices ||
			vb_iommu_get_dirty(iommu, w->iova, w->window->plan->size_bytes, &t->bitmap) ==
			-EINVAL, "a bitmap was to be had before tracking was on");
	ret = vb_iommu_track_dirty(iommu, true);
	if (!ret)
		ret = get(w, NULL, "a page was dirty before anything was pinned");
	if (!ret)
		ret = follow_pins(w);
	if (!ret)
		ret = unmap(w);
	stopped = vb_iommu_track_dirty(iommu, false);
	return ret ? ret : stopped;
}

static int teardown(struct vb_worker *w)
{
	struct tracking *t = w->priv;

	if (t) {
		free(t->bitmap.bits);
		free(t->pinned);
	}
	free(t);
	w->priv = NULL;
	return vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_dirty_track = {
	.name = "dirty_track",
	.summary = "dirty page tracking: bitmaps while the mdev pins and unpins, unmap with a bitmap",
	.needs = VB_CAN_TRACK_DIRTY,
	.alone = true,
	.counts = counts,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
