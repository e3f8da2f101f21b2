// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The companion module, through its ioctls and VFIO's own, without the engine.
 * Runs as root where vfio_bench.ko is loaded (the lab); prints TAP.
 *
 *   kmod-test          all tests
 *   kmod-test cost     time of a callback, as the module does it and bare
 *   kmod-test busted   a skipped unpin: brings down a kernel whose type1
 *                      insists on it
 *
 * One thread unmaps at a time: kernels 6.0 and later deadlock otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <pthread.h>
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

#include "uapi/vfio_bench.h"

#define PAGE		4096ull
#define WINDOW_PAGES	8192ull
#define BASE		0x10000000ull
#define UUID		"5bd1e995-5bd1-4e99-8bd1-5bd1e9955bd1"
#define TYPE		"/sys/class/mdev_bus/vfio_bench/mdev_supported_types/vfio_bench-null"
#define MDEV		"/sys/bus/mdev/devices/" UUID

static int tests, failed;
static int container, group, device;
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

static int open_group(void)
{
	char link[PATH_MAX], path[64];
	ssize_t length = readlink(MDEV "/iommu_group", link, sizeof(link) - 1);

	if (length < 0)
		bail(MDEV "/iommu_group");
	link[length] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	return open(path, O_RDWR | O_CLOEXEC);
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
	group = open_group();
	if (container < 0 || group < 0)
		bail("container or group");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		bail("VFIO_SET_IOMMU");
	open_device();
}

static void close_all(void)
{
	close(device);
	close(group);
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

static int window(uint64_t iova, uint64_t length)
{
	struct vb_ioc_window w = { .size = sizeof(w), .iova = iova, .length = length };
	int ret = call(device, VB_IOC_WINDOW, &w);

	return ret ? ret : (int)w.index;
}

static struct vb_ioc_pin last_pin;

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

static void test_close_with_pins(void)
{
	fresh();
	map_dma(0, 64);
	is(pin(0, 1, 32, 2), 0, "pin");
	close(device);
	open_device();
	is((long long)counters()->outstanding_pages, 0, "close has released all");
	is(unmap_dma(0, 64), 64, "unmap");
	is((long long)counters()->callbacks, 0, "no callback: nothing was pinned");
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
		uint64_t normal, bare;

		fresh();
		normal = span_ns(step);
		printf("# unpin: median bucket of %llu calls, min %llu ns; callback min %llu ns\n",
		       histogram(VB_HIST_UNPIN)->count, histogram(VB_HIST_UNPIN)->min,
		       histogram(VB_HIST_CALLBACK)->min);
		config(VB_DISCIPLINE_FENCED, VB_MODE_BARE);
		bare = span_ns(step);
		printf("# %u mappings, 1 in %u pinned: %.3f us each, bare %.3f: %.0f ns a pin\n",
		       SPAN, step, normal / 1e3 / SPAN, bare / 1e3 / SPAN,
		       ((double)normal - (double)bare) * step / SPAN);
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	memory = mmap(NULL, WINDOW_PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		bail("mmap");
	if (write_file(TYPE "/create", UUID))
		bail(TYPE "/create");
	open_all();
	if (argc > 1 && !strcmp(argv[1], "cost")) {
		cost();
		return 0;
	}
	test_info();
	test_pin_unpin();
	test_fence();
	test_requests();
	test_miscount();
	test_bare();
	test_close_with_pins();
	close_all();
	is(write_file(MDEV "/remove", "1"), 0, "remove the mdev");
	printf("1..%d\n", tests);
	return failed ? 1 : 0;
}
