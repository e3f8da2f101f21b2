// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of ways to map, a container's states with the null one, what type1 tells. */
#include <errno.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/iommu/iommu.h"
#include "lib/iommu/type1-info.h"

/* An ability is a promise that the functions are there; one that is not, has none. */
static void check_abilities(const struct vb_iommu_ops *ops)
{
	bool all = ops->abilities & VB_CAN_UNMAP_ALL, dirty = ops->abilities & VB_CAN_TRACK_DIRTY;
	bool vaddr = ops->abilities & VB_CAN_UPDATE_VADDR, copy = ops->abilities & VB_CAN_COPY;
	bool file = ops->abilities & VB_CAN_MAP_FILE;

	assert_true(!ops->abilities == !ops->can);
	assert_int_equal(file, ops->map_file != NULL);
	assert_int_equal(ops->abilities & VB_CAN_CHANGE_PROCESS ? 1 : 0, ops->change_process != NULL);
	assert_int_equal(copy, ops->add_space && ops->remove_space && ops->copy && ops->unmap_space);
	assert_int_equal(all, ops->unmap_all != NULL);
	assert_int_equal(dirty, ops->track_dirty != NULL);
	assert_int_equal(dirty, ops->get_dirty != NULL);
	assert_int_equal(dirty, ops->unmap_dirty != NULL);
	assert_int_equal(vaddr, ops->invalidate_vaddr != NULL);
	assert_int_equal(vaddr, ops->update_vaddr != NULL);
}

static void test_list(void **state)
{
	const char *previous = "";

	for (const struct vb_iommu_ops *const *ops = vb_iommu_list; *ops; ops++) {
		assert_true(strcmp(previous, (*ops)->name) < 0);
		previous = (*ops)->name;
		assert_non_null((*ops)->summary);
		assert_ptr_equal(vb_iommu_find((*ops)->name), *ops);
		assert_non_null((*ops)->open);
		assert_int_equal((*ops)->has_devices, (*ops)->join != VB_JOIN_NONE);
		assert_int_equal((*ops)->add_group != NULL, (*ops)->join == VB_JOIN_GROUP ||
							    (*ops)->join == VB_JOIN_GROUP_OPEN);
		assert_int_equal((*ops)->attach != NULL, (*ops)->join == VB_JOIN_FD);
		/* Who notifies by what: a variant says it, or the mode. */
		assert_int_equal((*ops)->type1 || !(*ops)->has_devices,
				 (*ops)->granularity == VB_GRANULARITY_UNKNOWN);
		assert_non_null((*ops)->enable);
		assert_non_null((*ops)->get_info);
		assert_non_null((*ops)->map);
		assert_non_null((*ops)->unmap);
		assert_non_null((*ops)->close);
		check_abilities(*ops);
	}
	assert_non_null(vb_iommu_find("null"));
	assert_non_null(vb_iommu_find("vfio_type1v2_iommu"));
	assert_null(vb_iommu_find(""));
	assert_null(vb_iommu_find("NULL"));
	assert_non_null(vb_iommu_find("vfio_type1_iommu"));
	assert_non_null(vb_iommu_find("iommufd"));
	assert_non_null(vb_iommu_find("iommufd_compat_type1"));
	assert_non_null(vb_iommu_find("iommufd_compat_type1v2"));
	assert_null(vb_iommu_find("vfio_type1"));
}

static const char *made_up(void)
{
	return "made up";
}

static void test_unavailable(void **state)
{
	const struct vb_iommu_ops ops = { .name = "x", .unavailable = made_up };
	struct vb_iommu iommu;
	uint64_t bytes;
	struct vb_iommu_space space = { 0 };

	assert_int_equal(vb_iommu_open(&iommu, &ops), -EOPNOTSUPP);
	assert_int_equal(iommu.fd, -1);
	/* What a mode has no function for. */
	assert_int_equal(vb_iommu_can(&iommu), 0);
	assert_int_equal(vb_iommu_unmap_all(&iommu, &bytes), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_track_dirty(&iommu, true), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_get_dirty(&iommu, 0, 4096, NULL), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_unmap_dirty(&iommu, 0, 4096, NULL, &bytes), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_invalidate_vaddr(&iommu, 0, 4096, &bytes), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_update_vaddr(&iommu, NULL, 0, 4096), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_map_file(&iommu, 0, 0, 0, 4096, VB_PROT_READ), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_change_process(&iommu), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_add_space(&iommu, &space), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_remove_space(&iommu, &space), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_copy(&iommu, &space, 0, 4096, VB_PROT_READ), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_unmap_space(&iommu, &space, 0, 4096, &bytes), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_attach(&iommu, 0), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_add_group(&iommu, 0), -EOPNOTSUPP);
}

