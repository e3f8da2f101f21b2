// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory bound to a node before its first touch, so that no page is ever moved. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <numa.h>
#include <numaif.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/machine/memory-node.h"
#include "lib/machine/memory-room.h"
#include "lib/machine/memory.h"

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#define SZ_4K		((size_t)4 << 10)
#define SZ_2M		((size_t)2 << 20)
#define SZ_1G		((size_t)1 << 30)

struct backing {
	const char *name;
	size_t page_bytes;
	int mmap_flags;
	unsigned int memfd_flags;
	int (*open)(const struct backing *backing, size_t size_bytes);	/* NULL: no file */
};

static int open_memfd(const struct backing *backing, size_t size_bytes)
{
	int fd = memfd_create("vfio-bench", MFD_CLOEXEC | backing->memfd_flags);

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, (off_t)size_bytes))
		return fd;
	close(fd);
	return -errno;
}

/* Blocks are reserved at once: a full file system later would mean SIGBUS. */
static int open_file(const struct backing *backing, size_t size_bytes)
{
	const char *dir = getenv("TMPDIR");
	struct statfs fs;
	int fd = open(dir && *dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), err;

	(void)backing;
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs))
		err = -errno;
	else if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		err = -EOPNOTSUPP;
	else
		err = -posix_fallocate(fd, 0, (off_t)size_bytes);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static const struct backing backings[VB_NR_BACKINGS] = {
	[VB_BACKING_ANONYMOUS] = { "anonymous", SZ_4K, MAP_PRIVATE },
	[VB_BACKING_ANONYMOUS_HUGETLB_2MB] = {
		"anonymous_hugetlb_2mb", SZ_2M, MAP_PRIVATE | MAP_HUGETLB | 21 << MAP_HUGE_SHIFT
	},
	[VB_BACKING_ANONYMOUS_HUGETLB_1GB] = {
		"anonymous_hugetlb_1gb", SZ_1G, MAP_PRIVATE | MAP_HUGETLB | 30 << MAP_HUGE_SHIFT
	},
	[VB_BACKING_SHMEM] = { "shmem", SZ_4K, MAP_SHARED },
	[VB_BACKING_MEMFD] = { "memfd", SZ_4K, MAP_SHARED, 0, open_memfd },
	[VB_BACKING_MEMFD_HUGETLB_2MB] = {
		"memfd_hugetlb_2mb", SZ_2M, MAP_SHARED, MFD_HUGETLB | 21u << MAP_HUGE_SHIFT, open_memfd
	},
	[VB_BACKING_MEMFD_HUGETLB_1GB] = {
		"memfd_hugetlb_1gb", SZ_1G, MAP_SHARED, MFD_HUGETLB | 30u << MAP_HUGE_SHIFT, open_memfd
	},
	[VB_BACKING_FILE] = { "file", SZ_4K, MAP_SHARED, 0, open_file },
	[VB_BACKING_BAR] = { "bar", SZ_4K, MAP_SHARED, 0, NULL },
};

const char *vb_backing_name(enum vb_backing backing)
{
	return (unsigned int)backing < VB_NR_BACKINGS ? backings[backing].name : NULL;
}

int vb_backing_find(const char *name, enum vb_backing *backing)
{
	for (unsigned int i = 0; i < VB_NR_BACKINGS; i++) {
		if (!strcmp(backings[i].name, name)) {
			*backing = (enum vb_backing)i;
			return 0;
		}
	}
	return -EINVAL;
}

size_t vb_backing_page_bytes(enum vb_backing backing)
{
	return (unsigned int)backing < VB_NR_BACKINGS ? backings[backing].page_bytes : SZ_4K;
}

static bool has_numa(void)
{
	return numa_available() >= 0;
}

/* A kernel without NUMA has one node, 0, and no mbind(). */
static int bind_to_node(void *addr, size_t size_bytes, int node)
{
	struct vb_node_mask mask;

	if (node == -1 || (node == 0 && !has_numa()))
		return 0;
	if (node < 0 || node >= VB_MAX_NODES || !has_numa() || node > numa_max_node())
		return -EINVAL;
	mask = vb_node_mask((unsigned int)node);
	/* libnuma's numa_tonode_memory() hides mbind()'s error */
	return mbind(addr, size_bytes, MPOL_BIND, mask.word, VB_NODE_MASK_BITS, 0) ? -errno : 0;
}

