// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module: how many windows and slots there can be. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

void test_window_limits(void)
{
	int last = 0;

	fresh();
	is(window(BASE + PAGE, PAGE), -EEXIST, "inside another");
	is(window(BASE - PAGE, 2 * PAGE), -EEXIST, "over another's start");
	is(window(BASE + (WINDOW_PAGES - 1) * PAGE, 2 * PAGE), -EEXIST, "over another's end");
	is(window(0, (1ull << 36) + PAGE), -E2BIG, "larger than 2^24 pages");
	is(window(~0ull - PAGE + 1, PAGE), 1, "the last page there is");
	for (unsigned int i = 0; i < VB_MAX_WINDOWS && last >= 0; i++)
		last = window(BASE - (2 * i + 2) * PAGE, PAGE);
	is(last, -ENOSPC, "one too many");
	map_dma(0, 16);
	is(pin(0, 16, 1, 0), 0, "pin, among 256 windows");
	is(unmap_all(), 16, "unmap");
	balanced("256 windows");
	fresh();
	for (unsigned int i = 1; i <= 5; i++)
		last = window((uint64_t)i << 40, 1ull << 36);
	is(last, -ENOSPC, "too large together");
	map_dma(0, 16);
	pin(0, 16, 1, 0);
	is(unmap_all(), 16, "unmap, all windows notified");
	balanced("large windows");
}

static int slots_made;
static int slots_error;

static void *slot_thread(void *arg)
{
	struct vb_ioc_slot s = { .size = sizeof(s) };
	int ret = call(device, VB_IOC_SLOT, &s);

	if (ret)
		slots_error = ret;
	else
		slots_made++;
	return NULL;
}

void test_slot_limits(void)
{
	struct vb_ioc_slot s = { .size = sizeof(s) };
	uint32_t index;
	pthread_t thread;

	fresh();
	is(request_end(), -ENOENT, "request end without a slot");
	is(call(device, VB_IOC_SLOT, &s), 0, "a slot");
	index = s.index;
	s.index = 77;
	is(call(device, VB_IOC_SLOT, &s), -EEXIST, "only one");
	is(s.index, index, "and it is told which");
	slots_made = slots_error = 0;
	for (unsigned int i = 0; i < VB_MAX_SLOTS; i++) {
		if (pthread_create(&thread, NULL, slot_thread, NULL))
			bail("pthread_create");
		pthread_join(thread, NULL);
	}
	ok(slots_made == VB_MAX_SLOTS - 1 && slots_error == -ENOSPC, "%d more, then %s",
	   slots_made, strerror(-slots_error));
}
