// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory_lock: mlock and munlock of memory that is mapped, and of the same
 * memory after its unmap: type1 charges what it pins to the same counter
 * (mm->locked_vm) that mlock uses, IOMMUFD to another (mm->pinned_vm).
 */
#include <errno.h>
#include <sys/mman.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

static int timed(struct vb_worker *w, int (*change)(const void *addr, size_t size))
{
	uint64_t start = vb_now_ns(), end;
	int ret = change(w->memory, w->window->plan->size_bytes) ? -errno : 0;

	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_MEMORY_OP, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[VB_METRIC_MEMORY_OP], end - start);
	return ret;
}

/* Only a worker that is alone knows what the process has locked. */
static void verify_locked(struct vb_worker *w, const struct vb_locked *before, bool is_locked,
			  bool is_mapped)
{
	bool one_account = w->container->iommu.ops->abilities & VB_CAN_CHARGE_MM;
	uint64_t size = w->window->plan->size_bytes;
	uint64_t locks = is_locked + (is_mapped && one_account), pins = is_mapped && !one_account;
	struct vb_locked now;

	if (w->container->plan->nr_workers > 1 || w->section->device == VB_TARGET_MDEV)
		return;
	vb_op_verify(w, !vb_locked_read(0, &now) &&
		     now.locked_bytes == before->locked_bytes + locks * size &&
		     now.pinned_bytes == before->pinned_bytes + pins * size,
		     "VmLck and VmPin are not what is mapped and locked");
}

/* Locked, mapped, unlocked while mapped, unmapped; every other time unmapped first. */
static int step(struct vb_worker *w)
{
	bool unlock_first = !(w->cursor++ & 1);
	uint64_t unmapped;
	struct vb_locked locked = { 0 };
	int ret = vb_locked_read(0, &locked);

	if (!ret)
		ret = timed(w, mlock);
	if (!ret)
		ret = vb_op_map_window(w);
	if (ret)
		return ret;
	verify_locked(w, &locked, true, true);
	ret = unlock_first ? timed(w, munlock) : 0;
	if (ret)
		return ret;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, &unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	verify_locked(w, &locked, !unlock_first, false);
	return ret || unlock_first ? ret : timed(w, munlock);
}

static int teardown(struct vb_worker *w)
{
	munlock(w->memory, w->window->plan->size_bytes);
	return vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_memory_lock = {
	.name = "memory_lock",
	.summary = "mlock and munlock of memory while it is mapped, and after",
	.pinners_allowed = true,
	.step = step,
	.teardown = teardown,
};
