// SPDX-License-Identifier: GPL-2.0-or-later
/* The workloads' list. */
#include <string.h>

#include "bench/workload/workload.h"
#include "bench/workload/workloads.h"	/* made by the build */

const struct vb_workload_ops *const vb_workload_list[] = {
	VB_WORKLOADS
	NULL
};

const struct vb_workload_ops *vb_workload_find(const char *name)
{
	for (const struct vb_workload_ops *const *ops = vb_workload_list; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}
