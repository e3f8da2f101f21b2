// SPDX-License-Identifier: GPL-2.0-or-later
/* Making, opening and removing the companion module's mdevs. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>
#include <unistd.h>

#include "lib/machine/sysfs.h"
#include "lib/machine/vfio-cdev.h"
#include "lib/mdev/mdev.h"

/* The parent device is named after the module; it offers one type. */
#define TYPE_PATTERN "/sys/class/mdev_bus/vfio_bench*/mdev_supported_types/*/create"
/* Where the kernel has no mdev, the module has a bus of its own: kmod/own.c. */
#define OWN_BUS "/sys/bus/vfio_bench/devices"
#define OWN_CREATE "/sys/devices/vfio_bench/create"
#define OWN_REMOVE "/sys/devices/vfio_bench/remove"

const char *vb_mdev_bus(void)
{
	return vb_sysfs_exists(OWN_BUS) ? OWN_BUS : "/sys/bus/mdev/devices";
}

const char *vb_mdev_remove_path(const char *uuid, char *path, size_t size)
{
	if (vb_sysfs_exists(OWN_REMOVE)) {
		snprintf(path, size, "%s", OWN_REMOVE);
		return uuid;
	}
	snprintf(path, size, "%s/%s/remove", vb_mdev_bus(), uuid);
	return "1";
}

/* Where the module takes UUIDs. */
static int create_path(char *path, size_t size)
{
	char pattern[4096];
	glob_t found;
	int ret = -ENODEV;

	if (vb_sysfs_exists(OWN_CREATE)) {
		snprintf(path, size, "%s", OWN_CREATE);
		return 0;
	}
	if (vb_sysfs_path(pattern, sizeof(pattern), TYPE_PATTERN))
		return -ENAMETOOLONG;
	if (glob(pattern, 0, NULL, &found))
		return -ENODEV;
	if (found.gl_pathc && strlen(found.gl_pathv[0]) < size) {
		strcpy(path, found.gl_pathv[0] + strlen(vb_sysfs_root()));
		ret = 0;
	}
	globfree(&found);
	return ret;
}

bool vb_mdev_supported(void)
{
	char path[4096];

	return !create_path(path, sizeof(path));
}

static int read_group(struct vb_mdev *mdev)
{
	char path[128], group[32], *end;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/iommu_group", vb_mdev_bus(), mdev->uuid);
	ret = vb_sysfs_read_link_base(path, group, sizeof(group));
	if (ret == -ENOENT) {	/* CONFIG_VFIO_GROUP is off */
		mdev->group = -1;
		return 0;
	}
	if (ret < 0)
		return ret;
	mdev->group = (int)strtol(group, &end, 10);
	return *group && !*end ? 0 : -EPROTO;
}

int vb_mdev_name(struct vb_mdev *mdev)
{
	int ret;

	*mdev = VB_MDEV_NONE;
	ret = vb_sysfs_read("/proc/sys/kernel/random/uuid", mdev->uuid, sizeof(mdev->uuid));
	return ret < 0 ? ret : 0;
}

int vb_mdev_create(struct vb_mdev *mdev)
{
	char path[4096];
	int ret = create_path(path, sizeof(path));

	if (ret)
		return ret;
	ret = vb_sysfs_write(path, mdev->uuid);
	if (ret < 0)
		return ret;
	mdev->created = true;
	ret = read_group(mdev);
	if (ret)
		vb_mdev_remove(mdev);
	return ret;
}

int vb_mdev_remove(struct vb_mdev *mdev)
{
	const char *text;
	char path[128];
	int ret;

	if (!mdev->created)
		return 0;
	text = vb_mdev_remove_path(mdev->uuid, path, sizeof(path));
	ret = vb_sysfs_write(path, text);
	if (ret >= 0)
		mdev->created = false;
	return ret < 0 ? ret : 0;
}

int vb_mdev_open_group(struct vb_mdev *mdev)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", mdev->group);
	mdev->group_fd = open(path, O_RDWR | O_CLOEXEC);
	if (mdev->group_fd < 0) {
		mdev->group_fd = -1;
		return -errno;
	}
	return 0;
}

int vb_mdev_join(struct vb_mdev *mdev, struct vb_iommu *iommu)
{
	int ret = iommu->ops->join == VB_JOIN_FD ? 0 : vb_mdev_open_group(mdev);

	mdev->iommu = iommu;
	if (!ret && mdev->group_fd >= 0)
		ret = vb_iommu_add_group(iommu, mdev->group_fd);
	return ret;
}

static int open_file(struct vb_mdev *mdev)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", vb_mdev_bus(), mdev->uuid);
	fd = vb_vfio_cdev_open(path);
	if (fd < 0)
		return fd;
	ret = vb_iommu_attach(mdev->iommu, fd);
	if (ret)
		close(fd);
	else
		mdev->fd = fd;
	return ret;
}

int vb_mdev_open(struct vb_mdev *mdev)
{
	int fd;

	if (mdev->iommu && mdev->iommu->ops->join == VB_JOIN_FD)
		return open_file(mdev);
	fd = ioctl(mdev->group_fd, VFIO_GROUP_GET_DEVICE_FD, mdev->uuid);
	if (fd < 0)
		return -errno;
	mdev->fd = fd;
	return 0;
}

int vb_mdev_available(const struct vb_mdev *mdev, const struct vb_iommu_ops *ops)
{
	struct vb_mdev copy = *mdev;
	struct vb_iommu iommu;
	int ret;

	copy.fd = copy.group_fd = -1;
	ret = vb_iommu_open(&iommu, ops);
	if (!ret)
		ret = vb_mdev_join(&copy, &iommu);
	if (!ret && ops->join == VB_JOIN_FD) {
		ret = vb_iommu_enable(&iommu);
		if (!ret)
			ret = vb_mdev_open(&copy);
	}
	vb_mdev_close(&copy);
	vb_iommu_close(&iommu);
	return ret;
}

void vb_mdev_close_device(struct vb_mdev *mdev)
{
	if (mdev->fd >= 0)
		close(mdev->fd);
	mdev->fd = -1;
}

void vb_mdev_close(struct vb_mdev *mdev)
{
	vb_mdev_close_device(mdev);
	if (mdev->group_fd >= 0)
		close(mdev->group_fd);
	mdev->group_fd = -1;
	mdev->iommu = NULL;
}
