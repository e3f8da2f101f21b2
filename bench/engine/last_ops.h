/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the workers of a run that went wrong did last. */
#ifndef VB_LAST_OPS_H
#define VB_LAST_OPS_H

#include "bench/engine/supervisor.h"

/*
 * Write last-ops.csv to the run's folder: of each worker its last operations, oldest
 * first, and the unmap request that it had not come back from.  0 or -errno.
 */
int vb_last_ops_write(const struct vb_run *run);

#endif /* VB_LAST_OPS_H */
