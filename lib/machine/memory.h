/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory on a chosen node, by backing; where its pages really are. */
#ifndef VB_MEMORY_H
#define VB_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upstream's names for what lies behind a mapping. */
enum vb_backing {
	VB_BACKING_ANONYMOUS,
	VB_BACKING_ANONYMOUS_HUGETLB_2MB,
	VB_BACKING_ANONYMOUS_HUGETLB_1GB,
	VB_BACKING_SHMEM,
	VB_BACKING_MEMFD,		/* as virtual machines share theirs with other processes */
	VB_BACKING_MEMFD_HUGETLB_2MB,
	VB_BACKING_MEMFD_HUGETLB_1GB,
	VB_BACKING_FILE,		/* page cache of a file without name in $TMPDIR, else /var/tmp */
	VB_BACKING_BAR,			/* of the assigned device: vb_device_bar_memory() */
	VB_NR_BACKINGS
};

/* Transparent huge pages; hugetlb takes no advice. */
enum vb_thp {
	VB_THP_DEFAULT,			/* as the system is set */
	VB_THP_ALWAYS,			/* MADV_HUGEPAGE */
	VB_THP_NEVER,			/* MADV_NOHUGEPAGE */
};

/* How pages come to be present before they are mapped. */
enum vb_prefault {
	VB_PREFAULT_POPULATE,		/* MADV_POPULATE_WRITE */
	VB_PREFAULT_NONE,		/* not: whoever pins them faults them in */
	VB_PREFAULT_TOUCH,		/* a write to each page */
	VB_PREFAULT_MEMSET,		/* a write to each byte */
	VB_PREFAULT_PARALLEL,		/* as touch, by several threads, each a slice */
};

#define VB_PREFAULT_THREADS_MAX	256

struct vb_memory {
	void *addr;			/* aligned to 2 MiB, or the backing's page size */
	size_t size_bytes;
	size_t mapped_bytes;		/* of the whole mmap, for vb_memory_free() */
	void *mapped_addr;
	enum vb_backing backing;
	int node;			/* that it is bound to; -1: none */
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
/*
 * The same without the touching, and with a say in huge pages.  -EOPNOTSUPP:
 * this kernel has no transparent huge pages; or the folder for VB_BACKING_FILE
 * is one of memory (tmpfs), where a file would be shmem.
 */
int vb_memory_reserve(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes,
		      int node, enum vb_thp thp);
/* Is there a file behind it that can be mapped for devices by its descriptor: a memfd? */
bool vb_backing_has_file(enum vb_backing backing);
/*
 * vb_memory_reserve() of such a one: *fd is its file, the caller's to close, @memory
 * begins at *offset of it.  -EINVAL: not such a one.
 */
int vb_memory_reserve_file(struct vb_memory *memory, enum vb_backing backing, size_t size_bytes,
			   int node, enum vb_thp thp, int *fd, uint64_t *offset);
/*
 * Make all of @memory present.  @threads, at most VB_PREFAULT_THREADS_MAX, are
 * VB_PREFAULT_PARALLEL's; they run on the CPUs of the memory's node (of the
 * whole machine if it has none, or there is no node), not only on the caller's.
 */
int vb_memory_prefault(const struct vb_memory *memory, enum vb_prefault how,
		       unsigned int threads);
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
/*
 * Keep the files open that the next ones look at, for when this process is root
 * no more.  Not for its children: /proc/self/pagemap stays this process's.
 */
void vb_memory_keep_looking(void);
/* Their fds, the caller's to close; -1: errno says why. */
int vb_memory_open_pagemap(void);
int vb_memory_open_pageflags(void);
/*
 * Page frame numbers of @nr_pages pages from @addr, 0 where none is present.
 * -EPERM: the kernel tells them to root alone.
 */
int vb_memory_pfns(const void *addr, size_t nr_pages, uint64_t *pfn);
/* Bytes of @memory that huge pages back now (/proc/self/smaps; may block). */
int vb_memory_huge_bytes(const struct vb_memory *memory, uint64_t *bytes);


#define VB_FOLIO_ORDERS		19	/* 4 KiB to 1 GiB */

/* Folios behind memory, by size: count[i] of page size << i. */
struct vb_folios {
	int error;			/* -errno: why nobody looked, or not at all of it */
	uint64_t looked_at_bytes;	/* 0: nobody looked */
	uint64_t count[VB_FOLIO_ORDERS];
};

/*
 * Add those behind @memory to *folios, from /proc/self/pagemap and
 * /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst), which only root
 * may read (-EPERM).  Of much memory, stretches evenly spread over it are looked
 * at.  Pages that are not present count for nothing.
 */
int vb_memory_folios(const struct vb_memory *memory, struct vb_folios *folios);
void vb_folios_add(struct vb_folios *sum, const struct vb_folios *more);

#endif /* VB_MEMORY_H */
