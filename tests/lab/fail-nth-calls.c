// SPDX-License-Identifier: GPL-2.0-or-later
/* fail-nth: the calls that are swept, and the states that they are made in. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/fail-nth.h"
#include "uapi/vfio_bench.h"

#define PAGE		4096ull
#define PAGES		64ull		/* mapped, each by itself where there is more than one */
#define BASE		0x10000000ull
#define MDEV		"/sys/bus/mdev/devices/" FAIL_NTH_UUID
#define CREATE		\
	"/sys/class/mdev_bus/vfio_bench/mdev_supported_types/vfio_bench-null/create"
#define MODULE		"vfio_bench"
#define PATIENCE_MS	5000

static const char *pci;
static char mdev_group[64], pci_group[64];
static int ko_fd = -1;
/* What the state consists of; -1 and NULL: not there. */
static int container = -1, group = -1, device = -1, control = -1, event = -1;
static void *memory, *slot_page;
static uint32_t slot_index;

static int checked(long ret)
{
	return ret < 0 ? -errno : 0;
}

/* In a setup nothing fails. */
static void must(int ret, const char *what)
{
	errno = -ret;
	if (ret)
		bail(what);
}

static int open_into(int *fd, const char *path)
{
	*fd = open(path, O_RDWR | O_CLOEXEC);
	return checked(*fd);
}

static void close_it(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void group_of(char *path, size_t size, const char *link)
{
	char target[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length < 0)
		bail(link);
	target[length] = '\0';
	snprintf(path, size, "/dev/vfio/%s", strrchr(target, '/') + 1);
}

/* --- VFIO's calls --- */

static int open_container(void)
{
	return open_into(&container, "/dev/vfio/vfio");
}

static int open_mdev_group(void)
{
	return open_into(&group, mdev_group);
}

static int open_pci_group(void)
{
	return open_into(&group, pci_group);
}

static int set_container(void)
{
	return checked(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
}

static int unset_container(void)
{
	return checked(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
}

static int set_iommu(void)
{
	return checked(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
}

static int open_mdev(void)
{
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, FAIL_NTH_UUID);
	return checked(device);
}

static int open_pci(void)
{
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, pci);
	return checked(device);
}

static int map_range(uint64_t page, uint64_t pages)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory + page * PAGE,
		.iova = BASE + page * PAGE,
		.size = pages * PAGE,
	};

	return checked(ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
}

static int map_all(void)
{
	return map_range(0, PAGES);
}

static int unmap_flags(uint32_t flags, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = flags, .iova = iova, .size = size,
	};

	return checked(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));
}

static int unmap(void)
{
	return unmap_flags(0, BASE, PAGES * PAGE);
}

static int unmap_everything(void)
{
	return unmap_flags(VFIO_DMA_UNMAP_FLAG_ALL, 0, 0);
}

static uint64_t dirty_bits[(PAGES + 63) / 64];

static int unmap_dirty(void)
{
	struct {
		struct vfio_iommu_type1_dma_unmap unmap;
		struct vfio_bitmap bitmap;
	} request = {
		.unmap = {
			.argsz = sizeof(request),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = BASE, .size = PAGES * PAGE,
		},
		.bitmap = {
			.pgsize = PAGE, .size = sizeof(dirty_bits), .data = (void *)dirty_bits,
		},
	};

	return checked(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request));
}

static int dirty(uint32_t flags)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap dirty;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} request = {
		.dirty = { .argsz = sizeof(request), .flags = flags },
		.get = {
			.iova = BASE, .size = PAGES * PAGE,
			.bitmap = {
				.pgsize = PAGE, .size = sizeof(dirty_bits),
				.data = (void *)dirty_bits,
			},
		},
	};

	return checked(ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &request));
}

static int dirty_start(void)
{
	return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
}

static int dirty_get(void)
{
	return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP);
}

static int dirty_stop(void)
{
	return dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
}

static int iommu_info(void)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };

	return checked(ioctl(container, VFIO_IOMMU_GET_INFO, &info));
}

static int device_info(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return checked(ioctl(device, VFIO_DEVICE_GET_INFO, &info));
}

/* One MSI, signalled through an eventfd. */
static int set_interrupt(void)
{
	uint64_t buffer[(sizeof(struct vfio_irq_set) + sizeof(event) + 7) / 8] = { 0 };
	struct vfio_irq_set *set = (void *)buffer;

	set->argsz = sizeof(*set) + sizeof(event);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = VFIO_PCI_MSI_IRQ_INDEX;
	set->count = 1;
	memcpy(set->data, &event, sizeof(event));
	return checked(ioctl(device, VFIO_DEVICE_SET_IRQS, set));
}

