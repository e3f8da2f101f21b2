/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Was a run steady?  The rate of each section, interval by interval of the
 * measured part, searched for changes of level.
 */
#ifndef VB_STEADY_H
#define VB_STEADY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/result/load.h"

#define VB_STEADY_MAX_LEVELS	16
/* Below it a change in the middle can't be told from chance. */
#define VB_STEADY_MIN		12
/* Levels further apart than this share are different. */
#define VB_STEADY_MARGIN	0.03

/* A stretch without a change point. */
struct vb_steady_level {
	double from_s, to_s;		/* as intervals.csv: since the run's start */
	size_t intervals;
	double per_s;			/* steps of the section, median of the intervals */
};

struct vb_steady {
	char section[64];
	size_t intervals;		/* whole ones in the measured part */
	bool told;			/* there were enough of them */
	size_t nr_levels;		/* 1: no change point */
	struct vb_steady_level level[VB_STEADY_MAX_LEVELS];
	double end_against_start;	/* last level over first, less 1: -0.1 is 10% slower */
	double apart;			/* highest level over lowest, less 1; HUGE_VAL: one is 0 */
	bool steady;			/* told, and apart is within VB_STEADY_MARGIN */
	char text[400];			/* one sentence, without a stop */
};

/* A series of rates by itself; *out but its section is filled in.  0, -ENOMEM or -EINVAL. */
int vb_steady_find(const double *time_s, const double *per_s, size_t nr, struct vb_steady *out);
/*
 * All sections of @run, in the order of its "sections"; *list is freed with
 * free().  0; -ENOENT: the run has no intervals.csv; -EINVAL: it is damaged, with
 * the place in @err; -ENOMEM.
 */
int vb_steady_run(const struct vb_result *result, size_t run, struct vb_steady **list, size_t *nr,
		  char *err, size_t size);

#endif /* VB_STEADY_H */
