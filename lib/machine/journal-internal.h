/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal's files share: its lines. */
#ifndef VB_JOURNAL_INTERNAL_H
#define VB_JOURNAL_INTERNAL_H

#include "lib/machine/journal.h"

/* Room for every line: a text of 255 bytes that is all escapes has three times as many. */
#define VB_JOURNAL_LINE_SIZE 1536

/* Of this process, with an id of its own.  -EINVAL: not what such an entry can hold. */
int vb_journal_entry_make(struct vb_journal_entry *e, const char *what, const char *before);
/* Lines with their checksum and their end.  -ENAMETOOLONG. */
int vb_journal_begin_line(const struct vb_journal_entry *e, char line[VB_JOURNAL_LINE_SIZE]);
int vb_journal_end_line(const char *id, char line[VB_JOURNAL_LINE_SIZE]);
/* The whole file's @text, which is changed; *journal is freed by vb_journal_free(). */
int vb_journal_parse(char *text, struct vb_journal *journal);

#endif /* VB_JOURNAL_INTERNAL_H */
