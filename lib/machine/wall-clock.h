/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of the wall clock, and how they are put back. */
#ifndef VB_WALL_CLOCK_H
#define VB_WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/machine/journal.h"

#define VB_WALL_STEP_NS		60000000000	/* what is less is nobody's step of ours */

/* How far the wall clock is ahead of the time since boot, in ns: only who sets it changes that. */
int64_t vb_wall_ahead_ns(void);
/*
 * Set the wall clock @seconds forward or back, in the journal before it is done;
 * @id ends it there, after vb_wall_put_back().  0 or -errno; then nothing was set.
 */
int vb_wall_step(int seconds, char id[VB_JOURNAL_ID_SIZE]);
/* Is it elsewhere than an entry's @before says?  No: also if that can't be understood. */
bool vb_wall_stepped(const char *before);
/*
 * Set it to where it would be without the step, unless it is there: somebody (NTP)
 * may have done that.  0; -EPROTO: @before is no such text; or -errno.
 */
int vb_wall_put_back(const char *before);

#endif /* VB_WALL_CLOCK_H */
