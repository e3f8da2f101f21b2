// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The companion module, through its ioctls and VFIO's own, without the engine.
 * Runs as root where vfio_bench.ko is loaded (the lab); prints TAP.
 *
 *   kmod-test          all tests
 *   kmod-test threads  four threads unmap: for variants without the deadlock
 *   kmod-test cost     time of a callback, as the module does it and bare
 *   kmod-test busted   a skipped unpin: brings down a kernel whose type1
 *                      insists on it
 *
 * With KMOD_TEST_PCI=0000:05:00.0, a device bound to vfio-pci and alone in its
 * group, that one is in the same container.
 *
 * One thread unmaps at a time: kernels 6.0 and later deadlock otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "uapi/vfio_bench.h"

#define PAGE		4096ull
#define WINDOW_PAGES	8192ull
#define BASE		0x10000000ull
#define UUID		"5bd1e995-5bd1-4e99-8bd1-5bd1e9955bd1"
#define TYPE		"/sys/class/mdev_bus/vfio_bench/mdev_supported_types/vfio_bench-null"
#define MDEV		"/sys/bus/mdev/devices/" UUID

static int tests, failed;
static int container, group, device;
static int pci_group = -1;
static char *memory;

static void ok(bool good, const char *format, ...)
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
static void is(long long got, long long wanted, const char *what)
{
	if (got == wanted)
		ok(true, "%s", what);
	else
		ok(false, "%s: %lld, wanted %lld", what, got, wanted);
}

static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* 0 or -errno. */
static int call(int fd, unsigned long command, void *arg)
{
	return ioctl(fd, command, arg) < 0 ? -errno : 0;
}

static int write_file(const char *path, const char *text)
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

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- VFIO --- */

static int open_group(const char *device_link)
{
	char link[PATH_MAX], path[64];
	ssize_t length = readlink(device_link, link, sizeof(link) - 1);

	if (length < 0)
		bail(device_link);
	link[length] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void attach_pci(const char *address)
{
	char link[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", address);
	pci_group = open_group(link);
	if (pci_group < 0 || ioctl(pci_group, VFIO_GROUP_SET_CONTAINER, &container))
		bail("the PCI device's group");
}

static void open_device(void)
{
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, UUID);
	if (device < 0)
		bail("VFIO_GROUP_GET_DEVICE_FD");
}

static void open_all(void)
{
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	group = open_group(MDEV "/iommu_group");
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

static void close_all(void)
{
	close(device);
	close(group);
	if (pci_group >= 0)
		close(pci_group);
	close(container);
}

static int map_dma(uint64_t page, uint64_t pages)
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
static long long unmap_dma(uint64_t page, uint64_t pages)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = BASE + page * PAGE, .size = pages * PAGE,
	};
	int ret = call(container, VFIO_IOMMU_UNMAP_DMA, &unmap);

	return ret ? ret : (long long)(unmap.size / PAGE);
}

static long long unmap_all(void)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	int ret = call(container, VFIO_IOMMU_UNMAP_DMA, &unmap);

	return ret ? ret : (long long)(unmap.size / PAGE);
}

/* @count mappings of a page each. */
static void map_single(uint64_t page, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (map_dma(page + i, 1))
			bail("VFIO_IOMMU_MAP_DMA");
}

/* --- the module --- */

static int config(uint32_t discipline, uint32_t mode)
{
	struct vb_ioc_config c = { .size = sizeof(c), .discipline = discipline, .mode = mode };

	return call(device, VB_IOC_CONFIG, &c);
}

static int config_delay(uint32_t delay_ns)
{
	struct vb_ioc_config c = { .size = sizeof(c), .delay_ns = delay_ns };

	return call(device, VB_IOC_CONFIG, &c);
}

static int window(uint64_t iova, uint64_t length)
{
	struct vb_ioc_window w = { .size = sizeof(w), .iova = iova, .length = length };
	int ret = call(device, VB_IOC_WINDOW, &w);

	return ret ? ret : (int)w.index;
}

static __thread struct vb_ioc_pin last_pin;

static int pin_command(unsigned long command, uint64_t page, uint32_t pages, uint32_t count,
		       uint64_t stride_pages)
{
	last_pin = (struct vb_ioc_pin){
		.size = sizeof(last_pin), .iova = BASE + page * PAGE, .pages = pages,
		.count = count, .stride = stride_pages * PAGE,
	};
	return call(device, command, &last_pin);
}

static int pin(uint64_t page, uint32_t pages, uint32_t count, uint64_t stride_pages)
{
	return pin_command(VB_IOC_PIN, page, pages, count, stride_pages);
}

static int unpin(uint64_t page, uint32_t pages, uint32_t count, uint64_t stride_pages)
{
	return pin_command(VB_IOC_UNPIN, page, pages, count, stride_pages);
}

static int reopen(uint64_t page, uint64_t pages)
{
	struct vb_ioc_open o = {
		.size = sizeof(o), .iova = BASE + page * PAGE, .length = pages * PAGE,
	};

	return call(device, VB_IOC_OPEN, &o);
}

static int none(unsigned long command)
{
	struct vb_ioc_none n = { .size = sizeof(n) };

	return call(device, command, &n);
}

static struct vb_ioc_stats stats;

static struct vb_counters *counters(void)
{
	memset(&stats, 0, sizeof(stats));
	stats.size = sizeof(stats);
	if (call(device, VB_IOC_STATS, &stats))
		bail("VB_IOC_STATS");
	return &stats.counters;
}

static struct vb_hist *histogram(uint32_t id)
{
	static struct vb_ioc_hist h;

	memset(&h, 0, sizeof(h));
	h.size = sizeof(h);
	h.id = id;
	if (call(device, VB_IOC_HIST, &h))
		bail("VB_IOC_HIST");
	return &h.hist;
}

static volatile struct vb_slot_page *slot(void)
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
static long long request_end(void)
{
	struct vb_ioc_request_end r = { .size = sizeof(r) };
	int ret = call(device, VB_IOC_REQUEST_END, &r);

	return ret ? ret : (long long)r.callbacks;
}

static void balanced(const char *when)
{
	struct vb_counters *c = counters();

	ok(c->pinned_pages == c->unpinned_pages && !c->outstanding_pages,
	   "%s: %llu pages pinned, %llu unpinned, %llu outstanding", when,
	   c->pinned_pages, c->unpinned_pages, c->outstanding_pages);
}

