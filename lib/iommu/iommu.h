/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One container (an address space that devices share) and the ways to map
 * into it.  Every function returns 0 or -errno, prints nothing.
 */
#ifndef VB_IOMMU_H
#define VB_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VB_IOMMU_MAX_RANGES 32

struct vb_iommu;

/* A range of IOVAs that may be mapped, both ends included. */
struct vb_iova_range {
	uint64_t first;
	uint64_t last;
};

struct vb_iommu_info {
	uint64_t pgsizes;		/* bitmap of page sizes, bytes */
	uint32_t dma_avail;		/* mappings left; UINT32_MAX: not told */
	/* 0: not told, all IOVAs are allowed; of more than fit here, the lowest */
	uint32_t nr_ranges;
	struct vb_iova_range range[VB_IOMMU_MAX_RANGES];
};

enum vb_prot {
	VB_PROT_READ = 1,		/* the device may read memory */
	VB_PROT_WRITE = 2,		/* the device may write memory */
};

/*
 * One way to map.  States: opened -> (groups added) -> enabled -> closed; the
 * functions below check them, an implementation need not.
 */
struct vb_iommu_ops {
	const char *name;		/* the job's iommu_mode= */
	const char *summary;
	const char *unavailable;	/* why it was not built; NULL: it was */
	bool has_devices;		/* groups and devices exist (not: null) */
	int (*open)(struct vb_iommu *iommu);
	int (*add_group)(struct vb_iommu *iommu, int group_fd);
	int (*enable)(struct vb_iommu *iommu);
	int (*get_info)(struct vb_iommu *iommu, struct vb_iommu_info *info);
	/* On return the range can be reached by devices.  Any thread, no lock held. */
	int (*map)(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		   uint32_t prot);
	/*
	 * On return nothing in the range can be reached by devices and every
	 * vendor driver has been notified.  *unmapped: bytes.
	 */
	int (*unmap)(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		     uint64_t *unmapped);
	void (*close)(struct vb_iommu *iommu);
};

struct vb_iommu {
	const struct vb_iommu_ops *ops;
	int fd;				/* -1: none */
	bool enabled;
};

/* All of them, sorted by name, NULL at the end; also those not built. */
extern const struct vb_iommu_ops *const vb_iommu_list[];

/* NULL: no such name. */
const struct vb_iommu_ops *vb_iommu_find(const char *name);

/* -EOPNOTSUPP: not built; -ENOENT etc.: /dev/vfio/vfio can't be opened. */
int vb_iommu_open(struct vb_iommu *iommu, const struct vb_iommu_ops *ops);
/* Add the VFIO group whose fd this is; the caller keeps the fd.  Before or after enable. */
int vb_iommu_add_group(struct vb_iommu *iommu, int group_fd);
/* Choose the IOMMU driver (VFIO_SET_IOMMU): needs a group.  -EBUSY: enabled already. */
int vb_iommu_enable(struct vb_iommu *iommu);
/* -EINVAL: not enabled; -EPROTO: the kernel's answer makes no sense. */
int vb_iommu_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info);
/* Idempotent.  Groups and devices must be closed for the container to go away. */
void vb_iommu_close(struct vb_iommu *iommu);

static inline int vb_iommu_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova,
			       uint64_t size, uint32_t prot)
{
	return iommu->ops->map(iommu, vaddr, iova, size, prot);
}

static inline int vb_iommu_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
				 uint64_t *unmapped)
{
	return iommu->ops->unmap(iommu, iova, size, unmapped);
}

#endif /* VB_IOMMU_H */
