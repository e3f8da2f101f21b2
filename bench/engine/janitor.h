/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The janitor: a process that outlives the supervisor and removes what it
 * leaves behind when it is killed: mdevs, the loaded variant, and tracing.
 */
#ifndef VB_JANITOR_H
#define VB_JANITOR_H

#include <sys/types.h>

#include "lib/machine/trace.h"
#include "lib/machine/variant.h"
#include "lib/mdev/mdev.h"

struct vb_janitor {
	pid_t pid;
	int fd;				/* its pipe's end; -1: none runs */
};

/* 0 or -errno.  Ignores every signal but SIGKILL; knows nothing yet. */
int vb_janitor_start(struct vb_janitor *janitor);
/* There now; remove it when the supervisor dies.  Call after making it. */
void vb_janitor_note_mdev(struct vb_janitor *janitor, const struct vb_mdev *mdev);
void vb_janitor_note_variant(struct vb_janitor *janitor, const struct vb_variant *variant);
/* By its name, before it is set up: what is not there is not removed. */
void vb_janitor_note_trace(struct vb_janitor *janitor, const char *name);
/* All noted so far was removed, or can't be (a hung kernel): leave it alone. */
void vb_janitor_forget(struct vb_janitor *janitor);
/* In a forked process: close its copy, so that the supervisor's death is seen. */
void vb_janitor_let_go(struct vb_janitor *janitor);
/* Nothing is left to be removed: end it, waiting at most 10 s. */
void vb_janitor_end(struct vb_janitor *janitor);

#endif /* VB_JANITOR_H */
