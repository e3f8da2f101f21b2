// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: devices of our own, where the kernel has no mdev.  CONFIG_VFIO_MDEV is
 * selected by drivers alone from 6.3 on; VFIO wants no more than a device with a driver.
 *
 *   echo UUID > /sys/devices/vfio_bench/create
 *   /sys/devices/vfio_bench/UUID/iommu_group
 *   echo UUID > /sys/devices/vfio_bench/remove
 *
 * Removing waits until the device's file is closed, as it does with mdevs.  It is not a
 * file of the device itself: one that removes itself is no longer waited for when the
 * module goes.
 */
#include "internal.h"

#ifdef VB_HAVE_NO_MDEV

#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

struct vb_own {
	struct device device;
	unsigned long removed;		/* bit 0: by whoever set it */
};

static struct device *vb_root;
static atomic_t vb_devices = ATOMIC_INIT(0);	/* raised under own_create()'s lock */

static int vb_own_probe(struct device *device)
{
	return vb_vfio_add(device);
}

static void vb_own_remove(struct device *device)
{
	vb_vfio_remove(device);
}

/* No match op: its one driver has all of its devices. */
static struct bus_type vb_bus = {
	.name = "vfio_bench",
	.probe = vb_own_probe,
	.remove = vb_own_remove,
};

/* VFIO pins the module through it while a file is open. */
static struct device_driver vb_driver = {
	.name = "vfio_bench",
	.bus = &vb_bus,
	.owner = THIS_MODULE,
	.mod_name = KBUILD_MODNAME,
	.suppress_bind_attrs = true,
};

static void vb_own_release(struct device *device)
{
	kfree(container_of(device, struct vb_own, device));
}

/* Takes over a reference. */
static int own_remove(struct device *device)
{
	struct vb_own *own = container_of(device, struct vb_own, device);
	int ret = -ENODEV;

	if (!test_and_set_bit(0, &own->removed)) {
		device_unregister(device);
		atomic_dec(&vb_devices);
		ret = 0;
	}
	put_device(device);
	return ret;
}

/* With a reference of ours, as others can remove it from here on. */
static int own_add(struct vb_own *own)
{
	int ret;

	get_device(&own->device);
	atomic_inc(&vb_devices);
	ret = device_add(&own->device);
	if (ret) {
		atomic_dec(&vb_devices);
		put_device(&own->device);
		put_device(&own->device);
		return ret;
	}
	if (!own->device.driver) {	/* the probe failed */
		own_remove(&own->device);
		return -ENODEV;
	}
	put_device(&own->device);
	return 0;
}

static struct vb_own *own_alloc(const guid_t *uuid)
{
	struct vb_own *own = kzalloc(sizeof(*own), GFP_KERNEL);

	if (!own)
		return NULL;
	device_initialize(&own->device);
	own->device.bus = &vb_bus;
	own->device.parent = vb_root;
	own->device.release = vb_own_release;
	if (dev_set_name(&own->device, "%pUl", uuid)) {
		put_device(&own->device);
		return NULL;
	}
	return own;
}

static struct device *own_find(const guid_t *uuid)
{
	char name[UUID_STRING_LEN + 1];

	snprintf(name, sizeof(name), "%pUl", uuid);
	return bus_find_device_by_name(&vb_bus, NULL, name);
}

/* The lock: of two with one name, the second is refused here, and not by sysfs with a WARN. */
static int own_create(const guid_t *uuid)
{
	static DEFINE_MUTEX(lock);
	struct device *other;
	struct vb_own *own;
	int ret = -ENOMEM;

	mutex_lock(&lock);
	other = own_find(uuid);
	if (other) {
		put_device(other);
		ret = -EEXIST;
	} else if (atomic_read(&vb_devices) >= VB_MAX_DEVICES) {
		ret = -ENOSPC;
	} else {
		own = own_alloc(uuid);
		if (own)
			ret = own_add(own);
	}
	mutex_unlock(&lock);
	return ret;
}

static int parse(const char *text, size_t count, guid_t *uuid)
{
	if (count && text[count - 1] == '\n')
		count--;
	return count == UUID_STRING_LEN ? guid_parse(text, uuid) : -EINVAL;
}

static ssize_t create_store(struct device *root, struct device_attribute *attribute,
			    const char *text, size_t count)
{
	guid_t uuid;
	int ret;

	ret = parse(text, count, &uuid);
	if (!ret)
		ret = own_create(&uuid);
	return ret ? ret : count;
}

static ssize_t remove_store(struct device *root, struct device_attribute *attribute,
			    const char *text, size_t count)
{
	struct device *device;
	guid_t uuid;
	int ret;

	ret = parse(text, count, &uuid);
	if (ret)
		return ret;
	device = own_find(&uuid);
	ret = device ? own_remove(device) : -ENODEV;
	return ret ? ret : count;
}

static DEVICE_ATTR_WO(create);
static DEVICE_ATTR_WO(remove);

static int create_files(void)
{
	int ret = device_create_file(vb_root, &dev_attr_create);

	if (ret)
		return ret;
	ret = device_create_file(vb_root, &dev_attr_remove);
	if (ret)
		device_remove_file(vb_root, &dev_attr_create);
	return ret;
}

int vb_host_init(void)
{
	int ret;

	ret = bus_register(&vb_bus);
	if (ret)
		return ret;
	ret = driver_register(&vb_driver);
	if (ret)
		goto err_bus;
	vb_root = root_device_register("vfio_bench");
	if (IS_ERR(vb_root)) {
		ret = PTR_ERR(vb_root);
		goto err_driver;
	}
	ret = create_files();
	if (ret)
		goto err_root;
	return 0;

err_root:
	root_device_unregister(vb_root);
err_driver:
	driver_unregister(&vb_driver);
err_bus:
	bus_unregister(&vb_bus);
	return ret;
}

void vb_host_exit(void)
{
	struct device *device;

	/* these wait for who is in them; then no device comes or goes any more */
	device_remove_file(vb_root, &dev_attr_create);
	device_remove_file(vb_root, &dev_attr_remove);
	while ((device = bus_find_next_device(&vb_bus, NULL)))
		own_remove(device);
	root_device_unregister(vb_root);
	driver_unregister(&vb_driver);
	bus_unregister(&vb_bus);
}

#endif /* VB_HAVE_NO_MDEV */
