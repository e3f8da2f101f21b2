// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block devices of a PCI device that are in use: mounted, swap, part of a
 * device-mapper, md, LVM or ZFS device, or what the machine boots from.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/machine/inuse-internal.h"
#include "lib/machine/mount-text.h"
#include "lib/machine/sysfs.h"

#define BLOCK "/sys/class/block"
#define MAX_DEPTH 16	/* of devices on devices: a loop in a broken tree ends */

#define name_path(path, ...) \
	((size_t)snprintf(path, sizeof(path), __VA_ARGS__) >= sizeof(path) ? -ENAMETOOLONG : 0)

static int name_of_number(const char *number, char name[NAME_MAX + 1])
{
	char path[PATH_MAX];
	int err = name_path(path, "/sys/dev/block/%s", number);

	return err ? err : vb_sysfs_read_link_base(path, name, NAME_MAX + 1);
}

struct dm_search {
	const char *mapped;
	char *name;
};

static int visit_dm(const char *dir, const char *name, void *arg)
{
	struct dm_search *dm = arg;
	char path[PATH_MAX], mapped[256];
	int err = name_path(path, "%s/%s/dm/name", dir, name);

	if (err || vb_sysfs_read(path, mapped, sizeof(mapped)) < 0 || strcmp(mapped, dm->mapped))
		return err;
	snprintf(dm->name, NAME_MAX + 1, "%s", name);
	return 1;
}

/* The name in BLOCK of a device that is known by a path in /dev. */
static int name_of_device(const char *device, char name[NAME_MAX + 1])
{
	char real[PATH_MAX], resolved[PATH_MAX], path[PATH_MAX];
	struct dm_search dm = { .name = name };
	const char *base = strrchr(device, '/');
	struct stat st;

	if (!base || vb_sysfs_path(real, sizeof(real), device))
		return -ENOENT;
	if (!stat(real, &st) && S_ISBLK(st.st_mode)) {
		char number[32];

		snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		return name_of_number(number, name);
	}
	if (realpath(real, resolved))
		base = strrchr(resolved, '/');
	base++;
	if (!*base || name_path(path, BLOCK "/%s", base))
		return -ENOENT;
	snprintf(name, NAME_MAX + 1, "%s", base);
	if (vb_sysfs_exists(path))
		return 0;
	dm.mapped = base;
	return vb_inuse_each(BLOCK, visit_dm, &dm) == 1 ? 0 : -ENOENT;
}

static int on_device(const char *name, const char *address, unsigned int depth);

struct below_search {
	const char *address;
	unsigned int depth;
};

static int visit_slave(const char *dir, const char *name, void *arg)
{
	const struct below_search *below = arg;

	return on_device(name, below->address, below->depth + 1);
}

/* One path of an NVMe namespace that several controllers may reach. */
static int visit_path(const char *dir, const char *name, void *arg)
{
	const struct below_search *below = arg;

	return vb_inuse_hangs_on(dir, name, below->address);
}

/* A loop device on a block device; on a file its file system tells. */
static int loop_on_device(const char *name, const struct below_search *below)
{
	char path[PATH_MAX], backing[PATH_MAX], lower[NAME_MAX + 1];

	if (name_path(path, BLOCK "/%s/loop/backing_file", name) ||
	    vb_sysfs_read(path, backing, sizeof(backing)) < 0 || strncmp(backing, "/dev/", 5) ||
	    name_of_device(backing, lower))
		return 0;
	return on_device(lower, below->address, below->depth + 1);
}

/* virtual/nvme-subsystem/nvme-subsys0/nvme0n1, virtual/block/md0/md0p1 */
static int virtual_on_device(const char *name, char *target, const struct below_search *below)
{
	char path[PATH_MAX], *last = strrchr(target, '/'), *parent;
	int found;

	if (!last)
		return 0;
	*last = '\0';
	parent = strrchr(target, '/');
	if (!parent || name_path(path, BLOCK "/%s/slaves", name))
		return 0;
	found = vb_inuse_each(path, visit_slave, (void *)below);
	if (found)
		return found;
	if (!strncmp(parent + 1, "nvme-subsys", 11) &&
	    !name_path(path, "/sys/class/nvme-subsystem/%s", parent + 1))
		return vb_inuse_each(path, visit_path, (void *)below);
	if (!name_path(path, BLOCK "/%s/partition", name) && vb_sysfs_exists(path))
		return on_device(parent + 1, below->address, below->depth + 1);
	return loop_on_device(name, below);
}

/* 1: @name lies on the PCI device, itself or through what it is made of; 0: not. */
static int on_device(const char *name, const char *address, unsigned int depth)
{
	struct below_search below = { .address = address, .depth = depth };
	char target[PATH_MAX];
	int err;

	if (depth > MAX_DEPTH)
		return -ELOOP;
	err = vb_inuse_link(BLOCK, name, target, sizeof(target));
	if (err)
		return err == -ENOENT ? 0 : err;
	err = vb_pci_on_path(target, address);
	if (err != -ENOENT)
		return err;
	return virtual_on_device(name, target, &below);
}

