// SPDX-License-Identifier: GPL-2.0-or-later
/* Modes differ in what they can: a run that its mode can't do is left out, not wrong. */
#include <stdio.h>

#include "bench/engine/abilities.h"

static const struct {
	enum vb_ability ability;
	const char *what;
} names[] = {
	{ VB_CAN_UNMAP_ALL, "unmaps everything at once" },
	{ VB_CAN_TRACK_DIRTY, "tracks dirty pages" },
	{ VB_CAN_UPDATE_VADDR, "moves a mapping to another address" },
	{ VB_CAN_PIN, "has mdevs, which pin" },
	{ VB_CAN_MAP_BAR, "maps a device's registers" },
	{ VB_CAN_RUN_OUT, "goes to the limit of mappings" },
	{ VB_CAN_CHARGE_MM, "holds what is charged to one process alone against its limit" },
	{ VB_CAN_CHARGE_USER, "holds what is charged to one user against the limit" },
	{ VB_CAN_MAP_FILE, "maps a file by its descriptor" },
	{ VB_CAN_CHANGE_PROCESS, "hands what is charged to another process" },
	{ VB_CAN_GO_WITH_GROUP, "closes a container's last group to empty it" },
	{ VB_CAN_COPY, "copies mappings into other address spaces" },
};

static unsigned int needed_by(const struct vb_section *s)
{
	bool uses_mdev = s->device != VB_TARGET_PCI || s->workload->needs_mdev;

	/* Who asks for promises is told, too, that nothing is pinned there. */
	return s->workload->needs | (uses_mdev && !s->workload->promises ? VB_CAN_PIN : 0) |
	       (s->backing == VB_BACKING_BAR ? VB_CAN_MAP_BAR : 0);
}

unsigned int vb_abilities_needed(const struct vb_job_run *run)
{
	unsigned int needs = 0;

	for (unsigned int i = 0; i < run->nr_sections; i++)
		needs |= needed_by(&run->section[i]);
	return needs;
}

bool vb_abilities_lack(const struct vb_job_run *run, unsigned int has, const char *who, char *why,
		       size_t size)
{
	for (unsigned int i = 0; i < run->nr_sections; i++) {
		const struct vb_section *s = &run->section[i];
		unsigned int lacks = needed_by(s) & ~has;

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
			if (!(lacks & names[n].ability))
				continue;
			snprintf(why, size, "iommu_mode=%s: workload %s of [%s] %s, which %s can't",
				 run->global.iommu->name, s->workload->name, s->name, names[n].what, who);
			return true;
		}
	}
	return false;
}
