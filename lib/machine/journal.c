// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's file: begin, end, and throwing out what has ended. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/bind-state.h"
#include "lib/machine/journal-internal.h"
#include "lib/machine/sysfs.h"

#define NEW_FILE	VB_JOURNAL_FILE ".new"
#define COMPACT_BYTES	65536	/* from here on ended entries are thrown out */
#define LOCK_TRIES	1000
#define LOCK_PAUSE_US	10000

static int lock(int fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		usleep(LOCK_PAUSE_US);
	}
	return -EAGAIN;
}

/* A regular file of ours alone, with no second name; *size: its length. */
static int check_ours(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*size = (size_t)st.st_size;
	return !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink > 1 ||
	       (st.st_mode & (S_IWGRP | S_IWOTH)) ? -EPERM : 0;
}

/* Has the one who had the lock put another file in its place? */
static bool replaced(int dirfd, int fd)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) || fstatat(dirfd, VB_JOURNAL_FILE, &theirs, AT_SYMLINK_NOFOLLOW) ||
	       ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev;
}

/* Locked until it is closed, or -errno; @flags: O_CREAT to make it. */
static int open_locked(int dirfd, int flags, size_t *size)
{
	for (;;) {
		int fd = openat(dirfd, VB_JOURNAL_FILE, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
				O_CLOEXEC | flags, 0600), err;

		if (fd < 0)
			return errno == ELOOP || errno == ENXIO || errno == EISDIR ? -EPERM : -errno;
		err = lock(fd);
		if (!err && replaced(dirfd, fd)) {
			close(fd);
			continue;
		}
		if (!err)
			err = check_ours(fd, size);
		if (!err)
			return fd;
		close(fd);
		return err;
	}
}

static int read_whole(int fd, size_t size, char **text)
{
	size_t length = 0;
	ssize_t n = 1;

	*text = malloc(size + 1);
	if (!*text)
		return -ENOMEM;
	while (length < size && n > 0) {
		n = pread(fd, *text + length, size - length, (off_t)length);
		if (n > 0)
			length += (size_t)n;
	}
	if (n < 0) {
		free(*text);
		*text = NULL;
		return -errno;
	}
	/* A zero would end the text: it belongs to a line that is damaged. */
	for (size_t i = 0; i < length; i++)
		if (!(*text)[i])
			(*text)[i] = '?';
	(*text)[length] = '\0';
	return 0;
}

static int read_journal(int fd, size_t size, struct vb_journal *journal)
{
	char *text;
	int err = read_whole(fd, size, &text);

	*journal = (struct vb_journal){ 0 };
	if (err)
		return err;
	err = vb_journal_parse(text, journal);
	free(text);
	return err;
}

