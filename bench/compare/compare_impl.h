/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of compare.h share. */
#ifndef VB_COMPARE_IMPL_H
#define VB_COMPARE_IMPL_H

#include <stdarg.h>

#include "bench/compare/compare.h"
#include "bench/compare/floor.h"
#include "bench/compare/gate.h"
#include "lib/result/stat.h"

/* Where an arm's runs are: one result, or one for each boot. */
struct cmp_source {
	const struct vb_result *result;
	int arm;			/* its index there */
};

struct cmp_arm {
	const char *name;
	bool boots;
	size_t nr;
	const struct cmp_source *source;
};

/* A clean measured run; those of one unit (a boot, else the run alone) give one value. */
struct cmp_ref {
	const struct vb_result *result;
	size_t run, unit;
	unsigned int round;
};

/* The runs of one arm at one cell, by unit. */
struct cmp_pool {
	size_t nr, units;
	struct cmp_ref *ref;
};

/* By what it is decided. */
struct cmp_primaries {
	bool declared;			/* by the job; else made up from its workloads */
	size_t nr;
	struct vb_stat_name name[2 * 64 + 4 * VB_STAT_NAMES_MAX];
};

struct cmp_settings {
	size_t nr;
	struct cmp_setting {
		char key[96];		/* "[span] size" */
		char value[192];
	} *setting;
};

/* Room for one more element in a list that grows by one; NULL: no memory, nothing changed. */
void *cmp_grow(void *list, size_t nr, size_t size);
int cmp_note(struct vb_comparison *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int cmp_error(char *err, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* collect.c: how a run stands, and the pools. */
bool cmp_is_clean(const json_t *run);
bool cmp_is_exact(const struct vb_result *result);
const char *cmp_arm_name(const struct vb_result *result, int arm);
/*
 * The clean measured runs of @arm at the cell: with @label by its label, else by
 * its @index.  Rounds outside first..first + rounds - 1 are left out (0: none is).
 */
int cmp_pool_fill(const struct cmp_arm *arm, const char *label, int index, unsigned int first,
		  unsigned int rounds, struct cmp_pool *pool);
/* Keep the rounds that both have, in order; units count from 0 on. */
void cmp_pool_pair(struct cmp_pool *a, struct cmp_pool *b);
/* How many runs of both arms were left out, and why; rounds as above. */
void cmp_count_left_out(const struct cmp_arm *arm, unsigned int first, unsigned int rounds,
			struct vb_comparison *c);
/* The value of one unit of @pool, NAN for none; @least becomes the fewest values of its runs. */
double cmp_value(const struct cmp_pool *pool, size_t unit, const char *section,
		 const char *metric, enum vb_stat stat, uint64_t *least);

/* decide.c: the numbers of one decision, then (with p_holm) its finding. */
int cmp_decide(const struct cmp_pool *a, const struct cmp_pool *b, enum vb_stat stat,
	       double margin, struct vb_decision *d);
void cmp_judge(struct vb_decision *d, double margin, unsigned int family);

/* shifts.c: of every user-space metric in @cell. */
int cmp_shifts(const struct cmp_pool *a, const struct cmp_pool *b, bool paired,
	       struct vb_compare_cell *cell);

/* cell.c: everything but what needs all cells: p_holm and findings. */
int cmp_cell(const struct cmp_pool *a, const struct cmp_pool *b, const struct vb_comparison *c,
	     const struct cmp_primaries *primaries, const struct vb_compare_options *o,
	     struct vb_compare_cell *cell);

/* primary.c */
int cmp_primaries_find(const struct cmp_arm *arm, const struct vb_compare_options *o, bool exact,
		       struct cmp_primaries *primaries, char *err, size_t size);
bool cmp_is_primary(const struct cmp_primaries *primaries, const char *section,
		    const char *metric, enum vb_stat stat);
/* The metric that a section's workload is about, NULL: not known. */
const char *cmp_main_metric(const char *workload);

/* settings.c: the expanded job of a run, without what differs from run to run. */
int cmp_settings_read(const struct vb_result *result, size_t run, struct cmp_settings *settings,
		      char *err, size_t size);
/* Not words for people, and not drawn anew for each run. */
bool cmp_setting_is_job(const char *key);
const char *cmp_setting(const struct cmp_settings *settings, const char *key);
/* Add what differs between the jobs of two arms, cell by cell; *@nr becomes how much. */
int cmp_job_differences(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c,
			size_t *nr, char *err, size_t size);

/* environment.c: add what differs between the machines and variants of two arms. */
int cmp_environment(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c);
/* guard.c: note where the workers of one arm alone waited for their turns. */
int cmp_guard(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c);
int cmp_difference(struct vb_comparison *c, const char *what, const char *a, const char *b);

#endif /* VB_COMPARE_IMPL_H */
