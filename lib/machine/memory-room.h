/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether memory is there to be had, before it is asked for. */
#ifndef VB_MEMORY_ROOM_H
#define VB_MEMORY_ROOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that @node (-1: the machine) has in pages of @page_bytes, free or in clean
 * page cache.  -errno: nobody can tell.
 */
int vb_memory_free_bytes(int node, size_t page_bytes, uint64_t *bytes);
/*
 * 0: @node (-1: the machine) has @size_bytes in pages of @page_bytes, free or
 * in clean page cache; or nobody can tell.  -ENOMEM: it has not.
 */
int vb_memory_room(int node, size_t page_bytes, size_t size_bytes);

#endif /* VB_MEMORY_ROOM_H */
