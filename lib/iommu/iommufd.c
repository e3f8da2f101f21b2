// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMUFD, and type1 as it imitates it (Linux 6.2): named, not yet supported. */
#include <unistd.h>

#include "lib/iommu/iommus.h"

static const char *unavailable(void)
{
	if (access("/dev/iommu", F_OK))
		return "/dev/iommu is not there: the kernel has no IOMMUFD";
	return "/dev/iommu is there, but vfio-bench does not use it yet";
}

const struct vb_iommu_ops vb_iommufd = {
	.name = "iommufd",
	.summary = "IOMMUFD's own interface; not yet supported",
	.unavailable = unavailable,
	.has_devices = true,
	.split = VB_SPLIT_REFUSED,
};

const struct vb_iommu_ops vb_iommufd_compat_type1 = {
	.name = "iommufd_compat_type1",
	.summary = "type1, version 1, by IOMMUFD: an unmap may take a part of a "
		   "mapping; not yet supported",
	.unavailable = unavailable,
	.has_devices = true,
	.split = VB_SPLIT_PART,
};

const struct vb_iommu_ops vb_iommufd_compat_type1v2 = {
	.name = "iommufd_compat_type1v2",
	.summary = "type1, version 2, by IOMMUFD; not yet supported",
	.unavailable = unavailable,
	.has_devices = true,
	.split = VB_SPLIT_REFUSED,
};
