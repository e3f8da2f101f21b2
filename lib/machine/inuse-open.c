// SPDX-License-Identifier: GPL-2.0-or-later
/* Device files of a PCI device that somebody has open: programs, and the kernel's exports. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/inuse-internal.h"
#include "lib/machine/sysfs.h"

#define DEV "/dev/"
#define NVMET "/sys/kernel/config/nvmet/subsystems"
#define NODE_SIZE 64

/* The device's files: names below /dev. */
struct nodes {
	struct vb_inuse_search search;
	char (*name)[NODE_SIZE];
	size_t nr;
	bool vfio;		/* VFIO's files too */
	const char *pid;	/* the process that is being looked at */
	bool found;
};

/* The kernel's name for it, which is also the one that /dev has. */
static int read_devname(const char *dir, const char *entry, char node[NODE_SIZE])
{
	char path[PATH_MAX], text[4096], *line, *rest = text;

	if (snprintf(path, sizeof(path), "%s/%s/uevent", dir, entry) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (vb_sysfs_read(path, text, sizeof(text)) < 0)
		return -ENOENT;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "DEVNAME=", 8))
			continue;
		return snprintf(node, NODE_SIZE, "%s", line + 8) < NODE_SIZE ? 0 : -ENAMETOOLONG;
	}
	return -ENOENT;
}

static int add_node(struct nodes *nodes, const char node[NODE_SIZE])
{
	char (*larger)[NODE_SIZE] = realloc(nodes->name, (nodes->nr + 1) * sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	memcpy(larger[nodes->nr++], node, NODE_SIZE);
	nodes->name = larger;
	return 0;
}

static int add(struct nodes *nodes, const char *dir, const char *entry)
{
	char node[NODE_SIZE];
	int err = read_devname(dir, entry, node);

	if (err || (!nodes->vfio && !strncmp(node, "vfio/", 5)))
		return err == -ENOENT ? 0 : err;
	return add_node(nodes, node);
}

/*
 * At vfio-pci a device stays as it is, whoever has it open.  Another driver of
 * VFIO's, mlx5_vfio_pci say, it would be taken from: not while its group is open.
 */
static int add_group(struct nodes *nodes)
{
	char driver[VB_DRIVER_NAME_SIZE], node[NODE_SIZE] = "";
	int group, err = vb_pci_driver(nodes->search.address, driver);

	if (err || !vb_pci_driver_shares_group(driver) || !strcmp(driver, "vfio-pci") ||
	    !strcmp(driver, "pci-stub"))
		return err;
	nodes->vfio = true;
	if (vb_pci_group(nodes->search.address, &group))
		return 0;
	snprintf(node, sizeof(node), "vfio/%d", group);
	return add_node(nodes, node);
}

static int visit_char(const char *dir, const char *name, void *arg)
{
	struct nodes *nodes = arg;

	return vb_inuse_hangs_on(dir, name, nodes->search.address) ? add(nodes, dir, name) : 0;
}

static int visit_block(const char *dir, const char *name, void *arg)
{
	struct nodes *nodes = arg;
	int on = vb_inuse_on_device(name, nodes->search.address);

	return on > 0 ? add(nodes, dir, name) : on;
}

static bool is_node(const struct nodes *nodes, const char *target)
{
	if (strncmp(target, DEV, strlen(DEV)))
		return false;
	for (size_t i = 0; i < nodes->nr; i++)
		if (!strcmp(target + strlen(DEV), nodes->name[i]))
			return true;
	return false;
}

static int visit_fd(const char *dir, const char *name, void *arg)
{
	struct nodes *nodes = arg;
	char target[PATH_MAX], path[64], comm[32], detail[80];

	if (vb_inuse_link(dir, name, target, sizeof(target)) || !is_node(nodes, target))
		return 0;
	nodes->found = true;
	snprintf(path, sizeof(path), "/proc/%.20s/comm", nodes->pid);
	if (vb_sysfs_read(path, comm, sizeof(comm)) < 0)
		comm[0] = '\0';
	snprintf(detail, sizeof(detail), "%s (pid %.20s)", comm, nodes->pid);
	return vb_inuse_found(nodes->search.inuse, VB_INUSE_OPEN, nodes->search.address, target,
			      detail);
}

/* A process that has ended meanwhile, or another user's, shows nothing. */
static int visit_process(const char *dir, const char *name, void *arg)
{
	struct nodes *nodes = arg;
	char path[64];
	int err;

	if (!isdigit((unsigned char)name[0]))
		return 0;
	nodes->pid = name;
	snprintf(path, sizeof(path), "%s/%.20s/fd", dir, name);
	err = vb_inuse_each(path, visit_fd, nodes);
	return nodes->found ? err : 0;
}

/* subsystems/NAME/namespaces/N/device_path: opened by the kernel, and not exclusively. */
static int visit_exported(const char *dir, const char *name, void *arg)
{
	struct nodes *nodes = arg;
	char path[PATH_MAX], text[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s/enable", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (vb_sysfs_read(path, text, sizeof(text)) < 0 || strcmp(text, "1"))
		return 0;
	snprintf(path, sizeof(path), "%s/%s/device_path", dir, name);
	if (vb_sysfs_read(path, text, sizeof(text)) < 0 || !is_node(nodes, text))
		return 0;
	return vb_inuse_found(nodes->search.inuse, VB_INUSE_OPEN, nodes->search.address, text,
			      "the NVMe target");
}

static int visit_subsystem(const char *dir, const char *name, void *arg)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s/namespaces", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return vb_inuse_each(path, visit_exported, arg);
}

int vb_inuse_open_files(const char *address, struct vb_inuse *inuse)
{
	struct nodes nodes = { .search = { .address = address, .inuse = inuse } };
	int err = add_group(&nodes);

	if (!err)
		err = vb_inuse_each("/sys/dev/char", visit_char, &nodes);
	if (!err)
		err = vb_inuse_each("/sys/class/block", visit_block, &nodes);
	if (!err && nodes.nr)
		err = vb_inuse_each(NVMET, visit_subsystem, &nodes);
	if (!err && nodes.nr)
		err = vb_inuse_each("/proc", visit_process, &nodes);
	free(nodes.name);
	return err;
}
