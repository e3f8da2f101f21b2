/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plots of a result, drawn by gnuplot, and the machine's topology, drawn by
 * lstopo.  For each one the output folder gets
 *
 *   STEM.tsv  its numbers, a head line first (none for the topology)
 *   STEM.gp   gnuplot's script, whole: "cd FOLDER && gnuplot STEM.gp" draws it again
 *   STEM.svg  for a page: no prolog, script, style for the page or reference to
 *             anything outside; ids begin with STEM; a viewBox and no fixed size;
 *             text and axes in currentColor on nothing, so that it suits a light
 *             and a dark page; <title> and <desc>.  Alone, it brings a background.
 *   STEM.png  at twice the size, on white
 */
#ifndef VB_PLOTS_H
#define VB_PLOTS_H

#include <stddef.h>

#include "lib/result/load.h"

struct vb_comparison;			/* bench/compare/compare.h */

/* One that was made, or that the result has no data for. */
struct vb_plot {
	char stem[96];			/* file name without .svg: [a-z0-9-] */
	char title[128];
	char caption[1024];		/* what is to be seen, of how many runs and values */
	char alt[1024]; /* the same for those who can't see it, with its main numbers */
	char left_out[256];		/* why there is no file; "": there is */
};

/* In the order in which a page shows them. */
struct vb_plots {
	size_t nr;
	struct vb_plot *plot;
};

/*
 * Make what @result (loaded from @path) has the data for, in the folder @out,
 * which is made where it is missing; files of the same names are replaced.
 * @comparisons may be NULL (@nr 0): the differences are left out then.
 *
 * 0; -ENOENT: no gnuplot (those that need it are left out and say so);
 * -ENOMEM; -errno of a folder or file, named in @err.  A plot that gnuplot
 * fails at, or takes too long for, is left out with its words, no error.
 * @plots is freed with vb_plots_free() after 0 and -ENOENT.
 */
int vb_plots_make(const struct vb_result *result, const char *path,
		  const struct vb_comparison *comparisons, size_t nr, const char *out,
		  struct vb_plots *plots, char *err, size_t size);
void vb_plots_free(struct vb_plots *plots);

/* The text of STEM.svg for a page, freed with free(); NULL: left out, or not readable. */
char *vb_plot_svg(const struct vb_plot *plot, const char *out);

#endif /* VB_PLOTS_H */
