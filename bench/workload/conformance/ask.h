/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking what a kernel promises: what the files of this folder share.  Each question is
 * a function that has a process and a container of its own, both thrown away after it.
 * It may leave anything mapped, pinned and open.  What is between question and container
 * is done by the functions below; each of them says in the answer's place what failed.
 */
#ifndef VB_ASK_H
#define VB_ASK_H

#include <pthread.h>

#include "bench/engine/own.h"

#define ASK_PAGE	4096ull
#define ASK_PAGES	1024u		/* of IOVA and memory, each question has them all */

/* What is in the container when the question begins.  Bits. */
enum vb_ask_with {
	WITH_PCI = 1,			/* the assigned device */
	WITH_MDEV = 2,			/* an mdev, open; two with WITH_OTHER */
	WITH_OTHER = 4,
	WITH_EITHER = 8,		/* the device, or, where there is none, an mdev */
	WITH_NOTHING = 16,		/* no container: the question opens one, with one mdev's group */
	WITH_TYPE1 = 32,		/* a container of VFIO's own, no IOMMUFD */
	WITH_IOCTLS = 64,		/* by type1's ioctls as they are: not IOMMUFD's own mode */
	WITH_V2 = 128,			/* pins, or dirty bitmaps: not version 1 of type1 */
};

/* Not asked, vb_ask.why says why: of this kernel, which has to be expected of it, ... */
#define ASK_NOT		1
#define ASK_NOT_HERE	2		/* ... or with this job, in this mode, on this machine */

struct vb_ask {
	struct vb_worker *w;
	struct vb_container c;
	char *memory;			/* ASK_PAGES */
	uint64_t pins_before;		/* vb_own_foll_pins(), before anything was opened */
	int64_t answer;
	char why[VB_ANSWER_WHY];
};

extern const struct vb_promise vb_promises_map[], vb_promises_unmap[], vb_promises_pin[],
			       vb_promises_callback[], vb_promises_concurrent[],
			       vb_promises_dirty[], vb_promises_lifetime[];

/* Returns ASK_NOT. */
int ask_not(struct vb_ask *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Returns ASK_NOT_HERE. */
int ask_not_here(struct vb_ask *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Returns @ret; if it is an error, and none was told so far, "what: EINVAL" is told. */
int ask_told(struct vb_ask *a, int ret, const char *what);
/* The answer is @ret, 0 or -errno: as a positive errno. */
int ask_errno(struct vb_ask *a, int ret);
int ask_value(struct vb_ask *a, int64_t value);

static inline const char *ask_mode(const struct vb_ask *a)
{
	return a->c.plan->run->global.iommu->name;
}

static inline uint64_t ask_iova(const struct vb_ask *a, uint64_t page)
{
	return a->w->iova + page * ASK_PAGE;
}

/*
 * Pages of the question's IOVAs, counted from their first; memory is the same there.
 * 0, or -errno, told.
 */
int ask_map(struct vb_ask *a, unsigned int page, unsigned int pages);
/* @bytes: as the kernel says; may be NULL. */
int ask_unmap(struct vb_ask *a, unsigned int page, unsigned int pages, uint64_t *bytes);
/* By mdev @which, in one call.  Its window is registered with the first one. */
int ask_pin(struct vb_ask *a, unsigned int which, unsigned int page, unsigned int pages);
/* The same, not told: its answer is what is asked for. */
int ask_try_pin(struct vb_ask *a, unsigned int which, unsigned int page, unsigned int pages);
/* The answer is VFIO's to what the module asks it past its own limits, for mdev 0. */
int ask_vfio(struct vb_ask *a, enum vb_question what, unsigned int page, unsigned int pages);
/* How long each callback of mdev @which waits, after it has unpinned. */
int ask_delay(struct vb_ask *a, unsigned int which, unsigned int ms);
/* Callbacks that mdev @which got. */
int ask_callbacks(struct vb_ask *a, unsigned int which, struct vb_ioc_stats *stats);
/* Bytes that are left of a mapping of the first @pages pages: all is unmapped. */
int ask_left(struct vb_ask *a, unsigned int pages, uint64_t *bytes);
/*
 * What the mode charges the process: VmLck, and VmPin where it is IOMMUFD's, which counts
 * in VmLck only for who opens the /dev/vfio/vfio of its own: iommufd_fops_open() in
 * drivers/iommu/iommufd/main.c (6.12, 7.2).
 */
int ask_charged(struct vb_ask *a, uint64_t *bytes);
/*
 * It is the answer, less @before.  In IOMMUFD's modes: bytes that the kernel's own count
 * of pins says, if it can be believed.
 */
int ask_still_held(struct vb_ask *a, uint64_t before);

/*
 * type1's ioctls with what nobody would ask for; 0 or -errno, not told.  IOMMUFD's own
 * mode is asked by its own, which take no argsz and no flags but the two of a mapping
 * and VFIO_DMA_UNMAP_FLAG_ALL: other questions are WITH_IOCTLS.
 */
struct vb_raw {
	uint32_t argsz;			/* 0: the right one */
	uint32_t flags;
	uint64_t iova, size;
	void *vaddr;
};

int ask_raw_map(struct vb_ask *a, const struct vb_raw *raw);
int ask_raw_unmap(struct vb_ask *a, const struct vb_raw *raw, uint64_t *bytes);

/* An unmap request by a thread of its own, which is still in it when a callback has unpinned. */
struct vb_ask_unmap {
	struct vb_ask *a;
	pthread_t thread;
	unsigned int page, pages;
	int ret;
	uint64_t bytes;
};

#define ASK_DELAY_MS	400u		/* long against all that is not to wait for it */

/*
 * One mapping of one page, in page 0, pinned by mdev @which, whose callback waits: returns
 * when the request is in that callback, nothing pinned any more.
 */
int ask_begin_unmap(struct vb_ask *a, struct vb_ask_unmap *unmap, unsigned int which);
/* A request of a thread of its own. */
int ask_start_unmap(struct vb_ask *a, struct vb_ask_unmap *unmap, unsigned int page,
		    unsigned int pages);
/* Until callbacks of mdev @which have unpinned so many pages; its counters then. */
int ask_wait_unpinned(struct vb_ask *a, unsigned int which, unsigned int pages,
		      struct vb_ioc_stats *stats);
/* Until it is done. */
int ask_end_unmap(struct vb_ask_unmap *unmap);
/* Did what took so long wait for a callback? */
static inline bool ask_waited(uint64_t start_ns, uint64_t end_ns)
{
	return end_ns - start_ns >= ASK_DELAY_MS * 1000000ull / 2;
}

/*
 * In a child of the question's process, which is awaited; @what may also end it by
 * SIGKILL.  0 or -errno, told.
 */
int ask_in_child(struct vb_ask *a, int (*what)(struct vb_ask *a));

#endif /* VB_ASK_H */
