/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The suite's clock: CLOCK_MONOTONIC_RAW, the module's ktime_get_raw_ns(). */
#ifndef VB_CLOCK_H
#define VB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The C library's clock_gettime(), or after vb_clock_init() what that calls. */
extern int (*vb_clock_gettime)(clockid_t clock, struct timespec *ts);

/*
 * From now on read the clock without the C library between, where that can be
 * done: 71 instructions instead of 83 (x86-64, glibc 2.36).  Before there is a
 * second thread.
 */
void vb_clock_init(void);

/* ns; one vDSO call where the clocksource allows. */
static inline uint64_t vb_now_ns(void)
{
	struct timespec ts;

	vb_clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Cost of one vb_now_ns(), ns times 1000, the smallest of several batches' means. */
uint64_t vb_clock_cost_ps(void);

#endif /* VB_CLOCK_H */
