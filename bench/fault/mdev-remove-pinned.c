// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev-remove-pinned: an mdev that holds pins is removed from outside; within 10 s it is gone, its pins too. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/fault/common/common.h"
#include "lib/mdev/mdev.h"

static const char *const set[] = { "count=64", "pin_every=1", NULL };

static int inject(struct vb_fault *f)
{
	char uuid[64], path[160];
	const char *text;
	int ret = vb_fault_mdev(f, uuid, sizeof(uuid));

	if (ret)
		return vb_fault_say(f, -EAGAIN, "the run has no mdev open");
	text = vb_mdev_remove_path(uuid, path, sizeof(path));
	ret = vb_fault_write_bounded(path, text, 9);
	return ret ? vb_fault_say(f, ret, "removing the mdev: %s", strerror(-ret)) : 0;
}

const struct vb_fault_ops vb_fault_mdev_remove_pinned = {
	.name = "mdev-remove-pinned",
	.description = "an mdev is removed while it holds pins: the run lets it go within 10 s",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_MDEV | VB_FAULT_NEEDS_NO_DEADLOCK,
	.statuses = 1 << 2,		/* its device is gone: the run has failed, and says so */
	.job = "notify-span",
	.set = set,
	.run_ms = 60000,	/* far longer than it may take: the request has to end the run */
	.within_ms = 200,
	.expected_audit = (const char *const []) { "ending", NULL },
	.prepare = vb_fault_mark,
	.inject = inject,
	.judge = vb_fault_check_again,
};
