// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules between the keys of one expanded run. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/job_stat.h"
#include "bench/engine/shared.h"

struct rules {
	const struct vb_job *job;
	const struct vb_job_run *run;
	struct vb_job_error *err;
};

typedef int (*global_rule)(const struct rules *r, const struct vb_global *g);
typedef int (*section_rule)(const struct rules *r, const struct vb_section *s);

/* An error at @name= of section @s; NULL: of [global]. */
static int broken(const struct rules *r, const struct vb_section *s, const char *name,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

static int broken(const struct rules *r, const struct vb_section *s, const char *name,
		  const char *format, ...)
{
	int section = s ? (int)(s - r->run->section) : JOB_GLOBAL;
	const struct vb_job_key *key = job_key_find(name);
	const struct job_entry *entry = job_entry_find(r->job, section, key);
	unsigned int line = r->job->global_line;
	char value[JOB_VALUE_TEXT], what[320];
	va_list ap;

	if (s)
		line = r->job->section[section].line;
	if (entry)
		line = entry->line;
	if (key->type == VB_JOB_TEXT)
		snprintf(value, sizeof(value), "%.*s", (int)sizeof(value) - 1,
			 (const char *)&r->run->global + key->offset);
	else
		job_value_format(key, job_value_load(key, s ? (const void *)s : &r->run->global), value,
				 sizeof(value));
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	return job_error(r->err, entry && !line ? "override" : r->job->path, line,
			 "[%s] %s=%s: %s", job_section_name(r->job, section), name, value, what);
}

static bool uses_mdev(const struct vb_section *s)
{
	return s->device != VB_TARGET_PCI;
}

/* Windows that the section's threads make. */
static unsigned int windows(const struct vb_section *s)
{
	return s->workload->shares_window ? 1 : s->threads;
}

static int check_built(const struct rules *r, const struct vb_section *s)
{
	if (s->workload->unavailable)
		return broken(r, s, "workload", "not built: %s", s->workload->unavailable);
	return 0;
}

static int check_needs(const struct rules *r, const struct vb_section *s)
{
	const struct vb_iommu_ops *iommu = r->run->global.iommu;

	if (vb_workload_uses_device(s->workload) && s->device == VB_TARGET_MDEV)
		return broken(r, s, "device", "workload %s uses the PCI device: give device=pci or both",
			      s->workload->name);
	if (s->workload->needs_mdev && !uses_mdev(s))
		return broken(r, s, "device", "workload %s pins through an mdev: give "
			      "device=mdev or both", s->workload->name);
	if (!iommu->has_devices && (vb_workload_uses_device(s->workload) || s->workload->needs_mdev))
		return broken(r, s, "workload", "needs a device, and iommu_mode=%s has none",
			      iommu->name);
	if (!iommu->has_devices && uses_mdev(s))
		return broken(r, s, "device", "iommu_mode=%s has no devices: leave device= out",
			      iommu->name);
	if (uses_mdev(s) && !r->run->global.mdevs)
		return broken(r, s, "device", "mdevs=0: give mdevs=1 or more");
	return 0;
}

/* The functions that the workload calls; whether the kernel has them, it asks itself. */
static int check_abilities(const struct rules *r, const struct vb_section *s)
{
	static const struct {
		enum vb_ability ability;
		const char *what;
	} names[] = {
		{ VB_CAN_UNMAP_ALL, "unmap everything at once" },
		{ VB_CAN_TRACK_DIRTY, "track dirty pages" },
		{ VB_CAN_UPDATE_VADDR, "move a mapping to another address" },
	};
	const struct vb_iommu_ops *iommu = r->run->global.iommu;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (s->workload->needs & names[i].ability && !(iommu->abilities & names[i].ability) &&
		    iommu->open)
			return broken(r, NULL, "iommu_mode", "workload %s of [%s] wants to %s, which "
				      "this mode can't", s->workload->name, s->name, names[i].what);
	return 0;
}

/* A driver knows one user, and DMA is of no use in a device that goes away. */
static int check_one_user(const struct rules *r, const struct vb_section *s)
{
	if (!vb_workload_uses_device(s->workload))
		return 0;
	if (s->threads > 1)
		return broken(r, s, "threads", "workload %s uses the device, which one thread at a time can: "
			      "threads=1", s->workload->name);
	for (const struct vb_section *other = r->run->section; other < s; other++)
		if (vb_workload_uses_device(other->workload))
			return broken(r, s, "workload", "[%s] uses the device already, with %s: one section "
				      "at a time can: make two jobs of them", other->name,
				      other->workload->name);
	return 0;
}

static int check_alone(const struct rules *r, const struct vb_section *s)
{
	if (s->workload->alone && (r->run->nr_sections > 1 || s->threads > 1))
		return broken(r, s, s->threads > 1 ? "threads" : "workload", "workload %s changes the "
			      "container for all: leave it alone in the job, with one thread",
			      s->workload->name);
	return 0;
}

static int check_minimum(const struct rules *r, const struct vb_section *s)
{
	const struct vb_workload_ops *w = s->workload;

	if (s->threads < w->min_threads)
		return broken(r, s, "threads", "workload %s needs at least %u", w->name,
			      w->min_threads);
	if (s->count < w->min_count)
		return broken(r, s, "count", "workload %s needs at least %u", w->name,
			      w->min_count);
	if (r->run->global.mdevs < w->min_mdevs)
		return broken(r, NULL, "mdevs", "workload %s of [%s] needs at least %u", w->name,
			      s->name, w->min_mdevs);
	return 0;
}

static int check_pins(const struct rules *r, const struct vb_section *s)
{
	const struct vb_iommu_ops *iommu = r->run->global.iommu;

	if (s->pin_every && !uses_mdev(s))
		return broken(r, s, "pin_every", "an mdev pins: give device=mdev or both");
	if (s->pinners && !uses_mdev(s))
		return broken(r, s, "pinners", "an mdev pins: give device=mdev or both");
	if (s->pinners && !s->workload->pinners_allowed)
		return broken(r, s, "pinners", "workload %s takes none: give pinners=0",
			      s->workload->name);
	if (s->pin_every > s->count)
		return broken(r, s, "pin_every", "more than count=%u: give at most that, or none",
			      s->count);
	if ((uint64_t)s->pin_pages * VB_JOB_PAGE > s->size_bytes)
		return broken(r, s, "pin_pages", "more than a mapping has: raise size=");
	/* Pins under a v1 container fail with -EACCES, the granularity probe's too. */
	if (uses_mdev(s) && !s->workload->promises &&
	    (!strcmp(iommu->name, "vfio_type1_iommu") ||
	     !strcmp(iommu->name, "iommufd_compat_type1")))
		return broken(r, NULL, "iommu_mode",
			      "section [%s] has mdevs, which need version 2 of type1: give %sv2%s",
			      s->name, strstr(iommu->name, "compat") ? iommu->name : "vfio_type1",
			      strstr(iommu->name, "compat") ? "" : "_iommu");
	return 0;
}

static int check_pinner_mode(const struct rules *r, const struct vb_section *s)
{
	if (s->pinner_mode == VB_PINNER_RACING &&
	    r->run->global.discipline != VB_DISCIPLINE_RACING)
		return broken(r, s, "pinner_mode", "ignores the fence: give discipline=racing "
			      "in [global], or pinner_mode=churn");
	if (s->pinner_hold_ns && s->pinner_mode == VB_PINNER_STEADY)
		return broken(r, s, "pinner_hold", "pinner_mode=steady leaves the pins to the "
			      "callback: give 0s, or pinner_mode=churn");
	return 0;
}

static int check_bound(const struct rules *r, const struct vb_section *s)
{
	/* Those without ops= end with those that have them. */
	for (unsigned int i = 0; i < r->run->nr_sections; i++)
		if (r->run->global.duration_ns || r->run->section[i].ops)
			return 0;
	return broken(r, s, "ops", "and duration=0s: it would never end: give one");
}

static int check_stride(const struct rules *r, const struct vb_section *s)
{
	if (!s->stride_bytes)
		return 0;
	if (!s->workload->strides)
		return broken(r, s, "stride", "workload %s maps without gaps: leave it out",
			      s->workload->name);
	if (s->stride_bytes < s->size_bytes)
		return broken(r, s, "stride", "is less than size=: mappings would overlap");
	return 0;
}

/* How the window's memory is got, and in what order it is mapped: not every workload asks. */
static int check_memory(const struct rules *r, const struct vb_section *s)
{
	const struct vb_workload_ops *w = s->workload;
	const struct {
		const char *key;
		bool changed;
		bool known;
	} keys[] = {
		{ "prefault", s->prefault != VB_PREFAULT_POPULATE, !w->own_memory || w->cycles },
		{ "thp", s->thp != VB_THP_DEFAULT, !w->own_memory || w->cycles },
		{ "batch", s->batch != 0, w->cycles },
		{ "buffers", s->job_buffers != 0, w->cycles },
		{ "pattern", s->pattern != VB_PATTERN_LINEAR, w->cycles },
		{ "unmaps", s->unmaps != 1, w->cycles },
		{ "remap_every", s->remap_every != 1, w->cycles },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].changed && !keys[i].known)
			return broken(r, s, keys[i].key, "workload %s has its own way: leave it out",
				      w->name);
	if (s->batch && s->unmaps)
		return broken(r, s, "batch", "unmaps one by one: give unmaps=each");
	return 0;
}

