/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An assigned PCIe device: opened through its VFIO group or its own file, and, where
 * the suite has a driver for it, made to do real DMA and to raise interrupts.  How one adds
 * a driver: doc/adding-a-device.md.
 */
#ifndef VB_DEVICE_H
#define VB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/iommu/iommu.h"
#include "lib/machine/memory.h"

struct vb_device;

/* What a driver drives: devices of these numbers, or, with a class code, of a kind. */
struct vb_pci_id {
	uint16_t vendor, device;	/* 0, 0: any that has the class */
	uint32_t class_code;		/* 0x010802: NVMe; 0: by its numbers alone */
};

/*
 * A register that the suite may write whenever the driver is down: it reads as
 * (written ^ flipped) in the bits of mask.  32 bits wide.
 */
struct vb_device_scratch {
	unsigned int bar;
	unsigned int offset;
	uint32_t mask, flipped;		/* mask 0: there is none */
};

/*
 * A driver.  One thread uses a device at a time (the job's rules see to it).  A
 * device that moves memory has dma_copy, one that can only write has dma_write
 * and dma_check; with neither it does no DMA.
 */
struct vb_device_ops {
	const char *name;
	const char *summary;
	const char *unavailable;	/* why it was not built; NULL: it was */
	/* What it drives; all 0 ends the list; NULL: any device */
	const struct vb_pci_id *ids;
	uint64_t dma_last;		/* highest IOVA that its devices reach; 0: all */
	size_t own_bytes;		/* of memory that the device works in itself (queues), whole pages */
	struct vb_device_scratch scratch;
	/*
	 * Bring the device up, whatever state it is in; frees nothing on failure:
	 * close is called.
	 */
	int (*open)(struct vb_device *dev);
	/* Idempotent.  On return the device does no DMA any more and raises no interrupt. */
	void (*close)(struct vb_device *dev);
	/*
	 * Real DMA both ways, @size bytes (up to max_dma_bytes): the device
	 * reads memory at @iova_from, then writes what it read to @iova_to.
	 * On return the transfer has finished (0) or the device reports that
	 * it has not (-EIO) or it did not end in time (-ETIMEDOUT).  Called by
	 * vb_device_dma_copy() alone.
	 */
	int (*dma_copy)(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to,
			size_t size);
	/*
	 * Real DMA one way: the device writes @size bytes (up to max_dma_bytes) that
	 * it has itself to @iova.  On return as dma_copy.
	 */
	int (*dma_write)(struct vb_device *dev, uint64_t iova, size_t size);
	/* Is @data, to the last byte, what the dma_write before wrote? */
	bool (*dma_check)(const struct vb_device *dev, const void *data, size_t size);
	/*
	 * Have the device raise its first interrupt, once: on return it has been told
	 * to, and the interrupt may have come.  NULL: the driver can't.
	 */
	int (*irq_raise)(struct vb_device *dev);
	/* It has come: make the device ready for the next.  -EIO: the device raised none. */
	int (*irq_done)(struct vb_device *dev);
};

struct vb_device {
	const struct vb_device_ops *ops;
	char address[16];		/* 0000:81:00.0 */
	uint16_t vendor, device;
	uint32_t class_code;
	int node;			/* NUMA node as sysfs tells, -1: none */
	int group;			/* IOMMU group number */
	int group_fd;
	struct vb_iommu *iommu;		/* that it has joined; NULL: none */
	int fd;
	uint64_t dma_last;		/* highest IOVA that the device can reach */
	size_t max_dma_bytes;		/* of one transfer; 0: no DMA */
	size_t dma_align_bytes;		/* of IOVAs and sizes, a power of two */
	/* ops->own_bytes of memory, mapped for the device to read and write: the opener's */
	void *own;
	uint64_t own_iova;
	bool up;			/* the driver is */
	int irq_index;			/* VFIO's, of the interrupts that are on; -1: none */
	void *priv;			/* the driver's: its BAR, or a structure */
	size_t priv_bytes;
};

/* All of them, sorted by name, NULL at the end. */
extern const struct vb_device_ops *const vb_device_list[];

const struct vb_device_ops *vb_device_find(const char *name);
/*
 * The driver for such a device; numbers count more than the class.  The one named
 * "none" if no other has them.
 */
const struct vb_device_ops *vb_device_match(uint16_t vendor, uint16_t device,
					    uint32_t class_code);
