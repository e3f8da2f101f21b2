/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guards a result directory's files: JSON files end with a checksum of
 * their own, and "files" of meta.json and result.json tells length and CRC-32
 * (that of zlib) of the others.
 */
#ifndef VB_RESULT_FILES_H
#define VB_RESULT_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The end of a JSON file: this, eight lower-case digits, and VB_CHECKSUM_END. */
#define VB_CHECKSUM_KEY	",\n \"checksum\": \"crc32:"
#define VB_CHECKSUM_END	"\"\n}\n"
#define VB_CHECKSUM_LENGTH (sizeof(VB_CHECKSUM_KEY) - 1 + 8 + sizeof(VB_CHECKSUM_END) - 1)

/*
 * @json, an object, as the text of a file with its checksum; lists of numbers
 * stand on one line.  The caller frees it; NULL: no memory, now or for anything in it
 * (lib/result/lost.h).
 */
char *vb_files_json_text(const json_t *json);
/*
 * Whether the @length bytes of a file are whole: 0; -EINVAL: they have been
 * changed; -ENODATA: they have no checksum at their end (cut off, or schema 1).
 */
int vb_files_check_text(const char *text, size_t length);

/*
 * The ordinary files in the folder @dir_fd but hidden ones and those that guard
 * themselves, by name: {"job.ini": {"bytes": N, "crc32": "XXXXXXXX"}, ...}.
 * 0, or -errno.  The caller drops *@files.
 */
int vb_files_list(int dir_fd, json_t **files);

/*
 * Open @path, an ordinary file, for reading; @entry is its place in a list of
 * files.  With @whole its CRC is verified (the file is read once), else its
 * length only.  0; -EINVAL with the reason in @err; -ENOENT and others of
 * open(), likewise.
 */
int vb_files_open(const char *path, const json_t *entry, bool whole, FILE **file, char *err,
		  size_t size);
/* The same without an entry: an ordinary file, or refused. */
int vb_files_open_plain(const char *path, FILE **file, char *err, size_t size);

#endif /* VB_RESULT_FILES_H */
