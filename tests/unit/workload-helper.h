/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a workload without VFIO: on a model of a type1 container (version 2), of
 * the companion module's mdevs and of a device that does DMA.  The model answers
 * as the kernel does; a test replaces one answer by a wrong one and expects the
 * workload to notice.
 */
#ifndef VB_WORKLOAD_HELPER_H
#define VB_WORKLOAD_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include "bench/engine/worker.h"

#define RIG_PAGE	4096ull
#define RIG_IOVA	0x100000ull	/* the window's: not 0, so that a mix-up shows */
#define RIG_MAPPINGS	1024

struct rig_mapping {
	uint64_t iova, size;
	char *vaddr;
	bool invalid;			/* its address: VFIO_UPDATE_VADDR */
};

struct rig {
	/* Right, as rig_make() leaves them.  A test gives a member a function that lies. */
	struct vb_iommu_ops iommu;
	struct vb_device_ops device_ops;

	struct vb_section section;
	struct vb_plan_window plan_window;
	struct vb_plan_worker plan_worker;
	struct vb_window window;
	struct vb_container container;
	struct vb_plan plan;
	struct vb_job_run job;
	struct vb_device device;
	struct vb_run_shared run;
	struct vb_worker_shared *shared;
	struct vb_slot_page slot;
	struct vb_worker worker;

	/* The model. */
	struct rig_mapping mapping[RIG_MAPPINGS];
	unsigned int nr_mappings;
	bool *pinned;			/* by page of the window */
	bool *dirty;			/* likewise, since the last bitmap */
	bool tracks;
	uint64_t nr_pages;
	unsigned int device_ups;	/* times that the device's driver was brought up */
	struct vb_callback_range told;	/* what the last request told the mdev of */
};

/* The rig of the test that runs: what stands in for the kernel gets no pointer to it. */
extern struct rig *rig;

/* Without devices and mdevs; @count mappings of @size bytes. */
void rig_make(struct rig *r, const char *workload, uint64_t size, unsigned int count);
/* The same with other memory than anonymous. */
void rig_make_backed(struct rig *r, const char *workload, enum vb_backing backing, uint64_t size,
		     unsigned int count);
/* Before rig_run(): the section pins; the container has @nr mdevs. */
void rig_add_mdevs(struct rig *r, unsigned int nr);
/* Before rig_run(): an assigned device that does DMA. */
void rig_add_device(struct rig *r);
/* setup(), @steps steps, teardown(), as the engine calls them: the first error. */
int rig_run(struct rig *r, unsigned int steps);
void rig_free(struct rig *r);

/* What a right model does, for functions that lie about some of it. */
int rig_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size, uint32_t prot);
int rig_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped);
int rig_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size);
int rig_unmap_all(struct vb_iommu *iommu, uint64_t *unmapped);
int rig_get_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		  const struct vb_dirty_bitmap *bitmap);
int rig_unmap_dirty(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		    const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped);
int rig_invalidate_vaddr(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *invalidated);
int rig_update_vaddr(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size);
unsigned int rig_can(struct vb_iommu *iommu);
/* Memory behind an IOVA; NULL: nothing is mapped there. */
char *rig_memory(uint64_t iova);
/* NULL: outside the window. */
bool *rig_pinned(uint64_t iova);

#endif /* VB_WORKLOAD_HELPER_H */
