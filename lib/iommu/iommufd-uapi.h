/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMUFD and VFIO's device files, as far as they are used here, for systems whose
 * headers are older than that: Debian 12's are Linux 6.1's.  Numbers and layouts are
 * those of include/uapi/linux/iommufd.h and vfio.h of Linux 7.2, the text is not.
 * Every structure begins with its size, which may be larger or smaller than the
 * kernel's: what the kernel doesn't know has to be 0.
 */
#ifndef VB_IOMMUFD_UAPI_H
#define VB_IOMMUFD_UAPI_H

#include <stddef.h>
#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/vfio.h>

#if defined(__has_include)
#if __has_include(<linux/iommufd.h>)
#include <linux/iommufd.h>
#endif
#endif

/* Linux 6.2 */
#ifndef IOMMU_IOAS_MAP
#define IOMMUFD_TYPE		(';')

struct iommu_destroy {
	__u32 size;
	__u32 id;
};
#define IOMMU_DESTROY		_IO(IOMMUFD_TYPE, 0x80)

struct iommu_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};
#define IOMMU_IOAS_ALLOC	_IO(IOMMUFD_TYPE, 0x81)

struct iommu_iova_range {
	__aligned_u64 start;
	__aligned_u64 last;
};

struct iommu_ioas_allow_iovas {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas;
	__u32 __reserved;
	__aligned_u64 allowed_iovas;
};
#define IOMMU_IOAS_ALLOW_IOVAS	_IO(IOMMUFD_TYPE, 0x82)

enum {
	IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0,
	IOMMU_IOAS_MAP_WRITEABLE = 1 << 1,
	IOMMU_IOAS_MAP_READABLE = 1 << 2,
};

struct iommu_ioas_copy {
	__u32 size;
	__u32 flags;
	__u32 dst_ioas_id;
	__u32 src_ioas_id;
	__aligned_u64 length;
	__aligned_u64 dst_iova;
	__aligned_u64 src_iova;
};
#define IOMMU_IOAS_COPY		_IO(IOMMUFD_TYPE, 0x83)

struct iommu_ioas_iova_ranges {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas;
	__u32 __reserved;
	__aligned_u64 allowed_iovas;
	__aligned_u64 out_iova_alignment;
};
#define IOMMU_IOAS_IOVA_RANGES	_IO(IOMMUFD_TYPE, 0x84)

struct iommu_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 __reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};
#define IOMMU_IOAS_MAP		_IO(IOMMUFD_TYPE, 0x85)

struct iommu_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length;
};
#define IOMMU_IOAS_UNMAP	_IO(IOMMUFD_TYPE, 0x86)

enum {
	IOMMU_VFIO_IOAS_GET = 0,
	IOMMU_VFIO_IOAS_SET = 1,
	IOMMU_VFIO_IOAS_CLEAR = 2,
};

struct iommu_vfio_ioas {
	__u32 size;
	__u32 ioas_id;
	__u16 op;
	__u16 __reserved;
};
#define IOMMU_VFIO_IOAS		_IO(IOMMUFD_TYPE, 0x88)
#endif

/* Linux 6.7; what came before has fewer fields, and none of them is needed */
#ifndef IOMMU_HWPT_ALLOC
struct iommu_hwpt_alloc {
	__u32 size;
	__u32 flags;
	__u32 dev_id;
	__u32 pt_id;
	__u32 out_hwpt_id;
	__u32 __reserved;
};
#define IOMMU_HWPT_ALLOC	_IO(IOMMUFD_TYPE, 0x89)
#endif

#ifndef IOMMU_HWPT_SET_DIRTY_TRACKING
enum { IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 1 << 1 };
enum { IOMMU_HWPT_DIRTY_TRACKING_ENABLE = 1 };
enum { IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR = 1 };

struct iommu_hwpt_set_dirty_tracking {
	__u32 size;
	__u32 flags;
	__u32 hwpt_id;
	__u32 __reserved;
};
#define IOMMU_HWPT_SET_DIRTY_TRACKING	_IO(IOMMUFD_TYPE, 0x8b)

