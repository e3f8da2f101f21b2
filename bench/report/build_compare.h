/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions as words: for the summary's sentences and the tables. */
#ifndef VB_BUILD_COMPARE_H
#define VB_BUILD_COMPARE_H

#include "bench/compare/compare.h"
#include "bench/report/build.h"

enum vb_tone vb_finding_tone(enum vb_finding finding);
/* "request p50", with the section where there are several. */
const char *vb_decision_name(struct vb_doc *doc, const struct vb_comparison *comparison,
			     const struct vb_decision *decision);
/* "-22.0..-21.5%": the 95% interval, in exact mode the range; "-": none.  Returns @buf. */
const char *vb_decision_interval(const struct vb_decision *decision, char *buf, size_t size);
/* "-21.8%", or the shift in its unit where A's median is 0.  Returns @buf. */
const char *vb_decision_percent(const struct vb_decision *decision, char *buf, size_t size);

#endif /* VB_BUILD_COMPARE_H */