/* Does the driver do DMA, of whichever kind? */
static inline bool vb_device_does_dma(const struct vb_device_ops *ops)
{
	return ops->dma_copy || ops->dma_write;
}

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
 * Join @iommu, which is open and stays where it is: the group is opened, checked and
 * added; where devices have files of their own, that is all left to
 * vb_device_attach().  Errors as of vb_device_open_group() and vb_iommu_add_group().
 */
int vb_device_join(struct vb_device *dev, struct vb_iommu *iommu);
/* Can it be had now, by the way into @ops, or does somebody have it?  As of vb_device_open(). */
int vb_device_available(const struct vb_device *dev, const struct vb_iommu_ops *ops);
/*
 * Get the device's fd, its driver down; the container that it has joined is enabled.
 * In some modes it is now that the IOMMU maps for it (vb_iommu_maps_for_open()).
 * -EBUSY: it has one already, or another program has; -EOPNOTSUPP: the kernel makes no
 * files for devices, and the mode wants one.
 */
int vb_device_attach(struct vb_device *dev);
/*
 * The same unless it was done, and bring its driver up.  dev->own is mapped.  -EBUSY:
 * open already; -EINVAL: no dev->own; after a failure it is closed, the group is not.
 */
int vb_device_open(struct vb_device *dev);
/* The reverse of both; the group and dev->own stay.  Idempotent. */
void vb_device_close_fd(struct vb_device *dev);
/*
 * The driver of an open device alone: down, the device works no more; up again, as
 * after vb_device_open(), from whatever state.  Interrupts that are on stay on.
 */
void vb_device_down(struct vb_device *dev);
int vb_device_up(struct vb_device *dev);
/*
 * Real DMA both ways, see dma_copy above, whose errors it returns.  -EINVAL:
 * the size is 0 or beyond max_dma_bytes, or something is not aligned to
 * dma_align_bytes; -ERANGE: an end lies beyond dma_last; -EOPNOTSUPP: the
 * driver can't do DMA.  Nothing was transferred then.
 */
int vb_device_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size);
/* Real DMA one way, see dma_write above; errors as of vb_device_dma_copy(). */
int vb_device_dma_write(struct vb_device *dev, uint64_t iova, size_t size);
/*
 * The one of the two that the device can: @size bytes at @iova_to are from
 * @iova_from, or are the device's own.
 */
int vb_device_dma(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size);
/* Did they arrive at @to as they were?  @from: memory behind iova_from, left as it was. */
bool vb_device_dma_arrived(const struct vb_device *dev, const void *from, const void *to,
			   size_t size);
/*
 * The device's first interrupt, MSI-X or else MSI, rings @eventfd from now on.  Its
 * driver is taken down and up for it: hardware may look at how it is to interrupt
 * when it starts and not again (NVMe: Base 3.5.1; QEMU's does so).  -EOPNOTSUPP: it
 * has neither; -EBUSY: on already.
 */
int vb_device_irq_on(struct vb_device *dev, int eventfd);
/* Idempotent. */
int vb_device_irq_off(struct vb_device *dev);
/* See irq_raise and irq_done above.  -EOPNOTSUPP: the driver can't; -EINVAL: not on. */
int vb_device_irq_raise(struct vb_device *dev);
int vb_device_irq_done(struct vb_device *dev);
/*
 * VFIO_DEVICE_RESET, of a device whose driver is down.  -EOPNOTSUPP: the device
 * can't; -EBUSY: the driver is up.
 */
int vb_device_reset(struct vb_device *dev);
/* Closes device, then group.  Idempotent. */
void vb_device_close(struct vb_device *dev);

/* Where a region of the device lies in its fd, and its size: 0 or -errno. */
int vb_device_region(struct vb_device *dev, unsigned int index, uint64_t *offset, uint64_t *size);
/* For drivers: map BAR @index; munmap() it with *size.  -ENXIO: it can't be mapped. */
int vb_device_map_bar(struct vb_device *dev, unsigned int index, void **bar, size_t *size);
/*
 * The largest BAR that can be mapped, as memory to be mapped for DMA, of an open
 * device: aligned like a huge page of its size, freed with vb_memory_free().  Nobody
 * but the device is to touch it.  -ENXIO: there is none.
 */
int vb_device_bar_memory(struct vb_device *dev, struct vb_memory *memory);
/* For drivers: set bits in the PCI command register (bus master, memory). */
int vb_device_enable_bus_master(struct vb_device *dev);

#endif /* VB_DEVICE_H */
