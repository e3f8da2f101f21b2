// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * panic: the kernel crashes under a run.  Nobody is left to judge in the guest: who booted it
 * has to find the oops on its console, and to exit as for a crash.
 */
#include <errno.h>
#include <string.h>

#include "bench/fault/common/common.h"

static int inject(struct vb_fault *f)
{
	int ret = vb_fault_write("/proc/sysrq-trigger", "c");

	return vb_fault_say(f, ret ? ret : -EPROTO, "the kernel did not crash: %s", strerror(-ret));
}

const struct vb_fault_ops vb_fault_panic = {
	.name = "panic",
	.description = "the kernel crashes: the lab keeps the console, says crashed, and fails",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_LAB | VB_FAULT_ENDS_GUEST,
	.job = "smoke",
	.run_ms = 10000,
	.within_ms = 500,
	.inject = inject,
};