static int check_bar(const struct rules *r, const struct vb_section *s)
{
	if (s->backing != VB_BACKING_BAR)
		return 0;
	if (!s->workload->cycles)
		return broken(r, s, "backing", "workload %s writes to its memory, and a device's registers "
			      "are no memory: use map_cycle", s->workload->name);
	if (s->device == VB_TARGET_MDEV || !r->run->global.iommu->has_devices)
		return broken(r, s, "backing", "is an assigned device's: give device=pci, and an "
			      "iommu_mode= that has devices");
	if (s->prefault != VB_PREFAULT_NONE)
		return broken(r, s, "prefault", "would touch the device's registers: give none");
	return 0;
}

static int check_container(const struct rules *r, const struct vb_section *s)
{
	const struct vb_section *first = &r->run->section[0];

	if (s->workload->own_container != first->workload->own_container)
		return broken(r, s, "workload", "%s beside %s: one opens its own containers, the other "
			      "wants one that is open: make two jobs of them", s->workload->name,
			      first->workload->name);
	if (!s->workload->own_container)
		return 0;
	if (s->threads > 1)
		return broken(r, s, "threads", "workload %s opens the device's group, which one process at a "
			      "time can have: threads=1", s->workload->name);
	if (s != first)
		return broken(r, s, "workload", "%s opens the device's group, which one process at a time "
			      "can have: one section in a job", s->workload->name);
	return 0;
}