int vb_inuse_on_device(const char *name, const char *address)
{
	return on_device(name, address, 0);
}

static int claim(const struct vb_inuse_search *search, enum vb_inuse_kind kind,
		 const char *name, const char *detail)
{
	int on = on_device(name, search->address, 0);

	return on > 0 ? vb_inuse_found(search->inuse, kind, search->address, name, detail) : on;
}

/* One device, or as bcachefs writes it: /dev/a:/dev/b. */
static int check_mount_source(const struct vb_inuse_search *search, char *source,
			      const char *point)
{
	char name[NAME_MAX + 1], *device, *rest = source;
	int err = 0;

	if (strncmp(source, "/dev/", 5))
		return 0;
	if (!name_of_device(source, name))
		return claim(search, VB_INUSE_MOUNT, name, point);
	while (!err && (device = strsep(&rest, ":")))
		if (!strncmp(device, "/dev/", 5) && !name_of_device(device, name))
			err = claim(search, VB_INUSE_MOUNT, name, point);
	return err;
}

/* "36 35 98:0 /root /mnt opts ... - ext4 /dev/root rw": numbers may be anonymous. */
static int check_mount_line(const struct vb_inuse_search *search, char *line)
{
	char number[32], point[PATH_MAX], source[PATH_MAX], name[NAME_MAX + 1];
	const char *dash = strstr(line, " - ");
	int err;

	if (!dash || sscanf(line, "%*s %*s %31s %*s %4095s", number, point) != 2 ||
	    sscanf(dash, " - %*s %4095s", source) != 1)
		return -EPROTO;
	vb_mount_unescape(point);
	vb_mount_unescape(source);
	err = name_of_number(number, name);
	if (!err)
		err = claim(search, VB_INUSE_MOUNT, name, point);
	return err && err != -ENOENT ? err : check_mount_source(search, source, point);
}

static int each_line(const char *path, int (*check)(const struct vb_inuse_search *, char *),
		     const struct vb_inuse_search *search)
{
	FILE *file = vb_inuse_open(path);
	size_t size = 0;
	char *line = NULL;
	int err = 0;

	if (!file)
		return -errno;
	while (!err && getline(&line, &size, file) >= 0)
		err = check(search, line);
	if (!err && ferror(file))
		err = -EIO;
	free(line);
	fclose(file);
	return err;
}

/* The first line is a heading; a file's file system is mounted. */
static int check_swap_line(const struct vb_inuse_search *search, char *line)
{
	char device[PATH_MAX], name[NAME_MAX + 1];

	if (sscanf(line, "%4095s", device) != 1 || strncmp(device, "/dev/", 5))
		return 0;
	vb_mount_unescape(device);
	return name_of_device(device, name) ? 0 : claim(search, VB_INUSE_SWAP, name, "");
}

static int check_swap(const struct vb_inuse_search *search)
{
	int err = each_line("/proc/swaps", check_swap_line, search);

	return err == -ENOENT ? 0 : err;	/* a kernel without swap */
}

/* Init's too, where it may be read: the caller may be in a mount namespace of its own. */
static int check_mounts(const struct vb_inuse_search *search)
{
	int err = each_line("/proc/self/mountinfo", check_mount_line, search);

	if (err)
		return err;
	err = each_line("/proc/1/mountinfo", check_mount_line, search);
	return err == -ENOENT || err == -EACCES ? 0 : err;
}

static int visit_btrfs_device(const char *dir, const char *name, void *arg)
{
	return claim(arg, VB_INUSE_MOUNT, name, "btrfs");
}

/* A btrfs has more devices than the one that mountinfo names. */
static int visit_btrfs(const char *dir, const char *name, void *arg)
{
	char path[PATH_MAX];
	int err = name_path(path, "%s/%s/devices", dir, name);

	return err ? err : vb_inuse_each(path, visit_btrfs_device, arg);
}

static int check_btrfs(const struct vb_inuse_search *search)
{
	return vb_inuse_each("/sys/fs/btrfs", visit_btrfs, (void *)search);
}

struct holder_search {
	const struct vb_inuse_search *search;
	const char *name;
};

static int visit_holder(const char *dir, const char *name, void *arg)
{
	const struct holder_search *holder = arg;
	const struct vb_inuse_search *search = holder->search;
	char path[PATH_MAX], mapped[200], detail[256];

	snprintf(detail, sizeof(detail), "%s", name);
	if (!name_path(path, BLOCK "/%s/dm/name", name) &&
	    vb_sysfs_read(path, mapped, sizeof(mapped)) >= 0)
		snprintf(detail, sizeof(detail), "%.40s (%s)", name, mapped);
	return vb_inuse_found(search->inuse, VB_INUSE_HOLDER, search->address, holder->name,
			      detail);
}

