// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What faults change of the machine stands in the journal while it is changed, so that 'restore'
 * puts it back when the soak is killed; on a made-up machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/fault/common/common.h"
#include "lib/machine/bind-state.h"
#include "lib/machine/restore.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/variant.h"
#include "lib/machine/wall-clock.h"
#include "tests/unit/fake-tree.h"

#define JOURNAL VB_STATE_DIR "/" VB_JOURNAL_FILE
#define CPU "/sys/devices/system/cpu/cpu"
#define LIMIT "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
#define FAILSLAB "/sys/kernel/debug/failslab/ignore-gfp-wait"
#define MIN_ORDER "/sys/kernel/debug/fail_page_alloc/min-order"
#define FAIL_NTH "/proc/77/task/78/fail-nth"

static uint64_t rng;
static size_t left, done;

/* The clock is that of the machine that the tests run on: it is not set, but looked at. */
static int64_t set_to_s;
static unsigned int clock_sets;

int __wrap_clock_settime(clockid_t clock, const struct timespec *ts);
bool __wrap_vb_vfio_in_use(char *by, size_t size);
int __wrap_vb_variant_find(const char *name, const char *manifests, const char *built, struct vb_variant *v);
int __wrap_vb_variant_load(struct vb_variant *v);
int __wrap_vb_variant_unload(struct vb_variant *v);

int __wrap_clock_settime(clockid_t clock, const struct timespec *ts)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	set_to_s = ts->tv_sec;
	clock_sets++;
	return 0;
}

static const char *others;		/* who else uses VFIO; NULL: nobody */
static size_t open_at_load;		/* entries of the journal when the variant was loaded */
static unsigned int loads, unloads;

bool __wrap_vb_vfio_in_use(char *by, size_t size)
{
	snprintf(by, size, "%s", others ? others : "");
	return others;
}

int __wrap_vb_variant_find(const char *name, const char *manifests, const char *built, struct vb_variant *v)
{
	snprintf(v->name, sizeof(v->name), "%s", name);
	strcpy(v->module, "vfio_iommu_type1_x");
	return 0;
}

static size_t nr_open(void)
{
	struct vb_journal journal;
	size_t nr;

	if (vb_journal_read(&journal))
		return 0;
	nr = journal.nr;
	vb_journal_free(&journal);
	return nr;
}

int __wrap_vb_variant_load(struct vb_variant *v)
{
	open_at_load = nr_open();
	loads++;
	return 0;
}

int __wrap_vb_variant_unload(struct vb_variant *v)
{
	unloads++;
	return 0;
}

static int setup(void **state)
{
	tree_make();
	tree_file("/proc/sys/kernel/random/boot_id", "this-boot\n");
	tree_file(CPU "1/online", "1\n");
	tree_file(CPU "2/online", "1\n");
	tree_file(LIMIT, "65535\n");
	tree_file(FAILSLAB, "Y\n");
	tree_file(MIN_ORDER, "1\n");
	rng = 1;
	clock_sets = loads = unloads = 0;
	others = NULL;
	return 0;
}

static int teardown(void **state)
{
	tree_remove();
	return 0;
}

static struct vb_fault make(const char *name)
{
	struct vb_fault f = { .ops = vb_fault_find(name), .rng = &rng };

	assert_non_null(f.ops);
	return f;
}

static void count(void *arg, const struct vb_restore_item *item)
{
	done += item->outcome == VB_RESTORED_DONE;
}

/* As if this process were gone: the made-up machine has it not. */
static void restore(size_t wanted)
{
	struct vb_restore_options options = { 0 };
	struct vb_restore_summary summary;

	done = 0;
	assert_int_equal(vb_restore(&options, count, NULL, &summary), 0);
	left = summary.left;
	assert_int_equal(left, 0);
	assert_int_equal(done, wanted);
	assert_false(vb_sysfs_exists(JOURNAL));
}

static void test_settings(void **state)
{
	struct vb_fault_setting s[2] = { 0 };

	assert_int_equal(vb_fault_take_cpu(&s[0], 1), 0);
	assert_int_equal(vb_fault_take_cpu(&s[1], 2), 0);
	assert_int_equal(vb_fault_take_cpu(&s[1], 3), -ENOENT);
	assert_string_equal(tree_text(CPU "1/online"), "0");
	assert_int_equal(nr_open(), 2);
	vb_fault_put_back(&s[0]);
	assert_string_equal(tree_text(CPU "1/online"), "1");
	assert_int_equal(nr_open(), 1);
	vb_fault_put_back(&s[0]);
	/* The second one's soak was killed. */
	restore(1);
	assert_string_equal(tree_text(CPU "2/online"), "1");
}

static void test_entry_limit_of_stock(void **state)
{
	struct vb_fault f = make("entry-limit");

	assert_int_equal(f.ops->prepare(&f), 0);
	assert_string_not_equal(tree_text(LIMIT), "65535\n");
	assert_int_equal(nr_open(), 1);
	f.ops->undo(&f);
	assert_string_equal(tree_text(LIMIT), "65535");
	assert_false(vb_sysfs_exists(JOURNAL));
	free(f.data);
	assert_int_equal(f.ops->prepare(&f), 0);
	restore(1);
	assert_string_equal(tree_text(LIMIT), "65535");
	free(f.data);
}

static void test_entry_limit_of_variant(void **state)
{
	struct vb_fault f = make("entry-limit");

	f.variant = "x";
	assert_int_equal(f.ops->prepare(&f), 0);
	assert_int_equal(loads, 1);
	assert_int_equal(open_at_load, 1);
	f.ops->undo(&f);
	assert_int_equal(unloads, 1);
	assert_false(vb_sysfs_exists(JOURNAL));
	free(f.data);
}

