// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening, probing and closing a run's container. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/engine/container.h"
#include "bench/engine/container_device.h"
#include "lib/machine/sysfs.h"
#include "lib/measure/histogram.h"

#define PROBE_MAPPINGS	4u
#define PAGE_BYTES	4096ull

int vb_run_error(struct vb_run_shared *shared, int error, const char *format, ...)
{
	va_list ap;

	if (shared->error)
		return error;
	va_start(ap, format);
	vsnprintf(shared->error_where, sizeof(shared->error_where), format, ap);
	va_end(ap);
	shared->error = error;
	return error;
}

static int join_device(struct vb_container *c)
{
	struct vb_device *d = c->device;
	int ret = vb_device_join(d, &c->iommu);

	if (ret == -EPERM)
		return vb_run_error(c->shared, ret, "%s: group %d is not viable: another device of the group "
				    "has a host driver", d->address, d->group);
	if (ret)
		return vb_run_error(c->shared, ret, "%s: %s /dev/vfio/%d: %s", d->address, d->group_fd < 0 ?
				    "opening" : "adding to the container", d->group, strerror(-ret));
	return 0;
}

static int join_mdevs(struct vb_container *c)
{
	for (unsigned int i = 0; i < c->nr_mdevs; i++) {
		struct vb_mdev *m = &c->mdev[i];
		int ret = vb_mdev_join(m, &c->iommu);

		if (ret)
			return vb_run_error(c->shared, ret, "mdev %s: group %d: %s", m->uuid,
					    m->group, strerror(-ret));
	}
	return 0;
}

/* Nothing of type1's: no module's count is to rise. */
static int enable_other(struct vb_container *c)
{
	int ret = vb_iommu_enable(&c->iommu);

	return ret ? vb_run_error(c->shared, ret, "%s: an address space: %s", c->iommu.ops->name,
				  strerror(-ret)) : 0;
}

/* VFIO_SET_IOMMU, with proof of whose code it reached. */
static int enable_type1(struct vb_container *c)
{
	char served_by[sizeof(c->shared->served_by)] = "";
	struct vb_variant_refs before, after;
	bool known;
	int seen = vb_variant_refs_read(&before);
	int ret = vb_iommu_enable(&c->iommu);

	if (ret)
		return vb_run_error(c->shared, ret, "VFIO_SET_IOMMU: %s (is the IOMMU on, with interrupt "
				    "remapping? see 'vfio-bench doctor')", strerror(-ret));
	c->shared->stock_builtin = !vb_sysfs_exists("/sys/module/vfio_iommu_type1/refcnt");
	if (seen || vb_variant_refs_read(&after))
		return 0;
	known = !vb_variant_refs_risen(&before, &after, served_by, sizeof(served_by));
	/* Of several containers all have to have one and the same. */
	if (c->index)
		known &= c->shared->served_known && !strcmp(served_by, c->shared->served_by);
	c->shared->served_known = known;
	memcpy(c->shared->served_by, served_by, sizeof(served_by));
	return 0;
}

static int open_devices(struct vb_container *c, const struct vb_plan *plan)
{
	const struct vb_global *g = &plan->run->global;
	int ret;

	ret = c->device ? vb_container_device_open(c, plan) : 0;
	if (ret)
		return ret;
	for (unsigned int i = 0; i < c->nr_mdevs; i++) {
		ret = vb_mdev_open(&c->mdev[i]);
		if (!ret)
			ret = vb_mdev_config(&c->mdev[i], g->discipline, VB_MODE_NORMAL, 0);
		if (ret)
			return vb_run_error(c->shared, ret, "mdev %s: opening the device: %s",
					    c->mdev[i].uuid, strerror(-ret));
	}
	return 0;
}

int vb_container_open(struct vb_container *c, const struct vb_plan *plan)
{
	const struct vb_global *g = &plan->run->global;
	int ret = vb_iommu_open(&c->iommu, g->iommu);

	if (ret)
		return vb_run_error(c->shared, ret, "%s: opening the container: %s", g->iommu->name,
				    strerror(-ret));
	if (!g->iommu->has_devices)
		return vb_iommu_enable(&c->iommu);
	ret = c->device ? join_device(c) : 0;
	if (!ret)
		ret = join_mdevs(c);
	if (!ret)
		ret = g->iommu->type1 ? enable_type1(c) : enable_other(c);
	if (!ret)
		ret = open_devices(c, plan);
	return ret;
}

