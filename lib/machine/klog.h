/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log: mark where a run began, collect what came since, judge it. */
#ifndef VB_KLOG_H
#define VB_KLOG_H

#include <stddef.h>
#include <stdint.h>

struct vb_klog;

/* One line that says that something is wrong. */
struct vb_klog_hit {
	const char *what;		/* static: "WARNING", "BUG", "hung task", ... */
	uint64_t time_us;		/* the kernel's time stamp */
	char text[256];			/* the line, cut */
};

/*
 * Open /dev/kmsg at its end: what comes later is this log's.  -EPERM, -ENOENT:
 * not to be had (the caller says so; a run without it is not audited).
 */
int vb_klog_open(struct vb_klog **log);
/*
 * The same from the record numbered @sequence on, as vb_klog_sequence() told it in this boot:
 * what was recorded while nobody read.  Those that the kernel no longer has count as lost.
 * VB_KLOG_END: from its end, like vb_klog_open(), but with its number known.
 */
#define VB_KLOG_END UINT64_MAX
int vb_klog_open_from(struct vb_klog **log, uint64_t sequence);
void vb_klog_close(struct vb_klog *log);
/*
 * Read what has come since, never blocking.  Text is kept until close; lost
 * messages (the ring overflowed) are counted.  0 or -errno.
 */
int vb_klog_poll(struct vb_klog *log);
/* Everything read so far, "[seconds.micros] text\n" a line; valid until the next poll. */
const char *vb_klog_text(const struct vb_klog *log, size_t *length);
uint64_t vb_klog_lost(const struct vb_klog *log);
/* Number of the record after the last one that was read; 0: not known yet. */
uint64_t vb_klog_sequence(const struct vb_klog *log);
/* Drop the text before @position, in bytes, as vb_klog_position() told it: all moves down by that. */
void vb_klog_forget(struct vb_klog *log, size_t position);
/* Current end of the text: pass it to vb_klog_scan() to look at later lines only. */
size_t vb_klog_position(const struct vb_klog *log);
/*
 * Lines after @from that match the list of alarms (WARNING, BUG, Oops, general
 * protection, KASAN, KCSAN, UBSAN, lockdep, suspicious RCU, atomic sleep, hung
 * task, lockup, RCU stall, refcount, slab "remaining", oom-kill, IOMMU faults,
 * AER) and contain none of @expected (NULL-terminated substrings; may be NULL).
 * Fills at most @max hits, returns how many there are in all.
 */
size_t vb_klog_scan(const struct vb_klog *log, size_t from, const char *const *expected,
		    struct vb_klog_hit *hits, size_t max);
/* The same over any text (tests). */
size_t vb_klog_scan_text(const char *text, size_t length, const char *const *expected,
			 struct vb_klog_hit *hits, size_t max);

#endif /* VB_KLOG_H */
