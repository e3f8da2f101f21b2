/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The suite's clock: CLOCK_MONOTONIC_RAW, the module's ktime_get_raw_ns(). */
#ifndef VB_CLOCK_H
#define VB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* ns; one vDSO call where the clocksource allows. */
static inline uint64_t vb_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Cost of one vb_now_ns(), ns times 1000, the smallest of several batches' means. */
uint64_t vb_clock_cost_ps(void);

#endif /* VB_CLOCK_H */
