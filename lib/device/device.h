/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An assigned PCIe device: opened through its VFIO group, and, where the
 * suite has a driver for it, made to do real DMA.
 */
#ifndef VB_DEVICE_H
#define VB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/iommu/iommu.h"

struct vb_device;

/*
 * A driver.  One thread uses a device's DMA functions at a time (the engine
 * sees to it).
 */
struct vb_device_ops {
	const char *name;
	const char *summary;
	const char *unavailable;	/* why it was not built; NULL: it was */
	/* PCI ids that it drives; vendor 0 ends the list; NULL: any device */
	const struct vb_pci_id { uint16_t vendor, device; } *ids;
	uint64_t dma_last;		/* highest IOVA that its devices reach; 0: all */
	/* Bring the device up for DMA; frees nothing on failure: close is called. */
	int (*open)(struct vb_device *dev);
	void (*close)(struct vb_device *dev);
	/*
	 * Real DMA both ways, @size bytes (up to max_dma_bytes): the device
	 * reads memory at @iova_from, then writes what it read to @iova_to.
	 * On return the transfer has finished (0) or the device reports that
	 * it has not (-EIO) or it did not end in time (-ETIMEDOUT).  NULL: the
	 * driver can't do DMA.  Called by vb_device_dma_copy() alone.
	 */
	int (*dma_copy)(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to,
			size_t size);
};

struct vb_device {
	const struct vb_device_ops *ops;
	char address[16];		/* 0000:81:00.0 */
	uint16_t vendor, device;
	int node;			/* NUMA node as sysfs tells, -1: none */
	int group;			/* IOMMU group number */
	int group_fd;
	int fd;
	uint64_t dma_last;		/* highest IOVA that the device can reach */
	size_t max_dma_bytes;		/* of one dma_copy; 0: no DMA */
	size_t dma_align_bytes;		/* of IOVAs and sizes, a power of two */
	void *priv;			/* the driver's: its BAR, or a structure */
	size_t priv_bytes;
};

/* All of them, sorted by name, NULL at the end. */
extern const struct vb_device_ops *const vb_device_list[];

const struct vb_device_ops *vb_device_find(const char *name);
/* The driver for these ids; the one named "none" if no other has them. */
const struct vb_device_ops *vb_device_match(uint16_t vendor, uint16_t device);

/*
 * Read what sysfs says of @address into *dev (ids, node, group).  -ENODEV: no
 * such device; -EINVAL: not an address of the form 0000:41:00.0; -ENXIO: in no
 * IOMMU group.
 */
int vb_device_probe(struct vb_device *dev, const char *address);
/*
 * Open the group of a probed device and check that it is viable.  -ENOENT: no
 * /dev/vfio/GROUP (not bound to vfio-pci); -EBUSY: open elsewhere; -EPERM: not
 * viable (a device of the group has a host driver).
 */
int vb_device_open_group(struct vb_device *dev);
/*
 * Get the device's fd and bring its driver up.  The group is in an enabled
 * container.  -EBUSY: open already; after a failure it is closed, the group is not.
 */
int vb_device_open(struct vb_device *dev);
/*
 * Real DMA both ways, see dma_copy above, whose errors it returns.  -EINVAL:
 * the size is 0 or beyond max_dma_bytes, or something is not aligned to
 * dma_align_bytes; -ERANGE: an end lies beyond dma_last; -EOPNOTSUPP: the
 * driver can't do DMA.  Nothing was transferred then.
 */
int vb_device_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size);
/* VFIO_DEVICE_RESET.  -EOPNOTSUPP: the device can't. */
int vb_device_reset(struct vb_device *dev);
/* Closes device, then group.  Idempotent. */
void vb_device_close(struct vb_device *dev);

/* For drivers: map BAR @index; munmap() it with *size.  -ENXIO: it can't be mapped. */
int vb_device_map_bar(struct vb_device *dev, unsigned int index, void **bar, size_t *size);
/* For drivers: set bits in the PCI command register (bus master, memory). */
int vb_device_enable_bus_master(struct vb_device *dev);

#endif /* VB_DEVICE_H */
