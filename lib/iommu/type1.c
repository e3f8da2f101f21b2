// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VFIO container with the type1 IOMMU driver (linux/vfio.h): what both
 * versions of it have in common.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>
#include <unistd.h>

#include "lib/iommu/type1-impl.h"
#include "lib/iommu/type1-info.h"

int type1_open_at(struct vb_iommu *iommu, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, VFIO_GET_API_VERSION) != VFIO_API_VERSION) {
		close(fd);
		return -EPROTO;
	}
	iommu->fd = fd;
	return 0;
}

int type1_open(struct vb_iommu *iommu)
{
	return type1_open_at(iommu, "/dev/vfio/vfio");
}

int type1_add_group(struct vb_iommu *iommu, int group_fd)
{
	return ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, &iommu->fd) ? -errno : 0;
}

int type1_enable(struct vb_iommu *iommu, int version)
{
	return ioctl(iommu->fd, VFIO_SET_IOMMU, version) ? -errno : 0;
}

bool type1_has(struct vb_iommu *iommu, int extension)
{
	return ioctl(iommu->fd, VFIO_CHECK_EXTENSION, extension) > 0;
}

/*
 * The kernel says in argsz how much it has to tell; what it has to tell can
 * grow between two calls (a group was added), so ask until it fits.
 */
int type1_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	size_t size = sizeof(struct vfio_iommu_type1_info);
	struct vfio_iommu_type1_info *raw;
	int ret;

	for (;;) {
		raw = calloc(1, size);
		if (!raw)
			return -ENOMEM;
		raw->argsz = (uint32_t)size;
		ret = ioctl(iommu->fd, VFIO_IOMMU_GET_INFO, raw) ? -errno : 0;
		if (ret || raw->argsz <= size)
			break;
		size = raw->argsz;
		free(raw);
	}
	if (!ret)
		ret = vb_type1_parse_info(raw, size, info);
	free(raw);
	return ret;
}

/*
 * The timed path: the ioctl and nothing else.  No retry: a signal that ends a
 * wait (-EINTR) is the caller's business.
 */
int type1_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		     uint32_t prot)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = prot,	/* has VFIO's values: below */
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	return ioctl(iommu->fd, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int type1_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
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

/* Linux 5.12: iova and size are 0, and the answer is in size. */
int type1_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};

	if (ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	*unmapped = unmap.size;
	return 0;
}

void type1_close(struct vb_iommu *iommu)
{
	if (iommu->fd >= 0)
		close(iommu->fd);
	iommu->fd = -1;
}

_Static_assert(VB_PROT_READ == VFIO_DMA_MAP_FLAG_READ, "type1_map() passes prot on");
_Static_assert(VB_PROT_WRITE == VFIO_DMA_MAP_FLAG_WRITE, "type1_map() passes prot on");
