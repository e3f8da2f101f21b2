/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of trace.h share. */
#ifndef VB_TRACE_INTERNAL_H
#define VB_TRACE_INTERNAL_H

#include "lib/machine/trace.h"

#define VB_TRACE_PATH_MAX	256
#define VB_TRACE_COMMAND_MAX	512

/* The tracing folder with @format behind it; -ENODEV: it is not mounted. */
int vb_trace_path(char *path, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Append @text to a control file, in one write.  (Opening one with O_TRUNC
 * removes all events, or all triggers, that it holds: others', too.)
 */
int vb_trace_command(const char *path, const char *text);
/* All of a file, with a NUL behind it; freed by the caller.  NULL: errno says why. */
char *vb_trace_read(const char *path);

int vb_trace_locks_start(struct vb_trace *trace);
/* The triggers and events of locks; the instance is removed between the two. */
void vb_trace_locks_remove_triggers(const char *name);
int vb_trace_locks_remove_events(const char *name);

#endif /* VB_TRACE_INTERNAL_H */
