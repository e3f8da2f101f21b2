// SPDX-License-Identifier: GPL-2.0-or-later
/* A made-up machine for tests. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/sysfs.h"
#include "tests/unit/fake-tree.h"

static char top[PATH_MAX / 2];

static void need(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "fake tree: %s: %s\n", what, strerror(errno));
		abort();
	}
}

static const char *real(const char *path)
{
	static char full[PATH_MAX];

	need(!vb_sysfs_path(full, sizeof(full), path), path);
	return full;
}

/* Every folder above the last part of @path. */
static void make_parents(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", real(path));
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		need(!mkdir(part, 0755) || errno == EEXIST, part);
		*slash = '/';
	}
}

void tree_dir(const char *format, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	make_parents(path);
	need(!mkdir(real(path), 0755) || errno == EEXIST, path);
}

static void put(const char *path, const char *mode, const char *text)
{
	FILE *file;

	make_parents(path);
	file = fopen(real(path), mode);
	need(file && fputs(text, file) >= 0 && !fclose(file), path);
}

void tree_file(const char *path, const char *text)
{
	put(path, "w", text);
}

void tree_append(const char *path, const char *text)
{
	put(path, "a", text);
}

void tree_link(const char *path, const char *target)
{
	make_parents(path);
	tree_unlink(path);
	need(!symlink(target, real(path)), path);
}

void tree_unlink(const char *path)
{
	need(!unlink(real(path)) || errno == ENOENT, path);
}

const char *tree_text(const char *path)
{
	static char text[4096];
	FILE *file = fopen(real(path), "r");

	text[0] = '\0';
	if (file) {
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
	}
	return text;
}

void tree_make(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(top, sizeof(top), "%s/vfio-bench-test-XXXXXX", tmp ? tmp : "/tmp");
	need(mkdtemp(top) != NULL, top);
	vb_sysfs_set_root(top);
	tree_file("/proc/self/mountinfo", "22 1 0:21 / /proc rw - proc proc rw\n");
	tree_file("/proc/swaps", "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	tree_file("/proc/net/route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\t"
		  "Mask\t\tMTU\tWindow\tIRTT\n");
	tree_dir("/sys/class/block");
	tree_dir("/sys/class/net");
	tree_dir("/run");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void tree_remove(void)
{
	vb_sysfs_set_root("");
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* From the folder /sys/devices/@where back to /sys. */
static void way_up(const char *where, char *up)
{
	strcpy(up, "../..");
	for (; *where; where++)
		if (*where == '/')
			strcat(up, "/..");
}

static void device_file(const char *where, const char *attribute, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/%s/%s", where, attribute);
	tree_file(path, text);
}

static void device_link(const char *where, const char *name, const char *below_sys)
{
	char path[PATH_MAX], up[512], target[PATH_MAX];

	way_up(where, up);
	snprintf(path, sizeof(path), "/sys/devices/%s/%s", where, name);
	snprintf(target, sizeof(target), "%s/%s", up, below_sys);
	tree_link(path, target);
}

/* @from, two or more folders below /sys, @ups of them up. */
static void link_to_device(const char *from, const char *ups, const char *where)
{
	char target[PATH_MAX];

	snprintf(target, sizeof(target), "%s/devices/%s", ups, where);
	tree_link(from, target);
}

void tree_pci(const char *where, const char *class_code, const char *driver, int group)
{
	const char *address = last_part(where);
	char path[256];

	device_file(where, "class", class_code);
	device_file(where, "driver_override", "(null)\n");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	link_to_device(path, "../../..", where);
	if (driver) {
		snprintf(path, sizeof(path), "bus/pci/drivers/%s", driver);
		device_link(where, "driver", path);
		tree_dir("/sys/%s", path);
	}
	if (group < 0)
		return;
	snprintf(path, sizeof(path), "kernel/iommu_groups/%d", group);
	device_link(where, "iommu_group", path);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s", group, address);
	link_to_device(path, "../../../..", where);
}

void tree_block(const char *where, const char *number)
{
	const char *name = last_part(where);
	char path[256];

	device_file(where, "dev", number);
	tree_dir("/sys/devices/%s/holders", where);
	tree_dir("/sys/devices/%s/slaves", where);
	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	link_to_device(path, "../..", where);
	snprintf(path, sizeof(path), "/sys/dev/block/%s", number);
	link_to_device(path, "../..", where);
}

void tree_partition(const char *where, const char *number)
{
	tree_block(where, number);
	device_file(where, "partition", "1\n");
}

void tree_stack(const char *upper, const char *lower)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/class/block/%s/holders/%s", lower, upper);
	tree_link(path, upper);
	snprintf(path, sizeof(path), "/sys/class/block/%s/slaves/%s", upper, lower);
	tree_link(path, lower);
}

void tree_net(const char *where, const char *flags, const char *operstate)
{
	char path[256];

	device_file(where, "flags", flags);
	device_file(where, "operstate", operstate);
	snprintf(path, sizeof(path), "/sys/class/net/%s", last_part(where));
	link_to_device(path, "../..", where);
}
