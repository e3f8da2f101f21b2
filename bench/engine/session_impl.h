/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of session.h share. */
#ifndef VB_SESSION_IMPL_H
#define VB_SESSION_IMPL_H

#include "bench/engine/janitor.h"
#include "bench/engine/plan.h"
#include "bench/engine/session.h"
#include "lib/machine/klog.h"
#include "lib/result/dir.h"

/* Where a run stands in the session. */
struct session_place {
	size_t cell;			/* index of the expanded run */
	unsigned int arm;
	unsigned int round, position;	/* from 0; the place among the round's arms */
	bool warmup;			/* in no statistic */
};

struct vb_run;

struct session {
	const struct vb_session_options *opt;
	char job_path[4096];
	struct vb_job *job;
	struct vb_job_run *runs;
	size_t nr_runs;
	struct vb_plan **plans;		/* nr_runs of them */
	struct vb_topology *topology;
	struct vb_variant variants[VB_MAX_ARMS];
	unsigned int nr_arms;
	bool uses_vfio;
	bool in_lab;
	uint64_t seed;
	char id[17];			/* of the result, in meta.json and every run */
	struct vb_device device;
	bool has_device;
	struct vb_klog *klog;
	struct vb_janitor janitor;
	struct vb_result_dir dir;
	bool dir_made;
	json_t *meta;
	unsigned int number;		/* runs done */
	bool begun;			/* a run has files in the result */
	int exit_code;			/* the worst so far */
	bool lost;			/* a run hung: nothing can be put back */
	struct vb_noise_gate noise_gate;
};

/* An exit code of a part: the worst one is the session's. */
void session_worse(struct session *s, int code);

/* Preparing touches nothing.  Each returns an enum vb_exit and has said why. */
int session_read_job(struct session *s);
int session_find_arms(struct session *s);
int session_find_device(struct session *s);
int session_make_plans(struct session *s);
int session_preflight(struct session *s);
int session_print_plans(const struct session *s);
json_t *session_plans_to_json(const struct session *s);

/*
 * The result directory, but for what belongs to one run.  What goes into its
 * first file is collected before it is made, so that few can be killed in between.
 */
int session_make_meta(struct session *s);
int session_make_output(struct session *s);
int session_write_head(struct session *s);
int session_write_tail(struct session *s);
/* Write an expanded run as a job file.  0 or -errno. */
int session_copy_job(struct session *s, int dir_fd, const char *name,
		     const struct vb_job_run *run);

/*
 * Noise: before the session (a list for meta.json), a run's settings before it
 * begins, its events after it has ended, told on stderr, and what follows.
 */
json_t *session_noise_before(const struct session *s);
void session_noise_settings(const struct session *s, size_t cell, struct vb_run *run);
void session_noise_run(struct session *s, struct vb_run *run, bool warmup);
void session_noise_tell(const struct vb_run *run);
void session_noise_end(struct session *s);

/* One of @total runs. */
int session_one_run(struct session *s, const struct session_place *place, unsigned int total);

#endif /* VB_SESSION_IMPL_H */
