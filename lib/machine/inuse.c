// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a PCI device must not be taken from its driver: what it is, and its group. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/inuse-internal.h"
#include "lib/machine/sysfs.h"

#define CLASS_BRIDGE 0x06	/* PCI code and ID assignment specification, 1.7 */

static void copy(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
}

int vb_inuse_found(struct vb_inuse *inuse, enum vb_inuse_kind kind, const char *address,
		   const char *node, const char *detail)
{
	inuse->kind = kind;
	copy(inuse->address, sizeof(inuse->address), address);
	copy(inuse->node, sizeof(inuse->node), node ? node : "");
	copy(inuse->detail, sizeof(inuse->detail), detail ? detail : "");
	return -EBUSY;
}

FILE *vb_inuse_open(const char *path)
{
	char real[PATH_MAX];
	int err = vb_sysfs_path(real, sizeof(real), path);

	if (err) {
		errno = -err;
		return NULL;
	}
	return fopen(real, "re");
}

int vb_inuse_link(const char *dir, const char *name, char *target, size_t size)
{
	char path[PATH_MAX], real[PATH_MAX];
	ssize_t length;
	int err;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	err = vb_sysfs_path(real, sizeof(real), path);
	if (err)
		return err;
	length = readlink(real, target, size - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	return 0;
}

bool vb_inuse_hangs_on(const char *dir, const char *name, const char *address)
{
	char target[PATH_MAX];

	return !vb_inuse_link(dir, name, target, sizeof(target)) &&
	       vb_pci_on_path(target, address) == 1;
}

int vb_inuse_each(const char *dir, vb_inuse_visitor *visit, void *arg)
{
	char real[PATH_MAX];
	struct dirent *entry;
	int err = vb_sysfs_path(real, sizeof(real), dir);
	DIR *stream;

	if (err)
		return err;
	stream = opendir(real);
	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = visit(dir, entry->d_name, arg);
	closedir(stream);
	return err;
}

static int check_bridge(const char *address, struct vb_inuse *inuse)
{
	unsigned int class_code;
	int err = vb_pci_class(address, &class_code);

	if (err)
		return err;
	if (class_code >> 16 == CLASS_BRIDGE)
		return vb_inuse_found(inuse, VB_INUSE_BRIDGE, address, "", "");
	return 0;
}

static int check_vfs(const char *address, struct vb_inuse *inuse)
{
	char count[32];
	int err = vb_pci_attribute(address, "sriov_numvfs", count, sizeof(count));

	if (err == -ENOENT)	/* no SR-IOV */
		return 0;
	if (err)
		return err;
	return strcmp(count, "0") ? vb_inuse_found(inuse, VB_INUSE_VFS, address, "", count) : 0;
}

/* The adapter that the firmware booted with, or the one that holds the frame
 * buffer on which the console is drawn. */
static int check_gpu(const char *address, struct vb_inuse *inuse)
{
	char boot[16];
	int err = vb_pci_attribute(address, "boot_vga", boot, sizeof(boot));

	if (err && err != -ENOENT)
		return err;
	if (!err && strcmp(boot, "0"))
		return vb_inuse_found(inuse, VB_INUSE_CONSOLE_GPU, address, "", "");
	if (vb_inuse_hangs_on("/sys/class/graphics", "fb0", address))
		return vb_inuse_found(inuse, VB_INUSE_CONSOLE_GPU, address, "fb0", "");
	return 0;
}

static int check_console(const char *address, struct vb_inuse *inuse)
{
	char active[256], *rest = active, *tty;
	int err = vb_sysfs_read("/sys/class/tty/console/active", active, sizeof(active));

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while ((tty = strsep(&rest, " ")))
		if (*tty && vb_inuse_hangs_on("/sys/class/tty", tty, address))
			return vb_inuse_found(inuse, VB_INUSE_CONSOLE_TTY, address, tty, "");
	return 0;
}

/*
 * File systems of a hypervisor.  Which mount belongs to which device is not to
 * be seen on every kernel (and an overlay hides it), so a bound one is in use.
 */
static int visit_share(const char *dir, const char *name, void *arg)
{
	struct vb_inuse_search *search = arg;
	char path[PATH_MAX], driver[64], tag[128] = "";

	if (!vb_inuse_hangs_on(dir, name, search->address))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/driver", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (vb_sysfs_read_link_base(path, driver, sizeof(driver)))
		return 0;
	if (strcmp(driver, "9pnet_virtio") && strcmp(driver, "virtiofs"))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/mount_tag", dir, name) >= (int)sizeof(path) ||
	    vb_sysfs_read(path, tag, sizeof(tag)) < 0)
		tag[0] = '\0';
	return vb_inuse_found(search->inuse, VB_INUSE_SHARE, search->address, name, tag);
}

static int check_share(const char *address, struct vb_inuse *inuse)
{
	struct vb_inuse_search search = { .address = address, .inuse = inuse };

	return vb_inuse_each("/sys/bus/virtio/devices", visit_share, &search);
}

/* What a device carries, and what hangs on it. */
static int check_use(const char *address, struct vb_inuse *inuse)
{
	static int (*const checks[])(const char *address, struct vb_inuse *inuse) = {
		vb_inuse_block, check_share, vb_inuse_net, check_gpu, check_console, check_vfs,
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(checks) / sizeof(checks[0]); i++)
		err = checks[i](address, inuse);
	return err;
}

struct group_search {
	const char *address;
	const char *const *together;
	size_t nr;
	struct vb_inuse *inuse;
};

static bool listed(const struct group_search *search, const char *name)
{
	for (size_t i = 0; i < search->nr; i++)
		if (!strcmp(search->together[i], name))
			return true;
	return false;
}

/* Peers need not be PCI devices. */
static int visit_peer(const char *dir, const char *name, void *arg)
{
	struct group_search *search = arg;
	char path[PATH_MAX], driver[VB_DRIVER_NAME_SIZE];
	int err;

	if (!strcmp(name, search->address))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/driver", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	err = vb_sysfs_read_link_base(path, driver, sizeof(driver));
	if (err)
		return err == -ENOENT ? 0 : err;
	if (vb_pci_driver_shares_group(driver))
		return 0;
	if (vb_pci_address_valid(name)) {
		err = check_use(name, search->inuse);
		if (err || listed(search, name))
			return err;
	}
	return vb_inuse_found(search->inuse, VB_INUSE_PEER_DRIVER, name, "", driver);
}

static int check_group(const char *address, const char *const *together, size_t nr,
		       struct vb_inuse *inuse)
{
	struct group_search search = {
		.address = address, .together = together, .nr = nr, .inuse = inuse,
	};
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/devices", address);
	return vb_inuse_each(path, visit_peer, &search);
}

int vb_inuse_check(const char *address, const char *const *together, size_t nr,
		   struct vb_inuse *inuse)
{
	int err;

	memset(inuse, 0, sizeof(*inuse));
	if (!vb_pci_address_valid(address))
		return -EINVAL;
	if (!vb_pci_exists(address))
		return -ENODEV;
	err = check_bridge(address, inuse);
	if (!err)
		err = check_use(address, inuse);
	return err ? err : check_group(address, together, nr, inuse);
}
