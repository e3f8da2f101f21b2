// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading and writing sysfs attributes below a root that tests can move. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/sysfs.h"

static char root_prefix[PATH_MAX];

void vb_sysfs_set_root(const char *root)
{
	snprintf(root_prefix, sizeof(root_prefix), "%s", root);
}

const char *vb_sysfs_root(void)
{
	return root_prefix;
}

int vb_sysfs_path(char *buf, size_t size, const char *path)
{
	int n = snprintf(buf, size, "%s%s", root_prefix, path);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int open_at_root(const char *path, int flags)
{
	char full[PATH_MAX];
	int ret = vb_sysfs_path(full, sizeof(full), path);
	int fd = ret ? -1 : open(full, flags | O_CLOEXEC);

	if (ret)
		return ret;
	return fd < 0 ? -errno : fd;
}

int vb_sysfs_read(const char *path, char *buf, size_t size)
{
	int fd = open_at_root(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return (int)n;
}

int vb_sysfs_read_u64(const char *path, uint64_t *value)
{
	char text[64], *end;
	int ret = vb_sysfs_read(path, text, sizeof(text));

	if (ret < 0)
		return ret;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !ret || *end || errno || text[0] == '-' ? -EINVAL : 0;
}

int vb_sysfs_read_link_base(const char *path, char *buf, size_t size)
{
	char full[PATH_MAX], target[PATH_MAX];
	int ret = vb_sysfs_path(full, sizeof(full), path);
	const char *base;
	ssize_t n;

	if (ret)
		return ret;
	n = readlink(full, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (strlen(base) >= size)
		return -ENAMETOOLONG;
	strcpy(buf, base);
	return 0;
}

int vb_sysfs_write(const char *path, const char *text)
{
	/* sysfs doesn't care about O_TRUNC; the files of a made-up tree do */
	int fd = open_at_root(path, O_WRONLY | O_TRUNC);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, text, strlen(text));
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? (int)n : 0;
}

bool vb_sysfs_exists(const char *path)
{
	char full[PATH_MAX];

	return !vb_sysfs_path(full, sizeof(full), path) && !access(full, F_OK);
}
