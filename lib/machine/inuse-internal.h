/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by inuse.c and inuse-*.c only. */
#ifndef VB_INUSE_INTERNAL_H
#define VB_INUSE_INTERNAL_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/machine/inuse.h"

/* Fills *inuse and returns -EBUSY. */
int vb_inuse_found(struct vb_inuse *inuse, enum vb_inuse_kind kind, const char *address,
		   const char *node, const char *detail);
/* fopen() for reading below the root prefix; NULL: errno. */
FILE *vb_inuse_open(const char *path);
/* The target of the link DIR/NAME, as it stands there. */
int vb_inuse_link(const char *dir, const char *name, char *target, size_t size);
/* Does the link DIR/NAME lead to something that hangs on @address? */
bool vb_inuse_hangs_on(const char *dir, const char *name, const char *address);

/* Does the virtio device DIR/NAME hang on @address, bound to @driver? */
bool vb_inuse_virtio_driver(const char *dir, const char *name, const char *address,
			    const char *driver);

/*
 * Calls @visit for each entry of @dir (below the root prefix; not "." and "..")
 * until it returns other than 0, which is then returned.  A folder that does
 * not exist has no entries.
 */
typedef int vb_inuse_visitor(const char *dir, const char *name, void *arg);
int vb_inuse_each(const char *dir, vb_inuse_visitor *visit, void *arg);

/* What a visitor that looks for one device's use is given. */
struct vb_inuse_search {
	const char *address;
	struct vb_inuse *inuse;
};

/* 0: not in use; -EBUSY: *inuse filled; else -errno. */
int vb_inuse_block(const char *address, struct vb_inuse *inuse);
int vb_inuse_net(const char *address, struct vb_inuse *inuse);
int vb_inuse_console(const char *address, struct vb_inuse *inuse);
int vb_inuse_open_files(const char *address, struct vb_inuse *inuse);

/* 1: the block device @name lies on @address, itself or through what it is made of; 0: not. */
int vb_inuse_on_device(const char *name, const char *address);

#define VB_LOGIN_SIZE 64
/*
 * Is the caller logged in from elsewhere?  Then the interface by which the
 * answers go to @client, by the longest route that matches.
 */
bool vb_inuse_login_interface(char interface[VB_LOGIN_SIZE], char client[VB_LOGIN_SIZE]);

#endif /* VB_INUSE_INTERNAL_H */
