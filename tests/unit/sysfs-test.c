// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading and writing small files below a root prefix. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/machine/sysfs.h"
#include "tests/unit/fake-tree.h"

static int setup(void **state)
{
	tree_make();
	return 0;
}

static int teardown(void **state)
{
	tree_remove();
	return 0;
}

static void test_path(void **state)
{
	char path[64], small[8];

	vb_sysfs_set_root("");
	assert_string_equal(vb_sysfs_root(), "");
	assert_int_equal(vb_sysfs_path(path, sizeof(path), "/sys/x"), 0);
	assert_string_equal(path, "/sys/x");
	vb_sysfs_set_root("/trees/a");
	assert_string_equal(vb_sysfs_root(), "/trees/a");
	assert_int_equal(vb_sysfs_path(path, sizeof(path), "/sys/x"), 0);
	assert_string_equal(path, "/trees/a/sys/x");
	assert_int_equal(vb_sysfs_path(small, sizeof(small), "/sys/x"), -ENAMETOOLONG);
}

/* The prefix is copied: what it was taken from may go. */
static void test_root_is_copied(void **state)
{
	char root[] = "/trees/b";

	vb_sysfs_set_root(root);
	root[1] = 'X';
	assert_string_equal(vb_sysfs_root(), "/trees/b");
}

static void test_read(void **state)
{
	char text[8];

	tree_file("/sys/line", "vfio\n");
	assert_int_equal(vb_sysfs_read("/sys/line", text, sizeof(text)), 4);
	assert_string_equal(text, "vfio");
	tree_file("/sys/line", "no end");
	assert_int_equal(vb_sysfs_read("/sys/line", text, sizeof(text)), 6);
	assert_string_equal(text, "no end");
	tree_file("/sys/line", "two\n\n");
	assert_int_equal(vb_sysfs_read("/sys/line", text, sizeof(text)), 4);
	assert_string_equal(text, "two\n");
	tree_file("/sys/line", "");
	assert_int_equal(vb_sysfs_read("/sys/line", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	tree_file("/sys/line", "\n");
	assert_int_equal(vb_sysfs_read("/sys/line", text, sizeof(text)), 0);
	tree_file("/sys/line", "longer than that\n");
	assert_int_equal(vb_sysfs_read("/sys/line", text, sizeof(text)), 7);
	assert_string_equal(text, "longer ");
	assert_int_equal(vb_sysfs_read("/sys/none", text, sizeof(text)), -ENOENT);
	assert_int_equal(vb_sysfs_read("/sys", text, sizeof(text)), -EISDIR);
}

static void check_u64(const char *text, int ret, uint64_t wanted)
{
	uint64_t value = 0;

	tree_file("/sys/number", text);
	assert_int_equal(vb_sysfs_read_u64("/sys/number", &value), ret);
	if (!ret)
		assert_true(value == wanted);
}

static void test_read_u64(void **state)
{
	uint64_t value;

	check_u64("0\n", 0, 0);
	check_u64("42", 0, 42);
	check_u64("0x8086\n", 0, 0x8086);
	check_u64("18446744073709551615\n", 0, UINT64_MAX);
	check_u64("18446744073709551616\n", -EINVAL, 0);
	check_u64("-1\n", -EINVAL, 0);
	check_u64("\n", -EINVAL, 0);
	check_u64("", -EINVAL, 0);
	check_u64("12 kB\n", -EINVAL, 0);
	check_u64("yes\n", -EINVAL, 0);
	assert_int_equal(vb_sysfs_read_u64("/sys/none", &value), -ENOENT);
}

static void test_read_link_base(void **state)
{
	char base[8];

	tree_link("/sys/driver", "../../bus/pci/nvme");
	assert_int_equal(vb_sysfs_read_link_base("/sys/driver", base, sizeof(base)), 0);
	assert_string_equal(base, "nvme");
	tree_link("/sys/driver", "plain");
	assert_int_equal(vb_sysfs_read_link_base("/sys/driver", base, sizeof(base)), 0);
	assert_string_equal(base, "plain");
	tree_link("/sys/driver", "../vfio-pci");
	assert_int_equal(vb_sysfs_read_link_base("/sys/driver", base, sizeof(base)), -ENAMETOOLONG);
	tree_file("/sys/file", "");
	assert_int_equal(vb_sysfs_read_link_base("/sys/file", base, sizeof(base)), -EINVAL);
	assert_int_equal(vb_sysfs_read_link_base("/sys/none", base, sizeof(base)), -ENOENT);
}

static void test_write(void **state)
{
	tree_file("/sys/override", "a longer text\n");
	assert_int_equal(vb_sysfs_write("/sys/override", "vfio-pci"), 0);
	assert_string_equal(tree_text("/sys/override"), "vfio-pci");
	/* a file that isn't there is no attribute of anything: none is made */
	assert_int_equal(vb_sysfs_write("/sys/none", "x"), -ENOENT);
	assert_false(vb_sysfs_exists("/sys/none"));
}

static void test_exists(void **state)
{
	assert_true(vb_sysfs_exists("/run"));
	assert_false(vb_sysfs_exists("/run/none"));
	tree_link("/run/dangling", "nowhere");
	assert_false(vb_sysfs_exists("/run/dangling"));
}

static void test_long_paths(void **state)
{
	char path[PATH_MAX + 16], text[8];
	uint64_t value;

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(vb_sysfs_read(path, text, sizeof(text)), -ENAMETOOLONG);
	assert_int_equal(vb_sysfs_read_u64(path, &value), -ENAMETOOLONG);
	assert_int_equal(vb_sysfs_read_link_base(path, text, sizeof(text)), -ENAMETOOLONG);
	assert_int_equal(vb_sysfs_write(path, "x"), -ENAMETOOLONG);
	assert_false(vb_sysfs_exists(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_root_is_copied),
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_u64, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_link_base, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_paths, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
