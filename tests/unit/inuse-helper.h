/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The made-up machine of the tests of what is in use, and what they expect. */
#ifndef VB_INUSE_HELPER_H
#define VB_INUSE_HELPER_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/machine/inuse.h"
#include "tests/unit/fake-tree.h"

#define DISK "0000:01:00.0"
#define DISK_AT "pci0000:00/0000:00:01.0/" DISK
#define DISK_NS DISK_AT "/nvme/nvme0/nvme0n1"
#define NIC "0000:02:00.0"
#define NIC_AT "pci0000:00/0000:00:02.0/" NIC
#define NIC_IF NIC_AT "/net/eth0"
#define GPU "0000:03:00.0"
#define GPU_AT "pci0000:00/0000:00:03.0/" GPU
#define OTHER "0000:04:00.0"
#define OTHER_AT "pci0000:00/0000:00:04.0/" OTHER
#define BRIDGE "0000:00:01.0"
#define BRIDGE_AT "pci0000:00/" BRIDGE

/* The last answer. */
static struct vb_inuse use;

static inline int setup(void **state)
{
	tree_make();
	tree_pci(BRIDGE_AT, "0x060400\n", "pcieport", 0);
	tree_pci(DISK_AT, "0x010802\n", "nvme", 1);
	tree_block(DISK_NS, "259:0");
	tree_partition(DISK_NS "/nvme0n1p1", "259:1");
	tree_partition(DISK_NS "/nvme0n1p2", "259:2");
	tree_pci(NIC_AT, "0x020000\n", "ixgbe", 2);
	tree_net(NIC_IF, "0x1002\n", "down\n");
	tree_pci(GPU_AT, "0x030000\n", "amdgpu", 3);
	tree_pci(OTHER_AT, "0x088000\n", NULL, 4);
	return 0;
}

static inline int teardown(void **state)
{
	tree_remove();
	return 0;
}

static inline void assert_free(const char *address)
{
	assert_int_equal(vb_inuse_check(address, NULL, 0, &use), 0);
	assert_int_equal(use.kind, VB_INUSE_NOT);
}

static inline void assert_in_use(const char *address, enum vb_inuse_kind kind, const char *by,
			  const char *node, const char *detail)
{
	assert_int_equal(vb_inuse_check(address, NULL, 0, &use), -EBUSY);
	assert_int_equal(use.kind, kind);
	assert_string_equal(use.address, by);
	assert_string_equal(use.node, node);
	assert_string_equal(use.detail, detail);
}

static inline void mount_line(const char *number, const char *point, const char *rest)
{
	tree_append("/proc/self/mountinfo", "30 1 ");
	tree_append("/proc/self/mountinfo", number);
	tree_append("/proc/self/mountinfo", " / ");
	tree_append("/proc/self/mountinfo", point);
	tree_append("/proc/self/mountinfo", " rw,relatime shared:1 - ");
	tree_append("/proc/self/mountinfo", rest);
	tree_append("/proc/self/mountinfo", "\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

#endif /* VB_INUSE_HELPER_H */
