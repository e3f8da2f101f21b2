// SPDX-License-Identifier: GPL-2.0-or-later
/* Take a PCI device for VFIO, and give it back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/bind.h"
#include "lib/machine/module.h"
#include "lib/machine/sysfs.h"

#define PCI "/sys/bus/pci"

static int write_to(const char *text, const char *format, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), format, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return vb_sysfs_write(path, text);
}

/* An empty override reads "(null)". */
static int read_override(const char *address, char override[VB_DRIVER_NAME_SIZE])
{
	int err = vb_pci_attribute(address, "driver_override", override, VB_DRIVER_NAME_SIZE);

	if (!err && !strcmp(override, "(null)"))
		override[0] = '\0';
	return err;
}

/* A line's end alone clears it. */
static int write_override(const char *address, const char *override)
{
	char text[VB_DRIVER_NAME_SIZE + 1];

	snprintf(text, sizeof(text), "%s\n", override);
	return write_to(text, PCI "/devices/%s/driver_override", address);
}

static int release(const char *address, const char *driver)
{
	int err = write_to(address, PCI "/drivers/%s/unbind", driver);
	char now[VB_DRIVER_NAME_SIZE];

	/* Somebody else was faster? */
	if (err && !vb_pci_driver(address, now) && !now[0])
		return 0;
	return err;
}

/* Bind to @driver by name; its module may have been unloaded meanwhile. */
static int attach(const char *address, const char *driver)
{
	char path[PATH_MAX], now[VB_DRIVER_NAME_SIZE];
	int err, write_err;

	snprintf(path, sizeof(path), PCI "/drivers/%s", driver);
	if (!vb_sysfs_exists(path))
		vb_module_load(driver);
	/* Loading has bound it already when nothing stood against it. */
	err = vb_pci_driver(address, now);
	if (err || !strcmp(now, driver))
		return err;
	write_err = write_to(address, PCI "/drivers/%s/bind", driver);
	err = vb_pci_driver(address, now);
	if (err || !strcmp(now, driver))
		return err;
	return write_err ? write_err : -EIO;
}

/* Driver and override as @saved, from wherever a bind or an unbind got to. */
static int put_back(const char *address, const struct vb_bind_saved *saved)
{
	char driver[VB_DRIVER_NAME_SIZE], override[VB_DRIVER_NAME_SIZE];
	int err = vb_pci_driver(address, driver);

	if (!err)
		err = read_override(address, override);
	if (err)
		return err;
	if (!strcmp(override, VB_BIND_DRIVER) && strcmp(override, saved->override))
		err = write_override(address, saved->override);
	if (!err && !strcmp(driver, VB_BIND_DRIVER) && strcmp(driver, saved->driver)) {
		err = release(address, driver);
		driver[0] = '\0';
	}
	return !err && !driver[0] && saved->driver[0] ? attach(address, saved->driver) : err;
}

int vb_bind_check(const char *address, const char *const *together, size_t nr,
		  struct vb_bind_report *report)
{
	int err;

	memset(report, 0, sizeof(*report));
	report->group = -1;
	if (!vb_pci_address_valid(address))
		return -EINVAL;
	err = vb_pci_driver(address, report->driver);
	if (err)
		return err;
	/* What it is comes before what the machine lacks. */
	err = vb_inuse_check(address, together, nr, &report->inuse);
	if (err)
		return err;
	err = vb_pci_group(address, &report->group);
	report->already = !err && !strcmp(report->driver, VB_BIND_DRIVER);
	return err;
}

/*
 * Save what is now, unless an earlier bind was killed half way: then what it
 * saved is the truth, and what is now is its own doing.
 */
static int save(int state, const char *address, struct vb_bind_saved *saved)
{
	struct vb_bind_saved now, earlier;
	int err = vb_pci_driver(address, now.driver);

	if (!err)
		err = read_override(address, now.override);
	if (err)
		return err;
	err = vb_bind_state_load(state, address, &earlier);
	if (!err && !strcmp(now.override, VB_BIND_DRIVER) &&
	    (!now.driver[0] || !strcmp(now.driver, earlier.driver))) {
		*saved = earlier;
		return 0;
	}
	if (err != -ENOENT)
		err = vb_bind_state_remove(state, address);
	*saved = now;
	return err && err != -ENOENT ? err : vb_bind_state_save(state, address, saved);
}

