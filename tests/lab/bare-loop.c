// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bare-loop: what map and unmap cost with nothing around them.
 *
 *   bare-loop ADDRESS PAGES PAIRS		ADDRESS: a device bound to vfio-pci
 *   bare-loop ADDRESS PAGES ROUNDS bulk
 *
 * One type1v2 container with that device's group and one populated anonymous
 * window of PAGES pages.
 *
 * Pairs: one page mapped and unmapped at a time, PAIRS times, walking the
 * window; two readings of the clock around the whole.  Prints, in ns for each
 * pair of ioctls:
 *
 *   bare		the two ioctls alone
 *   clock		with the four readings of the clock that time both
 *   histogram	with that, and both times entered in a histogram
 *   threads		the ioctls alone again, now that the process has a second
 *			thread, which sleeps: open files are counted then
 *
 * Bulk: every page mapped on its own, then all of them unmapped by one request,
 * ROUNDS times.  Prints, in ns for each mapping, the mean over all rounds:
 *
 *   bulk	both
 *   map		the PAGES maps
 *   unmap	the one request, shared out over what it unmaps
 *
 * Nothing of the suite's is in it but the histogram's layout.  In the lab:
 * tests/lab/cost-test.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "uapi/vfio_bench.h"

#define PAGE		4096ull
#define HUGE		(2ull << 20)
/* The best of them counts. */
#define ROUNDS		3

static int container;
static char *window;
static uint64_t window_bytes;
static unsigned long pairs;
static struct vb_hist map_hist, unmap_hist;

static void die(const char *what)
{
	fprintf(stderr, "bare-loop: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void map_page(struct vfio_iommu_type1_dma_map *map, uint64_t offset)
{
	map->vaddr = (uintptr_t)window + offset;
	map->iova = offset;
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, map))
		die("VFIO_IOMMU_MAP_DMA");
}

static inline void unmap_page(struct vfio_iommu_type1_dma_unmap *unmap, uint64_t offset)
{
	unmap->iova = offset;
	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, unmap))
		die("VFIO_IOMMU_UNMAP_DMA");
}

/* @clock and @histogram are constants where this is inlined. */
static inline __attribute__((always_inline)) uint64_t loop(bool clock, bool histogram)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = PAGE,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.size = PAGE,
	};
	uint64_t start = now_ns(), t[4], offset = 0;

	for (unsigned long i = 0; i < pairs; i++) {
		if (clock)
			t[0] = now_ns();
		map_page(&map, offset);
		if (clock) {
			t[1] = now_ns();
			t[2] = now_ns();
		}
		unmap_page(&unmap, offset);
		if (clock)
			t[3] = now_ns();
		if (histogram) {
			vb_hist_add(&map_hist, t[1] - t[0]);
			vb_hist_add(&unmap_hist, t[3] - t[2]);
		}
		offset = offset + PAGE < window_bytes ? offset + PAGE : 0;
	}
	return now_ns() - start;
}

static uint64_t bare(void)
{
	return loop(false, false);
}

static uint64_t with_clock(void)
{
	return loop(true, false);
}

static uint64_t with_histogram(void)
{
	return loop(true, true);
}

static void report(const char *name, uint64_t (*run)(void))
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t ns = run();

		if (ns < best)
			best = ns;
	}
	printf("%s %.2f\n", name, (double)best / (double)pairs);
}

/* Maps all pages one by one, unmaps them at once; adds what each took. */
static void bulk_round(uint64_t *map_ns, uint64_t *unmap_ns)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = PAGE,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.size = window_bytes,
	};
	uint64_t start = now_ns(), mapped;

	for (uint64_t offset = 0; offset < window_bytes; offset += PAGE)
		map_page(&map, offset);
	mapped = now_ns();
	unmap_page(&unmap, 0);
	*unmap_ns += now_ns() - mapped;
	*map_ns += mapped - start;
	if (unmap.size != window_bytes) {
		fprintf(stderr, "bare-loop: the request unmapped %llu of %llu bytes\n",
			(unsigned long long)unmap.size, (unsigned long long)window_bytes);
		exit(1);
	}
}

static void bulk(unsigned long rounds)
{
	double mappings = (double)rounds * (double)(window_bytes / PAGE);
	uint64_t map_ns = 0, unmap_ns = 0;

	for (unsigned long i = 0; i < rounds; i++)
		bulk_round(&map_ns, &unmap_ns);
	printf("bulk %.2f\nmap %.2f\nunmap %.2f\n", (double)(map_ns + unmap_ns) / mappings,
	       (double)map_ns / mappings, (double)unmap_ns / mappings);
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void start_sleeper(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, sleeper, NULL);
	if (errno)
		die("pthread_create");
}

static int open_group(const char *address)
{
	char path[512], link[256], *number;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", address);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		die(path);
	link[length] = '\0';
	number = strrchr(link, '/');
	snprintf(path, sizeof(path), "/dev/vfio/%s", number ? number + 1 : link);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void open_container(const char *address)
{
	int group = open_group(address);

	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		die("/dev/vfio/vfio");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
}

/* Aligned and populated as the engine's windows are, so that the pages are of the same size. */
static void make_window(unsigned long pages)
{
	char *addr;

	window_bytes = pages * PAGE;
	addr = mmap(NULL, window_bytes + HUGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED)
		die("mmap");
	window = (char *)(((uintptr_t)addr + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	memset(window, 0, window_bytes);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!value || *end || value > 1ul << 32) {
		fprintf(stderr, "bare-loop: '%s': give a number from 1 to 2^32\n", text);
		exit(1);
	}
	return value;
}

int main(int argc, char **argv)
{
	bool in_bulk = argc == 5 && !strcmp(argv[4], "bulk");

	if (argc != 4 && !in_bulk) {
		fprintf(stderr, "usage: bare-loop ADDRESS PAGES PAIRS\n"
				"       bare-loop ADDRESS PAGES ROUNDS bulk\n");
		return 1;
	}
	make_window(number(argv[2]));
	open_container(argv[1]);
	if (in_bulk) {
		bulk(number(argv[3]));
		return 0;
	}
	pairs = number(argv[3]);
	report("bare", bare);
	report("clock", with_clock);
	report("histogram", with_histogram);
	start_sleeper();
	report("threads", bare);
	return 0;
}
