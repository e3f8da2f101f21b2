// SPDX-License-Identifier: GPL-2.0-or-later
/* For the tests of the companion module: TAP, VFIO and the module by their ioctls. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

const char *type, *devices;
int tests, failed;
int container, group, device;
int pci_group = -1;
char *memory;
bool per_request;

void ok(bool good, const char *format, ...)
{
	va_list args;

	tests++;
	failed += !good;
	printf("%sok %d - ", good ? "" : "not ", tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

/* Says what was got when it isn't what was wanted. */
void is(long long got, long long wanted, const char *what)
{
	if (got == wanted)
		ok(true, "%s", what);
	else
		ok(false, "%s: %lld, wanted %lld", what, got, wanted);
}

void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void skip(const char *what, const char *why)
{
	tests++;
	printf("ok %d - %s # SKIP %s\n", tests, what, why);
}

/* 0 or -errno. */
int call(int fd, unsigned long command, void *arg)
{
	return ioctl(fd, command, arg) < 0 ? -errno : 0;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- VFIO --- */

void find_type(void)
{
	static const char *const types[][2] = {
		{ "/sys/class/mdev_bus/vfio_bench/mdev_supported_types/vfio_bench-null",
		  "/sys/bus/mdev/devices" },
		{ "/sys/devices/vfio_bench", "/sys/bus/vfio_bench/devices" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!access(types[i][0], F_OK)) {
			type = types[i][0];
			devices = types[i][1];
			return;
		}
	bail("vfio_bench is not loaded");
}

int create_device(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/create", type);
	return write_file(path, uuid);
}

int remove_device(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/remove", type);
	if (!access(path, F_OK))
		return write_file(path, uuid);
	snprintf(path, sizeof(path), "%s/%s/remove", devices, uuid);
	return write_file(path, "1");
}

bool removal_is_told(void)
{
	return access("/sys/module/vfio_mdev", F_OK);
}

static int open_link(const char *device_link)
{
	char link[PATH_MAX], path[64];
	ssize_t length = readlink(device_link, link, sizeof(link) - 1);

	if (length < 0)
		return -1;
	link[length] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	return open(path, O_RDWR | O_CLOEXEC);
}

int open_group(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/iommu_group", devices, uuid);
	return open_link(path);
}

static void attach_pci(const char *address)
{
	char link[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", address);
	pci_group = open_link(link);
	if (pci_group < 0 || ioctl(pci_group, VFIO_GROUP_SET_CONTAINER, &container))
		bail("the PCI device's group");
}

void open_device(void)
{
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, UUID);
	if (device < 0)
		bail("VFIO_GROUP_GET_DEVICE_FD");
}

void open_all(void)
{
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	group = open_group(UUID);
	if (container < 0 || group < 0)
		bail("container or group");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		bail("VFIO_GROUP_SET_CONTAINER");
	if (getenv("KMOD_TEST_PCI"))
		attach_pci(getenv("KMOD_TEST_PCI"));
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		bail("VFIO_SET_IOMMU");
	open_device();
}

void close_all(void)
{
	close(device);
	close(group);
	if (pci_group >= 0)
		close(pci_group);
	close(container);
}

int map_dma(uint64_t page, uint64_t pages)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory + page * PAGE,
		.iova = BASE + page * PAGE,
		.size = pages * PAGE,
	};

	return call(container, VFIO_IOMMU_MAP_DMA, &map);
}

/* Pages unmapped, or -errno. */
long long unmap_dma(uint64_t page, uint64_t pages)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = BASE + page * PAGE, .size = pages * PAGE,
	};
	int ret = call(container, VFIO_IOMMU_UNMAP_DMA, &unmap);

	return ret ? ret : (long long)(unmap.size / PAGE);
}

long long unmap_all(void)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	int ret;

	if (ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UNMAP_ALL) <= 0) {
		unmap.flags = 0;
		unmap.size = -PAGE;	/* up to 5.11: all but the last page */
	}
	ret = call(container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	return ret ? ret : (long long)(unmap.size / PAGE);
}

/* @count mappings of a page each. */
void map_single(uint64_t page, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (map_dma(page + i, 1))
			bail("VFIO_IOMMU_MAP_DMA");
}

/* --- the module --- */

int config(uint32_t discipline, uint32_t mode)
{
	struct vb_ioc_config c = { .size = sizeof(c), .discipline = discipline, .mode = mode };

	return call(device, VB_IOC_CONFIG, &c);
}

int config_delay(uint32_t delay_ns)
{
	struct vb_ioc_config c = { .size = sizeof(c), .delay_ns = delay_ns };

	return call(device, VB_IOC_CONFIG, &c);
}

int window(uint64_t iova, uint64_t length)
{
	struct vb_ioc_window w = { .size = sizeof(w), .iova = iova, .length = length };
	int ret = call(device, VB_IOC_WINDOW, &w);

	return ret ? ret : (int)w.index;
}

__thread struct vb_ioc_pin last_pin;

