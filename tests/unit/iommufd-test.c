// SPDX-License-Identifier: GPL-2.0-or-later
/* What IOMMUFD's modes ask of the kernel, and how they take its answers: ioctl() is a model. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/iommu/iommufd-uapi.h"
#include "lib/iommu/iommu.h"

#define IOAS	7u
#define SPACE	8u
#define HWPT	9u
#define DIRTY	10u
#define DEVICE	11u
#define CDEV	1000		/* a device's fd */

/* The requests that came, and what is answered. */
static struct {
	unsigned long request[16];
	unsigned int nr, spaces, nr_destroyed;
	uint32_t destroyed[4];
	int fail_on;			/* of the requests, from 1 */
	int error;
	unsigned long set_iommu;
	bool tracks;			/* the IOMMU can */
	bool emulated;			/* the device has no IOMMU */
	union {
		struct iommu_ioas_map map;
		struct iommu_ioas_map_file file;
		struct iommu_ioas_copy copy;
		struct iommu_ioas_unmap unmap;
		struct vfio_iommu_type1_dma_unmap type1_unmap;
		struct iommu_hwpt_get_dirty_bitmap dirty;
	} last;
} seen;

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_access(const char *path, int mode);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_open(const char *path, int flags, ...)
{
	assert_string_equal(path, "/dev/iommu");
	return eventfd(0, EFD_CLOEXEC);
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags);
}

int __wrap_access(const char *path, int mode)
{
	assert_string_equal(path, "/dev/iommu");
	return 0;
}

static int alloc_hwpt(struct iommu_hwpt_alloc *alloc)
{
	assert_int_equal(alloc->dev_id, DEVICE);
	assert_int_equal(alloc->flags, alloc->pt_id == IOAS ? IOMMU_HWPT_ALLOC_DIRTY_TRACKING : 0);
	if (alloc->flags && !seen.tracks) {
		errno = EOPNOTSUPP;
		return -1;
	}
	alloc->out_hwpt_id = alloc->flags ? DIRTY : HWPT;
	return 0;
}

static int attach(struct vfio_device_attach_iommufd_pt *pt)
{
	assert_true(pt->argsz >= 12 && !pt->flags);
	assert_true(pt->pt_id == IOAS || pt->pt_id == DIRTY);
	if (pt->pt_id == IOAS && !seen.emulated)
		pt->pt_id = HWPT;
	return 0;
}

static int ranges(struct iommu_ioas_iova_ranges *get)
{
	struct iommu_iova_range *range = (void *)(uintptr_t)get->allowed_iovas;

	assert_int_equal(get->ioas_id, IOAS);
	assert_true(get->num_iovas >= 2);
	range[0] = (struct iommu_iova_range){ 0, 0xfedfffff };
	range[1] = (struct iommu_iova_range){ 0xfef00000, 0x7fffffffffff };
	get->num_iovas = 2;
	get->out_iova_alignment = 4096;
	return 0;
}

/* Size first, and nothing where the kernel wants none. */
static int answer(int fd, unsigned long request, void *arg)
{
	switch (request) {
	case IOMMU_IOAS_ALLOC:
		((struct iommu_ioas_alloc *)arg)->out_ioas_id = seen.spaces++ ? SPACE : IOAS;
		return 0;
	case IOMMU_DESTROY:
		seen.destroyed[seen.nr_destroyed++ % 4] = ((struct iommu_destroy *)arg)->id;
		return 0;
	case IOMMU_IOAS_MAP:
		seen.last.map = *(struct iommu_ioas_map *)arg;
		return 0;
	case IOMMU_IOAS_MAP_FILE:
		seen.last.file = *(struct iommu_ioas_map_file *)arg;
		return 0;
	case IOMMU_IOAS_COPY:
		seen.last.copy = *(struct iommu_ioas_copy *)arg;
		return 0;
	case IOMMU_IOAS_UNMAP:
		seen.last.unmap = *(struct iommu_ioas_unmap *)arg;
		((struct iommu_ioas_unmap *)arg)->length = 0x3000;
		return 0;
	case IOMMU_IOAS_IOVA_RANGES:
		return ranges(arg);
	case IOMMU_HWPT_ALLOC:
		return alloc_hwpt(arg);
	case IOMMU_HWPT_GET_DIRTY_BITMAP:
		seen.last.dirty = *(struct iommu_hwpt_get_dirty_bitmap *)arg;
		return 0;
	case VFIO_DEVICE_BIND_IOMMUFD:
		assert_int_equal(fd, CDEV);
		assert_true(((struct vfio_device_bind_iommufd *)arg)->iommufd >= 0);
		((struct vfio_device_bind_iommufd *)arg)->out_devid = DEVICE;
		return 0;
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		return attach(arg);
	case VFIO_IOMMU_UNMAP_DMA:
		seen.last.type1_unmap = *(struct vfio_iommu_type1_dma_unmap *)arg;
		return 0;
	case VFIO_SET_IOMMU:
		seen.set_iommu = (unsigned long)arg;
		return 0;
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (unsigned long)arg == VFIO_UNMAP_ALL;
	}
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	assert_true(seen.nr < sizeof(seen.request) / sizeof(*seen.request));
	seen.request[seen.nr++] = request;
	if (seen.fail_on && (int)seen.nr >= seen.fail_on) {
		errno = seen.error;
		return -1;
	}
	return answer(fd, request, arg);
}

