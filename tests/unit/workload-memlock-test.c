// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memlock_edge on a model of the two accounts: type1's, in the process, and
 * io_uring's, the user's; memlock_user on one of the one that IOMMUFD shares with
 * io_uring.  Right, and wrong in one way each.
 */
#include <errno.h>
#include <grp.h>
#include <liburing.h>
#include <sys/resource.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/counters.h"
#include "tests/unit/workload-helper.h"

#define CASES_HERE 7		/* without an mdev */

static struct rig r;

/* Of the child process that has a case; in pages. */
static struct {
	uint64_t locked, pinned, user;
	struct io_uring *holder;
	uint64_t held;
} account;

static enum fault {
	NONE,
	TYPE1_NO_LIMIT, TYPE1_OTHER_ERROR, TYPE1_KEEPS_PART, TYPE1_KEEPS_ONE,
	URING_NO_LIMIT, URING_KEEPS_PART, URING_KEEPS_ONE, URING_KEEPS_USER, URING_BY_RING,
	ONE_ACCOUNT,
	FD_NO_LIMIT, FD_KEEPS_PART, FD_KEEPS_ONE, FD_TO_PROCESS, FD_OWN_ACCOUNT,
} fault;

int __wrap_vb_container_open(struct vb_container *c, const struct vb_plan *plan);
int __wrap_vb_locked_read(pid_t pid, struct vb_locked *locked);
int __wrap_setgroups(size_t size, const gid_t *list);
int __wrap_setresgid(gid_t rgid, gid_t egid, gid_t sgid);
int __wrap_setresuid(uid_t ruid, uid_t euid, uid_t suid);
int __wrap_io_uring_register_buffers(struct io_uring *ring, const struct iovec *iov, unsigned int nr);
int __wrap_io_uring_unregister_buffers(struct io_uring *ring);

int __wrap_vb_container_open(struct vb_container *c, const struct vb_plan *plan)
{
	return 0;
}

int __wrap_vb_locked_read(pid_t pid, struct vb_locked *locked)
{
	*locked = (struct vb_locked){ account.locked * RIG_PAGE, account.pinned * RIG_PAGE };
	return 0;
}

/* Who runs the test need not be root. */
int __wrap_setgroups(size_t size, const gid_t *list)
{
	return 0;
}

int __wrap_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	return 0;
}

int __wrap_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	return 0;
}

static uint64_t limit_pages(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	return limit.rlim_cur / RIG_PAGE;
}

static int charged_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size,
		       uint32_t prot)
{
	uint64_t pages = size / RIG_PAGE, charged = account.locked;

	if (fault == ONE_ACCOUNT)
		charged += account.user;
	if (charged + pages > limit_pages() && fault != TYPE1_NO_LIMIT) {
		account.locked += fault == TYPE1_KEEPS_PART;
		return fault == TYPE1_OTHER_ERROR ? -EPERM : -ENOMEM;
	}
	account.locked += pages;
	return rig_map(iommu, vaddr, iova, size, prot);
}

static int charged_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	account.locked -= *unmapped / RIG_PAGE - (fault == TYPE1_KEEPS_ONE);
	return ret;
}

int __wrap_io_uring_register_buffers(struct io_uring *ring, const struct iovec *iov, unsigned int nr)
{
	uint64_t pages = iov->iov_len / RIG_PAGE;
	bool counts_others = fault != URING_BY_RING || ring == account.holder;

	if ((counts_others ? account.user : 0) + pages > limit_pages() && fault != URING_NO_LIMIT) {
		account.pinned += fault == URING_KEEPS_PART;
		return -ENOMEM;
	}
	account.user += pages;
	account.pinned += pages;
	account.held = pages;
	account.holder = ring;
	return 0;
}

int __wrap_io_uring_unregister_buffers(struct io_uring *ring)
{
	account.pinned -= account.held - (fault == URING_KEEPS_ONE);
	if (fault != URING_KEEPS_USER)
		account.user -= account.held;
	return 0;
}

static void make(enum fault with)
{
	fault = with;
	rig_make(&r, "memlock_edge", RIG_PAGE, 4);
	rig_add_device(&r);
	r.iommu.map = charged_map;
	r.iommu.unmap = charged_unmap;
}

/* A round of the cases with the limit, and one with 0; mdev cases are left out. */
static void test_right(void **state)
{
	make(NONE);
	assert_int_equal(rig_run(&r, 2 * CASES_HERE), 0);
	assert_string_equal(r.shared->wrong_where, "");
	assert_int_equal(r.shared->tally.count[0], 2 * CASES_HERE);
	/* Each of three alone, at both limits; each of two beside the other, in four orders. */
	assert_int_equal(r.shared->tally.count[1], 2 * 3 + 4 * 2);
	rig_free(&r);
}

