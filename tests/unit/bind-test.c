// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bind and unbind against a made-up PCI bus: what is written to sysfs is
 * intercepted (ld --wrap) and answered as the kernel would, or with an error.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/machine/bind.h"
#include "lib/machine/sysfs.h"
#include "tests/unit/fake-tree.h"

#define DEVICE "0000:01:00.0"
#define DEVICE_AT "pci0000:00/0000:00:01.0/" DEVICE
#define OVERRIDE "/sys/devices/" DEVICE_AT "/driver_override"
#define DRIVER "/sys/devices/" DEVICE_AT "/driver"
#define JOURNAL VB_STATE_DIR "/bind-" DEVICE

int __wrap_vb_sysfs_write(const char *path, const char *text);
int __wrap_vb_module_load(const char *name);

/* The write whose path contains this fails, after @skip that don't. */
static const char *fail_at;
static unsigned int fail_skip;
static int module_err;
static const char *vfio_takes;	/* the driver that a probe binds instead of vfio-pci */
static bool mount_at_override;	/* somebody mounts the disk in the wrong moment */
static unsigned int writes;
static struct vb_bind_report report;

int __wrap_vb_module_load(const char *name)
{
	return module_err;
}

static void set_driver(const char *driver)
{
	char target[128];

	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	tree_link(DRIVER, target);
}

static void write_override(const char *text)
{
	tree_file(OVERRIDE, strcmp(text, "\n") ? text : "(null)\n");
	if (mount_at_override)
		tree_append("/proc/self/mountinfo",
			    "30 1 259:0 / /mnt rw - ext4 /dev/nvme0n1 rw\n");
}

static int probe(void)
{
	if (!strcmp(tree_text(OVERRIDE), "vfio-pci\n") && strcmp(vfio_takes, ""))
		set_driver(vfio_takes);
	return 0;
}

int __wrap_vb_sysfs_write(const char *path, const char *text)
{
	char driver[64];

	writes++;
	if (fail_at && strstr(path, fail_at) && !fail_skip--) {
		fail_at = NULL;
		return -EIO;
	}
	if (strstr(path, "driver_override")) {
		write_override(text);
		return 0;
	}
	assert_string_equal(text, DEVICE);
	if (!strcmp(path, "/sys/bus/pci/drivers_probe"))
		return probe();
	if (sscanf(path, "/sys/bus/pci/drivers/%63[^/]", driver) != 1)
		return -ENOENT;
	if (strstr(path, "/unbind")) {
		assert_true(!vb_pci_driver(DEVICE, driver) && driver[0]);
		tree_unlink(DRIVER);
	} else {
		set_driver(driver);
	}
	return 0;
}

static int setup(void **state)
{
	tree_make();
	tree_pci(DEVICE_AT, "0x010802\n", "nvme", 7);
	tree_block(DEVICE_AT "/nvme/nvme0/nvme0n1", "259:0");
	tree_dir("/sys/bus/pci/drivers/vfio-pci");
	tree_file("/dev/vfio/7", "");
	fail_at = NULL;
	fail_skip = 0;
	module_err = 0;
	vfio_takes = "vfio-pci";
	mount_at_override = false;
	writes = 0;
	return 0;
}

static int teardown(void **state)
{
	tree_remove();
	return 0;
}

static void assert_state(const char *driver, const char *override, bool journal)
{
	char now[VB_DRIVER_NAME_SIZE];

	assert_int_equal(vb_pci_driver(DEVICE, now), 0);
	assert_string_equal(now, driver);
	assert_string_equal(tree_text(OVERRIDE), override);
	assert_int_equal(vb_sysfs_exists(JOURNAL), journal);
}

