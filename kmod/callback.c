// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: the unmap notification.
 *
 * Fenced: close the range to new pins, unpin what is pinned, wait for what is
 * under way in it, and unpin what that left; return when nothing is pinned.
 * Racing: unpin what is pinned now and what was under way, and mark the range:
 * what is pinned later is late.
 *
 * This is what the suite measures, so its own cost matters, and all the more
 * as one variant calls it once where another calls it thousands of times:
 * per-CPU counters, no allocation, no lock but the window's spinlock, three
 * readings of the clock, and each function here has one caller and is inlined.
 * tests/lab/kmod-test cost: what that comes to.
 */
#include <linux/hrtimer.h>
#include <linux/sched/signal.h>

#include "internal.h"

/*
 * A window is worked on in pieces, so that a long bitmap doesn't hold its lock
 * long.  To search one of 2^15 pages takes about half a microsecond, and by so
 * much the return time below may be too early.
 */
#define VB_CALLBACK_CHUNK	BIT(15)

/* A driver without a fence doesn't wait for ever: a pinner can always be at it. */
#define VB_RACE_WAITS		2

struct vb_notification {
	struct vb_device *dev;
	u64 iova;
	u64 last;
	u64 unpinned_ns;		/* the last unpin ended; 0: more was done since */
	u32 mode;			/* enum vb_mode; the miscount has its effect once */
	bool fenced;
	bool counted;
	bool timed;
	bool busted;			/* the next release is to go wrong */
};

static void count_released(struct vb_notification *n, unsigned int pages, u64 ns)
{
	struct vb_stats *stats = vb_stats_get(n->dev);

	stats->counters.unpin_calls++;
	stats->counters.unpinned_pages += pages;
	stats->counters.callback_unpinned_pages += pages;
	if (unlikely(n->mode == VB_MODE_BUSTED_MISCOUNT)) {
		stats->counters.unpinned_pages--;
		n->mode = VB_MODE_NORMAL;
	}
	if (n->timed)
		vb_hist_add(&stats->hist[VB_HIST_UNPIN], ns);
	vb_stats_put();
}

static void release_run(struct vb_notification *n, struct vb_window *window,
			const struct vb_op *op)
{
	unsigned long first = op->first;
	unsigned int pages = vb_op_pages(op);
	u64 start_ns = 0;

	if (unlikely(n->busted)) {
		n->busted = false;	/* once a callback */
		if (vb_busted_release(n->dev, n->mode, window, &first, &pages))
			return;
	}
	if (n->timed)
		start_ns = ktime_get_raw_ns();
	vb_vfio_unpin(n->dev, window, first, pages);
	if (n->timed)
		n->unpinned_ns = ktime_get_raw_ns();
	if (n->counted)
		count_released(n, pages, n->unpinned_ns - start_ns);
}

/* The window's lock is dropped for each release; false if there was none. */
static bool release_pinned(struct vb_notification *n, struct vb_window *window,
			   unsigned long first, unsigned long last)
	__must_hold(&window->lock)
{
	bool released = false;
	struct vb_op op;

	while (first <= last && vb_op_claim(window, &op, first, last)) {
		released = true;
		spin_unlock(&window->lock);
		release_run(n, window, &op);
		first = op.last + 1;
		spin_lock(&window->lock);
		vb_op_end(window, &op);
	}
	return released;
}

static bool wait_for_others(struct vb_notification *n, struct vb_window *window,
			    unsigned long first, unsigned long last)
	__must_hold(&window->lock)
{
	if (!vb_window_wait(window, first, last))
		return false;
	n->unpinned_ns = 0;
	return true;
}

/*
 * A pin that began before the range was closed can come to its end whenever the
 * lock is dropped, behind the search.  So where anything was under way then,
 * the end is reached only by a search that finds nothing pinned, and nothing
 * under way either, with the lock held all the time.
 */
static void notify_chunk(struct vb_notification *n, struct vb_window *window,
			 unsigned long first, unsigned long last)
{
	bool again, released;

	n->unpinned_ns = 0;
	spin_lock(&window->lock);
	again = !hlist_empty(&window->ops);
	vb_window_close(window, first, last);
	do {
		released = release_pinned(n, window, first, last);
	} while ((released && again) || wait_for_others(n, window, first, last));
	spin_unlock(&window->lock);
}

static void count_late(struct vb_notification *n, unsigned int pages)
{
	vb_stats_get(n->dev)->counters.late_pins += pages;
	vb_stats_put();
}

