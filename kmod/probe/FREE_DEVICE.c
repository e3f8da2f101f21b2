// SPDX-License-Identifier: GPL-2.0-only
/* up to 6.1: ops->release frees the device */
#include <linux/vfio.h>

void probe(struct vfio_device *vdev);
void probe(struct vfio_device *vdev)
{
	vfio_free_device(vdev);
}
