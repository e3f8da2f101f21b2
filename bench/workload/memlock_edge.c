// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memlock_edge: RLIMIT_MEMLOCK to the page, as a user without CAP_IPC_LOCK.
 *
 * Three accounts: type1 charges mm->locked_vm (VmLck), also for what an mdev
 * pins where the IOMMU has not pinned it already (vfio_lock_acct(),
 * vfio_pin_page_external()); io_uring charges user->locked_vm, which /proc does
 * not show, and counts in mm->pinned_vm (VmPin, io_account_mem()).  Each is
 * held against the same limit, none knows of the others.  What fails must have
 * charged nothing.
 */
#include <errno.h>
#include <liburing.h>

#include "bench/engine/edge.h"
#include "bench/workload/workloads.h"

/* Maps of one page each up to the limit, then one more. */
static int type1_alone(struct vb_edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++)
		ret = vb_edge_map(e, i, 1);
	if (ret)
		return ret;
	vb_edge_expect(e, vb_edge_locked() == n, "type1: VmLck is not the limit when the limit is mapped");
	vb_edge_refusal(e, vb_edge_map(e, n, 1), "type1: a page beyond the limit was not refused with ENOMEM");
	vb_edge_expect(e, vb_edge_locked() == n, "type1: the page that was refused is charged");
	if (n)
		ret = vb_edge_unmap(e, 0, n);
	vb_edge_expect(e, !vb_edge_locked(), "type1: VmLck is not back at 0");
	return ret;
}

/* One map that is a page too large: what it pinned before it failed is given back. */
static int type1_whole(struct vb_edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	if (!vb_edge_refusal(e, vb_edge_map(e, 0, n + 1),
			    "type1: a map beyond the limit was not refused with ENOMEM"))
		ret = vb_edge_unmap(e, 0, n + 1);
	vb_edge_expect(e, !vb_edge_locked(), "type1: part of a map that was refused is charged");
	if (n && !ret) {
		ret = vb_edge_map(e, 0, n);
		vb_edge_expect(e, vb_edge_locked() == n, "type1: VmLck is not what is mapped");
		if (!ret)
			ret = vb_edge_unmap(e, 0, n);
	}
	vb_edge_expect(e, !vb_edge_locked(), "type1: VmLck is not back at 0");
	return ret;
}

static int uring_alone(struct vb_edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	if (!vb_edge_refusal(e, vb_edge_buffers(e, n + 1),
			    "io_uring: buffers beyond the limit were not refused with ENOMEM"))
		ret = io_uring_unregister_buffers(&e->ring);
	vb_edge_expect(e, !vb_edge_pinned(), "io_uring: part of what was refused is pinned");
	if (!n)
		return ret;
	/* Twice: the user's account has no file to read, but room for all of it again. */
	for (int i = 0; i < 2 && !ret; i++) {
		ret = vb_edge_buffers(e, n);
		vb_edge_expect(e, !ret && vb_edge_pinned() == n, "io_uring: VmPin is not what is registered");
		if (!ret)
			ret = io_uring_unregister_buffers(&e->ring);
		vb_edge_expect(e, !vb_edge_pinned(), "io_uring: VmPin is not back at 0");
	}
	return ret;
}

/* A page more of each, while both are at the limit: the user's other ring counts too. */
static int one_more_of_each(struct vb_edge *e)
{
	uint64_t n = e->limit_pages;
	struct io_uring other;
	int ret = io_uring_queue_init(2, &other, 0);

	if (ret)
		return ret;
	vb_edge_refusal(e, vb_edge_map(e, n, 1), "type1 beside io_uring: a page beyond the limit was not refused");
	vb_edge_refusal(e, vb_edge_register_one(e, &other, n),
		       "io_uring beside type1: a page beyond the limit was not refused");
	vb_edge_expect(e, vb_edge_locked() == n && vb_edge_pinned() == n,
	       "type1 and io_uring: what was refused is charged");
	io_uring_queue_exit(&other);
	return 0;
}

static int take(struct vb_edge *e, bool type1)
{
	return type1 ? vb_edge_map(e, 0, e->limit_pages) : vb_edge_buffers(e, e->limit_pages);
}

static int let_go(struct vb_edge *e, bool type1)
{
	int ret = type1 ? vb_edge_unmap(e, 0, e->limit_pages) : io_uring_unregister_buffers(&e->ring);

	vb_edge_expect(e, type1 ? !vb_edge_locked() : !vb_edge_pinned(),
	       type1 ? "type1 beside io_uring: VmLck is not back at 0" :
		       "io_uring beside type1: VmPin is not back at 0");
	return ret;
}

