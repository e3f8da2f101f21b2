// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: the parent device, its mdevs and what VFIO calls.
 *
 * /sys/class/mdev_bus/vfio_bench/mdev_supported_types/vfio_bench-null/create
 */
#include <linux/module.h>
#include <linux/vfio.h>

#include "internal.h"

static struct class *vb_class;
static struct device *vb_parent_dev;
static struct mdev_parent vb_parent;

/* The core puts the class's name in front: vfio_bench-null. */
static struct mdev_type vb_type_null = {
	.sysfs_name = "null",
	.pretty_name = "VFIO benchmark device, no hardware",
};

static struct mdev_type *vb_types[] = { &vb_type_null };

static struct vb_device *to_vb(struct vfio_device *vdev)
{
	return container_of(vdev, struct vb_device, vdev);
}

static int vb_init_device(struct vfio_device *vdev)
{
	struct vb_device *dev = to_vb(vdev);

	mutex_init(&dev->lock);
	mutex_init(&dev->busted_lock);
	spin_lock_init(&dev->log_lock);
	init_waitqueue_head(&dev->pinner_wait);
	init_completion(&dev->idle);
	vb_busted_init(dev);
	refcount_set(&dev->users, 0);
	return 0;
}

static void vb_release_device(struct vfio_device *vdev)
{
	mutex_destroy(&to_vb(vdev)->busted_lock);
	mutex_destroy(&to_vb(vdev)->lock);
	vb_compat_free_device(vdev);
}

static int vb_open_device(struct vfio_device *vdev)
{
	struct vb_device *dev = to_vb(vdev);
	int ret;

	ret = vb_stats_alloc(dev);
	if (ret)
		return ret;
	dev->discipline = VB_DISCIPLINE_FENCED;
	dev->mode = VB_MODE_NORMAL;
	dev->delay_ns = 0;
	dev->log_count = 0;
	hash_init(dev->slot_hash);
	reinit_completion(&dev->idle);
	refcount_set(&dev->users, 1);
	return 0;
}

/*
 * The last file is gone, so no ioctl runs and no slot is mapped.  Callbacks may
 * still come; once the last reference is dropped they find nothing to do.
 */
static void vb_close_device(struct vfio_device *vdev)
{
	struct vb_device *dev = to_vb(vdev);

	mutex_lock(&dev->lock);		/* vb_request() may be at work */
	vb_pinners_free(dev);
	mutex_unlock(&dev->lock);
	vb_unpin_all(dev);
	if (!refcount_dec_and_test(&dev->users))
		wait_for_completion(&dev->idle);
	vb_busted_flush(dev);

	vb_slots_free(dev);
	vb_windows_free(dev);
	vb_stats_free(dev);
}

/*
 * Somebody wants to remove the device while it is open: give back what it
 * holds and let every further request fail with -ENODEV, so that its owner
 * sees it and closes.  VFIO asks again every ten seconds until then.
 */
static void vb_request(struct vfio_device *vdev, unsigned int count)
{
	struct vb_device *dev = to_vb(vdev);

	dev_notice_ratelimited(vdev->dev, "removal requested (%u), waiting for the owner to close\n",
			       count + 1);
	WRITE_ONCE(dev->removing, true);
	mutex_lock(&dev->lock);
	vb_pinners_stop(dev);
	mutex_unlock(&dev->lock);
}

static void vb_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct vb_device *dev = to_vb(vdev);
	bool locked;

	if (!refcount_inc_not_zero(&dev->users))
		return;
	locked = vb_busted_lock(dev);
	vb_callback(dev, iova, length);
	vb_busted_unlock(dev, locked);
	if (refcount_dec_and_test(&dev->users))
		complete(&dev->idle);
}

static long vb_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	return vb_ioctl(to_vb(vdev), cmd, arg);
}

static int vb_vfio_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	return vb_slot_mmap(to_vb(vdev), vma);
}

static const struct vfio_device_ops vb_device_ops = {
	.name		= "vfio-bench",
	.init		= vb_init_device,
	.release	= vb_release_device,
	.open_device	= vb_open_device,
	.close_device	= vb_close_device,
	.ioctl		= vb_vfio_ioctl,
	.mmap		= vb_vfio_mmap,
	.request	= vb_request,
	.dma_unmap	= vb_dma_unmap,
	VB_COMPAT_IOMMUFD_OPS
};

static int vb_probe(struct mdev_device *mdev)
{
	struct vb_device *dev;
	int ret;

	dev = vfio_alloc_device(vb_device, vdev, &mdev->dev, &vb_device_ops);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ret = vfio_register_emulated_iommu_dev(&dev->vdev);
	if (ret) {
		vfio_put_device(&dev->vdev);
		return ret;
	}
	dev_set_drvdata(&mdev->dev, dev);
	return 0;
}

static void vb_remove(struct mdev_device *mdev)
{
	struct vb_device *dev = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&dev->vdev);
	vfio_put_device(&dev->vdev);
}

static struct mdev_driver vb_driver = {
	.device_api = "vfio-bench",
	.max_instances = VB_MAX_DEVICES,
	.driver = {
		.name = "vfio_bench",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
	.probe = vb_probe,
	.remove = vb_remove,
};

int vb_mdev_init(void)
{
	int ret;

	ret = mdev_register_driver(&vb_driver);
	if (ret)
		return ret;
	vb_class = vb_compat_class_create("vfio_bench");
	if (IS_ERR(vb_class)) {
		ret = PTR_ERR(vb_class);
		goto err_driver;
	}
	vb_parent_dev = device_create(vb_class, NULL, MKDEV(0, 0), NULL, "vfio_bench");
	if (IS_ERR(vb_parent_dev)) {
		ret = PTR_ERR(vb_parent_dev);
		goto err_class;
	}
	ret = mdev_register_parent(&vb_parent, vb_parent_dev, &vb_driver, vb_types,
				   ARRAY_SIZE(vb_types));
	if (ret)
		goto err_device;
	return 0;

err_device:
	device_unregister(vb_parent_dev);
err_class:
	class_destroy(vb_class);
err_driver:
	mdev_unregister_driver(&vb_driver);
	return ret;
}

void vb_mdev_exit(void)
{
	mdev_unregister_parent(&vb_parent);
	device_unregister(vb_parent_dev);
	class_destroy(vb_class);
	mdev_unregister_driver(&vb_driver);
}
