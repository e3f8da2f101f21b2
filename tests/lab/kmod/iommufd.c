// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The companion module as an access of an iommufd: unpins are for the same pages as pins,
 * whatever the callback's range; a WARN of the kernel's is what tells of one that is not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioctl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

/* Of linux/iommufd.h and newer linux/vfio.h, by names that are not theirs. */
#define IOAS_ALLOC	_IO(';', 0x81)
#define IOAS_MAP	_IO(';', 0x85)
#define IOAS_UNMAP	_IO(';', 0x86)
#define DEVICE_BIND	_IO(VFIO_TYPE, VFIO_BASE + 18)
#define DEVICE_ATTACH	_IO(VFIO_TYPE, VFIO_BASE + 19)
#define DEVICE_DETACH	_IO(VFIO_TYPE, VFIO_BASE + 20)
#define MAP_FLAGS	7	/* at this IOVA, writable, readable */

struct ioas_alloc {
	uint32_t size, flags, out_id;
};

struct ioas_map {
	uint32_t size, flags, ioas, reserved;
	uint64_t vaddr, length, iova;
};

struct ioas_unmap {
	uint32_t size, ioas;
	uint64_t iova, length;
};

struct device_bind {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_id;
};

struct device_attach {
	uint32_t argsz, flags, pt;
};

struct device_detach {
	uint32_t argsz, flags;
};

static int iommufd = -1;
static uint32_t ioas;

/* The device's own file: /dev/vfio/devices/vfioN.  An fd, or -1. */
static int open_cdev(void)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int fd = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/vfio-dev", devices, UUID);
	dir = opendir(path);
	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

static int attach(void)
{
	struct device_attach a = { .argsz = sizeof(a), .pt = ioas };

	return call(device, DEVICE_ATTACH, &a);
}

static int detach(void)
{
	struct device_detach d = { .argsz = sizeof(d) };

	return call(device, DEVICE_DETACH, &d);
}

static void open_bound(void)
{
	struct device_bind bind = { .argsz = sizeof(bind), .iommufd = iommufd };

	device = open_cdev();
	if (device < 0)
		bail("/dev/vfio/devices");
	if (call(device, DEVICE_BIND, &bind) || attach())
		bail("VFIO_DEVICE_BIND_IOMMUFD, VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	if (window(BASE, WINDOW_PAGES * PAGE))
		bail("VB_IOC_WINDOW");
}

static int map_area(uint64_t page, uint64_t pages)
{
	struct ioas_map map = {
		.size = sizeof(map), .flags = MAP_FLAGS, .ioas = ioas,
		.vaddr = (uintptr_t)memory + page * PAGE, .length = pages * PAGE,
		.iova = BASE + page * PAGE,
	};

	return call(iommufd, IOAS_MAP, &map);
}

/* Pages unmapped, or -errno. */
static long long unmap_area(uint64_t page, uint64_t pages)
{
	struct ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas = ioas, .iova = BASE + page * PAGE, .length = pages * PAGE,
	};
	int ret = call(iommufd, IOAS_UNMAP, &unmap);

	return ret ? ret : (long long)(unmap.length / PAGE);
}

static void test_exact(void)
{
	is(map_area(0, 16) || map_area(16, 16), 0, "two areas");
	is(pin(0, 4, 1, 0), 0, "pin four pages at once");
	is(pin(4, 1, 4, 1), 0, "and four behind them one by one");
	is(unpin(0, 8, 1, 0), -EINVAL, "all of them are no pin");
	is(unpin(0, 3, 1, 0), -EINVAL, "nor are the first three");
	is(unpin(1, 3, 1, 0), -EINVAL, "nor the last three");
	is(unpin(4, 2, 1, 0), -EINVAL, "nor two single ones");
	is(unpin(3, 2, 1, 0), -EINVAL, "nor an end and a beginning");
	is(unpin(8, 1, 1, 0), -ENOENT, "what is not pinned");
	is((long long)counters()->outstanding_pages, 8, "nothing was unpinned by that");
	is(unpin(0, 4, 1, 0), 0, "the first pin");
	is(unpin(4, 1, 4, 1), 0, "the single ones");
	balanced("unpinned as pinned");
}

static void test_areas(void)
{
	uint64_t before = counters()->callbacks;

	pin(0, 1, 4, 2);
	pin(12, 8, 1, 0);
	pin(24, 4, 1, 0);
	is((long long)counters()->outstanding_pages, 16, "pins in one area, in both and in the other");
	is(unmap_area(0, 16), 16, "unmap the one");
	is((long long)counters()->outstanding_pages, 4, "what reached beyond it was released, too");
	is((long long)(counters()->callbacks - before), 1, "with one callback");
	is((long long)stats.log[stats.log_count - 1].iova, (long long)BASE, "for the area");
	is((long long)stats.log[stats.log_count - 1].size, (long long)(16 * PAGE), "all of it");
	is(pin(16, 1, 1, 0), 0, "the other area is open");
	is(unmap_area(16, 16), 16, "unmap it");
	balanced("both unmapped");
	before = counters()->callbacks;
	map_area(0, 16);
	is(unmap_area(0, 16), 16, "unmap without a pin");
	is((long long)(counters()->callbacks - before), 0, "without a callback");
	reopen(0, 16);
	is(pin(0, 1, 1, 0), -ENOENT, "what is not mapped can't be pinned");
}

static void test_detach(void)
{
	map_area(0, 64);
	reopen(0, 64);
	pin(0, 3, 16, 4);
	is((long long)counters()->outstanding_pages, 48, "pins, before detaching");
	is(detach(), 0, "detach");
	balanced("detached");
	reopen(0, 64);
	is(pin(0, 1, 1, 0), -ENOENT, "no pins while detached");
	is(attach(), 0, "attach again");
	is(pin(0, 3, 16, 4), 0, "and pin again");
	close(device);
	is(unmap_area(0, 64), 64, "unmap what a closed device had pinned");
	open_bound();
}

/* Pinners are at it while areas come and go. */
static void test_under_way(void)
{
	struct vb_counters *c;
	bool good = true;

	is(pinners(VB_PINNER_CHURN, -1, 4, 10000), 0, "pinners");
	none(VB_IOC_PINNERS_GO);
	for (int round = 0; round < 100 && good; round++) {
		for (uint64_t area = 0; area < 16; area++)
			good &= !map_area(area * 64, 64);
		reopen(0, 1024);
		usleep(2000);
		good &= unmap_area(0, 1024) == 1024;
	}
	ok(good, "100 times 16 areas mapped and unmapped");
	none(VB_IOC_PINNERS_STOP);
	c = counters();
	ok(c->pin_calls > 0 && c->callback_unpinned_pages > 0,
	   "%llu pins, %llu pages unpinned by callbacks", c->pin_calls, c->callback_unpinned_pages);
	balanced("pinners stopped");
	is((long long)counters()->late_pins, 0, "none was late");
}

void test_iommufd(void)
{
	struct ioas_alloc alloc = { .size = sizeof(alloc) };

	iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommufd < 0) {
		skip("the module as an access", "no /dev/iommu");
		is(remove_device(UUID), 0, "removed");
		return;
	}
	if (call(iommufd, IOAS_ALLOC, &alloc))
		bail("IOMMU_IOAS_ALLOC");
	ioas = alloc.out_id;
	open_bound();
	test_exact();
	test_areas();
	test_detach();
	test_under_way();
	close(device);
	close(iommufd);
	is(remove_device(UUID), 0, "removed");
}
