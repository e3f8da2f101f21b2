/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_bench: IOVA windows.
 *
 * Of each page a window knows whether it is pinned and whether it is closed
 * to new pins.  A pin or a release that is under way is on the window's list
 * from before its call into VFIO until the bitmap tells of its outcome, so
 * that bitmap and list together never miss a page that VFIO has pinned.
 *
 * What the callback needs for each run is inline: every instruction of it is
 * part of what the suite measures.
 */
#ifndef VB_WINDOW_H
#define VB_WINDOW_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "compat.h"
#include "uapi/vfio_bench.h"

struct vb_device;

/* Page numbers as VFIO wants them up to 5.19: those of pages @i * this and on. */
#define VB_PFN_CHUNK		VB_MAX_BATCH_PAGES
struct vb_pfn_chunk {
	/* so that any run that begins in the first half is all here, and one array */
	unsigned long pfn[2 * VB_PFN_CHUNK];
};

struct vb_window {
	u64 iova;
	u64 last;			/* IOVA of the last byte */
	spinlock_t lock;
	unsigned int waiters;		/* in vb_window_wait() */
	struct hlist_head ops;
	unsigned long *pinned;
	unsigned long *closed;
	/*
	 * Pages that a pin began with, where unpins have to be for the same pages as
	 * pins (iommufd_access_unpin_pages()); NULL where VFIO doesn't care, and one
	 * call releases all that is adjacent.
	 */
	unsigned long *starts;
	struct vb_pfn_chunk **pfns;	/* NULL where VFIO wants none */
	wait_queue_head_t wait;
};

/*
 * Sorted by IOVA.  A new window means a new table; the old ones are kept until
 * the device is closed, so that looking up takes no lock.
 */
struct vb_window_table {
	struct vb_window_table *older;
	unsigned int nr;
	struct vb_window *window[];
};

/* A pin or release, under way, of pages @first to @last of a window. */
struct vb_op {
	struct hlist_node node;
	unsigned long first;
	unsigned long last;
	bool release;
};

/* Add a window; -EEXIST, -ENOSPC, -ENOMEM. */
int vb_window_add(struct vb_device *dev, u64 iova, u64 length, u32 *index);
/* Free them all: nobody uses them any more. */
void vb_windows_free(struct vb_device *dev);
/* The window that holds all of [@iova, @last]; or NULL. */
struct vb_window *vb_window_holding(struct vb_device *dev, u64 iova, u64 last);
/* Open [@iova, @last] to pins; -ENXIO when it meets no window. */
int vb_windows_open(struct vb_device *dev, u64 iova, u64 last);
/* Pages pinned now, as the bitmaps say. */
u64 vb_windows_outstanding(struct vb_device *dev);
/*
 * Is nothing pinned, and nothing on its way to be?  It stays so where pin_begin() has been
 * told before the call that nothing is to begin.
 */
bool vb_windows_idle(struct vb_device *dev);
/* Is anything under way in [@first, @last]?  With window->lock held. */
bool vb_window_busy(struct vb_window *window, unsigned long first, unsigned long last);
/* Pages of it whose release is under way.  With window->lock held. */
unsigned int vb_window_releasing(struct vb_window *window, unsigned long first,
				 unsigned long last);
/* With window->lock held; drops it to wait until nothing is under way there. */
void vb_window_wait_slow(struct vb_window *window, unsigned long first, unsigned long last);
/*
 * The same for what had begun before the call, and no longer: pins that begin
 * meanwhile don't matter.  False when there was nothing, and the lock was held.
 */
bool vb_window_wait_older(struct vb_window *window, unsigned long first, unsigned long last);

/* vb_op_claim() with starts. */
bool vb_op_claim_exact(struct vb_window *window, struct vb_op *op, unsigned long first,
		       unsigned long last);
/* With starts: are these pages what one pin is for?  They are pinned. */
bool vb_window_is_pin(struct vb_window *window, unsigned long first, unsigned long last);

/* pfn.c: make room for the chunks and free them with what they hold. */
int vb_pfns_alloc(struct vb_window *window);
void vb_pfns_free(struct vb_window *window);
/* Fill the chunk of page @page; may sleep. */
int vb_pfns_fill(struct vb_window *window, unsigned long page);

static inline u64 vb_page_iova(const struct vb_window *window, unsigned long page)
{
	return window->iova + ((u64)page << PAGE_SHIFT);
}

