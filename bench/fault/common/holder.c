// SPDX-License-Identifier: GPL-2.0-or-later
/* What the process that holds the container uses: CPUs, an mdev. */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/fault/common/common.h"
#include "lib/mdev/mdev.h"

/* Calls @visit for each entry of @path until it returns other than -ENOENT. */
static int each(const char *path, int (*visit)(const char *path, const char *name, void *arg),
		void *arg)
{
	struct dirent **entry;
	int nr = scandir(path, &entry, NULL, alphasort), ret = -ENOENT;

	for (int i = 0; i < nr; i++) {
		if (ret == -ENOENT && entry[i]->d_name[0] != '.')
			ret = visit(path, entry[i]->d_name, arg);
		free(entry[i]);
	}
	if (nr >= 0)
		free(entry);
	return ret;
}

/* io_uring's own threads are bound to the CPUs of a node, which can be one. */
static bool is_kernels_own(const char *path, const char *name)
{
	char file[512], comm[32] = "";
	FILE *f;

	snprintf(file, sizeof(file), "%s/%.20s/comm", path, name);
	f = fopen(file, "re");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	fclose(f);
	return !strncmp(comm, "iou-", 4);
}

static int bound_to(const char *path, const char *name, void *arg)
{
	cpu_set_t set;

	if (is_kernels_own(path, name))
		return -ENOENT;
	if (sched_getaffinity(atoi(name), sizeof(set), &set) || CPU_COUNT(&set) != 1)
		return -ENOENT;
	for (int cpu = 1; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			return cpu;
	return -ENOENT;
}

int vb_fault_worker_cpu(const struct vb_fault *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)f->holder);
	return each(path, bound_to, NULL);
}

struct search {
	char fds[64];			/* the holder's, a folder */
	char file[64];			/* what one of them has to be */
	char *uuid;
	size_t size;
};

static int is_file(const char *path, const char *name, void *arg)
{
	const struct search *s = arg;
	char link[512], target[64] = "";

	snprintf(link, sizeof(link), "%s/%.200s", path, name);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -ENOENT;
	return strcmp(target, s->file) ? -ENOENT : 0;
}

static int is_open(const char *path, const char *name, void *arg)
{
	char link[512], target[256] = "";
	struct search *s = arg;

	snprintf(link, sizeof(link), "%s/%.100s/iommu_group", path, name);
	if (readlink(link, target, sizeof(target) - 1) < 0 || !strrchr(target, '/'))
		return -ENOENT;
	snprintf(s->file, sizeof(s->file), "/dev/vfio/%.40s", strrchr(target, '/') + 1);
	if (each(s->fds, is_file, s))
		return -ENOENT;
	snprintf(s->uuid, s->size, "%s", name);
	return 0;
}

int vb_fault_mdev(const struct vb_fault *f, char *uuid, size_t size)
{
	struct search s = { .uuid = uuid, .size = size };

	snprintf(s.fds, sizeof(s.fds), "/proc/%d/fd", (int)f->holder);
	return each(vb_mdev_bus(), is_open, &s);
}
