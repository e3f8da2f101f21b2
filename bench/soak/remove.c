// SPDX-License-Identifier: GPL-2.0-or-later
/* A clean cycle's folder goes: a soak of days stays small.  One that was cut is kept aside. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/soak/soak_impl.h"
#include "lib/machine/mount-text.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void soak_remove(const struct soak *s, const char *name)
{
	char path[4300];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	/* Neither through links nor into what is mounted there. */
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The last one of what is mounted below @path; false: nothing is. */
static bool mounted_below(const char *path, char *at, size_t size)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	size_t length = strlen(path), room = 0;
	char *line = NULL, *point;
	bool found = false;

	while (file && getline(&line, &room, file) > 0) {
		if (sscanf(line, "%*s %*s %*s %*s %ms", &point) != 1)
			continue;
		vb_mount_unescape(point);
		if (!strncmp(point, path, length) && point[length] == '/') {
			snprintf(at, size, "%s", point);
			found = true;
		}
		free(point);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

int soak_unmount(const struct soak *s, const char *name)
{
	char path[4300], at[8192];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	while (mounted_below(path, at, sizeof(at)))
		if (umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW))
			return vb_fail(VB_EXIT_UNTRUSTED, "%s: left mounted by a cycle that was cut: %s: unmount it, "
				       "then --resume", at, strerror(errno));
	return VB_EXIT_OK;
}

int soak_set_aside(struct soak *s)
{
	char from[64];
	int ret;

	snprintf(from, sizeof(from), "cycles/%06llu", (unsigned long long)s->cycles);
	ret = soak_unmount(s, from);
	if (!ret)
		ret = soak_unmount(s, "cut");
	if (ret || faccessat(s->dir_fd, from, F_OK, AT_SYMLINK_NOFOLLOW))
		return ret;
	soak_remove(s, "cut");
	if (renameat(s->dir_fd, from, s->dir_fd, "cut"))
		return vb_fail(VB_EXIT_UNTRUSTED, "%s/%s: what a cycle that was cut left can't be moved to 'cut': %s: "
			       "remove both, then --resume", s->dir, from, strerror(errno));
	fprintf(stderr, "cycle %llu was cut: what it left is in %s/cut\n", (unsigned long long)s->next, s->dir);
	return VB_EXIT_OK;
}