/* --- what the kernel says, whatever the module counted --- */

static long long vmstat(const char *name)
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
static long long kernel_pins(void)
{
	write_file("/proc/sys/vm/stat_refresh", "1");
	return vmstat("nr_foll_pin_acquired") - vmstat("nr_foll_pin_released");
}

static bool kernel_warned(void)
{
	char text[32] = "";
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		bail("/proc/sys/kernel/tainted");
	close(fd);
	return strtoul(text, NULL, 10) & 512;
}

/* --- tests --- */

static void fresh(void)
{
	close_all();
	open_all();
	if (window(BASE, WINDOW_PAGES * PAGE))
		bail("VB_IOC_WINDOW");
}

static void test_info(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vb_ioc_config c = { .size = sizeof(c) };

	is(call(device, VFIO_DEVICE_GET_INFO, &info), 0, "VFIO_DEVICE_GET_INFO");
	ok(!info.num_regions && !info.num_irqs, "no regions, no interrupts");
	is(call(device, VFIO_DEVICE_RESET, NULL), -ENOTTY, "no reset");
	is(call(device, VB_IOC_CONFIG, &c), 0, "config");
	is(c.abi_version, VB_ABI_VERSION, "abi version");
}

static void test_pin_unpin(void)
{
	struct vb_counters *c;

	fresh();
	is(pin(0, 4, 1, 0), -EINVAL, "nothing mapped: VFIO's -EINVAL");
	is(counters()->failures[EINVAL], 1, "counted by errno");
	is(map_dma(0, 1024), 0, "map");
	is(pin(0, 4, 8, 16), 0, "8 runs of 4 pages");
	is(last_pin.done, 8, "done");
	c = counters();
	ok(c->pin_calls == 8 && c->pinned_pages == 32 && c->outstanding_pages == 32,
	   "8 calls, 32 pages");
	is((long long)histogram(VB_HIST_PIN)->count, 8, "histogram of pins");
	is(pin(2, 1, 1, 0), -EEXIST, "pinned already");
	is(pin(8, 1, 4, 4), -EEXIST, "the third run hits a pinned page");
	is(last_pin.done, 2, "two runs done");
	is(unpin(8, 1, 2, 4), 0, "those two off again");
	is(unpin(3, 2, 1, 0), -ENOENT, "unpinning what isn't all pinned");
	is(unpin(0, 4, 8, 16), 0, "unpin");
	is(counters()->unpin_calls, 10, "10 unpin calls");
	is((long long)histogram(VB_HIST_UNPIN)->count, 10, "histogram of unpins");
	balanced("after unpin");
	is(pin(0, 512, 2, 512), 0, "two batches of 512 pages");
	is(unmap_dma(0, 1024), 1024, "unmap");
	c = counters();
	is((long long)c->callbacks, 1, "one callback");
	is((long long)c->callback_unpinned_pages, 1024, "which unpinned all");
	is((long long)stats.log_count, 1, "one range logged");
	ok(stats.log[0].iova == BASE && stats.log[0].size == 1024 * PAGE, "the range unmapped");
	balanced("after unmap");
	is(none(VB_IOC_RESET), 0, "reset");
	c = counters();
	ok(!c->pinned_pages && !c->callbacks && !stats.log_count, "all zero after reset");
	ok(histogram(VB_HIST_PIN)->min == ~0ull && !histogram(VB_HIST_PIN)->count,
	   "empty histogram");
}

static void test_fence(void)
{
	fresh();
	map_dma(0, 16);
	pin(0, 1, 1, 0);
	unmap_dma(0, 16);
	map_dma(0, 16);
	is(pin(3, 1, 1, 0), -EAGAIN, "closed by the callback");
	is((long long)counters()->fenced_pins, 1, "counted");
	is(pin(16, 1, 1, 0), -EINVAL, "beside it open");
	is(reopen(0, 8), 0, "open one half");
	is(pin(3, 1, 1, 0), 0, "pin there");
	is(pin(7, 2, 1, 0), -EAGAIN, "half closed");
	is(reopen(0, 16), 0, "open all");
	is(pin(7, 2, 1, 0), 0, "pin there");
	is(unmap_all(), 16, "unmap all");
	balanced("after unmap all");
	is((long long)counters()->late_pins, 0, "no late pin");
}

/* Per vfio_dma or per request? */
static bool per_request;

static void test_requests(void)
{
	volatile struct vb_slot_page *s;
	struct vb_counters *c;

	fresh();
	s = slot();
	is(request_end(), 0, "a request without times");
	is((long long)counters()->bad_stamps, 1, "is a bad stamp");
	none(VB_IOC_RESET);
	map_single(0, 4);
	is(pin(1, 1, 2, 2), 0, "pages 1 and 3 of four mappings");
	s->start_ns = now_ns();
	is(unmap_dma(0, 4), 4, "one request");
	s->end_ns = now_ns();
	per_request = s->callbacks == 1;
	printf("# observed: per %s\n", per_request ? "request" : "vfio_dma");
	ok(s->callbacks == (per_request ? 1 : 2), "callbacks in the slot");
	is(request_end(), per_request ? 1 : 2, "callbacks of the request");
	c = counters();
	if (per_request)
		ok(stats.log_count == 1 && stats.log[0].iova == BASE &&
		   stats.log[0].size == 4 * PAGE, "over the whole request");
	else
		ok(stats.log_count == 2 && stats.log[0].iova == BASE + PAGE &&
		   stats.log[1].iova == BASE + 3 * PAGE && stats.log[1].size == PAGE,
		   "over single mappings");
	ok(c->requests == 1 && c->requests_notified == 1 && !c->bad_stamps &&
	   !c->callbacks_foreign, "one request, notified, good stamps");
	is((long long)histogram(VB_HIST_REQUEST_FIRST)->count, 1, "start to first callback");
	is((long long)histogram(VB_HIST_LAST_END)->count, 1, "last callback to end");
	is((long long)histogram(VB_HIST_PER_REQUEST)->max, per_request ? 1 : 2,
	   "callbacks per request");
	ok(histogram(VB_HIST_CALLBACK)->count == c->callbacks &&
	   histogram(VB_HIST_BYTES)->count == c->callbacks, "one entry for each callback");
	is(s->callbacks, 0, "slot ready for the next");

	s->end_ns = now_ns() + 1000000000;
	request_end();
	s->start_ns = 1;
	s->end_ns = now_ns();
	request_end();
	s->start_ns = ~0ull;
	request_end();
	is((long long)counters()->bad_stamps, 3, "stamps in the future and the past");
	balanced("after all");
	munmap((void *)s, PAGE);
}

