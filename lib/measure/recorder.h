/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An append-only file written through io_uring, so that the thread that
 * records never waits for storage; pwrite() where io_uring can't be had.
 */
#ifndef VB_RECORDER_H
#define VB_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb_recorder;

/* Takes over @fd (opened for writing, empty).  0 or -errno (the fd stays the caller's). */
int vb_recorder_open(struct vb_recorder **recorder, int fd);
/*
 * Append a copy of @length bytes.  Never blocks: -ENOBUFS when too much is
 * under way (counted by vb_recorder_lost()); -errno of an earlier write that
 * failed, for good.
 */
int vb_recorder_append(struct vb_recorder *recorder, const void *data, size_t length);
/* Appends that were refused. */
uint64_t vb_recorder_lost(const struct vb_recorder *recorder);
bool vb_recorder_uses_uring(const struct vb_recorder *recorder);
/* Wait for everything under way and close.  0, or -errno of any write. */
int vb_recorder_close(struct vb_recorder *recorder);

#endif /* VB_RECORDER_H */