/* Up to 5.11 a request goes through its mappings as they lie in the tree, root first. */
static bool two_pages(const struct vb_callback_range *log, uint64_t one, uint64_t other)
{
	return log[0].size == PAGE_BYTES && log[1].size == PAGE_BYTES &&
	       ((log[0].iova == one && log[1].iova == other) ||
		(log[0].iova == other && log[1].iova == one));
}

/*
 * One callback over the whole request is per-request, two over single mappings
 * @single, which is what the mode calls a mapping; anything else has no name here.
 */
static enum vb_granularity judge(const struct vb_ioc_stats *stats, uint64_t iova,
				 enum vb_granularity single)
{
	const struct vb_callback_range *log = stats->log;

	if (stats->counters.callbacks == 1 && log[0].iova == iova &&
	    log[0].size == PROBE_MAPPINGS * PAGE_BYTES)
		return VB_GRANULARITY_PER_REQUEST;
	if (stats->counters.callbacks == 2 && two_pages(log, iova, iova + 2 * PAGE_BYTES))
		return single;
	return VB_GRANULARITY_UNKNOWN;
}

/* Pinned or not by itself, every listener is told the same. */
static int judge_all(struct vb_container *c, uint64_t iova)
{
	enum vb_granularity *observed = &c->shared->observed, seen;
	enum vb_granularity single = c->iommu.ops->type1 ? VB_GRANULARITY_PER_VFIO_DMA :
						       c->iommu.ops->granularity;
	struct vb_ioc_stats stats;
	int ret;

	for (unsigned int i = 0; i < c->nr_mdevs; i++) {
		ret = vb_mdev_stats(&c->mdev[i], &stats);
		if (ret)
			return ret;
		seen = judge(&stats, iova, single);
		if (!i && !c->index)
			*observed = seen;
		else if (*observed != seen)
			*observed = VB_GRANULARITY_UNKNOWN;
	}
	return 0;
}

static int probe_in(struct vb_container *c, uint64_t iova, char *memory)
{
	struct vb_mdev *m = &c->mdev[0];
	uint64_t unmapped;
	int ret;

	for (unsigned int i = 0; i < PROBE_MAPPINGS; i++) {
		ret = vb_iommu_map(&c->iommu, memory + i * PAGE_BYTES, iova + i * PAGE_BYTES,
				   PAGE_BYTES, VB_PROT_READ | VB_PROT_WRITE);
		if (ret)
			return ret;
	}
	ret = vb_mdev_window(m, iova, PROBE_MAPPINGS * PAGE_BYTES);
	if (!ret)
		ret = vb_mdev_pin(m, iova, 2 * PAGE_BYTES, 2, 1, NULL);
	if (ret)
		return ret;
	ret = vb_iommu_unmap(&c->iommu, iova, PROBE_MAPPINGS * PAGE_BYTES, &unmapped);
	if (!ret && unmapped != PROBE_MAPPINGS * PAGE_BYTES)
		ret = -EPROTO;
	return ret ? ret : judge_all(c, iova);
}

int vb_container_probe(struct vb_container *c, const struct vb_plan *plan)
{
	const struct vb_global *g = &plan->run->global;
	char *memory;
	int ret;

	if (!c->nr_mdevs)
		return 0;
	memory = mmap(NULL, PROBE_MAPPINGS * PAGE_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		return vb_run_error(c->shared, -errno, "granularity probe: no memory");
	ret = probe_in(c, plan->probe_iova, memory);
	munmap(memory, PROBE_MAPPINGS * PAGE_BYTES);
	for (unsigned int i = 0; i < c->nr_mdevs && !ret; i++) {
		ret = vb_mdev_reset(&c->mdev[i]);
		if (!ret)
			ret = vb_mdev_config(&c->mdev[i], g->discipline, g->module_mode,
					     (uint32_t)g->callback_delay_ns);
	}
	if (ret)
		vb_run_error(c->shared, ret, "granularity probe at IOVA 0x%llx: %s",
			     (unsigned long long)plan->probe_iova, strerror(-ret));
	return ret;
}

int vb_container_windows(struct vb_container *c, const struct vb_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		const struct vb_plan_window *win = &plan->window[i];

		for (unsigned int m = 0; m < c->nr_mdevs && win->pins && win->container == c->index; m++) {
			int ret = vb_mdev_window(&c->mdev[m], win->iova, win->size_bytes);

			if (ret)
				return vb_run_error(c->shared, ret, "registering window %u with the module: %s",
						    i, strerror(-ret));
		}
	}
	return 0;
}