static int switch_driver(const char *address, const char *const *together, size_t nr,
			 struct vb_bind_report *report)
{
	char driver[VB_DRIVER_NAME_SIZE];
	int err;

	report->step = VB_BIND_OVERRIDE;
	err = write_override(address, VB_BIND_DRIVER);
	if (err)
		return err;
	report->step = VB_BIND_CHECK;
	err = vb_inuse_check(address, together, nr, &report->inuse);
	if (err)
		return err;
	report->step = VB_BIND_UNBIND;
	err = vb_pci_driver(address, driver);
	if (!err && driver[0])
		err = release(address, driver);
	if (err)
		return err;
	report->step = VB_BIND_PROBE;
	err = write_to(address, PCI "/drivers_probe%s", "");
	if (!err)
		err = vb_pci_driver(address, driver);
	return !err && strcmp(driver, VB_BIND_DRIVER) ? -EIO : err;
}

/* With the lock held; another instance may have been faster. */
static int bind_locked(int state, const char *address, const char *const *together, size_t nr,
		       struct vb_bind_report *report)
{
	int err = vb_bind_check(address, together, nr, report);

	if (err || report->already)
		return err;
	report->step = VB_BIND_STATE;
	err = vb_journal_begin(VB_JOURNAL_BIND, address, NULL, report->entry);
	if (!err)
		err = save(state, address, &report->saved);
	if (!err) {
		err = switch_driver(address, together, nr, report);
		if (err)
			report->rollback_err = put_back(address, &report->saved);
		if (err && !report->rollback_err)
			vb_bind_state_remove(state, address);
	}
	/* What could not be put back stays open: vb_restore() tries again. */
	if (err && !report->rollback_err)
		vb_bind_keep(report);
	return err;
}

int vb_bind(const char *address, const char *const *together, size_t nr,
	    struct vb_bind_report *report)
{
	int err = vb_bind_check(address, together, nr, report), state;

	if (err || report->already)
		return err;
	report->step = VB_BIND_MODULE;
	err = vb_module_load(VB_BIND_DRIVER);
	if (err)
		return err;
	report->step = VB_BIND_STATE;
	state = vb_bind_state_open(true);
	if (state < 0)
		return state;
	err = bind_locked(state, address, together, nr, report);
	close(state);
	return err;
}

int vb_bind_keep(struct vb_bind_report *report)
{
	int err = vb_journal_end(report->entry);

	report->entry[0] = '\0';
	return err;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/*
 * -EBUSY: the group is open in a program: to unbind would wait for it, for ever
 * if need be.  Otherwise a fd of the group, which only one can open at a time,
 * so that it stays so; -ENOENT: there is no such file (devices opened by
 * /dev/vfio/devices only, or no devtmpfs).
 */
static int hold_group(int group)
{
	char path[64], real[PATH_MAX];
	int fd, err;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	err = vb_sysfs_path(real, sizeof(real), path);
	if (err)
		return err;
	fd = open(real, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool process_has_open(const char *pid, const char *file)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, target,
					    sizeof(target) - 1);

		if (length > 0) {
			target[length] = '\0';
			found = !strcmp(target, file);
		}
	}
	closedir(dir);
	return found;
}

/* The device's own file (VFIO_DEVICE_CDEV) can be open more than once. */
static bool cdev_open_in(const char *cdev)
{
	char file[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *proc = opendir("/proc");

	if (!proc)
		return false;
	snprintf(file, sizeof(file), "/dev/vfio/devices/%s", cdev);
	while (!found && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			found = process_has_open(entry->d_name, file);
	closedir(proc);
	return found;
}

static bool cdev_open(const char *address)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), PCI "/devices/%s/vfio-dev", address);
	if (vb_sysfs_path(real, sizeof(real), path))
		return false;
	dir = opendir(real);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4))
			found = cdev_open_in(entry->d_name);
	closedir(dir);
	return found;
}

