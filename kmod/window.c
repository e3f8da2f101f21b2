// SPDX-License-Identifier: GPL-2.0-only
/* vfio_bench: IOVA windows, which page is pinned, closed, under way. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "internal.h"

/*
 * Sorted by IOVA.  A new window means a new table, so that a reader needs
 * rcu_read_lock() for the search only; the windows themselves stay.
 */
struct vb_window_table {
	struct rcu_head rcu;
	unsigned int nr;
	struct vb_window *window[];
};

static unsigned long window_pages(const struct vb_window *window)
{
	return vb_page_index(window, window->last) + 1;
}

/* The first entry of @table that ends at or after @iova; table->nr if none does. */
static unsigned int table_search(const struct vb_window_table *table, u64 iova)
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

struct vb_window *vb_window_first(struct vb_device *dev, u64 iova)
{
	struct vb_window *window = NULL;
	struct vb_window_table *table;
	unsigned int i;

	rcu_read_lock();
	table = rcu_dereference(dev->windows);
	if (table) {
		i = table_search(table, iova);
		if (i < table->nr)
			window = table->window[i];
	}
	rcu_read_unlock();
	return window;
}

struct vb_window *vb_window_holding(struct vb_device *dev, u64 iova, u64 last)
{
	struct vb_window *window = vb_window_first(dev, iova);

	if (!window || window->iova > iova || window->last < last)
		return NULL;
	return window;
}

static void window_free(struct vb_window *window)
{
	kvfree(window->pinned);
	kvfree(window->closed);
	kfree(window);
}

static struct vb_window *window_alloc(u64 iova, u64 length, u32 index)
{
	size_t longs = BITS_TO_LONGS(length >> PAGE_SHIFT);
	struct vb_window *window;

	window = kzalloc(sizeof(*window), GFP_KERNEL_ACCOUNT);
	if (!window)
		return NULL;
	window->iova = iova;
	window->last = iova + length - 1;
	window->index = index;
	spin_lock_init(&window->lock);
	INIT_LIST_HEAD(&window->ops);
	init_waitqueue_head(&window->wait);
	window->pinned = kvcalloc(longs, sizeof(long), GFP_KERNEL_ACCOUNT);
	window->closed = kvcalloc(longs, sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!window->pinned || !window->closed) {
		window_free(window);
		return NULL;
	}
	return window;
}

/* A copy of @old with @window at place @at, in @old's stead. */
static int table_insert(struct vb_device *dev, struct vb_window_table *old,
			struct vb_window *window, unsigned int at)
{
	unsigned int nr = old ? old->nr : 0;
	struct vb_window_table *new;

	new = kmalloc(struct_size(new, window, nr + 1), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->nr = nr + 1;
	new->window[at] = window;
	if (old) {
		memcpy(new->window, old->window, at * sizeof(window));
		memcpy(new->window + at + 1, old->window + at, (nr - at) * sizeof(window));
	}
	rcu_assign_pointer(dev->windows, new);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

static int window_add_locked(struct vb_device *dev, u64 iova, u64 length, u32 *index)
{
	struct vb_window_table *table;
	struct vb_window *window;
	unsigned int nr, at = 0;
	int ret;

	table = rcu_dereference_protected(dev->windows, lockdep_is_held(&dev->lock));
	nr = table ? table->nr : 0;
	if (nr >= VB_MAX_WINDOWS ||
	    dev->window_pages + (length >> PAGE_SHIFT) > VB_MAX_DEVICE_PAGES)
		return -ENOSPC;
	if (table)
		at = table_search(table, iova);
	if (at < nr && table->window[at]->iova <= iova + length - 1)
		return -EEXIST;

	window = window_alloc(iova, length, nr);
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
	struct vb_window_table *table = rcu_dereference_protected(dev->windows, true);
	unsigned int i;

	RCU_INIT_POINTER(dev->windows, NULL);
	dev->window_pages = 0;
	if (!table)
		return;
	for (i = 0; i < table->nr; i++)
		window_free(table->window[i]);
	kfree(table);
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
		pages += bitmap_weight(window->pinned, window_pages(window));
		cond_resched();
		if (window->last == U64_MAX)
			break;
		window = vb_window_first(dev, window->last + 1);
	}
	return pages;
}

bool vb_window_busy(struct vb_window *window, unsigned long first, unsigned long last)
{
	struct vb_op *op;

	lockdep_assert_held(&window->lock);
	list_for_each_entry(op, &window->ops, node)
		if (op->first <= last && op->last >= first)
			return true;
	return false;
}

void vb_window_close(struct vb_window *window, unsigned long first, unsigned long last)
{
	lockdep_assert_held(&window->lock);
	if (first == last)
		__set_bit(first, window->closed);
	else
		bitmap_set(window->closed, first, last - first + 1);
}

void vb_op_begin(struct vb_window *window, struct vb_op *op, unsigned long first,
		 unsigned long last)
{
	lockdep_assert_held(&window->lock);
	op->first = first;
	op->last = last;
	list_add(&op->node, &window->ops);
}

void vb_op_end(struct vb_window *window, struct vb_op *op)
{
	lockdep_assert_held(&window->lock);
	list_del(&op->node);
	if (window->waiters)
		wake_up_all(&window->wait);
}

bool vb_op_claim(struct vb_window *window, struct vb_op *op, unsigned long first,
		 unsigned long last)
{
	unsigned long limit, end;

	lockdep_assert_held(&window->lock);
	first = find_next_bit(window->pinned, last + 1, first);
	if (first > last)
		return false;
	if (first == last) {
		__clear_bit(first, window->pinned);
		vb_op_begin(window, op, first, first);
		return true;
	}
	limit = min(last + 1, first + VB_MAX_BATCH_PAGES);
	end = find_next_zero_bit(window->pinned, limit, first);
	bitmap_clear(window->pinned, first, end - first);
	vb_op_begin(window, op, first, end - 1);
	return true;
}

static bool window_idle(struct vb_window *window, unsigned long first, unsigned long last)
{
	bool busy;

	spin_lock(&window->lock);
	busy = vb_window_busy(window, first, last);
	spin_unlock(&window->lock);
	return !busy;
}

/*
 * Not killable: a callback that returned early would leave pages pinned, and
 * the kernel answers that with a BUG.  What is waited for are calls into VFIO
 * that began before, and nothing new begins in a closed range.
 */
bool vb_window_wait(struct vb_window *window, unsigned long first, unsigned long last)
	__must_hold(&window->lock)
{
	if (list_empty(&window->ops) || !vb_window_busy(window, first, last))
		return false;
	window->waiters++;
	spin_unlock(&window->lock);
	wait_event(window->wait, window_idle(window, first, last));
	spin_lock(&window->lock);
	window->waiters--;
	return true;
}
