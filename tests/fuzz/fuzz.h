/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share.  A target is LLVMFuzzerTestOneInput() in one file
 * NAME-fuzz.c; libFuzzer calls it (tests/fuzz/run), or replay.c does.
 */
#ifndef VB_FUZZ_H
#define VB_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A contract that was broken is a crash, as a bad access is one. */
static inline void require(int condition, const char *what, const char *detail)
{
	if (condition)
		return;
	fprintf(stderr, "%s: %s\n", what, detail);
	abort();
}

/* A message is one line that a terminal can show, and not empty. */
static inline void require_message(const char *text)
{
	require(*text, "no message", "");
	for (const char *c = text; *c; c++)
		require((unsigned char)*c >= ' ' && *c != 0x7f, "not printable", text);
}

/* A folder of this process's own, below $TMPDIR: whoever set that removes it. */
static inline const char *fuzz_folder(void)
{
	static char folder[200];
	const char *tmp = getenv("TMPDIR");

	if (*folder)
		return folder;
	snprintf(folder, sizeof(folder), "%s/vb-fuzz.XXXXXX", tmp ? tmp : "/tmp");
	require(mkdtemp(folder) != NULL, "can't make", folder);
	return folder;
}

#endif /* VB_FUZZ_H */
