// SPDX-License-Identifier: GPL-2.0-or-later
/* Placement of workers on CPUs, of memory on nodes, of windows in IOVA space. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/layout.h"

struct planner {
	struct vb_plan *plan;
	const struct vb_topology *topology;
	const struct vb_device *device;
	unsigned int *used;		/* workers by CPU position, see cpu_slot() */
	unsigned int nr_cpus;
	size_t next_node;		/* node=all: whose turn it is, in the topology's list */
	char *err;
	size_t err_size;
};

static int refuse(struct planner *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct planner *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->err, p->err_size, format, ap);
	va_end(ap);
	return -EINVAL;
}

static unsigned int *cpu_use(struct planner *p, const struct vb_node *node, unsigned int i)
{
	unsigned int base = 0;

	for (size_t n = 0; n < vb_topology_nr_nodes(p->topology); n++) {
		const struct vb_node *other = vb_topology_node(p->topology, n);

		if (other == node)
			break;
		base += other->nr_cpus;
	}
	return &p->used[base + i];
}

/* The least used CPU of @node; SMT siblings come last in its list. */
static int take_cpu(struct planner *p, const struct vb_section *s, const struct vb_node *node)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i < node->nr_cpus; i++)
		if (*cpu_use(p, node, i) < *cpu_use(p, node, best))
			best = i;
	if (*cpu_use(p, node, best) && !p->plan->run->global.oversubscribe)
		return refuse(p, "section [%s]: node %d has %u CPUs and every one has a worker: "
			      "ask for fewer threads, or set oversubscribe=yes",
			      s->name, node->os_index, node->nr_cpus);
	++*cpu_use(p, node, best);
	return node->cpus[best];
}

/* node=all: the next node that has CPUs. */
static const struct vb_node *node_in_turn(struct planner *p)
{
	size_t nr = vb_topology_nr_nodes(p->topology);

	for (size_t i = 0; i < nr; i++) {
		const struct vb_node *node = vb_topology_node(p->topology, p->next_node++ % nr);

		if (node->nr_cpus)
			return node;
	}
	return NULL;
}

/* node=any: the node whose next CPU is least used. */
static const struct vb_node *least_used_node(struct planner *p)
{
	const struct vb_node *best = NULL;
	unsigned int best_use = ~0u;

	for (size_t n = 0; n < vb_topology_nr_nodes(p->topology); n++) {
		const struct vb_node *node = vb_topology_node(p->topology, n);

		for (unsigned int i = 0; i < node->nr_cpus; i++) {
			if (*cpu_use(p, node, i) < best_use) {
				best_use = *cpu_use(p, node, i);
				best = node;
			}
		}
	}
	return best;
}

static int place_worker(struct planner *p, struct vb_plan_worker *w)
{
	const struct vb_section *s = w->section;
	const struct vb_node *node;
	int cpu;

	if (s->node == VB_NODE_ALL) {
		node = node_in_turn(p);
	} else if (s->node == VB_NODE_ANY) {
		node = least_used_node(p);
	} else {
		node = vb_topology_find(p->topology, s->node);
		if (!node)
			return refuse(p, "section [%s]: node=%d: this machine has no such NUMA node "
				      "(see 'numactl -H')", s->name, s->node);
	}
	if (!node || !node->nr_cpus)
		return refuse(p, "section [%s]: node=%d has no CPU that this process may use: give "
			      "another, or node=any (see 'numactl -H')", s->name, s->node);
	cpu = take_cpu(p, s, node);
	if (cpu < 0)
		return cpu;
	w->cpu = cpu;
	w->node = node->os_index;
	return 0;
}

static int memory_node(struct planner *p, const struct vb_plan_worker *w, int *out)
{
	const struct vb_section *s = w->section;
	int want = s->mem_node == VB_NODE_LOCAL ? w->node : s->mem_node;
	const struct vb_node *node;

	*out = -1;
	if (want == VB_NODE_ANY)
		return 0;
	node = vb_topology_find(p->topology, want);
	if (!node)
		return refuse(p, "section [%s]: mem_node=%d: this machine has no such NUMA node "
			      "(see 'numactl -H')", s->name, want);
	if (!node->memory_bytes)
		return refuse(p, "section [%s]: memory of node %d is asked for, and it has none: give "
			      "mem_node= of another, or any", s->name, want);
	*out = want;
	return 0;
}

/* Mappings' worth of memory behind a window. */
static unsigned int buffers_of(const struct vb_section *s)
{
	if (s->workload->buffers)
		return s->workload->buffers;
	return s->buffers && s->buffers < s->count ? s->buffers : s->count;
}

