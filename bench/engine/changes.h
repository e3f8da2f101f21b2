/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this process has changed on the machine, each with its entry in the
 * journal (lib/machine/journal.h): begin before the change, end once it was
 * undone.
 */
#ifndef VB_CHANGES_H
#define VB_CHANGES_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/machine/journal.h"

struct vb_change {
	enum vb_journal_kind kind;
	char what[80];
	char id[VB_JOURNAL_ID_SIZE];
};

/* Zeroed is empty. */
struct vb_changes {
	struct vb_change *change;
	size_t nr;
};

/* 0: in the journal, now make the change.  Else -errno: don't. */
int vb_changes_begin(struct vb_changes *changes, enum vb_journal_kind kind, const char *what);
/* Undone.  Nothing if it was not begun. */
void vb_changes_end(struct vb_changes *changes, enum vb_journal_kind kind, const char *what);
/* The process @pid works for us: what we made is not touched while it lives. */
void vb_changes_process(struct vb_changes *changes, pid_t pid, char what[80]);
/* What is still there stays in the journal, for 'vfio-bench restore'. */
void vb_changes_free(struct vb_changes *changes);

#endif /* VB_CHANGES_H */