/* The group's fd when it is at vfio-pci and free, -1 when there is none to hold. */
static int check_free(const char *address, struct vb_bind_report *report, int *held)
{
	*held = -1;
	if (strcmp(report->driver, VB_BIND_DRIVER))
		return 0;
	if (report->group >= 0)
		*held = hold_group(report->group);
	if (*held == -EBUSY || cdev_open(address)) {
		close_fd(*held);
		*held = -1;
		return -EBUSY;
	}
	return 0;
}

/* -ENODEV at VB_BIND_STATE: neither device nor journal; later: it had one. */
static int look_up(int state, const char *address, struct vb_bind_report *report)
{
	int gone = vb_pci_driver(address, report->driver);
	int err = state < 0 ? state : vb_bind_state_load(state, address, &report->saved);

	if (err == -ENOENT && !gone) {
		report->already = strcmp(report->driver, VB_BIND_DRIVER);
		return report->already ? 0 : err;
	}
	if (err)
		return err == -ENOENT ? gone : err;
	report->step = VB_BIND_CHECK;
	if (vb_pci_group(address, &report->group))
		report->group = -1;
	return gone;
}

/* The journal's folder, or -ENOENT; and look_up()'s answer in *err. */
static int open_state(const char *address, struct vb_bind_report *report, int *err)
{
	int state;

	memset(report, 0, sizeof(*report));
	report->group = -1;
	*err = -EINVAL;
	if (!vb_pci_address_valid(address))
		return -EINVAL;
	report->step = VB_BIND_STATE;
	state = vb_bind_state_open(false);
	*err = look_up(state, address, report);
	return state;
}

int vb_unbind_check(const char *address, struct vb_bind_report *report)
{
	int err, state = open_state(address, report, &err), held = -1;

	if (!err && !report->already)
		err = check_free(address, report, &held);
	close_fd(held);
	close_fd(state);
	return err;
}

/*
 * The group's fd goes only once vfio-pci has let go, and before the old driver
 * comes: an open group must not get a host driver.
 */
static int give_back(const char *address, struct vb_bind_report *report, int held)
{
	int err = 0;

	report->step = VB_BIND_UNBIND;
	if (!strcmp(report->driver, VB_BIND_DRIVER) &&
	    strcmp(report->saved.driver, VB_BIND_DRIVER))
		err = release(address, VB_BIND_DRIVER);
	close_fd(held);
	if (err)
		return err;
	report->step = VB_BIND_PROBE;
	return put_back(address, &report->saved);
}

/* A failure leaves the entry open: vb_restore() tries again. */
static int give_back_noted(int state, const char *address, struct vb_bind_report *report, int held)
{
	char entry[VB_JOURNAL_ID_SIZE];
	int err = vb_journal_begin(VB_JOURNAL_UNBIND, address, NULL, entry);

	if (err) {
		report->step = VB_BIND_STATE;
		close_fd(held);
		return err;
	}
	err = give_back(address, report, held);
	if (err)
		return err;
	report->step = VB_BIND_STATE;
	err = vb_bind_state_remove(state, address);
	return err ? err : vb_journal_end(entry);
}

int vb_unbind(const char *address, struct vb_bind_report *report)
{
	int err, state = open_state(address, report, &err), held = -1;

	if (err == -ENODEV && report->step == VB_BIND_CHECK)
		vb_bind_state_remove(state, address);
	if (err || report->already)
		goto out;
	err = check_free(address, report, &held);
	if (!err)
		err = give_back_noted(state, address, report, held);
out:
	close_fd(state);
	return err;
}

int vb_bind_list(char (**list)[VB_PCI_ADDRESS_SIZE], size_t *count)
{
	int state = vb_bind_state_open(false), err;

	*list = NULL;
	*count = 0;
	if (state < 0)
		return state == -ENOENT ? 0 : state;
	err = vb_bind_state_list(state, list, count);
	close(state);
	return err;
}
