// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the journal's entries are to be undone, and in which order. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/machine/bind.h"
#include "lib/machine/restore-internal.h"
#include "lib/machine/variant.h"

#define LOCK_FILE	"restore.lock"
#define LOCK_TRIES	3000	/* times 10 ms; one restore can take longer than a step's limit */
#define OWNER_TRIES	1000	/* times 10 ms for one that is being killed */
#define MAX_VARIANTS	16

struct restore {
	const struct vb_restore_options *options;
	struct vb_journal journal;
	void (*tell)(void *arg, const struct vb_restore_item *item);
	void *arg;
	struct vb_restore_summary *summary;
	pid_t hung;			/* of this owner a process hangs: its files are still open */
};

const char *vb_restored_name(enum vb_restored outcome)
{
	static const char *const names[] = {
		[VB_RESTORED_DONE] = "restored",
		[VB_RESTORED_WOULD] = "to-do",
		[VB_RESTORED_NOTHING] = "nothing",
		[VB_RESTORED_BOOT] = "other-boot",
		[VB_RESTORED_ALIVE] = "alive",
		[VB_RESTORED_USED] = "used",
		[VB_RESTORED_BUSY] = "busy",
		[VB_RESTORED_FAILED] = "failed",
		[VB_RESTORED_HUNG] = "hung",
	};

	return names[outcome];
}

static void pause_briefly(void)
{
	struct timespec ts = { 0, 10000000 };

	nanosleep(&ts, NULL);
}

/* Held until it is closed, also by a step's process that outlives us. */
static int lock(void)
{
	int dirfd = vb_state_dir_open(false), fd, err = -EAGAIN;

	if (dirfd < 0)
		return dirfd;
	fd = openat(dirfd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	close(dirfd);
	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	for (int i = 0; i < LOCK_TRIES && err == -EAGAIN; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR)
			err = -errno;
		pause_briefly();
	}
	close(fd);
	return err;
}

static bool owner_alive(const struct vb_journal_entry *e)
{
	enum vb_owner_state state = vb_owner_state(e->pid, e->start);

	for (int i = 0; i < OWNER_TRIES && state == VB_OWNER_DYING; i++) {
		pause_briefly();
		state = vb_owner_state(e->pid, e->start);
	}
	return state != VB_OWNER_GONE;
}

/* Does a living owner say that it uses @what?  NULL: anything. */
static bool used(const struct restore *r, const char *what)
{
	for (size_t i = 0; i < r->journal.nr; i++) {
		const struct vb_journal_entry *e = &r->journal.entry[i];

		if (e->kind == VB_JOURNAL_USES && !e->other_boot && (!what || !strcmp(e->what, what)) &&
		    owner_alive(e))
			return true;
	}
	return false;
}

static void put_back(struct restore *r, struct vb_restore_item *item)
{
	if (!vb_undo_needed(&item->entry)) {
		item->outcome = VB_RESTORED_NOTHING;
		return;
	}
	if (r->options->dry_run) {
		item->outcome = VB_RESTORED_WOULD;
		return;
	}
	item->error = vb_undo(&item->entry);
	item->outcome = !item->error ? VB_RESTORED_DONE :
			item->error == -EBUSY ? VB_RESTORED_BUSY :
			item->error == -ETIMEDOUT ? VB_RESTORED_HUNG : VB_RESTORED_FAILED;
	if (item->outcome == VB_RESTORED_HUNG && item->entry.kind == VB_JOURNAL_PROCESS)
		r->hung = item->entry.pid;
}

static void decide(struct restore *r, struct vb_restore_item *item)
{
	const struct vb_journal_entry *e = &item->entry;

	if (e->other_boot)
		item->outcome = VB_RESTORED_BOOT;
	else if (e->pid && owner_alive(e))
		item->outcome = VB_RESTORED_ALIVE;
	else if (e->kind != VB_JOURNAL_USES && used(r, e->what))
		item->outcome = VB_RESTORED_USED;
	else if (e->pid && e->pid == r->hung)
		item->outcome = VB_RESTORED_HUNG;
	else
		put_back(r, item);
}

/* What needs no more of us leaves the journal. */
static void close_entry(struct restore *r, struct vb_restore_item *item)
{
	switch (item->outcome) {
	case VB_RESTORED_DONE:
	case VB_RESTORED_NOTHING:
	case VB_RESTORED_BOOT:
		if (!r->options->dry_run && item->entry.pid && !item->error)
			item->error = vb_journal_end(item->entry.id);
		if (item->error)
			item->outcome = VB_RESTORED_FAILED;
		break;
	default:
		break;
	}
}

static void deal_with(struct restore *r, const struct vb_journal_entry *e)
{
	struct vb_restore_item item = { .entry = *e };

	decide(r, &item);
	close_entry(r, &item);
	if (item.outcome >= VB_RESTORED_BUSY)
		r->summary->left++;
	if (r->tell)
		r->tell(r->arg, &item);
}

static bool mine(const struct restore *r, const struct vb_journal_entry *e)
{
	return !r->options->owner ||
	       (e->pid == r->options->owner && e->start == r->options->owner_start);
}

static bool in_journal(const struct restore *r, enum vb_journal_kind kind, const char *what)
{
	for (size_t i = 0; i < r->journal.nr; i++) {
		const struct vb_journal_entry *e = &r->journal.entry[i];

		if ((e->kind == kind || (kind == VB_JOURNAL_BIND && e->kind == VB_JOURNAL_UNBIND)) &&
		    !strcmp(e->what, what))
			return true;
	}
	return false;
}

/* What no entry is about: it was dealt with if one is. */
static void asked_for(struct restore *r, enum vb_journal_kind kind, const char *what)
{
	struct vb_journal_entry e = { .kind = kind };

	if (in_journal(r, kind, what) || !vb_journal_what_valid(kind, what))
		return;
	snprintf(e.what, sizeof(e.what), "%s", what);
	deal_with(r, &e);
}

static int all_asked_for(struct restore *r)
{
	char variants[MAX_VARIANTS][80], (*addresses)[VB_PCI_ADDRESS_SIZE];
	size_t nr_variants = vb_variant_loaded(variants, MAX_VARIANTS), nr;
	int err = vb_bind_list(&addresses, &nr);

	for (size_t i = 0; i < nr_variants; i++)
		asked_for(r, VB_JOURNAL_VARIANT, variants[i]);
	for (size_t i = 0; i < nr && !err; i++)
		asked_for(r, VB_JOURNAL_BIND, addresses[i]);
	free(addresses);
	return err;
}

static int restore(struct restore *r)
{
	int err = vb_journal_read(&r->journal);

	if (err && err != -ENOENT)
		return err;
	r->summary->damaged = r->journal.damaged;
	r->summary->unknown = r->journal.unknown;
	for (size_t i = r->journal.nr; i--; )
		if (mine(r, &r->journal.entry[i]))
			deal_with(r, &r->journal.entry[i]);
	err = r->options->all ? all_asked_for(r) : 0;
	vb_journal_free(&r->journal);
	return err;
}

int vb_restore(const struct vb_restore_options *options,
	       void (*tell)(void *arg, const struct vb_restore_item *item), void *arg,
	       struct vb_restore_summary *summary)
{
	struct restore r = { .options = options, .tell = tell, .arg = arg, .summary = summary };
	int held = options->dry_run ? -1 : lock(), err;

	*summary = (struct vb_restore_summary){ 0 };
	if (!options->dry_run && held < 0)
		return held == -ENOENT ? 0 : held;
	err = restore(&r);
	if (held >= 0)
		close(held);
	return err;
}
