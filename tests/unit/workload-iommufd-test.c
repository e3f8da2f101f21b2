// SPDX-License-Identifier: GPL-2.0-or-later
/* Workloads of IOMMUFD's own requests, and races as it ends them: on right models and wrong ones. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "tests/unit/workload-helper.h"

#define SPACES 2

static struct rig r;

/* The further address spaces: bytes in each; what the kernel says it holds. */
static struct {
	uint64_t bytes[SPACES + 1];
	unsigned int nr;
	bool pins_again, pins_less;
	uint64_t file_bytes;
} says;

uint64_t __wrap_vb_own_foll_pins(void);

static uint64_t source_bytes(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rig->nr_mappings; i++)
		sum += rig->mapping[i].size;
	return sum;
}

/* Pages are held once if any table has them; those of wrong kernels for each, or for the source alone. */
uint64_t __wrap_vb_own_foll_pins(void)
{
	uint64_t most = source_bytes(), sum = most;

	for (unsigned int i = 1; i <= SPACES; i++) {
		sum += says.bytes[i];
		if (!says.pins_less && says.bytes[i] > most)
			most = says.bytes[i];
	}
	return 100 + (says.pins_again ? sum : most) / RIG_PAGE;
}

static int add_space(struct vb_iommu *iommu, struct vb_iommu_space *space)
{
	*space = (struct vb_iommu_space){ .ioas = ++says.nr };
	return 0;
}

static int remove_space(struct vb_iommu *iommu, struct vb_iommu_space *space)
{
	says.bytes[space->ioas] = 0;
	says.nr--;
	return 0;
}

static int copy(struct vb_iommu *iommu, const struct vb_iommu_space *space, uint64_t iova,
		uint64_t size, uint32_t prot)
{
	if (!rig_memory(iova) || !prot)
		return -ENOENT;
	says.bytes[space->ioas] += size;
	return 0;
}

static int unmap_space(struct vb_iommu *iommu, const struct vb_iommu_space *space, uint64_t iova,
		       uint64_t size, uint64_t *unmapped)
{
	*unmapped = says.bytes[space->ioas];
	says.bytes[space->ioas] = 0;
	return 0;
}

static int forgets_one(struct vb_iommu *iommu, const struct vb_iommu_space *space, uint64_t iova,
		       uint64_t size, uint64_t *unmapped)
{
	unmap_space(iommu, space, iova, size, unmapped);
	*unmapped -= RIG_PAGE;
	return 0;
}

static void make_copy(void)
{
	memset(&says, 0, sizeof(says));
	rig_make(&r, "iommufd_copy", RIG_PAGE, 4);
	rig_add_device(&r);
	r.section.spaces = SPACES;
	r.iommu.add_space = add_space;
	r.iommu.remove_space = remove_space;
	r.iommu.copy = copy;
	r.iommu.unmap_space = unmap_space;
}

static void expect_right(unsigned int steps)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_string_equal(r.shared->wrong_where, "");
	assert_true(r.shared->tally.verified >= steps);
	assert_int_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	assert_int_equal(r.nr_mappings, 0);
	assert_int_equal(says.nr, 0);
	rig_free(&r);
}

static void expect_wrong(unsigned int steps, const char *what)
{
	rig_run(&r, steps);
	assert_true(r.shared->tally.wrong > 0);
	assert_non_null(strstr(r.shared->wrong_where, what));
	rig_free(&r);
}

static void test_copy(void **state)
{
	make_copy();
	expect_right(4);
	make_copy();
	says.pins_again = true;
	expect_wrong(1, "hold each page once");
	make_copy();
	says.pins_less = true;		/* with the source, which goes first in the second step */
	expect_wrong(2, "hold each page once");
	make_copy();
	r.iommu.unmap_space = forgets_one;
	expect_wrong(1, "did not have all that was copied");
}

/* By its descriptor; the model's memory is the worker's own, or none. */
static int map_file(struct vb_iommu *iommu, int fd, uint64_t offset, uint64_t iova, uint64_t size,
		    uint32_t prot)
{
	char byte;

	if (pread(fd, &byte, 1, (off_t)(offset + size - 1)) != 1)
		return -EINVAL;
	says.file_bytes += size;
	return rig_map(iommu, (void *)RIG_PAGE, iova, size, prot);
}

static int maps_half(struct vb_iommu *iommu, int fd, uint64_t offset, uint64_t iova, uint64_t size,
		     uint32_t prot)
{
	return map_file(iommu, fd, offset, iova, size / 2, prot);
}

static void make_map_file(void)
{
	memset(&says, 0, sizeof(says));
	rig_make_backed(&r, "iommufd_map_file", VB_BACKING_MEMFD, 2 * RIG_PAGE, 4);
	rig_add_device(&r);
	r.iommu.map_file = map_file;
}

