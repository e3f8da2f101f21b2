// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory_advise: what the memory management is told to do with pages that VFIO
 * holds (advice=): drop them, write them out, collapse them to a huge page, move
 * them to another node, compact the machine's memory.  A pinned page may not move
 * or go, whatever is asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <numaif.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/engine/pages.h"
#include "bench/workload/workloads.h"
#include "lib/machine/sysfs.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25		/* Linux 6.1 */
#endif
#define MARK	0x3c

enum { DONE, REFUSED };
static const char *const counts[] = { "done", "refused", NULL };

static int drop(struct vb_worker *w)
{
	return madvise(w->memory, w->window->plan->size_bytes, MADV_DONTNEED) ? -errno : 0;
}

static int write_out(struct vb_worker *w)
{
	return madvise(w->memory, w->window->plan->size_bytes, MADV_PAGEOUT) ? -errno : 0;
}

static int collapse(struct vb_worker *w)
{
	return madvise(w->memory, w->window->plan->size_bytes, MADV_COLLAPSE) ? -errno : 0;
}

static int compact(struct vb_worker *w)
{
	ssize_t ret = vb_sysfs_write("/proc/sys/vm/compact_memory", "1");

	(void)w;
	return ret < 0 ? (int)ret : 0;
}

/* To every node in turn; where there is one alone, pages are there already. */
static int move(struct vb_worker *w)
{
	uint64_t page = w->cursor++ % (w->window->plan->size_bytes / VB_JOB_PAGE);
	char *addr = w->memory + page * VB_JOB_PAGE;
	int node = w->window->plan->mem_node == 0 ? 1 : 0, status = 0;
	void *addrs = addr;
	long left = move_pages(0, 1, &addrs, &node, &status, MPOL_MF_MOVE);

	if (left < 0)
		return -errno;
	return left ? -EBUSY : status < 0 ? status : 0;
}

static const struct {
	int (*ask)(struct vb_worker *w);
	bool drops;			/* the process loses its view of the pages */
	bool elsewhere;			/* where memory was told to be, it may not be after this */
} advices[] = {
	[VB_ADVICE_DONTNEED] = { drop, true, true },
	[VB_ADVICE_PAGEOUT] = { write_out, false, true },
	[VB_ADVICE_COLLAPSE] = { collapse, false, false },
	[VB_ADVICE_MOVE] = { move, false, true },
	[VB_ADVICE_COMPACT] = { compact, false, false },
};

/* What the memory management can't or won't do is an answer; other errors are ours. */
static bool refuses(int error)
{
	return error == -EBUSY || error == -EAGAIN || error == -EIO || error == -EINVAL ||
	       error == -ENOMEM || error == -EACCES || error == -ENODEV || error == -ENOENT;
}

static int ask(struct vb_worker *w)
{
	uint64_t start = vb_now_ns(), end;
	int ret = advices[w->section->advice].ask(w);

	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_MEMORY_OP, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[VB_METRIC_MEMORY_OP], end - start);
	if (ret && !refuses(ret))
		return ret;
	w->shared->tally.count[ret ? REFUSED : DONE]++;
	return 0;
}

static bool is_private(enum vb_backing backing)
{
	return backing == VB_BACKING_ANONYMOUS || backing == VB_BACKING_ANONYMOUS_HUGETLB_2MB ||
	       backing == VB_BACKING_ANONYMOUS_HUGETLB_1GB;
}

/* 0, or the mark where the pages stayed in the process. */
static bool reads_as(struct vb_worker *w, int value)
{
	for (uint64_t at = 0; at < w->window->plan->size_bytes; at += VB_JOB_PAGE)
		if (w->memory[at] != (char)value)
			return false;
	return true;
}

static int step(struct vb_worker *w)
{
	/* Shared memory stays where others see it. */
	bool drops = advices[w->section->advice].drops && is_private(w->section->backing);
	uint64_t bytes = w->window->plan->size_bytes, unmapped;
	struct vb_pages pages;
	int ret;

	memset(w->memory, MARK, bytes);
	ret = vb_op_map_window(w);
	if (ret)
		return ret;
	vb_pages_look(&pages, w->memory, bytes);
	if (advices[w->section->advice].elsewhere)
		vb_op_memory_seen(w, &w->window->memory);
	ret = ask(w);
	if (ret)
		return ret;
	if (!drops && !pages.error && vb_pages_held(w))
		vb_op_verify(w, vb_pages_stayed(&pages), "a page that VFIO holds was moved");
	vb_op_verify(w, reads_as(w, drops ? 0 : MARK), "memory does not hold what it has to");
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, bytes, VB_METRIC_REQUEST, &unmapped);
	if (ret)
		return ret;
	vb_op_verify(w, unmapped == bytes, "the request unmapped less than was mapped");
	return vb_op_request_end(w);
}

const struct vb_workload_ops vb_workload_memory_advise = {
	.name = "memory_advise",
	.summary = "pages that are mapped are dropped, written out, collapsed, moved, compacted",
	.needs_root = "may write to compact_memory",
	.counts = counts,
	.pinners_allowed = true,
	.step = step,
	.teardown = vb_op_unmap_window,
};
