/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cycles.csv read back, and whether something grew from cycle to cycle. */
#ifndef VB_SOAK_TREND_H
#define VB_SOAK_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/stats/slope.h"

struct soak_row {
	double start_s, seconds, duration_s;
	double operations, p99_us;
	double held_pages, slab_kib, available_kib, huge_free, descriptors;
	bool injected, failed;
	char job[64], fault[48], verdict[16];
	uint64_t number;
};

/* The first @bytes of cycles.csv at @path; freed with free().  0 or -errno. */
int soak_rows_read(const char *path, uint64_t bytes, struct soak_row **rows, size_t *nr);

enum soak_trend_id { SOAK_TREND_SLAB, SOAK_TREND_AVAILABLE, SOAK_TREND_PINS, SOAK_TREND_FDS, SOAK_NR_TRENDS };

struct soak_trend {
	const char *name, *unit;
	size_t nr;			/* cycles that it is of: those after the first quarter */
	bool known;			/* there were enough */
	struct vb_slope slope;		/* for each cycle */
	double level;			/* median */
	bool drifts;			/* grows beyond what may be by chance, and beyond what counts */
};

/*
 * Of all SOAK_NR_TRENDS.  @later are the @nr_later rows, rising, that were the first of a
 * further boot: a slope is of the rows of one boot, as levels differ from boot to boot; of
 * several the one that drifts is told, else the longest.  @others_pin: so do other programs,
 * and pins that rise are told, not judged.  0 or -errno.
 */
int soak_trends(const struct soak_row *rows, size_t nr, const size_t *later, size_t nr_later,
		bool others_pin, struct soak_trend *trends);

#endif /* VB_SOAK_TREND_H */
