/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The janitor: a process that outlives the supervisor and, when that was
 * killed, puts back what the journal says of it (lib/machine/restore.h).  Where
 * the janitor was killed as well, 'vfio-bench restore' does the same.
 */
#ifndef VB_JANITOR_H
#define VB_JANITOR_H

#include <sys/types.h>

struct vb_janitor {
	pid_t pid;
	int fd;				/* its pipe's end; -1: none runs */
};

/* For the calling process.  0 or -errno.  Ignores every signal but SIGKILL. */
int vb_janitor_start(struct vb_janitor *janitor);
/* In a forked process: close its copy, so that the supervisor's death is seen. */
void vb_janitor_let_go(struct vb_janitor *janitor);
/* Nothing is left to be removed, or nothing can be: end it, waiting at most 10 s. */
void vb_janitor_end(struct vb_janitor *janitor);

#endif /* VB_JANITOR_H */