static void forget(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.spaces = 1;
}

static void open_mode(struct vb_iommu *iommu, const char *mode)
{
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(vb_iommu_open(iommu, vb_iommu_find(mode)), 0);
	assert_int_equal(vb_iommu_attach(iommu, CDEV), iommu->ops->attach ? -EINVAL : -EOPNOTSUPP);
	assert_int_equal(vb_iommu_enable(iommu), 0);
	if (iommu->ops->attach)
		assert_int_equal(iommu->ioas, IOAS);
	forget();
}

static void test_map(void **state)
{
	const struct vb_iommu_space space = { .ioas = SPACE };
	struct vb_iommu iommu;
	char memory[1];
	uint64_t bytes;

	open_mode(&iommu, "iommufd");
	assert_int_equal(vb_iommu_map(&iommu, memory, 0x10000, 0x2000, VB_PROT_READ), 0);
	assert_memory_equal(&seen.last.map, (&(struct iommu_ioas_map){ .size = 40, .ioas_id = IOAS,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.user_va = (uintptr_t)memory, .length = 0x2000, .iova = 0x10000 }), 40);
	assert_int_equal(vb_iommu_map(&iommu, memory, 0, 4096, VB_PROT_WRITE), 0);
	assert_int_equal(seen.last.map.flags, IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE);
	assert_int_equal(vb_iommu_map_file(&iommu, 3, 0x5000, 0x10000, 0x2000, VB_PROT_READ | VB_PROT_WRITE),
			 0);
	assert_memory_equal(&seen.last.file, (&(struct iommu_ioas_map_file){ .size = 40, .flags = 7,
		.ioas_id = IOAS, .fd = 3, .start = 0x5000, .length = 0x2000, .iova = 0x10000 }), 40);
	assert_int_equal(vb_iommu_copy(&iommu, &space, 0x10000, 0x2000, VB_PROT_READ), 0);
	assert_memory_equal(&seen.last.copy, (&(struct iommu_ioas_copy){ .size = 40, .flags = 5,
		.dst_ioas_id = SPACE, .src_ioas_id = IOAS, .length = 0x2000, .dst_iova = 0x10000,
		.src_iova = 0x10000 }), 40);
	assert_int_equal(vb_iommu_unmap(&iommu, 0x10000, 0x4000, &bytes), 0);
	assert_int_equal(bytes, 0x3000);
	assert_memory_equal(&seen.last.unmap, (&(struct iommu_ioas_unmap){ .size = 24, .ioas_id = IOAS,
		.iova = 0x10000, .length = 0x4000 }), 24);
	assert_int_equal(vb_iommu_unmap_space(&iommu, &space, 0x10000, 0x4000, &bytes), 0);
	assert_int_equal(seen.last.unmap.ioas_id, SPACE);
	assert_int_equal(vb_iommu_unmap_all(&iommu, &bytes), 0);
	assert_int_equal(seen.last.unmap.iova, 0);
	assert_true(seen.last.unmap.length == UINT64_MAX);
	vb_iommu_close(&iommu);
	assert_int_equal(iommu.fd, -1);
}

