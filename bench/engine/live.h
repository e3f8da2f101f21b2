/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is shown while a run goes on: one live line on a terminal, else plain lines. */
#ifndef VB_LIVE_H
#define VB_LIVE_H

#include <stdint.h>

#include "bench/engine/supervisor.h"

/* Before each run: @done of the session's @total runs have ended. */
void vb_live_progress(unsigned int done, unsigned int total);
/* Once a second; @since_ns: since the run began.  On stderr. */
void vb_live_line(const struct vb_run *run, uint64_t since_ns);
/* Every worker with its state and counts; on stderr. */
void vb_live_status(const struct vb_run *run, uint64_t since_ns);
/* Clear the live line. */
void vb_live_end(void);
/* No live line at all (--quiet). */
void vb_live_off(void);

#endif /* VB_LIVE_H */
