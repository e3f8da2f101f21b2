/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root is needed to open containers and groups, to make mdevs, and to read what
 * the kernel tells root alone.  The process that holds the container gives it
 * up before the workers begin, where sudo started us for somebody.  The
 * supervisor and the janitor keep it: they remove what was made.
 */
#ifndef VB_PRIVILEGES_H
#define VB_PRIVILEGES_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bench/engine/plan.h"

struct vb_privileges {
	bool dropped;
	uid_t uid;			/* as whom the workers run */
	gid_t gid;
	char reason[160];		/* why they were not dropped */
};

/* Who called sudo (SUDO_UID, SUDO_GID), if that is not root.  False: nobody is known. */
bool vb_calling_user(uid_t *uid, gid_t *gid);
/* What the workers of @plan will run as. */
void vb_privileges_plan(const struct vb_plan *plan, struct vb_privileges *p);
/*
 * In the process that holds the container, before it has a second thread: no
 * exec() gives privileges, if p->dropped.  0 or -errno.
 */
int vb_privileges_seal(const struct vb_privileges *p);
/*
 * There, with all opened: for good p->uid, no supplementary group, no
 * capability, in all threads; if p->dropped.  RLIMIT_MEMLOCK is lifted first, as it was for root; memory's pages
 * can still be looked at (vb_memory_keep_looking()).  @parent's death still ends
 * it.  0 or -errno: then it must end.
 */
int vb_privileges_drop(const struct vb_privileges *p, pid_t parent);
json_t *vb_privileges_to_json(const struct vb_privileges *p);

#endif /* VB_PRIVILEGES_H */