struct iommu_hwpt_get_dirty_bitmap {
	__u32 size;
	__u32 hwpt_id;
	__u32 flags;
	__u32 __reserved;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 page_size;
	__aligned_u64 data;
};
#define IOMMU_HWPT_GET_DIRTY_BITMAP	_IO(IOMMUFD_TYPE, 0x8c)
#endif

/* Linux 6.13 */
#ifndef IOMMU_IOAS_MAP_FILE
struct iommu_ioas_map_file {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__s32 fd;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 iova;
};
#define IOMMU_IOAS_MAP_FILE	_IO(IOMMUFD_TYPE, 0x8f)
#endif

/* Linux 6.14 */
#ifndef IOMMU_IOAS_CHANGE_PROCESS
struct iommu_ioas_change_process {
	__u32 size;
	__u32 __reserved;
};
#define IOMMU_IOAS_CHANGE_PROCESS	_IO(IOMMUFD_TYPE, 0x92)
#endif

/* Linux 6.6 */
#ifndef VFIO_DEVICE_BIND_IOMMUFD
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#define VFIO_DEVICE_BIND_IOMMUFD	_IO(VFIO_TYPE, VFIO_BASE + 18)

struct vfio_device_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
};
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT	_IO(VFIO_TYPE, VFIO_BASE + 19)

struct vfio_device_detach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
};
#define VFIO_DEVICE_DETACH_IOMMUFD_PT	_IO(VFIO_TYPE, VFIO_BASE + 20)
#endif

/*
 * Whoever's definitions these are: a system's newer ones may be longer than what is
 * written here, and the kernel takes both.
 */
_Static_assert(sizeof(struct iommu_destroy) == 8, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_alloc) == 12, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_iova_range) == 16, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_allow_iovas) == 24, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_copy) == 40, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_iova_ranges) == 32, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_map) == 40, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_map_file) == 40, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_unmap) == 24, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_ioas_change_process) == 8, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_vfio_ioas) == 12, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_hwpt_alloc) >= 24, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_hwpt_set_dirty_tracking) == 16, "as in Linux 7.2");
_Static_assert(sizeof(struct iommu_hwpt_get_dirty_bitmap) == 48, "as in Linux 7.2");
_Static_assert(sizeof(struct vfio_device_bind_iommufd) >= 16, "as in Linux 7.2");
_Static_assert(sizeof(struct vfio_device_attach_iommufd_pt) >= 12, "as in Linux 7.2");
_Static_assert(offsetof(struct vfio_device_bind_iommufd, out_devid) == 12, "as in Linux 7.2");
_Static_assert(offsetof(struct iommu_hwpt_alloc, out_hwpt_id) == 16, "as in Linux 7.2");
_Static_assert(offsetof(struct iommu_ioas_map, iova) == 32, "as in Linux 7.2");
_Static_assert(offsetof(struct iommu_ioas_copy, src_iova) == 32, "as in Linux 7.2");
_Static_assert(IOMMU_IOAS_MAP == 0x3b85 && IOMMU_IOAS_UNMAP == 0x3b86, "as in Linux 7.2");
_Static_assert(IOMMU_IOAS_COPY == 0x3b83 && IOMMU_IOAS_MAP_FILE == 0x3b8f, "as in Linux 7.2");
_Static_assert(IOMMU_VFIO_IOAS == 0x3b88 && IOMMU_HWPT_ALLOC == 0x3b89, "as in Linux 7.2");
_Static_assert(IOMMU_HWPT_SET_DIRTY_TRACKING == 0x3b8b &&
	       IOMMU_HWPT_GET_DIRTY_BITMAP == 0x3b8c, "as in Linux 7.2");
_Static_assert(IOMMU_IOAS_CHANGE_PROCESS == 0x3b92, "as in Linux 7.2");
_Static_assert(VFIO_DEVICE_BIND_IOMMUFD == 0x3b76 && VFIO_DEVICE_ATTACH_IOMMUFD_PT == 0x3b77,
	       "as in Linux 7.2");

#endif /* VB_IOMMUFD_UAPI_H */
