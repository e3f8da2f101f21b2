// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: mdevs up to 5.12, where vfio_mdev registers them with VFIO and a driver
 * is told of unmaps by a notifier block on its container's chain.
 *
 * What differs from later kernels: open and release come with every file, not with
 * the first and the last one; callbacks of two requests may run at once; and there is
 * no request op, so who removes an mdev waits until its owner closes it by himself.
 */
#include <linux/slab.h>

#include "internal.h"

#ifdef VB_HAVE_MDEV_PARENT_OPS

#include <linux/device.h>
#include <linux/uuid.h>
/* after what it needs and does not include */
#include <linux/mdev.h>

MODULE_SOFTDEP("pre: vfio_mdev");

struct vb_mdev {
	struct vb_device dev;
	struct notifier_block nb;
	struct mutex lock;		/* files, and opening and closing */
	unsigned int files;
};

static struct device *vb_parent_dev;
static atomic_t vb_available = ATOMIC_INIT(VB_MAX_DEVICES);

static int vb_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct vb_mdev *m = container_of(nb, struct vb_mdev, nb);
	struct vfio_iommu_type1_dma_unmap *unmap = data;

	if (action == VFIO_IOMMU_NOTIFY_DMA_UNMAP)
		vb_device_unmap(&m->dev, unmap->iova, unmap->size);
	return NOTIFY_OK;
}

static int vb_mdev_create(struct kobject *kobj, struct mdev_device *mdev)
{
	struct vb_mdev *m;

	if (!atomic_add_unless(&vb_available, -1, 0))
		return -ENOSPC;
	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m) {
		atomic_inc(&vb_available);
		return -ENOMEM;
	}
	mutex_init(&m->lock);
	m->nb.notifier_call = vb_notify;
	m->dev.vdev.dev = mdev_dev(mdev);
	vb_device_setup(&m->dev);
	mdev_set_drvdata(mdev, m);
	return 0;
}

/* Its last file is closed by now. */
static int vb_mdev_remove(struct mdev_device *mdev)
{
	struct vb_mdev *m = mdev_get_drvdata(mdev);

	vb_device_destroy(&m->dev);
	mutex_destroy(&m->lock);
	kfree(m);
	atomic_inc(&vb_available);
	return 0;
}

static int first_open(struct vb_mdev *m)
{
	unsigned long events = VFIO_IOMMU_NOTIFY_DMA_UNMAP;
	int ret;

	ret = vb_device_open(&m->dev);
	if (ret)
		return ret;
	ret = vfio_register_notifier(m->dev.vdev.dev, VFIO_IOMMU_NOTIFY, &events, &m->nb);
	if (ret)
		vb_device_close(&m->dev);
	return ret;
}

/* What it has pinned is unpinned first; a callback that comes then finds nothing to do. */
static void last_close(struct vb_mdev *m)
{
	vb_device_close(&m->dev);
	WARN_ON(vfio_unregister_notifier(m->dev.vdev.dev, VFIO_IOMMU_NOTIFY, &m->nb));
}

/* mdev's core of that time pins vfio_mdev, and nothing of us. */
static int vb_mdev_open(struct mdev_device *mdev)
{
	struct vb_mdev *m = mdev_get_drvdata(mdev);
	int ret = 0;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	mutex_lock(&m->lock);
	if (!m->files)
		ret = first_open(m);
	if (!ret)
		m->files++;
	mutex_unlock(&m->lock);
	if (ret)
		module_put(THIS_MODULE);
	return ret;
}

/* vb_host_exit() waits for the file, beyond the end of this function. */
static void vb_mdev_release(struct mdev_device *mdev)
{
	struct vb_mdev *m = mdev_get_drvdata(mdev);

	mutex_lock(&m->lock);
	if (!--m->files)
		last_close(m);
	mutex_unlock(&m->lock);
	module_put(THIS_MODULE);
}

static long vb_mdev_ioctl(struct mdev_device *mdev, unsigned int cmd, unsigned long arg)
{
	struct vb_mdev *m = mdev_get_drvdata(mdev);

	return vb_ioctl(&m->dev, cmd, arg);
}

