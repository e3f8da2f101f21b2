/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of restore.h share. */
#ifndef VB_RESTORE_INTERNAL_H
#define VB_RESTORE_INTERNAL_H

#include "lib/machine/restore.h"

/*
 * Is there anything of @e to be put back?  Looks only.  PROCESS: does it still
 * run?
 */
bool vb_undo_needed(const struct vb_journal_entry *e);
/*
 * Undo it, in a process of its own, trying for 10 s while it is busy.  0 or
 * -errno; -ETIMEDOUT: that process does not come back.
 */
int vb_undo(const struct vb_journal_entry *e);

#endif /* VB_RESTORE_INTERNAL_H */
