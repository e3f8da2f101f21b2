/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of bind: what a device's driver and driver_override were before
 * it was taken.  One file for each device in /run/vfio-bench, written before
 * the first change and removed after everything was put back, so that it can be
 * put back whatever happened between.  Lost at reboot, as the bindings are.
 */
#ifndef VB_BIND_STATE_H
#define VB_BIND_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/machine/pci.h"

#define VB_STATE_DIR "/run/vfio-bench"

struct vb_bind_saved {
	char driver[VB_DRIVER_NAME_SIZE];	/* "": none */
	char override[VB_DRIVER_NAME_SIZE];	/* "": none */
};

/*
 * The state folder's fd, not locked.  @create: make the folder (0700) if need
 * be, else -ENOENT.  -EPERM: it is not a folder of ours alone.
 */
int vb_state_dir_open(bool create);
/*
 * The state folder's fd, locked against other instances until it is closed.
 * @create: make the folder (0700) if need be, else -ENOENT.  -EPERM: it is not
 * a folder of ours alone; -EAGAIN: another instance holds it for 10 s.
 */
int vb_bind_state_open(bool create);
/* 0; -ENOENT: nothing saved for @address; -EPROTO: not to be understood. */
int vb_bind_state_load(int dirfd, const char *address, struct vb_bind_saved *saved);
/* On disk when it returns.  -EEXIST: there is one. */
int vb_bind_state_save(int dirfd, const char *address, const struct vb_bind_saved *saved);
int vb_bind_state_remove(int dirfd, const char *address);
/* Addresses that have a file, sorted; *list is freed with free(). */
int vb_bind_state_list(int dirfd, char (**list)[VB_PCI_ADDRESS_SIZE], size_t *count);

#endif /* VB_BIND_STATE_H */
