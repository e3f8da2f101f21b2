// SPDX-License-Identifier: GPL-2.0-or-later
/* What a person sits at: graphics adapter, display, keyboard, serial console. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/inuse-internal.h"
#include "lib/machine/sysfs.h"

#define INPUT "/sys/class/input"

/* linux/input-event-codes.h: what has these two is a keyboard, a power button is not. */
#define KEY_ENTER 28
#define KEY_A 30

/* The firmware's adapter, unless somebody gave it to VFIO himself before. */
static int check_boot_vga(const char *address, struct vb_inuse *inuse)
{
	char boot[16], driver[VB_DRIVER_NAME_SIZE];
	int err = vb_pci_attribute(address, "boot_vga", boot, sizeof(boot));

	if (err)
		return err == -ENOENT ? 0 : err;
	err = vb_pci_driver(address, driver);
	if (err || !strcmp(boot, "0") || vb_pci_driver_shares_group(driver))
		return err;
	return vb_inuse_found(inuse, VB_INUSE_CONSOLE_GPU, address, "", "");
}

/* card0-HDMI-A-1 and the like */
static int visit_connector(const char *dir, const char *name, void *arg)
{
	const struct vb_inuse_search *search = arg;
	char path[PATH_MAX], status[32];

	if (!vb_inuse_hangs_on(dir, name, search->address))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/status", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (vb_sysfs_read(path, status, sizeof(status)) < 0 || strcmp(status, "connected"))
		return 0;
	return vb_inuse_found(search->inuse, VB_INUSE_DISPLAY, search->address, name, "");
}

/* fb0 is what the kernel draws its console on, whoever is the firmware's choice. */
static int check_gpu(const char *address, struct vb_inuse *inuse)
{
	struct vb_inuse_search search = { .address = address, .inuse = inuse };
	int err = check_boot_vga(address, inuse);

	if (err)
		return err;
	if (vb_inuse_hangs_on("/sys/class/graphics", "fb0", address))
		return vb_inuse_found(inuse, VB_INUSE_CONSOLE_GPU, address, "fb0", "");
	return vb_inuse_each("/sys/class/drm", visit_connector, &search);
}

struct virtual_console {
	struct vb_inuse_search search;
	const char *tty;
};

/* hvc0 is no child of its device; which device it comes from is not told. */
static int visit_virtio_console(const char *dir, const char *name, void *arg)
{
	const struct virtual_console *console = arg;

	return vb_inuse_virtio_driver(dir, name, console->search.address, "virtio_console") ?
		vb_inuse_found(console->search.inuse, VB_INUSE_CONSOLE_TTY,
			       console->search.address, console->tty, "") : 0;
}

static int check_tty(const char *address, const char *tty, struct vb_inuse *inuse)
{
	struct virtual_console console = {
		.search = { .address = address, .inuse = inuse }, .tty = tty,
	};

	if (vb_inuse_hangs_on("/sys/class/tty", tty, address))
		return vb_inuse_found(inuse, VB_INUSE_CONSOLE_TTY, address, tty, "");
	return strncmp(tty, "hvc", 3) ? 0 :
		vb_inuse_each("/sys/bus/virtio/devices", visit_virtio_console, &console);
}

static int check_ttys(const char *address, struct vb_inuse *inuse)
{
	char active[256], *rest = active, *tty;
	int err = vb_sysfs_read("/sys/class/tty/console/active", active, sizeof(active));

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	err = 0;
	while (!err && (tty = strsep(&rest, " ")))
		if (*tty)
			err = check_tty(address, tty, inuse);
	return err;
}

/* Words of hexadecimal digits, the one with the lowest keys last. */
static bool is_keyboard(const char *keys)
{
	const char *last = strrchr(keys, ' ');
	unsigned long long bits = strtoull(last ? last + 1 : keys, NULL, 16);

	return bits >> KEY_ENTER & 1 && bits >> KEY_A & 1;
}

static int visit_input(const char *dir, const char *name, void *arg)
{
	const struct vb_inuse_search *search = arg;
	char path[PATH_MAX], keys[512];

	if (strncmp(name, "input", 5) || !vb_inuse_hangs_on(dir, name, search->address))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/capabilities/key", dir, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	if (vb_sysfs_read(path, keys, sizeof(keys)) < 0 || !is_keyboard(keys))
		return 0;
	return vb_inuse_found(search->inuse, VB_INUSE_KEYBOARD, search->address, name, "");
}

int vb_inuse_console(const char *address, struct vb_inuse *inuse)
{
	struct vb_inuse_search search = { .address = address, .inuse = inuse };
	int err = check_gpu(address, inuse);

	if (!err)
		err = check_ttys(address, inuse);
	return err ? err : vb_inuse_each(INPUT, visit_input, &search);
}
