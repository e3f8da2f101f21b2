// SPDX-License-Identifier: GPL-2.0-or-later
/* From a device's folder in sysfs to its file in /dev/vfio/devices. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/machine/sysfs.h"
#include "lib/machine/vfio-cdev.h"

/* The one entry of DEVICE/vfio-dev/: vfio0. */
static int find_name(const char *device, char *name, size_t size)
{
	char path[PATH_MAX], full[PATH_MAX];
	struct dirent *entry;
	int ret = -ENOENT;
	DIR *dir;

	if ((size_t)snprintf(path, sizeof(path), "%s/vfio-dev", device) >= sizeof(path) ||
	    vb_sysfs_path(full, sizeof(full), path))
		return -ENAMETOOLONG;
	dir = opendir(full);
	while (dir && ret == -ENOENT && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", strlen("vfio")))
			ret = (size_t)snprintf(name, size, "%s", entry->d_name) < size ? 0 : -ENAMETOOLONG;
	if (dir)
		closedir(dir);
	return ret;
}

int vb_vfio_cdev_path(const char *device, char *path, size_t size)
{
	char name[64], number[PATH_MAX];
	int ret = find_name(device, name, sizeof(name));

	if (ret)
		return ret;
	if ((size_t)snprintf(number, sizeof(number), "%s/vfio-dev/%s/dev", device, name) >=
	    sizeof(number))
		return -ENAMETOOLONG;
	if (!vb_sysfs_exists(number))
		return -EOPNOTSUPP;
	return (size_t)snprintf(path, size, "/dev/vfio/devices/%s", name) < size ? 0 : -ENAMETOOLONG;
}

int vb_vfio_cdev_open(const char *device)
{
	char path[128];
	int ret = vb_vfio_cdev_path(device, path, sizeof(path)), fd;

	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
