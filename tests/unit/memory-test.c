// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory on a node: names, placement on this machine, refusals. */
#include <errno.h>
#include <linux/magic.h>
#include <numa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/machine/memory-room.h"
#include "lib/machine/memory.h"

#define MIB ((size_t)1 << 20)

/* Some node with memory that this process may use. */
static int some_node(void)
{
	struct bitmask *allowed;
	int node = 0;

	if (numa_available() < 0)
		return 0;
	allowed = numa_get_mems_allowed();
	while (node < numa_max_node() && !numa_bitmask_isbitset(allowed, (unsigned int)node))
		node++;
	numa_bitmask_free(allowed);
	return node;
}

static void test_names(void **state)
{
	enum vb_backing found;

	for (unsigned int i = 0; i < VB_NR_BACKINGS; i++) {
		assert_int_equal(vb_backing_find(vb_backing_name((enum vb_backing)i), &found), 0);
		assert_int_equal(found, i);
	}
	assert_null(vb_backing_name(VB_NR_BACKINGS));
	assert_int_equal(vb_backing_find("anonymous_thp", &found), -EINVAL);
	assert_int_equal(vb_backing_find("", &found), -EINVAL);
	assert_int_equal(vb_backing_page_bytes(VB_BACKING_ANONYMOUS), 4096);
	assert_int_equal(vb_backing_page_bytes(VB_BACKING_ANONYMOUS_HUGETLB_2MB), 2 * MIB);
	assert_int_equal(vb_backing_page_bytes(VB_BACKING_ANONYMOUS_HUGETLB_1GB), 1024 * MIB);
	assert_int_equal(vb_backing_page_bytes(VB_BACKING_MEMFD_HUGETLB_2MB), 2 * MIB);
	assert_int_equal(vb_backing_page_bytes(VB_BACKING_MEMFD_HUGETLB_1GB), 1024 * MIB);
}

static void place(enum vb_backing backing, int node)
{
	struct vb_memory m;
	uint64_t huge;
	size_t samples;
	int where;

	assert_int_equal(vb_memory_alloc(&m, backing, 5 * MIB + 4096, node), 0);
	assert_int_equal((uintptr_t)m.addr % (2 * MIB), 0);
	assert_int_equal(m.size_bytes, 5 * MIB + 4096);
	assert_true((char *)m.addr >= (char *)m.mapped_addr);
	assert_true((char *)m.addr + m.size_bytes <= (char *)m.mapped_addr + m.mapped_bytes);
	assert_int_equal(vb_memory_where(m.addr, m.size_bytes, 1000, &where, &samples), 0);
	assert_int_equal(samples, 1000);
	if (node >= 0)
		assert_int_equal(where, node);
	assert_int_equal(vb_memory_where(m.addr, m.size_bytes, 100000, &where, &samples), 0);
	assert_int_equal(samples, 5 * 256 + 1);
	assert_int_equal(vb_memory_huge_bytes(&m, &huge), 0);
	assert_true(huge <= m.size_bytes);
	memset(m.addr, 0xa5, m.size_bytes);
	vb_memory_free(&m);
	assert_null(m.addr);
	vb_memory_free(&m);
}

static void test_anonymous(void **state)
{
	place(VB_BACKING_ANONYMOUS, some_node());
	place(VB_BACKING_ANONYMOUS, -1);
}

static void test_shmem(void **state)
{
	place(VB_BACKING_SHMEM, some_node());
	place(VB_BACKING_SHMEM, -1);
}

static void test_memfd(void **state)
{
	place(VB_BACKING_MEMFD, some_node());
	place(VB_BACKING_MEMFD, -1);
}

/* With hugepages in the pool it works; without, -ENOMEM and no signal. */
static void hugetlb(enum vb_backing backing)
{
	struct vb_memory m;
	int err = vb_memory_alloc(&m, backing, 2 * MIB, some_node());

	assert_true(err == 0 || err == -ENOMEM);
	if (!err)
		assert_int_equal((uintptr_t)m.addr % (2 * MIB), 0);
	vb_memory_free(&m);
	err = vb_memory_alloc(&m, backing, (size_t)1 << 45, -1);
	assert_int_equal(err, -ENOMEM);
}

