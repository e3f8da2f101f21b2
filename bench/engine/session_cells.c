// SPDX-License-Identifier: GPL-2.0-or-later
/* Expanded runs that this machine can't make: they are left out, and the result says why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/abilities.h"
#include "bench/engine/preflight.h"
#include "bench/engine/session_impl.h"

/* Why cell @i can't be had on arm @a; false: it can. */
typedef bool (*cell_lacks)(const struct session *s, unsigned int a, size_t i, char *why, size_t size);

static void drop_cell(struct session *s, size_t i, const char *why)
{
	if (!s->skipped)
		s->skipped = json_array();
	json_array_append_new(s->skipped, json_pack("{s:s, s:s}", "label", s->arm[0].runs[i].label,
						    "reason", why));
	for (unsigned int a = 0; a < s->nr_arms; a++)
		if (!s->arm[a].shared)
			memmove(&s->arm[a].runs[i], &s->arm[a].runs[i + 1],
				(s->nr_cells - i - 1) * sizeof(*s->arm[a].runs));
	s->nr_cells--;
}

static int sort_out(struct session *s, cell_lacks lacks)
{
	char why[512] = "";
	size_t i = 0;

	while (i < s->nr_cells) {
		bool bad = false;

		for (unsigned int a = 0; a < s->nr_arms && !bad; a++)
			bad = lacks(s, a, i, why, sizeof(why));
		if (!bad) {
			i++;
			continue;
		}
		if (s->nr_cells > 1)
			vb_warn("skipped: %s: %s", s->arm[0].runs[i].label, why);
		drop_cell(s, i, why);
	}
	if (!s->nr_cells)
		return vb_fail(VB_EXIT_SKIPPED, "%s", why);
	return VB_EXIT_OK;
}

static bool lacks_mode(const struct session *s, unsigned int a, size_t i, char *why, size_t size)
{
	const struct vb_iommu_ops *iommu = s->arm[a].runs[i].global.iommu;
	const char *reason = vb_iommu_unavailable(iommu);

	if (s->opt->dry_run)
		return false;
	if (reason)
		snprintf(why, size, "iommu_mode=%s can't be had: %s", iommu->name, reason);
	return reason != NULL;
}

static bool has_device(const struct vb_job_run *run)
{
	for (unsigned int i = 0; i < run->nr_sections; i++)
		if (run->section[i].device != VB_TARGET_MDEV)
			return true;
	return false;
}

static bool lacks_ability(const struct session *s, unsigned int a, size_t i, char *why, size_t size)
{
	const struct vb_job_run *run = &s->arm[a].runs[i];
	const struct vb_iommu_ops *iommu = run->global.iommu;

	if (vb_abilities_lack(run, iommu->abilities, "this mode", why, size))
		return true;
	return iommu->dirty_by_iommu && !has_device(run) &&
	       vb_abilities_lack(run, iommu->abilities & ~(unsigned int)VB_CAN_TRACK_DIRTY,
				 "this mode, without device=pci or both,", why, size);
}

/* A variant is one of type1: nothing else is loaded for it. */
static bool lacks_type1(const struct session *s, unsigned int a, size_t i, char *why, size_t size)
{
	const struct vb_iommu_ops *iommu = s->arm[a].runs[i].global.iommu;
	const char *variant = s->arm[a].spec.variant;

	if (!iommu->has_devices || iommu->type1 || !*variant || !strcmp(variant, "stock") ||
	    !strcmp(variant, "null"))
		return false;
	snprintf(why, size, "iommu_mode=%s does not go by vfio_iommu_type1, of which '%s' is a variant: "
		 "give stock, or another mode", iommu->name, variant);
	return true;
}

/* Before what else is missing is asked for: no device helps a mode that can't be had. */
int session_check_modes(struct session *s)
{
	int ret = sort_out(s, lacks_ability);

	if (!ret)
		ret = sort_out(s, lacks_type1);
	if (!ret)
		ret = sort_out(s, lacks_mode);
	s->uses_vfio = false;
	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells; i++)
			s->uses_vfio |= s->arm[a].runs[i].global.iommu->has_devices;
	return ret;
}