/* --- the companion's --- */

/* @request begins with its size. */
static int companion(unsigned long command, void *request)
{
	return checked(ioctl(device, command, request));
}

static int config(void)
{
	struct vb_ioc_config request = { .size = sizeof(request) };

	return companion(VB_IOC_CONFIG, &request);
}

static int window(void)
{
	struct vb_ioc_window request = {
		.size = sizeof(request), .iova = BASE, .length = PAGES * PAGE,
	};

	return companion(VB_IOC_WINDOW, &request);
}

static int slot(void)
{
	struct vb_ioc_slot request = { .size = sizeof(request) };
	int ret = companion(VB_IOC_SLOT, &request);

	slot_index = request.index;
	return ret;
}

static int map_slot(void)
{
	slot_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device,
			 (off_t)VB_SLOT_OFFSET(slot_index));
	if (slot_page != MAP_FAILED)
		return 0;
	slot_page = NULL;
	return -errno;
}

static int pin_command(unsigned long command)
{
	struct vb_ioc_pin request = {
		.size = sizeof(request), .iova = BASE, .stride = 4 * PAGE, .count = PAGES / 4,
		.pages = 2,
	};

	return companion(command, &request);
}

/* The first run alone, so that a failure is before or behind it. */
static int pin(void)
{
	struct vb_ioc_pin request = {
		.size = sizeof(request), .iova = BASE, .count = 1, .pages = 16,
	};

	return companion(VB_IOC_PIN, &request);
}

static int unpin(void)
{
	return pin_command(VB_IOC_UNPIN);
}

static int open_range(void)
{
	struct vb_ioc_open request = {
		.size = sizeof(request), .iova = BASE, .length = PAGES * PAGE,
	};

	return companion(VB_IOC_OPEN, &request);
}

static int request_end(void)
{
	struct vb_ioc_request_end request = { .size = sizeof(request) };

	return companion(VB_IOC_REQUEST_END, &request);
}

static int pinners_start(void)
{
	struct vb_ioc_pinner request = {
		.size = sizeof(request), .iova = BASE, .length = PAGES * PAGE, .stride = PAGE,
		.pages = 1, .mode = VB_PINNER_STEADY, .threads = 2,
	};

	return companion(VB_IOC_PINNERS_START, &request);
}

static int none(unsigned long command)
{
	struct vb_ioc_none request = { .size = sizeof(request) };

	return companion(command, &request);
}

static int pinners_go(void)
{
	return none(VB_IOC_PINNERS_GO);
}

static int pinners_stop(void)
{
	return none(VB_IOC_PINNERS_STOP);
}

static int reset(void)
{
	return none(VB_IOC_RESET);
}

static int pinner_info(void)
{
	struct vb_ioc_pinner_info request = { .size = sizeof(request) };

	return companion(VB_IOC_PINNER_INFO, &request);
}

static int stats(void)
{
	static struct vb_ioc_stats request;

	request.size = sizeof(request);
	return companion(VB_IOC_STATS, &request);
}

static int histogram(void)
{
	static struct vb_ioc_hist request;

	request.size = sizeof(request);
	return companion(VB_IOC_HIST, &request);
}

/* --- mdevs and the module --- */

static bool there(const char *path)
{
	return !access(path, F_OK);
}

static void wait_for(const char *path, bool wanted)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; there(path) != wanted; i++) {
		errno = ETIMEDOUT;
		if (i == PATIENCE_MS)
			bail(path);
		nanosleep(&pause, NULL);
	}
}

static int mdev_create(void)
{
	return checked(pwrite(control, FAIL_NTH_UUID, strlen(FAIL_NTH_UUID), 0));
}

static int mdev_remove(void)
{
	return checked(pwrite(control, "1", 1, 0));
}

void mdev_make(void)
{
	must(write_file(CREATE, FAIL_NTH_UUID), CREATE);
	wait_for(MDEV "/iommu_group", true);
	group_of(mdev_group, sizeof(mdev_group), MDEV "/iommu_group");
	wait_for(mdev_group, true);
}

void mdev_drop(void)
{
	if (there(MDEV))
		must(write_file(MDEV "/remove", "1"), MDEV "/remove");
	wait_for(MDEV, false);
}

