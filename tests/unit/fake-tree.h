/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up machine: a folder with the /sys and /proc files that the library
 * reads, put in front of all paths with vb_sysfs_set_root().
 */
#ifndef VB_FAKE_TREE_H
#define VB_FAKE_TREE_H

/* A fresh folder with empty tables of mounts, swaps and routes; the root prefix. */
void tree_make(void);
/* Removes it, and the prefix. */
void tree_remove(void);

/* All take paths as on the machine; parent folders are made. */
void tree_dir(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Replaces the file. */
void tree_file(const char *path, const char *text);
void tree_append(const char *path, const char *text);
void tree_link(const char *path, const char *target);
void tree_unlink(const char *path);

/* What the file holds, "" for none; valid until the next call. */
const char *tree_text(const char *path);

/*
 * A PCI device: @where is its place below /sys/devices and ends with its
 * address.  @driver: NULL for none.  @group: -1 for none.
 */
void tree_pci(const char *where, const char *class_code, const char *driver, int group);
/* A block device at @where below /sys/devices, which ends with its name. */
void tree_block(const char *where, const char *number);
/* The same, with the partition attribute. */
void tree_partition(const char *where, const char *number);
/* @upper is made of @lower: holders and slaves. */
void tree_stack(const char *upper, const char *lower);
/* A network interface at @where below /sys/devices. */
void tree_net(const char *where, const char *flags, const char *operstate);

#endif /* VB_FAKE_TREE_H */
