// SPDX-License-Identifier: GPL-2.0-only
/* 6.0: notification by vfio_device_ops.dma_unmap, pins of contiguous IOVA */
#include <linux/vfio.h>

int probe(struct vfio_device *vdev, struct vfio_device_ops *ops, struct page **pages);
int probe(struct vfio_device *vdev, struct vfio_device_ops *ops, struct page **pages)
{
	ops->dma_unmap(vdev, 0ull, 0ull);
	vfio_unpin_pages(vdev, (dma_addr_t)0, 1);
	return vfio_pin_pages(vdev, (dma_addr_t)0, 1, 0, pages);
}