static int pin_command(unsigned long command, uint64_t page, uint32_t pages, uint32_t count,
		       uint64_t stride_pages)
{
	last_pin = (struct vb_ioc_pin){
		.size = sizeof(last_pin), .iova = BASE + page * PAGE, .pages = pages,
		.count = count, .stride = stride_pages * PAGE,
	};
	return call(device, command, &last_pin);
}

int pin(uint64_t page, uint32_t pages, uint32_t count, uint64_t stride_pages)
{
	return pin_command(VB_IOC_PIN, page, pages, count, stride_pages);
}

int unpin(uint64_t page, uint32_t pages, uint32_t count, uint64_t stride_pages)
{
	return pin_command(VB_IOC_UNPIN, page, pages, count, stride_pages);
}

int reopen(uint64_t page, uint64_t pages)
{
	struct vb_ioc_open o = {
		.size = sizeof(o), .iova = BASE + page * PAGE, .length = pages * PAGE,
	};

	return call(device, VB_IOC_OPEN, &o);
}

int none(unsigned long command)
{
	struct vb_ioc_none n = { .size = sizeof(n) };

	return call(device, command, &n);
}

struct vb_ioc_stats stats;

struct vb_counters *counters(void)
{
	memset(&stats, 0, sizeof(stats));
	stats.size = sizeof(stats);
	if (call(device, VB_IOC_STATS, &stats))
		bail("VB_IOC_STATS");
	return &stats.counters;
}

struct vb_hist *histogram(uint32_t id)
{
	static struct vb_ioc_hist h;

	memset(&h, 0, sizeof(h));
	h.size = sizeof(h);
	h.id = id;
	if (call(device, VB_IOC_HIST, &h))
		bail("VB_IOC_HIST");
	return &h.hist;
}

volatile struct vb_slot_page *slot(void)
{
	struct vb_ioc_slot s = { .size = sizeof(s) };
	int ret = call(device, VB_IOC_SLOT, &s);
	void *page;

	if (ret && ret != -EEXIST)
		bail("VB_IOC_SLOT");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device,
		    (off_t)VB_SLOT_OFFSET(s.index));
	if (page == MAP_FAILED)
		bail("mmap of the slot");
	return page;
}

/* Callbacks of the request, or -errno. */
long long request_end(void)
{
	struct vb_ioc_request_end r = { .size = sizeof(r) };
	int ret = call(device, VB_IOC_REQUEST_END, &r);

	return ret ? ret : (long long)r.callbacks;
}

void balanced(const char *when)
{
	struct vb_counters *c = counters();

	ok(c->pinned_pages == c->unpinned_pages && !c->outstanding_pages,
	   "%s: %llu pages pinned, %llu unpinned, %llu outstanding", when,
	   c->pinned_pages, c->unpinned_pages, c->outstanding_pages);
}

/* --- what the kernel says, whatever the module counted --- */

long long vmstat(const char *name)
{
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128], key[64];
	long long value, found = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lld", key, &value) == 2 && !strcmp(key, name))
			found = value;
	if (file)
		fclose(file);
	return found;
}

/* Pages that something in the kernel has pinned. */
long long kernel_pins(void)
{
	write_file("/proc/sys/vm/stat_refresh", "1");
	return vmstat("nr_foll_pin_acquired") - vmstat("nr_foll_pin_released");
}

/* Others pin for a moment, too: 9p for what is read and written. */
long long kernel_pins_again(long long wanted)
{
	long long pins = kernel_pins();

	for (int i = 0; i < 200 && pins != wanted; i++) {
		usleep(10000);
		pins = kernel_pins();
	}
	return pins;
}

bool kernel_warned(void)
{
	char text[32] = "";
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		bail("/proc/sys/kernel/tainted");
	close(fd);
	return strtoul(text, NULL, 10) & 512;
}

void fresh(void)
{
	close_all();
	open_all();
	if (window(BASE, WINDOW_PAGES * PAGE))
		bail("VB_IOC_WINDOW");
}

int pinners(uint32_t mode, int32_t node, uint32_t threads, uint64_t hold_ns)
{
	struct vb_ioc_pinner p = {
		.size = sizeof(p), .iova = BASE, .length = 1024 * PAGE, .stride = 4 * PAGE,
		.pages = 2, .mode = mode, .node = node, .threads = threads, .hold_ns = hold_ns,
	};

	return call(device, VB_IOC_PINNERS_START, &p);
}

int pinner_info(uint32_t index, struct vb_ioc_pinner_info *info)
{
	*info = (struct vb_ioc_pinner_info){ .size = sizeof(*info), .index = index };
	return call(device, VB_IOC_PINNER_INFO, info);
}

bool has_32_bit_calls(void)
{
#ifdef __x86_64__
	static int status = -1;
	pid_t pid;

	if (status >= 0)
		return !status;
	pid = fork();
	if (!pid) {
		long ret = 20;		/* getpid */

		__asm__ volatile("int $0x80" : "+a"(ret) : : "memory", "r8", "r9", "r10", "r11");
		_exit(ret <= 0);
	}
	waitpid(pid, &status, 0);
	return !status;
#else
	return false;
#endif
}
