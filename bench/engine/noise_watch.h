/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan's CPUs and workers, watched for noise. */
#ifndef VB_NOISE_WATCH_H
#define VB_NOISE_WATCH_H

#include <stdint.h>

#include "bench/engine/plan.h"
#include "bench/engine/shared.h"
#include "lib/machine/noise.h"

/* Settings, as they bear on the workers' CPUs of @nr plans.  Adds to @noise. */
void vb_noise_watch_settings(struct vb_plan *const *plans, size_t nr, struct vb_noise *noise);

/*
 * Around the measured part, in the workers' process.  Both are for moments at
 * which all workers wait at a gate: what reading costs is in no time, and a
 * thread that sleeps has exact counts.
 */
struct vb_noise_watch {
	struct vb_noise_snapshot *before;	/* NULL: no memory */
	uint64_t start_ns;
};

void vb_noise_watch_begin(struct vb_noise_watch *watch, const struct vb_plan *plan,
			  struct vb_worker_shared *const *workers);
/* The events since then go to @noise. */
void vb_noise_watch_end(struct vb_noise_watch *watch, const struct vb_plan *plan,
			struct vb_worker_shared *const *workers, struct vb_noise *noise);

#endif /* VB_NOISE_WATCH_H */
