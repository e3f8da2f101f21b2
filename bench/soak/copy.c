// SPDX-License-Identifier: GPL-2.0-or-later
/* A result that lies where it won't stay: on a file system that a fault has mounted. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/soak/soak_impl.h"

#define MOST_BYTES (64u << 20)	/* in all */

/* nftw() has no argument for its caller. */
static struct {
	const char *to;
	size_t skip;			/* of each path: where it is below */
	uint64_t bytes;
} copying;

/* What can't be read is left out: the disk may be one that fails. */
static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	char piece[65536];
	ssize_t n;

	while (out >= 0 && copying.bytes < MOST_BYTES && (n = read(in, piece, sizeof(piece))) > 0) {
		if (write(out, piece, (size_t)n) != n)
			break;
		copying.bytes += (uint64_t)n;
	}
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
}

static int copy_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char to[8192];

	(void)st;
	(void)ftw;
	if (snprintf(to, sizeof(to), "%s%s", copying.to, path + copying.skip) >= (int)sizeof(to))
		return 0;
	if (type == FTW_D)
		return mkdir(to, 0755) && errno != EEXIST ? -1 : 0;
	if (type == FTW_F)
		copy_file(path, to);
	return 0;
}

void soak_copy_result(const char *from, const char *to)
{
	static const char *const ends[] = { "", ".part" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char source[8192], target[8192];

		snprintf(source, sizeof(source), "%s%s", from, ends[i]);
		snprintf(target, sizeof(target), "%s%s", to, ends[i]);
		copying.to = target;
		copying.skip = strlen(source);
		copying.bytes = 0;
		if (!access(source, F_OK))
			nftw(source, copy_one, 16, FTW_PHYS);
	}
}