static void test_hugetlb(void **state)
{
	hugetlb(VB_BACKING_ANONYMOUS_HUGETLB_2MB);
	hugetlb(VB_BACKING_MEMFD_HUGETLB_2MB);
}

/* On a real file system it is a file; in memory it would be shmem, and is refused. */
static void test_file(void **state)
{
	char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
	struct vb_memory m;
	struct statfs fs;

	setenv("TMPDIR", "/dev/shm", 1);
	if (!statfs("/dev/shm", &fs) && fs.f_type == TMPFS_MAGIC)
		assert_int_equal(vb_memory_alloc(&m, VB_BACKING_FILE, MIB, -1), -EOPNOTSUPP);
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_FILE, MIB, -1), -ENOENT);
	unsetenv("TMPDIR");
	if (!statfs("/var/tmp", &fs) && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC) {
		place(VB_BACKING_FILE, some_node());
		place(VB_BACKING_FILE, -1);
	}
	if (before)
		setenv("TMPDIR", before, 1);
	free(before);
}

static bool all_present(const struct vb_memory *m)
{
	unsigned char there[1280];	/* 5 MiB */

	assert_true(m->size_bytes / 4096 <= sizeof(there));
	assert_int_equal(mincore(m->addr, m->size_bytes, there), 0);
	for (size_t i = 0; i < m->size_bytes / 4096; i++)
		if (!(there[i] & 1))
			return false;
	return true;
}

static void test_prefault(void **state)
{
	static const enum vb_prefault ways[] = {
		VB_PREFAULT_POPULATE, VB_PREFAULT_TOUCH, VB_PREFAULT_MEMSET, VB_PREFAULT_PARALLEL,
	};
	struct vb_memory m;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		assert_int_equal(vb_memory_reserve(&m, VB_BACKING_ANONYMOUS, 5 * MIB, some_node(),
						   VB_THP_NEVER), 0);
		assert_false(all_present(&m));
		assert_int_equal(vb_memory_prefault(&m, VB_PREFAULT_NONE, 0), 0);
		assert_false(all_present(&m));
		assert_int_equal(vb_memory_prefault(&m, ways[i], 3), 0);
		assert_true(all_present(&m));
		vb_memory_free(&m);
	}
	assert_int_equal(vb_memory_reserve(&m, VB_BACKING_SHMEM, 5 * MIB, -1, VB_THP_DEFAULT), 0);
	assert_int_equal(vb_memory_prefault(&m, VB_PREFAULT_PARALLEL, 0), -EINVAL);
	assert_int_equal(vb_memory_prefault(&m, VB_PREFAULT_PARALLEL, VB_PREFAULT_THREADS_MAX + 1),
			 -EINVAL);
	assert_int_equal(vb_memory_prefault(&m, VB_PREFAULT_PARALLEL, VB_PREFAULT_THREADS_MAX), 0);
	assert_true(all_present(&m));
	vb_memory_free(&m);
}

