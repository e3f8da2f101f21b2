// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The capability chain of VFIO_IOMMU_GET_INFO (linux/vfio.h).  Before Linux 6.6
 * capabilities followed each other unaligned: everything is copied out.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "lib/iommu/type1-info.h"

static int take_ranges(const char *cap, size_t size, struct vb_iommu_info *info)
{
	struct vfio_iommu_type1_info_cap_iova_range ranges;
	struct vfio_iova_range range;

	if (size < sizeof(ranges))
		return -EPROTO;
	memcpy(&ranges, cap, sizeof(ranges));
	if (ranges.nr_iovas > (size - sizeof(ranges)) / sizeof(range))
		return -EPROTO;
	for (uint32_t i = 0; i < ranges.nr_iovas && info->nr_ranges < VB_IOMMU_MAX_RANGES; i++) {
		memcpy(&range, cap + sizeof(ranges) + i * sizeof(range), sizeof(range));
		info->range[info->nr_ranges++] = (struct vb_iova_range){
			.first = range.start,
			.last = range.end,
		};
	}
	return 0;
}

static int take_avail(const char *cap, size_t size, struct vb_iommu_info *info)
{
	struct vfio_iommu_type1_info_dma_avail avail;

	if (size < sizeof(avail))
		return -EPROTO;
	memcpy(&avail, cap, sizeof(avail));
	info->dma_avail = avail.avail;
	return 0;
}

static int take_migration(const char *cap, size_t size, struct vb_iommu_info *info)
{
	struct vfio_iommu_type1_info_cap_migration migration;

	if (size < sizeof(migration))
		return -EPROTO;
	memcpy(&migration, cap, sizeof(migration));
	info->dirty_pgsizes = migration.pgsize_bitmap;
	return 0;
}

/* @cap has @size bytes up to the end of everything, at least a header's. */
static int take_capability(uint16_t id, const char *cap, size_t size, struct vb_iommu_info *info)
{
	switch (id) {
	case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE:
		return take_ranges(cap, size, info);
	case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION:
		return take_migration(cap, size, info);
	case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL:
		return take_avail(cap, size, info);
	default:
		return 0;
	}
}

int vb_type1_parse_info(const void *raw, size_t size, struct vb_iommu_info *info)
{
	struct vfio_iommu_type1_info head;
	struct vfio_info_cap_header header;
	size_t offset, least = sizeof(head);
	int ret = 0;

	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, raw, sizeof(head));
	if (head.flags & VFIO_IOMMU_INFO_PGSIZES)
		info->pgsizes = head.iova_pgsizes;
	offset = head.flags & VFIO_IOMMU_INFO_CAPS ? head.cap_offset : 0;
	/* offsets count from the start of @raw; the kernel chains upwards */
	for (; offset && !ret; offset = header.next) {
		const char *cap = (const char *)raw + offset;

		if (offset < least || offset > size || size - offset < sizeof(header))
			return -EPROTO;
		memcpy(&header, cap, sizeof(header));
		ret = take_capability(header.id, cap, size - offset, info);
		least = offset + sizeof(header);
	}
	return ret;
}
