/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node mask of mbind() and set_mempolicy().  libnuma's own comes from the heap, and
 * it ends the process where there is no memory for one.
 */
#ifndef VB_MEMORY_NODE_H
#define VB_MEMORY_NODE_H

#include <limits.h>

/* The most that a kernel is built for (NODES_SHIFT, 10). */
#define VB_MAX_NODES		1024
/* One more than there are: get_nodes() in the kernel's mm/mempolicy.c takes one away. */
#define VB_NODE_MASK_BITS	(VB_MAX_NODES + 1)
#define VB_LONG_BITS		(sizeof(unsigned long) * CHAR_BIT)

struct vb_node_mask {
	unsigned long word[VB_MAX_NODES / VB_LONG_BITS];
};

/* @node alone, which is below VB_MAX_NODES. */
static inline struct vb_node_mask vb_node_mask(unsigned int node)
{
	struct vb_node_mask mask = { 0 };

	mask.word[node / VB_LONG_BITS] = 1UL << node % VB_LONG_BITS;
	return mask;
}

#endif /* VB_MEMORY_NODE_H */
