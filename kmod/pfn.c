// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: page numbers for VFIO up to 5.19, which takes an array of them for each pin
 * and unpin.
 *
 * The callback must not allocate, and a run is one call; so a chunk of numbers is made
 * when a page of it is pinned for the first time, and stays until the window goes.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include "internal.h"

static unsigned long chunks(const struct vb_window *window)
{
	return DIV_ROUND_UP(vb_window_pages(window), VB_PFN_CHUNK);
}

int vb_pfns_alloc(struct vb_window *window)
{
	if (!VB_COMPAT_PFN_ARRAYS)
		return 0;
	window->pfns = kvcalloc(chunks(window), sizeof(*window->pfns), GFP_KERNEL_ACCOUNT);
	return window->pfns ? 0 : -ENOMEM;
}

void vb_pfns_free(struct vb_window *window)
{
	unsigned long i;

	for (i = 0; window->pfns && i < chunks(window); i++)
		kfree(window->pfns[i]);
	kvfree(window->pfns);
}

int vb_pfns_fill(struct vb_window *window, unsigned long page)
{
	unsigned long pfn = (window->iova >> PAGE_SHIFT) + rounddown(page, VB_PFN_CHUNK);
	struct vb_pfn_chunk *chunk;
	unsigned int i;

	chunk = kmalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(chunk->pfn); i++)
		chunk->pfn[i] = pfn + i;
	/* another thread may have been first; pairs with vb_pfns_prepare() */
	if (cmpxchg_release(&window->pfns[page / VB_PFN_CHUNK], NULL, chunk))
		kfree(chunk);
	return 0;
}
