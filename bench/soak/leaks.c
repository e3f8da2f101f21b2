// SPDX-License-Identifier: GPL-2.0-or-later
/* kmemleak, where the kernel has it: a scan every few minutes and at the end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/soak/soak_impl.h"
#include "lib/machine/sysfs.h"
#include "lib/measure/clock.h"
#include "lib/result/dir.h"

#define KMEMLEAK	"/sys/kernel/debug/kmemleak"
#define EVERY_NS	300000000000ull
#define AGE_NS		6000000000ull	/* kmemleak tells of no object younger than 5 s */

void soak_leaks_begin(struct soak *s)
{
	/* What was lost before the soak is not the soak's. */
	s->has_kmemleak = !vb_sysfs_write(KMEMLEAK, "scan") && !vb_sysfs_write(KMEMLEAK, "clear");
	s->leaks_ns = vb_now_ns();
}

static size_t read_report(struct soak *s, char *first, size_t size)
{
	size_t length = 0, objects = 0;
	char *text = NULL, line[512], path[512];
	FILE *file = vb_sysfs_path(path, sizeof(path), KMEMLEAK) ? NULL : fopen(path, "re");
	FILE *out = open_memstream(&text, &length);

	*first = '\0';
	while (file && out && fgets(line, sizeof(line), file)) {
		fputs(line, out);
		if (strncmp(line, "unreferenced object", 19))
			continue;
		if (!objects++)
			snprintf(first, size, "%.*s", (int)strcspn(line, "\n"), line);
	}
	if (file)
		fclose(file);
	if (out)
		fclose(out);
	if (objects)
		vb_result_write(s->dir_fd, "kmemleak.txt", text, length);
	free(text);
	return objects;
}

/* Twice: a pointer that only a register had during one scan is no leak. */
void soak_leaks_check(struct soak *s, bool now, struct soak_outcome *o)
{
	char first[200];
	size_t objects;
	int ret;

	if (!s->has_kmemleak || s->leaks_off || (!now && vb_now_ns() - s->leaks_ns < EVERY_NS))
		return;
	s->leaks_ns = vb_now_ns();
	nanosleep(&(struct timespec){ (time_t)(AGE_NS / 1000000000u), 0 }, NULL);
	ret = vb_sysfs_write(KMEMLEAK, "scan") ?: vb_sysfs_write(KMEMLEAK, "scan");
	/* It turns itself off where it gets no memory, which loads like these may bring about. */
	if (ret) {
		soak_say(o, SOAK_FAILED, "kmemleak: no scan: %s%s", strerror(-ret), ret == -EPERM ?
			 ": it has turned itself off, and finds nothing until the next boot" : "");
		s->leaks_off = true;	/* told once */
		return;
	}
	s->leak_scans++;
	objects = read_report(s, first, sizeof(first));
	if (!objects)
		return;
	soak_say(o, SOAK_FAILED, "kmemleak: %zu objects (kmemleak.txt), the first: %s", objects, first);
	vb_sysfs_write(KMEMLEAK, "clear");	/* told once */
}
