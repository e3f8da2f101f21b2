/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values over a key that a job swept: a line for each arm, a point for each value of the key. */
#ifndef VB_PLOT_SWEEP_H
#define VB_PLOT_SWEEP_H

#include "bench/report/plot_impl.h"

#define VB_SWEEP_QUANTITIES 3

/* What is swept, and what is read at each step. */
struct vb_sweep {
	const char *kind, *key, *section;
	const char *rest;		/* only runs with these other keys; NULL: a line for each */
	double (*x)(const json_t *run, const char *section);	/* 0: not swept here */
	/* NAN: the run doesn't have it. */
	double (*value)(const struct vb_plotter *p, size_t run, const char *section, int quantity);
	int quantities;
};

/* What the axes have to reach. */
struct vb_sweep_extent {
	double x_low, x_high;
	double base_x, per_x;		/* of the first point with the least x */
	double low[VB_SWEEP_QUANTITIES], high[VB_SWEEP_QUANTITIES];
	size_t fewest, most, steps;	/* runs a point; values of x */
};

/* How many different x the section has been run with. */
size_t vb_sweep_steps(const struct vb_plotter *p, const struct vb_sweep *s);
/*
 * The lines' data and names; how many lines.  A row: name, x, runs, and of each quantity
 * the middle over the runs and what vb_sweep_interval() says.
 */
size_t vb_sweep_write(struct vb_drawing *d, const struct vb_sweep *s, struct vb_sweep_extent *e);
const char *vb_sweep_interval(const struct vb_sweep_extent *e);

#endif /* VB_PLOT_SWEEP_H */
