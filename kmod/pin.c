// SPDX-License-Identifier: GPL-2.0-only
/* vfio_bench: pin and unpin, on request and for the pinners. */
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "internal.h"

/* An unmap-all can be a walk over the longest bitmap: let others have the lock. */
#define VB_CHUNK_PAGES		BIT(18)

static void count_pin(struct vb_device *dev, unsigned int pages, unsigned int late, u64 ns)
{
	struct vb_stats *stats = vb_stats_get(dev);

	stats->counters.pin_calls++;
	stats->counters.pinned_pages += pages;
	stats->counters.late_pins += late;
	vb_hist_add(&stats->hist[VB_HIST_PIN], ns);
	vb_stats_put();
}

static void count_failure(struct vb_device *dev, int error, bool partial)
{
	struct vb_stats *stats = vb_stats_get(dev);

	stats->counters.partial_pins += partial;
	stats->counters.failures[-error < VB_ERRNO_MAX ? -error : 0]++;
	vb_stats_put();
}

static void count_fenced(struct vb_device *dev)
{
	vb_stats_get(dev)->counters.fenced_pins++;
	vb_stats_put();
}

static void count_unpin(struct vb_device *dev, unsigned int pages, u64 ns)
{
	struct vb_stats *stats = vb_stats_get(dev);

	stats->counters.unpin_calls++;
	stats->counters.unpinned_pages += pages;
	vb_hist_add(&stats->hist[VB_HIST_UNPIN], ns);
	vb_stats_put();
}

static int pin_begin(struct vb_device *dev, struct vb_window *window, struct vb_op *op,
		     unsigned long first, unsigned long last, bool fenced)
{
	int ret = 0;

	spin_lock(&window->lock);
	if (fenced && find_next_bit(window->closed, last + 1, first) <= last)
		ret = -EAGAIN;
	else if (find_next_bit(window->pinned, last + 1, first) <= last)
		ret = -EEXIST;
	else if (READ_ONCE(dev->unregistered) || vb_window_busy(window, first, last))
		ret = -EBUSY;
	else
		vb_op_begin(window, op, first, last, false);
	spin_unlock(&window->lock);
	return ret;
}

/*
 * Enter what was pinned in the bitmap; how many of these pages were closed: a
 * callback for them has returned (when there is no fence) or waits for us
 * (when there is one).
 */
static unsigned int pin_end(struct vb_window *window, struct vb_op *op, bool pinned)
{
	unsigned int closed = 0;
	unsigned long page;

	spin_lock(&window->lock);
	if (pinned) {
		bitmap_set(window->pinned, op->first, vb_op_pages(op));
		if (window->starts)
			__set_bit(op->first, window->starts);
		page = op->first;
		for_each_set_bit_from(page, window->closed, op->last + 1)
			closed++;
	}
	vb_op_end(window, op);
	spin_unlock(&window->lock);
	return closed;
}

static int pin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	       unsigned int count, struct page **pages)
{
	bool fenced = READ_ONCE(dev->discipline) == VB_DISCIPLINE_FENCED;
	unsigned int closed;
	u64 start_ns, end_ns;
	struct vb_op op;
	int ret;

	ret = vb_pfns_prepare(window, first, first + count - 1);
	if (ret)
		return ret;
	ret = pin_begin(dev, window, &op, first, first + count - 1, fenced);
	if (ret) {
		if (ret == -EAGAIN)
			count_fenced(dev);
		return ret;
	}
	start_ns = ktime_get_raw_ns();
	ret = vb_vfio_pin(dev, window, first, count, pages);
	end_ns = ktime_get_raw_ns();
	if (ret > 0 && ret < count)
		vb_vfio_unpin(dev, window, first, ret);
	closed = pin_end(window, &op, ret == count);
	if (ret == count) {
		count_pin(dev, count, fenced ? 0 : closed, end_ns - start_ns);
		return 0;
	}
	count_failure(dev, ret < 0 ? ret : -EIO, ret > 0);
	return ret < 0 ? ret : -EIO;
}

/* In busted mode all that is under way holds the lock, so a callback never waits for it. */
int vb_pin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	   unsigned int count, struct page **pages)
{
	bool locked = vb_busted_lock(dev);
	int ret = pin(dev, window, first, count, pages);

	vb_busted_unlock(dev, locked);
	return ret;
}

/* Release a claimed run. */
static void unpin_op(struct vb_device *dev, struct vb_window *window, struct vb_op *op)
{
	unsigned int pages = vb_op_pages(op);
	u64 start_ns = ktime_get_raw_ns();

	vb_vfio_unpin(dev, window, op->first, pages);
	count_unpin(dev, pages, ktime_get_raw_ns() - start_ns);
	spin_lock(&window->lock);
	vb_op_end(window, op);
	spin_unlock(&window->lock);
}

