// SPDX-License-Identifier: GPL-2.0-or-later
/* Workloads that use all of type1: on a right model of it, and on wrong ones. */
#include <errno.h>
#include <string.h>

#include "tests/unit/workload-helper.h"

static struct rig r;

static void expect_right(unsigned int steps)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_string_equal(r.shared->wrong_where, "");
	assert_true(r.shared->tally.verified >= steps);
	assert_int_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	assert_int_equal(r.nr_mappings, 0);
	rig_free(&r);
}

/* The run is told to be wrong with @what. */
static void expect_wrong(const char *what)
{
	rig_run(&r, 1);
	assert_true(r.shared->tally.wrong > 0);
	assert_non_null(strstr(r.shared->wrong_where, what));
	rig_free(&r);
}

static int leaves_one(struct vb_iommu *iommu, uint64_t *unmapped)
{
	struct rig_mapping first = rig->mapping[0];
	int ret = rig_unmap_all(iommu, unmapped);

	rig->mapping[rig->nr_mappings++] = first;
	return ret;
}

static int tells_less(struct vb_iommu *iommu, uint64_t *unmapped)
{
	int ret = rig_unmap_all(iommu, unmapped);

	*unmapped -= RIG_PAGE;
	return ret;
}

static int notifies_of_one(struct vb_iommu *iommu, uint64_t *unmapped)
{
	int ret = rig_unmap_all(iommu, unmapped);

	rig->told = (struct vb_callback_range){ RIG_IOVA, RIG_PAGE };
	return ret;
}

static void make_unmap_all(void)
{
	rig_make(&r, "unmap_all", RIG_PAGE, 8);
	rig_add_mdevs(&r, 1);
	r.section.pin_every = 2;
	r.run.observed = VB_GRANULARITY_PER_REQUEST;
}

static void test_unmap_all(void **state)
{
	make_unmap_all();
	expect_right(3);
	make_unmap_all();
	r.iommu.unmap_all = leaves_one;
	expect_wrong("something was still mapped");
	make_unmap_all();
	r.iommu.unmap_all = tells_less;
	expect_wrong("another number of bytes");
	make_unmap_all();
	r.iommu.unmap_all = notifies_of_one;
	expect_wrong("another range than of everything");
	make_unmap_all();
	r.run.observed = VB_GRANULARITY_PER_VFIO_DMA;
	expect_wrong("another range than of a mapping");
}

static int takes_all(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	return rig_unmap_all(iommu, unmapped);
}

static int finds_nothing(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	*unmapped = ret ? 0 : *unmapped;
	return ret == -EINVAL ? 0 : ret;
}

static void make_unmap_split(enum vb_split split)
{
	rig_make(&r, "unmap_split", RIG_PAGE, 4);
	r.iommu.split = split;
}

static void test_unmap_split(void **state)
{
	make_unmap_split(VB_SPLIT_REFUSED);
	expect_right(3);
	make_unmap_split(VB_SPLIT_WHOLE);
	r.iommu.unmap = takes_all;
	expect_right(3);
	make_unmap_split(VB_SPLIT_EMPTY);
	r.iommu.unmap = finds_nothing;
	expect_right(3);
	make_unmap_split(VB_SPLIT_EMPTY);
	expect_wrong("a part of a mapping was not left where it was");
	make_unmap_split(VB_SPLIT_REFUSED);
	r.iommu.unmap = takes_all;
	expect_wrong("a part of a mapping was not refused");
	make_unmap_split(VB_SPLIT_WHOLE);
	expect_wrong("the mapping's start did not take all of it");
	make_unmap_split(VB_SPLIT_PART);
	r.iommu.unmap = takes_all;
	expect_wrong("a part was not unmapped by itself");
}

static int limits_early(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
			uint32_t prot)
{
	return rig->nr_mappings == RIG_MAPPINGS - 1 ? -ENOSPC : rig_map(iommu, vaddr, iova, size, prot);
}

static int refuses_otherwise(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
			     uint32_t prot)
{
	int ret = rig_map(iommu, vaddr, iova, size, prot);

	return ret == -ENOSPC ? -ENOMEM : ret;
}

/* What is refused costs a mapping. */
static int loses_one(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		     uint32_t prot)
{
	int ret = rig_map(iommu, vaddr, iova, size, prot);

	if (ret == -ENOSPC)
		rig->mapping[0] = rig->mapping[--rig->nr_mappings];
	return ret;
}

static int forgets_to_count(struct vb_iommu *iommu, struct vb_iommu_info *info)
{
	info->dma_avail = RIG_MAPPINGS - (rig->nr_mappings ? RIG_MAPPINGS : rig->tracks);
	rig->tracks |= rig->nr_mappings != 0;	/* used here as: it was full once */
	return 0;
}

static void make_entry_limit(void)
{
	rig_make(&r, "entry_limit", RIG_PAGE, RIG_MAPPINGS + 1);
}

static void test_entry_limit(void **state)
{
	make_entry_limit();
	expect_right(2);
	rig_make(&r, "entry_limit", RIG_PAGE, RIG_MAPPINGS);
	assert_int_equal(rig_run(&r, 1), -EIO);
	assert_non_null(strstr(r.shared->error_where, "give count= above"));
	rig_free(&r);
	make_entry_limit();
	r.iommu.map = limits_early;
	expect_wrong("refused before the limit");
	make_entry_limit();
	r.iommu.map = refuses_otherwise;
	expect_wrong("not refused with -ENOSPC");
	make_entry_limit();
	r.iommu.map = loses_one;
	expect_wrong("a mapping was gone");
	make_entry_limit();
	r.iommu.get_info = forgets_to_count;
	expect_wrong("did not make room");
}