/* Small pages are small; with huge ones the bytes add up to what smaps says. */
static void test_folios(void **state)
{
	struct vb_folios small = { 0 }, large = { 0 }, sum = { 0 };
	struct vb_memory m;
	uint64_t huge;
	int err;

	assert_int_equal(vb_memory_reserve(&m, VB_BACKING_ANONYMOUS, 5 * MIB, some_node(),
					   VB_THP_NEVER), 0);
	assert_int_equal(vb_memory_folios(&m, &small), geteuid() ? -EPERM : 0);
	assert_int_equal(small.looked_at_bytes, 0);	/* nothing is present yet */
	assert_int_equal(vb_memory_prefault(&m, VB_PREFAULT_TOUCH, 0), 0);
	err = vb_memory_folios(&m, &small);
	vb_memory_free(&m);
	if (err) {		/* not root, or a sandbox that hides the files */
		assert_int_equal(small.error, err);
		skip();
	}
	assert_int_equal(small.looked_at_bytes, 5 * MIB);
	assert_int_equal(small.count[0], 5 * MIB / 4096);
	assert_int_equal(vb_memory_reserve(&m, VB_BACKING_ANONYMOUS, 6 * MIB, some_node(),
					   VB_THP_ALWAYS), 0);
	assert_int_equal(vb_memory_prefault(&m, VB_PREFAULT_TOUCH, 0), 0);
	assert_int_equal(vb_memory_folios(&m, &large), 0);
	assert_int_equal(vb_memory_huge_bytes(&m, &huge), 0);
	assert_int_equal(large.looked_at_bytes, 6 * MIB);
	assert_true(large.count[9] * 2 * MIB >= huge);
	vb_memory_free(&m);
	vb_folios_add(&sum, &small);
	vb_folios_add(&sum, &large);
	assert_int_equal(sum.looked_at_bytes, 11 * MIB);
	assert_int_equal(sum.count[0], small.count[0] + large.count[0]);
}

static void test_refusals(void **state)
{
	struct vb_memory m;

	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_ANONYMOUS, 0, -1), -EINVAL);
	assert_int_equal(vb_memory_alloc(&m, VB_NR_BACKINGS, 4096, -1), -EINVAL);
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_BAR, 4096, -1), -EINVAL);
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_ANONYMOUS, 4096, -2), -EINVAL);
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_ANONYMOUS, 4096, 1000), -EINVAL);
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_ANONYMOUS, 4096, 1 << 20), -EINVAL);
	/* more than there is, without a word from the OOM killer */
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_ANONYMOUS, (size_t)1 << 46, some_node()),
			 -ENOMEM);
	assert_int_equal(vb_memory_alloc(&m, VB_BACKING_SHMEM, (size_t)1 << 46, -1), -ENOMEM);
	assert_int_not_equal(vb_memory_alloc(&m, VB_BACKING_ANONYMOUS, SIZE_MAX, -1), 0);
	assert_null(m.addr);
}

static void test_where(void **state)
{
	char *addr = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t samples;
	int node;

	assert_ptr_not_equal(addr, MAP_FAILED);
	assert_int_equal(vb_memory_where(addr, MIB, 0, &node, &samples), -EINVAL);
	assert_int_equal(vb_memory_where(addr, 0, 10, &node, &samples), -EINVAL);
	if (numa_available() >= 0) {
		/* never touched: nowhere */
		assert_true(vb_memory_where(addr, MIB, 10, &node, &samples) < 0);
		assert_int_equal(node, -1);
		assert_int_equal(samples, 0);
	}
	*addr = 1;
	assert_int_equal(vb_memory_where(addr, 4096, 10, &node, &samples), 0);
	assert_int_equal(samples, 1);
	assert_true(node >= 0);
	munmap(addr, MIB);
}

static void test_shared(void **state)
{
	char *addr = vb_memory_shared(MIB, some_node());
	size_t samples;
	int node;

	assert_non_null(addr);
	for (size_t i = 0; i < MIB; i++)
		assert_int_equal(addr[i], 0);
	addr[0] = 1;
	assert_int_equal(vb_memory_where(addr, 4096, 1, &node, &samples), 0);
	assert_int_equal(node, some_node());
	munmap(addr, MIB);
	errno = 0;
	assert_null(vb_memory_shared(MIB, 1000));
	assert_int_equal(errno, EINVAL);
}

static void test_room(void **state)
{
	assert_int_equal(vb_memory_room(-1, 4096, 4096), 0);
	assert_int_equal(vb_memory_room(some_node(), 4096, 4096), 0);
	assert_int_equal(vb_memory_room(-1, 4096, (size_t)1 << 50), -ENOMEM);
	/* a node that isn't there can't be asked: mbind() refuses it */
	assert_int_equal(vb_memory_room(1000, 4096, (size_t)1 << 50), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_shmem),
		cmocka_unit_test(test_memfd),
		cmocka_unit_test(test_hugetlb),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_prefault),
		cmocka_unit_test(test_folios),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
