// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of the machine that a fault changes: each in the journal before, so that restore knows. */
#include <stdio.h>
#include <string.h>

#include "bench/fault/common/common.h"
#include "lib/machine/sysfs.h"

int vb_fault_change(struct vb_fault_setting *s, const char *path, const char *text)
{
	int ret = vb_sysfs_read(path, s->before, sizeof(s->before));

	if (ret >= 0)
		ret = vb_journal_change(path, text, s->id);
	if (!ret)
		snprintf(s->path, sizeof(s->path), "%s", path);
	return ret;
}

void vb_fault_put_back(struct vb_fault_setting *s)
{
	if (*s->path && !vb_journal_put_back(s->path, s->before))
		vb_journal_end(s->id);
	*s = (struct vb_fault_setting){ 0 };
}

int vb_fault_take_cpu(struct vb_fault_setting *s, int cpu)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	return vb_fault_change(s, path, "0");
}
