// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: mdevs, from 6.1 on.
 *
 * /sys/class/mdev_bus/vfio_bench/mdev_supported_types/vfio_bench-null/create
 */
#include "internal.h"

#ifdef VB_HAVE_MDEV_REGISTER_PARENT

#include <linux/mdev.h>

static struct device *vb_parent_dev;
static struct mdev_parent vb_parent;

/* The core puts the class's name in front: vfio_bench-null. */
static struct mdev_type vb_type_null = {
	.sysfs_name = VB_MDEV_TYPE,
	.pretty_name = VB_MDEV_PRETTY_NAME,
};

static struct mdev_type *vb_types[] = { &vb_type_null };

static int vb_mdev_probe(struct mdev_device *mdev)
{
	return vb_vfio_add(&mdev->dev);
}

static void vb_mdev_remove(struct mdev_device *mdev)
{
	vb_vfio_remove(&mdev->dev);
}

static struct mdev_driver vb_mdev_driver = {
	.device_api = VB_MDEV_API,
	.max_instances = VB_MAX_DEVICES,
	.driver = {
		.name = "vfio_bench",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
	.probe = vb_mdev_probe,
	.remove = vb_mdev_remove,
};

int vb_host_init(void)
{
	int ret;

	ret = mdev_register_driver(&vb_mdev_driver);
	if (ret)
		return ret;
	vb_parent_dev = vb_parent_create();
	if (IS_ERR(vb_parent_dev)) {
		ret = PTR_ERR(vb_parent_dev);
		goto err_driver;
	}
	ret = mdev_register_parent(&vb_parent, vb_parent_dev, &vb_mdev_driver, vb_types,
				   ARRAY_SIZE(vb_types));
	if (ret)
		goto err_parent;
	return 0;

err_parent:
	vb_parent_destroy(vb_parent_dev);
err_driver:
	mdev_unregister_driver(&vb_mdev_driver);
	return ret;
}

void vb_host_exit(void)
{
	mdev_unregister_parent(&vb_parent);
	vb_parent_destroy(vb_parent_dev);
	mdev_unregister_driver(&vb_mdev_driver);
}

#endif /* VB_HAVE_MDEV_REGISTER_PARENT */
