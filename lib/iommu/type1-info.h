/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What VFIO_IOMMU_GET_INFO answers, apart from asking for it. */
#ifndef VB_TYPE1_INFO_H
#define VB_TYPE1_INFO_H

#include <stddef.h>

#include "lib/iommu/iommu.h"

/*
 * Take page sizes, IOVA ranges and mappings left from @raw, a struct
 * vfio_iommu_type1_info and its capability chain in @size bytes.  What @raw
 * doesn't tell stays as it is in @info.  -EPROTO: the chain leaves @raw or leads
 * back.
 */
int vb_type1_parse_info(const void *raw, size_t size, struct vb_iommu_info *info);

#endif /* VB_TYPE1_INFO_H */
