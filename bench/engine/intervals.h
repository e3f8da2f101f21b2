/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a run goes, interval by interval: intervals.csv (every worker's counters)
 * and latency.csv (what entered the histograms in between).  The supervisor
 * reads shared memory for it; workers notice nothing but the reading.
 */
#ifndef VB_INTERVALS_H
#define VB_INTERVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/engine/supervisor.h"

struct vb_interval_log;

/*
 * Length of an interval: a fiftieth of the duration, 20 ms to 1 s; 1 s where
 * there is no duration.  @exact: 1 s, for there one CPU is shared with what is
 * measured, and each look is in its count.
 */
uint64_t vb_interval_ns(const struct vb_global *global, bool exact);
/* Make the files below run->dir_fd; no latency.csv if @exact.  0 or -errno. */
int vb_interval_log_open(struct vb_interval_log **log, const struct vb_run *run, bool exact);
/*
 * A line for each worker, and what each histogram got since the last call, if
 * that is long enough ago or this is the @last.
 */
void vb_interval_log_write(struct vb_interval_log *log, uint64_t since_start_ns, bool last);
/* Write what is under way, free.  *lost: lines that are missing.  0, or -errno of any write. */
int vb_interval_log_close(struct vb_interval_log *log, uint64_t *lost);

#endif /* VB_INTERVALS_H */
