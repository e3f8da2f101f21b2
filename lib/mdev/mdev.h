/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of the companion module: its mdevs and what their device fds do.
 * Functions return 0 or -errno.
 */
#ifndef VB_MDEV_H
#define VB_MDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/iommu/iommu.h"
#include "uapi/vfio_bench.h"

struct vb_mdev {
	char uuid[37];
	int group;			/* IOMMU group number; -1: the kernel has none for it */
	int group_fd;			/* -1: closed */
	int fd;				/* the device's, -1: closed */
	struct vb_iommu *iommu;		/* that it has joined; NULL: none */
	bool created;			/* by us: vb_mdev_remove() removes it */
};

#define VB_MDEV_NONE ((struct vb_mdev){ .group = -1, .group_fd = -1, .fd = -1 })

/*
 * Where sysfs has what the module made: as mdevs or, where the kernel has none, on a
 * bus of its own.  A constant string.
 */
const char *vb_mdev_bus(void);
/* @path: the file that removes @uuid; what has to be written to it is returned. */
const char *vb_mdev_remove_path(const char *uuid, char *path, size_t size);
/* Is the companion module loaded, and offers it a type of mdev? */
bool vb_mdev_supported(void);
/* A random UUID, and nothing made yet. */
int vb_mdev_name(struct vb_mdev *mdev);
/*
 * Make an mdev of the companion module's type under its UUID, for the first time
 * or once it was removed; its group may be another then.  -ENODEV: the module is
 * not loaded; -EACCES: not root; -ENOSPC: no more instances.
 */
int vb_mdev_create(struct vb_mdev *mdev);
/* Remove it if we made it.  Blocks while its device fd is open anywhere. */
int vb_mdev_remove(struct vb_mdev *mdev);
/* -EBUSY: the group is open elsewhere. */
int vb_mdev_open_group(struct vb_mdev *mdev);
/* As vb_device_join(). */
int vb_mdev_join(struct vb_mdev *mdev, struct vb_iommu *iommu);
/* Can it be opened, by the way into @ops, or does somebody have it?  0, -EBUSY, or as vb_mdev_open(). */
int vb_mdev_available(const struct vb_mdev *mdev, const struct vb_iommu_ops *ops);
/* The container that it has joined is enabled.  Registers the mdev for notification. */
int vb_mdev_open(struct vb_mdev *mdev);
/* Close the device's fd alone. */
void vb_mdev_close_device(struct vb_mdev *mdev);
void vb_mdev_close(struct vb_mdev *mdev);

/*
 * @delay_ns: how long each callback waits before it returns, see struct
 * vb_ioc_config.  -EPROTO: the module speaks another version of uapi/vfio_bench.h.
 */
int vb_mdev_config(struct vb_mdev *mdev, enum vb_discipline discipline, enum vb_mode mode,
		   uint32_t delay_ns);
int vb_mdev_window(struct vb_mdev *mdev, uint64_t iova, uint64_t length);
/* The calling thread's slot, mapped; unmapped by vb_mdev_slot_unmap(). */
int vb_mdev_slot(struct vb_mdev *mdev, volatile struct vb_slot_page **slot);
void vb_mdev_slot_unmap(volatile struct vb_slot_page *slot);
/* See struct vb_ioc_pin.  *done: runs; may be NULL. */
int vb_mdev_pin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
		uint32_t pages, uint32_t *done);
int vb_mdev_unpin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
		  uint32_t pages, uint32_t *done);
/* Reopen [iova, iova + length) for pins after it was mapped again. */
int vb_mdev_open_range(struct vb_mdev *mdev, uint64_t iova, uint64_t length);
/* *callbacks: of the calling thread's request that has just ended; may be NULL. */
int vb_mdev_request_end(struct vb_mdev *mdev, uint64_t *callbacks);
int vb_mdev_pinners_start(struct vb_mdev *mdev, const struct vb_ioc_pinner *pinner);
int vb_mdev_pinners_go(struct vb_mdev *mdev);
int vb_mdev_pinners_stop(struct vb_mdev *mdev);
/* -ENOENT: @index is past the last pinner. */
int vb_mdev_pinner_info(struct vb_mdev *mdev, uint32_t index, struct vb_ioc_pinner_info *info);
/* @stats is large (a few KiB), @hist larger (18 KiB): not on small stacks. */
int vb_mdev_stats(struct vb_mdev *mdev, struct vb_ioc_stats *stats);
int vb_mdev_hist(struct vb_mdev *mdev, enum vb_hist_id id, struct vb_hist *hist);
int vb_mdev_reset(struct vb_mdev *mdev);
/* See struct vb_ioc_ask.  *answer: 0 or -errno.  -ENOTTY: a module that has no such call. */
int vb_mdev_ask(struct vb_mdev *mdev, enum vb_question what, uint64_t iova, uint32_t pages, int *answer);

#endif /* VB_MDEV_H */
