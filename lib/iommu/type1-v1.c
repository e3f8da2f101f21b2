// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Version 1 of type1.  A request that covers the first IOVA of a mapping unmaps
 * all of it, one that covers another part of it unmaps nothing, and says so in
 * the size that it returns (vfio_dma_do_unmap() in the kernel).  It has no pins
 * by mdevs and no dirty tracking: -EACCES.
 */
#include <linux/vfio.h>

#include "lib/iommu/type1-impl.h"

static int enable(struct vb_iommu *iommu)
{
	return type1_enable(iommu, VFIO_TYPE1_IOMMU);
}

static unsigned int can(struct vb_iommu *iommu)
{
	return VB_CAN_MAP_BAR | VB_CAN_RUN_OUT | VB_CAN_CHARGE_MM |
	       VB_CAN_GO_WITH_GROUP | (type1_has(iommu, VFIO_UNMAP_ALL) ? VB_CAN_UNMAP_ALL : 0) |
	       (type1_has(iommu, VFIO_UPDATE_VADDR) ? VB_CAN_UPDATE_VADDR : 0);
}

const struct vb_iommu_ops vb_iommu_type1 = {
	.name = "vfio_type1_iommu",
	.summary = "type1, version 1: an unmap that covers a mapping's start removes all of it; "
		   "no mdev pins",
	.has_devices = true,
	.join = VB_JOIN_GROUP,
	.type1 = true,
	.abilities = VB_CAN_UNMAP_ALL | VB_CAN_UPDATE_VADDR | VB_CAN_MAP_BAR | VB_CAN_RUN_OUT |
		     VB_CAN_CHARGE_MM | VB_CAN_GO_WITH_GROUP,
	.split = VB_SPLIT_WHOLE,
	.open = type1_open,
	.add_group = type1_add_group,
	.enable = enable,
	.get_info = type1_get_info,
	.map = type1_map,
	.unmap = type1_unmap,
	.can = can,
	.unmap_all = type1_unmap_all,
	.invalidate_vaddr = type1_invalidate_vaddr,
	.update_vaddr = type1_update_vaddr,
	.close = type1_close,
};
