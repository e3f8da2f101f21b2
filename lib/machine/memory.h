/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory on a chosen node, by backing; where its pages really are. */
#ifndef VB_MEMORY_H
#define VB_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Upstream's names for what lies behind a mapping. */
enum vb_backing {
	VB_BACKING_ANONYMOUS,		/* the kernel's default THP setting */
	VB_BACKING_ANONYMOUS_HUGETLB_2MB,
	VB_BACKING_ANONYMOUS_HUGETLB_1GB,
	VB_BACKING_SHMEM,
	VB_NR_BACKINGS
};

struct vb_memory {
	void *addr;			/* aligned to 2 MiB, or the backing's page size */
	size_t size_bytes;
	size_t mapped_bytes;		/* of the whole mmap, for vb_memory_free() */
	void *mapped_addr;
	enum vb_backing backing;
};

/* "anonymous", ...; NULL past the last. */
const char *vb_backing_name(enum vb_backing backing);
/* -EINVAL: no such name. */
int vb_backing_find(const char *name, enum vb_backing *backing);
/* Size of the backing's pages in bytes as far as it fixes one (4 KiB otherwise). */
size_t vb_backing_page_bytes(enum vb_backing backing);

/*
 * Allocate, bind to @node (-1: anywhere) with a strict policy, and touch every
 * page.  -ENOMEM: not enough memory (or hugepages) there.
 */
int vb_memory_alloc(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes,
		    int node);
void vb_memory_free(struct vb_memory *memory);
/*
 * Shared anonymous memory (fork shares it) on @node (-1: anywhere), zeroed,
 * touched by the caller later; freed with munmap(addr, size).  NULL: errno.
 */
void *vb_memory_shared(size_t size_bytes, int node);
/*
 * Where @memory's pages are (move_pages without moving, at most @max_samples
 * evenly spread): *node is the node of all of them, or -1 when they differ.
 * *samples: how many were looked at.
 */
int vb_memory_where(const void *addr, size_t size_bytes, size_t max_samples, int *node,
		    size_t *samples);
/* Bytes of @memory that huge pages back now (/proc/self/smaps; may block). */
int vb_memory_huge_bytes(const struct vb_memory *memory, uint64_t *bytes);

#endif /* VB_MEMORY_H */