static void test_null(void **state)
{
	const struct vb_iommu_ops *ops = vb_iommu_find("null");
	struct vb_iommu_info info;
	struct vb_iommu iommu;
	uint64_t unmapped = 0;

	assert_false(ops->has_devices);
	assert_int_equal(vb_iommu_open(&iommu, ops), 0);
	assert_false(iommu.enabled);
	assert_int_equal(vb_iommu_get_info(&iommu, &info), -EINVAL);
	assert_int_equal(vb_iommu_add_group(&iommu, 0), -EOPNOTSUPP);
	assert_int_equal(vb_iommu_enable(&iommu), 0);
	assert_true(iommu.enabled);
	assert_int_equal(vb_iommu_enable(&iommu), -EBUSY);
	memset(&info, 0xff, sizeof(info));
	assert_int_equal(vb_iommu_get_info(&iommu, &info), 0);
	assert_true(info.pgsizes & 4096);
	assert_int_equal(info.nr_ranges, 0);
	assert_int_equal(info.dma_avail, UINT32_MAX);
	assert_int_equal(vb_iommu_map(&iommu, &info, 0x1000, 0x3000, VB_PROT_READ), 0);
	assert_int_equal(vb_iommu_unmap(&iommu, 0x1000, 0x3000, &unmapped), 0);
	assert_int_equal(unmapped, 0x3000);
	assert_int_equal(vb_iommu_can(&iommu), ops->abilities);
	vb_iommu_close(&iommu);
	vb_iommu_close(&iommu);
	assert_false(iommu.enabled);
}

/* An answer of VFIO_IOMMU_GET_INFO, built up capability by capability. */
struct answer {
	_Alignas(8) unsigned char raw[1024];
	size_t size;
	size_t last;			/* offset of the last capability */
};

static void put32(struct answer *a, size_t offset, uint32_t value)
{
	memcpy(a->raw + offset, &value, sizeof(value));
}

static void start(struct answer *a)
{
	struct vfio_iommu_type1_info head = {
		.argsz = sizeof(head),
		.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		.iova_pgsizes = 0x40201000,
	};

	memset(a, 0, sizeof(*a));
	memcpy(a->raw, &head, sizeof(head));
	a->size = sizeof(head);
}

static void link_to(struct answer *a, size_t offset)
{
	if (a->last)
		put32(a, a->last + offsetof(struct vfio_info_cap_header, next), (uint32_t)offset);
	else
		put32(a, offsetof(struct vfio_iommu_type1_info, cap_offset), (uint32_t)offset);
}

/* Its offset.  @size: of all of it. */
static size_t append(struct answer *a, uint16_t id, const void *cap, size_t size)
{
	struct vfio_info_cap_header header = { .id = id, .version = 1 };
	size_t offset = a->size;

	link_to(a, offset);
	memcpy(a->raw + offset, cap, size);
	memcpy(a->raw + offset, &header, sizeof(header));
	a->last = offset;
	a->size += size;
	return offset;
}

static size_t append_avail(struct answer *a, uint32_t avail)
{
	struct vfio_iommu_type1_info_dma_avail cap = { .avail = avail };

	return append(a, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap, sizeof(cap));
}

/* Range i is [i * 16 MiB, + 4 KiB). */
static size_t append_ranges(struct answer *a, uint32_t nr)
{
	unsigned char cap[16 + 40 * 16] = { 0 };

	assert_true(nr <= 40);
	memcpy(cap + 8, &nr, sizeof(nr));
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t range[2] = { i << 24, (i << 24) + 0xfff };

		memcpy(cap + 16 + i * 16, range, sizeof(range));
	}
	return append(a, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, cap, 16 + nr * 16);
}

/* What vb_iommu_get_info() leaves for the implementation. */
static int parse(const struct answer *a, struct vb_iommu_info *info)
{
	memset(info, 0, sizeof(*info));
	info->dma_avail = UINT32_MAX;
	return vb_type1_parse_info(a->raw, a->size, info);
}