/*
 * A driver that has a lock for its pins, as there are, and no fence: what it had
 * begun is over when the callback returns, so that a page that the walk finds
 * pinned is a late pin.  The second wait is for a release by whose pin the first
 * one was prolonged.  What was pinned behind the search, or is on its way to be
 * released again, is late, too; pin_end() counts what comes after the range was
 * marked.
 */
static noinline void race_chunk(struct vb_notification *n, struct vb_window *window,
				unsigned long first, unsigned long last)
{
	unsigned long page = first;
	unsigned int waits, late;

	n->unpinned_ns = 0;
	spin_lock(&window->lock);
	release_pinned(n, window, first, last);
	for (waits = 0; waits < VB_RACE_WAITS && vb_window_wait_older(window, first, last);
	     waits++)
		release_pinned(n, window, first, last);
	late = vb_window_releasing(window, first, last);
	for_each_set_bit_from(page, window->pinned, last + 1)
		late++;
	vb_window_close(window, first, last);
	spin_unlock(&window->lock);
	if (late && n->counted)
		count_late(n, late);
}

static void notify_window(struct vb_notification *n, struct vb_window *window)
{
	unsigned long first = vb_page_index(window, max(n->iova, window->iova));
	unsigned long last = vb_page_index(window, min(n->last, window->last));
	unsigned long end;

	for (; first <= last; first = end + 1) {
		end = min(last, first + VB_CALLBACK_CHUNK - 1);
		if (likely(n->fenced))
			notify_chunk(n, window, first, end);
		else
			race_chunk(n, window, first, end);
	}
}

static void notify_windows(struct vb_notification *n)
{
	struct vb_window *window = vb_window_first(n->dev, n->iova);

	while (window && window->iova <= n->last) {
		notify_window(n, window);
		if (n->last <= window->last)
			break;
		window = vb_window_first(n->dev, window->last + 1);
	}
}

static void count_callback(struct vb_notification *n, u64 length, bool foreign, u64 ns)
{
	struct vb_stats *stats = vb_stats_get(n->dev);

	stats->counters.callbacks++;
	stats->counters.callbacks_foreign += foreign;
	if (n->timed) {
		vb_hist_add(&stats->hist[VB_HIST_CALLBACK], ns);
		vb_hist_add(&stats->hist[VB_HIST_BYTES],
			    min(length, (1ull << VB_HIST_MAX_BITS) - 1));
	}
	vb_stats_put();
}

/*
 * A driver that waits for its hardware.  What was pinned is unpinned and counted
 * by now; noinline, as callbacks without it are what is measured.
 */
static noinline void wait_for_hardware(struct vb_notification *n, u64 delay_ns)
{
	ktime_t timeout = ns_to_ktime(delay_ns);

	set_current_state(TASK_KILLABLE);
	if (!fatal_signal_pending(current))
		schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
	n->unpinned_ns = 0;
}

/* The times are 0 where no clock is read. */
static void account(struct vb_notification *n, u64 length, u64 entry_ns)
{
	struct vb_slot *slot = vb_slot_current(n->dev);
	u64 return_ns = n->unpinned_ns;

	if (n->timed && !return_ns)
		return_ns = ktime_get_raw_ns();
	count_callback(n, length, !slot, return_ns - entry_ns);
	if (slot)
		vb_slot_callback(slot, entry_ns, return_ns);
	if (unlikely(READ_ONCE(n->dev->log_count) < VB_CALLBACK_LOG))
		vb_log_callback(n->dev, n->iova, length, slot);
}

void vb_callback(struct vb_device *dev, u64 iova, u64 length)
{
	u32 mode = READ_ONCE(dev->mode);
	u64 delay_ns = READ_ONCE(dev->delay_ns);
	bool counted = mode != VB_MODE_BARE;
	bool timed = counted && mode != VB_MODE_COUNTING;
	u64 entry_ns = timed ? ktime_get_raw_ns() : 0;
	struct vb_notification n = {
		.dev = dev,
		.iova = iova,
		/* an unmap of everything is 0 and U64_MAX */
		.last = length - 1 > U64_MAX - iova ? U64_MAX : iova + length - 1,
		.mode = mode,
		.fenced = READ_ONCE(dev->discipline) == VB_DISCIPLINE_FENCED,
		.counted = counted,
		.timed = timed,
		.busted = vb_busted_releases(mode),
	};

	if (likely(length))
		notify_windows(&n);
	if (unlikely(delay_ns))
		wait_for_hardware(&n, delay_ns);
	if (counted)
		account(&n, length, entry_ns);
}
