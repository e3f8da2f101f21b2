/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For workloads that go to RLIMIT_MEMLOCK to the page.  Each of their cases is a child
 * process, which opens a container as root and then becomes a user of whom there is no
 * other process.  The limit is count= pages, and 0 in every other round of the cases.
 */
#ifndef VB_EDGE_H
#define VB_EDGE_H

#include <liburing.h>

#include "bench/engine/own.h"

/* What a case works on: pages of the window, the container, a ring. */
struct vb_edge {
	struct vb_worker *w;
	struct vb_container c;
	struct vb_memory memory;
	struct io_uring ring;
	uint64_t limit_pages;
};

struct vb_edge_case {
	int (*run)(struct vb_edge *e);
	bool needs_pci, needs_mdev;
	bool without_pci;		/* its container is opened without the device */
};

/* Of the workload: how many cases, how many refusals that had to be. */
extern const char *const vb_edge_counts[];

/* The step: one case of @cases, those that this container has all that they need for, in turn. */
int vb_edge_step(struct vb_worker *w, const struct vb_edge_case *cases, unsigned int nr);

/* VmLck and VmPin of the calling process, in pages. */
uint64_t vb_edge_locked(void);
uint64_t vb_edge_pinned(void);
void vb_edge_expect(struct vb_edge *e, bool right, const char *what);
/* @ret has to be -ENOMEM.  False: it was granted, and is to be undone for the case to go on. */
bool vb_edge_refusal(struct vb_edge *e, int ret, const char *what);
/* Pages of the memory, for devices; and as fixed buffers of the ring. */
int vb_edge_map(struct vb_edge *e, uint64_t first, uint64_t pages);
int vb_edge_unmap(struct vb_edge *e, uint64_t first, uint64_t pages);
int vb_edge_buffers(struct vb_edge *e, uint64_t pages);
/* One page of it, in any ring. */
int vb_edge_register_one(struct vb_edge *e, struct io_uring *ring, uint64_t page);

#endif /* VB_EDGE_H */
