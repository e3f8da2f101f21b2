// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What type1 has for moving a virtual machine: dirty bitmaps (Linux 5.8), and
 * other addresses for memory that stays mapped (Linux 5.12).
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

#include "lib/iommu/type1-impl.h"

int type1_track_dirty(struct vb_iommu *iommu, bool on)
{
	struct vfio_iommu_type1_dirty_bitmap request = {
		.argsz = sizeof(request),
		.flags = on ? VFIO_IOMMU_DIRTY_PAGES_FLAG_START : VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
	};

	return ioctl(iommu->fd, VFIO_IOMMU_DIRTY_PAGES, &request) ? -errno : 0;
}

static struct vfio_bitmap kernels(const struct vb_dirty_bitmap *bitmap)
{
	return (struct vfio_bitmap){
		.pgsize = bitmap->page_bytes,
		.size = bitmap->bytes,
		.data = (__u64 *)bitmap->bits,
	};
}

/* Both structures end in data[], which is the flag's own structure. */
int type1_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		    const struct vb_dirty_bitmap *bitmap)
{
	const struct vfio_iommu_type1_dirty_bitmap_get get = {
		.iova = iova,
		.size = size,
		.bitmap = kernels(bitmap),
	};
	const struct vfio_iommu_type1_dirty_bitmap request = {
		.argsz = sizeof(request) + sizeof(get),
		.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
	};
	_Alignas(8) char raw[sizeof(request) + sizeof(get)];

	memcpy(raw, &request, sizeof(request));
	memcpy(raw + sizeof(request), &get, sizeof(get));
	return ioctl(iommu->fd, VFIO_IOMMU_DIRTY_PAGES, raw) ? -errno : 0;
}

int type1_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		      const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped)
{
	const struct vfio_bitmap data = kernels(bitmap);
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap) + sizeof(data),
		.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
		.iova = iova,
		.size = size,
	};
	_Alignas(8) char raw[sizeof(unmap) + sizeof(data)];

	memcpy(raw, &unmap, sizeof(unmap));
	memcpy(raw + sizeof(unmap), &data, sizeof(data));
	if (ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, raw))
		return -errno;
	memcpy(&unmap, raw, sizeof(unmap));
	*unmapped = unmap.size;
	return 0;
}

int type1_invalidate_vaddr(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			   uint64_t *invalidated)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = VFIO_DMA_UNMAP_FLAG_VADDR,
		.iova = iova,
		.size = size,
	};

	if (ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	*invalidated = unmap.size;
	return 0;
}

int type1_update_vaddr(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_VADDR,
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	return ioctl(iommu->fd, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}
