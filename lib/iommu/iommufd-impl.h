/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMUFD: members of struct vb_iommu_ops, and what its modes have in common. */
#ifndef VB_IOMMUFD_IMPL_H
#define VB_IOMMUFD_IMPL_H

#include "lib/iommu/iommufd-uapi.h"
#include "lib/iommu/iommus.h"

/* Why no mode of IOMMUFD can be had; NULL: they can. */
const char *iommufd_unavailable(void);
/*
 * -ENOENT is the answer to a request that would cut a mapping, and of older kernels
 * (6.12) also to one that finds nothing: both have unmapped 0 bytes.
 */
static inline int iommufd_unmap_result(int ret, uint64_t *unmapped)
{
	if (ret != -ENOENT)
		return ret;
	*unmapped = 0;
	return 0;
}

int iommufd_unmap_ioas(struct vb_iommu *iommu, uint32_t ioas, uint64_t iova, uint64_t size,
		       uint64_t *unmapped);
int iommufd_destroy(struct vb_iommu *iommu, uint32_t id);
/* A page table for the container's device, filled with what @ioas has mapped. */
int iommufd_make_table(struct vb_iommu *iommu, uint32_t ioas, uint32_t flags, uint32_t *hwpt);
/* What moving a virtual machine takes: iommufd-dirty.c.  Needs a device whose IOMMU can. */
bool iommufd_can_track(struct vb_iommu *iommu);
int iommufd_track_dirty(struct vb_iommu *iommu, bool on);
int iommufd_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		      const struct vb_dirty_bitmap *bitmap);
int iommufd_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped);

#endif /* VB_IOMMUFD_IMPL_H */
