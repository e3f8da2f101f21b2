// SPDX-License-Identifier: GPL-2.0-or-later
/* second-instance: a second run wants the device that the first one has. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/fault/common/common.h"

/* The first run's variant is loaded and serves the second as well: the device is why. */
static int inject(struct vb_fault *f)
{
	char output[4200], said[4096];
	int ret;

	snprintf(output, sizeof(output), "%s/second", f->work);
	ret = vb_fault_run_like(f, output, NULL, said, sizeof(said));
	if (!ret && !vb_fault_lives(f->holder))
		return vb_fault_say(f, -EAGAIN, "the first run ended before the second had the device");
	if (ret <= 0)
		return vb_fault_say(f, ret ? ret : -EPROTO, "the second run: %d, not refused: %.300s", ret,
				    said);
	if (!strstr(said, f->device ? f->device : "") || !strstr(said, "is open elsewhere"))
		return vb_fault_say(f, -EPROTO, "the second run: status %d, but not as open elsewhere: %.300s",
				    ret, said);
	return 0;
}

static int judge(struct vb_fault *f)
{
	int ret = vb_fault_check_complete(f);

	return ret ? ret : vb_fault_check_settled(f);
}

const struct vb_fault_ops vb_fault_second_instance = {
	.name = "second-instance",
	.description = "a second run wants the same device: refused, the first goes on",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_DEVICE,
	.statuses = 1 << 0,
	.job = "smoke",
	.run_ms = 1500,	/* the second takes its time to begin */
	.within_ms = 300,
	.expected_audit = (const char *const []) { NULL },
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = judge,
};
