// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RLIMIT_MEMLOCK for a run of root's: it is started without CAP_IPC_LOCK, which would lift
 * the limit, and the limit is lowered when it works.  Before that the run would refuse to start.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "bench/fault/common/common.h"

/* A program that root executes has what is in the bounding set. */
int vb_fault_no_ipc_lock(struct vb_fault *f)
{
	struct rlimit limit = { 1ull << 32, 1ull << 32 };

	if (prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK) || setrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	return 0;
}

int vb_fault_limit_memlock(struct vb_fault *f, uint64_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	if (prlimit(f->holder, RLIMIT_MEMLOCK, &limit, NULL))
		return vb_fault_say(f, errno == ESRCH ? -EAGAIN : -errno, "prlimit: %s", strerror(errno));
	return 0;
}

int vb_fault_judge_memlock(struct vb_fault *f)
{
	/* The machine had not enough: the run says so; of the rest the soak looks that it is in order. */
	int ret = vb_fault_check_audit(f, "ending", "untrusted", "Cannot allocate memory");

	if (!ret)
		ret = vb_fault_check_audit(f, "locked_memory", "ok", NULL);
	if (!ret)
		ret = vb_fault_check_audit(f, "foll_pins", "ok", NULL);
	if (!ret)
		ret = vb_fault_check_settled(f);
	return ret ? ret : vb_fault_check_device(f);
}
