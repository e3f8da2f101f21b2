/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What klog's unit test reaches besides the public functions. */
#ifndef VB_KLOG_INTERNAL_H
#define VB_KLOG_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

struct vb_klog;

/* "[seconds.micros] " with the longest numbers, and a 0. */
#define VB_KLOG_STAMP_BYTES 32

/* A log without a device, for vb_klog_add_record(); NULL: no memory. */
struct vb_klog *vb_klog_new_detached(void);
/*
 * Take one record as read from /dev/kmsg, with a 0 behind it.  A gap in the
 * numbers counts as lost.  -EBADMSG: not a record; -EFBIG: the log is full.
 */
int vb_klog_add_record(struct vb_klog *log, const char *record, size_t length);
/* The first record that is this log's; those that are gone by now count as lost. */
void vb_klog_begin_at(struct vb_klog *log, uint64_t sequence);

#endif /* VB_KLOG_INTERNAL_H */