static void test_miscount(void)
{
	struct vb_counters *c;

	fresh();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_BUSTED_MISCOUNT), 0, "busted-miscount");
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	unmap_dma(0, 8);
	c = counters();
	ok(c->pinned_pages == 8 && c->unpinned_pages == 7 && !c->outstanding_pages,
	   "one page uncounted");
}

static void test_bare(void)
{
	struct vb_counters *c;

	fresh();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_BARE), 0, "bare");
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	is(unmap_dma(0, 8), 8, "unmap");
	c = counters();
	ok(!c->callbacks && !c->unpinned_pages && !c->outstanding_pages && !stats.log_count,
	   "unpinned, nothing counted");
}

static void test_counting(void)
{
	volatile struct vb_slot_page *s;
	struct vb_counters *c;

	fresh();
	s = slot();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_COUNTING), 0, "counting");
	map_single(0, 4);
	pin(0, 1, 4, 1);
	s->start_ns = now_ns();
	is(unmap_dma(0, 4), 4, "unmap");
	s->end_ns = now_ns();
	is(request_end(), per_request ? 1 : 4, "callbacks of the request");
	c = counters();
	ok(!c->bad_stamps && c->requests_notified == 1 && c->callback_unpinned_pages == 4 &&
	   stats.log_count == c->callbacks, "counted and logged");
	ok(!histogram(VB_HIST_CALLBACK)->count && !histogram(VB_HIST_UNPIN)->count &&
	   !histogram(VB_HIST_REQUEST_FIRST)->count && histogram(VB_HIST_PER_REQUEST)->count == 1,
	   "no times");
	balanced("counting");
	munmap((void *)s, PAGE);
}

static void *delayed_unmap(void *arg)
{
	*(long long *)arg = unmap_dma(0, 4);
	return NULL;
}

/* The timer follows the clock that is disciplined, the histogram's clock is raw. */
static bool took_delays(const struct vb_hist *h, uint64_t calls, uint64_t delay_ns)
{
	uint64_t least = delay_ns - delay_ns / 1000;

	return h->count == calls && h->min >= least && h->sum >= calls * least;
}

static void test_delay(void)
{
	const uint32_t delay_ns = 20000000;
	unsigned int calls = per_request ? 1 : 4;
	struct vb_counters *c;
	long long unmapped;
	pthread_t thread;

	fresh();
	map_single(0, 4);
	pin(0, 1, 4, 1);
	is(unmap_dma(0, 4), 4, "unmap");
	ok(histogram(VB_HIST_CALLBACK)->count == calls &&
	   !took_delays(histogram(VB_HIST_CALLBACK), calls, delay_ns),
	   "no callback is delayed unless asked for");
	is(config_delay(delay_ns), 0, "callbacks that take 20 ms");
	none(VB_IOC_RESET);
	map_single(0, 4);
	reopen(0, 4);
	pin(0, 1, 4, 1);
	is(unmap_dma(0, 4), 4, "unmap");
	ok(took_delays(histogram(VB_HIST_CALLBACK), calls, delay_ns), "each took its time");
	is(config_delay(VB_MAX_DELAY_NS), 0, "the longest");
	none(VB_IOC_RESET);
	map_dma(0, 4);
	reopen(0, 4);
	pin(0, 4, 1, 0);
	if (pthread_create(&thread, NULL, delayed_unmap, &unmapped))
		bail("pthread_create");
	do
		c = counters();
	while (c->callback_unpinned_pages < 4);
	ok(!c->callbacks && !c->outstanding_pages, "it has unpinned before it waits");
	pthread_join(thread, NULL);
	is(unmapped, 4, "and returned");
	is((long long)counters()->callbacks, 1, "it is counted");
	fresh();
	map_dma(0, 4);
	pin(0, 4, 1, 0);
	is(unmap_dma(0, 4), 4, "opened anew");
	ok(!took_delays(histogram(VB_HIST_CALLBACK), 1, delay_ns), "it has no delay");
	balanced("after delays");
}

/* 16 callbacks of a second each, and killed in the first of them (or the only one). */
static void test_kill_delayed(void)
{
	uint64_t start;
	pid_t pid;

	close_all();
	pid = fork();
	if (!pid) {
		open_all();
		window(BASE, WINDOW_PAGES * PAGE);
		config_delay(VB_MAX_DELAY_NS);
		map_single(0, 16);
		pin(0, 1, 16, 1);
		unmap_dma(0, 16);
		_exit(0);
	}
	usleep(200000);
	start = now_ns();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(now_ns() - start < 8ull * VB_MAX_DELAY_NS, "a signal ends what would take 16 delays");
	open_all();
	is((long long)counters()->outstanding_pages, 0, "opens as new");
}

static void test_close_with_pins(void)
{
	fresh();
	map_dma(0, 64);
	is(pin(0, 1, 32, 2), 0, "pin");
	close(device);
	open_device();
	is((long long)counters()->outstanding_pages, 0, "close has released all");
	is(unmap_dma(0, 64), 64, "unmap");
	is((long long)counters()->callbacks, per_request, "no callback where nothing is pinned");
}

static void test_racing(void)
{
	volatile struct vb_slot_page *s;

	fresh();
	s = slot();
	is(config(VB_DISCIPLINE_RACING, VB_MODE_NORMAL), 0, "racing");
	map_dma(0, 16);
	pin(0, 4, 1, 0);
	s->iova = BASE;
	s->size = 16 * PAGE;
	is(unmap_dma(0, 16), 16, "unmap");
	map_dma(0, 16);
	is(pin(0, 2, 1, 0), 0, "no fence");
	is((long long)counters()->late_pins, 2, "two pages pinned between callback and end");
	is(request_end(), 1, "the request ends");
	is(pin(2, 2, 1, 0), 0, "pin after it");
	is((long long)counters()->late_pins, 2, "is not late");
	is(unmap_all(), 16, "unmap all");
	balanced("racing");
	munmap((void *)s, PAGE);
}

/* --- pinners --- */