static int check_window(const struct rules *r, const struct vb_section *s)
{
	uint64_t step = s->stride_bytes ? s->stride_bytes : s->size_bytes, bytes;

	if (__builtin_mul_overflow(step, (uint64_t)s->count, &bytes) ||
	    bytes > VB_JOB_WINDOW_MAX)
		return broken(r, s, "count", "times size= is more than 16t: lower one");
	if (uses_mdev(s) && bytes / VB_JOB_PAGE > VB_MAX_WINDOW_PAGES)
		return broken(r, s, "count", "times size= is more than 64g, the most that the "
			      "companion module takes: lower one, or give device=pci");
	return 0;
}

static int check_rate(const struct rules *r, const struct vb_section *s)
{
	if (s->rate_per_s && s->workload->shares_window)
		return broken(r, s, "rate", "the threads of workload %s start each step together: give "
			      "rate=none", s->workload->name);
	return 0;
}

static int check_shared(const struct rules *r, const struct vb_section *s)
{
	if (!s->workload->shares_window)
		return 0;
	if (s->node == VB_NODE_ALL && s->mem_node == VB_NODE_LOCAL && s->threads > 1)
		return broken(r, s, "mem_node", "the threads share one window and run on all "
			      "nodes: give its node, or any");
	return 0;
}

static const section_rule section_rules[] = {
	check_built, check_needs, check_one_user, check_abilities, check_alone, check_minimum, check_pins,
	check_pinner_mode, check_bound,
	check_stride, check_memory, check_bar, check_container, check_window, check_rate, check_shared,
};

