// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: what a vendor driver can get wrong, on purpose.
 *
 * For testing the tester: each of these modes has to be noticed, by a check or
 * by the kernel.  doc/busted.md: by which, on which variant.
 */
#include <linux/jiffies.h>

#include "internal.h"

/* Longer than anything that waits for a callback is to wait. */
#define VB_BUSTED_SLEEP_NS	(60ull * NSEC_PER_SEC)
/* By then the walk has come to the entry, eleven times if it insists. */
#define VB_BUSTED_LATE_MS	100

bool vb_busted_is_hazardous(u32 mode)
{
	return mode == VB_MODE_BUSTED_SKIP_UNPIN || mode > VB_MODE_COUNTING;
}

u64 vb_busted_sleep_ns(u32 mode)
{
	return mode == VB_MODE_BUSTED_SLEEP ? VB_BUSTED_SLEEP_NS : 0;
}

bool vb_busted_releases(u32 mode)
{
	return mode == VB_MODE_BUSTED_SKIP_UNPIN || mode == VB_MODE_BUSTED_DOUBLE_UNPIN ||
	       mode == VB_MODE_BUSTED_UNPIN_AFTER_RETURN;
}

static void unpin_counted(struct vb_device *dev, struct vb_window *window,
			  unsigned long first, unsigned int pages)
{
	struct vb_stats *stats;

	vb_vfio_unpin(dev, window, first, pages);
	stats = vb_stats_get(dev);
	stats->counters.unpin_calls++;
	stats->counters.unpinned_pages += pages;
	vb_stats_put();
}

/*
 * The first page of the run stays pinned, and nobody knows of it any more; where a part
 * of a pin can't be released, all of it.
 */
static bool skip_first(struct vb_device *dev, unsigned long *first, unsigned int *pages)
{
	vb_stats_get(dev)->counters.leaked_pins += dev->exact ? *pages : 1;
	vb_stats_put();
	if (dev->exact)
		return true;
	++*first;
	return !--*pages;
}

static void late_work(struct work_struct *work)
{
	struct vb_device *dev = container_of(to_delayed_work(work), struct vb_device, late);

	unpin_counted(dev, dev->late_window, dev->late_first, dev->late_pages);
	clear_bit_unlock(0, &dev->late_taken);
}

/* One run at a time. */
static bool leave_for_later(struct vb_device *dev, struct vb_window *window,
			    unsigned long first, unsigned int pages)
{
	if (test_and_set_bit_lock(0, &dev->late_taken))
		return false;
	dev->late_window = window;
	dev->late_first = first;
	dev->late_pages = pages;
	return schedule_delayed_work(&dev->late, msecs_to_jiffies(VB_BUSTED_LATE_MS));
}

bool vb_busted_release(struct vb_device *dev, u32 mode, struct vb_window *window,
		       unsigned long *first, unsigned int *pages)
{
	switch (mode) {
	case VB_MODE_BUSTED_SKIP_UNPIN:
		return skip_first(dev, first, pages);
	case VB_MODE_BUSTED_DOUBLE_UNPIN:
		unpin_counted(dev, window, *first, *pages);
		return false;
	case VB_MODE_BUSTED_UNPIN_AFTER_RETURN:
		return leave_for_later(dev, window, *first, *pages);
	default:
		return false;
	}
}

void vb_busted_init(struct vb_device *dev)
{
	INIT_DELAYED_WORK(&dev->late, late_work);
	dev->late_taken = 0;
}

void vb_busted_flush(struct vb_device *dev)
{
	flush_delayed_work(&dev->late);
}
