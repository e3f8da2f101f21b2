// SPDX-License-Identifier: GPL-2.0-or-later
/* Version 2 of type1: a request that would cut a mapping fails with -EINVAL. */
#include <linux/vfio.h>

#include "lib/iommu/type1-impl.h"

static int enable(struct vb_iommu *iommu)
{
	return type1_enable(iommu, VFIO_TYPE1v2_IOMMU);
}

/* Dirty tracking has no extension of its own, but a capability (Linux 5.8). */
static unsigned int can(struct vb_iommu *iommu)
{
	struct vb_iommu_info info;

	return VB_CAN_PIN | VB_CAN_MAP_BAR | VB_CAN_RUN_OUT | VB_CAN_CHARGE_MM |
	       VB_CAN_GO_WITH_GROUP | (type1_has(iommu, VFIO_UNMAP_ALL) ? VB_CAN_UNMAP_ALL : 0) |
	       (type1_has(iommu, VFIO_UPDATE_VADDR) ? VB_CAN_UPDATE_VADDR : 0) |
	       (!vb_iommu_get_info(iommu, &info) && info.dirty_pgsizes ? VB_CAN_TRACK_DIRTY : 0);
}

const struct vb_iommu_ops vb_iommu_type1v2 = {
	.name = "vfio_type1v2_iommu",
	.summary = "type1, version 2: an unmap that would cut a mapping fails",
	.has_devices = true,
	.join = VB_JOIN_GROUP,
	.type1 = true,
	.abilities = VB_CAN_UNMAP_ALL | VB_CAN_TRACK_DIRTY | VB_CAN_UPDATE_VADDR | VB_CAN_PIN |
		     VB_CAN_MAP_BAR | VB_CAN_RUN_OUT | VB_CAN_CHARGE_MM | VB_CAN_GO_WITH_GROUP,
	.split = VB_SPLIT_REFUSED,
	.open = type1_open,
	.add_group = type1_add_group,
	.enable = enable,
	.get_info = type1_get_info,
	.map = type1_map,
	.unmap = type1_unmap,
	.can = can,
	.unmap_all = type1_unmap_all,
	.track_dirty = type1_track_dirty,
	.get_dirty = type1_get_dirty,
	.unmap_dirty = type1_unmap_dirty,
	.invalidate_vaddr = type1_invalidate_vaddr,
	.update_vaddr = type1_update_vaddr,
	.close = type1_close,
};
