// SPDX-License-Identifier: GPL-2.0-or-later
/* Why bind or unbind did not do it, and what to do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/cmd/bind-common.h"

#define CHOOSE "choose another device"

struct reason {
	char what[512];
	const char *mend;
};

static void explain_block(const struct vb_inuse *use, struct reason *reason)
{
	reason->mend = "unmount it first, or " CHOOSE;
	switch (use->kind) {
	case VB_INUSE_MOUNT:
		snprintf(reason->what, sizeof(reason->what), "%s is mounted (%s)", use->node,
			 use->detail);
		if (!strcmp(use->detail, "/") || !strncmp(use->detail, "/boot", 5))
			reason->mend = "the system runs from it: " CHOOSE;
		break;
	case VB_INUSE_SHARE:
		snprintf(reason->what, sizeof(reason->what), "it carries the shared file system "
			 "'%s'", use->detail);
		reason->mend = CHOOSE;
		break;
	case VB_INUSE_SWAP:
		snprintf(reason->what, sizeof(reason->what), "%s is swap space", use->node);
		reason->mend = "swapoff it first, or " CHOOSE;
		break;
	case VB_INUSE_HOLDER:
		snprintf(reason->what, sizeof(reason->what), "%s is part of %s", use->node,
			 use->detail);
		reason->mend = "take that device down first, or " CHOOSE;
		break;
	case VB_INUSE_OPEN:
		snprintf(reason->what, sizeof(reason->what), "%s has %s open", use->detail,
			 use->node);
		reason->mend = "end that first, or " CHOOSE;
		break;
	case VB_INUSE_MEMBER:
		snprintf(reason->what, sizeof(reason->what), "%s belongs to a volume (%s)",
			 use->node, use->detail);
		reason->mend = CHOOSE;
		break;
	case VB_INUSE_BOOT:
		snprintf(reason->what, sizeof(reason->what), "a machine boots from %s (partition: %s)",
			 use->node, use->detail);
		reason->mend = "it may be this one: " CHOOSE;
		break;
	default:
		snprintf(reason->what, sizeof(reason->what), "%s is held by a mount, a volume or "
			 "a program", use->node);
		reason->mend = "end its use first (lsblk, fuser), or " CHOOSE;
		break;
	}
}

static void explain_net(const struct vb_inuse *use, struct reason *reason)
{
	reason->mend = "take it out and 'ip link set it down' first, or " CHOOSE;
	switch (use->kind) {
	case VB_INUSE_LOGIN:
		snprintf(reason->what, sizeof(reason->what), "%s carries your own login, from %s",
			 use->node, use->detail);
		reason->mend = CHOOSE;
		break;
	case VB_INUSE_ROUTE:
		snprintf(reason->what, sizeof(reason->what), "%s carries %s route", use->node,
			 use->detail[0] ? "the default" : "a");
		reason->mend = CHOOSE;
		break;
	case VB_INUSE_ENSLAVED:
		snprintf(reason->what, sizeof(reason->what), "%s is part of %s", use->node,
			 use->detail);
		break;
	case VB_INUSE_LINK_UP:
		snprintf(reason->what, sizeof(reason->what), "the interface %s is up", use->node);
		reason->mend = "'ip link set it down' first, or " CHOOSE;
		break;
	default:
		snprintf(reason->what, sizeof(reason->what), "a network card of %s without an "
			 "interface here: it may be in another network namespace", use->detail);
		reason->mend = "bring the interface back, or unbind its driver by hand";
		break;
	}
}

/* What a person sits at. */
static void explain_console(const struct vb_inuse *use, struct reason *reason)
{
	reason->mend = CHOOSE;
	switch (use->kind) {
	case VB_INUSE_CONSOLE_GPU:
		snprintf(reason->what, sizeof(reason->what), "the console's graphics adapter");
		break;
	case VB_INUSE_DISPLAY:
		snprintf(reason->what, sizeof(reason->what), "a display is connected to %s",
			 use->node);
		reason->mend = "unplug it first, or " CHOOSE;
		break;
	case VB_INUSE_KEYBOARD:
		snprintf(reason->what, sizeof(reason->what), "a keyboard is plugged in there (%s)",
			 use->node);
		reason->mend = "plug it in elsewhere first, or " CHOOSE;
		break;
	default:
		snprintf(reason->what, sizeof(reason->what), "%s is a console", use->node);
		break;
	}
}

/* What it is, more than what is done with it. */
static void explain_kind(const struct vb_inuse *use, struct reason *reason)
{
	reason->mend = CHOOSE;
	switch (use->kind) {
	case VB_INUSE_BRIDGE:
		snprintf(reason->what, sizeof(reason->what), "a bridge, and no bridge can be "
			 "assigned");
		reason->mend = "give a device behind it";
		break;
	case VB_INUSE_IOMMU:
		snprintf(reason->what, sizeof(reason->what), "an IOMMU");
		break;
	case VB_INUSE_MEMORY:
		snprintf(reason->what, sizeof(reason->what), "memory of this machine (%s)",
			 use->detail);
		break;
	case VB_INUSE_MDEV:
		snprintf(reason->what, sizeof(reason->what), "it carries the mediated device %s",
			 use->node);
		reason->mend = "remove that first, or " CHOOSE;
		break;
	case VB_INUSE_VFS:
		snprintf(reason->what, sizeof(reason->what), "a physical function with %s virtual "
			 "functions", use->detail);
		reason->mend = "write 0 to its sriov_numvfs first, or " CHOOSE;
		break;
	default:
		snprintf(reason->what, sizeof(reason->what), "it has the host driver %s",
			 use->detail);
		reason->mend = "a group goes to VFIO as a whole: bind all its devices in one "
			       "command, or " CHOOSE;
		break;
	}
}

