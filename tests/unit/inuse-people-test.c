// SPDX-License-Identifier: GPL-2.0-or-later
/* Which devices must not be taken: networks, consoles, what programs have open. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/inuse-helper.h"

static void test_nic_up(void **state)
{
	tree_net(NIC_IF, "0x1003\n", "down\n");
	assert_in_use(NIC, VB_INUSE_LINK_UP, NIC, "eth0", "");
	tree_net(NIC_IF, "0x1002\n", "up\n");
	assert_in_use(NIC, VB_INUSE_LINK_UP, NIC, "eth0", "");
}

static void test_nic_with_default_route(void **state)
{
	tree_net(NIC_IF, "0x1003\n", "up\n");
	tree_append("/proc/net/route",
		    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n");
	assert_in_use(NIC, VB_INUSE_ROUTE, NIC, "eth0", "default");
}

static void test_nic_with_route(void **state)
{
	tree_append("/proc/net/route",
		    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
		    "eth00\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
	assert_in_use(NIC, VB_INUSE_ROUTE, NIC, "eth0", "");
}

static void test_nic_with_ipv6_default_route(void **state)
{
	tree_file("/proc/net/ipv6_route",
		  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		  "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n");
	assert_in_use(NIC, VB_INUSE_ROUTE, NIC, "eth0", "default");
}

static void test_bonded_nic(void **state)
{
	tree_link("/sys/devices/" NIC_IF "/master", "../../../../../virtual/net/bond0");
	assert_in_use(NIC, VB_INUSE_ENSLAVED, NIC, "eth0", "bond0");
}

static void test_bridge_port(void **state)
{
	tree_dir("/sys/devices/" NIC_IF "/brport");
	assert_in_use(NIC, VB_INUSE_ENSLAVED, NIC, "eth0", "a bridge");
}

static void test_vlan_on_nic(void **state)
{
	tree_link("/sys/devices/" NIC_IF "/upper_eth0.7", "../../../../../virtual/net/eth0.7");
	assert_in_use(NIC, VB_INUSE_ENSLAVED, NIC, "eth0", "eth0.7");
}

static void test_virtio_nic_up(void **state)
{
	tree_net(OTHER_AT "/virtio1/net/ens3", "0x1003\n", "up\n");
	assert_in_use(OTHER, VB_INUSE_LINK_UP, OTHER, "ens3", "");
}

static void test_nic_in_other_namespace(void **state)
{
	tree_unlink("/sys/class/net/eth0");
	assert_in_use(NIC, VB_INUSE_NO_LINK, NIC, "", "ixgbe");
	tree_link("/sys/devices/" NIC_AT "/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_free(NIC);
}

static void test_boot_gpu(void **state)
{
	tree_file("/sys/devices/" GPU_AT "/boot_vga", "0\n");
	assert_free(GPU);
	tree_file("/sys/devices/" GPU_AT "/boot_vga", "1\n");
	assert_in_use(GPU, VB_INUSE_CONSOLE_GPU, GPU, "", "");
}

static void test_console_frame_buffer(void **state)
{
	tree_link("/sys/class/graphics/fb0", "../../devices/" GPU_AT "/graphics/fb0");
	assert_in_use(GPU, VB_INUSE_CONSOLE_GPU, GPU, "fb0", "");
}

static void test_serial_console(void **state)
{
	tree_file("/sys/class/tty/console/active", "tty0 ttyS4\n");
	tree_link("/sys/class/tty/ttyS4", "../../devices/" OTHER_AT "/tty/ttyS4");
	assert_in_use(OTHER, VB_INUSE_CONSOLE_TTY, OTHER, "ttyS4", "");
}

/* Given to VFIO by somebody who knew: nothing is taken from anyone. */
static void test_boot_gpu_at_vfio(void **state)
{
	tree_file("/sys/devices/" GPU_AT "/boot_vga", "1\n");
	tree_link("/sys/devices/" GPU_AT "/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_free(GPU);
}

static void test_display(void **state)
{
	tree_link("/sys/class/drm/card1", "../../devices/" GPU_AT "/drm/card1");
	tree_link("/sys/class/drm/card1-DP-1", "../../devices/" GPU_AT "/drm/card1/card1-DP-1");
	tree_file("/sys/devices/" GPU_AT "/drm/card1/card1-DP-1/status", "disconnected\n");
	assert_free(GPU);
	tree_file("/sys/devices/" GPU_AT "/drm/card1/card1-DP-1/status", "connected\n");
	assert_in_use(GPU, VB_INUSE_DISPLAY, GPU, "card1-DP-1", "");
	assert_free(OTHER);
}

static void test_keyboard(void **state)
{
	tree_link("/sys/class/input/input4", "../../devices/" OTHER_AT "/usb1/1-1/input/input4");
	tree_file("/sys/devices/" OTHER_AT "/usb1/1-1/input/input4/capabilities/key",
		  "10000000000000 0\n");	/* a power button */
	assert_free(OTHER);
	tree_file("/sys/devices/" OTHER_AT "/usb1/1-1/input/input4/capabilities/key",
		  "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n");
	assert_in_use(OTHER, VB_INUSE_KEYBOARD, OTHER, "input4", "");
	assert_free(DISK);
}

static void test_virtio_console(void **state)
{
	tree_link("/sys/bus/virtio/devices/virtio3", "../../../devices/" OTHER_AT "/virtio3");
	tree_link("/sys/devices/" OTHER_AT "/virtio3/driver",
		  "../../../../../bus/virtio/drivers/virtio_console");
	tree_file("/sys/class/tty/console/active", "tty0\n");
	assert_free(OTHER);
	tree_file("/sys/class/tty/console/active", "tty0 hvc0\n");
	assert_in_use(OTHER, VB_INUSE_CONSOLE_TTY, OTHER, "hvc0", "");
	assert_free(DISK);
}

static void char_device(const char *where, const char *number, const char *devname)
{
	char path[256], target[256];

	snprintf(path, sizeof(path), "/sys/dev/char/%s", number);
	snprintf(target, sizeof(target), "../../devices/%s", where);
	tree_link(path, target);
	snprintf(path, sizeof(path), "/sys/devices/%s/uevent", where);
	tree_file(path, "MAJOR=1\nMINOR=2\nDEVNAME=");
	tree_append(path, devname);
	tree_append(path, "\n");
}

static void process_opens(const char *pid, const char *comm, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	tree_file(path, comm);
	snprintf(path, sizeof(path), "/proc/%s/fd/7", pid);
	tree_link(path, file);
}

static void test_open_by_a_program(void **state)
{
	char_device(OTHER_AT "/sound/card0/pcmC0D0p", "116:2", "snd/pcmC0D0p");
	process_opens("41", "cat\n", "/dev/snd/pcmC0D0pX");
	process_opens("42", "cat\n", "/dev/null");
	assert_free(OTHER);
	process_opens("43", "pipewire\n", "/dev/snd/pcmC0D0p");
	assert_in_use(OTHER, VB_INUSE_OPEN, OTHER, "/dev/snd/pcmC0D0p", "pipewire (pid 43)");
	assert_free(DISK);
}

/* VFIO's own file: a device that is at vfio-pci stays as it is anyway. */
static void test_open_at_vfio(void **state)
{
	char_device(OTHER_AT "/vfio-dev/vfio0", "508:0", "vfio/devices/vfio0");
	process_opens("43", "qemu\n", "/dev/vfio/devices/vfio0");
	assert_free(OTHER);
}

/* Another driver of VFIO's: a virtual machine would lose it. */
static void test_open_at_other_vfio_driver(void **state)
{
	tree_link("/sys/devices/" OTHER_AT "/driver", "../../../bus/pci/drivers/mlx5_vfio_pci");
	process_opens("43", "qemu\n", "/dev/vfio/5");
	assert_free(OTHER);
	process_opens("44", "qemu\n", "/dev/vfio/4");
	assert_in_use(OTHER, VB_INUSE_OPEN, OTHER, "/dev/vfio/4", "qemu (pid 44)");
	tree_link("/sys/devices/" OTHER_AT "/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_free(OTHER);
}

static void test_raw_disk_open(void **state)
{
	tree_file("/sys/devices/" DISK_NS "/nvme0n1p2/uevent", "DEVNAME=nvme0n1p2\n");
	process_opens("44", "qemu-system-x86\n", "/dev/nvme0n1p2");
	assert_in_use(DISK, VB_INUSE_OPEN, DISK, "/dev/nvme0n1p2", "qemu-system-x86 (pid 44)");
}

static void test_exported(void **state)
{
	static const char enable[] =
		"/sys/kernel/config/nvmet/subsystems/nqn/namespaces/1/enable";

	tree_file("/sys/devices/" DISK_NS "/uevent", "DEVNAME=nvme0n1\n");
	tree_file("/sys/kernel/config/nvmet/subsystems/nqn/namespaces/1/device_path",
		  "/dev/nvme0n1\n");
	tree_file(enable, "0\n");
	assert_free(DISK);
	tree_file(enable, "1\n");
	assert_in_use(DISK, VB_INUSE_OPEN, DISK, "/dev/nvme0n1", "the NVMe target");
}

static void test_login(void **state)
{
	tree_net(NIC_IF, "0x1003\n", "up\n");
	tree_append("/proc/net/route",
		    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
		    "eth1\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
	tree_file("/proc/self/environ", "");
	assert_in_use(NIC, VB_INUSE_ROUTE, NIC, "eth0", "");
	/* sudo's parent has it */
	tree_file("/proc/self/stat", "9 (vfio (x) y) S 8 9 9 0\n");
	tree_file("/proc/8/environ", "SSH_CONNECTION=192.168.0.7 5000 192.168.0.1 22");
	assert_in_use(NIC, VB_INUSE_LOGIN, NIC, "eth0", "192.168.0.7");
	/* by the default route, which is another's */
	tree_file("/proc/8/environ", "SSH_CONNECTION=192.168.1.7 5000 192.168.0.1 22");
	assert_in_use(NIC, VB_INUSE_ROUTE, NIC, "eth0", "");
	tree_file("/proc/8/environ", "SSH_CONNECTION=fe80::7%eth0 5000 fe80::1%eth0 22");
	assert_in_use(NIC, VB_INUSE_LOGIN, NIC, "eth0", "fe80::7%eth0");
	tree_file("/proc/8/environ", "SSH_CONNECTION=nonsense");
	assert_in_use(NIC, VB_INUSE_ROUTE, NIC, "eth0", "");
}

static void test_login_through_a_vlan_on_a_bond(void **state)
{
	tree_net(NIC_IF, "0x1803\n", "up\n");
	tree_link("/sys/class/net/bond0", "../../devices/virtual/net/bond0");
	tree_link("/sys/devices/virtual/net/bond0/lower_eth0", "../../../" NIC_IF);
	tree_link("/sys/class/net/bond0.7", "../../devices/virtual/net/bond0.7");
	tree_link("/sys/devices/virtual/net/bond0.7/lower_bond0", "../bond0");
	tree_file("/proc/net/ipv6_route",
		  "20010db8000000000000000000000000 21 00000000000000000000000000000000 00 "
		  "00000000000000000000000000000000 00000100 00000001 00000000 00000001 bond0.7\n"
		  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		  "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth9\n");
	tree_file("/proc/self/environ", "SSH_CONNECTION=2001:db8:7fff::7 5000 ::1 22");
	assert_in_use(NIC, VB_INUSE_LOGIN, NIC, "eth0", "2001:db8:7fff::7");
	/* beyond the prefix of 33 bits */
	tree_file("/proc/self/environ", "SSH_CONNECTION=2001:db8:8000::7 5000 ::1 22");
	assert_in_use(NIC, VB_INUSE_LINK_UP, NIC, "eth0", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nic_up), TEST(nic_with_default_route), TEST(nic_with_route),
		TEST(nic_with_ipv6_default_route), TEST(bonded_nic), TEST(bridge_port),
		TEST(vlan_on_nic), TEST(virtio_nic_up), TEST(nic_in_other_namespace),
		TEST(boot_gpu), TEST(console_frame_buffer), TEST(serial_console),
		TEST(boot_gpu_at_vfio), TEST(display), TEST(keyboard), TEST(virtio_console),
		TEST(open_by_a_program), TEST(open_at_vfio), TEST(open_at_other_vfio_driver),
		TEST(raw_disk_open), TEST(exported),
		TEST(login), TEST(login_through_a_vlan_on_a_bond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