/* Mappings that exist at the same time. */
static unsigned int at_once(const struct vb_section *s)
{
	if (s->workload->at_once)
		return s->workload->at_once;
	return s->batch && s->batch < s->count / s->threads ? s->batch * s->threads : s->count;
}

static int add_window(struct planner *p, struct vb_plan_worker *w)
{
	const struct vb_section *s = w->section;
	struct vb_plan *plan = p->plan;
	struct vb_plan_window *win = &plan->window[plan->nr_windows];
	unsigned int mappings = at_once(s);
	int ret;

	win->section = s;
	win->size_bytes = s->stride_bytes ? s->stride_bytes * s->count : s->size_bytes * s->count;
	win->needed_bytes = s->size_bytes * buffers_of(s);
	win->memory_bytes = s->workload->own_memory ? 0 : win->needed_bytes;
	win->pins = s->device != VB_TARGET_PCI;
	win->mem_node = -1;
	ret = s->backing == VB_BACKING_BAR ? 0 : memory_node(p, w, &win->mem_node);
	if (ret)
		return ret;
	win->container = plan->nr_windows % plan->run->global.containers;
	w->window = plan->nr_windows++;
	plan->mapped_bytes += s->size_bytes * mappings;
	win->mappings = mappings;
	plan->mappings += mappings;
	return 0;
}

/* The module's own limits, told before it refuses. */
static int check_pins(struct planner *p, const struct vb_section *s)
{
	if (s->workload->opens_devices && s->threads > 1)
		return refuse(p, "section [%s]: %s has one mdev to open and close: threads=1", s->name,
			      s->workload->name);
	if (s->device == VB_TARGET_PCI)
		return 0;
	if (s->pinners && s->pin_every)
		return refuse(p, "section [%s]: pin_every= and pinners= would pin the same pages: one of "
			      "them", s->name);
	if ((s->stride_bytes ? s->stride_bytes : s->size_bytes) * s->count / 4096 >
	    VB_MAX_WINDOW_PAGES)
		return refuse(p, "section [%s]: a window that is pinned in has at most %u pages: "
			      "lower count= or size=",
			      s->name, VB_MAX_WINDOW_PAGES);
	if (s->pinner_node >= 0) {
		const struct vb_node *node = vb_topology_find(p->topology, s->pinner_node);

		if (!node || !node->nr_cpus)
			return refuse(p, "section [%s]: pinner_node=%d: no such node, or one without "
				      "CPUs: give another, or any (see 'numactl -H')",
				      s->name, s->pinner_node);
	}
	return 0;
}

