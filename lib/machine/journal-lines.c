// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's lines: "CRC 1 begin ID BOOT PID START KIND WHAT BEFORE" and
 * "CRC 1 end ID", CRC over what follows it.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/machine/journal-internal.h"
#include "lib/machine/pci.h"
#include "lib/machine/sysfs.h"

#define VERSION		"1"
#define NOTHING		"-"	/* an empty text */
#define BOOT_SIZE	64

static const char *const kind_names[VB_JOURNAL_NR_KINDS] = {
	[VB_JOURNAL_BIND] = "bind",
	[VB_JOURNAL_UNBIND] = "unbind",
	[VB_JOURNAL_MDEV] = "mdev",
	[VB_JOURNAL_VARIANT] = "variant",
	[VB_JOURNAL_TRACE] = "trace",
	[VB_JOURNAL_SETTING] = "setting",
	[VB_JOURNAL_CLOCK] = "clock",
	[VB_JOURNAL_PROCESS] = "process",
	[VB_JOURNAL_USES] = "uses",
};

const char *vb_journal_kind_name(enum vb_journal_kind kind)
{
	return kind_names[kind];
}

static bool made_of(const char *text, const char *more)
{
	size_t length = strlen(text);

	for (const char *c = text; *c; c++)
		if (!isascii(*c) || (!isalnum(*c) && !strchr(more, *c)))
			return false;
	return length && length < VB_JOURNAL_WHAT_SIZE;
}

static bool uuid_valid(const char *text)
{
	for (size_t i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' :
		    !isxdigit((unsigned char)text[i]))
			return false;
	return !text[36];
}

/* Root writes to it later: no way out of the two folders. */
static bool setting_valid(const char *path)
{
	return (!strncmp(path, "/sys/", 5) || !strncmp(path, "/proc/sys/", 10)) &&
	       !strstr(path, "/.") && made_of(path, "/._:-");
}

bool vb_journal_what_valid(enum vb_journal_kind kind, const char *what)
{
	static const char variant[] = "vfio_iommu_type1_", trace[] = "vfio_bench_";

	switch (kind) {
	case VB_JOURNAL_BIND:
	case VB_JOURNAL_UNBIND:
		return vb_pci_address_valid(what);
	case VB_JOURNAL_MDEV:
		return uuid_valid(what);
	case VB_JOURNAL_VARIANT:
		return !strncmp(what, variant, strlen(variant)) && strlen(what) < 64 &&
		       made_of(what, "_");
	case VB_JOURNAL_TRACE:
		return !strncmp(what, trace, strlen(trace)) && strlen(what) < 32 && made_of(what, "_");
	case VB_JOURNAL_SETTING:
		return setting_valid(what);
	case VB_JOURNAL_CLOCK:
		return !strcmp(what, VB_JOURNAL_REALTIME);
	case VB_JOURNAL_PROCESS:
		return made_of(what, ".");
	case VB_JOURNAL_USES:
		return made_of(what, "_.:-");
	case VB_JOURNAL_NR_KINDS:
		break;
	}
	return false;
}

/* One word of it: what would end a word, or isn't plain text, as %XX. */
static int escape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	if (!*text || !strcmp(text, NOTHING))
		return snprintf(out, size, "%s", *text ? "%2d" : NOTHING) < (int)size ? 0 : -ENAMETOOLONG;
	for (; *text; text++) {
		bool plain = *text > ' ' && *text < 0x7f && *text != '%';

		if (used + 4 > size)
			return -ENAMETOOLONG;
		used += (size_t)snprintf(out + used, size - used, plain ? "%c" : "%%%02x",
					 (unsigned char)*text);
	}
	return 0;
}

static int unescape(const char *word, char *out, size_t size)
{
	size_t used = 0;

	if (!strcmp(word, NOTHING))
		word = "";
	for (; *word; word++) {
		unsigned int byte = (unsigned char)*word;

		if (*word == '%') {
			if (sscanf(word, "%%%2x", &byte) != 1 || !byte || !word[1] || !word[2])
				return -EPROTO;
			word += 2;
		}
		if (used + 1 >= size)
			return -EPROTO;
		out[used++] = (char)byte;
	}
	out[used] = '\0';
	return 0;
}

static void read_boot(char boot[BOOT_SIZE])
{
	if (vb_sysfs_read("/proc/sys/kernel/random/boot_id", boot, BOOT_SIZE) <= 0 ||
	    strpbrk(boot, " \n"))
		strcpy(boot, NOTHING);
}

int vb_journal_entry_make(struct vb_journal_entry *e, const char *what, const char *before)
{
	static unsigned int number;

	if (!vb_journal_what_valid(e->kind, what) || (before && strlen(before) >= sizeof(e->before)))
		return -EINVAL;
	e->pid = getpid();
	e->start = vb_owner_start(e->pid);
	strcpy(e->what, what);
	strcpy(e->before, before ? before : "");
	snprintf(e->id, sizeof(e->id), "%d.%" PRIu64 ".%u", (int)e->pid, e->start, number++);
	return 0;
}

