// SPDX-License-Identifier: GPL-2.0-or-later
/* VB_IOC_ASK: VFIO's own answers, past the module's rules, and nothing left of them. */
#include <errno.h>
#include <string.h>

#include "tests/lab/kmod/harness.h"

/* VFIO's answer, or -errno of the call, less 1000. */
static int asked(uint32_t what, uint64_t page, uint32_t pages)
{
	struct vb_ioc_ask ask = {
		.size = sizeof(ask), .iova = BASE + page * PAGE, .pages = pages, .what = what,
	};
	int ret = call(device, VB_IOC_ASK, &ask);

	return ret ? ret - 1000 : ask.answer;
}

static void test_answers(void)
{
	is(map_dma(0, 1024), 0, "1024 pages mapped");
	is(asked(VB_ASK_PIN, 0, 512), 0, "VFIO pins 512 pages");
	is(asked(VB_ASK_PIN, 0, 513), E2BIG, "and 513 not");
	is(asked(VB_ASK_PIN, 1023, 2), EINVAL, "nor one that is not mapped");
	is(asked(VB_ASK_PIN_TWICE, 5, 1), 0, "it pins a page twice");
	is(asked(VB_ASK_UNPIN_AGAIN, 5, 1), 0, "it takes an unpin of what is not pinned");
	is(pin(5, 1, 1, 0), 0, "a page pinned by the rules");
	is(asked(VB_ASK_PIN_TWICE, 4, 4), 0, "is no obstacle");
	is(unpin(5, 1, 1, 0), 0, "and still there");
}

/* Kernels whose VFIO has notifier blocks have no request to give the device back. */
static void test_registration(void)
{
	bool notifier = !removal_is_told();

	is(asked(VB_ASK_REGISTER_WRONG_EVENTS, 0, 1), notifier ? EINVAL : -EOPNOTSUPP - 1000,
	   "a registration for unknown events");
	is(asked(VB_ASK_REGISTER_NO_DEVICE, 0, 1), notifier ? EINVAL : -EOPNOTSUPP - 1000,
	   "one of no device");
	is(asked(VB_ASK_REGISTER_NO_EVENTS, 0, 1), notifier ? EINVAL : -EOPNOTSUPP - 1000,
	   "one for no events");
	is(asked(VB_ASK_UNREGISTER_NEVER, 0, 1), notifier ? ENOENT : -EOPNOTSUPP - 1000,
	   "the end of one that there is not");
	is(asked(VB_ASK_PIN_NOTHING_REGISTERED, 0, 1), notifier ? EINVAL : -EOPNOTSUPP - 1000,
	   "a pin without one");
	is(asked(VB_ASK_PIN, 0, 1), 0, "and with one again");
	is(pin(9, 1, 1, 0), 0, "a page pinned, elsewhere");
	is(asked(VB_ASK_PIN_NOTHING_REGISTERED, 0, 1), notifier ? -EBUSY - 1000 : -EOPNOTSUPP - 1000,
	   "nobody is left untold of its unmap");
	is(unpin(9, 1, 1, 0), 0, "and off again");
	is(asked(VB_ASK_PIN_NOTHING_REGISTERED, 0, 1), notifier ? EINVAL : -EOPNOTSUPP - 1000,
	   "then it can be asked");
	is(pin(9, 1, 1, 0), 0, "and pinned again");
	is(unpin(9, 1, 1, 0), 0, "and off");
}

void test_ask(void)
{
	struct vb_counters before;
	long long pins;

	fresh();
	pins = kernel_pins();
	before = *counters();
	test_answers();
	test_registration();
	is(asked(VB_ASK_REGISTER_NO_EVENTS + 1, 0, 1), -EINVAL - 1000, "an unknown question");
	is(asked(VB_ASK_PIN, 0, 0), -EINVAL - 1000, "no pages");
	is(asked(VB_ASK_PIN, 0, VB_MAX_ASK_PAGES + 1), -E2BIG - 1000, "too many for one question");
	is(asked(VB_ASK_PIN, UINT64_MAX / PAGE - BASE / PAGE, 2), -EINVAL - 1000,
	   "pages beyond the end");
	is(kernel_pins_again(pins), pins, "the kernel holds what it held");
	is((long long)counters()->pin_calls, (long long)before.pin_calls + 3, "the module counts its own pins");
	is(unmap_dma(0, 1024), 1024, "all unmapped");
	ok(!kernel_warned(), "no warning");
}
