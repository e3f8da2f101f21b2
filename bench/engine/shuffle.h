/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shuffle=: workers move to other CPUs while they work, as the scheduler might have them. */
#ifndef VB_SHUFFLE_H
#define VB_SHUFFLE_H

#include <stdint.h>

#include "bench/engine/supervisor.h"
#include "lib/stats/random.h"

struct vb_shuffle {
	uint64_t every_ns;		/* 0: never */
	uint64_t next_ns;
	struct vb_random random;
};

/* The moves follow from the run's seed; @now_ns is what vb_shuffle_check() is told, too. */
void vb_shuffle_init(struct vb_shuffle *shuffle, const struct vb_run *run, uint64_t now_ns);
/* In the supervisor: binds each worker to a CPU of the machine's, if it is time. */
void vb_shuffle_check(struct vb_shuffle *shuffle, const struct vb_run *run, uint64_t now_ns);

#endif /* VB_SHUFFLE_H */
