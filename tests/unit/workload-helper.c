// SPDX-License-Identifier: GPL-2.0-or-later
/* The model that workloads run on in unit tests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/workload/workload.h"
#include "lib/measure/histogram.h"
#include "tests/unit/workload-helper.h"

struct rig *rig;

static struct rig_mapping *find(uint64_t iova)
{
	for (unsigned int i = 0; i < rig->nr_mappings; i++)
		if (iova - rig->mapping[i].iova < rig->mapping[i].size)
			return &rig->mapping[i];
	return NULL;
}

char *rig_memory(uint64_t iova)
{
	struct rig_mapping *m = find(iova);

	return m ? m->vaddr + (iova - m->iova) : NULL;
}

bool *rig_pinned(uint64_t iova)
{
	uint64_t page = (iova - RIG_IOVA) / RIG_PAGE;

	return iova >= RIG_IOVA && page < rig->nr_pages ? &rig->pinned[page] : NULL;
}

static int rig_nothing(struct vb_iommu *iommu)
{
	return 0;
}

static void rig_close(struct vb_iommu *iommu)
{
}

static int rig_add_group(struct vb_iommu *iommu, int group_fd)
{
	return 0;
}

static int rig_get_info(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	info->pgsizes = RIG_PAGE;
	info->dma_avail = RIG_MAPPINGS - rig->nr_mappings;
	info->dirty_pgsizes = RIG_PAGE;
	return 0;
}

int rig_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size, uint32_t prot)
{
	if (!size || (size | iova | (uintptr_t)vaddr) & (RIG_PAGE - 1) || !prot)
		return -EINVAL;
	for (unsigned int i = 0; i < rig->nr_mappings; i++)
		if (iova < rig->mapping[i].iova + rig->mapping[i].size &&
		    rig->mapping[i].iova < iova + size)
			return -EEXIST;
	if (rig->nr_mappings == RIG_MAPPINGS)
		return -ENOSPC;
	rig->mapping[rig->nr_mappings++] = (struct rig_mapping){ iova, size, vaddr, false };
	return 0;
}

/* The vendor driver releases its pins; then the mapping goes. */
static void remove_mapping(struct rig_mapping *m)
{
	for (uint64_t offset = 0; offset < m->size; offset += RIG_PAGE)
		if (rig_pinned(m->iova + offset))
			*rig_pinned(m->iova + offset) = false;
	*m = rig->mapping[--rig->nr_mappings];
}

/* Version 2: -EINVAL where the request would cut a mapping. */
int rig_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	struct rig_mapping *first = find(iova), *last = find(iova + size - 1);

	*unmapped = 0;
	if (!size || (first && first->iova != iova) ||
	    (last && last->iova + last->size != iova + size))
		return -EINVAL;
	for (unsigned int i = rig->nr_mappings; i-- > 0;)
		if (rig->mapping[i].iova - iova < size) {
			*unmapped += rig->mapping[i].size;
			remove_mapping(&rig->mapping[i]);
		}
	return 0;
}

int rig_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped)
{
	*unmapped = 0;
	while (rig->nr_mappings) {
		*unmapped += rig->mapping[0].size;
		remove_mapping(&rig->mapping[0]);
	}
	rig->told = (struct vb_callback_range){ 0, UINT64_MAX };
	return 0;
}

static int rig_track_dirty(struct vb_iommu *iommu, bool on)
{
	rig->tracks = on;
	memcpy(rig->dirty, rig->pinned, rig->nr_pages * sizeof(*rig->dirty));
	return 0;
}

/* What a PCI device has written to, nobody knows. */
int rig_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		  const struct vb_dirty_bitmap *bitmap)
{
	if (!rig->tracks)
		return -EINVAL;
	for (uint64_t i = 0; i < size / RIG_PAGE; i++)
		if (find(iova + i * RIG_PAGE) && (rig->container.device || rig->dirty[i]))
			bitmap->bits[i / 64] |= 1ull << i % 64;
	return rig_track_dirty(iommu, true);
}

int rig_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		    const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped)
{
	int ret = rig_get_dirty(iommu, iova, size, bitmap);

	return ret ? ret : rig_unmap(iommu, iova, size, unmapped);
}

