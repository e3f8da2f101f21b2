/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way to map. */
#ifndef VB_IOMMUS_H
#define VB_IOMMUS_H

#include "lib/iommu/iommu.h"

extern const struct vb_iommu_ops vb_iommufd;
extern const struct vb_iommu_ops vb_iommufd_compat_type1;
extern const struct vb_iommu_ops vb_iommufd_compat_type1v2;
extern const struct vb_iommu_ops vb_iommu_null;
extern const struct vb_iommu_ops vb_iommu_type1;
extern const struct vb_iommu_ops vb_iommu_type1v2;

#endif /* VB_IOMMUS_H */
