// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memlock_user: RLIMIT_MEMLOCK to the page where VFIO and io_uring have one account.
 *
 * IOMMUFD charges user->locked_vm, which /proc does not show, and counts in
 * mm->pinned_vm (VmPin): iopt_pages_update_pinned(); so does io_uring
 * (io_account_mem()).  What the user has of both together is held against the limit.
 * A page counts once, however many of IOMMU and mdevs want it; where there is no IOMMU,
 * mapping is free and an mdev's pins are charged.  What fails must have charged
 * nothing.  memlock_edge is the same for type1, which charges the process (VmLck).
 */
#include <errno.h>
#include <liburing.h>

#include "bench/engine/edge.h"
#include "bench/workload/workloads.h"

/* Maps of one page each up to the limit, then one more. */
static int maps(struct vb_edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++)
		ret = vb_edge_map(e, i, 1);
	if (ret)
		return ret;
	vb_edge_expect(e, vb_edge_pinned() == n, "VmPin is not the limit when the limit is mapped");
	vb_edge_refusal(e, vb_edge_map(e, n, 1), "a page beyond the limit was not refused with ENOMEM");
	vb_edge_expect(e, vb_edge_pinned() == n, "the page that was refused is charged");
	vb_edge_expect(e, !vb_edge_locked(), "a map is charged to the process, too");
	if (n)
		ret = vb_edge_unmap(e, 0, n);
	vb_edge_expect(e, !vb_edge_pinned(), "VmPin is not back at 0");
	return ret;
}

/* One map that is a page too large: what it pinned before it failed is given back. */
static int map_whole(struct vb_edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	if (!vb_edge_refusal(e, vb_edge_map(e, 0, n + 1),
			     "a map beyond the limit was not refused with ENOMEM"))
		ret = vb_edge_unmap(e, 0, n + 1);
	vb_edge_expect(e, !vb_edge_pinned(), "part of a map that was refused is charged");
	if (n && !ret) {
		ret = vb_edge_map(e, 0, n);
		if (!ret)
			ret = vb_edge_unmap(e, 0, n);
	}
	vb_edge_expect(e, !vb_edge_pinned(), "VmPin is not back at 0");
	return ret;
}

/* All of the limit by two: nothing is left for either, and what one gives back is. */
static int share(struct vb_edge *e)
{
	uint64_t n = e->limit_pages, mine = n / 2;
	int ret;

	if (n < 2)
		return 0;
	ret = vb_edge_map(e, 0, mine);
	if (!ret)
		ret = vb_edge_buffers(e, n - mine);
	if (ret)
		return ret;
	vb_edge_expect(e, vb_edge_pinned() == n, "VmPin is not what both hold");
	vb_edge_refusal(e, vb_edge_map(e, mine, 1), "beside io_uring: a page beyond the limit was not refused");
	vb_edge_expect(e, vb_edge_pinned() == n, "beside io_uring: the page that was refused is charged");
	ret = io_uring_unregister_buffers(&e->ring);
	vb_edge_expect(e, vb_edge_pinned() == mine, "io_uring's end did not leave VFIO's share");
	if (!ret)
		ret = vb_edge_map(e, mine, n - mine);
	vb_edge_expect(e, !ret, "what io_uring had given back was refused");
	if (ret)
		return ret;
	vb_edge_refusal(e, vb_edge_buffers(e, 1), "io_uring beside VFIO: a page beyond the limit was not refused");
	ret = vb_edge_unmap(e, 0, n);
	vb_edge_expect(e, !vb_edge_pinned(), "VmPin is not back at 0 after both");
	return ret;
}

/* What the IOMMU has pinned, an mdev's pin neither pins nor charges again. */
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
	vb_edge_expect(e, vb_edge_pinned() == n, "an mdev's pins are charged beside the IOMMU's");
	ret = vb_edge_unmap(e, 0, n);
	vb_edge_expect(e, !vb_edge_pinned(), "VmPin is not back at 0 after mdev and IOMMU");
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
	vb_edge_expect(e, !vb_edge_pinned(), "a map without an IOMMU is charged");
	vb_edge_refusal(e, vb_mdev_pin(mdev, e->w->iova, VB_JOB_PAGE, (uint32_t)n + 1, 1, &done),
			"an mdev's pin beyond the limit was not refused with ENOMEM");
	vb_edge_expect(e, done == n && vb_edge_pinned() == n,
		       "an mdev's pins are not charged up to the limit");
	ret = vb_edge_unmap(e, 0, n + 1);
	vb_edge_expect(e, !vb_edge_pinned(), "VmPin is not back at 0 after an mdev's pins");
	return ret;
}

static const struct vb_edge_case cases[] = {
	{ maps, .needs_pci = true },
	{ map_whole, .needs_pci = true },
	{ share, .needs_pci = true },
	{ mdev_with_iommu, .needs_pci = true, .needs_mdev = true },
	{ mdev_alone, .needs_mdev = true, .without_pci = true },
};

static int step(struct vb_worker *w)
{
	return vb_edge_step(w, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct vb_workload_ops vb_workload_memlock_user = {
	.name = "memlock_user",
	.summary = "RLIMIT_MEMLOCK to the page, unprivileged: IOMMUFD, io_uring and mdev on one account",
	.needs_root = "opens containers and changes its user",
	.needs = VB_CAN_CHARGE_USER,
	.counts = vb_edge_counts,
	.own_container = true,
	.own_memory = true,
	.step = step,
};
