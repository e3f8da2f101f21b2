// SPDX-License-Identifier: GPL-2.0-or-later
/* What doctor looks at: rights, memory, clock, programs. */
#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <linux/capability.h>

#include "bench/cmd/doctor.h"
#include "lib/machine/facts.h"
#include "lib/machine/sysfs.h"

#define ENOUGH_LOCKED_BYTES (64ull << 20)	/* what the jobs that come along map */

void vb_look_root(struct vb_finding *finding)
{
	if (geteuid() == 0)
		vb_found(finding, VB_HEALTH_OK, NULL, "yes");
	else
		vb_found(finding, VB_HEALTH_WARNING, "sudo vfio-bench ...",
			 "no: bind, variant and making mdevs need it");
}

static bool has_ipc_lock(void)
{
	unsigned long long effective = 0;
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	fclose(file);
	return effective >> CAP_IPC_LOCK & 1;
}

void vb_look_memlock(struct vb_finding *finding)
{
	struct rlimit limit;

	if (has_ipc_lock()) {
		vb_found(finding, VB_HEALTH_OK, NULL, "no limit (CAP_IPC_LOCK)");
		return;
	}
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		vb_found(finding, VB_HEALTH_OK, NULL, "no limit");
	else
		vb_found(finding, limit.rlim_cur < ENOUGH_LOCKED_BYTES ? VB_HEALTH_WARNING :
			 VB_HEALTH_OK, limit.rlim_cur < ENOUGH_LOCKED_BYTES ?
			 "ulimit -l unlimited (root), or memlock in /etc/security/limits.conf" :
			 NULL, "%llu KiB may be locked",
			 (unsigned long long)limit.rlim_cur >> 10);
}

void vb_look_hugepages(struct vb_finding *finding)
{
	static const char pages[] = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
	char count[32];

	if (vb_sysfs_read(pages, count, sizeof(count)) < 0)
		vb_found(finding, VB_HEALTH_WARNING, NULL, "none of 2 MiB in this kernel");
	else if (!strcmp(count, "0"))
		vb_found(finding, VB_HEALTH_WARNING, "sysctl vm.nr_hugepages=256",
			 "none: jobs with anonymous_hugetlb_* can't run");
	else
		vb_found(finding, VB_HEALTH_OK, NULL, "%s of 2 MiB", count);
}

void vb_look_nodes(struct vb_finding *finding)
{
	char online[128];

	if (vb_sysfs_read("/sys/devices/system/node/online", online, sizeof(online)) < 0)
		vb_found(finding, VB_HEALTH_WARNING, NULL, "this kernel has no NUMA");
	else if (!strpbrk(online, "-,"))
		vb_found(finding, VB_HEALTH_WARNING, "for two nodes use the lab: "
			 "scripts/lab -- COMMAND", "one: nothing to place across");
	else
		vb_found(finding, VB_HEALTH_OK, NULL, "%s", online);
}

void vb_look_io_uring(struct vb_finding *finding)
{
	struct io_uring ring;
	int err = io_uring_queue_init(2, &ring, 0);

	if (!err) {
		io_uring_queue_exit(&ring);
		vb_found(finding, VB_HEALTH_OK, NULL, "usable");
	} else if (err == -EPERM) {
		vb_found(finding, VB_HEALTH_WARNING, "sysctl kernel.io_uring_disabled=0",
			 "forbidden: samples can't be recorded");
	} else {
		vb_found(finding, VB_HEALTH_WARNING, NULL, "%s: samples can't be recorded",
			 strerror(-err));
	}
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char copy[8192], *rest = copy, *dir;

	if (!path || strlen(path) >= sizeof(copy))
		return false;
	strcpy(copy, path);
	while ((dir = strsep(&rest, ":"))) {
		char file[PATH_MAX];

		if (snprintf(file, sizeof(file), "%s/%s", dir, program) < (int)sizeof(file) &&
		    !access(file, X_OK))
			return true;
	}
	return false;
}

void vb_look_gnuplot(struct vb_finding *finding)
{
	if (in_path("gnuplot"))
		vb_found(finding, VB_HEALTH_OK, NULL, "found");
	else
		vb_found(finding, VB_HEALTH_WARNING, "apt-get install gnuplot-nox",
			 "not found: reports have no plots");
}

void vb_look_lab(struct vb_finding *finding)
{
	if (vb_in_lab())
		vb_found(finding, VB_HEALTH_OK, NULL, "this is the lab%s",
			 vb_in_exact_mode() ? ", in exact mode" : "");
	else
		vb_found(finding, VB_HEALTH_OK, NULL, "not in it: what may hang "
			 "the kernel asks for --accept-loss here");
}
