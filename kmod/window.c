// SPDX-License-Identifier: GPL-2.0-only
/* vfio_bench: IOVA windows, which page is pinned, closed, under way. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "internal.h"

struct vb_window *vb_window_holding(struct vb_device *dev, u64 iova, u64 last)
{
	struct vb_window *window = vb_window_first(dev, iova);

	if (!window || window->iova > iova || window->last < last)
		return NULL;
	return window;
}

static void window_free(struct vb_window *window)
{
	vb_pfns_free(window);
	kvfree(window->pinned);
	kvfree(window->closed);
	kvfree(window->starts);
	kfree(window);
}

static struct vb_window *window_alloc(u64 iova, u64 length, bool exact)
{
	size_t longs = BITS_TO_LONGS(length >> PAGE_SHIFT);
	struct vb_window *window;

	window = kzalloc(sizeof(*window), GFP_KERNEL_ACCOUNT);
	if (!window)
		return NULL;
	window->iova = iova;
	window->last = iova + length - 1;
	spin_lock_init(&window->lock);
	INIT_HLIST_HEAD(&window->ops);
	init_waitqueue_head(&window->wait);
	window->pinned = kvcalloc(longs, sizeof(long), GFP_KERNEL_ACCOUNT);
	window->closed = kvcalloc(longs, sizeof(long), GFP_KERNEL_ACCOUNT);
	if (exact)
		window->starts = kvcalloc(longs, sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!window->pinned || !window->closed || (exact && !window->starts) ||
	    vb_pfns_alloc(window)) {
		window_free(window);
		return NULL;
	}
	return window;
}

/* A copy of @old with @window at place @at, in front of @old. */
static int table_insert(struct vb_device *dev, struct vb_window_table *old,
			struct vb_window *window, unsigned int at)
{
	unsigned int nr = old ? old->nr : 0;
	struct vb_window_table *new;

