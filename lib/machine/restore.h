/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Put back what a killed program of ours left behind, as the journal has it:
 * newest first, only of owners that are gone, each step safe to be made twice.
 */
#ifndef VB_RESTORE_H
#define VB_RESTORE_H

#include "lib/machine/journal.h"

enum vb_restored {
	VB_RESTORED_DONE,	/* put back now */
	VB_RESTORED_WOULD,	/* dry run: it would be */
	VB_RESTORED_NOTHING,	/* it was as before already */
	VB_RESTORED_BOOT,	/* of another boot, which took it away */
	VB_RESTORED_ALIVE,	/* left: its owner lives */
	VB_RESTORED_USED,	/* left: a living run uses it */
	VB_RESTORED_BUSY,	/* left: a program holds it open */
	VB_RESTORED_FAILED,	/* left: error says why */
	VB_RESTORED_HUNG,	/* left: the kernel has not answered for 10 s */
};

struct vb_restore_item {
	struct vb_journal_entry entry;	/* pid 0: in no journal, for options.all */
	enum vb_restored outcome;
	int error;			/* -errno, 0: none */
};

struct vb_restore_options {
	bool dry_run;
	/* Also what a user asked for, bindings and a variant, unless a living run uses it. */
	bool all;
	/* Only what this owner began; 0: everybody's. */
	pid_t owner;
	uint64_t owner_start;
};

struct vb_restore_summary {
	size_t damaged, unknown;	/* lines of the journal */
	size_t left;			/* items that are busy, failed or hung */
};

/* The outcome in one word, for scripts. */
const char *vb_restored_name(enum vb_restored outcome);

/*
 * One at a time on a machine: waits for another for 30 s, then -EAGAIN.  @tell
 * is called for each item when it has been dealt with.  A step is a process of
 * its own, so that a kernel that does not answer holds up only that.  0; -EPERM:
 * the folder or the file is not ours alone; else -errno of reading the journal.
 */
int vb_restore(const struct vb_restore_options *options,
	       void (*tell)(void *arg, const struct vb_restore_item *item), void *arg,
	       struct vb_restore_summary *summary);

#endif /* VB_RESTORE_H */
