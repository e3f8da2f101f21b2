// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has /dev/vfio open, from the links in /proc/PID/fd. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/sysfs.h"
#include "lib/machine/variant.h"
#include "lib/machine/vfio-users.h"

static bool is_vfio(const char *target)
{
	return !strncmp(target, "/dev/vfio/", strlen("/dev/vfio/")) ||
	       !strcmp(target, "/dev/iommu");
}

static bool holds_vfio(int proc, const char *pid)
{
	char path[64], target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%.20s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return false;
	}
	while (!found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);

		if (n > 0) {
			target[n] = '\0';
			found = is_vfio(target);
		}
	}
	closedir(dir);
	return found;
}

static void read_name(int proc, const char *pid, char *name, size_t size)
{
	char path[64];
	int fd;
	ssize_t n = 0;

	snprintf(path, sizeof(path), "%.20s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, size - 1);
		close(fd);
	}
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

size_t vb_vfio_users(struct vb_vfio_user *users, size_t max)
{
	char path[PATH_MAX];
	struct dirent *entry;
	size_t found = 0;
	DIR *proc;

	if (vb_sysfs_path(path, sizeof(path), "/proc"))
		return 0;
	proc = opendir(path);
	if (!proc)
		return 0;
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    atoi(entry->d_name) == (int)getpid() ||
		    !holds_vfio(dirfd(proc), entry->d_name))
			continue;
		if (found < max) {
			users[found].pid = atoi(entry->d_name);
			read_name(dirfd(proc), entry->d_name, users[found].name,
				  sizeof(users[found].name));
		}
		found++;
	}
	closedir(proc);
	return found;
}

/* "qemu (pid 1), ... " of up to four. */
static void name_users(char *text, size_t size)
{
	struct vb_vfio_user users[4];
	size_t n = vb_vfio_users(users, 4), length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && i < 4 && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s (pid %d)",
					   i ? ", " : "", users[i].name, (int)users[i].pid);
	if (n > 4 && length < size)
		snprintf(text + length, size - length, " and %zu more", n - 4);
}

/* Containers of type1, by its reference count; also those that no program holds by an fd. */
static long stock_refs(void)
{
	struct vb_variant_refs refs;

	if (vb_variant_refs_read(&refs))
		return 0;
	for (size_t i = 0; i < refs.count; i++)
		if (!strcmp(refs.entry[i].module, "vfio_iommu_type1"))
			return refs.entry[i].refs;
	return 0;
}

bool vb_vfio_in_use(char *by, size_t size)
{
	long refs = stock_refs();

	name_users(by, size);
	if (!*by && refs)
		snprintf(by, size, "%ld container%s", refs, refs == 1 ? "" : "s");
	return *by != '\0';
}
