// SPDX-License-Identifier: GPL-2.0-or-later
/* Page frames before and after. */
#include "bench/engine/pages.h"

void vb_pages_look(struct vb_pages *pages, char *memory, uint64_t size)
{
	uint64_t nr = size / VB_JOB_PAGE;

	pages->nr = nr < VB_PAGES_LOOKED_AT ? (unsigned int)nr : VB_PAGES_LOOKED_AT;
	pages->error = 0;
	for (unsigned int i = 0; i < pages->nr && !pages->error; i++) {
		pages->addr[i] = memory + nr * i / pages->nr * VB_JOB_PAGE;
		pages->error = vb_memory_pfns(pages->addr[i], 1, &pages->pfn[i]);
	}
}

bool vb_pages_stayed(const struct vb_pages *pages)
{
	uint64_t pfn;

	for (unsigned int i = 0; i < pages->nr; i++)
		if (vb_memory_pfns(pages->addr[i], 1, &pfn) || pfn != pages->pfn[i])
			return false;
	return true;
}
