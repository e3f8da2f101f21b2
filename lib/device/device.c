// SPDX-License-Identifier: GPL-2.0-or-later
/* Assigned devices: what sysfs says, the VFIO group, the device's fd. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/device/devices.h"
#include "lib/machine/pci.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/vfio-cdev.h"

const struct vb_device_ops *const vb_device_list[] = {
	&vb_device_edu,
	&vb_device_none,
	&vb_device_nvme,
	NULL
};

const struct vb_device_ops *vb_device_find(const char *name)
{
	for (const struct vb_device_ops *const *ops = vb_device_list; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}

static bool matches(const struct vb_pci_id *id, uint16_t vendor, uint16_t device,
		    uint32_t class_code)
{
	if (id->vendor)
		return id->vendor == vendor && id->device == device;
	return id->class_code == class_code;
}

/* The last entry of a list of ids. */
static bool ends(const struct vb_pci_id *id)
{
	return !id || (!id->vendor && !id->class_code);
}

const struct vb_device_ops *vb_device_match(uint16_t vendor, uint16_t device,
					    uint32_t class_code)
{
	const struct vb_device_ops *found = &vb_device_none;

	for (const struct vb_device_ops *const *ops = vb_device_list; *ops; ops++)
		for (const struct vb_pci_id *id = (*ops)->ids; !ends(id); id++) {
			if (!matches(id, vendor, device, class_code))
				continue;
			if (id->vendor)
				return *ops;
			found = *ops;
		}
	return found;
}

static int read_attribute(const char *address, const char *name, uint64_t *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, name);
	return vb_sysfs_read_u64(path, value);
}

/* -1 reads as a huge number to vb_sysfs_read_u64(): text it is. */
static int read_node(const char *address)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", address);
	return vb_sysfs_read(path, text, sizeof(text)) < 0 ? -1 : atoi(text);
}

int vb_device_probe(struct vb_device *dev, const char *address)
{
	unsigned int class_code = 0;
	uint64_t vendor, device;

	memset(dev, 0, sizeof(*dev));
	dev->fd = dev->group_fd = dev->irq_index = -1;
	if (!vb_pci_address_valid(address))
		return -EINVAL;
	snprintf(dev->address, sizeof(dev->address), "%s", address);
	if (read_attribute(address, "vendor", &vendor) || read_attribute(address, "device", &device))
		return -ENODEV;
	dev->vendor = (uint16_t)vendor;
	dev->device = (uint16_t)device;
	dev->node = read_node(address);
	if (!vb_pci_class(address, &class_code))
		dev->class_code = class_code;
	dev->ops = vb_device_match(dev->vendor, dev->device, dev->class_code);
	dev->dma_last = dev->ops->dma_last ? dev->ops->dma_last : UINT64_MAX;
	return vb_pci_group(address, &dev->group) ? -ENXIO : 0;
}

int vb_device_open_group(struct vb_device *dev)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/dev/vfio/%d", dev->group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status))
		ret = -errno;
	else if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		ret = -EPERM;
	if (ret) {
		close(fd);
		return ret;
	}
	dev->group_fd = fd;
	return 0;
}

static int open_file(const struct vb_device *dev)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", dev->address);
	return vb_vfio_cdev_open(path);
}

int vb_device_join(struct vb_device *dev, struct vb_iommu *iommu)
{
	int ret = iommu->ops->join == VB_JOIN_FD ? 0 : vb_device_open_group(dev);

	dev->iommu = iommu;
	if (!ret && dev->group_fd >= 0)
		ret = vb_iommu_add_group(iommu, dev->group_fd);
	return ret;
}

int vb_device_available(const struct vb_device *dev, const struct vb_iommu_ops *ops)
{
	struct vb_device copy = *dev;
	struct vb_iommu iommu;
	int ret;

	copy.fd = copy.group_fd = -1;
	copy.up = false;
	ret = vb_iommu_open(&iommu, ops);
	if (!ret)
		ret = vb_device_join(&copy, &iommu);
	if (!ret && ops->join == VB_JOIN_FD) {
		ret = vb_iommu_enable(&iommu);
		if (!ret)
			ret = vb_device_attach(&copy);
	}
	vb_device_close(&copy);
	vb_iommu_close(&iommu);
	return ret;
}

int vb_device_attach(struct vb_device *dev)
{
	bool by_file = dev->iommu && dev->iommu->ops->join == VB_JOIN_FD;
	int fd, ret = 0;

	if (dev->fd >= 0)
		return -EBUSY;
	fd = by_file ? open_file(dev) : ioctl(dev->group_fd, VFIO_GROUP_GET_DEVICE_FD, dev->address);
	if (fd < 0)
		return by_file ? fd : -errno;
	if (by_file)
		ret = vb_iommu_attach(dev->iommu, fd);
	if (ret)
		close(fd);
	else
		dev->fd = fd;
	return ret;
}

int vb_device_open(struct vb_device *dev)
{
	int ret;

	if (dev->up)
		return -EBUSY;
	if (dev->ops->own_bytes && !dev->own)
		return -EINVAL;
	ret = dev->fd < 0 ? vb_device_attach(dev) : 0;
	if (ret)
		return ret;
	ret = vb_device_up(dev);
	if (ret)
		vb_device_close_fd(dev);
	return ret;
}

int vb_device_up(struct vb_device *dev)
{
	int ret = dev->ops->open(dev);

	dev->up = true;
	if (ret)
		vb_device_down(dev);
	return ret;
}

void vb_device_down(struct vb_device *dev)
{
	if (dev->up)
		dev->ops->close(dev);
	dev->up = false;
}

