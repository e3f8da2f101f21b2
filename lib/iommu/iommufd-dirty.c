// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dirty pages with IOMMUFD (Linux 6.7): the IOMMU itself sets a bit in its page
 * table.  Such a table is asked for by name, and the device moved into it; what an
 * mdev pins is in no table.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "lib/iommu/iommufd-impl.h"

/* A second page table with all that is mapped. */
static int make_table(struct vb_iommu *iommu, uint32_t *hwpt)
{
	return iommufd_make_table(iommu, iommu->ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, hwpt);
}

/* It is not kept: each map would go into both tables. */
bool iommufd_can_track(struct vb_iommu *iommu)
{
	uint32_t hwpt;

	if (iommu->dirty_hwpt)
		return true;
	return !make_table(iommu, &hwpt) && !iommufd_destroy(iommu, hwpt);
}

/* From its own table to the one that tracks, which has the same mappings. */
static int move_device(struct vb_iommu *iommu)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = iommu->dirty_hwpt,
	};

	if (iommu->tracks)
		return 0;
	if (ioctl(iommu->device_fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return -errno;
	iommu->tracks = true;
	return 0;
}

int iommufd_track_dirty(struct vb_iommu *iommu, bool on)
{
	struct iommu_hwpt_set_dirty_tracking set = {
		.size = sizeof(set),
		.flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
	};
	int ret;

	ret = iommu->dirty_hwpt ? 0 : make_table(iommu, &iommu->dirty_hwpt);
	if (!ret)
		ret = move_device(iommu);
	if (ret)
		return ret;
	set.hwpt_id = iommu->dirty_hwpt;
	return ioctl(iommu->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set) ? -errno : 0;
}

/* Without IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR in @flags, what is told is clean from then on. */
static int get(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
	       const struct vb_dirty_bitmap *bitmap, uint32_t flags)
{
	struct iommu_hwpt_get_dirty_bitmap get = {
		.size = sizeof(get),
		.hwpt_id = iommu->dirty_hwpt,
		.flags = flags,
		.iova = iova,
		.length = size,
		.page_size = bitmap->page_bytes,
		.data = (uintptr_t)bitmap->bits,
	};

	if (!iommu->tracks)
		return -EINVAL;
	return ioctl(iommu->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get) ? -errno : 0;
}

int iommufd_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		      const struct vb_dirty_bitmap *bitmap)
{
	return get(iommu, iova, size, bitmap, 0);
}

/* The bits go with the mapping: no need to clear them, which costs a flush. */
int iommufd_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped)
{
	int ret = get(iommu, iova, size, bitmap, IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR);

	return ret ? ret : iommufd_unmap_ioas(iommu, iommu->ioas, iova, size, unmapped);
}
