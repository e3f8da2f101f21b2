// SPDX-License-Identifier: GPL-2.0-or-later
/* jansson's allocations, watched; apart, for programs without jansson. */
#include <jansson.h>
#include <stdlib.h>

#include "lib/result/lost.h"

static void *watched_malloc(size_t size)
{
	void *room = malloc(size);

	if (!room)
		vb_lost_memory();
	return room;
}

void vb_lost_watch_json(void)
{
	json_set_alloc_funcs(watched_malloc, free);
}
