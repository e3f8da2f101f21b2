/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files of sysfs and procfs.  Paths are absolute, as on the machine; a
 * root prefix can be put in front of all of them, so that tests read captured
 * trees of other machines.
 */
#ifndef VB_SYSFS_H
#define VB_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @root without a slash at the end, "" for the machine itself; it is copied. */
void vb_sysfs_set_root(const char *root);
const char *vb_sysfs_root(void);
/* Root prefix and @path joined in @buf.  0 or -ENAMETOOLONG. */
int vb_sysfs_path(char *buf, size_t size, const char *path);

/*
 * The file's text without the newline at its end, of a longer one what fits in
 * @size - 1 bytes: its length, or -errno.  One read(2), as sysfs wants it.
 */
int vb_sysfs_read(const char *path, char *buf, size_t size);
/* A number, decimal or 0x...: 0, -EINVAL: it is none, or -errno. */
int vb_sysfs_read_u64(const char *path, uint64_t *value);
/* The last part of what a symbolic link points to: 0, -ENAMETOOLONG, or -errno. */
int vb_sysfs_read_link_base(const char *path, char *buf, size_t size);
/* In one write(2), to a file that exists: 0 or -errno. */
int vb_sysfs_write(const char *path, const char *text);
bool vb_sysfs_exists(const char *path);

#endif /* VB_SYSFS_H */
