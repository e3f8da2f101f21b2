/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vfio-bench: what the companion module vfio_bench.ko and user space share.
 *
 * Every ioctl goes to the VFIO device fd of one of the module's mdevs: whoever
 * holds that fd owns the device by VFIO's own rules.  Shape as in iommufd:
 * the struct's first member is its size as the caller knows it, what the
 * caller does not know is zero, what the module does not know must be zero
 * (-E2BIG otherwise), reserved members must be zero (-EINVAL), an unknown
 * command is -ENOTTY.  Output members are written after a failure as well;
 * where they can't be written (-EFAULT), the command has been done all the same.
 * Times are nanoseconds of CLOCK_MONOTONIC_RAW, sizes and IOVAs bytes.
 *
 * -ENODEV: somebody is removing the mdev and waits for this fd to be closed;
 * what reads results (and stops, and unpins) goes on working until then.
 */
#ifndef VFIO_BENCH_UAPI_H
#define VFIO_BENCH_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Raised where a structure changes other than by what is added at its end. */
#define VB_ABI_VERSION		2

/*
 * Log-linear histogram: 64 sub-buckets for each power of two, so a value is
 * known to less than 1/64 (1.6%).  Values below 64 have a bucket each.  Values
 * of 2^VB_HIST_MAX_BITS ns (about 18 minutes) and more are counted in
 * overflow, and in count, sum, min and max, never in a bucket.
 */
#define VB_HIST_SUB_BITS	6
#define VB_HIST_SUB		(1u << VB_HIST_SUB_BITS)
#define VB_HIST_MAX_BITS	40
#define VB_HIST_BUCKETS		((VB_HIST_MAX_BITS - VB_HIST_SUB_BITS + 1) * VB_HIST_SUB)

/* An empty histogram has min = ~0 and the rest zero. */
struct vb_hist {
	__u64 count;
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 overflow;
	__u64 bucket[VB_HIST_BUCKETS];
};

/* Index of the bucket that holds @value; @value is below 2^VB_HIST_MAX_BITS. */
static inline __u32 vb_hist_index(__u64 value)
{
	__u32 shift;

	if (value < VB_HIST_SUB)
		return (__u32)value;
	shift = 63 - VB_HIST_SUB_BITS - (__u32)__builtin_clzll(value);
	return (shift << VB_HIST_SUB_BITS) + (__u32)(value >> shift);
}

/* Count @value.  One writer at a time; no locks, no allocation. */
static inline void vb_hist_add(struct vb_hist *h, __u64 value)
{
	h->count++;
	h->sum += value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	if (value >> VB_HIST_MAX_BITS)
		h->overflow++;
	else
		h->bucket[vb_hist_index(value)]++;
}

/* The module's limits; a request beyond one is refused with -E2BIG or -ENOSPC. */
#define VB_MAX_WINDOWS		256u		/* per mdev */
#define VB_MAX_WINDOW_PAGES	(1u << 24)	/* 64 GiB of 4 KiB pages */
#define VB_MAX_DEVICE_PAGES	(1u << 26)	/* in all windows of an mdev */
#define VB_MAX_SLOTS		512u		/* per mdev */
#define VB_MAX_PINNERS		64u		/* kthreads per mdev */
#define VB_MAX_BATCH_PAGES	512u		/* pages in one vfio_pin_pages() call */
#define VB_MAX_DELAY_NS		1000000000u	/* of a callback; more is -EINVAL */
#define VB_MAX_ASK_PAGES	4096u		/* of VB_IOC_ASK */
#define VB_ERRNO_MAX		134u		/* failures[] index; larger: index 0 */
#define VB_CALLBACK_LOG		16u

enum vb_discipline {
	VB_DISCIPLINE_FENCED = 0,	/* a well-behaved vendor driver */
	VB_DISCIPLINE_RACING = 1,	/* no fence: late pins can happen */
};

