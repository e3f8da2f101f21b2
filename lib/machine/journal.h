/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: every change of the machine is in it before it is made, so that
 * what a killed program left behind can be put back (restore.h).
 *
 * One file of lines in /run/vfio-bench that only grows, each line with a
 * checksum before it: one that was cut short, at the end or with others after
 * it, is seen and left out.  That is right for the beginning of a change, which
 * was then not made, and harmless for its end, because what is put back can be
 * put back twice.  It goes when nothing in it is open.  /run and the
 * changes are both lost at a reboot; where /run is not, the boot's id tells.
 */
#ifndef VB_JOURNAL_H
#define VB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VB_JOURNAL_FILE		"journal"
#define VB_JOURNAL_ID_SIZE	64
#define VB_JOURNAL_WHAT_SIZE	256
#define VB_JOURNAL_BEFORE_SIZE	256

#define VB_JOURNAL_REALTIME	"realtime"	/* what a VB_JOURNAL_CLOCK is about */

enum vb_journal_kind {
	VB_JOURNAL_BIND,	/* a PCI address that goes to vfio-pci; bind-state.h has what was */
	VB_JOURNAL_UNBIND,	/* one that goes back */
	VB_JOURNAL_MDEV,	/* its UUID */
	VB_JOURNAL_VARIANT,	/* the module of a variant */
	VB_JOURNAL_TRACE,	/* the name of a tracing instance and its events */
	VB_JOURNAL_SETTING,	/* the path of a file below /sys or /proc/sys; before: its text */
	VB_JOURNAL_CLOCK,	/* "realtime"; before: vb_wall_ahead_ns(), decimal */
	/* Nothing to be put back, but to be known: */
	VB_JOURNAL_PROCESS,	/* "PID.START" that works for the owner; it goes first */
	VB_JOURNAL_USES,	/* a PCI address or a module that must stay while the owner lives */
	VB_JOURNAL_NR_KINDS
};

struct vb_journal_entry {
	char id[VB_JOURNAL_ID_SIZE];
	enum vb_journal_kind kind;
	bool other_boot;	/* of a boot before this one: nothing of it is left */
	pid_t pid;		/* the owner, */
	uint64_t start;		/* and its start, in clock ticks since boot */
	char what[VB_JOURNAL_WHAT_SIZE];
	char before[VB_JOURNAL_BEFORE_SIZE];
};

struct vb_journal {
	struct vb_journal_entry *entry;	/* begun and not ended, oldest first */
	size_t nr;
	size_t damaged;			/* lines that are not whole */
	size_t unknown;			/* whole, but of a version that is not ours */
};

/* "bind", ..., as in the file. */
const char *vb_journal_kind_name(enum vb_journal_kind kind);
/* Could @what be of that kind?  What is read from the file is held to it too. */
bool vb_journal_what_valid(enum vb_journal_kind kind, const char *what);

/*
 * On disk when it returns: now make the change.  @before: NULL for none.  After
 * an error the change must not be made: -EPERM: the folder or the file is not
 * ours alone; -EINVAL: @what is not of that kind; else -errno of writing.
 */
int vb_journal_begin(enum vb_journal_kind kind, const char *what, const char *before,
		     char id[VB_JOURNAL_ID_SIZE]);
/* It was undone, or shall stay.  An empty @id: nothing. */
int vb_journal_end(const char *id);
/* What is open.  -ENOENT: there is no journal.  Freed by vb_journal_free(). */
int vb_journal_read(struct vb_journal *journal);
void vb_journal_free(struct vb_journal *journal);

/*
 * Change the file @path below /sys or /proc/sys to @text; @id ends it, after
 * vb_journal_put_back() or when it shall stay.
 */
int vb_journal_change(const char *path, const char *text, char id[VB_JOURNAL_ID_SIZE]);
/* Write @before to @path, unless it says so already.  -ENOENT: it is gone. */
int vb_journal_put_back(const char *path, const char *before);

enum vb_owner_state {
	VB_OWNER_GONE,		/* or dead and not yet waited for */
	VB_OWNER_DYING,		/* SIGKILL is on its way to it */
	VB_OWNER_ALIVE,
};

/* Of the process @pid that was started at @start; another with its number is not it. */
enum vb_owner_state vb_owner_state(pid_t pid, uint64_t start);
/* 0: there is no such process. */
uint64_t vb_owner_start(pid_t pid);

#endif /* VB_JOURNAL_H */
