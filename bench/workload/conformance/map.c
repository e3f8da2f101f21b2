// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be mapped, and what is refused. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/vfio.h>

#include "bench/workload/conformance/ask.h"

#define RW	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

static struct vb_raw page_zero(struct vb_ask *a)
{
	return (struct vb_raw){ .flags = RW, .iova = a->w->iova, .size = ASK_PAGE,
				.vaddr = a->memory };
}

static int ask_map_raw(struct vb_ask *a, const struct vb_raw *raw)
{
	return ask_errno(a, ask_raw_map(a, raw));
}

static int twice(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);
	int ret = ask_map(a, 0, 1);

	return ret ? ret : ask_map_raw(a, &raw);
}

static int overlap(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);
	int ret = ask_map(a, 2, 4);

	raw.size = 3 * ASK_PAGE;
	return ret ? ret : ask_map_raw(a, &raw);
}

static int neighbours(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);
	int ret = ask_map(a, 1, 2);

	return ret ? ret : ask_map_raw(a, &raw);
}

static int size_zero(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.size = 0;
	return ask_map_raw(a, &raw);
}

static int odd_iova(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.iova += ASK_PAGE / 2;
	return ask_map_raw(a, &raw);
}

static int odd_size(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.size += ASK_PAGE / 2;
	return ask_map_raw(a, &raw);
}

static int odd_vaddr(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.vaddr = a->memory + ASK_PAGE / 2;
	return ask_map_raw(a, &raw);
}

static int wraps(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.iova = -ASK_PAGE;
	raw.size = 2 * ASK_PAGE;
	return ask_map_raw(a, &raw);
}

static int no_access(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.flags = 0;
	return ask_map_raw(a, &raw);
}

/*
 * Where the mode does not look, the IOMMU's own code does, and warns (Linux 7.2): on a
 * machine that is needed, nobody asks.
 */
static int no_access_device(struct vb_ask *a)
{
	if (a->c.plan->run->global.class != VB_CLASS_PATHOLOGICAL &&
	    !strncmp(ask_mode(a), "iommufd_compat", strlen("iommufd_compat")))
		return ask_not_here(a, "Linux 7.2 answers with a WARNING; with class=pathological it is asked: "
				    "doc/findings/no-access.md");
	return no_access(a);
}

static int unknown_flag(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.flags |= 1u << 31;
	return ask_map_raw(a, &raw);
}

static int short_argsz(struct vb_ask *a)
{
	struct vb_raw raw = page_zero(a);

	raw.argsz = 8;
	return ask_map_raw(a, &raw);
}

/* Memory that a process does not have. */
static int no_memory_behind(struct vb_ask *a)
{
	if (munmap(a->memory, ASK_PAGE))
		return ask_told(a, -errno, "munmap");
	return ask_errno(a, vb_iommu_map(&a->c.iommu, a->memory, a->w->iova, ASK_PAGE,
					 VB_PROT_READ | VB_PROT_WRITE));
}

/* A device may write where the process may only read. */
static int read_only_memory(struct vb_ask *a)
{
	if (mprotect(a->memory, ASK_PAGE, PROT_READ))
		return ask_told(a, -errno, "mprotect");
	return ask_errno(a, vb_iommu_map(&a->c.iommu, a->memory, a->w->iova, ASK_PAGE,
					 VB_PROT_READ | VB_PROT_WRITE));
}

/* x86: where interrupts go. */
static int reserved_iova(struct vb_ask *a)
{
	return ask_errno(a, vb_iommu_map(&a->c.iommu, a->memory, 0xfee00000ull, ASK_PAGE,
					 VB_PROT_READ | VB_PROT_WRITE));
}

/* Part of the mapping can't be pinned: is any of it charged, or mapped? */
static int failed_leaves(struct vb_ask *a)
{
	uint64_t bytes, locked;
	int ret;

	if (munmap(a->memory + 4 * ASK_PAGE, ASK_PAGE))
		return ask_told(a, -errno, "munmap");
	if (!vb_iommu_map(&a->c.iommu, a->memory, a->w->iova, 8 * ASK_PAGE,
			  VB_PROT_READ | VB_PROT_WRITE))
		return ask_not(a, "the mapping did not fail");
	ret = ask_left(a, 8, &bytes);
	if (!ret)
		ret = ask_charged(a, &locked);
	return ret ? ret : ask_value(a, (int64_t)(bytes + locked));
}

static int charged(struct vb_ask *a)
{
	uint64_t locked = 0;
	int ret = ask_map(a, 0, 8);

	if (!ret)
		ret = ask_charged(a, &locked);
	return ret ? ret : ask_value(a, (int64_t)locked);
}

static int charge_given_back(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 8);

	if (!ret)
		ret = ask_unmap(a, 0, 8, NULL);
	return ret ? ret : ask_still_held(a, 0);
}

const struct vb_promise vb_promises_map[] = {
	{ "map-twice", VB_ANSWER_ERRNO, WITH_EITHER, twice },
	{ "map-overlap", VB_ANSWER_ERRNO, WITH_EITHER, overlap },
	{ "map-neighbours", VB_ANSWER_ERRNO, WITH_EITHER, neighbours },
	{ "map-size-zero", VB_ANSWER_ERRNO, WITH_EITHER, size_zero },
	{ "map-odd-iova", VB_ANSWER_ERRNO, WITH_EITHER, odd_iova },
	{ "map-odd-size", VB_ANSWER_ERRNO, WITH_EITHER, odd_size },
	{ "map-odd-address", VB_ANSWER_ERRNO, WITH_EITHER, odd_vaddr },
	{ "map-wraps", VB_ANSWER_ERRNO, WITH_EITHER, wraps },
	{ "map-no-access", VB_ANSWER_ERRNO, WITH_MDEV, no_access },
	{ "map-no-access-device", VB_ANSWER_ERRNO, WITH_PCI, no_access_device },
	{ "map-unknown-flag", VB_ANSWER_ERRNO, WITH_EITHER | WITH_IOCTLS, unknown_flag },
	{ "map-short-argsz", VB_ANSWER_ERRNO, WITH_EITHER | WITH_IOCTLS, short_argsz },
	{ "map-no-memory", VB_ANSWER_ERRNO, WITH_PCI, no_memory_behind },
	{ "map-no-memory-mdev", VB_ANSWER_ERRNO, WITH_MDEV, no_memory_behind },
	{ "map-read-only-memory", VB_ANSWER_ERRNO, WITH_PCI, read_only_memory },
	{ "map-reserved-iova", VB_ANSWER_ERRNO, WITH_PCI, reserved_iova },
	{ "map-failed-leaves", VB_ANSWER_BYTES, WITH_PCI, failed_leaves },
	{ "map-charged", VB_ANSWER_BYTES, WITH_PCI, charged },
	{ "map-charged-mdev", VB_ANSWER_BYTES, WITH_MDEV, charged },
	{ "map-charge-given-back", VB_ANSWER_BYTES, WITH_PCI, charge_given_back },
	{ 0 }
};
