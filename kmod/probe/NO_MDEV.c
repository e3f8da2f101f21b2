// SPDX-License-Identifier: GPL-2.0-only
/* mdev is not built: 6.3 and later, where no driver that is selects it */
#include <linux/vfio.h>

#if IS_ENABLED(CONFIG_VFIO_MDEV)
#error mdev is built
#endif

int probe(struct vfio_device *vdev);
int probe(struct vfio_device *vdev)
{
	return vfio_register_emulated_iommu_dev(vdev);
}