/* As Linux 6.1 answers: migration, then dma_avail of 12 bytes, then ranges, unaligned. */
static void test_type1_info(void **state)
{
	struct vfio_iommu_type1_info_cap_migration migration = { .pgsize_bitmap = 0x1000 };
	struct vb_iommu_info info;
	struct answer a;

	start(&a);
	append(&a, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, &migration, sizeof(migration));
	append_avail(&a, 65535);
	assert_int_equal(append_ranges(&a, 2) % 8, 4);
	assert_int_equal(parse(&a, &info), 0);
	assert_int_equal(info.pgsizes, 0x40201000);
	assert_int_equal(info.dma_avail, 65535);
	assert_int_equal(info.dirty_pgsizes, 0x1000);
	assert_int_equal(info.nr_ranges, 2);
	assert_int_equal(info.range[0].first, 0);
	assert_int_equal(info.range[0].last, 0xfff);
	assert_int_equal(info.range[1].first, 0x1000000);
	assert_int_equal(info.range[1].last, 0x1000fff);
}

static void test_type1_info_says_little(void **state)
{
	struct vb_iommu_info info;
	struct answer a;

	start(&a);
	assert_int_equal(parse(&a, &info), 0);
	assert_int_equal(info.pgsizes, 0x40201000);
	assert_int_equal(info.dma_avail, UINT32_MAX);
	assert_int_equal(info.nr_ranges, 0);
	/* an offset without the flag says nothing */
	append_avail(&a, 7);
	put32(&a, offsetof(struct vfio_iommu_type1_info, flags), VFIO_IOMMU_INFO_PGSIZES);
	assert_int_equal(parse(&a, &info), 0);
	assert_int_equal(info.dma_avail, UINT32_MAX);
	put32(&a, offsetof(struct vfio_iommu_type1_info, flags), 0);
	assert_int_equal(parse(&a, &info), 0);
	assert_int_equal(info.pgsizes, 0);
}

static void test_type1_info_many_ranges(void **state)
{
	struct vb_iommu_info info;
	struct answer a;

	start(&a);
	append_ranges(&a, VB_IOMMU_MAX_RANGES + 8);
	append_avail(&a, 3);
	assert_int_equal(parse(&a, &info), 0);
	assert_int_equal(info.nr_ranges, VB_IOMMU_MAX_RANGES);
	assert_int_equal(info.range[VB_IOMMU_MAX_RANGES - 1].first,
			 (VB_IOMMU_MAX_RANGES - 1ull) << 24);
	assert_int_equal(info.dma_avail, 3);
}

/* Every shorter answer is refused. */
static void refuse_cut(struct answer *a)
{
	struct vb_iommu_info info;

	assert_int_equal(parse(a, &info), 0);
	while (a->size--)
		assert_int_equal(parse(a, &info), -EPROTO);
}

static void test_type1_info_cut(void **state)
{
	struct answer a;

	start(&a);
	refuse_cut(&a);
	start(&a);
	append_avail(&a, 9);
	refuse_cut(&a);
	start(&a);
	append_avail(&a, 9);
	append_ranges(&a, 3);
	refuse_cut(&a);
}

static void refuse_link(struct answer *a, size_t offset)
{
	struct vb_iommu_info info;

	link_to(a, offset);
	assert_int_equal(parse(a, &info), -EPROTO);
}

static void test_type1_info_bad_chain(void **state)
{
	struct vb_iommu_info info;
	size_t first, second;
	struct answer a;

	start(&a);
	first = append_avail(&a, 9);
	second = append_ranges(&a, 1);
	refuse_link(&a, second);	/* to itself */
	refuse_link(&a, first);
	refuse_link(&a, 1);
	refuse_link(&a, sizeof(struct vfio_iommu_type1_info) - 1);
	refuse_link(&a, a.size - 4);
	refuse_link(&a, a.size);
	refuse_link(&a, a.size + 1);
	refuse_link(&a, UINT32_MAX);
	link_to(&a, 0);
	assert_int_equal(parse(&a, &info), 0);
	put32(&a, second + 8, UINT32_MAX);	/* nr_iovas */
	assert_int_equal(parse(&a, &info), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_unavailable),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_type1_info),
		cmocka_unit_test(test_type1_info_says_little),
		cmocka_unit_test(test_type1_info_many_ranges),
		cmocka_unit_test(test_type1_info_cut),
		cmocka_unit_test(test_type1_info_bad_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
