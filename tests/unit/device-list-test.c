// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of device drivers, what is read of a device, what DMA is let through. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device/device.h"
#include "lib/machine/pci.h"
#include "lib/machine/vfio-cdev.h"
#include "tests/unit/fake-tree.h"

#define ADDRESS	"0000:81:00.0"
#define WHERE	"pci0000:80/0000:80:00.0/" ADDRESS

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

static void test_list(void **state)
{
	const char *previous = "";

	for (const struct vb_device_ops *const *ops = vb_device_list; *ops; ops++) {
		assert_true(strcmp(previous, (*ops)->name) < 0);
		previous = (*ops)->name;
		assert_non_null((*ops)->summary);
		assert_ptr_equal(vb_device_find((*ops)->name), *ops);
		if ((*ops)->unavailable)
			continue;
		assert_non_null((*ops)->open);
		assert_non_null((*ops)->close);
		for (const struct vb_pci_id *id = (*ops)->ids; id && (id->vendor || id->class_code); id++)
			assert_ptr_equal(vb_device_match(id->vendor, id->device, id->class_code), *ops);
		/* One of the two ways to do DMA, and what belongs to it. */
		assert_false((*ops)->dma_copy && (*ops)->dma_write);
		assert_true(!(*ops)->dma_write == !(*ops)->dma_check);
		assert_true(!(*ops)->irq_raise == !(*ops)->irq_done);
		assert_true((*ops)->own_bytes % 4096 == 0);
	}
	assert_null(vb_device_find(""));
	assert_null(vb_device_find("Edu"));
}

static void test_match(void **state)
{
	assert_string_equal(vb_device_match(0x1234, 0x11e8, 0x00ff00)->name, "edu");
	assert_string_equal(vb_device_match(0x1234, 0x11e9, 0x00ff00)->name, "none");
	assert_string_equal(vb_device_match(0x11e8, 0x1234, 0)->name, "none");
	assert_string_equal(vb_device_match(0, 0, 0)->name, "none");
	assert_string_equal(vb_device_match(0xffff, 0xffff, 0xffffff)->name, "none");
	/* By its class, whoever made it; numbers count more. */
	assert_string_equal(vb_device_match(0x144d, 0xa808, 0x010802)->name, "nvme");
	assert_string_equal(vb_device_match(0x1b36, 0x0010, 0x010802)->name, "nvme");
	assert_string_equal(vb_device_match(0x144d, 0xa808, 0x010801)->name, "none");
	assert_string_equal(vb_device_match(0x1234, 0x11e8, 0x010802)->name, "edu");
	assert_null(vb_device_find("none")->dma_copy);
	assert_non_null(vb_device_find("edu")->dma_copy);
	assert_non_null(vb_device_find("nvme")->dma_write);
}

static void make_device(const char *vendor, const char *device, const char *node, int group)
{
	tree_pci(WHERE, "0x00ff00\n", "vfio-pci", group);
	tree_file("/sys/devices/" WHERE "/vendor", vendor);
	tree_file("/sys/devices/" WHERE "/device", device);
	if (node)
		tree_file("/sys/devices/" WHERE "/numa_node", node);
}

static void test_probe(void **state)
{
	struct vb_device dev;

	make_device("0x1234\n", "0x11e8\n", "1\n", 17);
	assert_int_equal(vb_device_probe(&dev, ADDRESS), 0);
	assert_string_equal(dev.ops->name, "edu");
	assert_string_equal(dev.address, ADDRESS);
	assert_int_equal(dev.vendor, 0x1234);
	assert_int_equal(dev.device, 0x11e8);
	assert_int_equal(dev.node, 1);
	assert_int_equal(dev.group, 17);
	assert_int_equal(dev.fd, -1);
	assert_int_equal(dev.group_fd, -1);
	assert_int_equal(dev.dma_last, 0x0fffffff);
	vb_device_close(&dev);	/* nothing is open */
	vb_device_close(&dev);
}

static void test_probe_other(void **state)
{
	struct vb_device dev;

	make_device("0x8086\n", "0x0953\n", "-1\n", 0);
	assert_int_equal(vb_device_probe(&dev, ADDRESS), 0);
	assert_string_equal(dev.ops->name, "none");
	assert_int_equal(dev.node, -1);
	assert_int_equal(dev.group, 0);
	assert_true(dev.dma_last == UINT64_MAX);
	assert_int_equal(vb_device_dma_copy(&dev, 0, 0, 8), -EOPNOTSUPP);
}

/* A kernel without NUMA has no such file. */
static void test_probe_no_node(void **state)
{
	struct vb_device dev;

	make_device("0x1234\n", "0x11e8\n", NULL, 3);
	assert_int_equal(vb_device_probe(&dev, ADDRESS), 0);
	assert_int_equal(dev.node, -1);
}