static inline unsigned long vb_page_index(const struct vb_window *window, u64 iova)
{
	return (iova - window->iova) >> PAGE_SHIFT;
}

static inline unsigned long vb_window_pages(const struct vb_window *window)
{
	return vb_page_index(window, window->last) + 1;
}

static inline int vb_pfns_prepare_page(struct vb_window *window, unsigned long page)
{
	if (smp_load_acquire(&window->pfns[page / VB_PFN_CHUNK]))
		return 0;
	return vb_pfns_fill(window, page);
}

/*
 * Before any pin of pages @first to @last, VB_MAX_BATCH_PAGES at most: 0 or -ENOMEM.
 * A release may begin at any of them, so the last one's chunk is wanted, too.
 */
static inline int vb_pfns_prepare(struct vb_window *window, unsigned long first,
				  unsigned long last)
{
	int ret;

	if (!VB_COMPAT_PFN_ARRAYS)
		return 0;
	ret = vb_pfns_prepare_page(window, first);
	return ret ? ret : vb_pfns_prepare_page(window, last);
}

/* The numbers of @first, a page that was prepared, and of the VB_MAX_BATCH_PAGES after it. */
static inline unsigned long *vb_pfns(struct vb_window *window, unsigned long first)
{
	if (!VB_COMPAT_PFN_ARRAYS)
		return NULL;
	return &window->pfns[first / VB_PFN_CHUNK]->pfn[first % VB_PFN_CHUNK];
}

static inline unsigned int vb_op_pages(const struct vb_op *op)
{
	return op->last - op->first + 1;
}

/* The first entry that ends at or after @iova; table->nr if none does. */
static inline unsigned int vb_table_search(const struct vb_window_table *table, u64 iova)
{
	unsigned int low = 0, high = table->nr;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (table->window[middle]->last < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The window that holds @iova or, failing that, the next one above; or NULL. */
static inline struct vb_window *vb_table_first(const struct vb_window_table *table, u64 iova)
{
	unsigned int i;

	if (!table)
		return NULL;
	i = vb_table_search(table, iova);
	return i < table->nr ? table->window[i] : NULL;
}

/* The functions below are called with window->lock held. */

static inline void vb_window_close(struct vb_window *window, unsigned long first,
				   unsigned long last)
{
	lockdep_assert_held(&window->lock);
	if (first == last)
		__set_bit(first, window->closed);
	else
		bitmap_set(window->closed, first, last - first + 1);
}

static inline void vb_op_begin(struct vb_window *window, struct vb_op *op, unsigned long first,
			       unsigned long last, bool release)
{
	lockdep_assert_held(&window->lock);
	op->first = first;
	op->last = last;
	op->release = release;
	hlist_add_head(&op->node, &window->ops);
}

static inline void vb_op_end(struct vb_window *window, struct vb_op *op)
{
	lockdep_assert_held(&window->lock);
	__hlist_del(&op->node);
	if (unlikely(window->waiters))
		wake_up_all(&window->wait);
}

/*
 * Take the first run of pinned pages in [@first, @last] out of the bitmap, at
 * most VB_MAX_BATCH_PAGES of them, and begin @op for its release.  With starts,
 * a run is a pin, all of it: @op may reach beyond the range at both ends.
 */
static inline bool vb_op_claim(struct vb_window *window, struct vb_op *op, unsigned long first,
			       unsigned long last)
{
	unsigned long limit, end;

	lockdep_assert_held(&window->lock);
	if (unlikely(window->starts))
		return vb_op_claim_exact(window, op, first, last);
	if (first == last) {
		if (!__test_and_clear_bit(first, window->pinned))
			return false;
		vb_op_begin(window, op, first, first, true);
		return true;
	}
	first = find_next_bit(window->pinned, last + 1, first);
	if (first > last)
		return false;
	limit = min(last + 1, first + VB_MAX_BATCH_PAGES);
	end = find_next_zero_bit(window->pinned, limit, first);
	bitmap_clear(window->pinned, first, end - first);
	vb_op_begin(window, op, first, end - 1, true);
	return true;
}

/*
 * Wait, with the lock dropped, until nothing is under way in [@first, @last].
 * False when nothing was, and the lock was held all the time.
 */
static inline bool vb_window_wait(struct vb_window *window, unsigned long first,
				  unsigned long last)
{
	if (hlist_empty(&window->ops) || !vb_window_busy(window, first, last))
		return false;
	vb_window_wait_slow(window, first, last);
	return true;
}

#endif /* VB_WINDOW_H */