static int pinners(uint32_t mode, int32_t node, uint32_t threads, uint64_t hold_ns)
{
	struct vb_ioc_pinner p = {
		.size = sizeof(p), .iova = BASE, .length = 1024 * PAGE, .stride = 4 * PAGE,
		.pages = 2, .mode = mode, .node = node, .threads = threads, .hold_ns = hold_ns,
	};

	return call(device, VB_IOC_PINNERS_START, &p);
}

static int pinner_info(uint32_t index, struct vb_ioc_pinner_info *info)
{
	*info = (struct vb_ioc_pinner_info){ .size = sizeof(*info), .index = index };
	return call(device, VB_IOC_PINNER_INFO, info);
}

/* Until a second has passed or there are that many. */
static long long wait_outstanding(uint64_t pages)
{
	for (int i = 0; i < 100; i++) {
		if (counters()->outstanding_pages == pages)
			break;
		usleep(10000);
	}
	return (long long)stats.counters.outstanding_pages;
}

static void test_pinners(void)
{
	struct vb_ioc_pinner_info info;
	struct vb_counters *c;
	uint64_t pins;

	fresh();
	is(pinners(VB_PINNER_STEADY, 1, 2, 0), 0, "two steady pinners on node 1");
	usleep(20000);
	ok(!counters()->failures[EINVAL], "held until GO");
	is(none(VB_IOC_PINNERS_GO), 0, "go");
	usleep(20000);
	ok(counters()->failures[EINVAL] > 0, "nothing mapped: fails, goes on");
	map_dma(0, 1024);
	is(wait_outstanding(512), 512, "half of what is mapped");
	is(pinner_info(0, &info), 0, "info");
	ok(info.requested_node == 1 && info.node == 1 && info.cpu >= 0,
	   "the first on node %d, cpu %d", info.node, info.cpu);
	pins = info.pins;
	pinner_info(1, &info);
	ok(info.node == 1 && pins + info.pins == 256, "the second too; 256 pins between them");
	is(pinner_info(2, &info), -ENOENT, "only two");
	is(unmap_dma(0, 1024), 1024, "unmap under their hands");
	is((long long)counters()->outstanding_pages, 0, "nothing pinned");
	map_dma(0, 1024);
	usleep(50000);
	c = counters();
	ok(!c->outstanding_pages && c->fenced_pins > 0, "closed until opened");
	reopen(0, 512);
	is(wait_outstanding(256), 256, "half opened, half of that pinned");
	is(none(VB_IOC_PINNERS_STOP), 0, "stop");
	is(pinner_info(1, &info), 0, "info after stop");
	is(none(VB_IOC_PINNERS_STOP), 0, "stop again");
	is(pinners(VB_PINNER_CHURN, 0, 1, 200000), 0, "churn on node 0");
	is(pinner_info(1, &info), -ENOENT, "a new start forgets the stopped ones");
	is(unmap_all(), 1024, "unmap");
	balanced("after pinners");
}

static void test_churn(void)
{
	struct vb_ioc_pinner_info info;
	struct vb_counters *c;
	uint64_t end = now_ns() + 2000000000;
	unsigned int rounds = 0;
	bool good = true;

	fresh();
	for (int node = 0; node < 2; node++) {
		pinners(VB_PINNER_CHURN, node, 2, 0);
		pinners(VB_PINNER_CHURN, node, 1, 50000);
		pinners(VB_PINNER_STEADY, node, 1, 0);
	}
	none(VB_IOC_PINNERS_GO);
	for (; good && now_ns() < end; rounds++) {
		for (unsigned int page = 0; page < 1024; page += 64)
			good &= !map_dma(page, 64);
		reopen(0, 1024);
		usleep(rounds % 4 * 500);
		good &= unmap_dma(0, 512) == 512;
		good &= unmap_all() == 512;
	}
	ok(good, "map and unmap against eight pinners, %u rounds", rounds);
	none(VB_IOC_PINNERS_STOP);
	c = counters();
	ok(c->pinned_pages > 0 && c->callbacks > 0, "%llu pages, %llu callbacks, %llu by them",
	   c->pinned_pages, c->callbacks, c->callback_unpinned_pages);
	is((long long)c->late_pins, 0, "no late pin");
	is(pinner_info(7, &info), 0, "the last of them");
	balanced("after churn");
}

static bool mapping;

static void *mmap_thread(void *arg)
{
	while (__atomic_load_n(&mapping, __ATOMIC_RELAXED))
		munmap((void *)slot(), PAGE);
	return NULL;
}

