/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that make plots: what plots.h promises is made of this. */
#ifndef VB_PLOT_IMPL_H
#define VB_PLOT_IMPL_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/report/plots.h"
#include "bench/report/report.h"

/* Of one kind no more than this: a page of hundreds is not looked at. */
#define VB_PLOT_MOST 12

struct vb_plotter {
	const struct vb_result *result;
	const char *path, *out;
	const struct vb_comparison *comparison;
	size_t nr_comparisons;
	struct vb_arms arms;
	bool exact;
	bool no_gnuplot;
	struct vb_plots *plots;
	int error;			/* first -errno; nothing is begun after it */
	char err[512];
};

/* One plot while its data and script are written. */
struct vb_drawing {
	struct vb_plotter *plotter;
	size_t index;			/* in plotter->plots */
	const char *kind;		/* scripts/gnuplot/KIND.gp */
	FILE *data;			/* STEM.tsv, open for writing */
	FILE *settings;			/* variables for the script, in memory */
	char *text;
	size_t length;
};

/*
 * Begin a plot whose stem is made of the words (sanitised): its files are open
 * then.  False: an error, or no gnuplot, which is in the list; don't go on.
 */
bool vb_drawing_begin(struct vb_plotter *p, struct vb_drawing *d, const char *kind,
		      const char *title, const char *stem, ...)
	__attribute__((format(printf, 5, 6)));
/* Its entry in the list; valid until the next one begins. */
struct vb_plot *vb_drawing_plot(const struct vb_drawing *d);
/* Variables of the script. */
void vb_drawing_text(struct vb_drawing *d, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void vb_drawing_number(struct vb_drawing *d, const char *name, double value);
/* A field of the data, without what would end it. */
void vb_drawing_field(struct vb_drawing *d, const char *text);
/* The series of the plot, each in its arm's colour: variables nr, label[], colour[], point[]. */
void vb_drawing_series(struct vb_drawing *d, size_t nr, const size_t *arm,
		       const char *const *label);
/* Close the files, have it drawn, put the SVG right. */
void vb_drawing_end(struct vb_drawing *d);

/* A kind that the result has no data for. */
void vb_plot_leave_out(struct vb_plotter *p, const char *stem, const char *title,
		       const char *why, ...) __attribute__((format(printf, 4, 5)));

/* A unit that suits values up to @most: value / scale is in it. */
struct vb_plot_unit {
	double scale;
	const char *name;
};
struct vb_plot_unit vb_plot_unit(const struct vb_plotter *p, double most);
/* The same of so many a second: "thousand ". */
struct vb_plot_unit vb_plot_rate_unit(double most);

enum vb_axis {
	VB_AXIS_AUTO,			/* log where high is far above low */
	VB_AXIS_LOG,
	VB_AXIS_ZERO,			/* linear, with 0 */
	VB_AXIS_TIGHT,			/* linear, what there is */
};
/* Variables NAME_low, NAME_high, NAME_log, NAME_ticks, for values in the axis' unit. */
void vb_drawing_axis(struct vb_drawing *d, const char *name, double low, double high,
		     enum vb_axis kind);

/* Run gnuplot (or lstopo, rsvg-convert) in @dir, no shell; its words in @said. */
int vb_plot_exec(const char *dir, const char *const *argv, char *said, size_t size);
/* Make @path fit for a page, see plots.h. 0, -EINVAL: no SVG, -errno. */
int vb_plot_tidy_svg(const char *path, const char *stem, const char *title, const char *text);

/* False: a file of a run (or VB_RESULT_TOP) was changed or cut off since it was written. */
bool vb_plot_file_sound(const struct vb_plotter *p, size_t run, const char *name);
/* A run that tables and plots may use. */
bool vb_plot_counts(const json_t *run);
/* Runs that count of one arm and label, in order, as indices into the result; freed with free(). */
size_t *vb_plot_runs(const struct vb_plotter *p, size_t arm, const char *label, size_t *nr);
/* Labels of the expanded runs, each once, in order; freed with free(). */
const char **vb_plot_labels(const struct vb_plotter *p, size_t *nr);
/* NULL: the run has no such section. */
const json_t *vb_plot_section(const json_t *run, const char *section);
double vb_plot_callback_time(const json_t *run);
/* The names of all sections that counting runs have, each once; freed with free(). */
const char **vb_plot_sections(const struct vb_plotter *p, size_t *nr);
/* How far behind a metric stands: one unmap ioctl first, the module's last. */
int vb_plot_rank(const char *section, const char *metric);
/* The metric of a section that stands first, in any run; NULL: none is a time. */
const char *vb_plot_primary(const struct vb_plotter *p, const char *section);
/* A label without the values of @key: "threads=1 size=4k" is "size=4k" without threads. */
void vb_plot_label_without(const char *label, const char *key, char *rest, size_t size);
double vb_plot_median(double *values, size_t n);	/* sorts them */
/* "950", "12.3 thousand", "27 million"; returns @buf. */
const char *vb_plot_count(double count, char *buf, size_t size);

/* The kinds, in the order of the page. */
void vb_plot_pairs(struct vb_plotter *p);
void vb_plot_shift(struct vb_plotter *p);
void vb_plot_distributions(struct vb_plotter *p);
void vb_plot_span(struct vb_plotter *p);
void vb_plot_breakdown(struct vb_plotter *p);
void vb_plot_listeners(struct vb_plotter *p);
void vb_plot_threads(struct vb_plotter *p);
void vb_plot_saturation(struct vb_plotter *p);
void vb_plot_heatmap(struct vb_plotter *p);
void vb_plot_numa(struct vb_plotter *p);
void vb_plot_topology(struct vb_plotter *p);

#endif /* VB_PLOT_IMPL_H */
