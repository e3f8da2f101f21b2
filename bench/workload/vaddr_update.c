// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vaddr_update: what a live update of QEMU does (VFIO_UPDATE_VADDR, Linux 5.12):
 * each mapping's address is declared invalid, and another address of the same
 * memory given.  The device is to reach that memory all the time, through the
 * same IOVA: it copies the first mapping to the second between the two and after
 * them, and the bytes are looked at through the address that is not the kernel's.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/engine/op_dma.h"
#include "bench/workload/workloads.h"

enum { UPDATES, COPIES };

static const char *const counts[] = { [UPDATES] = "updates", [COPIES] = "dma_copies", NULL };

/* The window's memory at another address.  mremap(2): old_size 0 of a shared mapping. */
static int setup(struct vb_worker *w)
{
	size_t bytes = w->window->plan->size_bytes;
	void *twin;

	if (w->container->nr_mdevs)
		return vb_step_failed(w, "with an mdev in the container no address can be updated: give "
				      "device=pci to all sections");
	if (!(vb_iommu_can(&w->container->iommu) & VB_CAN_UPDATE_VADDR))
		return vb_step_failed(w, "this kernel can't update addresses (VFIO_UPDATE_VADDR)");
	twin = mremap(w->memory, 0, bytes, MREMAP_MAYMOVE);
	if (twin == MAP_FAILED)
		return errno == EINVAL ? vb_step_failed(w, "memory of backing=%s has one address: give shmem",
							vb_backing_name(w->section->backing)) : -errno;
	w->priv = twin;
	return 0;
}

/* The device copies mapping 0 to mapping 1, or writes its own there; seen through @view. */
static int copy(struct vb_worker *w, char *view, const char *what)
{
	struct vb_device *device = w->container->device;
	uint64_t size = w->section->size_bytes;
	size_t bytes = vb_op_dma_bytes(w);
	int ret;

	vb_op_dma_fill(w, view, bytes);
	vb_op_dma_fill(w, view + size, bytes);
	ret = vb_device_dma(device, w->iova, w->iova + size, bytes);
	if (ret)
		return ret;
	vb_op_verify(w, vb_device_dma_arrived(device, view, view + size, bytes), what);
	w->shared->tally.count[COPIES]++;
	w->shared->tally.dma_bytes += vb_op_dma_moved(w, bytes);
	return 0;
}

static int timed(struct vb_worker *w, enum vb_metric metric, uint64_t start, int ret)
{
	uint64_t end = vb_now_ns();

	vb_op_sample(w, metric, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[metric], end - start);
	return ret;
}

static int invalidate(struct vb_worker *w)
{
	uint64_t all = w->window->plan->size_bytes, bytes = 0, start = vb_now_ns();
	int ret = vb_iommu_invalidate_vaddr(&w->container->iommu, w->iova, all, &bytes);

	ret = timed(w, VB_METRIC_VADDR_INVALIDATE, start, ret);
	if (!ret)
		vb_op_verify(w, bytes == all, "not all addresses were made invalid");
	return ret;
}

static int update(struct vb_worker *w, char *view)
{
	uint64_t size = w->section->size_bytes;
	int ret = 0;

	for (unsigned int i = 0; i < w->section->count && !ret; i++) {
		uint64_t start = vb_now_ns();

		ret = vb_iommu_update_vaddr(&w->container->iommu, view + i * size,
					    w->iova + i * size, size);
		ret = timed(w, VB_METRIC_VADDR_UPDATE, start, ret);
		w->shared->tally.count[UPDATES] += !ret;
	}
	return ret;
}

static int step(struct vb_worker *w)
{
	char *old = w->memory, *new = w->priv;
	uint64_t unmapped;
	int ret = vb_op_map_window(w);

	if (!ret)
		ret = invalidate(w);
	if (!ret)
		ret = copy(w, new, "DMA did not arrive while the addresses were invalid");
	if (!ret)
		ret = update(w, new);
	/* A second update has nothing to update. */
	if (!ret)
		vb_op_verify(w, vb_iommu_update_vaddr(&w->container->iommu, old, w->iova,
						      w->section->size_bytes) == -EINVAL,
			     "an address that was valid was replaced");
	if (!ret)
		ret = copy(w, old, "DMA did not arrive after the addresses were updated");
	if (ret)
		return ret;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, &unmapped);
	if (!ret)
		vb_op_verify(w, unmapped == w->window->plan->size_bytes,
			     "the request told another number of bytes than were mapped");
	return ret;
}

static int teardown(struct vb_worker *w)
{
	int ret = vb_op_unmap_window(w);

	if (w->priv)
		munmap(w->priv, w->window->plan->size_bytes);
	w->priv = NULL;
	return ret;
}

const struct vb_workload_ops vb_workload_vaddr_update = {
	.name = "vaddr_update",
	.summary = "gives mappings another address of their memory, under verified DMA",
	.needs_dma = true,
	.needs = VB_CAN_UPDATE_VADDR,
	.min_count = 2,
	.counts = counts,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
