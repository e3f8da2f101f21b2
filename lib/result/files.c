// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums of a result directory's files: made, and held against the files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/result/files.h"
#include "lib/result/lost.h"

/* The length of a list of nothing but numbers, at its '['; 0: it is another. */
static size_t numbers_length(const char *text)
{
	size_t length = strspn(text, "[]0123456789.eE+-, \n"), depth = 0;

	for (size_t i = 0; i < length; i++) {
		depth += text[i] == '[';
		depth -= text[i] == ']';
		if (!depth)
			return i + 1;
	}
	return 0;
}

/* jansson gives every number a line of its own: a histogram is then 4 times as long. */
static void join_numbers(char *text)
{
	bool quoted = false;
	char *to = text;

	while (*text) {
		size_t length = !quoted && *text == '[' ? numbers_length(text) : 0;

		if (*text == '"')
			quoted = !quoted;
		if (quoted && *text == '\\')
			*to++ = *text++;
		if (!length)
			*to++ = *text++;
		for (; length; length--, text++)
			if (*text != ' ' && *text != '\n')
				*to++ = *text;
	}
	*to = '\0';
}

static void checksum_of(const char *text, size_t length, char end[VB_CHECKSUM_LENGTH + 1])
{
	snprintf(end, VB_CHECKSUM_LENGTH + 1, "%s%08lx%s", VB_CHECKSUM_KEY,
		 crc32_z(0, (const unsigned char *)text, length), VB_CHECKSUM_END);
}

char *vb_files_json_text(const json_t *json)
{
	char *text = json_object_size(json) ?
		     json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) : NULL;
	size_t length;
	char *all;

	/* Something may be missing in it, and the checksum would say that it is whole. */
	if (text && vb_memory_was_lost()) {
		free(text);
		return NULL;
	}
	if (!text)
		return NULL;
	join_numbers(text);
	length = strlen(text) - 2;	/* "\n}" comes after the checksum */
	all = realloc(text, length + VB_CHECKSUM_LENGTH + 1);
	if (!all) {
		free(text);
		return NULL;
	}
	checksum_of(all, length, all + length);
	return all;
}

int vb_files_check_text(const char *text, size_t length)
{
	char end[VB_CHECKSUM_LENGTH + 1];
	const char *found;

	if (length < VB_CHECKSUM_LENGTH)
		return -ENODATA;
	found = text + length - VB_CHECKSUM_LENGTH;
	checksum_of(text, length - VB_CHECKSUM_LENGTH, end);
	if (!memcmp(found, end, VB_CHECKSUM_LENGTH))
		return 0;
	return memcmp(found, VB_CHECKSUM_KEY, sizeof(VB_CHECKSUM_KEY) - 1) ? -ENODATA : -EINVAL;
}

/* From where @fd stands to its end. */
static int sum_file(int fd, uint64_t *bytes, uint32_t *crc)
{
	static const size_t piece = 1 << 18;
	unsigned char *buffer = malloc(piece);
	ssize_t n = 0;

	*bytes = 0;
	*crc = 0;
	while (buffer && (n = read(fd, buffer, piece))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		*crc = (uint32_t)crc32_z(*crc, buffer, (size_t)n);
		*bytes += (uint64_t)n;
	}
	n = n < 0 ? -errno : 0;
	if (!buffer)
		return -ENOMEM;
	free(buffer);
	return (int)n;
}

static bool guards_itself(const char *name)
{
	return !strcmp(name, "meta.json") || !strcmp(name, "result.json");
}

static int list_one(int dir_fd, const char *name, json_t *files)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), ret;
	struct stat st;
	uint64_t bytes;
	char text[16];
	uint32_t crc;

	if (fd < 0)
		return -errno;
	ret = fstat(fd, &st) ? -errno : 0;
	if (ret || !S_ISREG(st.st_mode))
		goto out;
	ret = sum_file(fd, &bytes, &crc);
	if (ret)
		goto out;
	snprintf(text, sizeof(text), "%08x", crc);
	if (json_object_set_new(files, name, json_pack("{s:I, s:s}", "bytes", (json_int_t)bytes,
						       "crc32", text)))
		ret = -ENOMEM;
out:
	close(fd);
	return ret;
}

static int wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !guards_itself(entry->d_name);
}

int vb_files_list(int dir_fd, json_t **files)
{
	struct dirent **names = NULL;
	int n = scandirat(dir_fd, ".", &names, wanted, versionsort), ret = 0;

	if (n < 0)
		return -errno;
	*files = json_object();
	for (int i = 0; i < n; i++) {
		if (!ret)
			ret = list_one(dir_fd, names[i]->d_name, *files);
		free(names[i]);
	}
	free(names);
	if (ret)
		json_decref(*files);
	return ret;
}

static int refuse(const char *path, const char *what, char *err, size_t size)
{
	snprintf(err, size, "%s: %s", path, what);
	return -EINVAL;
}

int vb_files_open_plain(const char *path, FILE **file, char *err, size_t size)
{
	/* A FIFO would block, and a device might never end. */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), ret;
	struct stat st;

	if (fd < 0) {
		ret = -errno;
		snprintf(err, size, "%s: %s", path, ret == -ELOOP ? "not an ordinary file" :
			 strerror(-ret));
		return ret;
	}
	*file = NULL;
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode)) {
		close(fd);
		return refuse(path, "not an ordinary file", err, size);
	}
	*file = fdopen(fd, "r");
	if (*file)
		return 0;
	ret = -errno;
	close(fd);
	snprintf(err, size, "%s: %s", path, strerror(-ret));
	return ret;
}

static int check_whole(int fd, const json_t *entry)
{
	const char *wanted_crc = json_string_value(json_object_get(entry, "crc32"));
	uint64_t bytes;
	uint32_t crc;
	char text[16];
	int ret = sum_file(fd, &bytes, &crc);

	if (ret)
		return ret;
	snprintf(text, sizeof(text), "%08x", crc);
	if (!wanted_crc || strcmp(text, wanted_crc))
		return -EINVAL;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

int vb_files_open(const char *path, const json_t *entry, bool whole, FILE **file, char *err,
		  size_t size)
{
	json_int_t bytes = json_integer_value(json_object_get(entry, "bytes"));
	int ret = vb_files_open_plain(path, file, err, size);
	struct stat st;

	if (ret)
		return ret;
	if (fstat(fileno(*file), &st) || st.st_size != bytes) {
		snprintf(err, size, "%s: %lld bytes, %lld were written: cut off or changed", path,
			 (long long)st.st_size, (long long)bytes);
		ret = -EINVAL;
	} else if (whole) {
		ret = check_whole(fileno(*file), entry);
		if (ret)
			snprintf(err, size, "%s: %s", path, ret == -EINVAL ?
				 "crc32: not what was written" : strerror(-ret));
	}
	if (ret) {
		fclose(*file);
		*file = NULL;
	}
	return ret;
}
