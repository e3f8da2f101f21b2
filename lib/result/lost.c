// SPDX-License-Identifier: GPL-2.0-or-later
/* A note of what could not be had. */
#include <stdatomic.h>
#include <stdio.h>

#include "lib/result/lost.h"

static atomic_bool memory, noting, noted;
static char file[1024];

void vb_lost_memory(void)
{
	atomic_store(&memory, true);
}

bool vb_memory_was_lost(void)
{
	return atomic_load(&memory);
}

void vb_lost_file(const char *why)
{
	if (atomic_exchange(&noting, true))
		return;
	snprintf(file, sizeof(file), "%s", why);
	atomic_store(&noted, true);
}

const char *vb_lost_text(void)
{
	if (atomic_load(&noted))
		return file;
	return vb_memory_was_lost() ? "out of memory" : "";
}
