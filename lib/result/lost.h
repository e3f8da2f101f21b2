/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could not be had, where no return value says so: a value that jansson can't
 * allocate is left out of its object, a statistic without memory is NAN, a report goes
 * on without a file.  It is remembered here, for all of the process, and the program
 * tells it at its end instead of calling its output whole.  Any thread may note or ask.
 */
#ifndef VB_LOST_H
#define VB_LOST_H

#include <stdbool.h>

/* From now on notice jansson's failures too; before the first value is made. */
void vb_lost_watch_json(void);
/* Memory ran out. */
void vb_lost_memory(void);
bool vb_memory_was_lost(void);
/* A file that is there could not be read: @why names it.  Of several the first is kept. */
void vb_lost_file(const char *why);
/* "": nothing was lost; lives as long as the process. */
const char *vb_lost_text(void);

#endif /* VB_LOST_H */
