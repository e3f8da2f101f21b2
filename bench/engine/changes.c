// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of the machine, each in the journal before it is made. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/changes.h"

int vb_changes_begin(struct vb_changes *changes, enum vb_journal_kind kind, const char *what)
{
	struct vb_change *larger = realloc(changes->change, (changes->nr + 1) * sizeof(*larger));
	struct vb_change *c;
	int ret;

	if (!larger)
		return -ENOMEM;
	changes->change = larger;
	c = &larger[changes->nr];
	*c = (struct vb_change){ .kind = kind };
	snprintf(c->what, sizeof(c->what), "%s", what);
	ret = vb_journal_begin(kind, what, NULL, c->id);
	changes->nr += !ret;
	return ret;
}

void vb_changes_end(struct vb_changes *changes, enum vb_journal_kind kind, const char *what)
{
	for (size_t i = changes->nr; i--; ) {
		struct vb_change *c = &changes->change[i];

		if (c->kind != kind || strcmp(c->what, what))
			continue;
		/* If it can't be written: what is undone already is found to be so later. */
		vb_journal_end(c->id);
		changes->nr--;
		memmove(c, c + 1, (changes->nr - i) * sizeof(*c));
		return;
	}
}

void vb_changes_process(struct vb_changes *changes, pid_t pid, char what[80])
{
	snprintf(what, 80, "%d.%" PRIu64, (int)pid, vb_owner_start(pid));
	/* With nothing made there is nothing that could be taken from it. */
	if (changes && changes->nr)
		vb_changes_begin(changes, VB_JOURNAL_PROCESS, what);
}

void vb_changes_free(struct vb_changes *changes)
{
	free(changes->change);
	*changes = (struct vb_changes){ 0 };
}
