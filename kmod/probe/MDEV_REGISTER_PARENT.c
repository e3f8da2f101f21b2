// SPDX-License-Identifier: GPL-2.0-only
/* 6.1: mdev_register_parent(), types as plain pointers */
#include <linux/mdev.h>

#if !IS_ENABLED(CONFIG_VFIO_MDEV)
#error mdev is not built
#endif

int probe(struct mdev_parent *parent, struct device *dev, struct mdev_driver *driver,
	  struct mdev_type **types);
int probe(struct mdev_parent *parent, struct device *dev, struct mdev_driver *driver,
	  struct mdev_type **types)
{
	driver->max_instances = 1;
	return mdev_register_parent(parent, dev, driver, types, 1);
}
