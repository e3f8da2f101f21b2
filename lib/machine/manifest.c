// SPDX-License-Identifier: GPL-2.0-or-later
/* Read a variant's manifest with inih.  Whatever isn't known is an error. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/manifest.h"

#define MANIFEST_BYTES 16384

static const char *const hazard_names[VB_NR_HAZARDS] = {
	"deadlock",
	"stale-dma-read",
	"crash-racing-pins",
	"use-after-free-concurrent-unmap",
	"leak-late-pin",
	"pins-lost-on-failed-unmap",
};

static const char *const granularity_names[] = {
	[VB_GRANULARITY_UNKNOWN] = "unknown",
	[VB_GRANULARITY_PER_REQUEST] = "per-request",
	[VB_GRANULARITY_PER_VFIO_DMA] = "per-vfio_dma",
	[VB_GRANULARITY_PER_AREA] = "per-area",
};

/* Which keys have been read. */
enum {
	SEEN_NAME = 1 << 0,
	SEEN_SUMMARY = 1 << 1,
	SEEN_KERNELS = 1 << 2,
	SEEN_GRANULARITY = 1 << 3,
	SEEN_CALLBACKS = 1 << 4,
	SEEN_HAZARDS = 1 << 5,
};

struct reader {
	struct vb_manifest *manifest;
	struct vb_manifest_error *error;
	const char *text;
	const char *end;
	unsigned int line;		/* that inih got last */
	unsigned int seen;
	unsigned int hazards_limited;	/* hazard.NAME.kernels= was there */
	bool failed;
};

const char *vb_hazard_name(enum vb_hazard hazard)
{
	for (unsigned int i = 0; i < VB_NR_HAZARDS; i++)
		if ((unsigned int)hazard == 1u << i)
			return hazard_names[i];
	return NULL;
}

unsigned int vb_hazard_find(const char *name, size_t length)
{
	for (unsigned int i = 0; i < VB_NR_HAZARDS; i++)
		if (strlen(hazard_names[i]) == length && !memcmp(hazard_names[i], name, length))
			return 1u << i;
	return 0;
}

const char *vb_granularity_name(enum vb_granularity granularity)
{
	if ((size_t)granularity >= sizeof(granularity_names) / sizeof(*granularity_names))
		return NULL;
	return granularity_names[granularity];
}

