// SPDX-License-Identifier: GPL-2.0-or-later
/* Workloads that make, remove, open and close mdevs: on a right model, and on wrong ones. */
#include <errno.h>
#include <string.h>

#include "tests/unit/workload-helper.h"

static struct rig r;

/* The second mdev, as sysfs shows it. */
static struct {
	bool there;
	int closes;
	bool never_goes, never_comes;
	int remove_error;
} mdev;

int __wrap_vb_mdev_remove(struct vb_mdev *m);
int __wrap_vb_mdev_create(struct vb_mdev *m);
void __wrap_vb_mdev_close(struct vb_mdev *m);
bool __wrap_vb_sysfs_exists(const char *path);

int __wrap_vb_mdev_remove(struct vb_mdev *m)
{
	mdev.there = mdev.never_goes;
	return mdev.remove_error;
}

int __wrap_vb_mdev_create(struct vb_mdev *m)
{
	mdev.there = !mdev.never_comes;
	return 0;
}

void __wrap_vb_mdev_close(struct vb_mdev *m)
{
	mdev.closes++;
}

bool __wrap_vb_sysfs_exists(const char *path)
{
	return mdev.there && strstr(path, "second");
}

static void make(const char *workload)
{
	memset(&mdev, 0, sizeof(mdev));
	mdev.there = true;
	rig_make(&r, workload, RIG_PAGE, 1);
	rig_add_mdevs(&r, 2);
	strcpy(r.container.mdev[1].uuid, "second");
}

static void expect_wrong(const char *what)
{
	rig_run(&r, 1);
	assert_true(r.shared->tally.wrong > 0);
	assert_non_null(strstr(r.shared->wrong_where, what));
	rig_free(&r);
}

static void test_mdev_churn(void **state)
{
	make("mdev_churn");
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(r.shared->tally.verified, 6);
	assert_int_equal(mdev.closes, 1);	/* what is open can't be removed */
	rig_free(&r);
	make("mdev_churn");
	mdev.never_goes = true;
	expect_wrong("that was removed is still there");
	make("mdev_churn");
	mdev.never_comes = true;
	expect_wrong("that was made is not there");
	make("mdev_churn");
	mdev.remove_error = -EACCES;
	assert_int_equal(rig_run(&r, 1), -EACCES);
	rig_free(&r);
}

static void test_mdev_open_close(void **state)
{
	make("mdev_open_close");
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->hist[VB_METRIC_OPEN].count, 3);
	assert_int_equal(r.shared->hist[VB_METRIC_CLOSE].count, 3);
	assert_int_equal(r.container.mdev[1].fd, -1);
	rig_free(&r);
	/* The first mdev pins: it is not the one to be closed. */
	make("mdev_open_close");
	r.container.nr_mdevs = 1;
	assert_int_equal(rig_run(&r, 1), -EINVAL);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mdev_churn),
		cmocka_unit_test(test_mdev_open_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