static int module_load(void)
{
	return checked(syscall(SYS_finit_module, ko_fd, "", 0));
}

static int module_unload(void)
{
	return checked(syscall(SYS_delete_module, MODULE, O_NONBLOCK));
}

/* --- states: each function adds to what is there --- */

static void with_memory(void)
{
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		bail("mmap");
}

static void nothing(void)
{
}

static void with_container(void)
{
	must(open_container(), "container");
}

static void with_group(void)
{
	with_container();
	must(open_mdev_group(), mdev_group);
}

static void with_pci_group(void)
{
	with_container();
	must(open_pci_group(), pci_group);
}

static void attached(void)
{
	with_group();
	must(set_container(), "VFIO_GROUP_SET_CONTAINER");
}

static void attached_pci(void)
{
	with_pci_group();
	must(set_container(), "VFIO_GROUP_SET_CONTAINER");
}

static void with_iommu(void)
{
	attached();
	must(set_iommu(), "VFIO_SET_IOMMU");
	with_memory();
}

static void with_iommu_pci(void)
{
	attached_pci();
	must(set_iommu(), "VFIO_SET_IOMMU");
	with_memory();
}

static void with_pci(void)
{
	with_iommu_pci();
	must(open_pci(), pci);
	event = eventfd(0, EFD_CLOEXEC);
	must(checked(event), "eventfd");
}

static void map_each(void)
{
	for (uint64_t page = 0; page < PAGES; page++)
		must(map_range(page, 1), "VFIO_IOMMU_MAP_DMA");
}

static void mapped(void)
{
	with_iommu();
	map_each();
}

static void mapped_pci(void)
{
	with_iommu_pci();
	map_each();
}

static void with_mdev(void)
{
	with_iommu();
	must(open_mdev(), FAIL_NTH_UUID);
}

static void with_window(void)
{
	with_mdev();
	must(window(), "VB_IOC_WINDOW");
	must(slot(), "VB_IOC_SLOT");
}

static void with_window_mapped(void)
{
	with_window();
	map_each();
}

static void pinned(void)
{
	with_window_mapped();
	must(pin_command(VB_IOC_PIN), "VB_IOC_PIN");
}

static void tracked(void)
{
	pinned();
	must(dirty_start(), "VFIO_IOMMU_DIRTY_PAGES");
}

static void with_pinners(void)
{
	with_window_mapped();
	must(pinners_start(), "VB_IOC_PINNERS_START");
}

static void with_create(void)
{
	control = open(CREATE, O_WRONLY | O_CLOEXEC);
	must(checked(control), CREATE);
}

static void with_remove(void)
{
	mdev_make();
	control = open(MDEV "/remove", O_WRONLY | O_CLOEXEC);
	must(checked(control), MDEV "/remove");
}

static void unloaded(void)
{
	if (there("/sys/module/" MODULE))
		must(module_unload(), "delete_module");
}

static void loaded(void)
{
	if (!there("/sys/module/" MODULE))
		must(module_load(), "finit_module");
}

static void close_all(void)
{
	if (slot_page)
		munmap(slot_page, PAGE);
	slot_page = NULL;
	close_it(&device);
	close_it(&event);
	close_it(&group);
	close_it(&container);
	if (memory)
		munmap(memory, PAGES * PAGE);
	memory = NULL;
}

static void drop_mdev(void)
{
	close_it(&control);
	mdev_drop();
}

/* A file of its own in memory: reading it has no points worth counting. */
static void copy_module(const char *ko)
{
	int from = open(ko, O_RDONLY | O_CLOEXEC), to;
	char buffer[65536];
	ssize_t got;

	must(checked(from), ko);
	to = open("/dev/shm/vfio_bench.ko", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(checked(to), "/dev/shm");
	while ((got = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)got) != got)
			bail("/dev/shm");
	must(checked(got), ko);
	close(from);
	close(to);
	ko_fd = open("/dev/shm/vfio_bench.ko", O_RDONLY | O_CLOEXEC);
	must(checked(ko_fd), "/dev/shm/vfio_bench.ko");
}

void calls_begin(const char *pci_device, const char *ko)
{
	char link[PATH_MAX];

	pci = pci_device;
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", pci);
	group_of(pci_group, sizeof(pci_group), link);
	copy_module(ko);
}

