/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that use VFIO now: a variant would serve their next container too. */
#ifndef VB_VFIO_USERS_H
#define VB_VFIO_USERS_H

#include <stdbool.h>
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
/*
 * Does any other process use VFIO, or does type1 serve a container that none
 * holds?  @by: "qemu (pid 1), ..." of up to four, or "2 containers".
 */
bool vb_vfio_in_use(char *by, size_t size);

#endif /* VB_VFIO_USERS_H */