enum vb_mode {
	VB_MODE_NORMAL = 0,
	/*
	 * The callback only unpins (and keeps the fence): no slots, times, log or
	 * counters, so what it unpins is missing in unpinned_pages; but
	 * outstanding_pages stays right.
	 */
	VB_MODE_BARE = 1,
	/*
	 * Each callback that finds pins leaves one page behind (under iommufd: one
	 * pin), for good: nobody unpins it, not even close.
	 */
	VB_MODE_BUSTED_SKIP_UNPIN = 2,
	VB_MODE_BUSTED_MISCOUNT = 3,	/* each callback counts one unpin too few */
	/*
	 * The callback counts (counters, log, slot's callbacks) but reads no clock
	 * and enters nothing in a histogram: where one arm has thousands of
	 * callbacks and the other has one, what each of them adds is a bias.
	 */
	VB_MODE_COUNTING = 4,
	/* Each callback unpins the first run that it finds twice, and counts both. */
	VB_MODE_BUSTED_DOUBLE_UNPIN = 5,
	/*
	 * Each callback leaves the first run that it finds to a work item, which
	 * unpins it 0.1 s later; nobody waits for that but close.
	 */
	VB_MODE_BUSTED_UNPIN_AFTER_RETURN = 6,
	/* Each callback sleeps for a minute, or until it is killed. */
	VB_MODE_BUSTED_SLEEP = 7,
	/*
	 * A mutex of the device is held around all that pins and unpins, the callback
	 * included, as i915's GVT does: it joins whatever cycle VFIO's own locks have.
	 */
	VB_MODE_BUSTED_LOCK = 8,
};

/*
 * What each of the module's histograms measures (ns unless said).  A callback
 * whose last act was to unpin is said to return at that moment: the module's
 * bookkeeping after it is part of VB_HIST_LAST_END.
 */
enum vb_hist_id {
	VB_HIST_PIN = 0,		/* one vfio_pin_pages() call */
	VB_HIST_UNPIN = 1,		/* one vfio_unpin_pages() call */
	VB_HIST_CALLBACK = 2,		/* one callback, entry to return */
	VB_HIST_REQUEST_FIRST = 3,	/* request start -> entry of its first callback */
	VB_HIST_LAST_END = 4,		/* return of the last callback -> request end */
	VB_HIST_PER_REQUEST = 5,	/* callbacks per request (a number) */
	VB_HIST_BYTES = 6,		/* length of a callback's range, at most 2^40 - 1 */
	VB_HIST_NR
};

/*
 * Counters since the device was opened or the last VB_IOC_RESET.  Each pin
 * call is one entry of VB_HIST_PIN, each unpin call of VB_HIST_UNPIN, each
 * callback of VB_HIST_CALLBACK and VB_HIST_BYTES, each request of
 * VB_HIST_PER_REQUEST (where the mode doesn't say otherwise).  With nothing pinned at RESET:
 * pinned_pages = unpinned_pages + leaked_pins + outstanding_pages.
 */
struct vb_counters {
	__u64 pin_calls;		/* successful vfio_pin_pages() calls */
	__u64 unpin_calls;
	__u64 pinned_pages;
	__u64 unpinned_pages;
	__u64 callbacks;
	__u64 callbacks_foreign;	/* from a task that has no slot */
	__u64 callback_unpinned_pages;	/* part of unpinned_pages */
	__u64 requests;			/* VB_IOC_REQUEST_END calls */
	__u64 requests_notified;	/* those that saw at least one callback */
	__u64 bad_stamps;		/* slots whose start or end time made no sense */
	__u64 fenced_pins;		/* pins refused because the range is closed */
	__u64 late_pins;		/* pages pinned when a callback was done with them already */
	__u64 leaked_pins;		/* pins left by VB_MODE_BUSTED_SKIP_UNPIN */
	__u64 partial_pins;		/* vfio_pin_pages() calls that pinned fewer than asked */
	__u64 outstanding_pages;	/* pages pinned now, as the bitmaps say */
	__u64 failures[VB_ERRNO_MAX];	/* failed vfio_pin_pages() calls by errno */
};

/*
 * A range that a callback was called with, and the request that its task had
 * stamped in its slot; request_size 0: it had none under way.
 */
struct vb_callback_range {
	__u64 iova;
	__u64 size;
	__u64 request_iova;
	__u64 request_size;
};

/*
 * A request slot: one page that the module allocates and one worker thread
 * maps (mmap of the device fd at VB_SLOT_OFFSET(index), PAGE_SIZE, shared).
 * The thread writes its part before and after an unmap ioctl; a callback runs
 * in the same task and so finds it.  The module keeps its own copy of what it
 * writes here and believes nothing that it reads.
 */
struct vb_slot_page {
	/* written by the worker */
	__u64 start_ns;			/* before the unmap ioctl */
	__u64 end_ns;			/* after it */
	__u64 iova;
	__u64 size;
	/* written by the module */
	__u64 callbacks;		/* of the present request */
	__u64 first_entry_ns;
	__u64 last_return_ns;
};

#define VB_SLOT_REGION_SHIFT	40
#define VB_SLOT_STRIDE		65536u	/* no page is larger */
#define VB_SLOT_OFFSET(index)	((1ull << VB_SLOT_REGION_SHIFT) + (__u64)(index) * VB_SLOT_STRIDE)

