/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results made up of one number a run, for tests of what is decided by them. */
#ifndef COMPARE_HELPER_H
#define COMPARE_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/compare/compare.h"
#include "bench/compare/floor.h"
#include "bench/compare/gate.h"
#include "uapi/vfio_bench.h"

struct made_run {
	int arm, cell;
	unsigned int round;
	uint64_t ns;			/* every request of the run takes so long */
	uint64_t count;			/* 0: 20000 */
	const char *status;		/* NULL: ok */
	bool warmup, marked, bare;	/* bare: no metric */
};

static inline json_t *made_metric(const char *section, const char *metric, const char *unit,
				  uint64_t value, uint64_t count)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:i, s:[[I, I]]}",
		"section", section, "metric", metric, "unit", unit, "count", (json_int_t)count,
		"rate_per_s", 1e9 / (double)value, "min", (json_int_t)value, "p50", (json_int_t)value,
		"p90", (json_int_t)value, "p99", (json_int_t)value, "p999", (json_int_t)value,
		"max", (json_int_t)value, "mean", (double)value, "overflow", 0,
		"buckets", (json_int_t)vb_hist_index(value), (json_int_t)count);
}

static inline json_t *made_json(const struct made_run *m, size_t number)
{
	const char *status = m->status ? m->status : "ok";
	uint64_t count = m->count ? m->count : 20000;
	json_t *metrics = json_array();
	char label[32];

	snprintf(label, sizeof(label), "count=%d", 1 << m->cell);
	if (!m->bare) {
		json_array_append_new(metrics, made_metric("span", "request", "ns", m->ns, count));
		json_array_append_new(metrics, made_metric("module", "callback", "ns", m->ns / 4, count));
		json_array_append_new(metrics, made_metric("module", "callbacks_per_request",
							   "callbacks", 4, count));
	}
	return json_pack("{s:i, s:i, s:s, s:s, s:i, s:i, s:b, s:i, s:[{s:s, s:s}], s:o}",
			 "number", (int)number, "arm_index", m->arm, "label", m->cell ? label : "",
			 "status", status, "cell", m->cell, "round", (int)m->round,
			 "warmup", (int)m->warmup, "noise_marks", (int)m->marked,
			 "sections", "section", "span", "workload", "notify_span", "metrics", metrics);
}

/* A result of @nr runs on two arms, "a" and "b". */
static inline void make_result(const struct made_run *runs, size_t nr, bool exact,
			       struct vb_result *r)
{
	char err[200];

	memset(r, 0, sizeof(*r));
	r->path = strdup("made-up");
	r->meta = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s, s:[]}, {s:s, s:s, s:[]}], s:{s:{s:s}, s:{s:s}}}",
			    "status", "complete", "job", "test", "mode", exact ? "exact" : "timing", "arms",
			    "name", "a", "variant", "mainline", "settings",
			    "name", "b", "variant", "other", "settings",
			    "machine", "kernel", "release", "6.1", "cpu", "model", "x");
	r->run = calloc(nr + 1, sizeof(*r->run));
	r->dists = calloc(nr + 1, sizeof(*r->dists));
	for (size_t i = 0; i < nr; i++) {
		r->run[i] = made_json(&runs[i], i);
		assert_non_null(r->run[i]);
		if (vb_dists_take(r->run[i], NULL, &r->dists[i], err, sizeof(err)))
			fail_msg("%s", err);
		r->nr_runs++;
	}
}

/* There are no folders to it, which vb_result_free() would free the names of. */
static inline void free_result(struct vb_result *r)
{
	r->run_dir = calloc(r->nr_runs + 1, sizeof(*r->run_dir));
	vb_result_free(r);
}

/* Rounds of both arms: @a[i] and @b[i]. */
static inline void make_pairs(const uint64_t *a, const uint64_t *b, unsigned int nr, bool exact,
			      struct vb_result *r)
{
	struct made_run *runs = calloc(2 * nr, sizeof(*runs));

	for (unsigned int i = 0; i < nr; i++) {
		runs[2 * i] = (struct made_run){ .arm = 0, .round = i, .ns = a[i] };
		runs[2 * i + 1] = (struct made_run){ .arm = 1, .round = i, .ns = b[i] };
	}
	make_result(runs, 2 * nr, exact, r);
	free(runs);
}

static inline const struct vb_decision *decision(const struct vb_comparison *c, size_t cell,
						 const char *section, const char *metric,
						 const char *stat)
{
	for (size_t i = 0; i < c->cell[cell].nr; i++) {
		const struct vb_decision *d = &c->cell[cell].decision[i];

		if (!strcmp(d->section, section) && !strcmp(d->metric, metric) && !strcmp(d->stat, stat))
			return d;
	}
	fail_msg("no %s.%s.%s", section, metric, stat);
	return NULL;
}

#endif /* COMPARE_HELPER_H */
