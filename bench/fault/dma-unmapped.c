// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma-unmapped: the device writes to what was just unmapped.  The workload does it and holds
 * memory and the kernel's count of IOMMU faults to account; here its verdict is read.
 */
#include <errno.h>

#include "bench/fault/common/common.h"

/* The log's lines name the device, and the audit has taken them for expected: no other came. */
static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_count(f, "attempts", 1);

	if (!ret)
		ret = vb_fault_check_audit(f, "iommu_faults", "ok", NULL);

	if (!ret)
		ret = vb_fault_check_audit(f, "verified", "ok", " 0 wrong");
	if (!ret)
		ret = vb_fault_check_audit(f, "kernel_log", "ok", NULL);
	if (!ret)
		ret = vb_fault_check_settled(f);
	return ret ? ret : vb_fault_check_device(f);
}

const struct vb_fault_ops vb_fault_dma_unmapped = {
	.name = "dma-unmapped",
	.description = "the device writes to what was just unmapped: refused, reported, nothing changed",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_DEVICE | VB_FAULT_NEEDS_DMA,
	.statuses = 1 << 0,
	.job = "dma-fault",
	/* VT-d's and AMD's reports of these transfers. */
	.expected_log = (const char *const []) { "DMAR: [DMA Write", "DMAR: DRHD: handling fault",
						 "AMD-Vi: Event logged", NULL },
	.expected_audit = (const char *const []) { NULL },
	.prepare = vb_fault_mark,
	.judge = judge,
};