/*
 * Say what the module is and set how this mdev behaves, until it is closed.
 * The racing discipline and the busted modes (but for the miscount) can hang or
 * crash the kernel: -EPERM without CAP_SYS_ADMIN.
 *
 * @delay_ns: every callback sleeps at least so long after it has unpinned, and
 * then returns, as a driver does that waits for its hardware to let go of a
 * range.  The sleep is part of VB_HIST_CALLBACK; a fatal signal ends it.
 */
struct vb_ioc_config {
	__u32 size;
	__u32 flags;			/* none known */
	__u32 discipline;		/* enum vb_discipline */
	__u32 mode;			/* enum vb_mode */
	__u32 abi_version;		/* out */
	__u32 delay_ns;			/* 0..VB_MAX_DELAY_NS */
};

/*
 * Register an IOVA window: pins are accepted inside windows only.  Windows
 * don't overlap (-EEXIST) and live until the device is closed.  A window
 * starts open.  -E2BIG: a window too large; -ENOSPC: too many or too large
 * together.
 */
struct vb_ioc_window {
	__u32 size;
	__u32 flags;			/* none known */
	__u64 iova;			/* page aligned */
	__u64 length;			/* bytes, page aligned */
	__u32 index;			/* out */
	__u32 __reserved;
};

/*
 * Give the calling thread a slot, until the device is closed.  One per thread:
 * -EEXIST, with @index that of the slot it has.
 */
struct vb_ioc_slot {
	__u32 size;
	__u32 flags;			/* none known */
	__u32 index;			/* out: for VB_SLOT_OFFSET() */
	__u32 __reserved;
};

/*
 * Pin or unpin @count runs of @pages pages each, run i at @iova + i * @stride,
 * each run with one vfio_pin_pages() (vfio_unpin_pages()) call.  All within
 * one window (-ENXIO).  It stops at the first failure: -errno, @done says how
 * many runs were done.  Pinning a page of a closed range is -EAGAIN, one that
 * is pinned already -EEXIST, one that another thread pins or unpins at this
 * moment -EBUSY; what VFIO refuses is VFIO's -errno (not mapped: -EINVAL, or
 * -ENOENT under iommufd).  Unpinning what is not pinned is -ENOENT.  Under
 * iommufd a run to unpin has to be one that was pinned, not a part of one nor
 * several (-EINVAL).  A signal ends the loop with -EINTR.
 */
struct vb_ioc_pin {
	__u32 size;
	__u32 flags;			/* none known */
	__u64 iova;
	__u64 stride;			/* bytes, at least a run; ignored when count is 1 */
	__u32 count;
	__u32 pages;			/* 1..VB_MAX_BATCH_PAGES */
	__u32 done;			/* out: runs */
	__u32 __reserved;
};

/*
 * Reopen a range for pins: user space says so after MAP_DMA.  The range may
 * span windows and reach beyond them; -ENXIO when it meets none.
 */
struct vb_ioc_open {
	__u32 size;
	__u32 flags;			/* none known */
	__u64 iova;
	__u64 length;
};

/*
 * The calling thread's unmap request has ended: fold its slot into the
 * histograms and counters; -ENOENT if it has none.  @callbacks out: how many
 * the request caused.  Times that make no sense are counted as bad stamps and
 * left out.  In the racing discipline the slot's @iova and @size (of an unmap
 * of everything: 0 and ~0) end the time in which a pin of them is late.
 */
struct vb_ioc_request_end {
	__u32 size;
	__u32 flags;			/* none known */
	__u64 callbacks;		/* out */
};

enum vb_pinner_mode {
	VB_PINNER_STEADY = 0,		/* pin what is open, leave it to the callback */
	VB_PINNER_CHURN = 1,		/* pin, hold, unpin */
	VB_PINNER_RACING = 2,		/* churn without a pause (VB_DISCIPLINE_RACING only) */
};

/*
 * Start kthreads, bound to the CPUs of @node (-1: anywhere), that pin runs of
 * @pages pages at steps of @stride through [iova, iova + length) of one
 * window.  They run until VB_IOC_PINNERS_STOP or close.  They start held:
 * VB_IOC_PINNERS_GO lets all of the device's kthreads run.  STOP waits for
 * them; VB_IOC_PINNER_INFO tells of them until the next start.  What a steady
 * pinner pinned stays pinned until a callback, VB_IOC_UNPIN or close.
 */
struct vb_ioc_pinner {
	__u32 size;
	__u32 flags;			/* none known */
	__u64 iova;
	__u64 length;
	__u64 stride;			/* bytes, page aligned, at least pages * PAGE_SIZE */
	__u32 pages;
	__u32 mode;			/* enum vb_pinner_mode */
	__s32 node;
	__u32 threads;
	__u64 hold_ns;			/* churn: how long a pin is held; at most 1 s */
};