static void make_dirty_track(uint64_t size)
{
	rig_make(&r, "dirty_track", size, 4);
	rig_add_mdevs(&r, 1);
	r.section.pin_every = 2;
}

static int misses_one(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		      const struct vb_dirty_bitmap *bitmap)
{
	int ret = rig_get_dirty(iommu, iova, size, bitmap);

	bitmap->bits[0] &= ~1ull;
	return ret;
}

static int tells_more(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
		      const struct vb_dirty_bitmap *bitmap)
{
	int ret = rig_get_dirty(iommu, iova, size, bitmap);

	bitmap->bits[0] |= 2;
	return ret;
}

static int never_forgets(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			 const struct vb_dirty_bitmap *bitmap)
{
	int ret = rig_get_dirty(iommu, iova, size, bitmap);

	for (uint64_t i = 0; i < rig->nr_pages; i++)
		rig->dirty[i] |= bitmap->bits[i / 64] >> i % 64 & 1;
	return ret;
}

static int tells_untracked(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			   const struct vb_dirty_bitmap *bitmap)
{
	int ret = rig_get_dirty(iommu, iova, size, bitmap);

	return rig->tracks ? ret : 0;
}

static int unmap_misses_one(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			    const struct vb_dirty_bitmap *bitmap, uint64_t *unmapped)
{
	int ret = rig_unmap_dirty(iommu, iova, size, bitmap, unmapped);

	bitmap->bits[0] &= ~1ull;
	return ret;
}

static void test_dirty_track(void **state)
{
	make_dirty_track(64 * RIG_PAGE);
	expect_right(3);
	make_dirty_track(RIG_PAGE);
	expect_right(3);
	make_dirty_track(64 * RIG_PAGE);
	rig_add_device(&r);
	expect_right(3);
	make_dirty_track(64 * RIG_PAGE);
	r.iommu.get_dirty = misses_one;
	expect_wrong("not of the pages that are pinned");
	make_dirty_track(64 * RIG_PAGE);
	r.iommu.get_dirty = tells_more;
	expect_wrong("before anything was pinned");
	make_dirty_track(64 * RIG_PAGE);
	r.iommu.get_dirty = never_forgets;
	expect_wrong("that nobody had pinned since");
	make_dirty_track(64 * RIG_PAGE);
	r.iommu.get_dirty = tells_untracked;
	expect_wrong("before tracking was on");
	make_dirty_track(64 * RIG_PAGE);
	r.iommu.unmap_dirty = unmap_misses_one;
	expect_wrong("the bitmap of an unmap");
}

/* Where words are shared, too much is counted, too little is wrong. */
static void test_dirty_words(void **state)
{
	make_dirty_track(RIG_PAGE);
	r.iommu.get_dirty = tells_more;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(r.shared->tally.count[2], 4);	/* bitmaps that were had by themselves */
	rig_free(&r);
	make_dirty_track(RIG_PAGE);
	r.iommu.get_dirty = misses_one;
	expect_wrong("not of the pages that are pinned");
}

static void make_vaddr_update(void)
{
	rig_make_backed(&r, "vaddr_update", VB_BACKING_SHMEM, RIG_PAGE, 4);
	rig_add_device(&r);
}

static int invalidates_less(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			    uint64_t *invalidated)
{
	int ret = rig_invalidate_vaddr(iommu, iova, size, invalidated);

	*invalidated -= RIG_PAGE;
	return ret;
}

static int updates_again(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size)
{
	rig_update_vaddr(iommu, vaddr, iova, size);
	return 0;
}

static int dma_waits_for_addresses(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to,
				   size_t size)
{
	if (!rig->mapping[0].invalid)
		memcpy(rig_memory(iova_to), rig_memory(iova_from), size);
	return 0;
}

static int dma_is_lost(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	if (rig->mapping[0].invalid)
		memcpy(rig_memory(iova_to), rig_memory(iova_from), size);
	return 0;
}

static void test_vaddr_update(void **state)
{
	make_vaddr_update();
	expect_right(3);
	make_vaddr_update();
	r.iommu.invalidate_vaddr = invalidates_less;
	expect_wrong("not all addresses were made invalid");
	make_vaddr_update();
	r.iommu.update_vaddr = updates_again;
	expect_wrong("an address that was valid was replaced");
	make_vaddr_update();
	r.device_ops.dma_copy = dma_waits_for_addresses;
	expect_wrong("while the addresses were invalid");
	make_vaddr_update();
	r.device_ops.dma_copy = dma_is_lost;
	expect_wrong("after the addresses were updated");
}

static void make_vaddr_busy(void)
{
	rig_make(&r, "vaddr_busy", RIG_PAGE, 8);
	rig_add_mdevs(&r, 1);
	r.section.pin_every = 2;
}

static int invalidates_all_the_same(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
				    uint64_t *invalidated)
{
	*invalidated = size;
	return 0;
}

static unsigned int says_it_can(struct vb_iommu *iommu)
{
	return rig_can(iommu) | VB_CAN_UPDATE_VADDR;
}

static void test_vaddr_busy(void **state)
{
	make_vaddr_busy();
	expect_right(3);
	make_vaddr_busy();
	r.iommu.invalidate_vaddr = invalidates_all_the_same;
	expect_wrong("under an mdev's pins");
	make_vaddr_busy();
	r.iommu.can = says_it_can;
	expect_wrong("the kernel said that it updates addresses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unmap_all),
		cmocka_unit_test(test_unmap_split),
		cmocka_unit_test(test_entry_limit),
		cmocka_unit_test(test_dirty_track),
		cmocka_unit_test(test_dirty_words),
		cmocka_unit_test(test_vaddr_update),
		cmocka_unit_test(test_vaddr_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
