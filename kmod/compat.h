/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_bench: everything that differs between kernels.
 *
 * The other files are written for one API, Linux 6.1's; this header (and, where
 * a whole mechanism differs, a source file that Kbuild chooses) makes other
 * kernels look like it.  What a kernel has is found by compiling, not by its
 * version number: each probe/NAME.c that compiles gives VB_HAVE_NAME in
 * vb_probe.h, and Kbuild writes that header.
 *
 * To add a kernel: add a probe, and its two branches here.
 */
#ifndef VB_COMPAT_H
#define VB_COMPAT_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vfio.h>

#include "vb_probe.h"

/* mdev-notifier.c, mdev.c, own.c: one of them is not empty. */
#if !defined(VB_HAVE_MDEV_PARENT_OPS) && \
	!(defined(VB_HAVE_DMA_UNMAP_OP) && \
	  (defined(VB_HAVE_MDEV_REGISTER_PARENT) || defined(VB_HAVE_NO_MDEV)))
#error "neither the API of mdev up to 5.12 nor that from 6.1 on"
#endif

struct vb_device;

#ifdef VB_HAVE_DMA_UNMAP_OP

/* 5.10 wants an array of page numbers: pfn.c. */
#define VB_COMPAT_PFN_ARRAYS	0
/* and has drivers register a notifier block: mdev-notifier.c */
#define VB_COMPAT_NOTIFIER	0

/* Pin @count pages for reading and writing; how many were pinned, or -errno. */
static inline int vb_compat_pin(struct vfio_device *vdev, u64 iova, unsigned long *pfns,
				unsigned int count, struct page **pages)
{
	return vfio_pin_pages(vdev, iova, count, IOMMU_READ | IOMMU_WRITE, pages);
}

static inline void vb_compat_unpin(struct vfio_device *vdev, u64 iova, unsigned long *pfns,
				   unsigned int count)
{
	vfio_unpin_pages(vdev, iova, count);
}

/* It does not answer. */
static inline int vb_compat_unpin_answer(struct vfio_device *vdev, u64 iova,
					 unsigned long *pfns, unsigned int count)
{
	vfio_unpin_pages(vdev, iova, count);
	return 0;
}

static inline int vb_register_wrongly(struct vb_device *dev, u32 what)
{
	return -EOPNOTSUPP;
}

static inline int vb_unregister_never(struct vb_device *dev)
{
	return -EOPNOTSUPP;
}

static inline int vb_while_unregistered(struct vb_device *dev, int (*what)(void *arg), void *arg)
{
	return -EOPNOTSUPP;
}

#else

#define VB_COMPAT_PFN_ARRAYS	1
#define VB_COMPAT_NOTIFIER	1

/* @pfns: the numbers of these pages.  It answers with numbers, too, in the place of pages. */
static inline int vb_compat_pin(struct vfio_device *vdev, u64 iova, unsigned long *pfns,
				unsigned int count, struct page **pages)
{
	return vfio_pin_pages(vdev->dev, pfns, count, IOMMU_READ | IOMMU_WRITE,
			      (unsigned long *)pages);
}

static inline void vb_compat_unpin(struct vfio_device *vdev, u64 iova, unsigned long *pfns,
				   unsigned int count)
{
	vfio_unpin_pages(vdev->dev, pfns, count);
}

static inline int vb_compat_unpin_answer(struct vfio_device *vdev, u64 iova,
					 unsigned long *pfns, unsigned int count)
{
	int ret = vfio_unpin_pages(vdev->dev, pfns, count);

	return ret < 0 ? ret : 0;
}

/* mdev-notifier.c: VFIO's answers; @what: VB_ASK_REGISTER_* */
int vb_register_wrongly(struct vb_device *dev, u32 what);
int vb_unregister_never(struct vb_device *dev);
/* What @what answers while @dev is not registered. */
int vb_while_unregistered(struct vb_device *dev, int (*what)(void *arg), void *arg);

#endif

/* 6.2 and later free the device themselves. */
static inline void vb_compat_free_device(struct vfio_device *vdev)
{
#ifdef VB_HAVE_FREE_DEVICE
	vfio_free_device(vdev);
#endif
}

/* 6.4 dropped the owner. */
static inline struct class *vb_compat_class_create(const char *name)
{
#ifdef VB_HAVE_CLASS_CREATE_OWNER
	return class_create(THIS_MODULE, name);
#else
	return class_create(name);
#endif
}

/* 6.3 made vm_flags read-only. */
static inline void vb_compat_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#ifdef VB_HAVE_VM_FLAGS_SET
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

/*
 * Members of struct vfio_device_ops that exist from 6.2 (detach_ioas: 6.6) on.  Without
 * CONFIG_IOMMUFD nobody calls them.
 */
#if defined(VB_HAVE_BIND_IOMMUFD) && IS_ENABLED(CONFIG_IOMMUFD)
#define VB_COMPAT_IOMMUFD	1
#endif
#ifdef VB_HAVE_DETACH_IOAS
#define VB_COMPAT_DETACH_IOAS	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#else
#define VB_COMPAT_DETACH_IOAS
#endif

#endif /* VB_COMPAT_H */