	new = kmalloc(struct_size(new, window, nr + 1), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->older = old;
	new->nr = nr + 1;
	new->window[at] = window;
	if (old) {
		memcpy(new->window, old->window, at * sizeof(window));
		memcpy(new->window + at + 1, old->window + at, (nr - at) * sizeof(window));
	}
	smp_store_release(&dev->windows, new);	/* vb_window_first() */
	return 0;
}

static int window_add_locked(struct vb_device *dev, u64 iova, u64 length, u32 *index)
{
	struct vb_window_table *table = dev->windows;
	unsigned int nr = table ? table->nr : 0, at = 0;
	struct vb_window *window;
	int ret;

	if (nr >= VB_MAX_WINDOWS ||
	    dev->window_pages + (length >> PAGE_SHIFT) > VB_MAX_DEVICE_PAGES)
		return -ENOSPC;
	if (table)
		at = vb_table_search(table, iova);
	if (at < nr && table->window[at]->iova <= iova + length - 1)
		return -EEXIST;

	window = window_alloc(iova, length, dev->exact);
	if (!window)
		return -ENOMEM;
	ret = table_insert(dev, table, window, at);
	if (ret) {
		window_free(window);
		return ret;
	}
	dev->window_pages += length >> PAGE_SHIFT;
	*index = nr;
	return 0;
}

int vb_window_add(struct vb_device *dev, u64 iova, u64 length, u32 *index)
{
	int ret;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	ret = window_add_locked(dev, iova, length, index);
	mutex_unlock(&dev->lock);
	return ret;
}

void vb_windows_free(struct vb_device *dev)
{
	struct vb_window_table *table = dev->windows, *older;
	unsigned int i;

	for (i = 0; table && i < table->nr; i++)
		window_free(table->window[i]);
	for (; table; table = older) {
		older = table->older;
		kfree(table);
	}
	dev->windows = NULL;
	dev->window_pages = 0;
}

int vb_windows_open(struct vb_device *dev, u64 iova, u64 last)
{
	struct vb_window *window = vb_window_first(dev, iova);
	int ret = -ENXIO;

	while (window && window->iova <= last) {
		unsigned long from = vb_page_index(window, max(iova, window->iova));
		unsigned long to = vb_page_index(window, min(last, window->last));

		spin_lock(&window->lock);
		bitmap_clear(window->closed, from, to - from + 1);
		spin_unlock(&window->lock);
		ret = 0;
		if (last <= window->last)
			break;
		window = vb_window_first(dev, window->last + 1);
	}
	return ret;
}

u64 vb_windows_outstanding(struct vb_device *dev)
{
	struct vb_window *window = vb_window_first(dev, 0);
	u64 pages = 0;

	while (window) {
		pages += bitmap_weight(window->pinned, vb_window_pages(window));
		cond_resched();
		if (window->last == U64_MAX)
			break;
		window = vb_window_first(dev, window->last + 1);
	}
	return pages;
}

bool vb_windows_idle(struct vb_device *dev)
{
	struct vb_window *window = vb_window_first(dev, 0);
	bool idle = true;

	while (window && idle) {
		spin_lock(&window->lock);
		idle = hlist_empty(&window->ops);
		spin_unlock(&window->lock);
		if (window->last == U64_MAX)
			break;
		window = vb_window_first(dev, window->last + 1);
	}
	return idle && !vb_windows_outstanding(dev);
}

bool vb_window_busy(struct vb_window *window, unsigned long first, unsigned long last)
{
	struct vb_op *op;

	lockdep_assert_held(&window->lock);
	hlist_for_each_entry(op, &window->ops, node)
		if (op->first <= last && op->last >= first)
			return true;
	return false;
}

unsigned int vb_window_releasing(struct vb_window *window, unsigned long first,
				 unsigned long last)
{
	unsigned int pages = 0;
	struct vb_op *op;

	lockdep_assert_held(&window->lock);
	hlist_for_each_entry(op, &window->ops, node)
		if (op->release && op->first <= last && op->last >= first)
			pages += min(last, op->last) - max(first, op->first) + 1;
	return pages;
}

/* The page behind the pin that begins at @start. */
static unsigned long run_end(const struct vb_window *window, unsigned long start)
{
	unsigned long limit = min(vb_window_pages(window), start + VB_MAX_BATCH_PAGES);

	limit = find_next_bit(window->starts, limit, start + 1);
	return find_next_zero_bit(window->pinned, limit, start);
}

bool vb_op_claim_exact(struct vb_window *window, struct vb_op *op, unsigned long first,
		       unsigned long last)
{
	unsigned long end;

	lockdep_assert_held(&window->lock);
	first = find_next_bit(window->pinned, last + 1, first);
	if (first > last)
		return false;
	first = find_last_bit(window->starts, first + 1);
	end = run_end(window, first);
	__clear_bit(first, window->starts);
	bitmap_clear(window->pinned, first, end - first);
	vb_op_begin(window, op, first, end - 1, true);
	return true;
}

bool vb_window_is_pin(struct vb_window *window, unsigned long first, unsigned long last)
{
	lockdep_assert_held(&window->lock);
	return test_bit(first, window->starts) && run_end(window, first) == last + 1;
}

static bool window_idle(struct vb_window *window, unsigned long first, unsigned long last)
{
	bool busy;

	spin_lock(&window->lock);
	busy = vb_window_busy(window, first, last);
	spin_unlock(&window->lock);
	return !busy;
}

/* Is anything under way in [@first, @last] that began before @mark? */
static bool older_busy(struct vb_window *window, struct vb_op *mark, unsigned long first,
		       unsigned long last)
{
	struct vb_op *op = mark;

	lockdep_assert_held(&window->lock);
	hlist_for_each_entry_continue(op, node)
		if (op->first <= last && op->last >= first)
			return true;
	return false;
}

static bool older_idle(struct vb_window *window, struct vb_op *mark, unsigned long first,
		       unsigned long last)
{
	bool busy;

	spin_lock(&window->lock);
	busy = older_busy(window, mark, first, last);
	spin_unlock(&window->lock);
	return !busy;
}

/* The list's head is the youngest; the mark's own range is empty, and so in nobody's way. */
bool vb_window_wait_older(struct vb_window *window, unsigned long first, unsigned long last)
	__must_hold(&window->lock)
{
	struct vb_op mark;
	bool wait;

	vb_op_begin(window, &mark, ULONG_MAX, 0, false);
	wait = older_busy(window, &mark, first, last);
	if (wait) {
		window->waiters++;
		spin_unlock(&window->lock);
		wait_event(window->wait, older_idle(window, &mark, first, last));
		spin_lock(&window->lock);
		window->waiters--;
	}
	vb_op_end(window, &mark);
	return wait;
}

/*
 * Not killable: a callback that returned early would leave pages pinned, and
 * the kernel answers that with a BUG.  What is waited for are calls into VFIO
 * that began before, and nothing new begins in a closed range.
 */
void vb_window_wait_slow(struct vb_window *window, unsigned long first, unsigned long last)
	__must_hold(&window->lock)
{
	window->waiters++;
	spin_unlock(&window->lock);
	wait_event(window->wait, window_idle(window, first, last));
	spin_lock(&window->lock);
	window->waiters--;
}