bool vb_variant_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > VB_VARIANT_NAME_LONGEST || name[length - 1] == '-')
		return false;
	for (const char *s = name; *s; s++) {
		bool dash = *s == '-';

		if (!dash && !(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9'))
			return false;
		if (dash && (s == name || s[-1] == '-'))
			return false;
	}
	return true;
}

__attribute__((format(printf, 2, 3)))
static int fail(struct reader *r, const char *format, ...)
{
	va_list args;

	if (!r->failed) {
		r->failed = true;
		r->error->line = r->line;
		va_start(args, format);
		vsnprintf(r->error->text, sizeof(r->error->text), format, args);
		va_end(args);
	}
	return 0;	/* inih's word for an error */
}

static int copy(struct reader *r, char *to, size_t size, const char *key, const char *value)
{
	if (!*value)
		return fail(r, "%s is empty", key);
	if (strlen(value) >= size)
		return fail(r, "%s is longer than %zu characters", key, size - 1);
	strcpy(to, value);
	return 1;
}

static int read_name(struct reader *r, const char *key, const char *value)
{
	if (!vb_variant_name_valid(value))
		return fail(r, "bad name '%s': small letters, digits and single '-', at most %d "
			    "characters", value, VB_VARIANT_NAME_LONGEST);
	return copy(r, r->manifest->name, sizeof(r->manifest->name), key, value);
}

static int read_summary(struct reader *r, const char *key, const char *value)
{
	return copy(r, r->manifest->summary, sizeof(r->manifest->summary), key, value);
}

static int read_kernels(struct reader *r, const char *key, const char *value)
{
	if (!vb_kernels_valid(value))
		return fail(r, "%s: '%s' is not a list like 'any' or '6.1, 6.6-6.12, 7.0-'", key,
			    value);
	return copy(r, r->manifest->kernels, sizeof(r->manifest->kernels), key, value);
}

static int read_granularity(struct reader *r, const char *key, const char *value)
{
	if (!strcmp(value, "per-request"))
		r->manifest->granularity = VB_GRANULARITY_PER_REQUEST;
	else if (!strcmp(value, "per-vfio_dma"))
		r->manifest->granularity = VB_GRANULARITY_PER_VFIO_DMA;
	else
		return fail(r, "%s: '%s' is neither per-request nor per-vfio_dma", key, value);
	return 1;
}

/* What the audit expects follows from the granularity; here for people. */
static int read_callbacks(struct reader *r, const char *key, const char *value)
{
	if (strcmp(value, "pinned-entries") && strcmp(value, "one"))
		return fail(r, "%s: '%s' is neither pinned-entries nor one", key, value);
	return 1;
}

static int read_hazards(struct reader *r, const char *key, const char *value)
{
	while (*value) {
		size_t length = strcspn(value, ", \t");
		unsigned int hazard = vb_hazard_find(value, length);

		if (length && !hazard)
			return fail(r, "%s: unknown hazard '%.*s'", key, (int)length, value);
		r->manifest->hazards |= hazard;
		value += length + strspn(value + length, ", \t");
	}
	return 1;
}

struct key {
	const char *name;
	unsigned int seen;
	int (*read)(struct reader *r, const char *key, const char *value);
};

static const struct key keys[] = {
	{ "name", SEEN_NAME, read_name },
	{ "summary", SEEN_SUMMARY, read_summary },
	{ "kernels", SEEN_KERNELS, read_kernels },
	{ "granularity", SEEN_GRANULARITY, read_granularity },
	{ "callbacks", SEEN_CALLBACKS, read_callbacks },
	{ "hazards", SEEN_HAZARDS, read_hazards },
};

/* hazard.NAME.kernels = 6.0- */
static int read_hazard_kernels(struct reader *r, const char *key, const char *value)
{
	const char *name = key + strlen("hazard."), *dot = strrchr(name, '.');
	unsigned int hazard, i = 0;

	if (!dot || strcmp(dot, ".kernels"))
		return fail(r, "unknown key '%s'", key);
	hazard = vb_hazard_find(name, (size_t)(dot - name));
	if (!hazard)
		return fail(r, "unknown hazard '%.*s'", (int)(dot - name), name);
	if (r->hazards_limited & hazard)
		return fail(r, "%s is there twice", key);
	if (!vb_kernels_valid(value))
		return fail(r, "%s: '%s' is not a list like '6.0-' or '5.14-6.0'", key, value);
	r->hazards_limited |= hazard;
	while (hazard >> i != 1)
		i++;
	return copy(r, r->manifest->hazard_kernels[i], VB_KERNELS_SIZE, key, value);
}

/* patch.6.1 = FILE: variant-build reads it; here it must be sound. */
static int read_patch(struct reader *r, const char *key, const char *value)
{
	const char *series = key + strlen("patch.");

	if (!vb_kernels_valid(series) || strcspn(series, "-, a") != strlen(series))
		return fail(r, "%s: a kernel series like patch.6.1", key);
	if (!*value || *value == '.' || strchr(value, '/'))
		return fail(r, "%s: '%s' is not a file beside the manifest", key, value);
	return 1;
}

/* The variant whose patch comes first: variant-build reads it; here it must be sound. */
static int read_base(struct reader *r, const char *key, const char *value)
{
	return vb_variant_name_valid(value) ? 1 : fail(r, "%s: '%s' is no variant's name", key, value);
}

static int read_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	if (strcmp(section, "variant"))
		return fail(r, "[%s]: the only section is [variant]", section);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (r->seen & keys[i].seen)
			return fail(r, "%s is there twice", name);
		r->seen |= keys[i].seen;
		return keys[i].read(r, name, value);
	}
	if (!strncmp(name, "hazard.", strlen("hazard.")))
		return read_hazard_kernels(r, name, value);
	if (!strncmp(name, "patch.", strlen("patch.")))
		return read_patch(r, name, value);
	if (!strcmp(name, "base"))
		return read_base(r, name, value);
	return fail(r, "unknown key '%s'", name);
}