/* Each at its limit with the same pages; who comes first, who goes first. */
static int both(struct vb_edge *e, bool type1_comes, bool type1_goes)
{
	uint64_t n = e->limit_pages;
	int ret;

	if (!n)
		return 0;
	ret = take(e, type1_comes);
	if (!ret)
		ret = take(e, !type1_comes);
	if (ret)
		return ret;
	vb_edge_expect(e, vb_edge_locked() == n && vb_edge_pinned() == n,
	       "type1 and io_uring: each is not charged what it holds");
	ret = one_more_of_each(e);
	if (!ret)
		ret = let_go(e, type1_goes);
	vb_edge_expect(e, (type1_goes ? vb_edge_pinned() : vb_edge_locked()) == n,
	       "type1 and io_uring: one's end changed what the other is charged");
	return ret ? ret : let_go(e, !type1_goes);
}

static int type1_uring_queue(struct vb_edge *e)
{
	return both(e, true, true);
}

static int type1_uring_stack(struct vb_edge *e)
{
	return both(e, true, false);
}

static int uring_type1_queue(struct vb_edge *e)
{
	return both(e, false, false);
}

static int uring_type1_stack(struct vb_edge *e)
{
	return both(e, false, true);
}

/* Beside an IOMMU that has pinned them already, an mdev's pins are not charged again. */
static int mdev_with_iommu(struct vb_edge *e)
{
	struct vb_mdev *mdev = &e->c.mdev[0];
	uint64_t n = e->limit_pages;
	int ret;

	if (!n || !e->c.device || !e->c.nr_mdevs)
		return 0;
	ret = vb_edge_map(e, 0, n);
	if (!ret)
		ret = vb_mdev_window(mdev, e->w->iova, n * VB_JOB_PAGE);
	if (!ret)
		ret = vb_mdev_pin(mdev, e->w->iova, VB_JOB_PAGE, (uint32_t)n, 1, NULL);
	if (ret)
		return ret;
	vb_edge_expect(e, vb_edge_locked() == n, "an mdev's pins are charged beside the IOMMU's");
	ret = vb_edge_unmap(e, 0, n);
	vb_edge_expect(e, !vb_edge_locked(), "VmLck is not back at 0 after mdev and IOMMU");
	return ret;
}

/* Without one, mapping is free and each pin is charged. */
static int mdev_alone(struct vb_edge *e)
{
	struct vb_mdev *mdev = &e->c.mdev[0];
	uint64_t n = e->limit_pages;
	uint32_t done = 0;
	int ret = vb_edge_map(e, 0, n + 1);

	if (!ret)
		ret = vb_mdev_window(mdev, e->w->iova, (n + 1) * VB_JOB_PAGE);
	if (ret)
		return ret;
	vb_edge_expect(e, !vb_edge_locked(), "a map without an IOMMU is charged");
	vb_edge_refusal(e, vb_mdev_pin(mdev, e->w->iova, VB_JOB_PAGE, (uint32_t)n + 1, 1, &done),
		       "an mdev's pin beyond the limit was not refused with ENOMEM");
	vb_edge_expect(e, done == n && vb_edge_locked() == n, "an mdev's pins are not charged up to the limit");
	ret = vb_edge_unmap(e, 0, n + 1);
	vb_edge_expect(e, !vb_edge_locked(), "VmLck is not back at 0 after an mdev's pins");
	return ret;
}

static const struct vb_edge_case cases[] = {
	{ type1_alone, .needs_pci = true },
	{ type1_whole, .needs_pci = true },
	{ .run = uring_alone },
	{ type1_uring_queue, .needs_pci = true },
	{ type1_uring_stack, .needs_pci = true },
	{ uring_type1_queue, .needs_pci = true },
	{ uring_type1_stack, .needs_pci = true },
	{ mdev_with_iommu, .needs_pci = true, .needs_mdev = true },
	{ mdev_alone, .needs_mdev = true, .without_pci = true },
};

static int step(struct vb_worker *w)
{
	return vb_edge_step(w, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct vb_workload_ops vb_workload_memlock_edge = {
	.name = "memlock_edge",
	.summary = "RLIMIT_MEMLOCK to the page, unprivileged: type1, io_uring, mdev, and both",
	.needs_root = "opens containers and changes its user",
	.needs = VB_CAN_CHARGE_MM,
	.counts = vb_edge_counts,
	.own_container = true,
	.own_memory = true,
	.step = step,
};