const struct sweep vfio_sweeps[] = {
	{ "open container", nothing, open_container, close_all, 0, 0, 0 },
	{ "open group, mdev", with_container, open_mdev_group, close_all, 0, 0, 0 },
	{ "open group, PCI", with_container, open_pci_group, close_all, 0, 0, 0 },
	{ "set container, mdev", with_group, set_container, close_all, 0, 0, 1 },
	{ "set container, PCI", with_pci_group, set_container, close_all, 0, 0, 0 },
	{ "unset container", attached, unset_container, close_all, 0, 0, 1 },
	{ "set IOMMU, mdev", attached, set_iommu, close_all, 0, 0, 0 },
	{ "set IOMMU, PCI", attached_pci, set_iommu, close_all, 0, 0, 0 },
	{ "open device, mdev", with_iommu, open_mdev, close_all, 0, 0, 0 },
	{ "open device, PCI", with_iommu_pci, open_pci, close_all, 0, 0, 0 },
	{ "IOMMU info", mapped_pci, iommu_info, close_all, 1, 0, 0 },
	{ "device info", with_mdev, device_info, close_all, 1, 0, 0 },
	{ "interrupt", with_pci, set_interrupt, close_all, 0, 0, 0 },
	{ "map, mdev", with_iommu, map_all, close_all, 0, 0, 0 },
	{ "map, PCI", with_iommu_pci, map_all, close_all, 0, 0, 0 },
	{ "unmap", mapped, unmap, close_all, 1, 0, 0 },
	{ "unmap, PCI", mapped_pci, unmap, close_all, 1, 0, 0 },
	{ "unmap pinned", pinned, unmap, close_all, 1, 0, 0 },
	{ "unmap all, pinned", pinned, unmap_everything, close_all, 1, 0, 0 },
	{ "dirty tracking on", pinned, dirty_start, close_all, 0, 0, 0 },
	{ "dirty bitmap", tracked, dirty_get, close_all, 1, 0, 0 },
	{ "unmap, dirty bitmap", tracked, unmap_dirty, close_all, 1, 0, 0 },
	{ "dirty tracking off", tracked, dirty_stop, close_all, 0, 0, 0 },
	{ 0 }
};

const struct sweep companion_sweeps[] = {
	{ "VB_IOC_CONFIG", with_mdev, config, close_all, 1, 0, 0 },
	{ "VB_IOC_WINDOW", with_mdev, window, close_all, 1, -EEXIST, 0 },
	{ "VB_IOC_SLOT", with_mdev, slot, close_all, 1, -EEXIST, 0 },
	{ "mmap of a slot", with_window, map_slot, close_all, 0, 0, 0 },
	{ "VB_IOC_PIN", with_window_mapped, pin, close_all, 1, -EEXIST, 0 },
	{ "VB_IOC_UNPIN", pinned, unpin, close_all, 1, -ENOENT, 0 },
	{ "VB_IOC_OPEN", with_window, open_range, close_all, 1, 0, 0 },
	{ "VB_IOC_REQUEST_END", with_window, request_end, close_all, 1, 0, 0 },
	{ "VB_IOC_PINNERS_START", with_window, pinners_start, close_all, 1, 0, 0 },
	{ "VB_IOC_PINNERS_GO", with_pinners, pinners_go, close_all, 1, 0, 0 },
	{ "VB_IOC_PINNERS_STOP", with_pinners, pinners_stop, close_all, 1, 0, 0 },
	{ "VB_IOC_PINNER_INFO", with_pinners, pinner_info, close_all, 1, 0, 0 },
	{ "VB_IOC_STATS", pinned, stats, close_all, 1, 0, 0 },
	{ "VB_IOC_HIST", pinned, histogram, close_all, 1, 0, 0 },
	{ "VB_IOC_RESET", with_window, reset, close_all, 1, 0, 0 },
	{ 0 }
};

/*
 * vfio_create_group() of 6.1 gives up a group whose name or character device fails
 * without letting go of its iommu_group, and vfio_group_release() warns of that.
 */
const char *const mdev_expected[] = { "vfio_group_release+", NULL };

const struct sweep mdev_sweeps[] = {
	{ "mdev create", with_create, mdev_create, drop_mdev, 0, 0, 0 },
	{ "mdev remove", with_remove, mdev_remove, drop_mdev, 0, 0, 0 },
	{ 0 }
};

const struct sweep module_sweeps[] = {
	{ "finit_module", unloaded, module_load, nothing, 0, 0, 0 },
	{ "delete_module", loaded, module_unload, nothing, 0, 0, 0 },
	{ 0 }
};
