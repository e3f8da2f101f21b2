// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be done while an unmap request is in a callback.  Whose pins are gone by then:
 * the callback has unpinned and waits, so that nobody wants a lock that the other holds
 * (doc/findings/deadlock.md), also on kernels that have that fault.
 */
#include <errno.h>
#include <unistd.h>

#include "bench/workload/conformance/ask.h"

/* Did @what, done while the request is in its callback, have to wait for that? */
static int waits(struct vb_ask *a, int (*what)(struct vb_ask *a))
{
	struct vb_ask_unmap unmap;
	uint64_t start, end;
	int ret = ask_begin_unmap(a, &unmap, 0);

	if (ret)
		return ret;
	start = vb_now_ns();
	ret = what(a);
	end = vb_now_ns();
	if (!ret)
		ret = ask_end_unmap(&unmap);
	return ret ? ret : ask_value(a, ask_waited(start, end));
}

static int unmap_waits(struct vb_ask *a)
{
	uint64_t start, end;
	int ret = ask_map(a, 0, 1);

	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	if (!ret)
		ret = ask_delay(a, 0, ASK_DELAY_MS);
	start = vb_now_ns();
	if (!ret)
		ret = ask_unmap(a, 0, 1, NULL);
	end = vb_now_ns();
	return ret ? ret : ask_value(a, end - start >= ASK_DELAY_MS * 1000000ull);
}

/* One after the other, not beside each other: two waits are twice as long. */
static int one_by_one(struct vb_ask *a)
{
	uint64_t start, end;
	int ret = ask_map(a, 0, 1);

	for (unsigned int i = 0; i < 2 && !ret; i++)
		ret = ask_delay(a, i, ASK_DELAY_MS);
	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	start = vb_now_ns();
	if (!ret)
		ret = ask_unmap(a, 0, 1, NULL);
	end = vb_now_ns();
	return ret ? ret : ask_value(a, end - start >= 2 * ASK_DELAY_MS * 1000000ull);
}

static int do_map(struct vb_ask *a)
{
	return ask_map(a, 8, 1);
}

static int map_waits(struct vb_ask *a)
{
	return waits(a, do_map);
}

static int do_unmap(struct vb_ask *a)
{
	return ask_unmap(a, 16, 1, NULL);
}

static int other_unmap_waits(struct vb_ask *a)
{
	int ret = ask_map(a, 16, 1);

	return ret ? ret : waits(a, do_unmap);
}

static int do_pin(struct vb_ask *a)
{
	return ask_pin(a, 0, 16, 1);
}

static int other_pin_waits(struct vb_ask *a)
{
	int ret = ask_map(a, 16, 1);

	return ret ? ret : waits(a, do_pin);
}

/*
 * Both requests have pins, that of the first is gone: is the second's unpinned while the first
 * is still in its callback?  A callback is counted when it ends.
 */
static int at_once(struct vb_ask *a)
{
	struct vb_ask_unmap first, second;
	struct vb_ioc_stats stats;
	int ret = ask_map(a, 16, 1);

	if (!ret)
		ret = ask_pin(a, 0, 16, 1);
	if (!ret)
		ret = ask_begin_unmap(a, &first, 0);
	if (!ret)
		ret = ask_start_unmap(a, &second, 16, 1);
	if (!ret)
		ret = ask_wait_unpinned(a, 0, 2, &stats);
	if (!ret)
		ret = ask_end_unmap(&first);
	if (!ret)
		ret = ask_end_unmap(&second);
	return ret ? ret : ask_value(a, !stats.counters.callbacks);
}

static int open_mdev(struct vb_ask *a, unsigned int which)
{
	return ask_told(a, vb_mdev_open(&a->c.mdev[which]), "opening the other mdev");
}

static int do_open(struct vb_ask *a)
{
	return open_mdev(a, 1);
}

static int open_waits(struct vb_ask *a)
{
	vb_mdev_close_device(&a->c.mdev[1]);
	return waits(a, do_open);
}