/* Stopping a pinner waits for one that wants mmap_lock; mmap has it. */
static void test_stop_and_mmap(void)
{
	unsigned int rounds = 0;
	pthread_t thread;

	fresh();
	map_dma(0, 1024);
	mapping = true;
	if (pthread_create(&thread, NULL, mmap_thread, NULL))
		bail("pthread_create");
	for (uint64_t end = now_ns() + 1000000000; now_ns() < end; rounds++) {
		pinners(VB_PINNER_CHURN, -1, 2, 0);
		none(VB_IOC_PINNERS_GO);
		usleep(1000);
		none(VB_IOC_PINNERS_STOP);
	}
	__atomic_store_n(&mapping, false, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ok(rounds > 0, "pinners stopped under mmap, %u times", rounds);
	is(unmap_all(), 1024, "unmap");
	balanced("after that");
}

static void test_pinners_at_close(void)
{
	fresh();
	map_dma(0, 1024);
	pinners(VB_PINNER_CHURN, -1, 2, 1000000000);
	pinners(VB_PINNER_STEADY, -1, 2, 0);
	none(VB_IOC_PINNERS_GO);
	usleep(20000);
	close(device);
	open_device();
	is((long long)counters()->outstanding_pages, 0, "close stops and unpins");
	is(unmap_all(), 1024, "unmap");
}

/* --- limits --- */

static void test_window_limits(void)
{
	int last = 0;

	fresh();
	is(window(BASE + PAGE, PAGE), -EEXIST, "inside another");
	is(window(BASE - PAGE, 2 * PAGE), -EEXIST, "over another's start");
	is(window(BASE + (WINDOW_PAGES - 1) * PAGE, 2 * PAGE), -EEXIST, "over another's end");
	is(window(0, (1ull << 36) + PAGE), -E2BIG, "larger than 2^24 pages");
	is(window(~0ull - PAGE + 1, PAGE), 1, "the last page there is");
	for (unsigned int i = 0; i < VB_MAX_WINDOWS && last >= 0; i++)
		last = window(BASE - (2 * i + 2) * PAGE, PAGE);
	is(last, -ENOSPC, "one too many");
	map_dma(0, 16);
	is(pin(0, 16, 1, 0), 0, "pin, among 256 windows");
	is(unmap_all(), 16, "unmap");
	balanced("256 windows");
	fresh();
	for (unsigned int i = 1; i <= 5; i++)
		last = window((uint64_t)i << 40, 1ull << 36);
	is(last, -ENOSPC, "too large together");
	map_dma(0, 16);
	pin(0, 16, 1, 0);
	is(unmap_all(), 16, "unmap, all windows notified");
	balanced("large windows");
}

static int slots_made;
static int slots_error;

static void *slot_thread(void *arg)
{
	struct vb_ioc_slot s = { .size = sizeof(s) };
	int ret = call(device, VB_IOC_SLOT, &s);

	if (ret)
		slots_error = ret;
	else
		slots_made++;
	return NULL;
}

static void test_slot_limits(void)
{
	struct vb_ioc_slot s = { .size = sizeof(s) };
	uint32_t index;
	pthread_t thread;

	fresh();
	is(request_end(), -ENOENT, "request end without a slot");
	is(call(device, VB_IOC_SLOT, &s), 0, "a slot");
	index = s.index;
	s.index = 77;
	is(call(device, VB_IOC_SLOT, &s), -EEXIST, "only one");
	is(s.index, index, "and it is told which");
	slots_made = slots_error = 0;
	for (unsigned int i = 0; i < VB_MAX_SLOTS; i++) {
		if (pthread_create(&thread, NULL, slot_thread, NULL))
			bail("pthread_create");
		pthread_join(thread, NULL);
	}
	ok(slots_made == VB_MAX_SLOTS - 1 && slots_error == -ENOSPC, "%d more, then %s",
	   slots_made, strerror(-slots_error));
}

/* --- bad input --- */

/* A good request of each command, to be spoilt. */
static struct bad_base {
	const char *name;
	unsigned long command;
	uint32_t size;
	uint32_t reserved;		/* offset, or 0 */
} bases[] = {
#define BASE_OF(c, s, r) { #c, c, sizeof(struct s), r }
#define RESERVED(s) offsetof(struct s, __reserved)
	BASE_OF(VB_IOC_CONFIG, vb_ioc_config, 0),
	BASE_OF(VB_IOC_WINDOW, vb_ioc_window, RESERVED(vb_ioc_window)),
	BASE_OF(VB_IOC_SLOT, vb_ioc_slot, RESERVED(vb_ioc_slot)),
	BASE_OF(VB_IOC_PIN, vb_ioc_pin, RESERVED(vb_ioc_pin)),
	BASE_OF(VB_IOC_UNPIN, vb_ioc_pin, RESERVED(vb_ioc_pin)),
	BASE_OF(VB_IOC_OPEN, vb_ioc_open, 0),
	BASE_OF(VB_IOC_REQUEST_END, vb_ioc_request_end, 0),
	BASE_OF(VB_IOC_PINNERS_START, vb_ioc_pinner, 0),
	BASE_OF(VB_IOC_PINNERS_GO, vb_ioc_none, 0),
	BASE_OF(VB_IOC_PINNERS_STOP, vb_ioc_none, 0),
	BASE_OF(VB_IOC_PINNER_INFO, vb_ioc_pinner_info, 0),
	BASE_OF(VB_IOC_STATS, vb_ioc_stats, RESERVED(vb_ioc_stats)),
	BASE_OF(VB_IOC_HIST, vb_ioc_hist, RESERVED(vb_ioc_hist)),
	BASE_OF(VB_IOC_RESET, vb_ioc_none, 0),
};

static void spoil(const struct bad_base *b, uint32_t *request, char *edge)
{
	memset(request, 0, b->size + 16);
	is(call(device, b->command, request), -EINVAL, "size 0");
	request[0] = b->size - 1;
	is(call(device, b->command, request), -EINVAL, "a byte short");
	request[0] = ~0u;
	is(call(device, b->command, request), -E2BIG, "size of 4 GiB");
	request[0] = b->size + 8;
	request[b->size / 4 + 1] = 1;
	is(call(device, b->command, request), -E2BIG, "longer, tail not zero");
	request[0] = b->size;
	request[1] = 1;
	is(call(device, b->command, request), -EINVAL, "an unknown flag");
	request[1] = 0x80000000;
	is(call(device, b->command, request), -EINVAL, "another");
	request[1] = 0;
	if (b->reserved) {
		request[b->reserved / 4] = 1;
		is(call(device, b->command, request), -EINVAL, "reserved not zero");
	}
	is(call(device, b->command, NULL), -EFAULT, "null");
	is(call(device, b->command, (void *)0xffff800000000000ul), -EFAULT, "kernel address");
	memcpy(edge - 4, &b->size, 4);
	is(call(device, b->command, edge - 4), -EFAULT, "runs into the unmapped");
	is(call(device, b->command ^ 0xc0000000, request), -ENOTTY, "with direction bits");
	is(call(device, b->command + 0x100, request), -ENOTTY, "of another type");
}

static void test_bad_requests(void)
{
	static uint32_t request[8192];
	char *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	struct vb_counters before, *after;

	fresh();
	munmap(two + PAGE, PAGE);
	before = *counters();
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		printf("# %s\n", bases[i].name);
		spoil(&bases[i], request, two + PAGE);
	}
	for (unsigned int nr = 0; nr < 0x100; nr++)
		if (nr < _IOC_NR(VB_IOC_CONFIG) || nr > _IOC_NR(VB_IOC_RESET))
			if (call(device, _IO(VB_IOC_TYPE, nr), request) != -ENOTTY)
				ok(false, "command %#x exists", nr);
	after = counters();
	ok(!memcmp(&before, after, sizeof(before)), "the counters did not move");
	munmap(two, PAGE);
}

/* A newer program's longer request, zero where this module knows nothing. */
static void test_long_request(void)
{
	struct {
		struct vb_ioc_config c;
		uint64_t more[4];
	} r = { .c = { .size = sizeof(r) } };

	fresh();
	is(call(device, VB_IOC_CONFIG, &r), 0, "longer, tail zero");
	is(r.c.abi_version, VB_ABI_VERSION, "answered");
	is(r.c.size, sizeof(r), "size left alone");
}

