// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For bind-race-test.sh, by LD_PRELOAD: what $VB_AT_OVERRIDE says is done when
 * driver_override has been written, the moment before bind's second check.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int fd, const void *data, size_t size);

static bool is_override(int fd)
{
	static const char end[] = "/driver_override";
	char path[64], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < (ssize_t)strlen(end))
		return false;
	target[length] = '\0';
	return !strcmp(target + length - strlen(end), end);
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t written = syscall(SYS_write, fd, data, size);
	char *command = getenv("VB_AT_OVERRIDE");

	if (!command || size < 8 || memcmp(data, "vfio-pci", 8) || !is_override(fd))
		return written;
	command = strdup(command);
	unsetenv("VB_AT_OVERRIDE");	/* once, and not in what it starts */
	unsetenv("LD_PRELOAD");
	if (!command || system(command))
		abort();
	free(command);
	return written;
}
