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

/* PCI code and ID assignment specification, 1.6, 1.7, 1.9 */
#define CLASS_MEMORY 0x05
#define CLASS_BRIDGE 0x06
#define CLASS_IOMMU 0x0806

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

static bool is_bridge(const char *address)
{
	unsigned int class_code;

	return !vb_pci_class(address, &class_code) && class_code >> 16 == CLASS_BRIDGE;
}

/* What no use has to be shown of. */
static int check_class(const char *address, struct vb_inuse *inuse)
{
	unsigned int class_code;
	int err = vb_pci_class(address, &class_code);

	if (err)
		return err;
	if (class_code >> 16 == CLASS_BRIDGE)
		return vb_inuse_found(inuse, VB_INUSE_BRIDGE, address, "", "");
	if (class_code >> 8 == CLASS_IOMMU)
		return vb_inuse_found(inuse, VB_INUSE_IOMMU, address, "", "");
	return 0;
}

/* Memory that the kernel may have put to use; a device with a driver of its own alone. */
static int check_memory(const char *address, struct vb_inuse *inuse)
{
	char driver[VB_DRIVER_NAME_SIZE];
	unsigned int class_code;
	int err = vb_pci_class(address, &class_code);

	if (!err)
		err = vb_pci_driver(address, driver);
	if (err || class_code >> 16 != CLASS_MEMORY || !driver[0] ||
	    vb_pci_driver_shares_group(driver))
		return err;
	return vb_inuse_found(inuse, VB_INUSE_MEMORY, address, "", driver);
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

bool vb_inuse_virtio_driver(const char *dir, const char *name, const char *address,
			    const char *driver)
{
	char path[PATH_MAX], bound[64];

	return vb_inuse_hangs_on(dir, name, address) &&
	       snprintf(path, sizeof(path), "%s/%s/driver", dir, name) < (int)sizeof(path) &&
	       !vb_sysfs_read_link_base(path, bound, sizeof(bound)) && !strcmp(bound, driver);
}

/*
 * File systems of a hypervisor.  Which mount belongs to which device is not to
 * be seen on every kernel (and an overlay hides it), so a bound one is in use.
 */
static int found_share(const struct vb_inuse_search *search, const char *dir, const char *name)
{
	char path[PATH_MAX], tag[128];

	if (snprintf(path, sizeof(path), "%s/%s/mount_tag", dir, name) >= (int)sizeof(path) ||
	    vb_sysfs_read(path, tag, sizeof(tag)) < 0)
		tag[0] = '\0';
	return vb_inuse_found(search->inuse, VB_INUSE_SHARE, search->address, name, tag);
}

/* What a hypervisor gives the kernel itself. */
static int visit_virtio(const char *dir, const char *name, void *arg)
{
	const struct vb_inuse_search *search = arg;
	const char *address = search->address;

	if (vb_inuse_virtio_driver(dir, name, address, "9pnet_virtio") ||
	    vb_inuse_virtio_driver(dir, name, address, "virtiofs"))
		return found_share(search, dir, name);
	if (vb_inuse_virtio_driver(dir, name, address, "virtio_mem"))
		return vb_inuse_found(search->inuse, VB_INUSE_MEMORY, address, name, "virtio_mem");
	if (vb_inuse_virtio_driver(dir, name, address, "virtio_iommu"))
		return vb_inuse_found(search->inuse, VB_INUSE_IOMMU, address, name, "");
	return 0;
}

static int check_virtio(const char *address, struct vb_inuse *inuse)
{
	struct vb_inuse_search search = { .address = address, .inuse = inuse };

	return vb_inuse_each("/sys/bus/virtio/devices", visit_virtio, &search);
}

static int visit_mdev(const char *dir, const char *name, void *arg)
{
	const struct vb_inuse_search *search = arg;

	return vb_inuse_hangs_on(dir, name, search->address) ?
		vb_inuse_found(search->inuse, VB_INUSE_MDEV, search->address, name, "") : 0;
}

static int check_mdevs(const char *address, struct vb_inuse *inuse)
{
	struct vb_inuse_search search = { .address = address, .inuse = inuse };

	return vb_inuse_each("/sys/bus/mdev/devices", visit_mdev, &search);
}

/* What a device carries, and what hangs on it. */
static int check_use(const char *address, struct vb_inuse *inuse)
{
	static int (*const checks[])(const char *address, struct vb_inuse *inuse) = {
		vb_inuse_block, check_virtio, vb_inuse_net, vb_inuse_console, check_vfs,
		check_mdevs, check_memory, vb_inuse_open_files,
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

/*
 * Peers need not be PCI devices.  One without a driver can be in use all the
 * same: the console's text is in a VGA adapter's memory.  What hangs on a bridge
 * has a group of its own, or is a peer itself.
 */
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
	if (err == -ENOENT)
		driver[0] = '\0';
	else if (err)
		return err;
	if (vb_pci_driver_shares_group(driver))
		return 0;
	if (vb_pci_address_valid(name) && !is_bridge(name)) {
		err = check_use(name, search->inuse);
		if (err || listed(search, name))
			return err;
	}
	return driver[0] ? vb_inuse_found(search->inuse, VB_INUSE_PEER_DRIVER, name, "", driver) :
			   0;
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
	err = check_class(address, inuse);
	if (!err)
		err = check_use(address, inuse);
	return err ? err : check_group(address, together, nr, inuse);
}