static int raw_pin(uint64_t iova, uint64_t stride, uint32_t count, uint32_t pages)
{
	struct vb_ioc_pin p = {
		.size = sizeof(p), .iova = iova, .stride = stride, .count = count, .pages = pages,
	};
	int ret = call(device, VB_IOC_PIN, &p);
	int other;

	p.size = sizeof(p);
	other = call(device, VB_IOC_UNPIN, &p);
	return other == ret ? ret : -1000;
}

static int raw_open(uint64_t iova, uint64_t length)
{
	struct vb_ioc_open o = { .size = sizeof(o), .iova = iova, .length = length };

	return call(device, VB_IOC_OPEN, &o);
}

static void test_bad_ranges(void)
{
	const uint64_t end = BASE + WINDOW_PAGES * PAGE;
	struct vb_ioc_hist h = { .size = sizeof(h), .id = VB_HIST_NR };

	fresh();
	is(window(0, 0), -EINVAL, "empty window");
	is(window(1, PAGE), -EINVAL, "window: IOVA not aligned");
	is(window(0, PAGE - 1), -EINVAL, "window: length not aligned");
	is(window(-PAGE, 2 * PAGE), -EOVERFLOW, "window: wraps round");
	is(raw_pin(BASE, 0, 0, 1), -EINVAL, "no runs");
	is(raw_pin(BASE, 0, 1, 0), -EINVAL, "no pages");
	is(raw_pin(BASE, 0, 1, VB_MAX_BATCH_PAGES + 1), -E2BIG, "run too long");
	is(raw_pin(BASE, 0, 1, ~0u), -E2BIG, "far too long");
	is(raw_pin(BASE + 1, 0, 1, 1), -EINVAL, "IOVA not aligned");
	is(raw_pin(BASE, 100, 2, 1), -EINVAL, "stride not aligned");
	is(raw_pin(BASE, 0, 2, 1), -EINVAL, "runs overlap");
	is(raw_pin(BASE, PAGE, 2, 2), -EINVAL, "runs overlap in part");
	is(raw_pin(BASE, 1ull << 63, 3, 1), -EOVERFLOW, "count * stride overflows");
	is(raw_pin(BASE, -PAGE, 2, 1), -EOVERFLOW, "IOVA + stride overflows");
	is(raw_pin(-PAGE, PAGE, 1, 2), -EOVERFLOW, "run wraps round");
	is(raw_pin(BASE - PAGE, 0, 1, 1), -ENXIO, "before the window");
	is(raw_pin(BASE - PAGE, 0, 1, 2), -ENXIO, "across its start");
	is(raw_pin(end, 0, 1, 1), -ENXIO, "behind it");
	is(raw_pin(end - PAGE, 0, 1, 2), -ENXIO, "across its end");
	is(raw_pin(BASE, PAGE, WINDOW_PAGES + 1, 1), -ENXIO, "one run too many");
	is(raw_open(BASE, 0), -EINVAL, "open nothing");
	is(raw_open(BASE + 8, PAGE), -EINVAL, "open: not aligned");
	is(raw_open(-PAGE, 2 * PAGE), -EOVERFLOW, "open: wraps round");
	is(raw_open(end, PAGE), -ENXIO, "open: no window there");
	is(raw_open(0, end + PAGE), 0, "open: more than the window is fine");
	is(config(2, 0), -EINVAL, "no such discipline");
	is(config(0, VB_MODE_COUNTING + 1), -EINVAL, "no such mode");
	is(config_delay(VB_MAX_DELAY_NS + 1), -EINVAL, "too long a delay");
	is(config_delay(~0u), -EINVAL, "far too long");
	is(call(device, VB_IOC_HIST, &h), -EINVAL, "no such histogram");
}

static int pinner_with(const struct vb_ioc_pinner *change)
{
	struct vb_ioc_pinner p = *change;

	p.size = sizeof(p);
	return call(device, VB_IOC_PINNERS_START, &p);
}

static void test_bad_pinners(void)
{
	const struct vb_ioc_pinner good = {
		.iova = BASE, .length = 64 * PAGE, .stride = PAGE, .pages = 1, .node = -1,
		.threads = 1,
	};
	struct vb_ioc_pinner p;
	struct vb_ioc_pinner_info info;

#define BAD(member, value, wanted) do {						\
		p = good;							\
		p.member = (value);						\
		is(pinner_with(&p), (wanted), "pinner: " #member " = " #value);	\
	} while (0)
	fresh();
	BAD(threads, 0, -EINVAL);
	BAD(threads, VB_MAX_PINNERS + 1, -E2BIG);
	BAD(threads, ~0u, -E2BIG);
	BAD(pages, 0, -EINVAL);
	BAD(pages, 2, -EINVAL);			/* longer than the stride */
	BAD(pages, ~0u, -EINVAL);
	BAD(stride, 0, -EINVAL);
	BAD(stride, PAGE + 1, -EINVAL);
	BAD(length, 0, -EINVAL);
	BAD(length, PAGE + 1, -EINVAL);
	BAD(length, (WINDOW_PAGES + 1) * PAGE, -ENXIO);
	BAD(length, -PAGE, -EOVERFLOW);
	BAD(iova, 1, -EINVAL);
	BAD(iova, 0, -ENXIO);
	BAD(mode, 3, -EINVAL);
	BAD(mode, VB_PINNER_RACING, -EINVAL);	/* fenced */
	BAD(node, -2, -EINVAL);
	BAD(node, 2, -EINVAL);
	BAD(node, 0x7fffffff, -EINVAL);
	BAD(hold_ns, 1000000001, -EINVAL);
	is(pinner_info(0, &info), -ENOENT, "none was started");
	BAD(stride, 1ull << 62, 0);		/* one run */
	BAD(threads, VB_MAX_PINNERS, -ENOSPC);
	BAD(threads, VB_MAX_PINNERS - 1, 0);
	BAD(threads, 1, -ENOSPC);
	is(none(VB_IOC_PINNERS_GO), 0, "all go");
}

static int try_mmap(uint64_t offset, size_t length, int prot, int flags)
{
	void *p = mmap(NULL, length, prot, flags, device, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, length);
	return 0;
}

