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
	int fd;				/* its socket's other end; -1: none runs */
};

/* For the calling process.  0 or -errno.  Ignores every signal but SIGKILL. */
int vb_janitor_start(struct vb_janitor *janitor);
/*
 * It keeps copies of these files of the calling process, its containers, open until
 * vb_janitor_drop(), or until that process has died after the supervisor has: its groups
 * are closed first then.  Kernels 5.12 to 6.2 use a container's freed iommu data when the
 * two are closed at once (doc/findings/container-close.md).  Once for each drop.  Errors
 * are not told: it works without.
 */
void vb_janitor_keep(struct vb_janitor *janitor, const int *file, unsigned int nr);
void vb_janitor_drop(struct vb_janitor *janitor);
/* In a forked process: close its copy, so that the supervisor's death is seen. */
void vb_janitor_let_go(struct vb_janitor *janitor);
/* Nothing is left to be removed, or nothing can be: end it, waiting at most 10 s. */
void vb_janitor_end(struct vb_janitor *janitor);

#endif /* VB_JANITOR_H */
