// SPDX-License-Identifier: GPL-2.0-or-later
/* Each workload on a right kernel, and on kernels that are wrong in one way. */
#include <errno.h>
#include <string.h>

#include "tests/unit/workload-helper.h"

static struct rig r;

static int unmap_tells_less(struct vb_iommu *iommu, uint64_t iova, uint64_t size,
			    uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	*unmapped -= RIG_PAGE;
	return ret;
}

static int dma_changes_a_byte(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to,
			      size_t size)
{
	memcpy(rig_memory(iova_to), rig_memory(iova_from), size);
	rig_memory(iova_to)[size - 1] ^= 1;
	return 0;
}

static int unmap_refuses(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	return -EINVAL;
}

/* Nothing of a right run is left over. */
static void expect_right(unsigned int steps)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(r.shared->tally.dma_errors, 0);
	assert_int_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	assert_int_equal(r.nr_mappings, 0);
	for (uint64_t i = 0; i < r.nr_pages; i++)
		assert_false(r.pinned[i]);
	rig_free(&r);
}

static void test_map_unmap(void **state)
{
	rig_make(&r, "map_unmap", RIG_PAGE, 4);
	expect_right(10);
	rig_make(&r, "map_unmap", RIG_PAGE, 4);
	r.iommu.unmap = unmap_refuses;
	assert_int_equal(rig_run(&r, 1), -EINVAL);
	rig_free(&r);
	/* The audit holds the books against each other. */
	rig_make(&r, "map_unmap", RIG_PAGE, 4);
	r.iommu.unmap = unmap_tells_less;
	rig_run(&r, 10);
	assert_int_not_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	rig_free(&r);
}

static void make_notify_span(void)
{
	rig_make(&r, "notify_span", RIG_PAGE, 8);
	rig_add_mdevs(&r, 1);
	r.section.pin_every = 2;
}

static void test_notify_span(void **state)
{
	make_notify_span();
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.expected_callbacks, 3 * 4);
	assert_int_equal(r.shared->tally.pinned_pages, 3 * 4);
	rig_free(&r);
	make_notify_span();
	expect_right(3);
	make_notify_span();
	r.iommu.unmap = unmap_tells_less;
	assert_int_equal(rig_run(&r, 1), -EIO);
	rig_free(&r);
}

static void test_pin_churn(void **state)
{
	rig_make(&r, "pin_churn", RIG_PAGE, 8);
	rig_add_mdevs(&r, 1);
	expect_right(5);
	rig_make(&r, "pin_churn", RIG_PAGE, 8);
	rig_add_mdevs(&r, 1);
	assert_int_equal(rig_run(&r, 0), 0);
	/* Pinned by somebody else: the module refuses. */
	*rig_pinned(RIG_IOVA) = true;
	assert_int_equal(rig_run(&r, 1), -EEXIST);
	rig_free(&r);
}

static void make_dma_verify(void)
{
	rig_make(&r, "dma_verify", RIG_PAGE, 2);
	rig_add_device(&r);
}

static void test_dma_verify(void **state)
{
	make_dma_verify();
	expect_right(3);
	make_dma_verify();
	r.device_ops.dma_copy = dma_changes_a_byte;
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.dma_errors, 3);
	assert_int_equal(r.shared->tally.dma_bytes, 0);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_unmap),
		cmocka_unit_test(test_notify_span),
		cmocka_unit_test(test_pin_churn),
		cmocka_unit_test(test_dma_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
