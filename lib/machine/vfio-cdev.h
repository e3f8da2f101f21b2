/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VFIO devices' own files, /dev/vfio/devices/vfioN (Linux 6.6, CONFIG_VFIO_DEVICE_CDEV). */
#ifndef VB_VFIO_CDEV_H
#define VB_VFIO_CDEV_H

#include <stddef.h>

/*
 * The file of the device whose folder in sysfs is @device ("/sys/bus/pci/devices/...",
 * "/sys/bus/mdev/devices/...").  -ENOENT: no VFIO driver has it; -EOPNOTSUPP: one has,
 * but the kernel makes no such files.
 */
int vb_vfio_cdev_path(const char *device, char *path, size_t size);
/* Open it: the fd, or the errors of vb_vfio_cdev_path() and -errno of open. */
int vb_vfio_cdev_open(const char *device);

#endif /* VB_VFIO_CDEV_H */