/* Nothing there, or a part of a mapping: 0 bytes; all else is an error. */
static void test_nothing_there(void **state)
{
	static const char *const modes[] = { "iommufd", "iommufd_compat_type1", "iommufd_compat_type1v2" };
	struct vb_iommu iommu;

	for (int i = 0; i < 3; i++) {
		uint64_t bytes = 1;

		open_mode(&iommu, modes[i]);
		seen.fail_on = 1;
		seen.error = ENOENT;
		assert_int_equal(vb_iommu_unmap(&iommu, 0, 4096, &bytes), 0);
		assert_int_equal(bytes, 0);
		bytes = 1;
		assert_int_equal(vb_iommu_unmap_all(&iommu, &bytes), 0);
		assert_int_equal(bytes, 0);
		seen.error = EBUSY;
		assert_int_equal(vb_iommu_unmap(&iommu, 0, 4096, &bytes), -EBUSY);
		seen.error = EDEADLOCK;
		assert_int_equal(vb_iommu_unmap_all(&iommu, &bytes), -EDEADLOCK);
		assert_int_equal(vb_iommu_map(&iommu, NULL, 0, 4096, VB_PROT_READ), -EDEADLOCK);
		vb_iommu_close(&iommu);
	}
}

static void test_compat(void **state)
{
	struct vb_iommu iommu;
	uint64_t bytes;

	open_mode(&iommu, "iommufd_compat_type1");
	assert_int_equal(vb_iommu_unmap_all(&iommu, &bytes), 0);
	assert_int_equal(seen.last.type1_unmap.flags, VFIO_DMA_UNMAP_FLAG_ALL);
	assert_int_equal(vb_iommu_can(&iommu), VB_CAN_UNMAP_ALL | VB_CAN_PIN | VB_CAN_CHARGE_USER);
	assert_int_equal(vb_iommu_track_dirty(&iommu, true), -EOPNOTSUPP);
	vb_iommu_close(&iommu);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(vb_iommu_open(&iommu, vb_iommu_find("iommufd_compat_type1")), 0);
	assert_int_equal(vb_iommu_enable(&iommu), 0);
	assert_int_equal(seen.set_iommu, VFIO_TYPE1_IOMMU);
	vb_iommu_close(&iommu);
	assert_int_equal(vb_iommu_open(&iommu, vb_iommu_find("iommufd_compat_type1v2")), 0);
	assert_int_equal(vb_iommu_enable(&iommu), 0);
	assert_int_equal(seen.set_iommu, VFIO_TYPE1v2_IOMMU);
	vb_iommu_close(&iommu);
}

static void test_attach(void **state)
{
	struct vb_iommu iommu;

	open_mode(&iommu, "iommufd");
	assert_int_equal(vb_iommu_attach(&iommu, CDEV), 0);
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.request[0], VFIO_DEVICE_BIND_IOMMUFD);
	assert_int_equal(seen.request[1], VFIO_DEVICE_ATTACH_IOMMUFD_PT);
	assert_int_equal(iommu.device_id, DEVICE);
	/* Somebody else has bound the file. */
	forget();
	seen.fail_on = 1;
	seen.error = EINVAL;
	assert_int_equal(vb_iommu_attach(&iommu, CDEV), -EBUSY);
	/* What is wrong with the page table is that. */
	forget();
	seen.fail_on = 2;
	seen.error = EINVAL;
	assert_int_equal(vb_iommu_attach(&iommu, CDEV), -EINVAL);
	vb_iommu_close(&iommu);
}

static void test_info(void **state)
{
	struct vb_iommu_info info;
	struct vb_iommu iommu;

	open_mode(&iommu, "iommufd");
	assert_int_equal(vb_iommu_get_info(&iommu, &info), 0);
	assert_int_equal(info.nr_ranges, 2);
	assert_true(info.range[0].last == 0xfedfffff && info.range[1].first == 0xfef00000);
	assert_true(info.pgsizes == ~0xfffull);
	assert_int_equal(info.dma_avail, UINT32_MAX);
	assert_int_equal(info.dirty_pgsizes, 0);
	/* ENOTTY: the kernel does not know the request; here it knows it. */
	assert_int_equal(vb_iommu_can(&iommu), VB_CAN_UNMAP_ALL | VB_CAN_PIN | VB_CAN_COPY |
					       VB_CAN_CHARGE_USER | VB_CAN_MAP_FILE |
					       VB_CAN_CHANGE_PROCESS);
	seen.nr = 0;
	seen.fail_on = 1;
	seen.error = ENOTTY;
	assert_int_equal(vb_iommu_can(&iommu), VB_CAN_UNMAP_ALL | VB_CAN_PIN | VB_CAN_COPY |
					       VB_CAN_CHARGE_USER);
	vb_iommu_close(&iommu);
}

