// SPDX-License-Identifier: GPL-2.0-or-later
/* map_cycle on a right kernel, and on kernels that are wrong in one way. */
#include <errno.h>
#include <string.h>

#include "tests/unit/workload-helper.h"

#define MAPPINGS 8

static struct rig r;

/* What was asked for, in order: mapping numbers, and where their memory is. */
static unsigned int nr_maps, nr_unmaps, map_fails_at, most_mapped;
static uint64_t mapped[64], unmapped[64], unmapped_bytes[64];
static char *vaddrs[64];

static int map_noted(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		     uint32_t prot)
{
	if (map_fails_at && nr_maps + 1 == map_fails_at)
		return -ENOMEM;
	mapped[nr_maps] = iova - RIG_IOVA;
	vaddrs[nr_maps++] = vaddr;
	if (r.nr_mappings >= most_mapped)
		most_mapped = r.nr_mappings + 1;
	return rig_map(iommu, vaddr, iova, size, prot);
}

static int unmap_noted(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *bytes)
{
	unmapped[nr_unmaps] = iova - RIG_IOVA;
	unmapped_bytes[nr_unmaps++] = size;
	return rig_unmap(iommu, iova, size, bytes);
}

static int unmap_tells_less(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *bytes)
{
	int ret = rig_unmap(iommu, iova, size, bytes);

	*bytes -= RIG_PAGE;
	return ret;
}

static int unmap_refuses(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *bytes)
{
	return -EINVAL;
}

static void make(enum vb_pattern pattern, unsigned int unmaps)
{
	rig_make(&r, "map_cycle", RIG_PAGE, MAPPINGS);
	r.section.pattern = pattern;
	r.section.unmaps = unmaps;
	r.section.prefault_threads = 1;
	r.section.remap_every = 1;
	r.iommu.map = map_noted;
	r.iommu.unmap = unmap_noted;
	nr_maps = nr_unmaps = map_fails_at = most_mapped = 0;
}

static void run_right(unsigned int steps)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_true(r.shared->tally.verified > 0);
	assert_int_equal(r.shared->tally.mapped_bytes, steps * MAPPINGS * RIG_PAGE);
	assert_int_equal(r.shared->tally.unmapped_bytes, steps * MAPPINGS * RIG_PAGE);
	assert_int_equal(r.shared->hist[VB_METRIC_MAP].count, steps * MAPPINGS);
	assert_int_equal(r.shared->hist[VB_METRIC_MAP_ALL].count, steps);
	assert_int_equal(r.shared->hist[VB_METRIC_UNMAP_ALL].count, steps);
	assert_int_equal(r.nr_mappings, 0);
	assert_null(r.window.memory.addr);
}

static void expect_order(const unsigned int *order, bool unmaps)
{
	for (unsigned int i = 0; i < MAPPINGS; i++) {
		assert_int_equal(mapped[i], order[i] * RIG_PAGE);
		if (unmaps)
			assert_int_equal(unmapped[i], order[i] * RIG_PAGE);
	}
}

static void test_patterns(void **state)
{
	static const unsigned int linear[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	static const unsigned int reverse[] = { 7, 6, 5, 4, 3, 2, 1, 0 };
	static const unsigned int interleaved[] = { 0, 4, 1, 5, 3, 7, 2, 6 };

	make(VB_PATTERN_LINEAR, 0);
	run_right(1);
	expect_order(linear, true);
	assert_int_equal(r.shared->hist[VB_METRIC_UNMAP].count, MAPPINGS);
	rig_free(&r);
	make(VB_PATTERN_REVERSE, 0);
	run_right(1);
	expect_order(reverse, true);
	rig_free(&r);
	make(VB_PATTERN_INTERLEAVED, 0);
	run_right(1);
	expect_order(interleaved, true);
	rig_free(&r);
	make(VB_PATTERN_INTERLEAVED, 1);
	run_right(1);
	expect_order(interleaved, false);
	rig_free(&r);
}

/* Each once, by the worker's own random numbers. */
static void test_random(void **state)
{
	unsigned int in_place = 0;
	uint64_t seen = 0;

	make(VB_PATTERN_RANDOM, 0);
	run_right(1);
	for (unsigned int i = 0; i < MAPPINGS; i++) {
		seen |= 1ull << mapped[i] / RIG_PAGE;
		in_place += mapped[i] == i * RIG_PAGE;
		assert_int_equal(mapped[i], unmapped[i]);
	}
	assert_int_equal(seen, (1u << MAPPINGS) - 1);
	assert_true(in_place < MAPPINGS);
	rig_free(&r);
}

static void test_requests(void **state)
{
	make(VB_PATTERN_LINEAR, 1);
	run_right(2);
	assert_int_equal(nr_unmaps, 2);
	assert_int_equal(unmapped_bytes[0], MAPPINGS * RIG_PAGE);
	assert_int_equal(r.shared->hist[VB_METRIC_REQUEST].count, 2);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 3);	/* 2, 3 and 3 mappings */
	run_right(1);
	assert_int_equal(nr_unmaps, 3);
	assert_int_equal(unmapped_bytes[0] + unmapped_bytes[1] + unmapped_bytes[2],
			 MAPPINGS * RIG_PAGE);
	assert_int_equal(r.shared->hist[VB_METRIC_REQUEST].count, 3);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 100);	/* never more than mappings */
	run_right(1);
	assert_int_equal(nr_unmaps, MAPPINGS);
	rig_free(&r);
}