static void test_map_file(void **state)
{
	make_map_file();
	expect_right(3);
	assert_int_equal(says.file_bytes, 3 * 4 * 2 * RIG_PAGE);
	make_map_file();
	r.iommu.map_file = maps_half;
	expect_wrong(1, "does not hold as many pages as are mapped");
}

/* What the test's process and its child are charged, in bytes; both see it. */
static struct {
	pid_t parent;
	uint64_t bytes[2];
} *charged;

static enum wrong { NONE, STAYS, TAKES_NOTHING, MOVES_NOTHING, NOT_BACK } wrong;
static bool may_lock_any;

int __wrap_vb_locked_read(pid_t pid, struct vb_locked *locked);
bool __wrap_vb_may_lock_any(void);

bool __wrap_vb_may_lock_any(void)
{
	return may_lock_any;
}

int __wrap_vb_locked_read(pid_t pid, struct vb_locked *locked)
{
	pid_t who = pid ? pid : getpid();

	*locked = (struct vb_locked){ .pinned_bytes = charged->bytes[who != charged->parent] };
	return 0;
}

static int charged_map(struct vb_iommu *iommu, int fd, uint64_t offset, uint64_t iova, uint64_t size,
		       uint32_t prot)
{
	charged->bytes[0] += size;
	return map_file(iommu, fd, offset, iova, size, prot);
}

static int charged_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	charged->bytes[0] -= *unmapped;
	return ret;
}

static int change_process(struct vb_iommu *iommu)
{
	bool child = getpid() != charged->parent;
	uint64_t all = charged->bytes[!child];

	if ((!child && wrong == NOT_BACK) || wrong == MOVES_NOTHING)
		return 0;
	if (!child || wrong != STAYS)
		charged->bytes[!child] = 0;
	if (!child || wrong != TAKES_NOTHING)
		charged->bytes[child] = all;
	return 0;
}

static void make_change(enum wrong with)
{
	memset(&says, 0, sizeof(says));
	charged = vb_memory_shared(sizeof(*charged), -1);
	assert_non_null(charged);
	charged->parent = getpid();
	wrong = with;
	may_lock_any = false;
	rig_make_backed(&r, "iommufd_change_process", VB_BACKING_MEMFD, RIG_PAGE, 4);
	rig_add_device(&r);
	r.iommu.map_file = charged_map;
	r.iommu.unmap = charged_unmap;
	r.iommu.change_process = change_process;
}

static void test_change_process(void **state)
{
	make_change(NONE);
	expect_right(2);
	make_change(STAYS);
	expect_wrong(1, "two processes are not charged what one had mapped");
	make_change(TAKES_NOTHING);
	expect_wrong(1, "two processes are not charged what one had mapped");
	make_change(MOVES_NOTHING);
	expect_wrong(1, "who gave all away is charged");
	/* As Linux 7.2 does for those who may lock any memory. */
	make_change(MOVES_NOTHING);
	may_lock_any = true;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(r.shared->tally.count[1], 1);
	rig_free(&r);
	make_change(NOT_BACK);
	expect_wrong(1, "who took it back is not charged");
}

/* One of two requests meets the other: of what it had unmapped nobody is told. */
static int meets_another(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	static bool met;
	uint64_t half;

	met = !met;
	if (!met)
		return rig_unmap(iommu, iova, size, unmapped);
	rig_unmap(iommu, iova, size / 2, &half);
	return -EBUSY;
}

static int leaves_all(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	static unsigned int nr;

	if (nr++ % 2)
		return rig_unmap(iommu, iova, size, unmapped);
	*unmapped = 0;
	return 0;
}

static void make_race(void)
{
	static pthread_barrier_t alone;

	memset(&says, 0, sizeof(says));
	rig_make(&r, "unmap_race", RIG_PAGE, 8);
	rig_add_mdevs(&r, 1);
	pthread_barrier_init(&alone, NULL, 1);
	r.window.barrier = &alone;
	r.iommu.unmaps_race = true;
}

static void test_race(void **state)
{
	make_race();
	assert_int_equal(rig_run(&r, 2), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(r.shared->tally.count[0], 0);
	assert_int_equal(r.shared->tally.count[1], 0);
	rig_free(&r);
	/* Half was unmapped by the request that lost, and half is left: told, and wrong. */
	make_race();
	r.iommu.unmap = meets_another;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(r.shared->tally.count[0], 1);
	assert_int_equal(r.shared->tally.count[1], 4 * RIG_PAGE);
	assert_int_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	assert_int_equal(r.shared->tally.wrong, 1);
	rig_free(&r);
	make_race();
	r.iommu.unmap = leaves_all;
	expect_wrong(1, "left something mapped between them");
	/* Elsewhere -EBUSY is what it says. */
	make_race();
	r.iommu.unmap = meets_another;
	r.iommu.unmaps_race = false;
	assert_int_equal(rig_run(&r, 1), -EBUSY);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_map_file),
		cmocka_unit_test(test_change_process),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
