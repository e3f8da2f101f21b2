/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a PCI device must not be taken from its driver. */
#ifndef VB_INUSE_H
#define VB_INUSE_H

#include <stddef.h>

#include "lib/machine/pci.h"

enum vb_inuse_kind {
	VB_INUSE_NOT,
	VB_INUSE_BRIDGE,	/* a bridge can't be assigned */
	VB_INUSE_IOMMU,		/* an IOMMU, which can't be behind itself */
	VB_INUSE_MOUNT,		/* detail: where it is mounted */
	VB_INUSE_SHARE,		/* a 9p or virtiofs share; detail: its tag */
	VB_INUSE_SWAP,
	VB_INUSE_HOLDER,	/* detail: the dm, md, ... device on top */
	VB_INUSE_MEMBER,	/* detail: LVM2_member, zfs_member, ... */
	VB_INUSE_BOOT,		/* the machine boots from it; detail: the partition's kind */
	VB_INUSE_CLAIMED,	/* the kernel or another program holds it exclusively */
	VB_INUSE_OPEN,		/* a program has node (a file) open; detail: which */
	VB_INUSE_LOGIN,		/* the caller's own login; detail: from where */
	VB_INUSE_ROUTE,		/* detail: "default", "" for any other */
	VB_INUSE_ENSLAVED,	/* detail: the bond, bridge, vlan on top */
	VB_INUSE_LINK_UP,
	VB_INUSE_NO_LINK,	/* a network driver, yet no interface: in another namespace? */
	VB_INUSE_CONSOLE_GPU,
	VB_INUSE_DISPLAY,	/* node: the connector at which there is one */
	VB_INUSE_KEYBOARD,
	VB_INUSE_CONSOLE_TTY,	/* detail: none; node: the tty */
	VB_INUSE_VFS,		/* detail: how many virtual functions are enabled */
	VB_INUSE_MDEV,		/* node: the mediated device that it carries */
	VB_INUSE_MEMORY,	/* memory of the machine; detail: its driver */
	VB_INUSE_PEER_DRIVER,	/* detail: the host driver of a device of the group */
	VB_NR_INUSE_KINDS
};

struct vb_inuse {
	enum vb_inuse_kind kind;
	char address[64];		/* the device that is in use: itself, or a group peer */
	char node[80];			/* what it carries: nvme0n1p2, eth0, ttyS4; or "" */
	char detail[256];
};

/*
 * May @address be taken from its driver?  0: yes.  -EBUSY: no, *inuse says why
 * (the first reason found; the device's own before its group's).  -EINVAL: no
 * address; -ENODEV: no such device; another -errno: it could not be found out,
 * which is a no.  @together (@nr of them, may be NULL) are addresses that the
 * caller takes as well: their host drivers are no reason, what they carry is.
 * Looks at this network namespace, at this and init's mount namespace; block
 * devices in use elsewhere show by an exclusive open.  That, and what other
 * users' programs have open, only root sees.
 */
int vb_inuse_check(const char *address, const char *const *together, size_t nr,
		   struct vb_inuse *inuse);

#endif /* VB_INUSE_H */
