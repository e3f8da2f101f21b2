/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that versions 1 and 2 of type1 share, and IOMMUFD's imitation of them: members of struct vb_iommu_ops. */
#ifndef VB_TYPE1_IMPL_H
#define VB_TYPE1_IMPL_H

#include "lib/iommu/iommus.h"

int type1_open(struct vb_iommu *iommu);
/* The same of whoever takes type1's requests there. */
int type1_open_at(struct vb_iommu *iommu, const char *path);
int type1_add_group(struct vb_iommu *iommu, int group_fd);
/* @version: VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU. */
int type1_enable(struct vb_iommu *iommu, int version);
/* VFIO_CHECK_EXTENSION */
bool type1_has(struct vb_iommu *iommu, int extension);
int type1_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info);
int type1_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size, uint32_t prot);
int type1_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped);
int type1_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped);
int type1_invalidate_vaddr(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			   uint64_t *invalidated);
int type1_update_vaddr(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size);
/* Version 2 alone: -EACCES in version 1. */
int type1_track_dirty(struct vb_iommu *iommu, bool on);
int type1_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		    const struct vb_dirty_bitmap *bitmap);
int type1_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		      const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped);
void type1_close(struct vb_iommu *iommu);

#endif /* VB_TYPE1_IMPL_H */
