// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An assigned edu device through lib/iommu and lib/device, without the engine:
 * what is mapped it reaches, what isn't it doesn't, and the kernel says so.
 * Runs as root with the device bound to vfio-pci (edu-dma-test.sh does that),
 * not twice in 5 s: IOMMU faults are reported at a limited rate.  Prints TAP.
 *
 *   edu-dma ADDRESS [IOMMU_MODE]
 */
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/device/device.h"
#include "lib/iommu/iommu.h"
#include "lib/machine/klog.h"

#define PAGE	4096ull
#define PAGES	4ull
/* Below edu's 28 bits, and nowhere near where memory's own addresses begin. */
#define BASE	0x08000000ull
#define FROM	BASE
#define TO	(BASE + PAGE)
#define RW	(VB_PROT_READ | VB_PROT_WRITE)

static struct vb_iommu iommu = { .fd = -1 };
static struct vb_device dev = { .fd = -1, .group_fd = -1 };
static struct vb_klog *klog;
static unsigned char *memory;		/* PAGES pages; page i is mapped at BASE + i * PAGE */
static int tests, failed;

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
		ok(false, "%s: got %lld, wanted %lld", what, got, wanted);
}

static void bail(const char *what, int err)
{
	printf("Bail out! %s: %s\n", what, strerror(-err));
	exit(1);
}

static void need(int err, const char *what)
{
	if (err)
		bail(what, err);
}

static void fill(unsigned char *page, unsigned char seed)
{
	for (unsigned int i = 0; i < PAGE; i++)
		page[i] = (unsigned char)(seed + i * 7 + i / 256);
}

