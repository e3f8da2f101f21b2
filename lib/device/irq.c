// SPDX-License-Identifier: GPL-2.0-or-later
/* A device's first interrupt by eventfd (VFIO_DEVICE_SET_IRQS). */
#include <errno.h>
#include <string.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "lib/device/device.h"

/* Room for struct vfio_irq_set with one eventfd behind it. */
union irq_set {
	struct vfio_irq_set set;
	char room[sizeof(struct vfio_irq_set) + sizeof(int32_t)];
};

/* How many interrupts the device has of that kind, by eventfd; 0: none. */
static uint32_t count(struct vb_device *dev, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &info))
		return 0;
	return info.flags & VFIO_IRQ_INFO_EVENTFD ? info.count : 0;
}

static int set_trigger(struct vb_device *dev, uint32_t index, int32_t eventfd)
{
	union irq_set irq = { .set = {
		.argsz = sizeof(irq),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.count = 1,
	} };

	memcpy(irq.set.data, &eventfd, sizeof(eventfd));
	return ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &irq.set) ? -errno : 0;
}

int vb_device_irq_on(struct vb_device *dev, int eventfd)
{
	int index = VFIO_PCI_MSIX_IRQ_INDEX, ret;

	if (dev->irq_index >= 0)
		return -EBUSY;
	if (!count(dev, VFIO_PCI_MSIX_IRQ_INDEX))
		index = VFIO_PCI_MSI_IRQ_INDEX;
	if (!count(dev, (uint32_t)index))
		return -EOPNOTSUPP;
	vb_device_down(dev);
	ret = set_trigger(dev, (uint32_t)index, eventfd);
	if (!ret)
		dev->irq_index = index;
	return ret ? ret : vb_device_up(dev);
}

int vb_device_irq_off(struct vb_device *dev)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = (uint32_t)dev->irq_index,
	};

	if (dev->irq_index < 0)
		return 0;
	dev->irq_index = -1;
	return ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &set) ? -errno : 0;
}

int vb_device_irq_raise(struct vb_device *dev)
{
	if (!dev->ops->irq_raise)
		return -EOPNOTSUPP;
	return dev->irq_index < 0 ? -EINVAL : dev->ops->irq_raise(dev);
}

int vb_device_irq_done(struct vb_device *dev)
{
	if (!dev->ops->irq_done)
		return -EOPNOTSUPP;
	return dev->irq_index < 0 ? -EINVAL : dev->ops->irq_done(dev);
}