/*
 * By these a firmware finds what it starts: types of partitions as GPT and MBR
 * have them, and MBR's mark of the active one.  Mounted they need not be.
 */
static const struct {
	const char *line, *what;
} boots_from[] = {
	{ "E:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system" },
	{ "E:ID_PART_ENTRY_TYPE=0xef", "EFI system" },
	{ "E:ID_PART_ENTRY_TYPE=bc13c2ff-59e6-4262-a352-b275fd6f7172", "extended boot loader" },
	{ "E:ID_PART_ENTRY_TYPE=0xea", "extended boot loader" },
	{ "E:ID_PART_ENTRY_TYPE=21686148-6449-6e6f-744e-656564454649", "BIOS boot" },
	{ "E:ID_PART_ENTRY_TYPE=9e1a2d38-c612-4316-aa26-8b49521e5a8b", "PReP boot" },
	{ "E:ID_PART_ENTRY_TYPE=0x41", "PReP boot" },
	{ "E:ID_PART_ENTRY_FLAGS=0x80", "active" },
};

static int check_udev_line(const struct vb_inuse_search *search, const char *name, const char *line)
{
	static const char key[] = "E:ID_FS_TYPE=";

	if (!strncmp(line, key, sizeof(key) - 1) &&
	    (strstr(line, "_member") || !strcmp(line + sizeof(key) - 1, "bcache")))
		return vb_inuse_found(search->inuse, VB_INUSE_MEMBER, search->address, name,
				      line + sizeof(key) - 1);
	for (size_t i = 0; i < sizeof(boots_from) / sizeof(boots_from[0]); i++)
		if (!strcasecmp(line, boots_from[i].line))
			return vb_inuse_found(search->inuse, VB_INUSE_BOOT, search->address, name,
					      boots_from[i].what);
	return 0;
}

/* What udev found on it (not everywhere is there a udev). */
static int check_udev(const struct vb_inuse_search *search, const char *name)
{
	char path[PATH_MAX], number[32], line[512];
	FILE *file;
	int err = 0;

	if (name_path(path, BLOCK "/%s/dev", name) ||
	    vb_sysfs_read(path, number, sizeof(number)) < 0)
		return 0;
	snprintf(path, sizeof(path), "/run/udev/data/b%s", number);
	file = vb_inuse_open(path);
	if (!file)
		return 0;
	while (!err && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		err = check_udev_line(search, name, line);
	}
	fclose(file);
	return err;
}

/* A cache device of bcache has no holder, and a loop device isn't one. */
static int check_member(const struct vb_inuse_search *search, const char *name)
{
	char path[PATH_MAX], backing[200];

	if (!name_path(path, BLOCK "/%s/bcache", name) && vb_sysfs_exists(path))
		return vb_inuse_found(search->inuse, VB_INUSE_MEMBER, search->address, name,
				      "bcache");
	if (!name_path(path, BLOCK "/%s/loop/backing_file", name) &&
	    vb_sysfs_read(path, backing, sizeof(backing)) >= 0)
		return vb_inuse_found(search->inuse, VB_INUSE_HOLDER, search->address,
				      strrchr(backing, '/') ? strrchr(backing, '/') + 1 : backing,
				      name);
	return check_udev(search, name);
}

/*
 * Whoever mounted it, swaps on it or stacked a device on it holds it
 * exclusively, in whatever namespace.  Needs root; nothing is written.
 */
static int check_claimed(const struct vb_inuse_search *search, const char *name)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct stat st;
	int fd;

	if (name_path(path, "/dev/%s", name) || vb_sysfs_path(real, sizeof(real), path) ||
	    stat(real, &st) || !S_ISBLK(st.st_mode))
		return 0;
	fd = open(real, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EBUSY ?
		vb_inuse_found(search->inuse, VB_INUSE_CLAIMED, search->address, name, "") : 0;
}

static int visit_block(const char *dir, const char *name, void *arg)
{
	const struct vb_inuse_search *search = arg;
	struct holder_search holder = { .search = search, .name = name };
	char path[PATH_MAX];
	int err = on_device(name, search->address, 0);

	if (err <= 0)
		return err;
	err = name_path(path, "%s/%s/holders", dir, name);
	if (!err)
		err = vb_inuse_each(path, visit_holder, &holder);
	if (!err)
		err = check_member(search, name);
	return err ? err : check_claimed(search, name);
}

int vb_inuse_block(const char *address, struct vb_inuse *inuse)
{
	struct vb_inuse_search search = { .address = address, .inuse = inuse };
	int err = check_mounts(&search);

	if (!err)
		err = check_swap(&search);
	if (!err)
		err = check_btrfs(&search);
	return err ? err : vb_inuse_each(BLOCK, visit_block, &search);
}
