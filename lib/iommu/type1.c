// SPDX-License-Identifier: GPL-2.0-or-later
/* A VFIO container with the type1 IOMMU driver (linux/vfio.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>
#include <unistd.h>

#include "lib/iommu/iommus.h"

static int type1_open(struct vb_iommu *iommu)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, VFIO_GET_API_VERSION) != VFIO_API_VERSION) {
		close(fd);
		return -EPROTO;
	}
	iommu->fd = fd;
	return 0;
}

static int type1_add_group(struct vb_iommu *iommu, int group_fd)
{
	return ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, &iommu->fd) ? -errno : 0;
}

static int type1_enable(struct vb_iommu *iommu)
{
	return ioctl(iommu->fd, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU) ? -errno : 0;
}

static int type1v2_enable(struct vb_iommu *iommu)
{
	return ioctl(iommu->fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ? -errno : 0;
}

static void take_ranges(const struct vfio_iommu_type1_info_cap_iova_range *cap,
			struct vb_iommu_info *info)
{
	for (uint32_t i = 0; i < cap->nr_iovas && info->nr_ranges < VB_IOMMU_MAX_RANGES; i++)
		info->range[info->nr_ranges++] = (struct vb_iova_range){
			.first = cap->iova_ranges[i].start,
			.last = cap->iova_ranges[i].end,
		};
}

static void take_capabilities(const struct vfio_iommu_type1_info *raw, struct vb_iommu_info *info)
{
	uint32_t offset = raw->flags & VFIO_IOMMU_INFO_CAPS ? raw->cap_offset : 0;

	while (offset && offset + sizeof(struct vfio_info_cap_header) <= raw->argsz) {
		const struct vfio_info_cap_header *header = (const void *)((const char *)raw + offset);

		if (header->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			take_ranges((const void *)header, info);
		else if (header->id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			info->dma_avail =
				((const struct vfio_iommu_type1_info_dma_avail *)header)->avail;
		offset = header->next;
	}
}

static int type1_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	struct vfio_iommu_type1_info small = { .argsz = sizeof(small) }, *raw;
	int ret = 0;

	if (ioctl(iommu->fd, VFIO_IOMMU_GET_INFO, &small))
		return -errno;
	raw = calloc(1, small.argsz);
	if (!raw)
		return -ENOMEM;
	raw->argsz = small.argsz;
	if (ioctl(iommu->fd, VFIO_IOMMU_GET_INFO, raw)) {
		ret = -errno;
	} else {
		info->pgsizes = raw->flags & VFIO_IOMMU_INFO_PGSIZES ? raw->iova_pgsizes : 0;
		take_capabilities(raw, info);
	}
	free(raw);
	return ret;
}

static int type1_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		     uint32_t prot)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = prot,	/* enum vb_prot has VFIO's values */
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	return ioctl(iommu->fd, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int type1_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	if (ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	*unmapped = unmap.size;
	return 0;
}

static void type1_close(struct vb_iommu *iommu)
{
	if (iommu->fd >= 0)
		close(iommu->fd);
	iommu->fd = -1;
}

_Static_assert(VB_PROT_READ == VFIO_DMA_MAP_FLAG_READ, "type1_map() passes prot on");
_Static_assert(VB_PROT_WRITE == VFIO_DMA_MAP_FLAG_WRITE, "type1_map() passes prot on");

const struct vb_iommu_ops vb_iommu_type1 = {
	.name = "vfio_type1_iommu",
	.summary = "type1, version 1: an unmap covers whole mappings or none; no mdev pins",
	.has_devices = true,
	.open = type1_open,
	.add_group = type1_add_group,
	.enable = type1_enable,
	.get_info = type1_get_info,
	.map = type1_map,
	.unmap = type1_unmap,
	.close = type1_close,
};

const struct vb_iommu_ops vb_iommu_type1v2 = {
	.name = "vfio_type1v2_iommu",
	.summary = "type1, version 2: an unmap that would cut a mapping fails",
	.has_devices = true,
	.open = type1_open,
	.add_group = type1_add_group,
	.enable = type1v2_enable,
	.get_info = type1_get_info,
	.map = type1_map,
	.unmap = type1_unmap,
	.close = type1_close,
};
