// SPDX-License-Identifier: GPL-2.0-or-later
/* Making and filling a result directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/result/dir.h"
#include "lib/result/files.h"

static int open_dir(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_dir(int at, const char *path)
{
	if (mkdirat(at, path, 0755))
		return -errno;
	return open_dir(at, path);
}

/* Held by the writer and what it forked; a file system without locks has none. */
static int lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK ? -EWOULDBLOCK : 0;
}

int vb_result_create(struct vb_result_dir *dir, const char *path)
{
	int ret;

	dir->fd = dir->runs_fd = -1;
	if ((size_t)snprintf(dir->path, sizeof(dir->path), "%s", path) >= sizeof(dir->path) ||
	    (size_t)snprintf(dir->part, sizeof(dir->part), "%s.part", path) >= sizeof(dir->part))
		return -ENAMETOOLONG;
	if (!faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return -EEXIST;
	ret = make_dir(AT_FDCWD, dir->part);
	if (ret < 0)
		return ret;
	dir->fd = ret;
	lock(dir->fd);
	ret = make_dir(dir->fd, "runs");
	if (ret < 0) {
		vb_result_abandon(dir);
		return ret;
	}
	dir->runs_fd = ret;
	return 0;
}

int vb_result_reopen(struct vb_result_dir *dir)
{
	int ret;

	dir->fd = dir->runs_fd = -1;
	if (access(dir->part, F_OK) && rename(dir->path, dir->part))
		return -errno;
	ret = open_dir(AT_FDCWD, dir->part);
	if (ret < 0)
		return ret;
	dir->fd = ret;
	ret = lock(dir->fd);
	if (!ret)
		ret = open_dir(dir->fd, "runs");
	if (ret < 0) {
		vb_result_abandon(dir);
		return ret;
	}
	dir->runs_fd = ret;
	return 0;
}

int vb_result_run_dir(struct vb_result_dir *dir, unsigned int number, const char *arm)
{
	char name[128];

	if ((size_t)snprintf(name, sizeof(name), "%03u-%s", number, arm) >= sizeof(name))
		return -ENAMETOOLONG;
	return make_dir(dir->runs_fd, name);
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

int vb_result_write(int dir_fd, const char *name, const void *data, size_t length)
{
	char temporary[256];
	int fd, ret;

	if ((size_t)snprintf(temporary, sizeof(temporary), ".%s.new", name) >= sizeof(temporary))
		return -ENAMETOOLONG;
	unlinkat(dir_fd, temporary, 0);
	fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, length);
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && renameat(dir_fd, temporary, dir_fd, name))
		ret = -errno;
	if (ret)
		unlinkat(dir_fd, temporary, 0);
	return ret;
}

int vb_result_write_json(int dir_fd, const char *name, const json_t *json)
{
	char *text = vb_files_json_text(json);
	int ret;

	if (!text)
		return -ENOMEM;
	ret = vb_result_write(dir_fd, name, text, strlen(text));
	free(text);
	return ret;
}

static int give_entry(int at, const char *name, uid_t uid, gid_t gid, bool *is_dir)
{
	int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), ret = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	*is_dir = !ret && S_ISDIR(st.st_mode);
	if (!ret && S_ISREG(st.st_mode) && st.st_nlink == 1 && fchownat(fd, "", uid, gid, AT_EMPTY_PATH))
		ret = -errno;
	close(fd);
	return ret;
}

/* Of @fd, which is closed. */
static int give_folder(int fd, uid_t uid, gid_t gid)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int first = 0, ret;

	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while ((entry = readdir(dir))) {
		bool is_dir = false;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		ret = give_entry(dirfd(dir), entry->d_name, uid, gid, &is_dir);
		if (!ret && is_dir) {
			int below = open_dir(dirfd(dir), entry->d_name);

			ret = below < 0 ? below : give_folder(below, uid, gid);
		}
		if (!first)
			first = ret;
	}
	if (fchown(dirfd(dir), uid, gid) && !first)
		first = -errno;
	closedir(dir);
	return first;
}

int vb_result_give(const struct vb_result_dir *dir, uid_t uid, gid_t gid)
{
	int fd = open_dir(dir->fd, ".");

	return fd < 0 ? fd : give_folder(fd, uid, gid);
}

int vb_result_finish(struct vb_result_dir *dir)
{
	int ret = 0;

	if (fsync(dir->fd) || renameat2(AT_FDCWD, dir->part, AT_FDCWD, dir->path, RENAME_NOREPLACE))
		ret = -errno;
	if (ret == -EINVAL)	/* a file system without NOREPLACE, such as 9p */
		ret = rename(dir->part, dir->path) ? -errno : 0;
	vb_result_abandon(dir);
	return ret;
}

void vb_result_abandon(struct vb_result_dir *dir)
{
	if (dir->runs_fd >= 0)
		close(dir->runs_fd);
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = dir->runs_fd = -1;
}

void vb_result_discard(struct vb_result_dir *dir)
{
	static const char *const names[] = {
		"meta.json", "job.ini", "plan.json", "topology.xml", "kernel.log"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(dir->fd, names[i], 0);
	unlinkat(dir->fd, "runs", AT_REMOVEDIR);
	vb_result_abandon(dir);
	rmdir(dir->part);	/* if there was more in it, that stays */
}
