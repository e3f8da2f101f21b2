// SPDX-License-Identifier: GPL-2.0-or-later
/* What an mdev's driver may pin, and what that is charged. */
#include <errno.h>
#include <sys/mman.h>

#include "bench/workload/conformance/ask.h"

/* Its error is the answer. */
static int pin_errno(struct vb_ask *a, unsigned int which, unsigned int page, unsigned int pages)
{
	return ask_errno(a, ask_try_pin(a, which, page, pages));
}

static int mapped(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : pin_errno(a, 0, 1, 2);
}

static int unmapped(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : pin_errno(a, 0, 8, 1);
}

static int beyond_end(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : pin_errno(a, 0, 3, 2);
}

/* The page that was there: not kept, not charged. */
static int beyond_end_kept(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	/* One that can be, so that the mode is seen to have pins at all. */
	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	if (!ret)
		ret = ask_told(a, vb_mdev_unpin(&a->c.mdev[0], ask_iova(a, 0), 0, 1, 1, NULL),
			       "unpinning");
	if (ret)
		return ret;
	if (!ask_try_pin(a, 0, 3, 2))
		return ask_not(a, "the pin did not fail");
	return ask_still_held(a, 0);
}

static int across_mappings(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_map(a, 4, 4);
	return ret ? ret : pin_errno(a, 0, 3, 2);
}

/* The driver wants to write; the device may only read. */
static int read_only(struct vb_ask *a)
{
	int ret = vb_iommu_map(&a->c.iommu, a->memory, a->w->iova, ASK_PAGE, VB_PROT_READ);

	return ret ? ask_told(a, ret, "mapping for reading") : pin_errno(a, 0, 0, 1);
}

/* Memory that the process gave back after it mapped it. */
static int memory_gone(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (!ret && munmap(a->memory, 4 * ASK_PAGE))
		ret = ask_told(a, -errno, "munmap");
	return ret ? ret : pin_errno(a, 0, 1, 1);
}

static int by_two(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (!ret)
		ret = ask_pin(a, 0, 1, 1);
	return ret ? ret : pin_errno(a, 1, 1, 1);
}

static int most_pages(struct vb_ask *a)
{
	int ret = ask_map(a, 0, VB_MAX_BATCH_PAGES);

	return ret ? ret : pin_errno(a, 0, 0, VB_MAX_BATCH_PAGES);
}

static int after_unmap(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 1);

	if (!ret)
		ret = ask_unmap(a, 0, 1, NULL);
	return ret ? ret : pin_errno(a, 0, 0, 1);
}

/* Both fds are closed and opened again while the mapping stays. */
static int opened_later(struct vb_ask *a)
{
	struct vb_mdev *mdev = &a->c.mdev[1];
	int ret;

	vb_mdev_close_device(mdev);
	ret = ask_map(a, 0, 4);
	if (!ret)
		ret = ask_told(a, vb_mdev_open(mdev), "opening an mdev");
	return ret ? ret : pin_errno(a, 1, 1, 1);
}

static int charge_of(struct vb_ask *a, unsigned int pins, bool unpin)
{
	uint64_t before = 0, locked = 0;
	int ret = ask_map(a, 0, 8);

	if (!ret)
		ret = ask_charged(a, &before);
	for (unsigned int i = 0; i < pins && !ret; i++)
		ret = ask_pin(a, i, 1, 2);
	if (!ret && unpin)
		ret = ask_told(a, vb_mdev_unpin(&a->c.mdev[0], ask_iova(a, 1), 0, 1, 2, NULL),
			       "unpinning");
	if (!ret && unpin)
		return ask_still_held(a, before);
	if (!ret)
		ret = ask_charged(a, &locked);
	return ret ? ret : ask_value(a, (int64_t)(locked - before));
}

static int charged(struct vb_ask *a)
{
	return charge_of(a, 1, false);
}

static int charged_once(struct vb_ask *a)
{
	return charge_of(a, 2, false);
}

static int charge_given_back(struct vb_ask *a)
{
	return charge_of(a, 1, true);
}

static int other_keeps(struct vb_ask *a)
{
	return charge_of(a, 2, true);
}

/* The IOMMU goes, with its pins: what an mdev has pinned is charged from then on. */
static int iommu_goes(struct vb_ask *a)
{
	uint64_t locked = 0;
	int ret = ask_map(a, 0, 8);

	if (!ret)
		ret = ask_pin(a, 0, 1, 2);
	if (ret)
		return ret;
	vb_device_close(a->c.device);
	ret = ask_charged(a, &locked);
	return ret ? ret : ask_value(a, (int64_t)locked);
}

static int pins_again(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : ask_vfio(a, VB_ASK_PIN_TWICE, 1, 1);
}

static int unpins_again(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : ask_vfio(a, VB_ASK_UNPIN_AGAIN, 1, 1);
}

/* VFIO_PIN_PAGES_MAX_ENTRIES, with pages of 4 KiB, and one. */
static int too_many_pages(struct vb_ask *a)
{
	int ret = ask_map(a, 0, VB_MAX_BATCH_PAGES + 1);

	return ret ? ret : ask_vfio(a, VB_ASK_PIN, 0, VB_MAX_BATCH_PAGES + 1);
}

const struct vb_promise vb_promises_pin[] = {
	{ "pin-mapped", VB_ANSWER_ERRNO, WITH_MDEV, mapped },
	{ "pin-unmapped", VB_ANSWER_ERRNO, WITH_MDEV, unmapped },
	{ "pin-beyond-end", VB_ANSWER_ERRNO, WITH_MDEV, beyond_end },
	{ "pin-beyond-end-kept", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, beyond_end_kept },
	{ "pin-across-mappings", VB_ANSWER_ERRNO, WITH_MDEV, across_mappings },
	{ "pin-read-only", VB_ANSWER_ERRNO, WITH_MDEV, read_only },
	{ "pin-memory-gone", VB_ANSWER_ERRNO, WITH_MDEV, memory_gone },
	{ "pin-by-two", VB_ANSWER_ERRNO, WITH_MDEV | WITH_OTHER | WITH_V2, by_two },
	{ "pin-most-pages", VB_ANSWER_ERRNO, WITH_MDEV, most_pages },
	{ "pin-too-many-pages", VB_ANSWER_ERRNO, WITH_MDEV, too_many_pages },
	{ "pin-twice", VB_ANSWER_ERRNO, WITH_MDEV, pins_again },
	{ "unpin-not-pinned", VB_ANSWER_ERRNO, WITH_MDEV, unpins_again },
	{ "pin-after-unmap", VB_ANSWER_ERRNO, WITH_MDEV, after_unmap },
	{ "pin-opened-later", VB_ANSWER_ERRNO, WITH_MDEV | WITH_OTHER, opened_later },
	{ "pin-charged", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, charged },
	{ "pin-charged-once", VB_ANSWER_BYTES, WITH_MDEV | WITH_OTHER | WITH_V2, charged_once },
	{ "pin-charge-given-back", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, charge_given_back },
	{ "pin-other-keeps", VB_ANSWER_BYTES, WITH_MDEV | WITH_OTHER | WITH_V2, other_keeps },
	{ "pin-charged-beside-iommu", VB_ANSWER_BYTES, WITH_MDEV | WITH_PCI | WITH_V2, charged },
	{ "pin-charged-when-iommu-goes", VB_ANSWER_BYTES, WITH_MDEV | WITH_PCI | WITH_TYPE1 | WITH_V2,
	  iommu_goes },
	{ 0 }
};
