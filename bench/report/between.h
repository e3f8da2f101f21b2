/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report on two results, or on two folders of boots. */
#ifndef VB_REPORT_BETWEEN_H
#define VB_REPORT_BETWEEN_H

#include "bench/compare/compare.h"
#include "bench/report/doc.h"

struct vb_floor;

struct vb_between {
	const struct vb_compare_side *side[2];	/* what the second is held against comes first */
	const struct vb_comparison *comparison;	/* as vb_compare_results() made them */
	size_t nr_comparisons;
	const struct vb_floor *floor;	/* NULL: none is known */
};

/* The document, freed with vb_doc_free(); NULL: out of memory. */
struct vb_doc *vb_between_build(const struct vb_between *between);

#endif /* VB_REPORT_BETWEEN_H */
