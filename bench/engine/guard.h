/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard: where a variant can deadlock, one unmap, or one open or close of
 * an mdev, at a time in a container.  The wait is outside the timed path.
 */
#ifndef VB_GUARD_H
#define VB_GUARD_H

#include <pthread.h>
#include <stdbool.h>

#include "bench/engine/shared.h"
#include "lib/measure/clock.h"

struct vb_guard_state {
	bool on;
	pthread_mutex_t mutex;
};

static inline void vb_guard_enter(struct vb_guard_state *guard, struct vb_tally *tally)
{
	uint64_t start;

	if (!guard->on || !pthread_mutex_trylock(&guard->mutex))
		return;
	start = vb_now_ns();
	pthread_mutex_lock(&guard->mutex);
	tally->guard_waits++;
	tally->guard_wait_ns += vb_now_ns() - start;
}

static inline void vb_guard_leave(struct vb_guard_state *guard)
{
	if (guard->on)
		pthread_mutex_unlock(&guard->mutex);
}

#endif /* VB_GUARD_H */
