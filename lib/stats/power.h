/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which difference a number of pairs can see, before it is measured. */
#ifndef VB_POWER_H
#define VB_POWER_H

#include <stddef.h>

/* How often a shift that "can be seen" is: at p < 1 - VB_LEVEL by vb_signed_rank(). */
#define VB_POWER	0.95

/*
 * The spread of @n differences, in their unit: the median absolute difference
 * of two of them, scaled so that for normal values it is their standard
 * deviation (P. J. Bickel, E. L. Lehmann, "Descriptive statistics for
 * nonparametric models IV", 1979; efficiency 86%, and 29% of the values may be
 * wild).  NAN for fewer than 3, a value that is not finite, or no memory.
 */
double vb_spread(const double *d, size_t n);

/*
 * The smallest shift that @pairs pairs find with probability VB_POWER, in the unit
 * of the differences @d (relative ones give a relative shift), when pairs spread
 * as those @n do.  For differences that are about normal: up to 31 pairs a table
 * from simulation, beyond it the asymptotic efficiency 3/pi of the test against
 * Student's (E. L. Lehmann, "Nonparametrics", 1975, section 4.2) times 1 + 1/pairs;
 * both within 2% of simulation, which stats-test repeats.  @d itself is a sample:
 * from 10 pairs the answer is right to about a quarter.
 *
 * One test at 5%: with Holm over several metrics more is needed.
 * INFINITY: no shift, @pairs are fewer than 6; NAN as vb_spread().
 */
double vb_detectable(const double *d, size_t n, size_t pairs);
/*
 * The fewest pairs with which a shift of the size of @shift is found so.  0: not
 * known (see vb_spread()), @shift is 0, or more than SIZE_MAX.
 */
size_t vb_pairs_needed(const double *d, size_t n, double shift);

#endif /* VB_POWER_H */
