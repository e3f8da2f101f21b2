// SPDX-License-Identifier: GPL-2.0-or-later
/* As whom the workers run. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/engine/privileges.h"
#include "lib/machine/memory.h"

static bool number(const char *name, unsigned int *value)
{
	const char *text = getenv(name);
	unsigned long number;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	*value = (unsigned int)number;
	/* The largest one means "unchanged" to setresuid(). */
	return !errno && !*end && number < UINT_MAX;
}

bool vb_calling_user(uid_t *uid, gid_t *gid)
{
	return !geteuid() && number("SUDO_UID", uid) && number("SUDO_GID", gid) && *uid;
}

void vb_privileges_plan(const struct vb_plan *plan, struct vb_privileges *p)
{
	uid_t uid;
	gid_t gid;

	*p = (struct vb_privileges){ .uid = geteuid(), .gid = getegid() };
	if (p->uid)
		snprintf(p->reason, sizeof(p->reason), "there are none");
	else if (!plan->run->global.iommu->has_devices)
		snprintf(p->reason, sizeof(p->reason), "no device is used");
	else if (!vb_calling_user(&uid, &gid))
		snprintf(p->reason, sizeof(p->reason), "root itself called, not a user by sudo");
	else
		vb_plan_needs_root(plan, p->reason, sizeof(p->reason));
	if (!*p->reason)
		*p = (struct vb_privileges){ .dropped = true, .uid = uid, .gid = gid };
}

/* Nothing of it may be left: real, effective and saved. */
static int check_gone(const struct vb_privileges *p)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved))
		return -errno;
	if (real != p->uid || effective != p->uid || saved != p->uid || !setuid(0))
		return -EPERM;
	return 0;
}

int vb_privileges_seal(const struct vb_privileges *p)
{
	return p->dropped && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* Without CAP_SYS_RESOURCE (in a container), as far as may be: then root had no more. */
static int lift_memlock(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &limit))
		return 0;
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

int vb_privileges_drop(const struct vb_privileges *p, pid_t parent)
{
	int ret;

	if (!p->dropped)
		return 0;
	vb_memory_keep_looking();
	ret = lift_memlock();
	if (ret)
		return ret;
	if (setgroups(0, NULL) || setresgid(p->gid, p->gid, p->gid) ||
	    setresuid(p->uid, p->uid, p->uid))
		return -errno;
	ret = check_gone(p);
	if (ret)
		return ret;
	/* setresuid() has taken it away. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return getppid() == parent ? 0 : -ECHILD;
}

json_t *vb_privileges_to_json(const struct vb_privileges *p)
{
	return json_pack("{s:b, s:I, s:s}", "dropped", (int)p->dropped, "uid", (json_int_t)p->uid,
			 "reason", p->reason);
}
