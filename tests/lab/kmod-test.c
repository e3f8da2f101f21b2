// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The companion module, through its ioctls and VFIO's own, without the engine.
 * Runs as root where vfio_bench.ko is loaded (the lab); prints TAP.
 *
 *   kmod-test          all tests
 *   kmod-test threads  four threads unmap: for variants without the deadlock
 *   kmod-test cost     time of a callback, as the module does it and bare
 *   kmod-test iommufd  as an access of an iommufd, through the device's own file
 *   kmod-test busted   a skipped unpin: brings down a kernel whose type1
 *                      insists on it
 *
 * With KMOD_TEST_PCI=0000:05:00.0, a device bound to vfio-pci and alone in its
 * group, that one is in the same container.
 *
 * One thread unmaps at a time: kernels 6.0 and later deadlock otherwise.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/lab/kmod/harness.h"

static void all_tests(void)
{
	test_info();
	test_pin_unpin();
	test_pins_across_mappings();
	test_fence();
	test_requests();
	test_miscount();
	test_lock();
	test_bare();
	test_counting();
	test_delay();
	test_kill_delayed();
	test_close_with_pins();
	test_racing();
	test_pinners();
	test_churn();
	test_stop_and_mmap();
	test_pinners_at_close();
	test_window_limits();
	test_slot_limits();
	test_bad_requests();
	test_bad_ranges();
	test_bad_pinners();
	test_bad_mmap();
	test_ask();
	test_rounds();
	test_elsewhere();
	test_unprivileged();
	test_kill();
	test_concurrent_close();
	test_rmmod();
	test_remove_open();
	is(create_device(UUID), 0, "created again");
	open_all();
	test_removed();
	is(create_device(UUID), 0, "created again");
	is(remove_device(UUID), 0, "removed again");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long long pins_before = kernel_pins();

	setvbuf(stdout, NULL, _IOLBF, 0);
	find_type();
	memory = mmap(NULL, WINDOW_PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		bail("mmap");
	if (create_device(UUID))
		bail("create");
	if (strcmp(what, "iommufd"))
		open_all();
	if (!strcmp(what, "cost"))
		test_cost();
	else if (!strcmp(what, "threads"))
		test_threads();
	else if (!strcmp(what, "iommufd"))
		test_iommufd();
	else if (!strcmp(what, "busted"))
		test_busted();
	else if (!strcmp(what, "charge"))
		test_charge();
	else
		all_tests();
	if (tests) {
		is(kernel_pins_again(pins_before), pins_before, "pinned pages as the kernel counts them, as before");
		ok(!kernel_warned(), "no kernel warning");
	}
	printf("1..%d\n", tests);
	return failed ? 1 : 0;
}
