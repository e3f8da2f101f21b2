/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as text: the only place where a report rounds. */
#ifndef VB_VALUES_H
#define VB_VALUES_H

#include <stddef.h>

/*
 * @value in @unit ("ns", "1/s", "callbacks", "share", "bytes") with three or
 * four digits and the unit that suits: "9.53 us", "65.8 k/s", "12.3%"; "-" for
 * what is no number.  Returns @buf.
 */
const char *vb_value_text(double value, const char *unit, char *buf, size_t size);
/* "9.53..9.61 us": both in the unit that suits the higher one. */
const char *vb_value_range(double low, double high, const char *unit, char *buf, size_t size);
/* "+1.3%", "-21.8%", "0.0%": never a "-0.0%". */
const char *vb_percent_text(double percent, char *buf, size_t size);
/* "1.23", "0.045", "<0.001": one value over another; "-" for what is no number. */
const char *vb_ratio_text(double ratio, char *buf, size_t size);
/* "0.002", "<0.001": of a p-value. */
const char *vb_p_text(double p, char *buf, size_t size);

#endif /* VB_VALUES_H */
