// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal of bind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/bind-state.h"
#include "lib/machine/sysfs.h"

#define PREFIX "bind-"
#define HEADING "vfio-bench bind 1\n"
#define LOCK_TRIES 100
#define LOCK_PAUSE_US 100000

static int lock(int dirfd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (!flock(dirfd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		usleep(LOCK_PAUSE_US);
	}
	return -EAGAIN;
}

/* What others could have written is not to be acted on. */
static int check_ours(int dirfd)
{
	struct stat st;

	if (fstat(dirfd, &st))
		return -errno;
	return st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) ? -EPERM : 0;
}

int vb_state_dir_open(bool create)
{
	char real[PATH_MAX];
	int err = vb_sysfs_path(real, sizeof(real), VB_STATE_DIR), fd;

	if (err)
		return err;
	if (create && mkdir(real, 0700) && errno != EEXIST)
		return -errno;
	fd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
	err = check_ours(fd);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int vb_bind_state_open(bool create)
{
	int fd = vb_state_dir_open(create);
	int err = fd < 0 ? fd : lock(fd);

	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static int file_name(const char *address, char name[64])
{
	if (!vb_pci_address_valid(address))
		return -EINVAL;
	snprintf(name, 64, PREFIX "%s", address);
	return 0;
}

static int parse_value(const char *line, const char *key, char value[VB_DRIVER_NAME_SIZE])
{
	size_t length = strlen(key), size;

	if (strncmp(line, key, length))
		return -EPROTO;
	line += length;
	size = strcspn(line, "\n");
	if (line[size] != '\n' || size >= VB_DRIVER_NAME_SIZE)
		return -EPROTO;
	memcpy(value, line, size);
	value[size] = '\0';
	return 0;
}

static int parse(const char *text, struct vb_bind_saved *saved)
{
	int err;

	if (strncmp(text, HEADING, strlen(HEADING)))
		return -EPROTO;
	text += strlen(HEADING);
	err = parse_value(text, "driver=", saved->driver);
	if (err)
		return err;
	return parse_value(strchr(text, '\n') + 1, "override=", saved->override);
}

int vb_bind_state_load(int dirfd, const char *address, struct vb_bind_saved *saved)
{
	char name[64], text[512];
	ssize_t length;
	int err = file_name(address, name), fd;

	if (err)
		return err;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, sizeof(text) - 1);
	err = length < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	text[length] = '\0';
	return parse(text, saved);
}

static int write_all(int dirfd, const char *name, const char *text, size_t length)
{
	int err = 0, fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				 0600);

	if (fd < 0)
		return -errno;
	if (write(fd, text, length) != (ssize_t)length)
		err = -EIO;
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

/* Under a temporary name first: a file that is there is whole. */
int vb_bind_state_save(int dirfd, const char *address, const struct vb_bind_saved *saved)
{
	char name[64], temporary[72], text[256];
	int err = file_name(address, name), length;

	if (err)
		return err;
	length = snprintf(text, sizeof(text), HEADING "driver=%s\noverride=%s\n", saved->driver,
			  saved->override);
	snprintf(temporary, sizeof(temporary), ".%s.new", name);
	if (unlinkat(dirfd, temporary, 0) && errno != ENOENT)
		return -errno;
	err = write_all(dirfd, temporary, text, length);
	if (!err && linkat(dirfd, temporary, dirfd, name, 0))
		err = -errno;
	unlinkat(dirfd, temporary, 0);
	return err;
}

int vb_bind_state_remove(int dirfd, const char *address)
{
	char name[64];
	int err = file_name(address, name);

	if (err)
		return err;
	return unlinkat(dirfd, name, 0) ? -errno : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int append(char (**list)[VB_PCI_ADDRESS_SIZE], size_t *count, const char *address)
{
	char (*larger)[VB_PCI_ADDRESS_SIZE] = realloc(*list, (*count + 1) * sizeof(**list));

	if (!larger)
		return -ENOMEM;
	*list = larger;
	snprintf(larger[(*count)++], VB_PCI_ADDRESS_SIZE, "%s", address);
	return 0;
}

int vb_bind_state_list(int dirfd, char (**list)[VB_PCI_ADDRESS_SIZE], size_t *count)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	struct dirent *entry;
	DIR *dir;

	*list = NULL;
	*count = 0;
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
		    vb_pci_address_valid(entry->d_name + strlen(PREFIX)))
			err = append(list, count, entry->d_name + strlen(PREFIX));
	closedir(dir);
	if (err) {
		free(*list);
		*list = NULL;
		*count = 0;
	}
	if (*count)
		qsort(*list, *count, sizeof(**list), compare);
	return err;
}
