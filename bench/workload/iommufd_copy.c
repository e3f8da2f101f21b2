// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd_copy: N mappings, each copied (IOMMU_IOAS_COPY) into spaces= further address
 * spaces, each with a page table of its own.  The kernel pins the pages once, however
 * many tables they are in, and as long as they are in one of them: the space that they
 * were copied from goes first in every other step.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

enum { COPIES, FIRST_GONE };
static const char *const counts[] = {
	[COPIES] = "copies", [FIRST_GONE] = "copies_outlived_source", NULL
};

static int setup(struct vb_worker *w)
{
	struct vb_iommu_space *space = calloc(w->section->spaces, sizeof(*space));

	if (!space)
		return -ENOMEM;
	w->priv = space;
	for (unsigned int i = 0; i < w->section->spaces; i++) {
		int ret = vb_iommu_add_space(&w->container->iommu, &space[i]);

		if (ret)
			return ret;
	}
	return 0;
}

/* Only a worker that is alone knows whose pins the kernel counts. */
static void verify_pins(struct vb_worker *w, uint64_t before, bool held)
{
	uint64_t pages = held && w->container->device ? w->window->plan->size_bytes / VB_JOB_PAGE : 0;

	if (before == UINT64_MAX || w->container->plan->nr_workers > 1)
		return;
	vb_op_verify(w, vb_own_foll_pins() - before == pages,
		     held ? "the kernel does not hold each page once, whatever tables it is in" :
			    "pages stayed pinned after the last table was emptied");
}

static int copy_window(struct vb_worker *w, const struct vb_iommu_space *space)
{
	struct vb_worker_shared *sh = w->shared;
	uint64_t size = w->section->size_bytes;

	for (unsigned int i = 0; i < w->section->count; i++) {
		uint64_t start = vb_now_ns(), end;
		int ret = vb_iommu_copy(&w->container->iommu, space, w->iova + i * size, size,
					VB_PROT_READ | VB_PROT_WRITE);

		end = vb_now_ns();
		vb_op_sample_sized(w, VB_METRIC_COPY, i * size, size, start, end, ret);
		if (ret)
			return ret;
		vb_hist_add(&sh->hist[VB_METRIC_COPY], end - start);
		sh->tally.mapped_bytes += size;
		sh->tally.count[COPIES]++;
	}
	return 0;
}

static int drop_copies(struct vb_worker *w, const struct vb_iommu_space *space)
{
	uint64_t window = w->window->plan->size_bytes, unmapped = 0, start = vb_now_ns(), end;
	int ret = vb_iommu_unmap_space(&w->container->iommu, space, w->iova, window, &unmapped);

	end = vb_now_ns();
	vb_op_sample_sized(w, VB_METRIC_UNMAP_COPY, 0, window, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_UNMAP_COPY], end - start);
	w->shared->tally.unmapped_bytes += unmapped;
	vb_op_verify(w, unmapped == window, "an address space did not have all that was copied into it");
	return 0;
}

static int drop_source(struct vb_worker *w)
{
	uint64_t unmapped;
	int ret;

	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, &unmapped);
	return ret ? ret : vb_op_request_end(w);
}

static int step(struct vb_worker *w)
{
	bool source_first = w->cursor++ & 1;
	const struct vb_iommu_space *space = w->priv;
	uint64_t before = vb_own_foll_pins();
	unsigned int nr = w->section->spaces;
	int ret = vb_op_map_window(w);

	for (unsigned int i = 0; i < nr && !ret; i++)
		ret = copy_window(w, &space[i]);
	if (ret)
		return ret;
	verify_pins(w, before, true);
	ret = source_first ? drop_source(w) : 0;
	for (unsigned int i = 0; i < nr && !ret; i++) {
		verify_pins(w, before, true);
		ret = drop_copies(w, &space[i]);
	}
	if (!ret && !source_first)
		ret = drop_source(w);
	verify_pins(w, before, false);
	w->shared->tally.count[FIRST_GONE] += source_first ? (uint64_t)nr * w->section->count : 0;
	return ret;
}

static int teardown(struct vb_worker *w)
{
	struct vb_iommu_space *space = w->priv;
	int ret = vb_op_unmap_window(w);

	for (unsigned int i = 0; space && i < w->section->spaces; i++)
		if (space[i].ioas) {
			int ret2 = vb_iommu_remove_space(&w->container->iommu, &space[i]);

			ret = ret ? ret : ret2;
		}
	free(space);
	w->priv = NULL;
	return ret;
}

const struct vb_workload_ops vb_workload_iommufd_copy = {
	.name = "iommufd_copy",
	.summary = "N mappings copied into other address spaces (IOMMU_IOAS_COPY), pinned once for all",
	.needs = VB_CAN_COPY,
	.copies = true,
	.counts = counts,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
