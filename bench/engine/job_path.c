// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/job_path.h"
#include "bench/engine/paths.h"

const char *vb_job_dir(void)
{
	return vb_path_job_dir();
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