static int unpin(struct vb_device *dev, struct vb_window *window, unsigned long first,
		 unsigned int count)
{
	unsigned long last = first + count - 1;
	struct vb_op op;
	int ret = 0;

	spin_lock(&window->lock);
	if (find_next_zero_bit(window->pinned, last + 1, first) <= last) {
		ret = -ENOENT;
	} else if (window->starts && !vb_window_is_pin(window, first, last)) {
		ret = -EINVAL;
	} else {
		bitmap_clear(window->pinned, first, count);
		if (window->starts)
			__clear_bit(first, window->starts);
		vb_op_begin(window, &op, first, last, true);
	}
	spin_unlock(&window->lock);
	if (!ret)
		unpin_op(dev, window, &op);
	return ret;
}

int vb_unpin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	     unsigned int count)
{
	bool locked = vb_busted_lock(dev);
	int ret = unpin(dev, window, first, count);

	vb_busted_unlock(dev, locked);
	return ret;
}

unsigned int vb_unpin_any(struct vb_device *dev, struct vb_window *window,
			  unsigned long first, unsigned long last)
{
	unsigned int calls = 0;
	struct vb_op op;
	bool found;

	while (first <= last) {
		spin_lock(&window->lock);
		found = vb_op_claim(window, &op, first, last);
		spin_unlock(&window->lock);
		if (!found)
			break;
		unpin_op(dev, window, &op);
		first = op.last + 1;
		calls++;
		cond_resched();
	}
	return calls;
}

void vb_unpin_all(struct vb_device *dev)
{
	struct vb_window *window = vb_window_first(dev, 0);

	while (window) {
		unsigned long last = vb_page_index(window, window->last);
		unsigned long first;

		for (first = 0; first <= last; first += VB_CHUNK_PAGES)
			vb_unpin_any(dev, window, first, min(last, first + VB_CHUNK_PAGES - 1));
		if (window->last == U64_MAX)
			break;
		window = vb_window_first(dev, window->last + 1);
	}
}

/* The window that holds all the runs of @req, or an error. */
static struct vb_window *pin_request_window(struct vb_device *dev, const struct vb_ioc_pin *req)
{
	u64 run = (u64)req->pages << PAGE_SHIFT;
	struct vb_window *window;
	u64 offset = 0, last;

	if (!req->count || !req->pages || !PAGE_ALIGNED(req->iova))
		return ERR_PTR(-EINVAL);
	if (req->pages > VB_MAX_BATCH_PAGES)
		return ERR_PTR(-E2BIG);
	if (req->count > 1) {
		if (!PAGE_ALIGNED(req->stride) || req->stride < run)
			return ERR_PTR(-EINVAL);
		if (check_mul_overflow(req->stride, (u64)(req->count - 1), &offset))
			return ERR_PTR(-EOVERFLOW);
	}
	if (check_add_overflow(req->iova, offset, &last) ||
	    check_add_overflow(last, run - 1, &last))
		return ERR_PTR(-EOVERFLOW);
	window = vb_window_holding(dev, req->iova, last);
	return window ? window : ERR_PTR(-ENXIO);
}

/* Do the runs one by one; @pages is NULL to unpin. */
static int pin_request_runs(struct vb_device *dev, struct vb_window *window,
			    struct vb_ioc_pin *req, struct page **pages)
{
	unsigned long stride = req->count > 1 ? req->stride >> PAGE_SHIFT : 0;
	unsigned long first = vb_page_index(window, req->iova);
	int ret;

	for (req->done = 0; req->done < req->count; req->done++) {
		if (task_sigpending(current))
			return -EINTR;
		if (pages)
			ret = vb_pin(dev, window, first, req->pages, pages);
		else
			ret = vb_unpin(dev, window, first, req->pages);
		if (ret)
			return ret;
		first += stride;
		cond_resched();
	}
	return 0;
}

int vb_ioc_pin(struct vb_device *dev, void *arg)
{
	struct vb_ioc_pin *req = arg;
	struct vb_window *window;
	struct page **pages;
	int ret;

	req->done = 0;
	window = pin_request_window(dev, req);
	if (IS_ERR(window))
		return PTR_ERR(window);
	pages = kmalloc_array(req->pages, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	ret = pin_request_runs(dev, window, req, pages);
	kfree(pages);
	return ret;
}

int vb_ioc_unpin(struct vb_device *dev, void *arg)
{
	struct vb_ioc_pin *req = arg;
	struct vb_window *window;

	req->done = 0;
	window = pin_request_window(dev, req);
	if (IS_ERR(window))
		return PTR_ERR(window);
	return pin_request_runs(dev, window, req, NULL);
}