static int place_section(struct planner *p, const struct vb_section *s, uint64_t seed)
{
	struct vb_plan *plan = p->plan;
	int ret = check_pins(p, s);

	if (ret)
		return ret;
	if (plan->nr_workers + s->threads > VB_MAX_WORKERS)
		return refuse(p, "section [%s]: more than %d workers in all: ask for fewer threads",
			      s->name, VB_MAX_WORKERS);
	plan->needs_mdev |= s->device != VB_TARGET_PCI || s->workload->needs_mdev;
	plan->needs_pci |= s->device != VB_TARGET_MDEV;
	plan->needs_dma |= s->workload->needs_dma;
	plan->needs_irq |= s->workload->needs_irq;
	plan->uses_device |= vb_workload_uses_device(s->workload);
	plan->reopens_device |= s->workload->reopens_device;
	plan->needs_bar |= s->backing == VB_BACKING_BAR;
	plan->opens_devices |= s->workload->opens_devices;
	plan->own_container |= s->workload->own_container;
	for (unsigned int t = 0; t < s->threads; t++) {
		struct vb_plan_worker *w = &plan->worker[plan->nr_workers];

		*w = (struct vb_plan_worker){
			.index = plan->nr_workers++,
			.thread = t,
			.section = s,
			.seed = seed + 0x9e3779b97f4a7c15ull * plan->nr_workers,
		};
		ret = place_worker(p, w);
		if (ret)
			return ret;
		if (s->workload->shares_window && t) {
			w->window = plan->nr_windows - 1;
			continue;
		}
		ret = add_window(p, w);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_devices(struct planner *p)
{
	const struct vb_plan *plan = p->plan;

	if (plan->nr_windows < plan->run->global.containers)
		return refuse(p, "containers=%u, and there are %u windows: ask for more threads, or fewer "
			      "containers", plan->run->global.containers, plan->nr_windows);

	if (!plan->run->global.iommu->has_devices) {
		if (plan->needs_mdev || plan->uses_device)
			return refuse(p, "iommu_mode=%s has no devices: this job pins or uses the device; "
				      "use iommu_mode=vfio_type1v2_iommu", plan->run->global.iommu->name);
		return 0;
	}
	if (plan->needs_pci && !p->device)
		return refuse(p, "this job maps for an assigned PCIe device: bind one "
			      "('vfio-bench bind ADDRESS') and give --device ADDRESS");
	if (plan->needs_irq && !p->device->ops->irq_raise)
		return refuse(p, "device %s (%04x:%04x): the suite has no driver that makes it raise an "
			      "interrupt; 'vfio-bench list devices' names those it has",
			      p->device->address, p->device->vendor, p->device->device);
	if (plan->needs_dma && !vb_device_does_dma(p->device->ops))
		return refuse(p, "device %s (%04x:%04x): the suite has no driver that makes it do DMA; "
			      "'vfio-bench list devices' names those it has", p->device->address,
			      p->device->vendor, p->device->device);
	return 0;
}

int vb_plan_make(const struct vb_job_run *run, const struct vb_topology *topology,
		 const struct vb_device *device, uint64_t seed, struct vb_plan **out,
		 char *err, size_t err_size)
{
	struct planner p = {
		.topology = topology,
		.device = device,
		.nr_cpus = vb_topology_nr_cpus(topology),
		.err = err,
		.err_size = err_size,
	};
	int ret = 0;

	p.plan = calloc(1, sizeof(*p.plan));
	p.used = calloc(p.nr_cpus + 1, sizeof(*p.used));
	if (!p.plan || !p.used) {
		ret = -ENOMEM;
		snprintf(err, err_size, "out of memory");
		goto out;
	}
	p.plan->run = run;
	/* Windows that DMA reaches come first: devices have narrow masks. */
	for (int dma = 1; dma >= 0 && !ret; dma--)
		for (unsigned int i = 0; i < run->nr_sections && !ret; i++)
			if (run->section[i].workload->needs_dma == dma)
				ret = place_section(&p, &run->section[i], seed);
	if (!ret)
		ret = vb_layout_make(p.plan, device, seed, err, err_size);
	if (!ret)
		ret = check_devices(&p);
out:
	free(p.used);
	if (ret)
		free(p.plan);
	else
		*out = p.plan;
	return ret;
}

const struct vb_promise *const *vb_plan_promises(const struct vb_plan *plan)
{
	/* Alone in its job. */
	return plan->run->nr_sections ? plan->run->section[0].workload->promises : NULL;
}

void vb_plan_needs_root(const struct vb_plan *plan, char *text, size_t size)
{
	const struct vb_job_run *run = plan->run;

	*text = '\0';
	if (run->global.trace != VB_TRACE_NONE)
		snprintf(text, size, "trace= reads the kernel's tracing");
	else if (run->global.iommu->join == VB_JOIN_FD && (plan->reopens_device || plan->opens_devices))
		snprintf(text, size, "devices' own files are opened in its steps");
	for (unsigned int i = 0; i < run->nr_sections && !*text; i++)
		if (run->section[i].workload->needs_root)
			snprintf(text, size, "%s %s", run->section[i].workload->name,
				 run->section[i].workload->needs_root);
}

enum vb_granularity vb_granularity_expected(const struct vb_plan *plan,
					    const struct vb_variant *variant)
{
	const struct vb_iommu_ops *iommu = plan->run->global.iommu;

	return iommu->type1 ? variant->granularity : iommu->granularity;
}

json_t *vb_plan_to_json(const struct vb_plan *plan)
{
	char root[160];
	json_t *workers = json_array();

	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		const struct vb_plan_worker *w = &plan->worker[i];
		const struct vb_plan_window *win = &plan->window[w->window];

		json_array_append_new(workers, json_pack(
			"{s:i, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:s, s:b}",
			"worker", (int)i, "section", w->section->name,
			"workload", w->section->workload->name, "cpu", w->cpu, "node", w->node,
			"mem_node", win->mem_node, "window", (int)w->window,
			"container", (int)win->container,
			"iova", (json_int_t)win->iova, "size_bytes", (json_int_t)win->size_bytes,
			"memory_bytes", (json_int_t)win->memory_bytes,
			"backing", vb_backing_name(w->section->backing), "pins", (int)win->pins));
	}
	vb_plan_needs_root(plan, root, sizeof(root));
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:b, s:s, s:o}",
			 "label", plan->run->label,
			 "iommu_mode", plan->run->global.iommu->name,
			 "layout", vb_job_word("layout", plan->run->global.layout),
			 "mapped_bytes", (json_int_t)plan->mapped_bytes,
			 "mappings", (json_int_t)plan->mappings,
			 "needs_pci", (int)plan->needs_pci, "needs_mdev", (int)plan->needs_mdev,
			 "needs_root", root, "workers", workers);
}