int vb_container_pinners(struct vb_container *c, const struct vb_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		const struct vb_plan_window *win = &plan->window[i];
		const struct vb_section *s = win->section;
		struct vb_ioc_pinner pinner = {
			.iova = win->iova,
			.length = win->size_bytes,
			.stride = s->size_bytes,
			.pages = s->pin_pages,
			.mode = s->pinner_mode,
			.node = s->pinner_node,
			.threads = s->pinners,
			.hold_ns = s->pinner_hold_ns,
		};
		int ret = s->pinners && win->container == c->index ? vb_mdev_pinners_start(&c->mdev[0], &pinner) : 0;

		if (ret)
			return vb_run_error(c->shared, ret, "section [%s]: starting %u pinners: %s",
					    s->name, s->pinners, strerror(-ret));
	}
	return 0;
}

static void collect_pinners(struct vb_container *c, unsigned int m)
{
	struct vb_run_shared *sh = c->shared;
	struct vb_ioc_pinner_info info;

	for (unsigned int i = 0; sh->nr_pinners < VB_MAX_PINNERS_SEEN; i++) {
		if (vb_mdev_pinner_info(&c->mdev[m], i, &info))
			return;
		sh->pinner[sh->nr_pinners++] = (struct vb_pinner_seen){
			.mdev = m,
			.requested_node = info.requested_node,
			.cpu = info.cpu,
			.node = info.node,
			.pins = info.pins,
			.unpins = info.unpins,
		};
	}
}

void vb_container_stop_pinners(struct vb_container *c)
{
	for (unsigned int m = 0; m < c->nr_mdevs; m++) {
		int ret;

		if (c->mdev[m].fd < 0)
			continue;
		collect_pinners(c, m);
		ret = vb_mdev_pinners_stop(&c->mdev[m]);
		if (ret)
			vb_run_error(c->shared, ret, "stopping the pinners: %s", strerror(-ret));
	}
}

static void collect_callbacks(struct vb_callbacks_seen *seen, const struct vb_ioc_stats *stats)
{
	seen->nr = stats->log_count < VB_CALLBACK_LOG ? stats->log_count : VB_CALLBACK_LOG;
	memcpy(seen->range, stats->log, seen->nr * sizeof(seen->range[0]));
}

int vb_container_collect(struct vb_container *c, const struct vb_plan *plan)
{
	struct vb_run_shared *sh = c->shared;
	struct vb_ioc_stats stats;
	struct vb_hist *hist = malloc(sizeof(*hist));
	/* The mdev that a workload opens and closes counts anew each time. */
	unsigned int counted = c->nr_mdevs - (plan->opens_devices && c->nr_mdevs);
	int ret = hist ? 0 : -ENOMEM;

	if (!c->index)
		sh->nr_mdevs = 0;
	for (int id = 0; id < VB_HIST_NR && !c->index; id++)
		vb_hist_init(&sh->module_hist[id]);
	for (unsigned int m = 0; m < counted && !ret; m++) {
		ret = vb_mdev_stats(&c->mdev[m], &stats);
		if (!ret) {
			collect_callbacks(&sh->callbacks[sh->nr_mdevs], &stats);
			sh->counters[sh->nr_mdevs++] = stats.counters;
		}
		for (int id = 0; id < VB_HIST_NR && !ret; id++) {
			ret = vb_mdev_hist(&c->mdev[m], id, hist);
			if (!ret)
				vb_hist_merge(&sh->module_hist[id], hist);
		}
	}
	free(hist);
	if (ret)
		vb_run_error(sh, ret, "reading the module's counters: %s", strerror(-ret));
	return ret;
}

void vb_container_close(struct vb_container *c)
{
	for (unsigned int i = 0; i < c->nr_mdevs; i++)
		vb_mdev_close(&c->mdev[i]);
	vb_container_device_close(c);
	if (c->device)
		vb_device_close(c->device);
	vb_iommu_close(&c->iommu);
}

int vb_containers_each(struct vb_container *c, const struct vb_plan *plan,
		       int (*what)(struct vb_container *c, const struct vb_plan *plan))
{
	int ret = 0;

	for (unsigned int i = 0; i < plan->run->global.containers && !ret; i++)
		ret = what(&c[i], plan);
	return ret;
}
