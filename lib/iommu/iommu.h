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

#include "lib/machine/variant.h"

#define VB_IOMMU_MAX_RANGES 32

struct vb_iommu;

/* A range of IOVAs that may be mapped, both ends included. */
struct vb_iova_range {
	uint64_t first;
	uint64_t last;
};

/*
 * An address space beside the container's own: with a page table of its own, as the
 * container's device has one, which that device does not use.  What is copied into it
 * is pinned once for both.
 */
struct vb_iommu_space {
	uint32_t ioas;
	uint32_t hwpt;			/* 0: none, the container has no device with an IOMMU */
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
	VB_CAN_PIN = 8,			/* mdevs may pin */
	VB_CAN_MAP_BAR = 16,		/* a device's registers, as a process has them mapped */
	VB_CAN_RUN_OUT = 32,		/* of mappings: it has a limit, and says how many are left */
	VB_CAN_CHARGE_MM = 64,		/* what is pinned to the process alone: VmLck */
	VB_CAN_CHARGE_USER = 128,	/* what is pinned to its user: shown in VmPin */
	VB_CAN_MAP_FILE = 256,		/* a file, without its being mapped in the process */
	VB_CAN_COPY = 512,		/* a mapping, pinned once, into other address spaces */
	VB_CAN_CHANGE_PROCESS = 1024,	/* charge another process what files are mapped */
	VB_CAN_GO_WITH_GROUP = 2048,	/* be emptied by the close of its last group */
};

/* How devices come in, and from when on the IOMMU maps for them. */
enum vb_joining {
	VB_JOIN_NONE,			/* there are none */
	VB_JOIN_GROUP,			/* by their group: from then on */
	VB_JOIN_GROUP_OPEN,		/* by their group: while the device's fd is open */
	VB_JOIN_FD,			/* by their own files (cdev): while such a one is open */
};

/* What a request does that covers a part of a mapping. */
enum vb_split {
	VB_SPLIT_REFUSED,		/* -EINVAL, nothing is unmapped */
	VB_SPLIT_WHOLE,			/* with the mapping's start: all of it goes; without: nothing */
	VB_SPLIT_PART,			/* the part goes, the rest stays */
	VB_SPLIT_EMPTY,			/* nothing is unmapped, as if nothing were there */
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
	enum vb_joining join;
	/* A driver of type1 serves it, of which there are variants; else what it notifies by is: */
	bool type1;
	enum vb_granularity granularity;
	/* What an mdev pins and the IOMMU has pinned already is pinned, and charged, once. */
	bool pins_once;
	/* Of requests for one range at the same time one may fail with -EBUSY, its bytes untold. */
	bool unmaps_race;
	bool dirty_by_iommu;		/* what devices wrote, not what mdevs pinned or devices can reach */
	unsigned int abilities;		/* enum vb_ability, those whose functions are here */
	enum vb_split split;
	int (*open)(struct vb_iommu *iommu);
	int (*add_group)(struct vb_iommu *iommu, int group_fd);	/* VB_JOIN_GROUP and _OPEN */
	/* VB_JOIN_FD.  On return the device reaches all that is mapped, until the fd is closed. */
	int (*attach)(struct vb_iommu *iommu, int device_fd);
	int (*enable)(struct vb_iommu *iommu);
	int (*get_info)(struct vb_iommu *iommu, struct vb_iommu_info *info);
	/* On return the range can be reached by devices.  Any thread, no lock held. */
	int (*map)(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		   uint32_t prot);
	/*
	 * On return nothing in the range can be reached by devices and every
	 * vendor driver has been notified.  *unmapped: bytes; nothing was mapped
	 * there: 0, and no error, in all modes and kernels.
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
	/* VB_CAN_MAP_FILE: @size bytes of the file from @offset on.  On return as map. */
	int (*map_file)(struct vb_iommu *iommu, int fd, uint64_t offset, uint64_t iova,
			uint64_t size, uint32_t prot);
	/* VB_CAN_CHANGE_PROCESS.  Only files may be mapped: else -EINVAL. */
	int (*change_process)(struct vb_iommu *iommu);
	/* VB_CAN_COPY: see struct vb_iommu_space. */
	int (*add_space)(struct vb_iommu *iommu, struct vb_iommu_space *space);
	int (*remove_space)(struct vb_iommu *iommu, struct vb_iommu_space *space);
	int (*copy)(struct vb_iommu *iommu, const struct vb_iommu_space *space, uint64_t iova,
		    uint64_t size, uint32_t prot);
	int (*unmap_space)(struct vb_iommu *iommu, const struct vb_iommu_space *space,
			   uint64_t iova, uint64_t size, uint64_t *unmapped);
	void (*close)(struct vb_iommu *iommu);
};

struct vb_iommu {
	const struct vb_iommu_ops *ops;
	int fd;				/* -1: none */
	bool enabled;
	/* IOMMUFD's numbers; 0: none */
	uint32_t ioas;
	uint32_t device_id;		/* of the device attached last that has an IOMMU */
	int device_fd;			/* of the same */
	uint32_t dirty_hwpt;		/* a page table that can track dirty pages */
	bool tracks;
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
/* Does the IOMMU map for a device only while the device's own fd is open? */
static inline bool vb_iommu_maps_for_open(const struct vb_iommu_ops *ops)
{
	return ops->join == VB_JOIN_GROUP_OPEN || ops->join == VB_JOIN_FD;
}
/*
 * Let the device whose own file this is into the address space (VB_JOIN_FD); the
 * caller keeps the fd, and what it closes is out.  -EINVAL: not enabled; -EBUSY: its
 * group is open, or in another's hands; -EOPNOTSUPP: the mode takes groups.
 */
int vb_iommu_attach(struct vb_iommu *iommu, int device_fd);
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

static inline int vb_iommu_map_file(struct vb_iommu *iommu, int fd, uint64_t offset, uint64_t iova,
				    uint64_t size, uint32_t prot)
{
	return iommu->ops->map_file ? iommu->ops->map_file(iommu, fd, offset, iova, size, prot) :
				      -EOPNOTSUPP;
}

/* What is pinned is charged to the calling process from now on, not to who mapped it. */
static inline int vb_iommu_change_process(struct vb_iommu *iommu)
{
	return iommu->ops->change_process ? iommu->ops->change_process(iommu) : -EOPNOTSUPP;
}

/* On failure there is none. */
static inline int vb_iommu_add_space(struct vb_iommu *iommu, struct vb_iommu_space *space)
{
	return iommu->ops->add_space ? iommu->ops->add_space(iommu, space) : -EOPNOTSUPP;
}

/* With all that is mapped in it. */
static inline int vb_iommu_remove_space(struct vb_iommu *iommu, struct vb_iommu_space *space)
{
	return iommu->ops->remove_space ? iommu->ops->remove_space(iommu, space) : -EOPNOTSUPP;
}

/* What the container has mapped at @iova, a mapping or several, to the same IOVA of @space. */
static inline int vb_iommu_copy(struct vb_iommu *iommu, const struct vb_iommu_space *space,
				uint64_t iova, uint64_t size, uint32_t prot)
{
	return iommu->ops->copy ? iommu->ops->copy(iommu, space, iova, size, prot) : -EOPNOTSUPP;
}

static inline int vb_iommu_unmap_space(struct vb_iommu *iommu, const struct vb_iommu_space *space,
				       uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	return iommu->ops->unmap_space ?
	       iommu->ops->unmap_space(iommu, space, iova, size, unmapped) : -EOPNOTSUPP;
}

#endif /* VB_IOMMU_H */