int rig_invalidate_vaddr(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *invalidated)
{
	*invalidated = 0;
	if (rig->container.nr_mdevs)
		return -EBUSY;
	for (unsigned int i = 0; i < rig->nr_mappings; i++)
		if (rig->mapping[i].iova - iova < size) {
			rig->mapping[i].invalid = true;
			*invalidated += rig->mapping[i].size;
		}
	return 0;
}

int rig_update_vaddr(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size)
{
	struct rig_mapping *m = find(iova);

	if (!m || m->iova != iova || m->size != size || !m->invalid)
		return -EINVAL;
	m->vaddr = vaddr;
	m->invalid = false;
	return 0;
}

unsigned int rig_can(struct vb_iommu *iommu)
{
	return VB_CAN_UNMAP_ALL | VB_CAN_TRACK_DIRTY |
	       (rig->container.nr_mdevs ? 0 : VB_CAN_UPDATE_VADDR);
}

int rig_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	if (!rig_memory(iova_from) || !rig_memory(iova_to))
		return -EIO;
	memcpy(rig_memory(iova_to), rig_memory(iova_from), size);
	return 0;
}

static int rig_device_open(struct vb_device *dev)
{
	rig->device_ups++;
	return 0;
}

static void rig_device_close(struct vb_device *dev)
{
}

/* The companion module, by ld's --wrap. */
int __wrap_vb_mdev_pin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
		       uint32_t pages, uint32_t *done);
int __wrap_vb_mdev_unpin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
			 uint32_t pages, uint32_t *done);
int __wrap_vb_mdev_open_range(struct vb_mdev *mdev, uint64_t iova, uint64_t length);
int __wrap_vb_mdev_request_end(struct vb_mdev *mdev, uint64_t *callbacks);
int __wrap_vb_mdev_stats(struct vb_mdev *mdev, struct vb_ioc_stats *stats);
int __wrap_vb_mdev_open(struct vb_mdev *mdev);
void __wrap_vb_mdev_close_device(struct vb_mdev *mdev);

int __wrap_vb_mdev_pin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
		       uint32_t pages, uint32_t *done)
{
	for (uint64_t i = 0; i < (uint64_t)count * pages; i++) {
		uint64_t at = iova + i / pages * stride + i % pages * RIG_PAGE;

		if (!rig_pinned(at))
			return -ENXIO;
		if (!find(at))
			return -EINVAL;
		if (*rig_pinned(at))
			return -EEXIST;
		*rig_pinned(at) = true;
		rig->dirty[(at - RIG_IOVA) / RIG_PAGE] |= rig->tracks;
	}
	return 0;
}

int __wrap_vb_mdev_unpin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
			 uint32_t pages, uint32_t *done)
{
	for (uint64_t i = 0; i < (uint64_t)count * pages; i++) {
		uint64_t at = iova + i / pages * stride + i % pages * RIG_PAGE;

		if (!rig_pinned(at))
			return -ENXIO;
		if (!*rig_pinned(at))
			return -ENOENT;
		*rig_pinned(at) = false;
	}
	return 0;
}

int __wrap_vb_mdev_open_range(struct vb_mdev *mdev, uint64_t iova, uint64_t length)
{
	return 0;
}

int __wrap_vb_mdev_request_end(struct vb_mdev *mdev, uint64_t *callbacks)
{
	return 0;
}

int __wrap_vb_mdev_stats(struct vb_mdev *mdev, struct vb_ioc_stats *stats)
{
	*stats = (struct vb_ioc_stats){ .log_count = rig->told.size ? 1 : 0, .log = { rig->told } };
	return 0;
}

int __wrap_vb_mdev_open(struct vb_mdev *mdev)
{
	mdev->fd = 0;
	return 0;
}

void __wrap_vb_mdev_close_device(struct vb_mdev *mdev)
{
	mdev->fd = -1;
}

