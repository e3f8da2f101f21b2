// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exit_mapped: a process maps N mappings in a container of its own and ends,
 * by itself or by SIGKILL (end=), with all of them still there: how long until
 * it is gone, and is everything given back?
 */
#include <errno.h>
#include <signal.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

enum { MAPPINGS, PINNED_PAGES };
static const char *const counts[] = { "mappings", "pages_pinned_by_mdev", NULL };

static int map_all(struct vb_worker *w, struct vb_container *c, char *memory)
{
	uint64_t size = w->section->size_bytes;
	int ret = 0;

	for (unsigned int i = 0; i < w->section->count && !ret; i++)
		ret = vb_iommu_map(&c->iommu, memory + i * size, w->iova + i * size, size,
				   VB_PROT_READ | VB_PROT_WRITE);
	return ret;
}

/* Tells how many pages the mdev pinned, or -errno; then waits for its end. */
static int child(struct vb_worker *w, int fd)
{
	struct vb_memory memory;
	struct vb_container c;
	uint64_t pages = 0;
	int64_t word;
	int ret = vb_own_open(w, &c);

	if (!ret)
		ret = vb_memory_alloc(&memory, w->section->backing, w->window->plan->size_bytes,
				      w->window->plan->mem_node);
	if (!ret)
		ret = map_all(w, &c, memory.addr);
	if (!ret)
		ret = vb_own_pin(w, &c, &pages);
	vb_own_tell(fd, ret ? ret : (int64_t)pages);
	if (!ret)
		vb_own_hear(fd, &word);
	return ret;	/* the process ends, nothing is unmapped or closed by hand */
}

/* While it lives: the kernel has charged and pinned what was mapped. */
static void verify_mapped(struct vb_worker *w, pid_t pid, uint64_t before, uint64_t pinned)
{
	uint64_t bytes = w->window->plan->size_bytes, now = vb_own_foll_pins();
	const struct vb_iommu_ops *iommu = w->container->plan->run->global.iommu;
	bool pci = w->section->device != VB_TARGET_MDEV;
	uint64_t pages = pci ? bytes / VB_JOB_PAGE : 0;
	struct vb_locked locked;

	vb_op_verify(w, !vb_locked_read(pid, &locked) && (!pci || vb_charged(iommu, &locked) == bytes),
		     "the process is not charged what it has mapped");
	if (!pci || !iommu->pins_once)
		pages += pinned;
	if (now != UINT64_MAX)
		vb_op_verify(w, now - before == pages,
			     "the kernel does not hold as many pages as were mapped and pinned");
}

/* Afterwards: pins are gone and the devices can be had again. */
static void verify_gone(struct vb_worker *w, uint64_t before)
{
	const struct vb_iommu_ops *iommu = w->container->plan->run->global.iommu;
	struct vb_container *c = w->container;

	if (before != UINT64_MAX)
		vb_op_verify(w, vb_own_foll_pins() == before, "pages stayed pinned after the process's end");
	if (c->device)
		vb_op_verify(w, !vb_device_available(c->device, iommu), "the device is still in use");
	for (unsigned int i = 0; i < c->nr_mdevs; i++)
		vb_op_verify(w, !vb_mdev_available(&c->mdev[i], iommu), "an mdev is still in use");
}

/* From the word, or the signal, until nothing is left of it. */
static int end_child(struct vb_worker *w, struct vb_own_child *process)
{
	bool kills = w->section->end == VB_END_KILL;
	uint64_t start = vb_now_ns(), end;
	int ret;

	if (kills)
		kill(process->pid, SIGKILL);
	else
		vb_own_tell(process->fd, 0);
	ret = vb_own_child_reap(process, w);
	end = vb_now_ns();
	if (kills && ret == -EINTR)
		ret = 0;
	vb_op_sample(w, VB_METRIC_EXIT, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[VB_METRIC_EXIT], end - start);
	return ret;
}

static int step(struct vb_worker *w)
{
	uint64_t before = vb_own_foll_pins();
	struct vb_own_child process;
	int64_t pinned;
	int ret = vb_own_child_start(&process, w, child);

	if (!ret)
		ret = vb_own_hear(process.fd, &pinned);
	if (!ret && pinned < 0)
		ret = (int)pinned;
	if (!ret) {
		verify_mapped(w, process.pid, before, (uint64_t)pinned);
		ret = end_child(w, &process);
	}
	vb_own_child_end(&process, w);
	if (ret)
		return ret;
	w->shared->tally.count[MAPPINGS] += w->section->count;
	w->shared->tally.count[PINNED_PAGES] += (uint64_t)pinned;
	verify_gone(w, before);
	return 0;
}

const struct vb_workload_ops vb_workload_exit_mapped = {
	.name = "exit_mapped",
	.summary = "a process ends with N mappings in its container, by itself or by SIGKILL",
	.needs_root = "opens containers",
	.counts = counts,
	.own_container = true,
	.own_memory = true,
	.step = step,
};
