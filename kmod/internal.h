/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_bench: what its files share.
 *
 * Locks, outermost first; none is held across vfio_pin_pages() or
 * vfio_unpin_pages(), and none is ever wanted by VFIO:
 *
 *   vb_device.lock   mutex: adding windows and slots, starting and stopping
 *                    pinners, configuring.  Never taken in the callback.
 *   vb_window.lock   spinlock: the window's bitmaps and its list of operations
 *                    under way.
 *
 * Everything below vb_device lives from open_device to close_device.
 */
#ifndef VB_INTERNAL_H
#define VB_INTERNAL_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "compat.h"
#include "uapi/vfio_bench.h"

#define VB_MAX_DEVICES		256	/* mdevs */
#define VB_SLOT_HASH_BITS	6

struct page;
struct pid;
struct vb_pinner;
struct vb_slot;
struct vb_window_table;
struct vm_area_struct;

/* One CPU's share; written by that CPU only, with preemption disabled. */
struct vb_stats {
	struct vb_counters counters;
	struct vb_hist hist[VB_HIST_NR];
};

struct vb_device {
	struct vfio_device vdev;	/* first: vfio_alloc_device() wants it so */
	struct mutex lock;

	/*
	 * One reference for the open device and one for each callback in it:
	 * VFIO takes a device off its notification list only after
	 * close_device, so callbacks may run beside and after it.
	 */
	refcount_t users;
	struct completion idle;

	u32 discipline;			/* enum vb_discipline */
	u32 mode;			/* enum vb_mode */
	bool removing;			/* somebody wants the device back */

	struct vb_window_table __rcu *windows;
	u64 window_pages;		/* in all windows */

	unsigned int nr_slots;
	struct vb_slot *slots[VB_MAX_SLOTS];
	DECLARE_HASHTABLE(slot_hash, VB_SLOT_HASH_BITS);

	unsigned int nr_pinners;
	struct vb_pinner *pinners[VB_MAX_PINNERS];
	wait_queue_head_t pinner_wait;

	struct vb_stats **stats;	/* by CPU */

	spinlock_t log_lock;
	unsigned int log_count;
	struct vb_callback_range log[VB_CALLBACK_LOG];
};

/* mdev.c */
int vb_mdev_init(void);
void vb_mdev_exit(void);

/* ioctl.c */
long vb_ioctl(struct vb_device *dev, unsigned int cmd, unsigned long arg);

/*
 * window.c
 *
 * Of each page a window knows whether it is pinned and whether it is closed
 * to new pins.  A pin or a release that is under way is on the window's list
 * from before its call into VFIO until the bitmap tells of its outcome, so
 * that bitmap and list together never miss a page that VFIO has pinned.
 */
struct vb_window {
	u64 iova;
	u64 last;			/* IOVA of the last byte */
	u32 index;
	spinlock_t lock;
	unsigned int waiters;		/* in vb_window_wait() */
	struct list_head ops;
	wait_queue_head_t wait;
	unsigned long *pinned;
	unsigned long *closed;
};

/* A pin or release of pages @first to @last of a window. */
struct vb_op {
	struct list_head node;
	unsigned long first;
	unsigned long last;
};

static inline u64 vb_page_iova(const struct vb_window *window, unsigned long page)
{
	return window->iova + ((u64)page << PAGE_SHIFT);
}

static inline unsigned long vb_page_index(const struct vb_window *window, u64 iova)
{
	return (iova - window->iova) >> PAGE_SHIFT;
}

static inline unsigned int vb_op_pages(const struct vb_op *op)
{
	return op->last - op->first + 1;
}

/* Add a window; -EEXIST, -ENOSPC, -ENOMEM. */
int vb_window_add(struct vb_device *dev, u64 iova, u64 length, u32 *index);
/* Free them all: nobody uses them any more. */
void vb_windows_free(struct vb_device *dev);
/* The window that holds @iova or, failing that, the next one above; or NULL. */
struct vb_window *vb_window_first(struct vb_device *dev, u64 iova);
/* The window that holds all of [@iova, @last]; or NULL. */
struct vb_window *vb_window_holding(struct vb_device *dev, u64 iova, u64 last);
/* Open [@iova, @last] to pins; -ENXIO when it meets no window. */
int vb_windows_open(struct vb_device *dev, u64 iova, u64 last);
/* Pages pinned now, as the bitmaps say. */
u64 vb_windows_outstanding(struct vb_device *dev);