static void test_probe_refuses(void **state)
{
	static const char *const bad[] = {
		"", "81:00.0", "0000:81:00", "0000:81:00.8", "0000:81:20.0", "0000:81:00.0 ",
		"000:81:00.0", "0000:G1:00.0", "../0000:81:00.0", "0000:81:00.0/..", "edu",
		"0000000000000000000000000000:81:00.0",
	};
	struct vb_device dev;

	make_device("0x1234\n", "0x11e8\n", "0\n", -1);
	assert_int_equal(vb_device_probe(&dev, ADDRESS), -ENXIO);
	assert_int_equal(vb_device_probe(&dev, "0000:82:00.0"), -ENODEV);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(vb_device_probe(&dev, bad[i]), -EINVAL);
	assert_int_equal(dev.fd, -1);
	assert_int_equal(dev.group_fd, -1);
}

/* Bound to nothing, to a driver of VFIO, by a kernel with device files. */
static void test_cdev(void **state)
{
	static const char device[] = "/sys/bus/pci/devices/" ADDRESS;
	char path[64], small[8];

	make_device("0x1234\n", "0x11e8\n", "0\n", 17);
	assert_int_equal(vb_vfio_cdev_path(device, path, sizeof(path)), -ENOENT);
	tree_dir("/sys/devices/" WHERE "/vfio-dev/vfio3");
	assert_int_equal(vb_vfio_cdev_path(device, path, sizeof(path)), -EOPNOTSUPP);
	tree_file("/sys/devices/" WHERE "/vfio-dev/vfio3/dev", "511:3\n");
	assert_int_equal(vb_vfio_cdev_path(device, path, sizeof(path)), 0);
	assert_string_equal(path, "/dev/vfio/devices/vfio3");
	assert_int_equal(vb_vfio_cdev_path(device, small, sizeof(small)), -ENAMETOOLONG);
	assert_int_equal(vb_vfio_cdev_path("/sys/bus/pci/devices/0000:99:00.0", path, sizeof(path)), -ENOENT);
}

static int copies;

static int count_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	copies++;
	return 0;
}

static void check_dma(struct vb_device *dev, uint64_t from, uint64_t to, size_t size, int wanted)
{
	int before = copies;

	assert_int_equal(vb_device_dma_copy(dev, from, to, size), wanted);
	assert_int_equal(copies - before, !wanted);
}

static void test_dma_limits(void **state)
{
	const struct vb_device_ops ops = { .name = "counts", .dma_copy = count_copy };
	struct vb_device dev = {
		.ops = &ops,
		.dma_last = 0xffff,
		.max_dma_bytes = 0x1000,
		.dma_align_bytes = 4,
	};

	check_dma(&dev, 0, 0x1000, 0x1000, 0);
	check_dma(&dev, 0xfffc, 0, 4, 0);
	check_dma(&dev, 0, 0xf000, 0x1000, 0);
	check_dma(&dev, 0, 0, 0, -EINVAL);
	check_dma(&dev, 0, 0, 0x1004, -EINVAL);
	check_dma(&dev, 0, 0, SIZE_MAX, -EINVAL);
	check_dma(&dev, 2, 0, 4, -EINVAL);
	check_dma(&dev, 0, 2, 4, -EINVAL);
	check_dma(&dev, 0, 0, 2, -EINVAL);
	check_dma(&dev, 0xfffc, 0, 8, -ERANGE);
	check_dma(&dev, 0, 0xf004, 0x1000, -ERANGE);
	check_dma(&dev, 0x10000, 0, 4, -ERANGE);
	check_dma(&dev, 0, ~3ull, 8, -ERANGE);
	dev.dma_last = UINT64_MAX;
	check_dma(&dev, ~3ull, 0, 4, 0);
	check_dma(&dev, ~3ull, 0, 8, -ERANGE);
}

/* Known or not, with a database or without: a name, and never past the buffer. */
static void test_name(void **state)
{
	char name[64], small[8] = "1234567";

	vb_pci_name(0x1234, 0x11e8, name, sizeof(name));
	assert_non_null(strstr(name, "11e8"));
	vb_pci_name(0x8086, 0x100e, name, sizeof(name));
	assert_true(strlen(name) > 4);
	vb_pci_name(0x8086, 0x100e, small, 4);
	assert_true(strlen(small) < 4);
	assert_string_equal(small + 4, "567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_name),
		cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probe_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probe_no_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probe_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cdev, setup, teardown),
		cmocka_unit_test(test_dma_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
