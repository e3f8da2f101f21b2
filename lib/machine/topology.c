// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine's tree from hwloc: nodes with their CPUs, PCI devices, binding. */
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/topology.h"

struct vb_topology {
	hwloc_topology_t tree;
	hwloc_bitmap_t usable;		/* CPUs that this process may run on */
	struct vb_node *nodes;
	size_t nr_nodes;
};

/* A CPU while its node's list is being sorted. */
struct candidate {
	int cpu;
	unsigned int rank;		/* which SMT thread of its core */
	unsigned int logical;
};

static int hwloc_error(void)
{
	return errno ? -errno : -EIO;
}

static int load_tree(hwloc_topology_t *tree)
{
	int err;

	errno = 0;
	if (hwloc_topology_init(tree))
		return hwloc_error();
	/* all of them: hwloc thinks little of a device of no class, as edu is */
	if (hwloc_topology_set_io_types_filter(*tree, HWLOC_TYPE_FILTER_KEEP_ALL) ||
	    hwloc_topology_load(*tree)) {
		err = hwloc_error();
		hwloc_topology_destroy(*tree);
		return err;
	}
	return 0;
}

/* The tree's CPUs, less those that taskset or a cpuset forbids (in a tree of this machine). */
static int find_usable(struct vb_topology *topology)
{
	hwloc_bitmap_t bound;

	topology->usable = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(topology->tree));
	bound = hwloc_bitmap_alloc();
	if (!topology->usable || !bound) {
		hwloc_bitmap_free(bound);
		return -ENOMEM;
	}
	if (hwloc_topology_is_thissystem(topology->tree) &&
	    !hwloc_get_cpubind(topology->tree, bound, HWLOC_CPUBIND_PROCESS))
		hwloc_bitmap_and(topology->usable, topology->usable, bound);
	hwloc_bitmap_free(bound);
	return 0;
}

/*
 * Memory without CPUs of its own (CXL, HBM) is local to the CPUs of another
 * node in hwloc's eyes.  Here a CPU has one node: the first that claims it.
 */
static hwloc_obj_t node_of_pu(hwloc_topology_t tree, unsigned int cpu)
{
	hwloc_obj_t node = NULL, first = NULL;

	while ((node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node)))
		if (hwloc_bitmap_isset(node->cpuset, cpu) &&
		    (!first || node->os_index < first->os_index))
			first = node;
	return first;
}

static unsigned int rank_in_core(const struct vb_topology *topology, hwloc_obj_t pu)
{
	hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology->tree, HWLOC_OBJ_CORE, pu);
	hwloc_obj_t other = NULL;
	unsigned int rank = 0;

	if (!core)
		return 0;
	while ((other = hwloc_get_next_obj_inside_cpuset_by_type(topology->tree, core->cpuset,
								 HWLOC_OBJ_PU, other)))
		rank += other->logical_index < pu->logical_index &&
			hwloc_bitmap_isset(topology->usable, other->os_index);
	return rank;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->logical < y->logical ? -1 : x->logical > y->logical;
}

static size_t collect_candidates(const struct vb_topology *topology, hwloc_obj_t numa,
				 struct candidate *list)
{
	hwloc_obj_t pu = NULL;
	size_t n = 0;

	while ((pu = hwloc_get_next_obj_by_type(topology->tree, HWLOC_OBJ_PU, pu))) {
		if (!hwloc_bitmap_isset(topology->usable, pu->os_index) ||
		    node_of_pu(topology->tree, pu->os_index) != numa)
			continue;
		list[n++] = (struct candidate){
			.cpu = (int)pu->os_index,
			.rank = rank_in_core(topology, pu),
			.logical = pu->logical_index,
		};
	}
	qsort(list, n, sizeof(*list), compare_candidates);
	return n;
}

static int fill_node(const struct vb_topology *topology, hwloc_obj_t numa, struct vb_node *node,
		     struct candidate *scratch)
{
	size_t n = collect_candidates(topology, numa, scratch);

	node->os_index = (int)numa->os_index;
	node->memory_bytes = numa->attr->numanode.local_memory;
	node->cpus = calloc(n ? n : 1, sizeof(*node->cpus));
	if (!node->cpus)
		return -ENOMEM;
	node->nr_cpus = (unsigned int)n;
	for (size_t i = 0; i < n; i++)
		node->cpus[i] = scratch[i].cpu;
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct vb_node *x = a, *y = b;

	return x->os_index < y->os_index ? -1 : x->os_index > y->os_index;
}

static int fill_nodes(struct vb_topology *topology)
{
	int nr_nodes = hwloc_get_nbobjs_by_type(topology->tree, HWLOC_OBJ_NUMANODE);
	int nr_pus = hwloc_get_nbobjs_by_type(topology->tree, HWLOC_OBJ_PU);
	struct candidate *scratch;
	hwloc_obj_t numa = NULL;
	int err = 0;

	if (nr_nodes <= 0 || nr_pus <= 0)
		return -ENODEV;
	topology->nodes = calloc((size_t)nr_nodes, sizeof(*topology->nodes));
	scratch = calloc((size_t)nr_pus, sizeof(*scratch));
	if (!topology->nodes || !scratch)
		err = -ENOMEM;
	while (!err && (numa = hwloc_get_next_obj_by_type(topology->tree, HWLOC_OBJ_NUMANODE,
							  numa))) {
		err = fill_node(topology, numa, &topology->nodes[topology->nr_nodes], scratch);
		if (!err)
			topology->nr_nodes++;
	}
	free(scratch);
	if (!err)
		qsort(topology->nodes, topology->nr_nodes, sizeof(*topology->nodes),
		      compare_nodes);
	return err;
}

