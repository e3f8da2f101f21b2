// SPDX-License-Identifier: GPL-2.0-or-later
/* kill-unmap: SIGKILL for the holder while one of its threads is in an unmap request. */
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "bench/fault/common/common.h"
#include "uapi/vfio_bench.h"

/* Long enough ioctls that there is an inside: pages of 4 KiB, many of them. */
static const char *const set[] = {
	"size=1M", "count=8", "pin_every=1", "pin_pages=256", "thp=never",
	NULL
};

static int inject(struct vb_fault *f)
{
	static const struct vb_fault_ioctl inside = { VFIO_IOMMU_UNMAP_DMA, "VFIO_IOMMU_UNMAP_DMA" };

	return vb_fault_kill_inside(f, &inside);
}

const struct vb_fault_ops vb_fault_kill_unmap = {
	.name = "kill-unmap",
	.description = "a worker is killed inside an unmap request (VFIO_IOMMU_UNMAP_DMA)",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_MDEV | VB_FAULT_NEEDS_DEVICE,
	.statuses = 1 << 2,		/* the audit names the signal */
	.job = "notify-span",
	.set = set,
	.run_ms = 10000,
	.within_ms = 200,
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = vb_fault_judge_killed,
};