static bool all(const unsigned char *bytes, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static int map_page(unsigned int i, uint32_t prot)
{
	return vb_iommu_map(&iommu, memory + i * PAGE, BASE + i * PAGE, PAGE, prot);
}

static uint64_t unmap(uint64_t iova, uint64_t size)
{
	uint64_t unmapped = ~0ull;

	need(vb_iommu_unmap(&iommu, iova, size, &unmapped), "unmap");
	return unmapped;
}

static void open_all(const char *address, const char *mode)
{
	const struct vb_iommu_ops *ops = vb_iommu_find(mode);

	if (!ops)
		bail(mode, -ENOENT);
	need(vb_device_probe(&dev, address), "probe");
	is(strcmp(dev.ops->name, "edu"), 0, "the device's driver is edu");
	need(vb_device_open_group(&dev), "open the group");
	need(vb_iommu_open(&iommu, ops), "open the container");
	is(vb_iommu_enable(&iommu), -EINVAL, "a container without a group is not enabled");
	need(vb_iommu_add_group(&iommu, dev.group_fd), "add the group");
	need(vb_iommu_enable(&iommu), "enable");
	is(vb_iommu_enable(&iommu), -EBUSY, "a container is enabled once");
	need(vb_device_open(&dev), "open the device");
	is(vb_device_open(&dev), -EBUSY, "a device is opened once");
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		bail("mmap", -errno);
}

static void test_info(void)
{
	struct vb_iommu_info before, after;
	bool inside = false;

	need(vb_iommu_get_info(&iommu, &before), "get info");
	ok(before.pgsizes & PAGE, "pages of 4 KiB are among the sizes (0x%llx)",
	   (unsigned long long)before.pgsizes);
	for (unsigned int i = 0; i < before.nr_ranges; i++) {
		printf("# IOVAs 0x%llx-0x%llx\n", (unsigned long long)before.range[i].first,
		       (unsigned long long)before.range[i].last);
		inside |= before.range[i].first <= BASE &&
			  before.range[i].last >= BASE + PAGES * PAGE - 1;
	}
	ok(inside, "the IOVAs used here are in one of %u ranges", before.nr_ranges);
	need(map_page(0, RW), "map");
	need(vb_iommu_get_info(&iommu, &after), "get info");
	is((long long)before.dma_avail - after.dma_avail, 1, "a mapping uses up one");
	is(map_page(0, RW), -EEXIST, "an IOVA is mapped once");
	is((long long)unmap(BASE, PAGE), PAGE, "what was unmapped is told");
	is((long long)unmap(BASE, PAGE), 0, "nothing is left to unmap");
}

/* Page 0 to page 1, some bytes; those around them stay. */
static void copy(unsigned int offset_from, unsigned int offset_to, size_t size)
{
	unsigned char *from = memory, *to = memory + PAGE;
	size_t behind = offset_to + size;
	int ret;

	fill(from, (unsigned char)(size + offset_to));
	memset(to, 0xa5, PAGE);
	ret = vb_device_dma_copy(&dev, FROM + offset_from, TO + offset_to, size);
	ok(!ret && !memcmp(from + offset_from, to + offset_to, size) &&
	   all(to, offset_to, 0xa5) && all(to + behind, PAGE - behind, 0xa5),
	   "DMA of %zu bytes from +%u to +%u (%d)", size, offset_from, offset_to, ret);
}

static void test_copies(void)
{
	need(map_page(0, RW), "map");
	need(map_page(1, RW), "map");
	copy(0, 0, 8);
	copy(1, 3, 1);
	copy(1001, 7, 3000);
	copy(0, 0, dev.max_dma_bytes);
	copy(PAGE - dev.max_dma_bytes, 0, dev.max_dma_bytes);
}

static void test_limits(void)
{
	memset(memory + PAGE, 0xa5, PAGE);
	is(vb_device_dma_copy(&dev, FROM, TO, 0), -EINVAL, "no DMA of 0 bytes");
	is(vb_device_dma_copy(&dev, FROM, TO, dev.max_dma_bytes + 1), -EINVAL,
	   "no DMA of more than max_dma_bytes");
	is(vb_device_dma_copy(&dev, FROM, dev.dma_last, 2), -ERANGE,
	   "no DMA beyond what the device reaches");
	/* edu would cut the address to TO */
	is(vb_device_dma_copy(&dev, FROM, TO + dev.dma_last + 1, 8), -ERANGE,
	   "no DMA to where the address would be cut");
	is(vb_device_dma_copy(&dev, ~0ull, TO, 8), -ERANGE, "no DMA over the end of all IOVAs");
	ok(all(memory + PAGE, PAGE, 0xa5), "memory is as it was");
}

/* IOMMU faults in the kernel log since the last call; the report can lag. */
static size_t new_faults(void)
{
	static size_t position;
	struct timespec pause = { 0, 50000000 };
	struct vb_klog_hit hits[8] = { 0 };
	size_t nr = 0;

	for (int i = 0; i < 20 && !nr; i++) {
		nanosleep(&pause, NULL);
		need(vb_klog_poll(klog), "kernel log");
		nr = vb_klog_scan(klog, position, NULL, hits, 8);
	}
	for (size_t i = 0; i < nr && i < 8; i++)
		printf("# %s: %s\n", hits[i].what, hits[i].text);
	position = vb_klog_position(klog);
	return nr;
}

/*
 * virtio-iommu reports every few bytes of a transfer, at most ten reports in 5 s (the
 * kernel's rate limit): after one fault the next is heard of when these are over.
 */
static void wait_for_rate_limit(void)
{
	glob_t found;

	if (glob("/sys/bus/virtio/drivers/virtio_iommu/virtio*", 0, NULL, &found))
		return;
	globfree(&found);
	sleep(6);
}

static void expect_fault(void)
{
	const char *what = "the kernel reports the fault";

	if (!access("/sys/class/iommu/ivhd0", F_OK))
		ok(true, "%s # SKIP QEMU's amd-iommu (7.2) lets Linux know of none", what);
	else
		ok(new_faults() > 0, "%s", what);
	wait_for_rate_limit();
}

static void test_read_only(void)
{
	unmap(TO, PAGE);
	need(map_page(1, VB_PROT_READ), "map for reading");
	memset(memory + PAGE, 0xa5, PAGE);
	vb_device_dma_copy(&dev, FROM, TO, 64);
	ok(all(memory + PAGE, PAGE, 0xa5), "what is mapped for reading is not written");
	expect_fault();
	need(vb_device_dma_copy(&dev, TO, FROM, 64), "copy");
	ok(all(memory, 64, 0xa5), "but it can be read");
	unmap(TO, PAGE);
	need(map_page(1, RW), "map");
}

/* What the device holds of earlier copies is different from what it must not read now. */
static void test_unmapped_source(void)
{
	fill(memory, 1);
	is((long long)unmap(FROM, PAGE), PAGE, "the source is unmapped");
	memset(memory + PAGE, 0, PAGE);
	vb_device_dma_copy(&dev, FROM, TO, 256);
	ok(memcmp(memory, memory + PAGE, 256) != 0, "unmapped memory is not read");
	expect_fault();
	need(map_page(0, RW), "map");
}

static void test_unmapped_target(void)
{
	fill(memory, 2);
	memset(memory + PAGE, 0xa5, PAGE);
	is((long long)unmap(TO, PAGE), PAGE, "the target is unmapped");
	vb_device_dma_copy(&dev, FROM, TO, 256);
	ok(all(memory + PAGE, PAGE, 0xa5), "unmapped memory is not written");
	expect_fault();
	need(map_page(1, RW), "map");
	copy(0, 0, 256);
}

/* Other memory behind the same IOVA: no stale translation is used. */
static void test_remap(void)
{
	unsigned char *other = memory + 2 * PAGE;

	fill(memory, 3);
	memset(memory + PAGE, 0xa5, PAGE);
	memset(other, 0x5a, PAGE);
	unmap(TO, PAGE);
	need(vb_iommu_map(&iommu, other, TO, PAGE, RW), "map other memory");
	need(vb_device_dma_copy(&dev, FROM, TO, 512), "copy");
	ok(!memcmp(memory, other, 512), "memory that is mapped anew is written");
	ok(all(memory + PAGE, PAGE, 0xa5), "what was mapped there before is not");
	is((long long)unmap(BASE, PAGES * PAGE), 2 * PAGE, "one request unmaps two mappings");
}

/* How the versions of type1 differ: an unmap that covers half a mapping. */
static void test_cut(void)
{
	bool v1 = !strcmp(iommu.ops->name, "vfio_type1_iommu");
	uint64_t unmapped = 0;
	int ret;

	need(vb_iommu_map(&iommu, memory, BASE, 2 * PAGE, RW), "map");
	ret = vb_iommu_unmap(&iommu, BASE + PAGE, PAGE, &unmapped);
	if (v1)
		ok(!ret && !unmapped, "version 1 does nothing about a mapping's second half");
	else
		is(ret, -EINVAL, "version 2 refuses to unmap a mapping's second half");
	ret = vb_iommu_unmap(&iommu, BASE, PAGE, &unmapped);
	if (v1)
		ok(!ret && unmapped == 2 * PAGE, "version 1 removes all of a mapping for its first half");
	else
		is(ret, -EINVAL, "version 2 refuses to unmap a mapping's first half");
	is((long long)unmap(BASE, 2 * PAGE), v1 ? 0 : 2 * PAGE, "what is left is unmapped");
}

static void test_close(void)
{
	int ret;

	vb_device_down(&dev);
	ret = vb_device_reset(&dev);

	ok(!ret || ret == -EOPNOTSUPP, "reset works or isn't offered (%d)", ret);
	vb_device_close(&dev);
	vb_device_close(&dev);
	vb_iommu_close(&iommu);
	vb_iommu_close(&iommu);
	need(vb_device_open_group(&dev), "open the group again");
	ok(true, "after close the group can be opened again");
	vb_device_close(&dev);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "vfio_type1v2_iommu";

	if (argc < 2) {
		fprintf(stderr, "usage: edu-dma ADDRESS [IOMMU_MODE]\n");
		return 1;
	}
	printf("# %s, %s\n", argv[1], mode);
	need(vb_klog_open(&klog), "kernel log");
	open_all(argv[1], mode);
	test_info();
	test_copies();
	test_limits();
	test_read_only();
	test_unmapped_source();
	test_unmapped_target();
	test_remap();
	test_cut();
	test_close();
	vb_klog_close(klog);
	printf("1..%d\n", tests);
	return failed > 0;
}