static void test_bad_mmap(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct vb_ioc_slot s = { .size = sizeof(s) };
	char byte = 0;

	fresh();
	is(try_mmap(VB_SLOT_OFFSET(0), PAGE, rw, MAP_SHARED), -EINVAL, "no slot yet");
	is(call(device, VB_IOC_SLOT, &s), 0, "slot");
	is(try_mmap(VB_SLOT_OFFSET(s.index), PAGE, rw, MAP_SHARED), 0, "mmap");
	is(try_mmap(VB_SLOT_OFFSET(s.index), PAGE, PROT_READ, MAP_SHARED), 0, "read-only");
	is(try_mmap(0, PAGE, rw, MAP_SHARED), -EINVAL, "offset 0");
	is(try_mmap(VB_SLOT_OFFSET(0) - PAGE, PAGE, rw, MAP_SHARED), -EINVAL, "below");
	is(try_mmap(VB_SLOT_OFFSET(0) + PAGE, PAGE, rw, MAP_SHARED), -EINVAL, "between slots");
	is(try_mmap(VB_SLOT_OFFSET(1), PAGE, rw, MAP_SHARED), -EINVAL, "next slot");
	is(try_mmap(VB_SLOT_OFFSET(VB_MAX_SLOTS), PAGE, rw, MAP_SHARED), -EINVAL, "far beyond");
	is(try_mmap(1ull << 62, PAGE, rw, MAP_SHARED), -EINVAL, "farther");
	is(try_mmap(VB_SLOT_OFFSET(0), 2 * PAGE, rw, MAP_SHARED), -EINVAL, "two pages");
	is(try_mmap(VB_SLOT_OFFSET(0), PAGE, rw, MAP_PRIVATE), -EINVAL, "private");
	is(try_mmap(VB_SLOT_OFFSET(0), PAGE, rw | PROT_EXEC, MAP_SHARED), -EINVAL, "executable");
	ok(read(device, &byte, 1) < 0 && write(device, &byte, 1) < 0, "no read, no write");
}

/* A 32-bit program's ioctl. */
static int compat_call(int fd, unsigned long command, void *arg)
{
	long ret = -ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(54l), "b"((long)fd), "c"((long)command), "d"(arg)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	return (int)ret;
}

static void test_compat(void)
{
	char *low = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct vb_ioc_pin *p = (void *)low;
	struct vb_ioc_stats *s = (void *)low;

	fresh();
	map_dma(0, 8);
	*p = (struct vb_ioc_pin){ .size = sizeof(*p), .iova = BASE, .count = 1, .pages = 8 };
	is(compat_call(device, VB_IOC_PIN, p), 0, "32-bit caller: pin");
	is(p->done, 1, "32-bit caller: answer");
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	is(compat_call(device, VB_IOC_STATS, s), 0, "32-bit caller: stats");
	is((long long)s->counters.pinned_pages, 8, "32-bit caller: counters");
	munmap(low, 16 * PAGE);
	unmap_all();
}

/* --- other processes, removal --- */

