/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One container (an address space that devices share) and the ways to map
 * into it.  Every function returns 0 or -errno, prints nothing.
 */
#ifndef VB_IOMMU_H
#define VB_IOMMU_H

#include <errno.h>
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
	uint64_t dirty_pgsizes;		/* of dirty bitmaps, bytes; 0: none to be had */
	/* 0: not told, all IOVAs are allowed; of more than fit here, the lowest */
	uint32_t nr_ranges;
	struct vb_iova_range range[VB_IOMMU_MAX_RANGES];
};

enum vb_prot {
	VB_PROT_READ = 1,		/* the device may read memory */
	VB_PROT_WRITE = 2,		/* the device may write memory */
};

/*
 * Which pages of a range are dirty: bit 0 of the first word is its first page.
 * The kernel writes the bits of what is mapped there, and leaves the rest alone.
 */
struct vb_dirty_bitmap {
	uint64_t *bits;
	size_t bytes;			/* of bits, a multiple of 8 */
	uint64_t page_bytes;		/* the smallest of vb_iommu_info.dirty_pgsizes */
};

/* What not every way to map, nor every kernel, can do. */
enum vb_ability {
	VB_CAN_UNMAP_ALL = 1,		/* unmap everything by one request */
	VB_CAN_TRACK_DIRTY = 2,		/* tell which pages devices may have written */
	VB_CAN_UPDATE_VADDR = 4,	/* move a mapping to another address of its memory */
};

/* What a request does that covers a part of a mapping. */
enum vb_split {
	VB_SPLIT_REFUSED,		/* -EINVAL, nothing is unmapped */
	VB_SPLIT_WHOLE,			/* with the mapping's start: all of it goes; without: nothing */
	VB_SPLIT_PART,			/* the part goes, the rest stays */
};

/*
 * One way to map.  States: opened -> (groups added) -> enabled -> closed; the
 * functions below check them, an implementation need not.
 */
struct vb_iommu_ops {
	const char *name;		/* the job's iommu_mode= */
	const char *summary;
	/* Why it can't be had on this machine, a text that stays; NULL: it can. */
	const char *(*unavailable)(void);
	bool has_devices;		/* groups and devices exist (not: null) */
	unsigned int abilities;		/* enum vb_ability, those whose functions are here */
	enum vb_split split;
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
	/* Which of its abilities the kernel has for this container, as it is now. */
	unsigned int (*can)(struct vb_iommu *iommu);
	/* VB_CAN_UNMAP_ALL.  On return as unmap. */
	int (*unmap_all)(struct vb_iommu *iommu, uint64_t *unmapped);
	/* VB_CAN_TRACK_DIRTY, for the whole container.  Twice the same is 0. */
	int (*track_dirty)(struct vb_iommu *iommu, bool on);
	int (*get_dirty)(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			 const struct vb_dirty_bitmap *bitmap);
	/* On return as unmap, and @bitmap has what was dirty until then. */
	int (*unmap_dirty)(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			   const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped);
	/*
	 * VB_CAN_UPDATE_VADDR.  Devices go on reaching the same memory all the time;
	 * between the two the old address may be unmapped.
	 */
	int (*invalidate_vaddr)(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
				uint64_t *invalidated);
	int (*update_vaddr)(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size);
	void (*close)(struct vb_iommu *iommu);
};

struct vb_iommu {
	const struct vb_iommu_ops *ops;
	int fd;				/* -1: none */
	bool enabled;
};

/* All of them, sorted by name, NULL at the end; also those that can't be had. */
extern const struct vb_iommu_ops *const vb_iommu_list[];

/* NULL: no such name. */
const struct vb_iommu_ops *vb_iommu_find(const char *name);

/* Why @ops can't be had on this machine; NULL: it can. */
const char *vb_iommu_unavailable(const struct vb_iommu_ops *ops);

/* -EOPNOTSUPP: can't be had; -ENOENT etc.: /dev/vfio/vfio can't be opened. */
int vb_iommu_open(struct vb_iommu *iommu, const struct vb_iommu_ops *ops);
/* Add the VFIO group whose fd this is; the caller keeps the fd.  Before or after enable. */
int vb_iommu_add_group(struct vb_iommu *iommu, int group_fd);
/* Choose the IOMMU driver (VFIO_SET_IOMMU): needs a group.  -EBUSY: enabled already. */
int vb_iommu_enable(struct vb_iommu *iommu);
/* -EINVAL: not enabled; -EPROTO: the kernel's answer makes no sense. */
int vb_iommu_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info);
/* The abilities that both the mode and the kernel have for this container: enum vb_ability. */
unsigned int vb_iommu_can(struct vb_iommu *iommu);
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

/* The functions of abilities: -EOPNOTSUPP where the mode has none. */
static inline int vb_iommu_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped)
{
	return iommu->ops->unmap_all ? iommu->ops->unmap_all(iommu, unmapped) : -EOPNOTSUPP;
}

static inline int vb_iommu_track_dirty(struct vb_iommu *iommu, bool on)
{
	return iommu->ops->track_dirty ? iommu->ops->track_dirty(iommu, on) : -EOPNOTSUPP;
}

static inline int vb_iommu_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
				     const struct vb_dirty_bitmap *bitmap)
{
	return iommu->ops->get_dirty ? iommu->ops->get_dirty(iommu, iova, size, bitmap) :
				       -EOPNOTSUPP;
}

static inline int vb_iommu_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
				       const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped)
{
	return iommu->ops->unmap_dirty ?
	       iommu->ops->unmap_dirty(iommu, iova, size, bitmap, unmapped) : -EOPNOTSUPP;
}

static inline int vb_iommu_invalidate_vaddr(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
					    uint64_t *invalidated)
{
	return iommu->ops->invalidate_vaddr ?
	       iommu->ops->invalidate_vaddr(iommu, iova, size, invalidated) : -EOPNOTSUPP;
}

static inline int vb_iommu_update_vaddr(struct vb_iommu *iommu, void *vaddr, uint64_t iova,
					uint64_t size)
{
	return iommu->ops->update_vaddr ? iommu->ops->update_vaddr(iommu, vaddr, iova, size) :
					  -EOPNOTSUPP;
}

#endif /* VB_IOMMU_H */
