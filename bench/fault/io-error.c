// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io-error: writes to the result's disk fail with I/O errors.  An ext4 lies on a loop device
 * whose file lies, with holes, on a tmpfs; when that is filled up, blocks that the file lacks
 * can't be written any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/fault/common/common.h"
#include "lib/machine/module.h"

#define BELOW_BYTES	(4u << 20)
#define IMAGE_BYTES	(16u << 20)

static int execute(struct vb_fault *f, const char *const *args)
{
	char said[512];
	int ret = vb_fault_execute(args, 20, said, sizeof(said));

	return ret ? vb_fault_say(f, ret < 0 ? ret : -EIO, "%s: %d: %.300s", args[0], ret, said) : 0;
}

static int make_image(struct vb_fault *f, const char *image)
{
	const char *const make[] = { "mkfs.ext4", "-q", "-F", "-m0", "-E", "lazy_itable_init=1", image,
				     NULL };
	int fd = open(image, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ret;

	if (fd < 0)
		return vb_fault_say(f, -errno, "%s: %s", image, strerror(errno));
	ret = ftruncate(fd, IMAGE_BYTES) ? -errno : 0;
	close(fd);
	return ret ? ret : execute(f, make);
}

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct vb_fault_disk));
	struct vb_fault_disk *disk = f->data;
	char image[4300];
	const char *const mount[] = { "mount", "-o", "loop", image, disk->path, NULL };

	if (ret)
		return ret;
	if (vb_module_load("loop") || vb_module_load("ext4"))
		return vb_fault_say(f, -ENOTSUP, "no loop devices or no ext4 here");
	snprintf(disk->below, sizeof(disk->below), "%s/below", f->work);
	ret = vb_fault_mount_tmpfs(f, disk->below, BELOW_BYTES, false);
	if (ret) {
		*disk->below = '\0';
		return ret;
	}
	snprintf(image, sizeof(image), "%s/image", disk->below);
	ret = make_image(f, image);
	snprintf(disk->path, sizeof(disk->path), "%s/disk", f->work);
	if (!ret && mkdir(disk->path, 0755) && errno != EEXIST)
		ret = vb_fault_say(f, -errno, "%s: %s", disk->path, strerror(errno));
	if (!ret)
		ret = execute(f, mount);
	if (ret)
		*disk->path = '\0';
	else
		vb_fault_use_disk(f);
	return ret;
}

/* All that is left of the tmpfs. */
static int inject(struct vb_fault *f)
{
	struct vb_fault_disk *disk = f->data;
	static const char zeros[65536];
	char path[4300];
	int fd;

	snprintf(path, sizeof(path), "%s/filler", disk->below);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return vb_fault_say(f, -errno, "%s: %s", path, strerror(errno));
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
	return 0;
}

const struct vb_fault_ops vb_fault_io_error = {
	.name = "io-error",
	.description = "writes to the result's disk fail: no file that is cut off is accepted",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_LAB,
	.statuses = 1 << 0 | 1 << 1 | 1 << 3,
	.job = "smoke",
	.run_ms = 1000,
	.prepare = prepare,
	.inject = inject,
	.judge = vb_fault_check_written,
	.undo = vb_fault_unmount_disk,
};