static void make_model(struct rig *r)
{
	r->iommu = (struct vb_iommu_ops){
		.name = "model",
		.has_devices = true,
		.join = VB_JOIN_GROUP,
		.type1 = true,
		.open = rig_nothing,
		.add_group = rig_add_group,
		.enable = rig_nothing,
		.get_info = rig_get_info,
		.map = rig_map,
		.unmap = rig_unmap,
		.abilities = VB_CAN_UNMAP_ALL | VB_CAN_TRACK_DIRTY | VB_CAN_UPDATE_VADDR |
			     VB_CAN_CHARGE_MM,
		.can = rig_can,
		.unmap_all = rig_unmap_all,
		.track_dirty = rig_track_dirty,
		.get_dirty = rig_get_dirty,
		.unmap_dirty = rig_unmap_dirty,
		.invalidate_vaddr = rig_invalidate_vaddr,
		.update_vaddr = rig_update_vaddr,
		.close = rig_close,
	};
	r->device_ops = (struct vb_device_ops){
		.name = "model", .open = rig_device_open, .close = rig_device_close,
		.dma_copy = rig_dma_copy,
	};
	r->container = (struct vb_container){
		.iommu = { .ops = &r->iommu, .fd = -1, .enabled = true },
		.shared = &r->run,
		.plan = &r->plan,
	};
	r->plan = (struct vb_plan){ .run = &r->job, .nr_workers = 1 };
	r->job.global.iommu = &r->iommu;
}

void rig_make(struct rig *r, const char *workload, uint64_t size, unsigned int count)
{
	rig_make_backed(r, workload, VB_BACKING_ANONYMOUS, size, count);
}

void rig_make_backed(struct rig *r, const char *workload, enum vb_backing backing, uint64_t size,
		     unsigned int count)
{
	memset(r, 0, sizeof(*r));
	rig = r;
	make_model(r);
	r->section = (struct vb_section){
		.name = "test", .workload = vb_workload_find(workload), .device = VB_TARGET_PCI,
		.threads = 1, .mem_node = VB_NODE_ANY, .size_bytes = size, .count = count,
		.pin_pages = 1, .backing = backing,
	};
	assert_non_null(r->section.workload);
	r->nr_pages = size * count / RIG_PAGE;
	r->pinned = calloc(r->nr_pages, sizeof(*r->pinned));
	r->dirty = calloc(r->nr_pages, sizeof(*r->dirty));
	r->shared = vb_memory_shared(sizeof(*r->shared), -1);	/* with a workload's children */
	assert_true(r->pinned && r->dirty && r->shared);
	for (int m = 0; m < VB_NR_METRICS; m++)
		vb_hist_init(&r->shared->hist[m]);
	r->plan_window = (struct vb_plan_window){
		.iova = RIG_IOVA, .size_bytes = size * count, .mem_node = -1,
		.section = &r->section,
		.memory_bytes = r->section.workload->own_memory ? 0 : size * count,
	};
	r->window.plan = &r->plan_window;
	r->plan_worker.section = &r->section;
	r->worker = (struct vb_worker){
		.plan = &r->plan_worker, .section = &r->section, .container = &r->container,
		.window = &r->window, .shared = r->shared, .iova = RIG_IOVA, .random = 1,
	};
	if (!r->plan_window.memory_bytes)
		return;
	assert_int_equal(vb_memory_alloc(&r->window.memory, backing, size * count, -1), 0);
	r->worker.memory = r->window.memory.addr;
}

void rig_add_mdevs(struct rig *r, unsigned int nr)
{
	r->section.device = VB_TARGET_MDEV;
	r->plan_window.pins = true;
	r->worker.slot = &r->slot;
	r->worker.attended = true;
	for (; r->container.nr_mdevs < nr; r->container.nr_mdevs++)
		r->container.mdev[r->container.nr_mdevs] = VB_MDEV_NONE;
}

void rig_add_device(struct rig *r)
{
	r->device = (struct vb_device){
		.ops = &r->device_ops, .group_fd = -1, .fd = -1, .irq_index = -1, .dma_last = UINT64_MAX,
		.max_dma_bytes = RIG_PAGE, .dma_align_bytes = 1,
	};
	r->container.device = &r->device;
}

int rig_run(struct rig *r, unsigned int steps)
{
	const struct vb_workload_ops *ops = r->section.workload;
	int ret = ops->setup ? ops->setup(&r->worker) : 0, ret2;

	for (unsigned int i = 0; i < steps && !ret; i++)
		ret = ops->step(&r->worker);
	ret2 = ops->teardown ? ops->teardown(&r->worker) : 0;
	return ret ? ret : ret2;
}

void rig_free(struct rig *r)
{
	if (r->window.memory.addr)
		vb_memory_free(&r->window.memory);
	free(r->pinned);
	free(r->dirty);
	munmap(r->shared, sizeof(*r->shared));
	rig = NULL;
}
