/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a result and its comparisons to the document of a report. */
#ifndef VB_BUILD_H
#define VB_BUILD_H

#include "bench/report/doc.h"
#include "bench/report/plots.h"
#include "bench/report/report.h"

struct vb_comparison;			/* bench/compare/compare.h */
struct vb_floor;			/* bench/compare/floor.h */

struct vb_source {
	const struct vb_result *result;
	const char *path;		/* of the result, as it was given */
	const struct vb_comparison *comparison;	/* each arm against the first */
	size_t nr_comparisons;
	const struct vb_floor *floor;	/* that they were held against; NULL: none is known */
	const char *no_comparison;	/* why there is none, where one was to be had; or NULL */
	const struct vb_plots *plots;	/* NULL: none are shown */
	const char *plots_dir;		/* where they lie */
	const char *no_plots;		/* why there are none; or NULL */
	/* Set by vb_report_build(): */
	struct vb_arms arms;
	bool exact;
};

/* The document, freed with vb_doc_free(); NULL: out of memory. */
struct vb_doc *vb_report_build(struct vb_source *source);

/* Its parts, each with its headings; they leave out what the result has nothing for. */
void vb_build_summary(struct vb_doc *doc, const struct vb_source *source);
void vb_build_setup(struct vb_doc *doc, const struct vb_source *source);
void vb_build_floor(struct vb_doc *doc, const struct vb_source *source);
void vb_build_compare(struct vb_doc *doc, const struct vb_source *source);
void vb_build_span(struct vb_doc *doc, const struct vb_source *source);
void vb_build_metrics(struct vb_doc *doc, const struct vb_source *source);
void vb_build_conformance(struct vb_doc *doc, const struct vb_source *source);
void vb_build_published(struct vb_doc *doc, const struct vb_source *source);
void vb_build_saturation(struct vb_doc *doc, const struct vb_source *source);
void vb_build_steady(struct vb_doc *doc, const struct vb_source *source);
void vb_build_audit(struct vb_doc *doc, const struct vb_source *source);
void vb_build_noise(struct vb_doc *doc, const struct vb_source *source);
void vb_build_caveats(struct vb_doc *doc, const struct vb_source *source);
void vb_build_plots(struct vb_doc *doc, const struct vb_source *source);
void vb_build_runs(struct vb_doc *doc, const struct vb_source *source);
void vb_build_environment(struct vb_doc *doc, const struct vb_source *source);
void vb_build_reproduce(struct vb_doc *doc, const struct vb_source *source);

/* Pieces of them, for a report on two results. */
void vb_build_findings(struct vb_doc *doc, const struct vb_source *source);
void vb_build_setup_pairs(struct vb_doc *doc, const struct vb_source *source);
void vb_build_method(struct vb_doc *doc, const struct vb_source *source);
const char *vb_report_command(struct vb_doc *doc, const struct vb_source *source);

/* Runs that are in tables: clean, and no warm-up. */
bool vb_report_counts(const json_t *run);
/* "run 3, mainline, count=1024" */
const char *vb_report_run_name(struct vb_doc *doc, const struct vb_source *source, const json_t *run);

#endif /* VB_BUILD_H */