/* In one write, whole lines; a line that was cut short before it gets its end. */
static int append(int fd, size_t size, const char *line)
{
	char buf[VB_JOURNAL_LINE_SIZE + 1], last = '\n';
	size_t length;

	if (size && pread(fd, &last, 1, (off_t)size - 1) != 1)
		return -EIO;
	length = (size_t)snprintf(buf, sizeof(buf), "%s%s", last == '\n' ? "" : "\n", line);
	if (length >= sizeof(buf))
		return -ENAMETOOLONG;
	errno = 0;
	if (write(fd, buf, length) != (ssize_t)length)
		return errno ? -errno : -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

int vb_journal_begin(enum vb_journal_kind kind, const char *what, const char *before,
		     char id[VB_JOURNAL_ID_SIZE])
{
	char line[VB_JOURNAL_LINE_SIZE];
	struct vb_journal_entry e = { .kind = kind };
	int dirfd, fd, err;
	size_t size;

	id[0] = '\0';
	err = vb_journal_entry_make(&e, what, before);
	if (!err)
		err = vb_journal_begin_line(&e, line);
	if (err)
		return err;
	dirfd = vb_state_dir_open(true);
	if (dirfd < 0)
		return dirfd;
	fd = open_locked(dirfd, O_CREAT, &size);
	err = fd < 0 ? fd : append(fd, size, line);
	if (fd >= 0)
		close(fd);
	close(dirfd);
	if (!err)
		strcpy(id, e.id);
	return err;
}

static int write_open(int fd, const struct vb_journal *journal)
{
	char line[VB_JOURNAL_LINE_SIZE];
	int err = 0;

	for (size_t i = 0; i < journal->nr && !err; i++) {
		ssize_t length;

		if (journal->entry[i].other_boot)
			continue;
		err = vb_journal_begin_line(&journal->entry[i], line);
		length = (ssize_t)strlen(line);
		errno = 0;
		if (!err && write(fd, line, (size_t)length) != length)
			err = errno ? -errno : -ENOSPC;
	}
	return !err && fsync(fd) ? -errno : err;
}

/* The file anew with what is open alone; who waits for the lock sees that it is another. */
static int compact(int dirfd, const struct vb_journal *journal)
{
	int fd, err;

	if (unlinkat(dirfd, NEW_FILE, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_open(fd, journal);
	close(fd);
	if (!err && renameat(dirfd, NEW_FILE, dirfd, VB_JOURNAL_FILE))
		err = -errno;
	if (err)
		unlinkat(dirfd, NEW_FILE, 0);
	return err;
}

static bool any_open(const struct vb_journal *journal)
{
	for (size_t i = 0; i < journal->nr; i++)
		if (!journal->entry[i].other_boot)
			return true;
	return false;
}

/* What can't be tidied stays as it is: longer than it need be. */
static void tidy(int dirfd, int fd)
{
	struct vb_journal journal;
	size_t size;

	if (check_ours(fd, &size) || read_journal(fd, size, &journal))
		return;
	if (!journal.unknown && !any_open(&journal))
		unlinkat(dirfd, VB_JOURNAL_FILE, 0);
	else if (!journal.unknown && size > COMPACT_BYTES)
		compact(dirfd, &journal);
	vb_journal_free(&journal);
}

int vb_journal_end(const char *id)
{
	char line[VB_JOURNAL_LINE_SIZE];
	int dirfd, fd, err;
	size_t size;

	if (!*id)
		return 0;
	err = vb_journal_end_line(id, line);
	if (err)
		return err;
	dirfd = vb_state_dir_open(false);
	if (dirfd < 0)
		return dirfd;
	fd = open_locked(dirfd, 0, &size);
	err = fd < 0 ? fd : append(fd, size, line);
	if (!err)
		tidy(dirfd, fd);
	/* Gone: nothing was open, a later entry had answered for this one. */
	if (err == -ENOENT)
		err = 0;
	if (fd >= 0)
		close(fd);
	close(dirfd);
	return err;
}

int vb_journal_read(struct vb_journal *journal)
{
	int dirfd = vb_state_dir_open(false), fd, err;
	size_t size;

	*journal = (struct vb_journal){ 0 };
	if (dirfd < 0)
		return dirfd;
	fd = open_locked(dirfd, 0, &size);
	err = fd < 0 ? fd : read_journal(fd, size, journal);
	if (fd >= 0)
		close(fd);
	close(dirfd);
	return err;
}

int vb_journal_change(const char *path, const char *text, char id[VB_JOURNAL_ID_SIZE])
{
	char before[VB_JOURNAL_BEFORE_SIZE];
	int err;

	id[0] = '\0';
	err = vb_sysfs_read(path, before, sizeof(before));
	/* Cut off, it would be put back wrong. */
	if (err == sizeof(before) - 1)
		err = -EOVERFLOW;
	if (err >= 0)
		err = vb_journal_begin(VB_JOURNAL_SETTING, path, before, id);
	if (err)
		return err;
	err = vb_sysfs_write(path, text);
	if (err) {
		vb_journal_end(id);
		id[0] = '\0';
	}
	return err;
}

int vb_journal_put_back(const char *path, const char *before)
{
	char now[VB_JOURNAL_BEFORE_SIZE];
	int err = vb_sysfs_read(path, now, sizeof(now));

	if (err < 0)
		return err;
	return strcmp(now, before) ? vb_sysfs_write(path, before) : 0;
}
