/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What equal arms differ by on a machine: from the comparisons of 'ab --aa'.
 * Kept per machine, job and mode, so that later comparisons there use it.
 */
#ifndef VB_FLOOR_H
#define VB_FLOOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/result/load.h"

struct vb_floor_entry {
	char label[176], section[64], metric[64], stat[16];
	bool primary;
	/*
	 * Percent of A's median, the greater of two: 95% of the A/A comparisons showed
	 * a smaller shift (nearest rank; with fewer than 20 of them the greatest that
	 * was seen); and (timing mode) 95% of comparisons of as many pairs would, by
	 * the spread of all pairs' differences.
	 */
	double percent;
	unsigned int comparisons;	/* that it rests on */
	unsigned int different;		/* of those said better, worse or changed */
	size_t nr;			/* of primaries: the pairs' own differences, percent */
	double *difference;
};

struct vb_floor {
	char *where;			/* the directory or file that it came from */
	char job[128], mode[16];
	char machine[512];		/* what tells one machine from another */
	char settings[16];		/* CRC-32 of the expanded job */
	unsigned int pairs;		/* of one comparison */
	unsigned int comparisons;
	unsigned int different;		/* those with a primary said better or worse */
	unsigned int significant;	/* those with a primary surely not 0, in the margin or not */
	size_t nr;
	struct vb_floor_entry *entry;
};

/* From the result of 'ab --aa'.  -EINVAL: it is none, or has no whole comparison. */
int vb_floor_make(const struct vb_result *result, struct vb_floor **floor, char *err,
		  size_t size);
/* From @path: the result directory of 'ab --aa', or a stored file. */
int vb_floor_load(const char *path, struct vb_floor **floor, char *err, size_t size);
void vb_floor_free(struct vb_floor *floor);

/* Is @floor of that machine (its facts), job and mode?  -EINVAL: no, @err says which. */
int vb_floor_fits_job(const struct vb_floor *floor, const json_t *machine, const char *job,
		      const char *mode, char *err, size_t size);
/* May @floor be used on @result?  -EINVAL: another machine, job or mode, @err says which. */
int vb_floor_fits(const struct vb_floor *floor, const struct vb_result *result, char *err,
		  size_t size);

/* $VFIO_BENCH_FLOOR_DIR, or below the state directory of the installation. */
const char *vb_floor_dir(void);
/*
 * Keep it in vb_floor_dir(), in the place of an older one of that machine, job
 * and mode.  @path becomes the file.  -errno where it can't be written.
 */
int vb_floor_store(const struct vb_floor *floor, char *path, size_t size);
/*
 * The stored one for a machine (the facts that are "machine" of meta.json), job
 * and mode, whatever the job's settings were.  -ENOENT: none; -EINVAL: damaged.
 */
int vb_floor_find(const json_t *machine, const char *job, const char *mode,
		  struct vb_floor **floor, char *err, size_t size);

/*
 * The floor for a comparison of @pairs pairs, percent; 0: none known.  Fewer pairs
 * than the floor's differ by more: it grows with the root.  With more of them it
 * stays, since what differs between whole comparisons is not averaged away.
 */
double vb_floor_percent(const struct vb_floor *floor, const char *label, const char *section,
			const char *metric, const char *stat, size_t pairs);
/* 95% interval of the share of A/A comparisons that say different (Clopper and Pearson, 1934). */
void vb_floor_rate(unsigned int different, unsigned int comparisons, double *lo, double *hi);
/*
 * The shift that @pairs pairs see in 19 of 20 comparisons, percent, and the pairs
 * that @percent takes; of the floor itself where that is greater.  NAN and 0:
 * not known.
 */
double vb_floor_detectable(const struct vb_floor *floor, const struct vb_floor_entry *entry,
			   unsigned int pairs);
size_t vb_floor_pairs(const struct vb_floor *floor, const struct vb_floor_entry *entry,
		      double percent);

/* How often equal arms were said to differ, and what the rig can see; 0: no @want. */
void vb_floor_text(const struct vb_floor *floor, double want, FILE *out);

#endif /* VB_FLOOR_H */
