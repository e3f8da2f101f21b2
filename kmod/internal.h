/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_bench: what its files share.
 *
 * Locks, outermost first; none is held across vfio_pin_pages() or
 * vfio_unpin_pages(), and none is ever wanted by VFIO:
 *
 *   vb_device.lock   mutex: adding windows and slots, starting and stopping
 *                    pinners, configuring.  Never taken in the callback, nor
 *                    under mmap_lock: a pinner that is waited for needs that.
 *   vb_window.lock   spinlock: the window's bitmaps and its list of operations
 *                    under way.
 *
 * Everything below vb_device lives from open_device to close_device.
 */
#ifndef VB_INTERNAL_H
#define VB_INTERNAL_H

#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "slot.h"
#include "uapi/vfio_bench.h"
#include "window.h"

#define VB_MAX_DEVICES		256	/* mdevs */

/* What sysfs says of the one type of mdev. */
#define VB_MDEV_TYPE		"null"
#define VB_MDEV_PRETTY_NAME	"VFIO benchmark device, no hardware"
#define VB_MDEV_API		"vfio-bench"

struct page;
struct vb_pinner;

/* One CPU's share; written by that CPU only, with preemption disabled. */
struct vb_stats {
	struct vb_counters counters;
	struct vb_hist hist[VB_HIST_NR];
};

struct vb_device {
	/*
	 * First: vfio_alloc_device() wants it so.  Where VFIO makes its own
	 * (mdev-notifier.c), no more of it is used than the device behind.
	 */
	struct vfio_device vdev;
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
	u64 delay_ns;			/* of each callback */
	bool removing;			/* somebody wants the device back */
	bool unregistered;		/* VB_ASK_PIN_NOTHING_REGISTERED is under way: no pins */
	bool exact;			/* unpin as was pinned: vb_window.starts */
	struct mutex busted_lock;	/* VB_MODE_BUSTED_LOCK only */

	struct vb_window_table *windows; /* NULL: none yet */
	u64 window_pages;		/* in all windows */

	struct vb_stats **stats;	/* by CPU */
	DECLARE_HASHTABLE(slot_hash, VB_SLOT_HASH_BITS);
	unsigned int nr_slots;
	struct vb_slot *slots[VB_MAX_SLOTS];

	unsigned int nr_pinners;
	struct vb_pinner *pinners[VB_MAX_PINNERS];
	wait_queue_head_t pinner_wait;

	struct delayed_work late;	/* busted.c */
	unsigned long late_taken;	/* bit 0: some wait to be unpinned */
	struct vb_window *late_window;
	unsigned long late_first;
	unsigned int late_pages;

	spinlock_t log_lock;		/* log and log_count */
	unsigned int log_count;
	struct vb_callback_range log[VB_CALLBACK_LOG];
};

/* The window that holds @iova or, failing that, the next one above; or NULL. */
static inline struct vb_window *vb_window_first(struct vb_device *dev, u64 iova)
{
	/* pairs with table_insert() */
	return vb_table_first(smp_load_acquire(&dev->windows), iova);
}

/* The calling thread's slot, or NULL. */
static inline struct vb_slot *vb_slot_current(struct vb_device *dev)
{
	return vb_slot_find(dev->slot_hash, task_pid(current));
}

/*
 * The lock of a careless driver: against the rule above, held across VFIO's calls,
 * and wanted in the callback.  Did the mode ask for it?
 */
static inline bool vb_busted_lock(struct vb_device *dev)
{
	if (likely(READ_ONCE(dev->mode) != VB_MODE_BUSTED_LOCK))
		return false;
	mutex_lock(&dev->busted_lock);
	return true;
}

static inline void vb_busted_unlock(struct vb_device *dev, bool locked)
{
	if (unlikely(locked))
		mutex_unlock(&dev->busted_lock);
}

/* mdev.c, mdev-notifier.c or own.c, as the kernel is */
int vb_host_init(void);
void vb_host_exit(void);

/* parent.c */
struct device *vb_parent_create(void);
void vb_parent_destroy(struct device *parent);