static void *align_up(void *addr, size_t align)
{
	return (void *)(((uintptr_t)addr + align - 1) & ~(uintptr_t)(align - 1));
}

/* The file, if the backing has one, lives as long as the mapping; @file: the caller's, or NULL. */
static void *map_pages(const struct backing *b, size_t size_bytes, int *file)
{
	int fd = -1;
	void *addr;

	if (b->open) {
		fd = b->open(b, size_bytes);
		if (fd < 0) {
			errno = -fd;
			return MAP_FAILED;
		}
	}
	addr = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
		    b->mmap_flags | (b->open ? 0 : MAP_ANONYMOUS), fd, 0);
	if (b->open && file && addr != MAP_FAILED) {
		*file = fd;
	} else if (b->open) {
		int err = errno;

		close(fd);
		errno = err;
	}
	return addr;
}

static int map_backing(struct vb_memory *memory, int *file)
{
	const struct backing *b = &backings[memory->backing];
	size_t page = b->page_bytes, align = page < SZ_2M ? SZ_2M : page;
	size_t rounded = (memory->size_bytes + page - 1) & ~(page - 1);
	/* hugetlb mappings come aligned; others get room for it */
	size_t slack = page < SZ_2M ? SZ_2M : 0;

	if (rounded < memory->size_bytes || rounded > SIZE_MAX - slack)
		return -EINVAL;
	memory->mapped_bytes = rounded + slack;
	memory->mapped_addr = map_pages(b, memory->mapped_bytes, file);
	if (memory->mapped_addr == MAP_FAILED)
		/* EINVAL, ENODEV: the kernel has no pages of that size at all */
		return (errno == EINVAL || errno == ENODEV) && page > SZ_4K ? -ENOMEM : -errno;
	memory->addr = align_up(memory->mapped_addr, align);
	return 0;
}

static int advise(const struct vb_memory *memory, enum vb_thp thp)
{
	int advice = thp == VB_THP_ALWAYS ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

	if (thp == VB_THP_DEFAULT || backings[memory->backing].page_bytes > SZ_4K ||
	    !madvise(memory->mapped_addr, memory->mapped_bytes, advice))
		return 0;
	/* a kernel without THP knows neither, and gives none */
	if (errno == EINVAL)
		return thp == VB_THP_NEVER ? 0 : -EOPNOTSUPP;
	return -errno;
}

static int reserve(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes, int node,
		   enum vb_thp thp, int *file)
{
	int err;

	if ((unsigned int)backing >= VB_NR_BACKINGS || backing == VB_BACKING_BAR || !size_bytes ||
	    node < -1)
		return -EINVAL;
	memset(memory, 0, sizeof(*memory));
	/* A strict policy that can't be met calls the OOM killer: look first. */
	err = vb_memory_room(node, vb_backing_page_bytes(backing), size_bytes);
	if (err)
		return err;
	memory->backing = backing;
	memory->size_bytes = size_bytes;
	memory->node = node;
	err = map_backing(memory, file);
	if (err)
		goto clear;
	err = bind_to_node(memory->mapped_addr, memory->mapped_bytes, node);
	if (!err)
		err = advise(memory, thp);
	if (err)
		goto unmap;
	return 0;
unmap:
	munmap(memory->mapped_addr, memory->mapped_bytes);
	if (file)
		close(*file);
clear:
	memset(memory, 0, sizeof(*memory));
	return err;
}

int vb_memory_reserve(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes,
		      int node, enum vb_thp thp)
{
	return reserve(memory, backing, size_bytes, node, thp, NULL);
}

bool vb_backing_has_file(enum vb_backing backing)
{
	return (unsigned int)backing < VB_NR_BACKINGS && backings[backing].open == open_memfd;
}

