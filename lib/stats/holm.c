// SPDX-License-Identifier: GPL-2.0-or-later
/* Without sorting, so that nothing is allocated: quadratic, for as many tests as a report has. */
#include <math.h>
#include <stdbool.h>

#include "lib/stats/rank.h"

/* p times the number of tests that come no earlier in ascending order (ties: by place). */
static double weighted(const double *p, size_t n, size_t which)
{
	size_t later = 0;

	for (size_t i = 0; i < n; i++)
		later += p[i] > p[which] || (p[i] == p[which] && i >= which);
	return fmin(1, p[which] * (double)later);
}

void vb_holm(const double *p, size_t n, double *adjusted)
{
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
