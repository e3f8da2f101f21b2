// SPDX-License-Identifier: GPL-2.0-or-later
/* Workloads that press from the side: on a right model of the kernel, and on wrong ones. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/machine/counters.h"
#include "tests/unit/workload-helper.h"

static struct rig r;

/* What the kernel would tell, as far as the model goes. */
static struct {
	uint64_t frames_move;		/* added to each frame number, more each time */
	uint64_t frames;
	bool skips_locked, skips_pins;
	uint64_t locked_pages, pins;
} says;

int __wrap_vb_memory_pfns(const void *addr, size_t nr_pages, uint64_t *pfn);
uint64_t __wrap_vb_own_foll_pins(void);
int __wrap_vb_locked_read(pid_t pid, struct vb_locked *locked);

int __wrap_vb_memory_pfns(const void *addr, size_t nr_pages, uint64_t *pfn)
{
	for (size_t i = 0; i < nr_pages; i++)
		pfn[i] = (uintptr_t)addr / RIG_PAGE + i + says.frames;
	says.frames += says.frames_move;
	return 0;
}

/* The model's mappings pin; io_uring's buffers are counted by those who register them. */
static uint64_t mapped_pages(void)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < rig->nr_mappings; i++)
		pages += rig->mapping[i].size / RIG_PAGE;
	return pages;
}

/* Asked in each step at rest, with both, with one, at rest. */
uint64_t __wrap_vb_own_foll_pins(void)
{
	static unsigned int asked;
	const uint64_t of_uring[] = { 0, r.nr_pages, asked % 8 < 4 ? r.nr_pages : 0, 0 };

	return says.skips_pins ? says.pins : mapped_pages() + of_uring[asked++ % 4];
}

/* Of this process: what mlock() has locked, and what is mapped. */
int __wrap_vb_locked_read(pid_t pid, struct vb_locked *locked)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long kib = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmLck: %llu kB", &kib) == 1)
			break;
	fclose(f);
	locked->pinned_bytes = 0;
	locked->locked_bytes = kib * 1024 + (says.skips_locked ? 0 : mapped_pages() * RIG_PAGE);
	return 0;
}

static void make(const char *workload, uint64_t size, unsigned int count)
{
	memset(&says, 0, sizeof(says));
	rig_make(&r, workload, size, count);
	rig_add_device(&r);
}

static void expect_right(unsigned int steps)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_string_equal(r.shared->wrong_where, "");
	assert_true(r.shared->tally.verified >= steps);
	assert_int_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	assert_int_equal(r.nr_mappings, 0);
	rig_free(&r);
}

static void expect_wrong(unsigned int steps, const char *what)
{
	rig_run(&r, steps);
	assert_true(r.shared->tally.wrong > 0);
	assert_non_null(strstr(r.shared->wrong_where, what));
	rig_free(&r);
}

static int tells_less(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	*unmapped -= RIG_PAGE;
	return ret;
}

static int maps_and_writes(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
			   uint32_t prot)
{
	int ret = rig_map(iommu, vaddr, iova, size, prot);

	if (mapped_pages() == r.nr_pages)
		*(char *)vaddr ^= 1;
	return ret;
}

static void test_memory_advise(void **state)
{
	make("memory_advise", 4 * RIG_PAGE, 4);
	expect_right(3);
	make("memory_advise", 4 * RIG_PAGE, 4);
	r.section.advice = VB_ADVICE_COLLAPSE;
	expect_right(3);
	make("memory_advise", 4 * RIG_PAGE, 4);
	r.section.advice = VB_ADVICE_COLLAPSE;
	says.frames_move = 1;
	expect_wrong(1, "a page that VFIO holds was moved");
	make("memory_advise", 4 * RIG_PAGE, 4);
	r.section.advice = VB_ADVICE_COLLAPSE;
	r.iommu.map = maps_and_writes;
	expect_wrong(1, "does not hold what it has to");
	make("memory_advise", 4 * RIG_PAGE, 4);
	r.iommu.unmap = tells_less;
	expect_wrong(1, "unmapped less than was mapped");
	/* Nothing holds the pages of an mdev's container: they may move. */
	make("memory_advise", 4 * RIG_PAGE, 4);
	r.container.device = NULL;
	r.section.advice = VB_ADVICE_COLLAPSE;
	says.frames_move = 1;
	expect_right(3);
}