bool vb_job_mode_is_hazardous(enum vb_mode mode)
{
	return mode == VB_MODE_BUSTED_SKIP_UNPIN || mode > VB_MODE_COUNTING;
}

/* What can cost the machine is said in the job, and so asked for by name. */
static int check_class(const struct rules *r, const struct vb_global *g)
{
	static const char ask[] = "can hang or crash the kernel: give class=pathological too";

	if (g->class == VB_CLASS_PATHOLOGICAL)
		return 0;
	if (g->guard == VB_GUARD_OFF)
		return broken(r, NULL, "guard", "%s", ask);
	if (g->discipline == VB_DISCIPLINE_RACING)
		return broken(r, NULL, "discipline", "%s", ask);
	if (vb_job_mode_is_hazardous(g->module_mode))
		return broken(r, NULL, "module_mode", "%s", ask);
	return 0;
}

/* The companion module's limits hold for all sections together. */
static int check_totals(const struct rules *r, const struct vb_global *g)
{
	unsigned int nr_windows = 0, nr_slots = 0, nr_pinners = 0;
	const struct vb_section *s;

	for (unsigned int i = 0; i < r->run->nr_sections; i++) {
		s = &r->run->section[i];
		if (!uses_mdev(s))
			continue;
		nr_windows += windows(s);
		nr_slots += s->threads;
		nr_pinners += s->pinners * windows(s);
		if (nr_windows > VB_MAX_WINDOWS)
			return broken(r, s, "threads", "more than %u windows on an mdev in all",
				      VB_MAX_WINDOWS);
		if (nr_slots > VB_MAX_SLOTS)
			return broken(r, s, "threads", "more than %u threads on an mdev in all",
				      VB_MAX_SLOTS);
		if (nr_pinners > VB_MAX_PINNERS)
			return broken(r, s, "pinners", "more than %u pinners in all: there are "
				      "so many for each window", VB_MAX_PINNERS);
	}
	return 0;
}

/* No more mdevs than a run has room for, and the engine opens all. */
static int check_containers(const struct rules *r, const struct vb_global *g)
{
	if (g->containers == 1)
		return 0;
	for (unsigned int i = 0; i < r->run->nr_sections; i++) {
		const struct vb_section *s = &r->run->section[i];

		if (s->workload->own_container)
			return broken(r, NULL, "containers", "workload %s opens its own: leave it out",
				      s->workload->name);
		if (s->workload->opens_devices)
			return broken(r, NULL, "containers", "workload %s opens and closes the last mdev of one: "
				      "leave it out", s->workload->name);
		if (uses_mdev(s) && g->mdevs * g->containers > VB_MAX_MDEVS)
			return broken(r, NULL, "containers", "times mdevs=%u is more than %d", g->mdevs,
				      VB_MAX_MDEVS);
	}
	return 0;
}

/* What a comparison is to decide by has to be something that a run can have. */
static int check_primary(const struct rules *r, const struct vb_global *g)
{
	struct vb_stat_name name[VB_STAT_NAMES_MAX];
	char why[256];
	size_t nr;

	if (vb_stat_names_parse(g->primary, name, &nr, why, sizeof(why)))
		return broken(r, NULL, "primary", "%s", why);
	for (size_t i = 0; i < nr; i++)
		if (job_stat_check(r->job, &name[i], why, sizeof(why)))
			return broken(r, NULL, "primary", "%s", why);
	return 0;
}

static const global_rule global_rules[] = {
	check_class, check_totals, check_containers, check_primary,
};

int job_rules_check(const struct vb_job *job, const struct vb_job_run *run,
		    struct vb_job_error *err)
{
	const struct rules r = { .job = job, .run = run, .err = err };
	int ret = 0;

	for (unsigned int s = 0; s < run->nr_sections; s++)
		for (size_t i = 0; i < sizeof(section_rules) / sizeof(section_rules[0]); i++) {
			ret = section_rules[i](&r, &run->section[s]);
			if (ret)
				return ret;
		}
	for (size_t i = 0; i < sizeof(global_rules) / sizeof(global_rules[0]) && !ret; i++)
		ret = global_rules[i](&r, &run->global);
	return ret;
}