void vb_device_close_fd(struct vb_device *dev)
{
	if (dev->fd < 0)
		return;
	vb_device_down(dev);
	close(dev->fd);		/* and with it its interrupts */
	dev->fd = dev->irq_index = -1;
}

/* Does [iova, iova + size) end within what the device reaches? */
static bool within_reach(const struct vb_device *dev, uint64_t iova, size_t size)
{
	return iova <= dev->dma_last && size - 1 <= dev->dma_last - iova;
}

/* @iovas: all of the transfer's, or-ed. */
static bool is_aligned(const struct vb_device *dev, uint64_t iovas, size_t size)
{
	return size && size <= dev->max_dma_bytes && !((iovas | size) & (dev->dma_align_bytes - 1));
}

int vb_device_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	if (!dev->ops->dma_copy)
		return -EOPNOTSUPP;
	if (!is_aligned(dev, iova_from | iova_to, size))
		return -EINVAL;
	if (!within_reach(dev, iova_from, size) || !within_reach(dev, iova_to, size))
		return -ERANGE;
	return dev->ops->dma_copy(dev, iova_from, iova_to, size);
}

int vb_device_dma_write(struct vb_device *dev, uint64_t iova, size_t size)
{
	if (!dev->ops->dma_write)
		return -EOPNOTSUPP;
	if (!is_aligned(dev, iova, size))
		return -EINVAL;
	if (!within_reach(dev, iova, size))
		return -ERANGE;
	return dev->ops->dma_write(dev, iova, size);
}

int vb_device_dma(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	if (dev->ops->dma_copy)
		return vb_device_dma_copy(dev, iova_from, iova_to, size);
	return vb_device_dma_write(dev, iova_to, size);
}

bool vb_device_dma_arrived(const struct vb_device *dev, const void *from, const void *to,
			   size_t size)
{
	if (dev->ops->dma_copy)
		return !memcmp(from, to, size);
	return dev->ops->dma_check(dev, to, size);
}

int vb_device_reset(struct vb_device *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (dev->up)
		return -EBUSY;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		return -errno;
	if (!(info.flags & VFIO_DEVICE_FLAGS_RESET))
		return -EOPNOTSUPP;
	return ioctl(dev->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

void vb_device_close(struct vb_device *dev)
{
	vb_device_close_fd(dev);
	if (dev->group_fd >= 0)
		close(dev->group_fd);
	dev->group_fd = -1;
	dev->iommu = NULL;
}

static int region(struct vb_device *dev, unsigned int index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

int vb_device_region(struct vb_device *dev, unsigned int index, uint64_t *offset, uint64_t *size)
{
	struct vfio_region_info info;
	int ret = region(dev, index, &info);

	if (ret)
		return ret;
	*offset = info.offset;
	*size = info.size;
	return 0;
}

int vb_device_map_bar(struct vb_device *dev, unsigned int index, void **bar, size_t *size)
{
	struct vfio_region_info info;
	int ret = region(dev, VFIO_PCI_BAR0_REGION_INDEX + index, &info);

	if (ret)
		return ret;
	if (!info.size || !(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -ENXIO;
	*bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd,
		    (off_t)info.offset);
	if (*bar == MAP_FAILED) {
		*bar = NULL;
		return -errno;
	}
	*size = info.size;
	return 0;
}

/* Set bits of the PCI command register. */
static int set_command(struct vb_device *dev, uint16_t bits)
{
	struct vfio_region_info info;
	int ret = region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	uint16_t command;

	if (ret)
		return ret;
	if (pread(dev->fd, &command, sizeof(command), (off_t)info.offset + PCI_COMMAND) !=
	    sizeof(command))
		return -EIO;
	command |= htole16(bits);
	if (pwrite(dev->fd, &command, sizeof(command), (off_t)info.offset + PCI_COMMAND) !=
	    sizeof(command))
		return -EIO;
	return 0;
}

static int find_largest_bar(struct vb_device *dev, struct vfio_region_info *largest)
{
	struct vfio_region_info info;

	largest->size = 0;
	for (unsigned int i = VFIO_PCI_BAR0_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++) {
		int ret = region(dev, i, &info);

		if (ret)
			return ret;
		if (info.flags & VFIO_REGION_INFO_FLAG_MMAP && info.size > largest->size)
			*largest = info;
	}
	return largest->size ? 0 : -ENXIO;
}

/* Later kernels map a BAR by huge pages, where addresses allow it (vfio_pci_mmap_huge_fault()). */
int vb_device_bar_memory(struct vb_device *dev, struct vb_memory *memory)
{
	size_t align = (size_t)1 << 30;
	struct vfio_region_info bar;
	int ret = find_largest_bar(dev, &bar);
	char *room, *addr;

	if (!ret)
		ret = set_command(dev, PCI_COMMAND_MEMORY);
	if (ret)
		return ret;
	room = mmap(NULL, bar.size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	if (room == MAP_FAILED)
		return -errno;
	addr = (char *)(((uintptr_t)room + align - 1) & ~(uintptr_t)(align - 1));
	*memory = (struct vb_memory){
		.addr = addr, .size_bytes = bar.size, .mapped_addr = room,
		.mapped_bytes = bar.size + align, .backing = VB_BACKING_BAR, .node = -1,
	};
	if (mmap(addr, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, dev->fd,
		 (off_t)bar.offset) != MAP_FAILED)
		return 0;
	ret = -errno;
	munmap(room, bar.size + align);
	memset(memory, 0, sizeof(*memory));
	return ret;
}

/* Interrupts here are MSI or MSI-X: a level that nobody lowers would be its line's others' trouble. */
int vb_device_enable_bus_master(struct vb_device *dev)
{
	return set_command(dev, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY |
			   PCI_COMMAND_INTX_DISABLE);
}