/* fgets() over the text, which counts lines. */
static char *read_line(char *buf, int size, void *stream)
{
	struct reader *r = stream;
	const char *eol = memchr(r->text, '\n', (size_t)(r->end - r->text));
	size_t length = (size_t)((eol ? eol + 1 : r->end) - r->text);

	if (!length)
		return NULL;
	r->line++;
	if (memchr(r->text, '\0', length)) {
		fail(r, "a zero byte");
		return NULL;
	}
	if (length >= (size_t)size) {
		fail(r, "longer than %d characters", size - 2);
		return NULL;
	}
	memcpy(buf, r->text, length);
	buf[length] = '\0';
	r->text += length;
	return buf;
}

static void check_whole(struct reader *r)
{
	r->line = 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!(r->seen & keys[i].seen))
			fail(r, "%s is missing", keys[i].name);
	for (unsigned int i = 0; i < VB_NR_HAZARDS; i++)
		if (r->hazards_limited & ~r->manifest->hazards & 1u << i)
			fail(r, "hazard.%s.kernels, but hazards does not list it",
			     hazard_names[i]);
}

int vb_manifest_parse(const char *text, size_t length, struct vb_manifest *manifest,
		      struct vb_manifest_error *error)
{
	struct reader r = {
		.manifest = manifest, .error = error, .text = text, .end = text + length,
	};
	int line;

	memset(manifest, 0, sizeof(*manifest));
	memset(error, 0, sizeof(*error));
	line = ini_parse_stream(read_line, &r, read_pair, &r);
	if (line < 0)
		return -ENOMEM;
	if (line && (!r.failed || (unsigned int)line < error->line)) {
		r.failed = false;
		r.line = (unsigned int)line;
		fail(&r, "neither 'key = value' nor '[variant]'");
	}
	if (!r.failed)
		check_whole(&r);
	return r.failed ? -EINVAL : 0;
}

/* The file into @text: its length, or -errno. */
static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t length = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, text + length, size - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 && length < size);
	n = n < 0 ? -errno : (ssize_t)length;
	close(fd);
	return n;
}

int vb_manifest_read(const char *manifest_dir, const char *name, struct vb_manifest *manifest,
		     struct vb_manifest_error *error)
{
	char path[PATH_MAX], text[MANIFEST_BYTES];
	ssize_t length;
	int err;

	memset(error, 0, sizeof(*error));
	if (snprintf(path, sizeof(path), "%s/%s/manifest.ini", manifest_dir, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	length = read_file(path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	if (length == sizeof(text)) {
		snprintf(error->text, sizeof(error->text), "longer than %d bytes",
			 MANIFEST_BYTES - 1);
		return -EINVAL;
	}
	err = vb_manifest_parse(text, (size_t)length, manifest, error);
	if (!err && strcmp(manifest->name, name)) {
		snprintf(error->text, sizeof(error->text),
			 "name is '%s', but the folder is called '%s'", manifest->name, name);
		err = -EINVAL;
	}
	return err;
}

unsigned int vb_manifest_hazards(const struct vb_manifest *manifest, unsigned int major,
				 unsigned int minor)
{
	unsigned int hazards = manifest->hazards;

	for (unsigned int i = 0; i < VB_NR_HAZARDS; i++) {
		const char *kernels = manifest->hazard_kernels[i];

		if (*kernels && !vb_kernels_include(kernels, major, minor))
			hazards &= ~(1u << i);
	}
	return hazards;
}
