// SPDX-License-Identifier: GPL-2.0-or-later
/* Which physical pages are behind memory: do they stay where they are pinned?  Who may look. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/machine/memory.h"

#define PRESENT		(1ull << 63)
#define PFN_MASK	((1ull << 55) - 1)

/* Opened by root for itself, or -1. */
static int kept_pagemap = -1, kept_pageflags = -1;

static int again(int kept, const char *path)
{
	return kept >= 0 ? fcntl(kept, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
}

int vb_memory_open_pagemap(void)
{
	return again(kept_pagemap, "/proc/self/pagemap");
}

int vb_memory_open_pageflags(void)
{
	return again(kept_pageflags, "/proc/kpageflags");
}

/* The kernel looks at who opened them, not at who reads (fs/proc/task_mmu.c, pagemap_read()). */
void vb_memory_keep_looking(void)
{
	kept_pagemap = vb_memory_open_pagemap();
	kept_pageflags = vb_memory_open_pageflags();
}

int vb_memory_pfns(const void *addr, size_t nr_pages, uint64_t *pfn)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = nr_pages * sizeof(*pfn);
	int fd = vb_memory_open_pagemap(), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, pfn, bytes, (off_t)((uintptr_t)addr / page * sizeof(*pfn)));
	if (n != (ssize_t)bytes)
		err = n < 0 ? -errno : -EIO;
	for (size_t i = 0; i < nr_pages && !err; i++) {
		if (pfn[i] & PRESENT && !(pfn[i] & PFN_MASK))
			err = -EPERM;
		pfn[i] = pfn[i] & PRESENT ? pfn[i] & PFN_MASK : 0;
	}
	close(fd);
	return err;
}
