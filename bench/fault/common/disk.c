// SPDX-License-Identifier: GPL-2.0-or-later
/* A file system for one run's output, and what is on it in the end. */
#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/fault/common/common.h"
#include "lib/result/files.h"

#define MAX_JSON (16u << 20)

/*
 * From now on what is mounted is this process's and its children's alone: the kernel unmounts
 * it when the last of them ends, whatever ends them.  What others mount is still seen.
 */
static int own_mounts(struct vb_fault *f)
{
	static bool own;

	if (own)
		return 0;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return vb_fault_say(f, -errno, "mounts of its own: %s", strerror(errno));
	own = true;
	return 0;
}

int vb_fault_mount_tmpfs(struct vb_fault *f, const char *path, uint64_t bytes, bool read_only)
{
	char options[64];
	int ret = own_mounts(f);

	if (ret)
		return ret;
	snprintf(options, sizeof(options), "size=%llu", (unsigned long long)bytes);
	if (mkdir(path, 0755) && errno != EEXIST)
		return vb_fault_say(f, -errno, "%s: %s", path, strerror(errno));
	if (mount("faults", path, "tmpfs", read_only ? MS_RDONLY : 0, options))
		return vb_fault_say(f, -errno, "mounting a tmpfs: %s", strerror(errno));
	return 0;
}

void vb_fault_use_disk(struct vb_fault *f)
{
	struct vb_fault_disk *disk = f->data;

	snprintf(disk->output, sizeof(disk->output), "%s/result", disk->path);
	f->output = disk->output;
}

void vb_fault_unmount_disk(struct vb_fault *f)
{
	struct vb_fault_disk *disk = f->data;

	if (!disk)
		return;
	/* Lazily: what still has a file open there may not keep the next repetition waiting. */
	if (*disk->path)
		umount2(disk->path, MNT_DETACH);
	if (*disk->below)
		umount2(disk->below, MNT_DETACH);
}

static struct vb_fault *walking;	/* nftw() has no argument for its caller */
static int walk_error;

/* A JSON file under its own name has to be whole: it is written beside it and renamed. */
static int check_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base, *end = strrchr(name, '.');
	char *text;
	FILE *file;
	size_t n;

	if (type != FTW_F || *name == '.' || !end || strcmp(end, ".json"))
		return 0;
	text = malloc(MAX_JSON);
	file = fopen(path, "re");
	n = text && file ? fread(text, 1, MAX_JSON, file) : 0;
	if (!file || ferror(file))
		walk_error = 0;		/* the disk no longer gives it: nobody can take it for whole */
	else if (vb_files_check_text(text, n))
		walk_error = vb_fault_say(walking, -EPROTO, "%s is cut off, under its own name", path);
	if (file)
		fclose(file);
	free(text);
	return walk_error;
}

static int check_unfinished(struct vb_fault *f)
{
	char path[8192], said[65536];
	const char *args[] = { "report", path, NULL };
	int ret;

	if (vb_fault_output(f, path, sizeof(path)))
		return 0;		/* nothing there to be taken for anything */
	walking = f;
	walk_error = 0;
	nftw(path, check_file, 16, FTW_PHYS);
	if (walk_error)
		return walk_error;
	ret = vb_fault_program(f, 60, said, sizeof(said), args);
	if (ret < 0)
		return vb_fault_say(f, ret, "report of what there is did not end");
	if (ret != 1 && !strstr(said, "ncomplete"))
		return vb_fault_say(f, -EPROTO, "report takes what there is for a whole result");
	return 0;
}

int vb_fault_check_written(struct vb_fault *f)
{
	int ret = vb_fault_exit_status(f) ? check_unfinished(f) : vb_fault_check_complete(f);

	return ret ? ret : vb_fault_check_settled(f);
}