int vb_topology_load(struct vb_topology **topology)
{
	struct vb_topology *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	err = load_tree(&t->tree);
	if (err) {
		free(t);
		return err;
	}
	err = find_usable(t);
	if (!err)
		err = fill_nodes(t);
	if (err) {
		vb_topology_free(t);
		return err;
	}
	*topology = t;
	return 0;
}

void vb_topology_free(struct vb_topology *topology)
{
	if (!topology)
		return;
	for (size_t i = 0; i < topology->nr_nodes; i++)
		free(topology->nodes[i].cpus);
	free(topology->nodes);
	hwloc_bitmap_free(topology->usable);
	hwloc_topology_destroy(topology->tree);
	free(topology);
}

size_t vb_topology_nr_nodes(const struct vb_topology *topology)
{
	return topology->nr_nodes;
}

const struct vb_node *vb_topology_node(const struct vb_topology *topology, size_t i)
{
	return i < topology->nr_nodes ? &topology->nodes[i] : NULL;
}

const struct vb_node *vb_topology_find(const struct vb_topology *topology, int os_index)
{
	for (size_t i = 0; i < topology->nr_nodes; i++)
		if (topology->nodes[i].os_index == os_index)
			return &topology->nodes[i];
	return NULL;
}

int vb_topology_node_of_cpu(const struct vb_topology *topology, int cpu)
{
	hwloc_obj_t node = cpu < 0 ? NULL : node_of_pu(topology->tree, (unsigned int)cpu);

	return node ? (int)node->os_index : -1;
}

unsigned int vb_topology_nr_cpus(const struct vb_topology *topology)
{
	unsigned int n = 0;

	for (size_t i = 0; i < topology->nr_nodes; i++)
		n += topology->nodes[i].nr_cpus;
	return n;
}

/* The one node of all CPUs in @cpuset; -1: none, or more than one. */
static int node_of_cpuset(const struct vb_topology *topology, hwloc_const_cpuset_t cpuset)
{
	int cpu, node = -1;

	for (cpu = hwloc_bitmap_first(cpuset); cpu >= 0; cpu = hwloc_bitmap_next(cpuset, cpu)) {
		int here = vb_topology_node_of_cpu(topology, cpu);

		if (node >= 0 && here != node)
			return -1;
		node = here;
	}
	return node;
}

unsigned long long vb_topology_cache_bytes(const struct vb_topology *topology, int cpu)
{
	hwloc_obj_t at = hwloc_get_pu_obj_by_os_index(topology->tree, (unsigned int)cpu);
	unsigned long long largest = 0;

	for (; at; at = at->parent)
		if (hwloc_obj_type_is_dcache(at->type) && at->attr->cache.size > largest)
			largest = at->attr->cache.size;
	return largest;
}

int vb_topology_node_of_pci(const struct vb_topology *topology, const char *address)
{
	hwloc_obj_t device = hwloc_get_pcidev_by_busidstring(topology->tree, address);
	hwloc_obj_t place = device ? hwloc_get_non_io_ancestor_obj(topology->tree, device) : NULL;

	if (!place)
		return -1;
	if (place->nodeset && hwloc_bitmap_weight(place->nodeset) == 1)
		return hwloc_bitmap_first(place->nodeset);
	return place->cpuset ? node_of_cpuset(topology, place->cpuset) : -1;
}

static int write_all(int fd, const char *buf, size_t length)
{
	while (length) {
		ssize_t n = write(fd, buf, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		length -= (size_t)n;
	}
	return 0;
}

int vb_topology_export(const struct vb_topology *topology, const char *path)
{
	char *xml = NULL;
	int fd, length = 0, err;

	errno = 0;
	if (hwloc_topology_export_xmlbuffer(topology->tree, &xml, &length, 0))
		return hwloc_error();
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		err = -errno;
		goto free_xml;
	}
	/* its length counts the 0 at the end */
	err = write_all(fd, xml, strlen(xml));
	if (close(fd) && !err)
		err = -errno;
	if (err)
		unlink(path);
free_xml:
	hwloc_free_xmlbuffer(topology->tree, xml);
	return err;
}

static int bind_to(const struct vb_topology *topology, hwloc_const_bitmap_t set)
{
	errno = 0;
	if (hwloc_set_cpubind(topology->tree, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT))
		return hwloc_error();
	return 0;
}

int vb_topology_avoid_cpus(const struct vb_topology *topology, const int *cpus, size_t count)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	const struct vb_node *node;
	int err;

	if (!set)
		return -ENOMEM;
	for (size_t n = 0; (node = vb_topology_node(topology, n)); n++)
		for (unsigned int i = 0; i < node->nr_cpus; i++)
			hwloc_bitmap_set(set, (unsigned int)node->cpus[i]);
	for (size_t i = 0; i < count; i++)
		hwloc_bitmap_clr(set, (unsigned int)cpus[i]);
	err = hwloc_bitmap_iszero(set) ? -ENOSPC : bind_to(topology, set);
	hwloc_bitmap_free(set);
	return err;
}

int vb_topology_bind_thread(const struct vb_topology *topology, int cpu)
{
	hwloc_bitmap_t set;
	int err;

	if (cpu < 0)
		return -EINVAL;
	set = hwloc_bitmap_alloc();
	if (!set)
		return -ENOMEM;
	hwloc_bitmap_only(set, (unsigned int)cpu);
	err = bind_to(topology, set);
	hwloc_bitmap_free(set);
	return err;
}

int vb_current_cpu(void)
{
	return sched_getcpu();
}
