// SPDX-License-Identifier: GPL-2.0-or-later
/* sigterm: the run is asked to end; what it has is kept, and marked incomplete. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "bench/fault/fault.h"

static int inject(struct vb_fault *f)
{
	return kill(f->run, SIGTERM) ? vb_fault_say(f, -errno, "kill: %s", strerror(errno)) : 0;
}

const struct vb_fault_ops vb_fault_sigterm = {
	.name = "sigterm",
	.description = "the run is sent SIGTERM; it ends early and says so",
	.statuses = 1 << 3,
	.inject = inject,
};