/* A table that tracks is asked for when it is wanted; to ask whether there is one leaves none. */
static void test_dirty(void **state)
{
	struct vb_dirty_bitmap bitmap = { .bits = (uint64_t *)0x1000, .bytes = 8, .page_bytes = 4096 };
	struct vb_iommu iommu;
	uint64_t bytes;

	open_mode(&iommu, "iommufd");
	assert_int_equal(vb_iommu_track_dirty(&iommu, true), -EOPNOTSUPP);	/* no device */
	assert_int_equal(vb_iommu_attach(&iommu, CDEV), 0);
	assert_int_equal(vb_iommu_track_dirty(&iommu, true), -EOPNOTSUPP);	/* one that can't */
	assert_false(vb_iommu_can(&iommu) & VB_CAN_TRACK_DIRTY);
	forget();
	seen.tracks = true;
	assert_true(vb_iommu_can(&iommu) & VB_CAN_TRACK_DIRTY);
	assert_int_equal(seen.request[seen.nr - 1], IOMMU_DESTROY);
	assert_int_equal(vb_iommu_get_dirty(&iommu, 0, 4096, &bitmap), -EINVAL);
	assert_int_equal(vb_iommu_track_dirty(&iommu, true), 0);
	assert_int_equal(seen.request[seen.nr - 2], VFIO_DEVICE_ATTACH_IOMMUFD_PT);
	assert_int_equal(seen.request[seen.nr - 1], IOMMU_HWPT_SET_DIRTY_TRACKING);
	forget();
	assert_int_equal(vb_iommu_get_dirty(&iommu, 0x10000, 0x4000, &bitmap), 0);
	assert_memory_equal(&seen.last.dirty, (&(struct iommu_hwpt_get_dirty_bitmap){ .size = 48,
		.hwpt_id = DIRTY, .iova = 0x10000, .length = 0x4000, .page_size = 4096, .data = 0x1000 }), 48);
	assert_int_equal(vb_iommu_unmap_dirty(&iommu, 0x10000, 0x4000, &bitmap, &bytes), 0);
	assert_int_equal(seen.request[1], IOMMU_HWPT_GET_DIRTY_BITMAP);
	assert_int_equal(seen.request[2], IOMMU_IOAS_UNMAP);
	vb_iommu_close(&iommu);
}

/* Beside the container's own; with a table where there is a device for one. */
static void test_spaces(void **state)
{
	struct vb_iommu_space space;
	struct vb_iommu iommu;

	open_mode(&iommu, "iommufd");
	assert_int_equal(vb_iommu_add_space(&iommu, &space), 0);
	assert_true(space.ioas == SPACE && !space.hwpt);
	assert_int_equal(seen.nr, 1);
	assert_int_equal(vb_iommu_attach(&iommu, CDEV), 0);
	assert_int_equal(vb_iommu_add_space(&iommu, &space), 0);
	assert_true(space.ioas == SPACE && space.hwpt == HWPT);
	/* The table goes first, it holds the space. */
	forget();
	assert_int_equal(vb_iommu_remove_space(&iommu, &space), 0);
	assert_true(!space.ioas && !space.hwpt);
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.destroyed[0], HWPT);
	assert_int_equal(seen.destroyed[1], SPACE);
	/* No table: no space either. */
	forget();
	seen.fail_on = 2;
	seen.error = ENOMEM;
	assert_int_equal(vb_iommu_add_space(&iommu, &space), -ENOMEM);
	assert_int_equal(seen.request[2], IOMMU_DESTROY);
	vb_iommu_close(&iommu);
}

/* An mdev is attached to the address space itself: it has no table that could track. */
static void test_emulated(void **state)
{
	struct vb_iommu iommu;

	open_mode(&iommu, "iommufd");
	seen.emulated = seen.tracks = true;
	assert_int_equal(vb_iommu_attach(&iommu, CDEV), 0);
	assert_int_equal(iommu.device_id, 0);
	assert_false(vb_iommu_can(&iommu) & VB_CAN_TRACK_DIRTY);
	vb_iommu_close(&iommu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_compat),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_dirty),
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_emulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