static void expect_wrong(enum fault with, const char *what)
{
	make(with);
	for (unsigned int i = 0; i < 2 * CASES_HERE; i++)	/* some end with an error */
		if (rig_run(&r, 1))
			r.worker.cursor++;
	assert_true(r.shared->tally.wrong > 0);
	assert_non_null(strstr(r.shared->wrong_where, what));
	rig_free(&r);
}

static void test_type1_wrong(void **state)
{
	expect_wrong(TYPE1_NO_LIMIT, "type1: a page beyond the limit was not refused");
	expect_wrong(TYPE1_OTHER_ERROR, "type1: a page beyond the limit was not refused");
	expect_wrong(TYPE1_KEEPS_PART, "type1: the page that was refused is charged");
	expect_wrong(TYPE1_KEEPS_ONE, "type1: VmLck is not back at 0");
}

static void test_uring_wrong(void **state)
{
	expect_wrong(URING_NO_LIMIT, "io_uring: buffers beyond the limit were not refused");
	expect_wrong(URING_KEEPS_PART, "io_uring: part of what was refused is pinned");
	expect_wrong(URING_KEEPS_ONE, "io_uring: VmPin is not back at 0");
	expect_wrong(URING_KEEPS_USER, "io_uring: VmPin is not what is registered");
	expect_wrong(URING_BY_RING, "io_uring beside type1: a page beyond the limit was not refused");
}

/* Then the second of the two is refused what it may have. */
static void test_one_account(void **state)
{
	unsigned int refused = 0;

	make(ONE_ACCOUNT);
	for (unsigned int i = 0; i < CASES_HERE; i++) {
		int ret = rig_run(&r, 1);

		refused += ret == -ENOMEM;
		r.worker.cursor += ret != 0;
	}
	assert_int_equal(refused, 2);
	rig_free(&r);
}

/* IOMMUFD's: the user's account, and VmPin. */
static int user_map(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size, uint32_t prot)
{
	uint64_t pages = size / RIG_PAGE;
	uint64_t charged = fault == FD_OWN_ACCOUNT ? account.user - account.held : account.user;

	if (charged + pages > limit_pages() && fault != FD_NO_LIMIT) {
		account.pinned += fault == FD_KEEPS_PART;
		return -ENOMEM;
	}
	account.user += pages;
	account.pinned += pages;
	account.locked += fault == FD_TO_PROCESS;
	return rig_map(iommu, vaddr, iova, size, prot);
}

static int user_unmap(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	account.user -= *unmapped / RIG_PAGE;
	account.pinned -= *unmapped / RIG_PAGE - (fault == FD_KEEPS_ONE);
	return ret;
}

#define USER_CASES_HERE 3	/* without an mdev */

static void make_user(enum fault with)
{
	fault = with;
	rig_make(&r, "memlock_user", RIG_PAGE, 4);
	rig_add_device(&r);
	r.iommu.map = user_map;
	r.iommu.unmap = user_unmap;
}

static void user_wrong(enum fault with, const char *what)
{
	make_user(with);
	for (unsigned int i = 0; i < 2 * USER_CASES_HERE; i++)
		if (rig_run(&r, 1))
			r.worker.cursor++;
	assert_true(r.shared->tally.wrong > 0);
	if (!strstr(r.shared->wrong_where, what))
		fail_msg("%s, wanted %s", r.shared->wrong_where, what);
	rig_free(&r);
}

static void test_user(void **state)
{
	make_user(NONE);
	assert_int_equal(rig_run(&r, 2 * USER_CASES_HERE), 0);
	assert_string_equal(r.shared->wrong_where, "");
	assert_int_equal(r.shared->tally.count[0], 2 * USER_CASES_HERE);
	/* Two alone, at both limits; one of each beside the other. */
	assert_int_equal(r.shared->tally.count[1], 2 * 2 + 2);
	rig_free(&r);
	user_wrong(FD_NO_LIMIT, "a page beyond the limit was not refused");
	user_wrong(FD_KEEPS_PART, "the page that was refused is charged");
	user_wrong(FD_KEEPS_ONE, "VmPin is not back at 0");
	user_wrong(FD_TO_PROCESS, "charged to the process, too");
	user_wrong(FD_OWN_ACCOUNT, "beside io_uring: a page beyond the limit was not refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_type1_wrong),
		cmocka_unit_test(test_uring_wrong),
		cmocka_unit_test(test_one_account),
		cmocka_unit_test(test_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