static int finish(const char *body, char line[VB_JOURNAL_LINE_SIZE])
{
	uLong crc = crc32(0, (const Bytef *)body, (uInt)strlen(body));

	return snprintf(line, VB_JOURNAL_LINE_SIZE, "%08lx %s\n", crc, body) < VB_JOURNAL_LINE_SIZE ?
	       0 : -ENAMETOOLONG;
}

int vb_journal_begin_line(const struct vb_journal_entry *e, char line[VB_JOURNAL_LINE_SIZE])
{
	char body[VB_JOURNAL_LINE_SIZE], before[3 * VB_JOURNAL_BEFORE_SIZE], boot[BOOT_SIZE];
	int err = escape(e->before, before, sizeof(before));

	if (err)
		return err;
	read_boot(boot);
	if (snprintf(body, sizeof(body), VERSION " begin %s %s %d %" PRIu64 " %s %s %s", e->id, boot,
		     (int)e->pid, e->start, kind_names[e->kind], e->what, before) >= (int)sizeof(body))
		return -ENAMETOOLONG;
	return finish(body, line);
}

int vb_journal_end_line(const char *id, char line[VB_JOURNAL_LINE_SIZE])
{
	char body[2 * VB_JOURNAL_ID_SIZE];

	snprintf(body, sizeof(body), VERSION " end %.*s", VB_JOURNAL_ID_SIZE - 1, id);
	return finish(body, line);
}

static bool whole(const char *line, const char **body)
{
	char sum[16];

	if (strlen(line) < 10 || line[8] != ' ')
		return false;
	*body = line + 9;
	snprintf(sum, sizeof(sum), "%08lx", crc32(0, (const Bytef *)*body, (uInt)strlen(*body)));
	return !strncmp(sum, line, 8);
}

static int parse_begin(const char *rest, const char *boot, struct vb_journal_entry *e)
{
	char kind[16], before[3 * VB_JOURNAL_BEFORE_SIZE], its_boot[BOOT_SIZE];
	int pid, kinds = 0;

	*e = (struct vb_journal_entry){ 0 };
	if (sscanf(rest, "%63s %63s %d %" SCNu64 " %15s %255s %767s", e->id, its_boot, &pid, &e->start,
		   kind, e->what, before) != 7)
		return -EPROTO;
	e->pid = pid;
	e->other_boot = strcmp(boot, its_boot);
	while (kinds < VB_JOURNAL_NR_KINDS && strcmp(kind, kind_names[kinds]))
		kinds++;
	e->kind = kinds;
	if (kinds == VB_JOURNAL_NR_KINDS || pid <= 0 || !vb_journal_what_valid(e->kind, e->what))
		return -EPROTO;
	return unescape(before, e->before, sizeof(e->before));
}

static void drop(struct vb_journal *j, size_t i)
{
	j->nr--;
	memmove(&j->entry[i], &j->entry[i + 1], (j->nr - i) * sizeof(*j->entry));
}

/* Drivers and variants: whoever comes later has seen what the one before left, and answers for it. */
static void supersede(struct vb_journal *j, const struct vb_journal_entry *e)
{
	for (size_t i = j->nr; i--; ) {
		bool both_bind = e->kind <= VB_JOURNAL_UNBIND && j->entry[i].kind <= VB_JOURNAL_UNBIND;
		bool both_variant = e->kind == VB_JOURNAL_VARIANT && j->entry[i].kind == e->kind;

		if ((both_bind || both_variant) && !strcmp(e->what, j->entry[i].what))
			drop(j, i);
	}
}

static int add(struct vb_journal *j, const struct vb_journal_entry *e)
{
	struct vb_journal_entry *larger;

	supersede(j, e);
	larger = realloc(j->entry, (j->nr + 1) * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	j->entry = larger;
	larger[j->nr++] = *e;
	return 0;
}

static int take_line(struct vb_journal *j, const char *line, const char *boot)
{
	struct vb_journal_entry e;
	const char *body;

	if (!*line)
		return 0;
	if (!whole(line, &body)) {
		j->damaged++;
		return 0;
	}
	if (!strncmp(body, VERSION " begin ", 8) && !parse_begin(body + 8, boot, &e))
		return add(j, &e);
	if (!strncmp(body, VERSION " end ", 6)) {
		for (size_t i = j->nr; i--; )
			if (!strcmp(j->entry[i].id, body + 6))
				drop(j, i);
		return 0;
	}
	j->unknown++;
	return 0;
}

int vb_journal_parse(char *text, struct vb_journal *journal)
{
	char boot[BOOT_SIZE], *end;
	int err = 0;

	*journal = (struct vb_journal){ 0 };
	read_boot(boot);
	for (char *line = text; *line && !err; line = end) {
		/* The last line's end may be missing: its checksum tells whether all of it is there. */
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		err = take_line(journal, line, boot);
	}
	if (err)
		vb_journal_free(journal);
	return err;
}

void vb_journal_free(struct vb_journal *journal)
{
	free(journal->entry);
	*journal = (struct vb_journal){ 0 };
}
