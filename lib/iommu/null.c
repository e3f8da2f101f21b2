// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps nothing, at once: what remains is the suite's own cost. */
#include <errno.h>

#include "lib/iommu/iommus.h"

static int null_open(struct vb_iommu *iommu)
{
	return 0;
}

static int null_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	info->pgsizes = ~0xfffull;
	info->dirty_pgsizes = 0x1000;
	return 0;
}

static int null_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		    uint32_t prot)
{
	return 0;
}

static int null_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	*unmapped = size;
	return 0;
}

static unsigned int null_can(struct vb_iommu *iommu)
{
	return VB_CAN_TRACK_DIRTY | VB_CAN_UPDATE_VADDR;
}

static int null_track_dirty(struct vb_iommu *iommu, bool on)
{
	return 0;
}

/* No device, no dirty page. */
static int null_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			  const struct vb_dirty_bitmap *bitmap)
{
	return 0;
}

static int null_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			    const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped)
{
	*unmapped = size;
	return 0;
}

static int null_update_vaddr(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size)
{
	return 0;
}

static void null_close(struct vb_iommu *iommu)
{
}

const struct vb_iommu_ops vb_iommu_null = {
	.name = "null",
	.summary = "no VFIO at all: measures the suite itself",
	/* Not all at once: it knows of no mappings, and so not how many bytes. */
	.abilities = VB_CAN_TRACK_DIRTY | VB_CAN_UPDATE_VADDR,
	.split = VB_SPLIT_PART,
	.open = null_open,
	.enable = null_open,
	.get_info = null_get_info,
	.map = null_map,
	.unmap = null_unmap,
	.can = null_can,
	.track_dirty = null_track_dirty,
	.get_dirty = null_get_dirty,
	.unmap_dirty = null_unmap_dirty,
	.invalidate_vaddr = null_unmap,
	.update_vaddr = null_update_vaddr,
	.close = null_close,
};
