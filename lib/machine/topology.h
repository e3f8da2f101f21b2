/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's CPUs and NUMA nodes (hwloc), and binding threads to them. */
#ifndef VB_TOPOLOGY_H
#define VB_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

struct vb_topology;

/* One NUMA node.  Numbers are the operating system's. */
struct vb_node {
	int os_index;
	unsigned int nr_cpus;		/* online ones that this process may run on */
	int *cpus;			/* nr_cpus of them, one SMT thread of each core first */
	unsigned long long memory_bytes; /* 0: a node without memory */
};

/* 0 or -errno; *topology is freed with vb_topology_free(). */
int vb_topology_load(struct vb_topology **topology);
void vb_topology_free(struct vb_topology *topology);
size_t vb_topology_nr_nodes(const struct vb_topology *topology);
/* In order of os_index; NULL past the last. */
const struct vb_node *vb_topology_node(const struct vb_topology *topology, size_t i);
/* NULL: no such node. */
const struct vb_node *vb_topology_find(const struct vb_topology *topology, int os_index);
/* The node of a CPU, -1: unknown CPU. */
int vb_topology_node_of_cpu(const struct vb_topology *topology, int cpu);
unsigned int vb_topology_nr_cpus(const struct vb_topology *topology);
/* Bytes of the largest data cache that serves @cpu (shared ones too); 0: the machine doesn't tell. */
unsigned long long vb_topology_cache_bytes(const struct vb_topology *topology, int cpu);
/* The node that a PCI device ("0000:81:00.0") hangs on as hwloc sees it; -1: not known. */
int vb_topology_node_of_pci(const struct vb_topology *topology, const char *address);
/* Write hwloc's XML to @path (which must not exist). */
int vb_topology_export(const struct vb_topology *topology, const char *path);
/* Bind the calling thread to one CPU (with hwloc). */
int vb_topology_bind_thread(const struct vb_topology *topology, int cpu);
/*
 * Let the calling thread run wherever this process may, but on none of @cpus.
 * @count 0: anywhere again.  -ENOSPC: no other CPU is left, nothing has changed.
 */
int vb_topology_avoid_cpus(const struct vb_topology *topology, const int *cpus, size_t count);
/* The CPU that the calling thread runs on now, as the kernel tells. */
int vb_current_cpu(void);

#endif /* VB_TOPOLOGY_H */
