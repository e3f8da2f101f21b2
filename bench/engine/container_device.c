// SPDX-License-Identifier: GPL-2.0-or-later
/* The container's assigned device, and its driver's own memory in it. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/engine/container_device.h"

/* Not through a worker, so in no worker's bytes. */
static int map_own(struct vb_container *c, const struct vb_plan *plan)
{
	struct vb_device *d = c->device;
	void *own;
	int ret;

	if (!d->ops->own_bytes)
		return 0;
	if (d->ops->own_bytes > plan->device_bytes)	/* another kind than the first container's */
		return -ENOSPC;
	own = mmap(NULL, d->ops->own_bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (own == MAP_FAILED)
		return -errno;
	ret = vb_iommu_map(&c->iommu, own, plan->device_iova, d->ops->own_bytes,
			   VB_PROT_READ | VB_PROT_WRITE);
	if (ret) {
		munmap(own, d->ops->own_bytes);
		return ret;
	}
	d->own = own;
	d->own_iova = plan->device_iova;
	return 0;
}

static const char *advice(int error)
{
	return error == -EOPNOTSUPP ? "this kernel gives devices no files of their own "
				      "(CONFIG_VFIO_DEVICE_CDEV)" : strerror(-error);
}

/*
 * Opening and closing the device resets it, 0.4 s and more.  Where its group is what
 * the IOMMU maps for, it is done only for those that make the device work.
 */
int vb_container_device_open(struct vb_container *c, const struct vb_plan *plan)
{
	bool works = plan->uses_device || plan->needs_bar;
	struct vb_device *d = c->device;
	int ret = 0;

	if (vb_iommu_maps_for_open(c->iommu.ops) && !plan->reopens_device)
		ret = vb_device_attach(d);
	if (!ret && works) {
		ret = map_own(c, plan);
		if (ret)
			return vb_run_error(c->shared, ret, "%s: mapping its driver's own memory: %s",
					    d->address, strerror(-ret));
		ret = plan->reopens_device ? 0 : vb_device_open(d);
	}
	if (ret)
		vb_run_error(c->shared, ret, "%s: opening the device: %s", d->address, advice(ret));
	return ret;
}

void vb_container_device_close(struct vb_container *c)
{
	struct vb_device *d = c->device;
	uint64_t unmapped;

	if (!d)
		return;
	vb_device_close_fd(d);
	if (!d->own)
		return;
	vb_iommu_unmap(&c->iommu, d->own_iova, d->ops->own_bytes, &unmapped);
	munmap(d->own, d->ops->own_bytes);
	d->own = NULL;
}
