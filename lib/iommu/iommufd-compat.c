// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Type1's interface on /dev/iommu (drivers/iommu/iommufd/vfio_compat.c in the kernel):
 * groups join it like a container.  It has no dirty tracking and no new addresses for
 * a mapping, no limit of mappings, and version 1 takes parts of a mapping as they are
 * asked for, by leaving large pages out of the page table.
 */
#include <errno.h>
#include <linux/vfio.h>

#include "lib/iommu/iommufd-impl.h"
#include "lib/iommu/type1-impl.h"

static int compat_open(struct vb_iommu *iommu)
{
	return type1_open_at(iommu, "/dev/iommu");
}

static int enable_v1(struct vb_iommu *iommu)
{
	return type1_enable(iommu, VFIO_TYPE1_IOMMU);
}

static int enable_v2(struct vb_iommu *iommu)
{
	return type1_enable(iommu, VFIO_TYPE1v2_IOMMU);
}

static int compat_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	return iommufd_unmap_result(type1_unmap(iommu, iova, size, unmapped), unmapped);
}

static int compat_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped)
{
	return iommufd_unmap_result(type1_unmap_all(iommu, unmapped), unmapped);
}

static unsigned int compat_can(struct vb_iommu *iommu)
{
	return VB_CAN_PIN | VB_CAN_CHARGE_USER | (type1_has(iommu, VFIO_UNMAP_ALL) ? VB_CAN_UNMAP_ALL : 0);
}

const struct vb_iommu_ops vb_iommufd_compat_type1 = {
	.name = "iommufd_compat_type1",
	.summary = "type1, version 1, by IOMMUFD: an unmap may take a part of a mapping",
	.unavailable = iommufd_unavailable,
	.has_devices = true,
	.join = VB_JOIN_GROUP_OPEN,
	.granularity = VB_GRANULARITY_PER_AREA,
	.pins_once = true,
	.unmaps_race = true,
	.abilities = VB_CAN_UNMAP_ALL | VB_CAN_PIN | VB_CAN_CHARGE_USER,
	.split = VB_SPLIT_PART,
	.open = compat_open,
	.add_group = type1_add_group,
	.enable = enable_v1,
	.get_info = type1_get_info,
	.map = type1_map,
	.unmap = compat_unmap,
	.can = compat_can,
	.unmap_all = compat_unmap_all,
	.close = type1_close,
};

const struct vb_iommu_ops vb_iommufd_compat_type1v2 = {
	.name = "iommufd_compat_type1v2",
	.summary = "type1, version 2, by IOMMUFD: an unmap that would cut a mapping finds nothing",
	.unavailable = iommufd_unavailable,
	.has_devices = true,
	.join = VB_JOIN_GROUP_OPEN,
	.granularity = VB_GRANULARITY_PER_AREA,
	.pins_once = true,
	.unmaps_race = true,
	.abilities = VB_CAN_UNMAP_ALL | VB_CAN_PIN | VB_CAN_CHARGE_USER,
	.split = VB_SPLIT_EMPTY,
	.open = compat_open,
	.add_group = type1_add_group,
	.enable = enable_v2,
	.get_info = type1_get_info,
	.map = type1_map,
	.unmap = compat_unmap,
	.can = compat_can,
	.unmap_all = compat_unmap_all,
	.close = type1_close,
};
