/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons of several cells as one: where they differ in numbers alone, their ranges. */
#ifndef VB_REPORT_REASON_H
#define VB_REPORT_REASON_H

#include <stdbool.h>
#include <stddef.h>

/* The same words around numbers, which may differ. */
bool vb_reason_alike(const char *a, const char *b);
/*
 * "8 pairs: it takes 12..40", of @nr reasons that are alike; a number that all
 * have stands alone.  Cut off where @buf is too small.  Returns @buf.
 */
const char *vb_reason_merge(const char *const *reason, size_t nr, char *buf, size_t size);

#endif /* VB_REPORT_REASON_H */
