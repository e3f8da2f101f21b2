// SPDX-License-Identifier: GPL-2.0-only
/* up to 5.12: mdev_register_device(), and vfio_register_notifier() by struct device */
#include <linux/device.h>
#include <linux/uuid.h>
#include <linux/mdev.h>
#include <linux/vfio.h>

#if !IS_ENABLED(CONFIG_VFIO_MDEV)
#error mdev is not built
#endif

static int probe_create(struct kobject *kobj, struct mdev_device *mdev)
{
	return 0;
}

static int probe_open(struct mdev_device *mdev)
{
	return 0;
}

int probe(struct device *dev, struct mdev_parent_ops *ops, struct notifier_block *nb);
int probe(struct device *dev, struct mdev_parent_ops *ops, struct notifier_block *nb)
{
	unsigned long number = VFIO_IOMMU_NOTIFY_DMA_UNMAP;

	ops->create = probe_create;
	ops->open = probe_open;
	vfio_register_notifier(dev, VFIO_IOMMU_NOTIFY, &number, nb);
	vfio_pin_pages(dev, &number, 1, 0, &number);
	return mdev_register_device(dev, ops);
}