static void test_stride_and_buffers(void **state)
{
	make(VB_PATTERN_LINEAR, 2);
	r.section.stride_bytes = 3 * RIG_PAGE;
	r.section.buffers = 3;
	r.plan_window.size_bytes = MAPPINGS * 3 * RIG_PAGE;
	run_right(1);
	for (unsigned int i = 0; i < MAPPINGS; i++) {
		assert_int_equal(mapped[i], i * 3 * RIG_PAGE);
		assert_ptr_equal(vaddrs[i], vaddrs[0] + i % 3 * RIG_PAGE);
	}
	/* From the first mapping of the four to the end of the last. */
	assert_int_equal(unmapped_bytes[0], (3 * 3 + 1) * RIG_PAGE);
	rig_free(&r);
}

/* Three at once, then those go; the last batch is what is left. */
static void test_batch(void **state)
{
	make(VB_PATTERN_LINEAR, 0);
	r.section.batch = 3;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(nr_maps, MAPPINGS);
	assert_int_equal(nr_unmaps, MAPPINGS);
	assert_int_equal(most_mapped, 3);
	assert_int_equal(r.nr_mappings, 0);
	assert_int_equal(r.shared->hist[VB_METRIC_MAP_ALL].count, 0);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 0);
	r.section.batch = 1;
	r.iommu.unmap = unmap_tells_less;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(r.shared->tally.wrong, MAPPINGS);
	rig_free(&r);
}

static void test_remap(void **state)
{
	make(VB_PATTERN_LINEAR, 1);
	r.section.remap_every = 3;
	run_right(7);
	assert_int_equal(r.shared->hist[VB_METRIC_PREFAULT].count, 3);
	assert_int_equal(r.shared->hist[VB_METRIC_MUNMAP].count, 2);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 1);
	r.section.remap_every = 0;
	run_right(4);
	assert_int_equal(r.shared->hist[VB_METRIC_PREFAULT].count, 1);
	assert_int_equal(r.shared->hist[VB_METRIC_MUNMAP].count, 0);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 1);
	r.section.prefault = VB_PREFAULT_NONE;
	run_right(2);
	assert_int_equal(r.shared->hist[VB_METRIC_PREFAULT].count, 0);
	rig_free(&r);
}

static void test_wrong_kernels(void **state)
{
	make(VB_PATTERN_LINEAR, 1);
	r.iommu.unmap = unmap_tells_less;
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.wrong, 3);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 0);
	r.iommu.unmap = unmap_tells_less;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(r.shared->tally.wrong, MAPPINGS);
	rig_free(&r);
	make(VB_PATTERN_LINEAR, 1);
	r.iommu.unmap = unmap_refuses;
	assert_int_equal(rig_run(&r, 1), -EINVAL);
	rig_free(&r);
	/* What was mapped until then is unmapped by the teardown. */
	make(VB_PATTERN_LINEAR, 1);
	map_fails_at = 5;
	assert_int_equal(rig_run(&r, 1), -ENOMEM);
	assert_int_equal(r.nr_mappings, 0);
	rig_free(&r);
}

/* The model maps and charges nothing: beside a real container that is a fault. */
static void test_not_charged(void **state)
{
	static struct vb_job_run run;
	static struct vb_plan plan = { .run = &run };

	make(VB_PATTERN_LINEAR, 1);
	run.nr_sections = 1;
	run.global.iommu = &r.iommu;
	r.container.plan = &plan;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_true(r.shared->tally.wrong > 0);
	assert_string_equal(r.shared->wrong_where, "VmLck did not grow by what was mapped");
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_stride_and_buffers),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_remap),
		cmocka_unit_test(test_wrong_kernels),
		cmocka_unit_test(test_not_charged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