/* Where memory was is told of before it is dropped. */
static void test_placement_of_dropped(void **state)
{
	make("memory_advise", 4 * RIG_PAGE, 4);
	assert_int_equal(rig_run(&r, 2), 0);
	assert_true(r.shared->mem_samples > 0);
	rig_free(&r);
	make("memory_advise", 4 * RIG_PAGE, 4);
	r.section.advice = VB_ADVICE_COLLAPSE;
	assert_int_equal(rig_run(&r, 2), 0);
	assert_int_equal(r.shared->mem_samples, 0);	/* the engine looks, at the end */
	rig_free(&r);
}

static int maps_shared(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		       uint32_t prot)
{
	/* The same pages for parent and child: what copy on write is to prevent. */
	char *again = mmap(vaddr, size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	assert_ptr_equal(again, vaddr);
	return rig_map(iommu, vaddr, iova, size, prot);
}

static void test_memory_fork(void **state)
{
	make("memory_fork", RIG_PAGE, 8);
	expect_right(3);
	make("memory_fork", RIG_PAGE, 8);
	says.frames_move = 1;
	expect_wrong(1, "given to a child");
	make("memory_fork", RIG_PAGE, 8);
	r.iommu.unmap = tells_less;
	expect_wrong(1, "unmapped less than was mapped");
	/* Who of the two writes last is not known: in some of many rounds it is the child. */
	make("memory_fork", RIG_PAGE, 64);
	r.iommu.map = maps_shared;
	expect_wrong(200, "in its parent's memory");
}

static void test_memory_lock(void **state)
{
	make("memory_lock", RIG_PAGE, 4);
	expect_right(4);
	make("memory_lock", RIG_PAGE, 4);
	says.skips_locked = true;
	expect_wrong(1, "are not what is mapped and locked");
}

static bool has_uring(void)
{
	struct io_uring ring;

	if (io_uring_queue_init(2, &ring, 0))
		return false;
	io_uring_queue_exit(&ring);
	return true;
}

static void test_uring_buffers(void **state)
{
	if (!has_uring())
		skip();
	make("uring_buffers", RIG_PAGE, 4);
	expect_right(4);
	make("uring_buffers", RIG_PAGE, 4);
	says.skips_pins = true;
	expect_wrong(1, "each page as often as it was pinned");
}

/* Two pages, which somebody writes to before each read in the wrong case. */
static struct {
	int fd;
	char name[64];
} file;

static int maps_and_changes_file(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
				 uint32_t prot)
{
	assert_int_equal(pwrite(file.fd, "changed", 7, 100), 7);
	assert_int_equal(fsync(file.fd), 0);
	return rig_map(iommu, vaddr, iova, size, prot);
}

static void make_direct_read(void)
{
	make("direct_read", 2 * RIG_PAGE, 1);
	strcpy(r.job.global.direct_file, file.name);
}

/* Does /var/tmp take O_DIRECT? */
static bool make_file(void)
{
	char bytes[2 * RIG_PAGE];
	int fd;

	strcpy(file.name, "/var/tmp/vfio-bench-test-XXXXXX");
	file.fd = mkstemp(file.name);
	if (file.fd < 0)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	assert_int_equal(pwrite(file.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(fsync(file.fd), 0);
	fd = open(file.name, O_RDONLY | O_DIRECT);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void test_direct_read(void **state)
{
	bool possible = has_uring() && make_file();

	if (possible) {
		make_direct_read();
		expect_right(4);
		make_direct_read();
		r.iommu.map = maps_and_changes_file;
		expect_wrong(2, "not what the file holds");
		make_direct_read();
		assert_int_equal(ftruncate(file.fd, RIG_PAGE), 0);
		assert_int_equal(rig_run(&r, 1), -EIO);
		assert_non_null(strstr(r.shared->error_where, "less than size= bytes"));
		rig_free(&r);
	}
	if (file.fd > 0) {
		close(file.fd);
		unlink(file.name);
	}
	if (!possible)
		skip();
}

static void test_direct_read_refused(void **state)
{
	make("direct_read", 2 * RIG_PAGE, 1);
	strcpy(r.job.global.direct_file, "/proc/self/status");
	assert_int_equal(rig_run(&r, 1), -EIO);
	assert_non_null(strstr(r.shared->error_where,
			       "direct_file=/proc/self/status: can't be read with O_DIRECT"));
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_advise),
		cmocka_unit_test(test_placement_of_dropped),
		cmocka_unit_test(test_memory_fork),
		cmocka_unit_test(test_memory_lock),
		cmocka_unit_test(test_uring_buffers),
		cmocka_unit_test(test_direct_read),
		cmocka_unit_test(test_direct_read_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
