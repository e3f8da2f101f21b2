// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vaddr_busy: asks for what vaddr_update does, with an mdev in the container.
 * The kernel refuses with -EBUSY, as an mdev can't be kept from pinning by the old
 * address ("vfio/type1: exclude mdevs from VFIO_UPDATE_VADDR", January 2023, also
 * in stable kernels); the mappings, and the mdev's pins, are to be as they were.
 */
#include <errno.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { REFUSED };

static const char *const counts[] = { [REFUSED] = "refused", NULL };

static int ask(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, bytes = 0, start, end;
	int ret;

	start = vb_now_ns();
	ret = vb_iommu_invalidate_vaddr(&w->container->iommu, w->iova, window, &bytes);
	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_VADDR_INVALIDATE, 0, start, end, ret);
	if (ret && ret != -EBUSY)
		return ret;
	w->shared->tally.count[REFUSED] += ret == -EBUSY;
	vb_op_verify(w, ret == -EBUSY, "addresses were made invalid under an mdev's pins");
	return ret ? 0 : vb_step_failed(w, "this kernel updates addresses under an mdev: it is older than "
					"the check");
}

static int step(struct vb_worker *w)
{
	uint64_t window = w->window->plan->size_bytes, unmapped;
	unsigned int every = w->section->pin_every;
	int runs, ret = vb_op_map_window(w);

	if (ret)
		return ret;
	vb_op_verify(w, !(vb_iommu_can(&w->container->iommu) & VB_CAN_UPDATE_VADDR),
		     "the kernel said that it updates addresses under an mdev");
	runs = vb_op_pin_window(w);
	if (runs < 0)
		return runs;
	ret = ask(w);
	/* Pins wait for addresses that are invalid: they must come at once, and go. */
	if (!ret && runs)
		ret = vb_op_unpin(w, 0, w->section->size_bytes * every, (uint32_t)runs);
	if (!ret)
		runs = vb_op_pin_window(w);
	if (ret || runs < 0)
		return ret ? ret : runs;
	w->shared->tally.expected_callbacks += (unsigned int)runs;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, window, VB_METRIC_REQUEST, &unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	if (!ret)
		vb_op_verify(w, unmapped == window, "the request told another number of bytes than were mapped");
	return ret;
}

const struct vb_workload_ops vb_workload_vaddr_busy = {
	.name = "vaddr_busy",
	.summary = "asks for another address of mappings under an mdev, which the kernel refuses",
	.needs_mdev = true,
	.needs = VB_CAN_UPDATE_VADDR,
	.counts = counts,
	.step = step,
	.teardown = vb_op_unmap_window,
};
