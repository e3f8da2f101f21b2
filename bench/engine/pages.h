/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do the pages behind a worker's memory stay where they are while they are pinned? */
#ifndef VB_PAGES_H
#define VB_PAGES_H

#include "bench/engine/worker.h"

#define VB_PAGES_LOOKED_AT 64

/* Some pages, evenly spread over a stretch of memory, and where they are. */
struct vb_pages {
	int error;			/* -errno: the kernel doesn't tell (not root) */
	unsigned int nr;
	char *addr[VB_PAGES_LOOKED_AT];
	uint64_t pfn[VB_PAGES_LOOKED_AT];	/* 0: not present */
};

/* Does a mapping pin its pages?  It does where an IOMMU maps: not for an mdev alone. */
static inline bool vb_pages_held(const struct vb_worker *w)
{
	return w->container->iommu.ops->has_devices && w->container->device;
}

void vb_pages_look(struct vb_pages *pages, char *memory, uint64_t size);
/* Are they all where they were?  For pages that could be looked at: pages->error is 0. */
bool vb_pages_stayed(const struct vb_pages *pages);

#endif /* VB_PAGES_H */
