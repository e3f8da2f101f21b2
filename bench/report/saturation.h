/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does a workload saturate?  Runs of an open loop, by the rate that was offered. */
#ifndef VB_SATURATION_H
#define VB_SATURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/report/report.h"

/* All runs at one rate. */
struct vb_saturation_step {
	uint64_t rate_per_s;		/* of each worker, as the job says */
	unsigned int runs;
	unsigned int saturated;		/* runs of them: less than 95% of what was due was started */
	/* medians over the runs; of all workers of the section together */
	double offered_per_s, achieved_per_s;
	double service_p99_ns, response_p99_ns;	/* NAN: too few steps for one */
};

/* One section on one arm, everything but the rate being equal. */
struct vb_saturation {
	size_t arm;			/* of vb_report_arms() */
	char section[64];
	char rest[128];			/* the label's other keys: "size=2m" */
	size_t nr;
	struct vb_saturation_step *step;	/* by rising rate */
	/* The last step before the first with a saturated run; NULL: not even the lowest was kept. */
	const struct vb_saturation_step *highest_kept;
	bool reached;			/* some step was saturated: it is known where it ends */
	char text[300];			/* one sentence, without a stop */
};

/*
 * Sections with a rate= in at least two steps, in order of the arms and of their
 * first run; runs that are in no table (warm-ups too) are left out.  0 or
 * -ENOMEM; freed with vb_saturation_free().
 */
int vb_saturation_find(const struct vb_result *result, const struct vb_arms *arms,
		       struct vb_saturation **list, size_t *nr);
void vb_saturation_free(struct vb_saturation *list, size_t nr);

#endif /* VB_SATURATION_H */
