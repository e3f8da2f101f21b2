// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOMMUFD's own interface (Documentation/userspace-api/iommufd.rst): an address
 * space (IOAS) in /dev/iommu, into which devices are let by their own files.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/iommu/iommufd-impl.h"

const char *iommufd_unavailable(void)
{
	if (access("/dev/iommu", F_OK))
		return "/dev/iommu is not there: the kernel has no IOMMUFD, or its module is not loaded";
	return NULL;
}

static int iommufd_open(struct vb_iommu *iommu)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	iommu->fd = fd;
	return 0;
}

static int make_ioas(struct vb_iommu *iommu, uint32_t *ioas)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	if (ioctl(iommu->fd, IOMMU_IOAS_ALLOC, &alloc))
		return -errno;
	*ioas = alloc.out_ioas_id;
	return 0;
}

int iommufd_make_table(struct vb_iommu *iommu, uint32_t ioas, uint32_t flags, uint32_t *hwpt)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = flags,
		.dev_id = iommu->device_id,
		.pt_id = ioas,
	};

	if (!iommu->device_id)
		return -EOPNOTSUPP;
	if (ioctl(iommu->fd, IOMMU_HWPT_ALLOC, &alloc))
		return -errno;
	*hwpt = alloc.out_hwpt_id;
	return 0;
}

int iommufd_destroy(struct vb_iommu *iommu, uint32_t id)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = id };

	return ioctl(iommu->fd, IOMMU_DESTROY, &destroy) ? -errno : 0;
}

static int iommufd_add_space(struct vb_iommu *iommu, struct vb_iommu_space *space)
{
	int ret;

	*space = (struct vb_iommu_space){ 0 };
	ret = make_ioas(iommu, &space->ioas);
	if (ret || !iommu->device_id)
		return ret;
	ret = iommufd_make_table(iommu, space->ioas, 0, &space->hwpt);
	if (ret)
		iommufd_destroy(iommu, space->ioas);
	return ret;
}

static int iommufd_remove_space(struct vb_iommu *iommu, struct vb_iommu_space *space)
{
	int ret = space->hwpt ? iommufd_destroy(iommu, space->hwpt) : 0;

	if (!ret)
		ret = iommufd_destroy(iommu, space->ioas);
	*space = (struct vb_iommu_space){ 0 };
	return ret;
}

static int iommufd_enable(struct vb_iommu *iommu)
{
	return make_ioas(iommu, &iommu->ioas);
}

/*
 * Binding opens the device, and resets it.  A file may be opened by many, and bound by
 * one: the others are told EINVAL (vfio_df_device_first_open()).  An mdev has no page table: what the
 * kernel says it was attached to is the address space itself then.
 */
static int iommufd_attach(struct vb_iommu *iommu, int device_fd)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommu->fd };
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = iommu->ioas,
	};

	if (ioctl(device_fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return errno == EINVAL ? -EBUSY : -errno;
	if (ioctl(device_fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return -errno;
	if (attach.pt_id == iommu->ioas)
		return 0;
	iommu->device_id = bind.out_devid;
	iommu->device_fd = device_fd;
	return 0;
}

/* Page sizes are the IOMMU's own affair here; what is told is how IOVAs have to be aligned. */
static int iommufd_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	struct iommu_iova_range range[VB_IOMMU_MAX_RANGES];
	struct iommu_ioas_iova_ranges get = {
		.size = sizeof(get),
		.ioas_id = iommu->ioas,
		.num_iovas = VB_IOMMU_MAX_RANGES,
		.allowed_iovas = (uintptr_t)range,
	};

	/* EMSGSIZE: there are more, and the lowest are here */
	if (ioctl(iommu->fd, IOMMU_IOAS_IOVA_RANGES, &get) && errno != EMSGSIZE)
		return -errno;
	info->nr_ranges = get.num_iovas < VB_IOMMU_MAX_RANGES ? get.num_iovas : VB_IOMMU_MAX_RANGES;
	for (uint32_t i = 0; i < info->nr_ranges; i++)
		info->range[i] = (struct vb_iova_range){ range[i].start, range[i].last };
	if (!get.out_iova_alignment || get.out_iova_alignment & (get.out_iova_alignment - 1))
		return -EPROTO;
	info->pgsizes = -(get.out_iova_alignment > 4096 ? get.out_iova_alignment : 4096ull);
	info->dirty_pgsizes = iommufd_can_track(iommu) ? 4096 : 0;
	return 0;
}

static uint32_t flags_of(uint32_t prot)
{
	return IOMMU_IOAS_MAP_FIXED_IOVA | (prot & VB_PROT_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
	       (prot & VB_PROT_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0);
}

/* The timed path: the ioctl and nothing else. */
static int iommufd_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		       uint32_t prot)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = flags_of(prot),
		.ioas_id = iommu->ioas,
		.user_va = (uintptr_t)vaddr,
		.length = size,
		.iova = iova,
	};

	return ioctl(iommu->fd, IOMMU_IOAS_MAP, &map) ? -errno : 0;
}

