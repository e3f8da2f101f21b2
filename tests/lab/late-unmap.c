// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For device-test.sh, by LD_PRELOAD: a kernel whose unmap of one page has no effect
 * until the next map or unmap.  It says that it did what it was asked to; devices go
 * on reaching the memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <linux/vfio.h>

#define PAGE 4096u

int ioctl(int fd, unsigned long request, ...);

static int (*kernel)(int fd, unsigned long request, ...);
static struct vfio_iommu_type1_dma_unmap held;
static bool holding;

static void let_go(int fd)
{
	if (holding)
		kernel(fd, VFIO_IOMMU_UNMAP_DMA, &held);
	holding = false;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct vfio_iommu_type1_dma_unmap *unmap;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!kernel)
		kernel = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	if (request == VFIO_IOMMU_MAP_DMA || request == VFIO_IOMMU_UNMAP_DMA)
		let_go(fd);
	unmap = arg;
	if (request != VFIO_IOMMU_UNMAP_DMA || unmap->flags || unmap->size != PAGE || !unmap->iova)
		return kernel(fd, request, arg);
	held = *unmap;
	holding = true;
	return 0;
}
