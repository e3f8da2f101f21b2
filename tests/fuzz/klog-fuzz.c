// SPDX-License-Identifier: GPL-2.0-or-later
/* The scanner of the kernel log: the input is a log; its first line is expected. */
#include <string.h>

#include "lib/machine/klog.h"
#include "tests/fuzz/fuzz.h"

#define MAX_HITS 4

static char *first_line(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);

	return strndup((const char *)data, end ? (size_t)(end - data) : size);
}

static void check_hit(const struct vb_klog_hit *hit)
{
	require(hit->what && *hit->what, "a hit without a name", hit->text);
	require(strnlen(hit->text, sizeof(hit->text)) < sizeof(hit->text), "not ended", hit->what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vb_klog_hit hits[MAX_HITS];
	/* A copy of just that length: a read beyond it is seen. */
	char *text = malloc(size ? size : 1), *line = size ? first_line(data, size) : NULL;
	const char *expected[] = { line, NULL };
	size_t all, found;

	require(text != NULL, "no memory", "");
	if (size)
		memcpy(text, data, size);
	all = vb_klog_scan_text(text, size, NULL, hits, MAX_HITS);
	for (size_t i = 0; i < all && i < MAX_HITS; i++)
		check_hit(&hits[i]);
	found = vb_klog_scan_text(text, size, expected, hits, MAX_HITS);
	require(found <= all, "more hits when some are expected", "");
	require(vb_klog_scan_text(text, size, NULL, NULL, 0) == all, "the count depends on room", "");
	free(line);
	free(text);
	return 0;
}
