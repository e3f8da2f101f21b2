/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: every expanded run of a job on every arm, one result directory.
 * Everything is checked before anything is touched, and put back afterwards.
 */
#ifndef VB_SESSION_H
#define VB_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/engine/job.h"
#include "bench/engine/noise_gate.h"

#define VB_MAX_ARMS 16

struct vb_session_options {
	const char *job;		/* name or path */
	const char *const *set;		/* nr_set overrides, "key=value" */
	unsigned int nr_set;
	const char *arms[VB_MAX_ARMS];	/* variants' names; none: what would serve now */
	unsigned int nr_arms;
	const char *device;		/* PCI address, NULL: none */
	const char *output;		/* result directory, NULL: made up */
	const char *variant_dir;	/* NULL: the standard one */
	unsigned int repeat;		/* times that the whole is done, at least 1 */
	bool dry_run;
	bool accept_loss;		/* pathological jobs may run here */
	bool acknowledge_others;	/* other programs may get the variant */
	bool quiet;
	bool json;
	enum vb_noise_gating noise_gating;	/* a closed gate ends with VB_EXIT_UNTRUSTED */
};

/* Returns an enum vb_exit; says on stderr what went wrong. */
int vb_session_run(const struct vb_session_options *options);

#endif /* VB_SESSION_H */
