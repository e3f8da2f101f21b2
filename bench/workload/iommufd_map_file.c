// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd_map_file: a memfd is mapped for devices by its descriptor
 * (IOMMU_IOAS_MAP_FILE, Linux 6.13), N mappings of it, one in K of them pinned by the
 * mdev, and one request unmaps them.  The kernel takes the pages from the file's page
 * cache: where this process has the file mapped does not matter.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

struct file {
	struct vb_memory memory;
	uint64_t offset;
	int fd;
};

static int get_file(struct vb_worker *w, struct file *f)
{
	const struct vb_section *s = w->section;
	int ret = vb_memory_reserve_file(&f->memory, s->backing, w->window->plan->size_bytes,
					 w->window->plan->mem_node, s->thp, &f->fd, &f->offset);

	return ret ? ret : vb_memory_prefault(&f->memory, s->prefault, s->prefault_threads);
}

static int setup(struct vb_worker *w)
{
	struct file *f = calloc(1, sizeof(*f));
	int ret;

	if (!f)
		return -ENOMEM;
	f->fd = -1;
	w->priv = f;
	ret = get_file(w, f);
	if (!ret)
		vb_op_memory_seen(w, &f->memory);
	return ret;
}

static int map(struct vb_worker *w, uint64_t offset)
{
	struct vb_worker_shared *sh = w->shared;
	uint64_t size = w->section->size_bytes, start, end;
	struct file *f = w->priv;
	int ret;

	start = vb_now_ns();
	ret = vb_iommu_map_file(&w->container->iommu, f->fd, f->offset + offset, w->iova + offset, size,
				VB_PROT_READ | VB_PROT_WRITE);
	end = vb_now_ns();
	vb_op_sample_sized(w, VB_METRIC_MAP, offset, size, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&sh->hist[VB_METRIC_MAP], end - start);
	sh->tally.maps++;
	sh->tally.mapped_bytes += size;
	w->window->mapped = true;
	return 0;
}

/* Only a worker that is alone knows whose pins the kernel counts. */
static void verify_pins(struct vb_worker *w, uint64_t before, bool mapped)
{
	uint64_t pages = mapped ? w->window->plan->size_bytes / VB_JOB_PAGE : 0;

	if (before != UINT64_MAX && w->container->plan->nr_workers == 1 && w->container->device)
		vb_op_verify(w, vb_own_foll_pins() - before == pages,
			     "the kernel does not hold as many pages as are mapped");
}

static int step(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, before = vb_own_foll_pins(), unmapped;
	int ret = 0, pinned;

	for (unsigned int i = 0; i < w->section->count && !ret; i++)
		ret = map(w, i * size);
	if (!ret)
		ret = vb_op_open_range(w, 0, w->window->plan->size_bytes);
	if (ret)
		return ret;
	verify_pins(w, before, true);
	pinned = vb_op_pin_window(w);
	if (pinned < 0)
		return pinned;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, &unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	w->shared->tally.expected_callbacks += (unsigned int)pinned;
	verify_pins(w, before, false);
	return ret;
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

const struct vb_workload_ops vb_workload_iommufd_map_file = {
	.name = "iommufd_map_file",
	.summary = "N mappings of a memfd by its descriptor (IOMMU_IOAS_MAP_FILE), one unmap request over all",
	.needs = VB_CAN_MAP_FILE,
	.own_memory = true,
	.needs_file = true,
	.step = step,
	.setup = setup,
	.teardown = teardown,
};
