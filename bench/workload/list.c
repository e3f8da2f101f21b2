// SPDX-License-Identifier: GPL-2.0-or-later
/* The workloads' list. */
#include <string.h>

#include "bench/workload/workloads.h"

const struct vb_workload_ops *const vb_workload_list[] = {
	&vb_workload_dma_verify,
	&vb_workload_map_unmap,
	&vb_workload_mdev_open_close,
	&vb_workload_notify_span,
	&vb_workload_pin_churn,
	&vb_workload_unmap_race,
	NULL
};

const struct vb_workload_ops *vb_workload_find(const char *name)
{
	for (const struct vb_workload_ops *const *ops = vb_workload_list; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}
