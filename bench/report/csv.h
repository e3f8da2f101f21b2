/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A result's numbers in long form, for other people's tools. */
#ifndef VB_REPORT_CSV_H
#define VB_REPORT_CSV_H

#include <stdio.h>

#include "lib/result/load.h"

/*
 * One row for each run, section, metric and stat, after a head line; fields
 * are quoted as RFC 4180 says.  A run without numbers has one row that ends
 * with its status.  Quantiles are vb_dist_quantile()'s, those with too few
 * values left out.  Columns and stats: doc/results.md.
 */
void vb_report_csv(const struct vb_result *result, FILE *out);

#endif /* VB_REPORT_CSV_H */
