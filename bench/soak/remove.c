// SPDX-License-Identifier: GPL-2.0-or-later
/* A clean cycle's folder goes: a soak of days stays small. */
#include <ftw.h>
#include <stdio.h>

#include "bench/soak/soak_impl.h"

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
