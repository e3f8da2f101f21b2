/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: every expanded run of a job on every arm, one result directory.
 * Everything is checked before anything is touched, and put back afterwards.
 */
#ifndef VB_SESSION_H
#define VB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/engine/arm.h"
#include "bench/engine/job.h"
#include "bench/engine/noise_gate.h"

#define VB_WARMUP_ROUNDS_AUTO	(~0u)	/* 1, but none in exact mode */

/* What ab asks for beside the arms. */
struct vb_session_compare {
	unsigned int pairs;		/* rounds of one comparison */
	unsigned int comparisons;
	unsigned int warmup_rounds;	/* or VB_WARMUP_ROUNDS_AUTO */
	bool aa;			/* the arms are one arm twice */
};

struct vb_session_options {
	const char *job;		/* name or path; NULL: that of @resume */
	const char *const *set;		/* nr_set overrides, "key=value" */
	unsigned int nr_set;
	const struct vb_arm *arm;	/* nr_arms of them; none: what would serve now */
	unsigned int nr_arms;
	const struct vb_session_compare *compare;	/* NULL: no comparison ('run') */
	const uint64_t *seed;		/* NULL: a new one */
	const char *resume;		/* directory of a session that did not end, NULL: none */
	const char *const *device;	/* nr_devices PCI addresses: of several containers one each */
	unsigned int nr_devices;
	const char *output;		/* result directory, NULL: made up */
	const char *variant_dir;	/* NULL: the standard one */
	unsigned int repeat;		/* times that the whole is done, at least 1 ('run') */
	bool dry_run;
	bool accept_loss;		/* pathological jobs may run here */
	bool acknowledge_others;	/* other programs may get the variant */
	bool quiet;
	bool json;
	enum vb_noise_gating noise_gating;	/* a closed gate ends with VB_EXIT_UNTRUSTED */
};

/*
 * Returns an enum vb_exit; says on stderr what went wrong.  @result (or NULL)
 * gets the directory's name as it is at the end, "" when there is none; with
 * @complete (or NULL) whether all of its runs were done.
 */
int vb_session_run(const struct vb_session_options *options, char *result, size_t size,
		   bool *complete);

#endif /* VB_SESSION_H */
