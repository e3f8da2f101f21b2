// SPDX-License-Identifier: GPL-2.0-or-later
/* Which devices must not be taken, on made-up machines: disks, memory, groups. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/inuse-helper.h"

static void test_unused(void **state)
{
	assert_free(DISK);
	assert_free(NIC);
	assert_free(GPU);
	assert_free(OTHER);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {
		"", "41:00.0", "0000:41:00", "0000:41:00.8", "0000:41:20.0", "0000:4g:00.0",
		"0000:41:00.0 ", " 0000:41:00.0", "0000:41:00.00", "000:41:00.0",
		"0000:AB:00.0", "../0000:41:00.0", "0000:41:00.0/..", "0000-41-00.0",
		"1234567:41:00.0", "0000:41:0.0", "0000:41:00,0", "nvme0",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(vb_pci_address_valid(bad[i]));
		assert_int_equal(vb_inuse_check(bad[i], NULL, 0, &use), -EINVAL);
	}
	assert_true(vb_pci_address_valid("0000:41:1f.7"));
	assert_true(vb_pci_address_valid("10000:e1:00.0"));	/* behind VMD */
	assert_int_equal(vb_inuse_check("0000:99:00.0", NULL, 0, &use), -ENODEV);
}

static void test_root_disk(void **state)
{
	mount_line("259:2", "/", "ext4 /dev/root rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n1p2", "/");
	assert_free(OTHER);
}

static void test_mount_point_with_space(void **state)
{
	mount_line("259:1", "/mnt/a\\040b", "xfs /dev/nvme0n1p1 rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n1p1", "/mnt/a b");
}

/* btrfs has numbers of its own; its source names one of its devices. */
static void test_btrfs(void **state)
{
	mount_line("0:35", "/home", "btrfs /dev/nvme0n1p1 rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n1p1", "/home");
}

static void test_btrfs_second_device(void **state)
{
	tree_link("/sys/fs/btrfs/dead-beef/devices/nvme0n1p2",
		  "../../../../devices/" DISK_NS "/nvme0n1p2");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n1p2", "btrfs");
}

static void test_mountinfo_broken(void **state)
{
	tree_append("/proc/self/mountinfo", "nonsense\n");
	assert_int_equal(vb_inuse_check(DISK, NULL, 0, &use), -EPROTO);
	tree_unlink("/proc/self/mountinfo");
	assert_int_equal(vb_inuse_check(DISK, NULL, 0, &use), -ENOENT);
}