/* For the commands that take no argument: GO, STOP, RESET. */
struct vb_ioc_none {
	__u32 size;
	__u32 flags;			/* none known */
};

/* Counters, merged over the CPUs.  Exact when no pinner runs. */
struct vb_ioc_stats {
	__u32 size;
	__u32 flags;			/* none known */
	struct vb_counters counters;	/* out */
	__u32 log_count;		/* out: entries in log, the first since RESET */
	__u32 __reserved;
	struct vb_callback_range log[VB_CALLBACK_LOG]; /* out */
};

/* One histogram, merged over the CPUs. */
struct vb_ioc_hist {
	__u32 size;
	__u32 flags;			/* none known */
	__u32 id;			/* enum vb_hist_id */
	__u32 __reserved;
	struct vb_hist hist;		/* out */
};

/* Which CPU and node a pinner last ran on, and what it did. */
struct vb_ioc_pinner_info {
	__u32 size;
	__u32 flags;			/* none known */
	__u32 index;			/* in: 0.. ; -ENOENT past the last */
	__s32 requested_node;		/* out */
	__s32 cpu;			/* out: -1 before it ran */
	__s32 node;			/* out */
	__u64 pins;			/* out: successful pin calls */
	__u64 unpins;			/* out */
};

enum vb_question {
	VB_ASK_PIN = 0,			/* and unpin */
	VB_ASK_PIN_TWICE = 1,		/* the second is what answers */
	VB_ASK_UNPIN_AGAIN = 2,		/* what is no longer pinned; not with iommufd */
	/* Kernels with notifier blocks (up to 5.19) only: */
	VB_ASK_REGISTER_WRONG_EVENTS = 3,
	VB_ASK_UNREGISTER_NEVER = 4,	/* what was never registered */
	VB_ASK_PIN_NOTHING_REGISTERED = 5,
	VB_ASK_REGISTER_NO_DEVICE = 6,	/* NULL in its place */
	VB_ASK_REGISTER_NO_EVENTS = 7,	/* 0 */
};

/*
 * Ask VFIO for what a driver that keeps to the rules never asks for, past windows,
 * limits and counters; all that it does is undone.  @pages from @iova on, which need
 * not be in a window, are not to be pinned or unmapped meanwhile.  With
 * VB_ASK_PIN_NOTHING_REGISTERED the device has nothing pinned (-EBUSY), and its pins fail
 * with -EBUSY meanwhile.  -EPERM without CAP_SYS_ADMIN; -EOPNOTSUPP: this kernel has no
 * such thing; -E2BIG: more than VB_MAX_ASK_PAGES.
 */
struct vb_ioc_ask {
	__u32 size;
	__u32 flags;			/* none known */
	__u64 iova;			/* page aligned */
	__u32 pages;
	__u32 what;			/* enum vb_question */
	__s32 answer;			/* out: VFIO's, 0 or an errno */
	__u32 __reserved;
};

#define VB_IOC_TYPE		'b'
#define VB_IOC_CONFIG		_IO(VB_IOC_TYPE, 0x80)
#define VB_IOC_WINDOW		_IO(VB_IOC_TYPE, 0x81)
#define VB_IOC_SLOT		_IO(VB_IOC_TYPE, 0x82)
#define VB_IOC_PIN		_IO(VB_IOC_TYPE, 0x83)
#define VB_IOC_UNPIN		_IO(VB_IOC_TYPE, 0x84)
#define VB_IOC_OPEN		_IO(VB_IOC_TYPE, 0x85)
#define VB_IOC_REQUEST_END	_IO(VB_IOC_TYPE, 0x86)
#define VB_IOC_PINNERS_START	_IO(VB_IOC_TYPE, 0x87)
#define VB_IOC_PINNERS_GO	_IO(VB_IOC_TYPE, 0x88)
#define VB_IOC_PINNERS_STOP	_IO(VB_IOC_TYPE, 0x89)
#define VB_IOC_PINNER_INFO	_IO(VB_IOC_TYPE, 0x8a)
#define VB_IOC_STATS		_IO(VB_IOC_TYPE, 0x8b)
#define VB_IOC_HIST		_IO(VB_IOC_TYPE, 0x8c)
#define VB_IOC_RESET		_IO(VB_IOC_TYPE, 0x8d)
#define VB_IOC_ASK		_IO(VB_IOC_TYPE, 0x8e)

#endif /* VFIO_BENCH_UAPI_H */
