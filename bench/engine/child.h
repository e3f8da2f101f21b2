/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that holds the container of one run, and dies with it. */
#ifndef VB_CHILD_H
#define VB_CHILD_H

#include "bench/engine/container.h"
#include "bench/engine/janitor.h"
#include "bench/engine/privileges.h"
#include "bench/engine/shared.h"

/*
 * Run @plan in this process, forked by @supervisor; never returns.  Files of
 * the run go to @dir_fd.  It gives up root before the workers begin, if
 * @privileges say so.  @janitor gets the containers to keep,
 * and is let go.  The process dies with the supervisor; it exits with 0, or 1 when
 * shared->error says why.
 */
void vb_child_main(struct vb_container *c, const struct vb_plan *plan,
		   const struct vb_topology *topology, struct vb_worker_shared **workers,
		   int dir_fd, const struct vb_privileges *privileges, struct vb_janitor *janitor,
		   pid_t supervisor)
	__attribute__((noreturn));

#endif /* VB_CHILD_H */