static void test_lvm_mounted(void **state)
{
	tree_block("virtual/block/dm-0", "254:0");
	tree_file("/sys/devices/virtual/block/dm-0/dm/name", "vg-root\n");
	tree_stack("dm-0", "nvme0n1p2");
	mount_line("254:0", "/", "ext4 /dev/mapper/vg-root rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "dm-0", "/");
}

static void test_lvm_held(void **state)
{
	tree_block("virtual/block/dm-0", "254:0");
	tree_file("/sys/devices/virtual/block/dm-0/dm/name", "vg-data\n");
	tree_stack("dm-0", "nvme0n1p2");
	assert_in_use(DISK, VB_INUSE_HOLDER, DISK, "nvme0n1p2", "dm-0 (vg-data)");
}

/* A volume of a RAID of partitions: /dev/vda -> dm-1 -> md0p1 -> md0 -> nvme0n1p1. */
static void test_deep_stack(void **state)
{
	tree_block("virtual/block/md0", "9:0");
	tree_partition("virtual/block/md0/md0p1", "259:9");
	tree_block("virtual/block/dm-1", "254:1");
	tree_stack("md0", "nvme0n1p1");
	tree_stack("dm-1", "md0p1");
	mount_line("254:1", "/srv", "ext4 /dev/mapper/x rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "dm-1", "/srv");
}

static void test_stack_with_loop_ends(void **state)
{
	tree_block("virtual/block/dm-0", "254:0");
	tree_block("virtual/block/dm-1", "254:1");
	tree_stack("dm-0", "dm-1");
	tree_stack("dm-1", "dm-0");
	mount_line("254:0", "/srv", "ext4 /dev/dm-0 rw");
	assert_int_equal(vb_inuse_check(DISK, NULL, 0, &use), -ELOOP);
}

static void test_loop_device(void **state)
{
	tree_block("virtual/block/loop0", "7:0");
	tree_file("/sys/devices/virtual/block/loop0/loop/backing_file", "/dev/nvme0n1p1\n");
	mount_line("7:0", "/mnt", "ext4 /dev/loop0 rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "loop0", "/mnt");
}

/* A controller of which one namespace, without partitions, is mounted; others are not. */
static void test_nvme_namespace(void **state)
{
	tree_block(DISK_AT "/nvme/nvme0/nvme0n2", "259:5");
	tree_block(DISK_AT "/nvme/nvme0/nvme0n3", "259:6");
	assert_free(DISK);
	mount_line("259:5", "/data", "xfs /dev/nvme0n2 rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n2", "/data");
	assert_free(OTHER);
}

/* One namespace, two controllers: its block device hangs on neither. */
static void test_nvme_multipath(void **state)
{
	tree_block("virtual/nvme-subsystem/nvme-subsys1/nvme1n1", "259:7");
	tree_partition("virtual/nvme-subsystem/nvme-subsys1/nvme1n1/nvme1n1p1", "259:8");
	tree_link("/sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1",
		  "../../../" OTHER_AT "/nvme/nvme1");
	tree_link("/sys/class/nvme-subsystem/nvme-subsys1",
		  "../../devices/virtual/nvme-subsystem/nvme-subsys1");
	assert_free(OTHER);
	mount_line("259:8", "/data", "ext4 /dev/nvme1n1p1 rw");
	assert_in_use(OTHER, VB_INUSE_MOUNT, OTHER, "nvme1n1p1", "/data");
	assert_free(DISK);
}

/* A disk behind a controller that makes a PCI domain of its own. */
static void test_behind_vmd(void **state)
{
	tree_block(OTHER_AT "/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme2/nvme2n1",
		   "259:20");
	mount_line("259:20", "/data", "ext4 /dev/nvme2n1 rw");
	assert_in_use(OTHER, VB_INUSE_MOUNT, OTHER, "nvme2n1", "/data");
}

static void test_swap_partition(void **state)
{
	tree_append("/proc/swaps", "/dev/nvme0n1p1   partition\t1048572\t0\t-2\n");
	assert_in_use(DISK, VB_INUSE_SWAP, DISK, "nvme0n1p1", "");
}

static void test_swap_volume_by_name(void **state)
{
	tree_block("virtual/block/dm-3", "254:3");
	tree_file("/sys/devices/virtual/block/dm-3/dm/name", "vg-swap\n");
	tree_link("/sys/class/block/dm-3/slaves/nvme0n1p1", "nvme0n1p1");
	tree_append("/proc/swaps", "/dev/mapper/vg-swap  partition\t1048572\t0\t-2\n");
	assert_in_use(DISK, VB_INUSE_SWAP, DISK, "dm-3", "");
}

static void test_member(void **state)
{
	tree_file("/run/udev/data/b259:2", "S:disk/by-id/x\nE:ID_FS_TYPE=zfs_member\n");
	assert_in_use(DISK, VB_INUSE_MEMBER, DISK, "nvme0n1p2", "zfs_member");
	tree_file("/run/udev/data/b259:2", "E:ID_FS_TYPE=ext4\n");
	assert_free(DISK);
}

/* A partition that a firmware starts from, mounted or not; in capitals too. */
static void test_boot(void **state)
{
	tree_file("/run/udev/data/b259:2", "E:ID_FS_TYPE=vfat\n"
		  "E:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n");
	assert_in_use(DISK, VB_INUSE_BOOT, DISK, "nvme0n1p2", "EFI system");
	tree_file("/run/udev/data/b259:2",
		  "E:ID_PART_ENTRY_TYPE=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n");
	assert_in_use(DISK, VB_INUSE_BOOT, DISK, "nvme0n1p2", "EFI system");
	tree_file("/run/udev/data/b259:2", "E:ID_PART_ENTRY_TYPE=0xef\n");
	assert_in_use(DISK, VB_INUSE_BOOT, DISK, "nvme0n1p2", "EFI system");
	tree_file("/run/udev/data/b259:2",
		  "E:ID_PART_ENTRY_TYPE=0x83\nE:ID_PART_ENTRY_FLAGS=0x80\n");
	assert_in_use(DISK, VB_INUSE_BOOT, DISK, "nvme0n1p2", "active");
	tree_file("/run/udev/data/b259:2",
		  "E:ID_PART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4\n");
	assert_free(DISK);
}

static void test_share(void **state)
{
	tree_file("/sys/devices/" OTHER_AT "/virtio3/mount_tag", "hostroot");
	tree_link("/sys/devices/" OTHER_AT "/virtio3/driver", "../x/9pnet_virtio");
	tree_link("/sys/bus/virtio/devices/virtio3", "../../../devices/" OTHER_AT "/virtio3");
	assert_in_use(OTHER, VB_INUSE_SHARE, OTHER, "virtio3", "hostroot");
}

static void test_pf_with_vfs(void **state)
{
	tree_file("/sys/devices/" NIC_AT "/sriov_numvfs", "0\n");
	assert_free(NIC);
	tree_file("/sys/devices/" NIC_AT "/sriov_numvfs", "4\n");
	assert_in_use(NIC, VB_INUSE_VFS, NIC, "", "4");
}

static void test_bridge(void **state)
{
	assert_in_use(BRIDGE, VB_INUSE_BRIDGE, BRIDGE, "", "");
}

static void test_peer_with_host_driver(void **state)
{
	const char *const both[] = { OTHER, "0000:04:00.1" };

	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.1", "0x040300\n", "snd_hda_intel", 4);
	assert_in_use(OTHER, VB_INUSE_PEER_DRIVER, "0000:04:00.1", "", "snd_hda_intel");
	/* Taken together they are no obstacle to each other. */
	assert_int_equal(vb_inuse_check(both[0], both, 2, &use), 0);
	assert_int_equal(vb_inuse_check(both[1], both, 2, &use), 0);
}

static void test_peer_carries_root(void **state)
{
	const char *const both[] = { OTHER, "0000:04:00.1" };

	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.1", "0x010601\n", "ahci", 4);
	tree_block("pci0000:00/0000:00:04.0/0000:04:00.1/ata1/host0/target0:0:0/0:0:0:0/block/sda",
		   "8:0");
	mount_line("8:0", "/", "ext4 /dev/sda rw");
	assert_in_use(OTHER, VB_INUSE_MOUNT, "0000:04:00.1", "sda", "/");
	assert_int_equal(vb_inuse_check(both[0], both, 2, &use), -EBUSY);
}

static void test_peers_that_share(void **state)
{
	tree_pci("pci0000:00/0000:00:04.0", "0x060400\n", "pcieport", 4);
	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.1", "0x040300\n", "vfio-pci", 4);
	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.2", "0x0c0330\n", "pci-stub", 4);
	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.3", "0x020000\n", "mlx5_vfio_pci", 4);
	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.4", "0x0c8000\n", NULL, 4);
	assert_free(OTHER);
}

/* A bridge of the group is no reason for what lies behind it in other groups. */
static void test_bridge_peer_with_disk_behind(void **state)
{
	tree_pci("pci0000:00/0000:00:05.0", "0x060400\n", "pcieport", 4);
	tree_pci("pci0000:00/0000:00:05.0/0000:05:00.0", "0x010802\n", "nvme", 5);
	tree_block("pci0000:00/0000:00:05.0/0000:05:00.0/nvme/nvme5/nvme5n1", "259:30");
	mount_line("259:30", "/", "ext4 /dev/nvme5n1 rw");
	assert_free(OTHER);
	tree_unlink("/sys/devices/pci0000:00/0000:00:05.0/driver");
	assert_free(OTHER);
}

static void test_no_group(void **state)
{
	tree_pci("pci0000:00/0000:00:06.0", "0x010802\n", "nvme", -1);
	assert_free("0000:00:06.0");
}

/* The first device of a group without a driver can be the console all the same. */
static void test_peer_without_driver_in_use(void **state)
{
	tree_pci("pci0000:00/0000:00:04.0/0000:04:00.1", "0x030000\n", NULL, 4);
	assert_free(OTHER);
	tree_file("/sys/devices/pci0000:00/0000:00:04.0/0000:04:00.1/boot_vga", "1\n");
	assert_in_use(OTHER, VB_INUSE_CONSOLE_GPU, "0000:04:00.1", "", "");
}

static void test_virtio_memory_and_iommu(void **state)
{
	tree_link("/sys/bus/virtio/devices/virtio3", "../../../devices/" OTHER_AT "/virtio3");
	tree_link("/sys/devices/" OTHER_AT "/virtio3/driver",
		  "../../../../../bus/virtio/drivers/virtio_mem");
	assert_in_use(OTHER, VB_INUSE_MEMORY, OTHER, "virtio3", "virtio_mem");
	tree_link("/sys/devices/" OTHER_AT "/virtio3/driver",
		  "../../../../../bus/virtio/drivers/virtio_iommu");
	assert_in_use(OTHER, VB_INUSE_IOMMU, OTHER, "virtio3", "");
}

static void test_iommu(void **state)
{
	tree_pci("pci0000:00/0000:00:00.2", "0x080600\n", NULL, -1);
	assert_in_use("0000:00:00.2", VB_INUSE_IOMMU, "0000:00:00.2", "", "");
}

static void test_memory(void **state)
{
	tree_pci("pci0000:00/0000:00:06.0", "0x050210\n", "cxl_pci", -1);
	assert_in_use("0000:00:06.0", VB_INUSE_MEMORY, "0000:00:06.0", "", "cxl_pci");
	tree_pci("pci0000:00/0000:00:07.0", "0x050000\n", NULL, -1);
	assert_free("0000:00:07.0");
}

static void test_mdev(void **state)
{
	static const char uuid[] = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
	char path[128], target[256];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", uuid);
	snprintf(target, sizeof(target), "../../../devices/" GPU_AT "/%s", uuid);
	tree_link(path, target);
	assert_in_use(GPU, VB_INUSE_MDEV, GPU, uuid, "");
	assert_free(OTHER);
}

static void test_bcache(void **state)
{
	tree_dir("/sys/devices/" DISK_NS "/nvme0n1p1/bcache");
	assert_in_use(DISK, VB_INUSE_MEMBER, DISK, "nvme0n1p1", "bcache");
}

static void test_loop_not_mounted(void **state)
{
	tree_block("virtual/block/loop0", "7:0");
	tree_file("/sys/devices/virtual/block/loop0/loop/backing_file", "/home/image\n");
	assert_free(DISK);
	tree_file("/sys/devices/virtual/block/loop0/loop/backing_file", "/dev/nvme0n1p1\n");
	assert_in_use(DISK, VB_INUSE_HOLDER, DISK, "nvme0n1p1", "loop0");
}

static void test_bcachefs_second_device(void **state)
{
	mount_line("0:36", "/data", "bcachefs /dev/nvme0n1p2:/dev/sdz rw");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n1p2", "/data");
}

/* The caller is in a mount namespace that does not have it. */
static void test_mounted_for_init(void **state)
{
	tree_file("/proc/1/mountinfo", "30 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n");
	assert_in_use(DISK, VB_INUSE_MOUNT, DISK, "nvme0n1p2", "/");
	tree_file("/proc/1/mountinfo", "nonsense\n");
	assert_int_equal(vb_inuse_check(DISK, NULL, 0, &use), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unused), TEST(addresses), TEST(root_disk), TEST(mount_point_with_space),
		TEST(btrfs), TEST(btrfs_second_device), TEST(mountinfo_broken), TEST(lvm_mounted),
		TEST(lvm_held), TEST(deep_stack), TEST(stack_with_loop_ends), TEST(loop_device),
		TEST(nvme_namespace), TEST(nvme_multipath), TEST(behind_vmd),
		TEST(swap_partition), TEST(swap_volume_by_name), TEST(member), TEST(boot), TEST(share),
		TEST(pf_with_vfs), TEST(bridge), TEST(peer_with_host_driver),
		TEST(peer_carries_root), TEST(peers_that_share),
		TEST(bridge_peer_with_disk_behind), TEST(no_group),
		TEST(peer_without_driver_in_use), TEST(virtio_memory_and_iommu), TEST(iommu),
		TEST(memory), TEST(mdev), TEST(bcache), TEST(loop_not_mounted),
		TEST(bcachefs_second_device), TEST(mounted_for_init),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
