/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A soak's cycles as plots along its time. */
#ifndef VB_SOAK_TIMELINE_H
#define VB_SOAK_TIMELINE_H

#include "bench/report/plots.h"
#include "bench/soak/trend.h"

/*
 * Into the folder @out, which is made; none of fewer than three cycles.  0 or -errno; see
 * vb_plots_make() for @plots.
 */
int soak_plots(const struct soak_row *rows, size_t nr, const char *out, struct vb_plots *plots);

#endif /* VB_SOAK_TIMELINE_H */
