// SPDX-License-Identifier: GPL-2.0-or-later
/* Without sorting, so that nothing is allocated: quadratic, for as many tests as a report has. */
#include <assert.h>
#include <math.h>

#include "lib/stats/rank.h"

/* p times the number of tests whose p is no smaller: of equal ones, as the first has it. */
static double weighted(const double *p, size_t n, size_t which)
{
	size_t later = 0;

	for (size_t i = 0; i < n; i++)
		later += p[i] >= p[which];
	return fmin(1, p[which] * (double)later);
}

void vb_holm(const double *p, size_t n, double *adjusted)
{
	assert(!n || adjusted + n <= p || p + n <= adjusted);
	for (size_t i = 0; i < n; i++)
		adjusted[i] = isnan(p[i]) ? NAN : weighted(p, n, i);
	/* Never below a smaller p's; one that is raised already holds just such values. */
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if (p[j] <= p[i])
				adjusted[i] = fmax(adjusted[i], adjusted[j]);
		}
	}
}
