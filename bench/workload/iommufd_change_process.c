// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd_change_process: a memfd is mapped by its descriptor, and what is pinned for it
 * is charged to another process (IOMMU_IOAS_CHANGE_PROCESS, Linux 6.14), as when a virtual
 * machine's program is replaced by a newer one under a running guest; then it is taken
 * back.  VmPin of both has to say who holds the pages, all of the time, and the kernel's
 * count of pins must not move.
 *
 * Of a process that may lock any memory (CAP_IPC_LOCK) Linux 7.2 moves nothing to the
 * other (doc/findings/iommufd-change-process.md): that is counted, and no mistake here as
 * long as the two together are charged what is pinned.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "bench/engine/preflight.h"
#include "bench/workload/workloads.h"

enum { CHANGES, NOT_MOVED };
static const char *const counts[] = {
	[CHANGES] = "changes", [NOT_MOVED] = "charges_not_moved", NULL
};

struct file {
	struct vb_memory memory;
	uint64_t offset;
	int fd;
};

static int setup(struct vb_worker *w)
{
	const struct vb_section *s = w->section;
	struct file *f = calloc(1, sizeof(*f));
	int ret;

	if (!f)
		return -ENOMEM;
	f->fd = -1;
	w->priv = f;
	ret = vb_memory_reserve_file(&f->memory, s->backing, w->window->plan->size_bytes,
				     w->window->plan->mem_node, s->thp, &f->fd, &f->offset);
	if (!ret)
		ret = vb_memory_prefault(&f->memory, s->prefault, s->prefault_threads);
	if (!ret)
		vb_op_memory_seen(w, &f->memory);
	return ret;
}

static uint64_t pinned_bytes(pid_t pid)
{
	struct vb_locked locked;

	return vb_locked_read(pid, &locked) ? UINT64_MAX : locked.pinned_bytes;
}

static int change(struct vb_worker *w)
{
	uint64_t start = vb_now_ns(), end;
	int ret = vb_iommu_change_process(&w->container->iommu);

	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_CHANGE_PROCESS, 0, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_CHANGE_PROCESS], end - start);
	w->shared->tally.count[CHANGES]++;
	return 0;
}

/* The other process: takes all, says so, and lives until it was taken back. */
static int other(struct vb_worker *w, int fd)
{
	int64_t word;
	int ret = change(w);

	vb_own_tell(fd, ret);
	vb_own_hear(fd, &word);
	return ret;
}

/* @before: of this process, with nothing mapped. */
static int hand_over(struct vb_worker *w, struct vb_own_child *child, uint64_t before)
{
	uint64_t all = w->window->plan->size_bytes, mine, others;
	int64_t said = 0;
	int ret = vb_own_hear(child->fd, &said);

	if (ret || said)
		return ret ? ret : (int)said;
	mine = pinned_bytes(0) - before;
	others = pinned_bytes(child->pid);
	vb_op_verify(w, mine + others == all, "two processes are not charged what one had mapped");
	vb_op_verify(w, vb_may_lock_any() || !mine, "who gave all away is charged for it still");
	w->shared->tally.count[NOT_MOVED] += mine != 0;
	ret = change(w);
	if (ret)
		return ret;
	vb_op_verify(w, pinned_bytes(0) == before + all, "who took it back is not charged for it");
	vb_op_verify(w, !pinned_bytes(child->pid), "who gave it back is charged for it still");
	ret = vb_own_tell(child->fd, 0);
	return ret ? ret : vb_own_child_reap(child, w);
}

static int map_all(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes;
	struct file *f = w->priv;
	int ret = 0;

	for (unsigned int i = 0; i < w->section->count && !ret; i++) {
		ret = vb_iommu_map_file(&w->container->iommu, f->fd, f->offset + i * size,
					w->iova + i * size, size, VB_PROT_READ | VB_PROT_WRITE);
		if (ret)
			break;
		w->window->mapped = true;
		w->shared->tally.mapped_bytes += size;
	}
	return ret;
}

static int step(struct vb_worker *w)
{
	uint64_t before = pinned_bytes(0), held = vb_own_foll_pins();
	struct vb_own_child child;
	int ret = map_all(w);

	if (ret)
		return ret;
	ret = vb_own_child_start(&child, w, other);
	if (!ret)
		ret = hand_over(w, &child, before);
	vb_own_child_end(&child, w);
	if (held != UINT64_MAX && !ret)
		vb_op_verify(w, vb_own_foll_pins() - held == w->window->plan->size_bytes / VB_JOB_PAGE,
			     "the pages were pinned, or let go, when they changed hands");
	return ret ? ret : vb_op_unmap_window(w);
}

static int teardown(struct vb_worker *w)
{
	struct file *f = w->priv;
	int ret = vb_op_unmap_window(w);

	if (!f)
		return ret;
	vb_memory_free(&f->memory);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
	w->priv = NULL;
	return ret;
}

const struct vb_workload_ops vb_workload_iommufd_change_process = {
	.name = "iommufd_change_process",
	.summary = "what a mapped memfd is charged goes to another process and back (IOMMU_IOAS_CHANGE_PROCESS)",
	.needs = VB_CAN_MAP_FILE | VB_CAN_CHANGE_PROCESS,
	.alone = true,
	.own_memory = true,
	.needs_file = true,
	.counts = counts,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