/* The limit would be every new container's. */
static void test_entry_limit_beside_others(void **state)
{
	static const char *const variants[] = { NULL, "x" };

	others = "qemu (pid 1)";
	for (size_t i = 0; i < 2; i++) {
		struct vb_fault f = make("entry-limit");

		f.variant = variants[i];
		assert_int_equal(f.ops->prepare(&f), -ENOTSUP);
		assert_non_null(strstr(f.said, others));
		f.ops->undo(&f);
		free(f.data);
	}
	assert_string_equal(tree_text(LIMIT), "65535\n");
	assert_int_equal(loads, 0);
	/* Nor is it taken to a machine that somebody needs. */
	assert_true(vb_fault_find("entry-limit")->needs & VB_FAULT_NEEDS_LAB);
}

static void test_clock(void **state)
{
	struct vb_fault f = make("clock-step");
	int64_t ahead_ns = vb_wall_ahead_ns();
	char before[32], id[VB_JOURNAL_ID_SIZE];

	assert_int_equal(f.ops->prepare(&f), 0);
	assert_int_equal(f.ops->inject(&f), 0);
	assert_int_equal(clock_sets, 1);
	assert_in_range(labs(set_to_s - time(NULL)), 3500, 3700);
	assert_int_equal(nr_open(), 1);
	/* Somebody has set it right: it is left alone. */
	f.ops->undo(&f);
	assert_int_equal(clock_sets, 1);
	assert_false(vb_sysfs_exists(JOURNAL));
	free(f.data);

	snprintf(before, sizeof(before), "%lld", (long long)ahead_ns - 3600000000000);
	assert_true(vb_wall_stepped(before));
	assert_int_equal(vb_journal_begin(VB_JOURNAL_CLOCK, VB_JOURNAL_REALTIME, before, id), 0);
	/* What the step left is an hour ahead; restore's step is a process, which sets another clock_sets. */
	restore(1);
	assert_int_equal(vb_wall_put_back(before), 0);
	assert_in_range(time(NULL) - set_to_s, 3500, 3700);
	snprintf(before, sizeof(before), "%lld", (long long)ahead_ns);
	assert_false(vb_wall_stepped(before));
	assert_false(vb_wall_stepped("12x"));
	assert_int_equal(vb_wall_put_back("12x"), -EPROTO);
	assert_int_equal(vb_wall_put_back(""), -EPROTO);
}

static void test_fail_nth_knobs(void **state)
{
	struct vb_fault f = make("fail-nth");

	assert_int_equal(f.ops->prepare(&f), 0);
	/* Else no allocation that may sleep would fail. */
	assert_string_equal(tree_text(FAILSLAB), "N");
	assert_string_equal(tree_text(MIN_ORDER), "0");
	f.ops->undo(&f);
	assert_string_equal(tree_text(FAILSLAB), "Y");
	free(f.data);
	assert_int_equal(f.ops->prepare(&f), 0);
	restore(2);
	assert_string_equal(tree_text(FAILSLAB), "Y");
	assert_string_equal(tree_text(MIN_ORDER), "1");
	free(f.data);
	tree_unlink(FAILSLAB);
	tree_unlink(MIN_ORDER);
	assert_int_equal(f.ops->prepare(&f), -ENOTSUP);
	free(f.data);
}

/* The kernel's part: the number that was written goes down to @arg. */
static void *be_kernel(void *arg)
{
	for (int ms = 0; ms < 10000 && !strcmp(tree_text(FAIL_NTH), ""); ms++)
		usleep(1000);
	tree_file(FAIL_NTH, arg);
	return NULL;
}

static int inject_while(const char *number)
{
	struct vb_fault f = make("fail-nth");
	pthread_t thread;
	int ret;

	f.holder = 77;
	tree_file(FAIL_NTH, "");
	assert_int_equal(pthread_create(&thread, NULL, be_kernel, (void *)number), 0);
	ret = f.ops->inject(&f);
	pthread_join(thread, NULL);
	return ret;
}

static void test_fail_nth_failed(void **state)
{
	struct vb_fault f = make("fail-nth");

	assert_int_equal(inject_while("0\n"), 0);
	/* Told to, but it never came to that. */
	assert_int_equal(inject_while("3\n"), -EAGAIN);
	assert_string_equal(tree_text(FAIL_NTH), "0");
	f.holder = 76;
	assert_int_equal(f.ops->inject(&f), -EAGAIN);
}

static bool mounted(const char *path)
{
	char line[4096];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	bool found = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		found |= strstr(line, path) != NULL;
	fclose(file);
	return found;
}

/* What a soak that is killed had mounted is gone with it, and nobody else has seen it. */
static void test_mounts_are_its_own(void **state)
{
	char path[] = "/tmp/fault-changes.XXXXXX", name[64], byte;
	int fds[2], status;
	pid_t pid;

	assert_non_null(mkdtemp(path));
	snprintf(name, sizeof(name), "%s/disk", path);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		struct vb_fault f = make("disk-full");
		int ret = vb_fault_mount_tmpfs(&f, name, 1 << 20, false);

		byte = ret == -EPERM || ret == -EACCES ? 's' : !ret && mounted(name) ? 'm' : 'f';
		if (write(fds[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_false(mounted(name));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(name);
	assert_int_equal(rmdir(path), 0);
	if (byte == 's')
		skip();
	assert_int_equal(byte, 'm');
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings), TEST(entry_limit_of_stock), TEST(entry_limit_of_variant),
		TEST(entry_limit_beside_others), TEST(clock), TEST(fail_nth_knobs), TEST(fail_nth_failed),
		TEST(mounts_are_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
