// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal of changes of the machine: the input is its file, in which a line that
 * begins with '+' is given the checksum that it has to have.
 */
#include <string.h>
#include <zlib.h>

#include "lib/machine/journal-internal.h"
#include "tests/fuzz/fuzz.h"

#define SUM_BYTES 9	/* eight digits and a space, for the '+' */

static char *file_of(const uint8_t *data, size_t size)
{
	const char *from = (const char *)data, *end = from + size;
	size_t room = size * (SUM_BYTES + 1) + 1;
	char *text = malloc(room), *to = text;

	require(text != NULL, "no memory", "");
	while (from < end) {
		const char *newline = memchr(from, '\n', (size_t)(end - from));
		size_t length = (size_t)((newline ? newline : end) - from);

		if (*from == '+') {
			from++;
			length--;
			to += snprintf(to, SUM_BYTES + 1, "%08lx ",
				       crc32(0, (const Bytef *)from, (uInt)length));
		}
		memcpy(to, from, length);
		to += length;
		from += length;
		if (newline) {
			*to++ = '\n';
			from++;
		}
	}
	*to = '\0';
	return text;
}

/* Written anew it is read as the same. */
static void check_entry(const struct vb_journal_entry *e)
{
	char line[VB_JOURNAL_LINE_SIZE];
	struct vb_journal again;

	require(vb_journal_what_valid(e->kind, e->what), "not of its kind", e->what);
	require(e->pid > 0, "no process", e->id);
	require(!vb_journal_begin_line(e, line), "can't be written", e->what);
	require(!vb_journal_parse(line, &again) && again.nr == 1, "can't be read again", line);
	require(again.entry->kind == e->kind && again.entry->pid == e->pid &&
		again.entry->start == e->start && !strcmp(again.entry->id, e->id) &&
		!strcmp(again.entry->what, e->what) && !strcmp(again.entry->before, e->before),
		"read as another", line);
	vb_journal_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = file_of(data, size), end[VB_JOURNAL_LINE_SIZE];
	struct vb_journal journal;

	require(!vb_journal_parse(text, &journal), "no memory", "");
	for (size_t i = 0; i < journal.nr; i++) {
		check_entry(&journal.entry[i]);
		require(!vb_journal_end_line(journal.entry[i].id, end), "has no end", "");
	}
	vb_journal_free(&journal);
	free(text);
	return 0;
}