static struct vb_plan *try_plan(const struct session *s, unsigned int a, size_t i, char *why,
				size_t size)
{
	struct vb_plan *plan;

	return vb_plan_make(&s->arm[a].runs[i], s->topology, s->nr_devices ? s->device : NULL, 1, &plan, why,
			    size) ? NULL : plan;
}

/* Those that one kernel has and another not. */
#define KERNELS	(VB_CAN_UNMAP_ALL | VB_CAN_TRACK_DIRTY | VB_CAN_UPDATE_VADDR | VB_CAN_MAP_FILE | \
		 VB_CAN_CHANGE_PROCESS)

static size_t place_of(const struct vb_iommu_ops *iommu)
{
	size_t i = 0;

	while (vb_iommu_list[i] != iommu)
		i++;
	return i;
}

/* A device is needed to ask: without one a run finds out. */
static void ask_kernel(struct session *s)
{
	for (unsigned int a = 0; a < s->nr_arms && s->nr_devices && !s->opt->dry_run; a++)
		for (size_t i = 0; i < s->nr_cells; i++) {
			const struct vb_job_run *run = &s->arm[a].runs[i];
			size_t at = place_of(run->global.iommu);

			if (at >= VB_MAX_MODES || s->ability[at].known || !run->global.iommu->has_devices ||
			    !(vb_abilities_needed(run) & KERNELS))
				continue;
			s->ability[at].known = !vb_preflight_abilities(run->global.iommu, s->device,
								       &s->ability[at].can);
		}
}

/* Of a container without the device nothing is known. */
static bool lacks_kernel(const struct session *s, unsigned int a, size_t i, char *why, size_t size)
{
	const struct vb_job_run *run = &s->arm[a].runs[i];
	size_t at = place_of(run->global.iommu);

	return at < VB_MAX_MODES && s->ability[at].known && has_device(run) &&
	       vb_abilities_lack(run, s->ability[at].can | ~(unsigned int)KERNELS,
				 "this kernel, with this device,", why, size);
}

/* A machine with fewer CPUs has fewer threads' cells. */
static bool lacks_place(const struct session *s, unsigned int a, size_t i, char *why, size_t size)
{
	struct vb_plan *plan = try_plan(s, a, i, why, size);

	free(plan);
	return !plan;
}

static bool any_has_place(const struct session *s)
{
	char why[512];

	for (size_t i = 0; i < s->nr_cells; i++)
		if (!lacks_place(s, 0, i, why, sizeof(why)))
			return true;
	return false;
}

static bool lacks_devices(const struct session *s, const struct vb_plan *plan, char *why, size_t size)
{
	unsigned int containers = plan->run->global.containers;

	if (!plan->needs_pci || !plan->run->global.iommu->has_devices)
		return false;
	for (unsigned int i = 1; plan->uses_device && i < containers && i < s->nr_devices; i++) {
		if (s->device[i].ops == s->device[0].ops)
			continue;
		snprintf(why, size, "a job that makes its devices work has one kind of them in all containers: "
			 "%s is driven by %s, %s by %s", s->device[0].address, s->device[0].ops->name,
			 s->device[i].address, s->device[i].ops->name);
		return true;
	}
	if (s->nr_devices >= containers)
		return false;
	snprintf(why, size, "containers=%u need an assigned device each, in IOMMU groups of their own: --device "
		 "was given %u time%s", containers, s->nr_devices, s->nr_devices == 1 ? "" : "s");
	return true;
}

static bool lacks_room(const struct session *s, unsigned int a, size_t i, char *why, size_t size)
{
	struct vb_plan *plan = try_plan(s, a, i, why, size);
	bool lacks = plan && !s->opt->dry_run &&
		     (vb_preflight_lacks_room(plan, s->nr_devices ? s->device : NULL, why, size) ||
		      lacks_devices(s, plan, why, size));

	free(plan);
	return lacks;
}

int session_check_room(struct session *s)
{
	int ret = vb_topology_load(&s->topology);

	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "hwloc can't read this machine's topology: %s",
			       strerror(-ret));
	ask_kernel(s);
	ret = sort_out(s, lacks_kernel);
	if (ret)
		return ret;
	/* If none has a place, it is the job that is wrong: told later, as an error. */
	if (any_has_place(s))
		sort_out(s, lacks_place);
	return sort_out(s, lacks_room);
}