static void explain_use(const struct vb_inuse *use, struct reason *reason)
{
	switch (use->kind) {
	case VB_INUSE_BRIDGE:
	case VB_INUSE_IOMMU:
	case VB_INUSE_MEMORY:
	case VB_INUSE_MDEV:
	case VB_INUSE_VFS:
	case VB_INUSE_PEER_DRIVER:
		explain_kind(use, reason);
		break;
	case VB_INUSE_CONSOLE_GPU:
	case VB_INUSE_CONSOLE_TTY:
	case VB_INUSE_DISPLAY:
	case VB_INUSE_KEYBOARD:
		explain_console(use, reason);
		break;
	case VB_INUSE_LOGIN:
	case VB_INUSE_ROUTE:
	case VB_INUSE_ENSLAVED:
	case VB_INUSE_LINK_UP:
	case VB_INUSE_NO_LINK:
		explain_net(use, reason);
		break;
	default:
		explain_block(use, reason);
		break;
	}
}

static int say_in_use(const char *address, const struct vb_inuse *use)
{
	struct reason reason = { .mend = "" };

	explain_use(use, &reason);
	if (!strcmp(address, use->address))
		return vb_fail(VB_EXIT_USAGE, "%s: not taken: %s: %s", address, reason.what,
			       reason.mend);
	return vb_fail(VB_EXIT_USAGE, "%s: not taken: in its IOMMU group, %s: %s: %s", address,
		       use->address, reason.what, reason.mend);
}

static int say_where(const char *address, const struct vb_bind_report *report, int err)
{
	switch (report->step) {
	case VB_BIND_CHECK:
		return vb_fail(VB_EXIT_USAGE, "%s: not touched: it could not be found out whether "
			       "it is in use: %s", address, strerror(-err));
	case VB_BIND_MODULE:
		return vb_fail(VB_EXIT_USAGE, "%s: not touched: the module " VB_BIND_DRIVER " did "
			       "not load: %s: try 'modprobe " VB_BIND_DRIVER "', see "
			       "'vfio-bench doctor'", address, strerror(-err));
	case VB_BIND_STATE:
		return vb_fail(VB_EXIT_USAGE, VB_STATE_DIR ": cannot keep there what %s was bound "
			       "to: %s%s", address, strerror(-err), err == -EAGAIN ?
			       ": another vfio-bench is at work, try again" :
			       err == -EPERM ? ": it must be root's folder alone: remove it" : "");
	case VB_BIND_OVERRIDE:
		return vb_fail(VB_EXIT_USAGE, "%s: cannot write its driver_override: %s", address,
			       strerror(-err));
	case VB_BIND_UNBIND:
		return vb_fail(VB_EXIT_USAGE, "%s: its driver does not let go of it: %s", address,
			       strerror(-err));
	case VB_BIND_PROBE:
		return vb_fail(VB_EXIT_USAGE, "%s: the driver does not take it: %s: see dmesg",
			       address, strerror(-err));
	}
	return VB_EXIT_USAGE;
}

int vb_bind_explain(const char *address, const struct vb_bind_report *report, int err)
{
	int exit_code;

	if (report->inuse.kind)
		exit_code = say_in_use(address, &report->inuse);
	else if (err == -ENODEV)
		exit_code = vb_fail(VB_EXIT_USAGE, "%s: no such device: 'lspci -D' shows those "
				    "that there are", address);
	else if (err == -ENXIO)
		exit_code = vb_fail(VB_EXIT_USAGE, "%s: in no IOMMU group: turn the IOMMU on, "
				    "'vfio-bench doctor' says how", address);
	else
		exit_code = say_where(address, report, err);
	if (report->rollback_err)
		vb_warn("%s: could not be put back (driver '%s'): %s: try 'vfio-bench unbind %s'",
			address, report->saved.driver, strerror(-report->rollback_err), address);
	return exit_code;
}

int vb_unbind_explain(const char *address, const struct vb_bind_report *report, int err)
{
	if (err == -ENOENT && report->step == VB_BIND_STATE)
		return vb_fail(VB_EXIT_USAGE, "%s: somebody else bound it to " VB_BIND_DRIVER ": "
			       "what was before is not known here", address);
	if (err == -ENODEV && report->step == VB_BIND_STATE)
		return vb_fail(VB_EXIT_USAGE, "%s: no such device: 'lspci -D' shows those that "
			       "there are", address);
	if (err == -ENODEV && report->step == VB_BIND_CHECK)
		return vb_fail(VB_EXIT_USAGE, "%s: no such device any more: forgotten", address);
	if (err == -EACCES && report->step == VB_BIND_STATE)
		return vb_fail(VB_EXIT_USAGE, VB_STATE_DIR ": only root may read it: run "
			       "'sudo vfio-bench unbind ...'");
	if (err == -EBUSY && report->step == VB_BIND_CHECK)
		return vb_fail(VB_EXIT_USAGE, "%s: a program has it, or its IOMMU group %d, open: "
			       "end that first ('fuser -v /dev/vfio/%d')", address,
			       report->group, report->group);
	if (report->step == VB_BIND_PROBE)
		return vb_fail(VB_EXIT_USAGE, "%s: its driver '%s' does not take it back: %s: load "
			       "that driver, then unbind again", address, report->saved.driver,
			       strerror(-err));
	return say_where(address, report, err);
}