int vb_memory_reserve_file(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes,
			   int node, enum vb_thp thp, int *fd, uint64_t *offset)
{
	int ret = vb_backing_has_file(backing) ?
		  reserve(memory, backing, size_bytes, node, thp, fd) : -EINVAL;

	if (!ret)
		*offset = (uint64_t)((char *)memory->addr - (char *)memory->mapped_addr);
	return ret;
}

int vb_memory_alloc(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes,
		    int node)
{
	int err = vb_memory_reserve(memory, backing, size_bytes, node, VB_THP_DEFAULT);

	if (err)
		return err;
	err = vb_memory_prefault(memory, VB_PREFAULT_POPULATE, 0);
	if (err)
		vb_memory_free(memory);
	return err;
}

void vb_memory_free(struct vb_memory *memory)
{
	if (memory->mapped_bytes)
		munmap(memory->mapped_addr, memory->mapped_bytes);
	memset(memory, 0, sizeof(*memory));
}

void *vb_memory_shared(size_t size_bytes, int node)
{
	void *addr = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	if (addr == MAP_FAILED)
		return NULL;
	err = bind_to_node(addr, size_bytes, node);
	if (err) {
		munmap(addr, size_bytes);
		errno = -err;
		return NULL;
	}
	return addr;
}

#define WHERE_BATCH 256

/* One batch: *node becomes its node, or stays; -EXDEV: they differ. */
static int where_batch(void **pages, unsigned long count, int *node)
{
	int status[WHERE_BATCH];

	if (move_pages(0, count, pages, NULL, status, 0) < 0)
		return -errno;
	for (unsigned long i = 0; i < count; i++) {
		if (status[i] < 0)
			return status[i];
		if (*node >= 0 && *node != status[i])
			return -EXDEV;
		*node = status[i];
	}
	return 0;
}

int vb_memory_where(const void *addr, size_t size_bytes, size_t max_samples, int *node,
		    size_t *samples)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), nr_pages = (size_bytes + page - 1) / page;
	size_t nr = nr_pages < max_samples ? nr_pages : max_samples, done = 0;
	void *pages[WHERE_BATCH];
	int err = 0;

	*node = -1;
	*samples = 0;
	if (!nr)
		return -EINVAL;
	while (done < nr && !err) {
		unsigned long n = 0;

		for (; n < WHERE_BATCH && done + n < nr; n++)
			pages[n] = (char *)(uintptr_t)addr +
				   (size_t)((__uint128_t)nr_pages * (done + n) / nr) * page;
		err = where_batch(pages, n, node);
		done += n;
	}
	if (err == -ENOSYS) {
		/* one node; nobody needs to ask */
		*node = 0;
		err = 0;
	} else if (err == -EXDEV) {
		*node = -1;
		err = 0;
	} else if (err) {
		return err;
	}
	*samples = done;
	return 0;
}

static bool is_huge_line(const char *line)
{
	static const char *const names[] = {
		"AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:", "Shared_Hugetlb:",
		"Private_Hugetlb:",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return true;
	return false;
}

/* The kernel may have merged the mapping with a neighbour: never more than its size. */
int vb_memory_huge_bytes(const struct vb_memory *memory, uint64_t *bytes)
{
	uintptr_t first = (uintptr_t)memory->addr, end = first + memory->size_bytes;
	FILE *smaps = fopen("/proc/self/smaps", "re");
	bool inside = false;
	char line[512];
	int err;

	*bytes = 0;
	if (!smaps)
		return -errno;
	while (fgets(line, sizeof(line), smaps)) {
		uintptr_t vma_first, vma_end;
		uint64_t kib;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &vma_first, &vma_end) == 2)
			inside = vma_first < end && vma_end > first;
		else if (inside && is_huge_line(line) &&
			 sscanf(line, "%*[^:]: %" SCNu64 " kB", &kib) == 1)
			*bytes += kib << 10;
	}
	err = ferror(smaps) ? -EIO : 0;
	fclose(smaps);
	if (*bytes > memory->size_bytes)
		*bytes = memory->size_bytes;
	return err;
}