/* One that comes during a callback of the other mdev: is it told of the request as well? */
static int newcomer(struct vb_ask *a, unsigned int which)
{
	struct vb_ask_unmap unmap;
	struct vb_ioc_stats stats;
	int ret;

	vb_mdev_close_device(&a->c.mdev[which]);
	ret = ask_begin_unmap(a, &unmap, !which);
	if (!ret)
		ret = open_mdev(a, which);
	if (!ret)
		ret = ask_end_unmap(&unmap);
	if (!ret)
		ret = ask_callbacks(a, which, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

static int newcomer_hears(struct vb_ask *a)
{
	return newcomer(a, 1);
}

/* The place of the first that was opened is free: IOMMUFD gives it to the newcomer. */
static int newcomer_in_gap_hears(struct vb_ask *a)
{
	return newcomer(a, 0);
}

static int do_close(struct vb_ask *a)
{
	vb_mdev_close_device(&a->c.mdev[1]);
	return 0;
}

static int close_waits(struct vb_ask *a)
{
	return waits(a, do_close);
}

static int do_close_own(struct vb_ask *a)
{
	vb_mdev_close_device(&a->c.mdev[0]);
	return 0;
}

static int own_close_waits(struct vb_ask *a)
{
	return waits(a, do_close_own);
}

/* The request, after a device closed under it: all of it is unmapped. */
static int bytes_after_close(struct vb_ask *a)
{
	struct vb_ask_unmap unmap;
	int ret = ask_begin_unmap(a, &unmap, 0);

	if (!ret)
		ret = do_close_own(a);
	if (!ret)
		ret = ask_end_unmap(&unmap);
	return ret ? ret : ask_value(a, (int64_t)unmap.bytes);
}

/*
 * One driver has pinned the page, and waits in its callback; the other was told before it,
 * which is seen.  Type1's callbacks come to the last that came first, the notifiers up to
 * 5.19 and IOMMUFD's to the first.
 */
static int begin_with_told(struct vb_ask *a, struct vb_ask_unmap *unmap, unsigned int *told)
{
	struct vb_ioc_stats stats;
	uint64_t callbacks = 0;
	int ret = ask_begin_unmap(a, unmap, 0);

	*told = 1;
	if (!ret)
		ret = ask_callbacks(a, 1, &stats);
	if (ret || stats.counters.callbacks)
		return ret;
	*told = 0;
	ret = ask_end_unmap(unmap);
	if (!ret)
		ret = ask_delay(a, 0, 0);
	if (!ret)
		ret = ask_callbacks(a, 0, &stats);
	if (!ret)
		callbacks = stats.counters.callbacks;
	if (!ret)
		ret = ask_begin_unmap(a, unmap, 1);
	if (!ret)
		ret = ask_callbacks(a, 0, &stats);
	if (!ret && stats.counters.callbacks == callbacks)
		return ask_not(a, "nobody was told before the driver that has pinned");
	return ret;
}

/*
 * A late pin: a driver that was told already, and had nothing there, pins a page of the
 * range that is being unmapped.
 */
static int late_pin(struct vb_ask *a, struct vb_ask_unmap *unmap, unsigned int *told, int *pinned)
{
	int ret = begin_with_told(a, unmap, told);

	if (ret)
		return ret;
	*pinned = ask_try_pin(a, *told, 0, 1);
	if (*pinned == -EAGAIN) {	/* the module's own fence, which was closed by the callback */
		ret = ask_told(a, vb_mdev_open_range(&a->c.mdev[*told], ask_iova(a, 0), ASK_PAGE),
			       "opening the range");
		*pinned = ask_try_pin(a, *told, 0, 1);
	}
	return ret ? ret : ask_end_unmap(unmap);
}

static int late_pin_errno(struct vb_ask *a)
{
	struct vb_ask_unmap unmap;
	unsigned int told;
	int pinned = 0, ret = late_pin(a, &unmap, &told, &pinned);

	return ret ? ret : ask_errno(a, pinned);
}

static int late_pin_bytes(struct vb_ask *a)
{
	struct vb_ask_unmap unmap;
	unsigned int told;
	int pinned = 0, ret = late_pin(a, &unmap, &told, &pinned);

	return ret ? ret : ask_value(a, (int64_t)unmap.bytes);
}

static int late_pin_kept(struct vb_ask *a)
{
	struct vb_ask_unmap unmap;
	struct vb_ioc_stats stats;
	unsigned int told;
	int pinned = 0, ret = late_pin(a, &unmap, &told, &pinned);

	if (!ret)
		ret = ask_callbacks(a, told, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.outstanding_pages);
}

/* The range that is being unmapped is mapped again under the request. */
static int map_same(struct vb_ask *a)
{
	struct vb_ask_unmap unmap;
	int mapped, ret = ask_begin_unmap(a, &unmap, 0);

	if (ret)
		return ret;
	mapped = vb_iommu_map(&a->c.iommu, a->memory, ask_iova(a, 0), ASK_PAGE,
			      VB_PROT_READ | VB_PROT_WRITE);
	ret = ask_end_unmap(&unmap);
	return ret ? ret : ask_errno(a, mapped);
}

/* Two requests for one range at the same time: what both say they have unmapped. */
static int same_range(struct vb_ask *a)
{
	struct vb_ask_unmap unmap;
	uint64_t bytes = 0;
	int ret = ask_begin_unmap(a, &unmap, 0);

	if (ret)
		return ret;
	vb_iommu_unmap(&a->c.iommu, ask_iova(a, 0), ASK_PAGE, &bytes);
	pthread_join(unmap.thread, NULL);
	if (unmap.ret == -ENOENT) {	/* of IOMMUFD, where nothing is left to unmap */
		unmap.bytes = 0;
		unmap.ret = 0;
	}
	ret = ask_told(a, unmap.ret, "the unmap that waited");
	return ret ? ret : ask_value(a, (int64_t)(bytes + unmap.bytes));
}

const struct vb_promise vb_promises_concurrent[] = {
	{ "wait-for-callback", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, unmap_waits },
	{ "wait-one-by-one", VB_ANSWER_YESNO, WITH_MDEV | WITH_OTHER | WITH_V2, one_by_one },
	{ "wait-of-map", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, map_waits },
	{ "wait-of-other-unmap", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, other_unmap_waits },
	{ "wait-of-other-pin", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, other_pin_waits },
	{ "wait-of-open", VB_ANSWER_YESNO, WITH_MDEV | WITH_OTHER | WITH_V2, open_waits },
	{ "wait-of-other-close", VB_ANSWER_YESNO, WITH_MDEV | WITH_OTHER | WITH_V2, close_waits },
	{ "wait-of-own-close", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, own_close_waits },
	{ "callbacks-at-once", VB_ANSWER_YESNO, WITH_MDEV | WITH_V2, at_once },
	{ "newcomer-hears", VB_ANSWER_COUNT, WITH_MDEV | WITH_OTHER | WITH_V2, newcomer_hears },
	{ "newcomer-in-gap-hears", VB_ANSWER_COUNT, WITH_MDEV | WITH_OTHER | WITH_V2,
	  newcomer_in_gap_hears },
	{ "close-during-unmap-bytes", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, bytes_after_close },
	{ "late-pin", VB_ANSWER_ERRNO, WITH_MDEV | WITH_OTHER | WITH_V2, late_pin_errno },
	{ "late-pin-unmap-bytes", VB_ANSWER_BYTES, WITH_MDEV | WITH_OTHER | WITH_V2,
	  late_pin_bytes },
	{ "late-pin-kept", VB_ANSWER_COUNT, WITH_MDEV | WITH_OTHER | WITH_V2, late_pin_kept },
	{ "map-during-unmap", VB_ANSWER_ERRNO, WITH_MDEV | WITH_V2, map_same },
	{ "unmap-during-unmap-bytes", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, same_range },
	{ 0 }
};
