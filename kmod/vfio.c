// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: a device as VFIO sees it, from 6.0 on: it registers itself with VFIO and
 * is told of unmaps by an op.  (Before: mdev-notifier.c.)
 */
#include "internal.h"

#ifdef VB_HAVE_DMA_UNMAP_OP

static struct vb_device *to_vb(struct vfio_device *vdev)
{
	return container_of(vdev, struct vb_device, vdev);
}

static int vb_vfio_init(struct vfio_device *vdev)
{
	vb_device_setup(to_vb(vdev));
	return 0;
}

static void vb_vfio_release(struct vfio_device *vdev)
{
	vb_device_destroy(to_vb(vdev));
	vb_compat_free_device(vdev);
}

static int vb_vfio_open_device(struct vfio_device *vdev)
{
	return vb_device_open(to_vb(vdev));
}

static void vb_vfio_close_device(struct vfio_device *vdev)
{
	vb_device_close(to_vb(vdev));
}

/*
 * Somebody wants to remove the device while it is open: give back what it
 * holds and let every further request fail with -ENODEV, so that its owner
 * sees it and closes.  VFIO asks again every ten seconds until then.
 */
static void vb_vfio_request(struct vfio_device *vdev, unsigned int count)
{
	dev_notice_ratelimited(vdev->dev, "removal requested (%u), waiting for the owner to close\n",
			       count + 1);
	vb_device_give_up(to_vb(vdev));
}

static void vb_vfio_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	vb_device_unmap(to_vb(vdev), iova, length);
}

static long vb_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	return vb_ioctl(to_vb(vdev), cmd, arg);
}

static int vb_vfio_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	return vb_slot_mmap(to_vb(vdev), vma);
}

#ifdef VB_COMPAT_IOMMUFD

/* Before the device is opened, and so before it has windows. */
static int vb_vfio_bind_iommufd(struct vfio_device *vdev, struct iommufd_ctx *ictx,
				u32 *out_device_id)
{
	int ret = vfio_iommufd_emulated_bind(vdev, ictx, out_device_id);

	to_vb(vdev)->exact = !ret;
	return ret;
}

static void vb_vfio_unbind_iommufd(struct vfio_device *vdev)
{
	vfio_iommufd_emulated_unbind(vdev);
	to_vb(vdev)->exact = false;
}

#endif

static const struct vfio_device_ops vb_vfio_ops = {
	.name		= "vfio-bench",
	.init		= vb_vfio_init,
	.release	= vb_vfio_release,
	.open_device	= vb_vfio_open_device,
	.close_device	= vb_vfio_close_device,
	.ioctl		= vb_vfio_ioctl,
	.mmap		= vb_vfio_mmap,
	.request	= vb_vfio_request,
	.dma_unmap	= vb_vfio_dma_unmap,
#ifdef VB_COMPAT_IOMMUFD
	.bind_iommufd	= vb_vfio_bind_iommufd,
	.unbind_iommufd	= vb_vfio_unbind_iommufd,
	.attach_ioas	= vfio_iommufd_emulated_attach_ioas,
	VB_COMPAT_DETACH_IOAS
#endif
};

int vb_vfio_add(struct device *parent)
{
	struct vb_device *dev;
	int ret;

	dev = vfio_alloc_device(vb_device, vdev, parent, &vb_vfio_ops);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ret = vfio_register_emulated_iommu_dev(&dev->vdev);
	if (ret) {
		vfio_put_device(&dev->vdev);
		return ret;
	}
	dev_set_drvdata(parent, dev);
	return 0;
}

void vb_vfio_remove(struct device *parent)
{
	struct vb_device *dev = dev_get_drvdata(parent);

	vfio_unregister_group_dev(&dev->vdev);
	vfio_put_device(&dev->vdev);
}

#endif /* VB_HAVE_DMA_UNMAP_OP */
