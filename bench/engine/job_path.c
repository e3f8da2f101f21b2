// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/job_path.h"

/* configure leaves config.status at the top of a build tree. */
static int in_build_tree(void)
{
	char path[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	if (length <= 0)
		return 0;
	path[length] = 0;
	slash = strrchr(path, '/');
	if (!slash)
		return 0;
	strcpy(slash, "/config.status");
	return !access(path, F_OK);
}

const char *vb_job_dir(void)
{
	return in_build_tree() ? VB_SRCDIR "/bench/job" : VB_PKGDATADIR "/job";
}

int vb_job_locate(const char *name, char *path, size_t size)
{
	size_t length = strlen(name);
	int used;

	if (!length)
		return -EINVAL;
	if (strchr(name, '/') || (length > 4 && !strcmp(name + length - 4, ".job")))
		used = snprintf(path, size, "%s", name);
	else
		used = snprintf(path, size, "%s/%s.job", vb_job_dir(), name);
	if (used < 0 || (size_t)used >= size)
		return -ENAMETOOLONG;
	if (strcmp(path, name) && access(path, F_OK))
		return errno == ENOENT ? -ENOENT : -errno;
	return 0;
}
