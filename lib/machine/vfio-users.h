/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that use VFIO now: a variant would serve their next container too. */
#ifndef VB_VFIO_USERS_H
#define VB_VFIO_USERS_H

#include <stddef.h>
#include <sys/types.h>

struct vb_vfio_user {
	pid_t pid;
	char name[32];
};

/*
 * Other processes that hold a file of /dev/vfio or /dev/iommu open.  Fills at
 * most @max, returns how many there are; of other users' processes only root
 * sees the files.  Never waits for a process.
 */
size_t vb_vfio_users(struct vb_vfio_user *users, size_t max);

#endif /* VB_VFIO_USERS_H */