static void test_bind_and_unbind(void **state)
{
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_int_equal(report.group, 7);
	assert_false(report.already);
	assert_state("vfio-pci", "vfio-pci\n", true);
	assert_string_equal(tree_text(JOURNAL), "vfio-bench bind 1\ndriver=nvme\noverride=\n");
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_twice(void **state)
{
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	writes = 0;
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_true(report.already);
	assert_int_equal(writes, 0);
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	writes = 0;
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_true(report.already);
	assert_int_equal(writes, 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_without_driver(void **state)
{
	tree_unlink(DRIVER);
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_state("vfio-pci", "vfio-pci\n", true);
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("", "(null)\n", false);
}

static void test_override_comes_back(void **state)
{
	tree_file(OVERRIDE, "my-driver\n");
	set_driver("my-driver");
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("my-driver", "my-driver\n", false);
}

static void test_check_touches_nothing(void **state)
{
	assert_int_equal(vb_bind_check(DEVICE, NULL, 0, &report), 0);
	assert_int_equal(vb_unbind_check(DEVICE, &report), 0);
	assert_int_equal(writes, 0);
	assert_state("nvme", "(null)\n", false);
	assert_false(vb_sysfs_exists(VB_STATE_DIR));
}

static void test_in_use(void **state)
{
	tree_append("/proc/swaps", "/dev/nvme0n1 partition 100 0 -2\n");
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -EBUSY);
	assert_int_equal(report.inuse.kind, VB_INUSE_SWAP);
	assert_int_equal(writes, 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_mounted_meanwhile(void **state)
{
	mount_at_override = true;
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -EBUSY);
	assert_int_equal(report.inuse.kind, VB_INUSE_MOUNT);
	assert_int_equal(report.rollback_err, 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_no_group(void **state)
{
	tree_unlink("/sys/devices/" DEVICE_AT "/iommu_group");
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -ENXIO);
	assert_int_equal(writes, 0);
}

static void test_no_module(void **state)
{
	module_err = -ENOENT;
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -ENOENT);
	assert_int_equal(report.step, VB_BIND_MODULE);
	assert_int_equal(writes, 0);
}

static void fails_at(const char *path, unsigned int skip, enum vb_bind_step step)
{
	fail_at = path;
	fail_skip = skip;
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -EIO);
	assert_int_equal(report.step, step);
	assert_int_equal(report.rollback_err, 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_rolls_back(void **state)
{
	fails_at("driver_override", 0, VB_BIND_OVERRIDE);
	fails_at("nvme/unbind", 0, VB_BIND_UNBIND);
	fails_at("drivers_probe", 0, VB_BIND_PROBE);
	vfio_takes = "";
	fails_at("nothing", 0, VB_BIND_PROBE);
}

static void test_rollback_fails(void **state)
{
	vfio_takes = "";
	fail_at = "nvme/bind";
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -EIO);
	assert_int_equal(report.rollback_err, -EIO);
	assert_state("", "(null)\n", true);
	/* The journal lets a later unbind finish it. */
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("nvme", "(null)\n", false);
}

/* Killed between two writes: what was saved first stays the truth. */
static void test_killed_half_way(void **state)
{
	tree_dir(VB_STATE_DIR);
	tree_file(JOURNAL, "vfio-bench bind 1\ndriver=nvme\noverride=\n");
	tree_file(OVERRIDE, "vfio-pci\n");
	tree_unlink(DRIVER);
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_state("vfio-pci", "vfio-pci\n", true);
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_stale_journal(void **state)
{
	tree_dir(VB_STATE_DIR);
	tree_file(JOURNAL, "vfio-bench bind 1\ndriver=other\noverride=old\n");
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_string_equal(tree_text(JOURNAL), "vfio-bench bind 1\ndriver=nvme\noverride=\n");
}

static void test_broken_journal(void **state)
{
	static const char *const broken[] = {
		"", "vfio-bench bind 1\n", "vfio-bench bind 1\ndriver=nvme\n",
		"vfio-bench bind 1\ndriver=nvme\noverride=", "vfio-bench bind 2\ndriver=a\n",
		"vfio-bench bind 1\noverride=\ndriver=nvme\n",
	};

	tree_dir(VB_STATE_DIR);
	set_driver("vfio-pci");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		tree_file(JOURNAL, broken[i]);
		assert_int_equal(vb_unbind(DEVICE, &report), -EPROTO);
		assert_int_equal(report.step, VB_BIND_STATE);
		assert_int_equal(writes, 0);
	}
}

static void test_state_folder_of_others(void **state)
{
	tree_dir("/elsewhere");
	tree_link(VB_STATE_DIR, "../elsewhere");
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), -EPERM);
	assert_int_equal(report.step, VB_BIND_STATE);
	assert_int_equal(writes, 0);
}

static void test_journal_is_a_link(void **state)
{
	tree_dir(VB_STATE_DIR);
	tree_file("/elsewhere", "vfio-bench bind 1\ndriver=nvme\noverride=\n");
	tree_link(JOURNAL, "../../elsewhere");
	set_driver("vfio-pci");
	assert_int_equal(vb_unbind(DEVICE, &report), -ELOOP);
	assert_int_equal(writes, 0);
}

static void test_bound_by_others(void **state)
{
	set_driver("vfio-pci");
	assert_int_equal(vb_unbind(DEVICE, &report), -ENOENT);
	assert_int_equal(writes, 0);
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	assert_true(report.already);
	assert_false(vb_sysfs_exists(JOURNAL));
}

/* Given to another driver by hand since: that one stays. */
static void test_taken_over_since(void **state)
{
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	set_driver("uio_pci_generic");
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("uio_pci_generic", "(null)\n", false);
}

static void test_gone_since(void **state)
{
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	tree_unlink("/sys/bus/pci/devices/" DEVICE);
	assert_int_equal(vb_unbind(DEVICE, &report), -ENODEV);
	assert_int_equal(report.step, VB_BIND_CHECK);
	assert_false(vb_sysfs_exists(JOURNAL));
	assert_int_equal(vb_unbind(DEVICE, &report), -ENODEV);
	assert_int_equal(report.step, VB_BIND_STATE);
}

static void test_driver_does_not_come_back(void **state)
{
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	fail_at = "nvme/bind";
	assert_int_equal(vb_unbind(DEVICE, &report), -EIO);
	assert_int_equal(report.step, VB_BIND_PROBE);
	assert_true(vb_sysfs_exists(JOURNAL));
	assert_int_equal(vb_unbind(DEVICE, &report), 0);
	assert_state("nvme", "(null)\n", false);
}

static void test_list(void **state)
{
	char (*list)[VB_PCI_ADDRESS_SIZE];
	size_t count;

	assert_int_equal(vb_bind_list(&list, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(vb_bind(DEVICE, NULL, 0, &report), 0);
	tree_file(VB_STATE_DIR "/bind-0000:00:1f.3", "x");
	tree_file(VB_STATE_DIR "/bind-nonsense", "x");
	assert_int_equal(vb_bind_list(&list, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(list[0], "0000:00:1f.3");
	assert_string_equal(list[1], DEVICE);
	free(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bind_and_unbind), TEST(twice), TEST(without_driver),
		TEST(override_comes_back), TEST(check_touches_nothing), TEST(in_use),
		TEST(mounted_meanwhile), TEST(no_group), TEST(no_module), TEST(rolls_back),
		TEST(rollback_fails), TEST(killed_half_way), TEST(stale_journal),
		TEST(broken_journal), TEST(state_folder_of_others), TEST(journal_is_a_link),
		TEST(bound_by_others), TEST(taken_over_since), TEST(gone_since),
		TEST(driver_does_not_come_back), TEST(list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
