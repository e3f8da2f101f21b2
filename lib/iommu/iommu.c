// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of ways to map, and the states of a container. */
#include <errno.h>
#include <string.h>

#include "lib/iommu/iommus.h"

const struct vb_iommu_ops *const vb_iommu_list[] = {
	&vb_iommufd,
	&vb_iommufd_compat_type1,
	&vb_iommufd_compat_type1v2,
	&vb_iommu_null,
	&vb_iommu_type1,
	&vb_iommu_type1v2,
	NULL
};

const struct vb_iommu_ops *vb_iommu_find(const char *name)
{
	for (const struct vb_iommu_ops *const *ops = vb_iommu_list; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}

const char *vb_iommu_unavailable(const struct vb_iommu_ops *ops)
{
	return ops->unavailable ? ops->unavailable() : NULL;
}

int vb_iommu_open(struct vb_iommu *iommu, const struct vb_iommu_ops *ops)
{
	*iommu = (struct vb_iommu){ .ops = ops, .fd = -1, .device_fd = -1 };
	if (vb_iommu_unavailable(ops))
		return -EOPNOTSUPP;
	return ops->open(iommu);
}

int vb_iommu_add_group(struct vb_iommu *iommu, int group_fd)
{
	return iommu->ops->add_group ? iommu->ops->add_group(iommu, group_fd) : -EOPNOTSUPP;
}

int vb_iommu_attach(struct vb_iommu *iommu, int device_fd)
{
	if (!iommu->ops->attach)
		return -EOPNOTSUPP;
	return iommu->enabled ? iommu->ops->attach(iommu, device_fd) : -EINVAL;
}

int vb_iommu_enable(struct vb_iommu *iommu)
{
	int ret;

	if (iommu->enabled)
		return -EBUSY;
	ret = iommu->ops->enable(iommu);
	iommu->enabled = !ret;
	return ret;
}

int vb_iommu_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	if (!iommu->enabled)
		return -EINVAL;
	memset(info, 0, sizeof(*info));
	info->dma_avail = UINT32_MAX;
	return iommu->ops->get_info(iommu, info);
}

unsigned int vb_iommu_can(struct vb_iommu *iommu)
{
	if (!iommu->enabled || !iommu->ops->can)
		return 0;
	return iommu->ops->can(iommu) & iommu->ops->abilities;
}

void vb_iommu_close(struct vb_iommu *iommu)
{
	if (iommu->ops)
		iommu->ops->close(iommu);
	iommu->enabled = false;
}
