/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON file whose checksum is right although its text is a fuzzer's. */
#ifndef VB_FUZZ_JSON_H
#define VB_FUZZ_JSON_H

#include <jansson.h>
#include <string.h>
#include <zlib.h>

#include "lib/result/files.h"
#include "tests/fuzz/fuzz.h"

static inline void fuzz_write(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "we");

	require(file && fwrite(data, 1, size, file) == size, "can't write", path);
	require(!fclose(file), "can't write", path);
}

/*
 * The bytes of @data to its last brace, @files (may be NULL) as the key "files",
 * and the checksum.  Without a brace, or with '!' in front, as it is.
 */
static inline void fuzz_write_json(const char *path, const uint8_t *data, size_t size,
				   const json_t *files)
{
	const uint8_t *brace = size ? memrchr(data, '}', size) : NULL;
	char *list = files ? json_dumps(files, 0) : NULL, *text = NULL;
	size_t length;
	FILE *file;

	if (!brace || *data == '!') {
		fuzz_write(path, data, size);
		free(list);
		return;
	}
	file = open_memstream(&text, &length);
	require(file != NULL, "no memory", "");
	fwrite(data, 1, (size_t)(brace - data), file);
	if (list)
		fprintf(file, ",\n \"files\": %s", list);
	fflush(file);
	fprintf(file, "%s%08lx%s", VB_CHECKSUM_KEY,
		crc32_z(0, (const unsigned char *)text, length), VB_CHECKSUM_END);
	require(!fclose(file), "no memory", "");
	fuzz_write(path, text, length);
	free(text);
	free(list);
}

#endif /* VB_FUZZ_JSON_H */