/* These are called with window->lock held. */
bool vb_window_busy(struct vb_window *window, unsigned long first, unsigned long last);
void vb_window_close(struct vb_window *window, unsigned long first, unsigned long last);
void vb_op_begin(struct vb_window *window, struct vb_op *op, unsigned long first,
		 unsigned long last);
void vb_op_end(struct vb_window *window, struct vb_op *op);
/*
 * Take the first run of pinned pages in [@first, @last] out of the bitmap, at
 * most VB_MAX_BATCH_PAGES of them, and begin @op for its release.
 */
bool vb_op_claim(struct vb_window *window, struct vb_op *op, unsigned long first,
		 unsigned long last);
/*
 * Wait, with the lock dropped, until nothing is under way in [@first, @last].
 * False when nothing was, and the lock was held all the time.
 */
bool vb_window_wait(struct vb_window *window, unsigned long first, unsigned long last);

/* pin.c; all may sleep */

/*
 * Pin @count pages from @first on with one call.  @pages: room for @count.
 * -EAGAIN: closed; -EEXIST: pinned; -EBUSY: under way; else VFIO's answer.
 */
int vb_pin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	   unsigned int count, struct page **pages);
/* Unpin exactly these pages with one call; -ENOENT unless all of them are pinned. */
int vb_unpin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	     unsigned int count);
/* Unpin those of these pages that are pinned; how many calls that took. */
unsigned int vb_unpin_any(struct vb_device *dev, struct vb_window *window,
			  unsigned long first, unsigned long last);
/* Unpin all that is left, at close. */
void vb_unpin_all(struct vb_device *dev);
int vb_ioc_pin(struct vb_device *dev, void *arg);
int vb_ioc_unpin(struct vb_device *dev, void *arg);

/* callback.c */
void vb_callback(struct vb_device *dev, u64 iova, u64 length);

/* slot.c */

/* What the module knows of a slot; touched by the slot's own thread only. */
struct vb_slot {
	struct hlist_node node;
	struct pid *pid;
	struct page *page;
	struct vb_slot_page *shared;
	u64 callbacks;
	u64 first_entry_ns;
	u64 last_return_ns;
	u64 previous_end_ns;
};

/* The calling thread's slot, or NULL. */
struct vb_slot *vb_slot_current(struct vb_device *dev);
/* The calling thread was in a callback. */
void vb_slot_callback(struct vb_slot *slot, u64 entry_ns, u64 return_ns);
int vb_slot_mmap(struct vb_device *dev, struct vm_area_struct *vma);
void vb_slots_free(struct vb_device *dev);
int vb_ioc_slot(struct vb_device *dev, void *arg);
int vb_ioc_request_end(struct vb_device *dev, void *arg);

/* pinner.c */

/* Stop all pinners and wait for them; what they did can still be asked for. */
void vb_pinners_stop(struct vb_device *dev);
/* Stop and forget them. */
void vb_pinners_free(struct vb_device *dev);
int vb_ioc_pinners_start(struct vb_device *dev, void *arg);
int vb_ioc_pinners_go(struct vb_device *dev, void *arg);
int vb_ioc_pinners_stop(struct vb_device *dev, void *arg);
int vb_ioc_pinner_info(struct vb_device *dev, void *arg);

/* stats.c */
int vb_stats_alloc(struct vb_device *dev);
void vb_stats_free(struct vb_device *dev);
int vb_ioc_stats(struct vb_device *dev, void *arg);
int vb_ioc_hist(struct vb_device *dev, void *arg);
int vb_ioc_reset(struct vb_device *dev, void *arg);
/* Keep a callback's range if it is one of the first since RESET. */
void vb_log_callback(struct vb_device *dev, u64 iova, u64 length);

static inline struct vb_stats *vb_stats_get(struct vb_device *dev)
{
	preempt_disable();
	return dev->stats[smp_processor_id()];
}

static inline void vb_stats_put(void)
{
	preempt_enable();
}

#endif /* VB_INTERNAL_H */