/* vfio.c: a device of ours behind @parent, known to VFIO; and its end */
int vb_vfio_add(struct device *parent);
void vb_vfio_remove(struct device *parent);

/* device.c */

/* Once, before and after all that follows. */
void vb_device_setup(struct vb_device *dev);
void vb_device_destroy(struct vb_device *dev);
/* With the first file and the last. */
int vb_device_open(struct vb_device *dev);
void vb_device_close(struct vb_device *dev);
/* Somebody wants the device back: stop, and refuse what is not needed to end. */
void vb_device_give_up(struct vb_device *dev);
/* The notification, whenever and as often as VFIO calls it. */
void vb_device_unmap(struct vb_device *dev, u64 iova, u64 length);

/* ask.c */
int vb_ioc_ask(struct vb_device *dev, void *arg);

/* ioctl.c */
long vb_ioctl(struct vb_device *dev, unsigned int cmd, unsigned long arg);

/* pin.c; all may sleep */

/*
 * Pin @count pages from @first on with one call.  @pages: room for @count.
 * -EAGAIN: closed; -EEXIST: pinned; -EBUSY: under way; else VFIO's answer.
 */
int vb_pin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	   unsigned int count, struct page **pages);
/*
 * Unpin exactly these pages with one call; -ENOENT unless all of them are pinned, -EINVAL
 * where a call has to be for what was pinned by one, and this is not.
 */
int vb_unpin(struct vb_device *dev, struct vb_window *window, unsigned long first,
	     unsigned int count);
/*
 * Unpin those of these pages that are pinned; how many calls that took.  Where it has to
 * be for whole pins, pages beyond go with them.
 */
unsigned int vb_unpin_any(struct vb_device *dev, struct vb_window *window,
			  unsigned long first, unsigned long last);
/* Unpin all that is left, at close. */
void vb_unpin_all(struct vb_device *dev);
int vb_ioc_pin(struct vb_device *dev, void *arg);
int vb_ioc_unpin(struct vb_device *dev, void *arg);

/* callback.c */
void vb_callback(struct vb_device *dev, u64 iova, u64 length);

/* busted.c */

/* Can what this mode does wrong hang or crash the kernel? */
bool vb_busted_is_hazardous(u32 mode);
/* How long a callback in this mode takes beyond what was asked for, ns. */
u64 vb_busted_sleep_ns(u32 mode);
/* Does this mode go wrong where a run is released? */
bool vb_busted_releases(u32 mode);
/*
 * Go wrong with the release of the run of *@pages pages from *@first on; true: nothing
 * is left to be unpinned by the caller.  May sleep.
 */
bool vb_busted_release(struct vb_device *dev, u32 mode, struct vb_window *window,
		       unsigned long *first, unsigned int *pages);
void vb_busted_init(struct vb_device *dev);
/* What was left for later is done when this returns; no callback runs any more. */
void vb_busted_flush(struct vb_device *dev);

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
/* Keep a callback's range if it is one of the first since RESET; @slot: of its task, or NULL. */
void vb_log_callback(struct vb_device *dev, u64 iova, u64 length, const struct vb_slot *slot);

static inline struct vb_stats *vb_stats_get(struct vb_device *dev)
{
	preempt_disable();
	return dev->stats[smp_processor_id()];
}

static inline void vb_stats_put(void)
{
	preempt_enable();
}

/* The calls into VFIO.  Pinning: how many were pinned, or -errno. */
static inline int vb_vfio_pin(struct vb_device *dev, struct vb_window *window,
			      unsigned long first, unsigned int count, struct page **pages)
{
	return vb_compat_pin(&dev->vdev, vb_page_iova(window, first), vb_pfns(window, first),
			     count, pages);
}

static inline void vb_vfio_unpin(struct vb_device *dev, struct vb_window *window,
				 unsigned long first, unsigned int count)
{
	vb_compat_unpin(&dev->vdev, vb_page_iova(window, first), vb_pfns(window, first), count);
}

#endif /* VB_INTERNAL_H */
