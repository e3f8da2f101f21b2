/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a result directory.  It is filled under PATH.part and renamed to
 * PATH when complete, so that PATH never holds half a result; what a killed
 * run leaves in PATH.part can be read and says that it is incomplete.
 */
#ifndef VB_RESULT_DIR_H
#define VB_RESULT_DIR_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

#define VB_RESULT_SCHEMA 2

struct vb_result_dir {
	int fd;				/* of PATH.part */
	int runs_fd;
	char path[4096];
	char part[4096];
};

/* -EEXIST: PATH or PATH.part is there already; -errno of mkdir. */
int vb_result_create(struct vb_result_dir *dir, const char *path);
/*
 * Go on in a directory that was not finished; @dir's names are filled in.  One
 * that was finished although not complete gets its temporary name again.
 * -EWOULDBLOCK: its writer lives.
 */
int vb_result_reopen(struct vb_result_dir *dir);
/* Make runs/NNN-ARM and return its fd (the caller's to close) or -errno. */
int vb_result_run_dir(struct vb_result_dir *dir, unsigned int number, const char *arm);
/* Write @name below @dir_fd in one piece (temporary name, fsync, rename). */
int vb_result_write(int dir_fd, const char *name, const void *data, size_t length);
/* The same of an object, with its checksum as the last key. */
int vb_result_write_json(int dir_fd, const char *name, const json_t *json);
/*
 * All of it shall be @uid's, the folder last: until then nobody else could change
 * what is in it.  Links and files with more than one name stay as they are.  0 or
 * -errno, the first.
 */
int vb_result_give(const struct vb_result_dir *dir, uid_t uid, gid_t gid);
/* Rename PATH.part to PATH and close. */
int vb_result_finish(struct vb_result_dir *dir);
/* Leave PATH.part as it is and close. */
void vb_result_abandon(struct vb_result_dir *dir);
/* Remove PATH.part, in which no run was begun, and close. */
void vb_result_discard(struct vb_result_dir *dir);

#endif /* VB_RESULT_DIR_H */
