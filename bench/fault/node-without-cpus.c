// SPDX-License-Identifier: GPL-2.0-or-later
/* node-without-cpus: a job asks for workers on a node all of whose CPUs are offline. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/fault/common/common.h"

#define MAX_CPUS 1024

struct data {
	struct vb_fault_mark mark;
	struct vb_fault_setting taken[MAX_CPUS];
};

/* The last node: the first one has the CPU that can't go. */
static const char *const set[] = { "node=1", NULL };

static bool on_node(int cpu, int node)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/node%d", cpu, node);
	return !access(path, F_OK);
}

static int prepare(struct vb_fault *f)
{
	int ret = vb_fault_mark_data(f, sizeof(struct data)), nr = 0;
	struct data *d = f->data;

	for (int cpu = 1; cpu < MAX_CPUS && !ret; cpu++) {
		if (!on_node(cpu, 1))
			continue;
		ret = vb_fault_take_cpu(&d->taken[cpu], cpu);
		if (ret)
			return vb_fault_say(f, ret, "taking CPU %d offline: %s", cpu, strerror(-ret));
		nr++;
	}
	if (!ret && !nr)
		return vb_fault_say(f, -ENOTSUP, "there is no node 1 with CPUs");
	return ret;
}

/* The run that was started, and one whose words can be read. */
static int judge(struct vb_fault *f)
{
	char said[4096], output[4200];
	int ret;

	snprintf(output, sizeof(output), "%s/again", f->work);
	ret = vb_fault_run_like(f, output, NULL, said, sizeof(said));
	if (ret != vb_fault_exit_status(f) || !strstr(said, "node"))
		return vb_fault_say(f, -EPROTO, "status %d, not a refusal that names the node: %.300s", ret,
				    said);
	if (!access(f->output, F_OK) || !access(output, F_OK))
		return vb_fault_say(f, -EPROTO, "a run that was refused left a result");
	return vb_fault_check_settled(f);
}

static void undo(struct vb_fault *f)
{
	struct data *d = f->data;

	for (int cpu = 1; d && cpu < MAX_CPUS; cpu++)
		vb_fault_put_back(&d->taken[cpu]);
}

const struct vb_fault_ops vb_fault_node_without_cpus = {
	.name = "node-without-cpus",
	.description = "a job asks for a node whose CPUs are offline: refused, with the reason",
	.needs = VB_FAULT_NEEDS_JOB | VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_CPUS | VB_FAULT_NEEDS_LAB,
	.statuses = 1 << 1 | 1 << 4,
	.job = "notify-span",
	.set = set,
	.prepare = prepare,
	.judge = judge,
	.undo = undo,
};