/* Run @child as nobody, without capabilities; its exit status. */
static int as_nobody(int (*child)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit none_locked = { 0, 0 };

		if (setrlimit(RLIMIT_MEMLOCK, &none_locked) || setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(100);
		_exit(child());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int child_hazards(void)
{
	if (config(VB_DISCIPLINE_RACING, VB_MODE_NORMAL) != -EPERM)
		return 1;
	if (config(VB_DISCIPLINE_FENCED, VB_MODE_BUSTED_SKIP_UNPIN) != -EPERM)
		return 2;
	return config(VB_DISCIPLINE_FENCED, VB_MODE_BARE) ? 3 : 0;
}

static int child_memlock(void)
{
	int ret = map_dma(0, 8);

	/* with an IOMMU in the container it is the map that pins */
	if (pci_group >= 0)
		return ret == -ENOMEM ? 0 : 5;
	if (ret)
		return 1;
	if (pin(0, 8, 1, 0) != -ENOMEM)
		return 2;
	if (counters()->failures[ENOMEM] != 1 || counters()->outstanding_pages)
		return 3;
	return unmap_dma(0, 8) == 8 ? 0 : 4;
}

static void test_unprivileged(void)
{
	fresh();
	is(as_nobody(child_hazards), 0, "what can crash the kernel needs a capability");
	fresh();
	is(as_nobody(child_memlock), 0, "RLIMIT_MEMLOCK 0: -ENOMEM, nothing pinned");
}

/* Killed in the midst of everything, the device must be as new. */
static void test_kill(void)
{
	pid_t pid;

	close_all();
	pid = fork();
	if (!pid) {
		open_all();
		window(BASE, WINDOW_PAGES * PAGE);
		pinners(VB_PINNER_CHURN, -1, 4, 100000);
		none(VB_IOC_PINNERS_GO);
		for (;;) {
			map_dma(0, 1024);
			reopen(0, 1024);
			pin(1024, 1, 1, 0);
			unmap_all();
		}
	}
	usleep(200000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	open_all();
	is((long long)counters()->outstanding_pages, 0, "a worker killed: opens as new");
}

static void *stats_thread(void *arg)
{
	int fd = *(int *)arg;
	struct vb_ioc_stats s;
	int ret;

	do {
		memset(&s, 0, sizeof(s));
		s.size = sizeof(s);
		ret = call(fd, VB_IOC_STATS, &s);
	} while (!ret);
	return NULL;
}

static void test_concurrent_close(void)
{
	pthread_t thread;
	int fd;

	for (int i = 0; i < 200; i++) {
		fd = device;
		if (pthread_create(&thread, NULL, stats_thread, &fd))
			bail("pthread_create");
		usleep(i * 10 % 1000);
		close(device);
		pthread_join(thread, NULL);
		open_device();
	}
	ok(true, "200 times closed under a running ioctl");
}

static void test_rmmod(void)
{
	long ret = syscall(SYS_delete_module, "vfio_bench", O_NONBLOCK);

	is(ret ? -errno : 0, -EAGAIN, "rmmod in use is refused");
}

static int remove_result = 1;

static void *remove_thread(void *arg)
{
	remove_result = write_file(MDEV "/remove", "1");
	return NULL;
}

static void test_remove_open(void)
{
	uint64_t start = now_ns();
	pthread_t thread;

	fresh();
	map_dma(0, 1024);
	pin(0, 512, 1, 0);
	pinners(VB_PINNER_STEADY, -1, 1, 0);
	none(VB_IOC_PINNERS_GO);
	if (pthread_create(&thread, NULL, remove_thread, NULL))
		bail("pthread_create");
	while (!reopen(0, 1) && now_ns() - start < 5000000000)
		usleep(1000);
	is(reopen(0, 1), -ENODEV, "remove while open: the owner is told");
	is(remove_result, 1, "and waited for");
	is((long long)counters()->failures[ENODEV], 0, "results can still be read");
	close_all();
	pthread_join(thread, NULL);
	is(remove_result, 0, "removed once closed");
	ok(now_ns() - start < 10000000000, "within 10 s");
}

/* --- what a callback costs --- */

#define SPAN	4096u

/* Unmap SPAN mappings of a page, every @step-th pinned; ns. */
static uint64_t span_ns(uint32_t step)
{
	volatile struct vb_slot_page *s = slot();
	uint64_t best = ~0ull;

	for (int round = 0; round < 4; round++) {
		map_single(0, SPAN);
		reopen(0, SPAN);
		if (pin(0, 1, SPAN / step, step))
			bail("VB_IOC_PIN");
		s->start_ns = now_ns();
		if (unmap_dma(0, SPAN) != SPAN)
			bail("VFIO_IOMMU_UNMAP_DMA");
		s->end_ns = now_ns();
		if (s->end_ns - s->start_ns < best)
			best = s->end_ns - s->start_ns;
		request_end();
	}
	munmap((void *)s, PAGE);
	return best;
}

static void cost(void)
{
	for (uint32_t step = 1; step <= 16; step *= 16) {
		uint64_t ns[3];
		static const uint32_t modes[] = {
			VB_MODE_NORMAL, VB_MODE_COUNTING, VB_MODE_BARE,
		};

		fresh();
		for (int i = 0; i < 3; i++) {
			config(VB_DISCIPLINE_FENCED, modes[i]);
			ns[i] = span_ns(step);
		}
		printf("# %u mappings, 1 in %u pinned, unmapped at once: %.3f us each, counting %.3f, "
		       "bare %.3f\n", SPAN, step, (double)ns[0] / 1e3 / SPAN,
		       (double)ns[1] / 1e3 / SPAN, (double)ns[2] / 1e3 / SPAN);
		printf("# a pin more than bare: %.0f ns, counting %.0f ns; callback min %llu ns\n",
		       (double)(ns[0] - ns[2]) * step / SPAN, (double)(ns[1] - ns[2]) * step / SPAN,
		       histogram(VB_HIST_CALLBACK)->min);
	}
}

/* --- several unmapping threads --- */

#define THREADS		4u
#define THREAD_PAGES	256u

static uint64_t threads_end_ns;

/* Rounds done, negative after an error. */
static void *unmap_thread(void *arg)
{
	uint64_t page = (uintptr_t)arg * THREAD_PAGES;
	volatile struct vb_slot_page *s = slot();
	long rounds = 0;
	int ret;

	while (now_ns() < threads_end_ns) {
		map_single(page, THREAD_PAGES);
		reopen(page, THREAD_PAGES);
		ret = pin(page, 1, THREAD_PAGES / 8, 8);
		if (ret && ret != -EEXIST && ret != -EBUSY)
			return (void *)-1;
		s->start_ns = now_ns();
		if (unmap_dma(page, THREAD_PAGES) != THREAD_PAGES)
			return (void *)-2;
		s->end_ns = now_ns();
		if (request_end() < 0)
			return (void *)-3;
		rounds++;
	}
	munmap((void *)s, PAGE);
	return (void *)rounds;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	unsigned long long rounds = 0;
	struct vb_counters *c;
	bool good = true;
	void *result;

	fresh();
	pinners(VB_PINNER_CHURN, 0, 2, 20000);
	pinners(VB_PINNER_STEADY, 1, 2, 0);
	none(VB_IOC_PINNERS_GO);
	threads_end_ns = now_ns() + 5000000000;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, unmap_thread, (void *)i))
			bail("pthread_create");
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &result);
		good &= (long)result > 0;
		rounds += (unsigned long)result;
	}
	none(VB_IOC_PINNERS_STOP);
	c = counters();
	ok(good, "four threads against four pinners, %llu rounds", rounds);
	ok(c->requests == rounds && !c->bad_stamps && !c->callbacks_foreign,
	   "%llu requests, %llu callbacks, %llu pages by them, %llu fenced", c->requests,
	   c->callbacks, c->callback_unpinned_pages, c->fenced_pins);
	is((long long)c->late_pins, 0, "no late pin");
	is((long long)histogram(VB_HIST_CALLBACK)->count, (long long)c->callbacks,
	   "no callback lost");
	balanced("after four threads");
}

/* On a kernel that insists (mainline) this doesn't return. */
static void busted(void)
{
	fresh();
	config(VB_DISCIPLINE_FENCED, VB_MODE_BUSTED_SKIP_UNPIN);
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	unmap_dma(0, 8);
	ok(counters()->leaked_pins == 1 && counters()->pinned_pages == 8 &&
	   counters()->unpinned_pages == 7, "one page leaked");
}

static void all_tests(void)
{
	test_info();
	test_pin_unpin();
	test_fence();
	test_requests();
	test_miscount();
	test_bare();
	test_counting();
	test_delay();
	test_kill_delayed();
	test_close_with_pins();
	test_racing();
	test_pinners();
	test_churn();
	test_stop_and_mmap();
	test_pinners_at_close();
	test_window_limits();
	test_slot_limits();
	test_bad_requests();
	test_long_request();
	test_bad_ranges();
	test_bad_pinners();
	test_bad_mmap();
	test_compat();
	test_unprivileged();
	test_kill();
	test_concurrent_close();
	test_rmmod();
	test_remove_open();
	is(write_file(TYPE "/create", UUID), 0, "created again");
	is(write_file(MDEV "/remove", "1"), 0, "removed again");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long long pins_before = kernel_pins();

	setvbuf(stdout, NULL, _IOLBF, 0);
	memory = mmap(NULL, WINDOW_PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		bail("mmap");
	if (write_file(TYPE "/create", UUID))
		bail(TYPE "/create");
	open_all();
	if (!strcmp(what, "cost"))
		cost();
	else if (!strcmp(what, "threads"))
		threads();
	else if (!strcmp(what, "busted"))
		busted();
	else
		all_tests();
	if (tests) {
		is(kernel_pins(), pins_before, "pinned pages as the kernel counts them, as before");
		ok(!kernel_warned(), "no kernel warning");
	}
	printf("1..%d\n", tests);
	return failed ? 1 : 0;
}