static int iommufd_map_file(struct vb_iommu *iommu, int fd, uint64_t offset, uint64_t iova,
			    uint64_t size, uint32_t prot)
{
	struct iommu_ioas_map_file map = {
		.size = sizeof(map),
		.flags = flags_of(prot),
		.ioas_id = iommu->ioas,
		.fd = fd,
		.start = offset,
		.length = size,
		.iova = iova,
	};

	return ioctl(iommu->fd, IOMMU_IOAS_MAP_FILE, &map) ? -errno : 0;
}

static int iommufd_change_process(struct vb_iommu *iommu)
{
	struct iommu_ioas_change_process change = { .size = sizeof(change) };

	return ioctl(iommu->fd, IOMMU_IOAS_CHANGE_PROCESS, &change) ? -errno : 0;
}

static int iommufd_copy(struct vb_iommu *iommu, const struct vb_iommu_space *space, uint64_t iova,
			uint64_t size, uint32_t prot)
{
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy),
		.flags = flags_of(prot),
		.dst_ioas_id = space->ioas,
		.src_ioas_id = iommu->ioas,
		.length = size,
		.dst_iova = iova,
		.src_iova = iova,
	};

	return ioctl(iommu->fd, IOMMU_IOAS_COPY, &copy) ? -errno : 0;
}

int iommufd_unmap_ioas(struct vb_iommu *iommu, uint32_t ioas, uint64_t iova, uint64_t size,
		       uint64_t *unmapped)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas,
		.iova = iova,
		.length = size,
	};

	if (ioctl(iommu->fd, IOMMU_IOAS_UNMAP, &unmap))
		return iommufd_unmap_result(-errno, unmapped);
	*unmapped = unmap.length;
	return 0;
}

static int iommufd_unmap_space(struct vb_iommu *iommu, const struct vb_iommu_space *space,
			       uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	return iommufd_unmap_ioas(iommu, space->ioas, iova, size, unmapped);
}

static int iommufd_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	return iommufd_unmap_ioas(iommu, iommu->ioas, iova, size, unmapped);
}

static int iommufd_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped)
{
	return iommufd_unmap_ioas(iommu, iommu->ioas, 0, UINT64_MAX, unmapped);
}

/* ENOTTY: no such command; another error: it did not like the fd. */
static bool has_map_file(struct vb_iommu *iommu)
{
	return iommufd_map_file(iommu, -1, 0, 0, 4096, VB_PROT_READ) != -ENOTTY;
}

/* A structure that is too short: EINVAL, before anything is changed. */
static bool has_change_process(struct vb_iommu *iommu)
{
	struct iommu_ioas_change_process change = { .size = sizeof(change.size) };

	return !ioctl(iommu->fd, IOMMU_IOAS_CHANGE_PROCESS, &change) || errno != ENOTTY;
}

static unsigned int iommufd_can(struct vb_iommu *iommu)
{
	return VB_CAN_UNMAP_ALL | VB_CAN_PIN | VB_CAN_COPY | VB_CAN_CHARGE_USER |
	       (has_map_file(iommu) ? VB_CAN_MAP_FILE : 0) |
	       (has_change_process(iommu) ? VB_CAN_CHANGE_PROCESS : 0) |
	       (iommufd_can_track(iommu) ? VB_CAN_TRACK_DIRTY : 0);
}

static void iommufd_close(struct vb_iommu *iommu)
{
	if (iommu->fd >= 0)
		close(iommu->fd);	/* and with it all that has a number in it */
	iommu->fd = iommu->device_fd = -1;
	iommu->ioas = iommu->device_id = iommu->dirty_hwpt = 0;
}

const struct vb_iommu_ops vb_iommufd = {
	.name = "iommufd",
	.summary = "IOMMUFD's own interface, devices by their own files (Linux 6.6); an unmap that would "
		   "cut a mapping finds nothing",
	.unavailable = iommufd_unavailable,
	.has_devices = true,
	.join = VB_JOIN_FD,
	.granularity = VB_GRANULARITY_PER_AREA,
	.pins_once = true,
	.unmaps_race = true,
	.dirty_by_iommu = true,
	.abilities = VB_CAN_UNMAP_ALL | VB_CAN_TRACK_DIRTY | VB_CAN_PIN | VB_CAN_MAP_FILE | VB_CAN_COPY |
		     VB_CAN_CHARGE_USER | VB_CAN_CHANGE_PROCESS,
	.split = VB_SPLIT_EMPTY,
	.open = iommufd_open,
	.attach = iommufd_attach,
	.enable = iommufd_enable,
	.get_info = iommufd_get_info,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.can = iommufd_can,
	.unmap_all = iommufd_unmap_all,
	.track_dirty = iommufd_track_dirty,
	.get_dirty = iommufd_get_dirty,
	.unmap_dirty = iommufd_unmap_dirty,
	.map_file = iommufd_map_file,
	.change_process = iommufd_change_process,
	.add_space = iommufd_add_space,
	.remove_space = iommufd_remove_space,
	.copy = iommufd_copy,
	.unmap_space = iommufd_unmap_space,
	.close = iommufd_close,
};