static int vb_mdev_mmap(struct mdev_device *mdev, struct vm_area_struct *vma)
{
	struct vb_mdev *m = mdev_get_drvdata(mdev);

	return vb_slot_mmap(&m->dev, vma);
}

/* Asked for, not called. */
static int never_notified(struct notifier_block *nb, unsigned long action, void *data)
{
	return NOTIFY_OK;
}

int vb_register_wrongly(struct vb_device *dev, u32 what)
{
	struct device *device = what == VB_ASK_REGISTER_NO_DEVICE ? NULL : dev->vdev.dev;
	struct notifier_block nb = { .notifier_call = never_notified };
	unsigned long events = VFIO_IOMMU_NOTIFY_DMA_UNMAP;
	int ret;

	if (what == VB_ASK_REGISTER_NO_EVENTS)
		events = 0;
	else if (what == VB_ASK_REGISTER_WRONG_EVENTS)
		events |= BIT(31);
	ret = vfio_register_notifier(device, VFIO_IOMMU_NOTIFY, &events, &nb);
	if (!ret)
		vfio_unregister_notifier(device, VFIO_IOMMU_NOTIFY, &nb);
	return ret;
}

int vb_unregister_never(struct vb_device *dev)
{
	struct notifier_block nb = { .notifier_call = never_notified };

	return vfio_unregister_notifier(dev->vdev.dev, VFIO_IOMMU_NOTIFY, &nb);
}

int vb_while_unregistered(struct vb_device *dev, int (*what)(void *arg), void *arg)
{
	struct vb_mdev *m = container_of(dev, struct vb_mdev, dev);
	unsigned long events = VFIO_IOMMU_NOTIFY_DMA_UNMAP;
	int ret = vfio_unregister_notifier(dev->vdev.dev, VFIO_IOMMU_NOTIFY, &m->nb);

	if (ret)
		return ret;
	ret = what(arg);
	WARN_ON(vfio_register_notifier(dev->vdev.dev, VFIO_IOMMU_NOTIFY, &events, &m->nb));
	return ret;
}

static ssize_t name_show(struct kobject *kobj, struct device *dev, char *buf)
{
	return sysfs_emit(buf, "%s\n", VB_MDEV_PRETTY_NAME);
}

static ssize_t device_api_show(struct kobject *kobj, struct device *dev, char *buf)
{
	return sysfs_emit(buf, "%s\n", VB_MDEV_API);
}

static ssize_t available_instances_show(struct kobject *kobj, struct device *dev, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&vb_available));
}

static MDEV_TYPE_ATTR_RO(name);
static MDEV_TYPE_ATTR_RO(device_api);
static MDEV_TYPE_ATTR_RO(available_instances);

static struct attribute *vb_type_attributes[] = {
	&mdev_type_attr_name.attr,
	&mdev_type_attr_device_api.attr,
	&mdev_type_attr_available_instances.attr,
	NULL,
};

/* The core puts the class's name in front: vfio_bench-null. */
static struct attribute_group vb_type_null = {
	.name = VB_MDEV_TYPE,
	.attrs = vb_type_attributes,
};

static struct attribute_group *vb_types[] = { &vb_type_null, NULL };

static const struct mdev_parent_ops vb_parent_ops = {
	.owner = THIS_MODULE,
	.supported_type_groups = vb_types,
	.create = vb_mdev_create,
	.remove = vb_mdev_remove,
	.open = vb_mdev_open,
	.release = vb_mdev_release,
	.ioctl = vb_mdev_ioctl,
	.mmap = vb_mdev_mmap,
};

int vb_host_init(void)
{
	int ret;

	vb_parent_dev = vb_parent_create();
	if (IS_ERR(vb_parent_dev))
		return PTR_ERR(vb_parent_dev);
	ret = mdev_register_device(vb_parent_dev, &vb_parent_ops);
	if (ret)
		vb_parent_destroy(vb_parent_dev);
	return ret;
}

void vb_host_exit(void)
{
	mdev_unregister_device(vb_parent_dev);
	vb_parent_destroy(vb_parent_dev);
}

#endif /* VB_HAVE_MDEV_PARENT_OPS */
