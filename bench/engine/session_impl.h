/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of session.h share. */
#ifndef VB_SESSION_IMPL_H
#define VB_SESSION_IMPL_H

#include "bench/engine/changes.h"
#include "bench/engine/janitor.h"
#include "bench/engine/plan.h"
#include "bench/engine/schedule.h"
#include "bench/engine/session.h"
#include "lib/machine/klog.h"
#include "lib/result/dir.h"
#include "lib/result/load.h"

/* An arm with what the job is on it. */
struct session_arm {
	struct vb_arm spec;
	struct vb_variant variant;
	bool null;			/* no kernel code: there is no variant */
	struct vb_job_run *runs;	/* the session's nr_cells of them */
	struct vb_plan **plans;		/* of round 0 */
	bool shared;			/* runs and plans are those of an arm before it */
};

struct vb_conformance;
struct vb_run;

#define VB_MAX_MODES 8

struct session {
	const struct vb_session_options *opt;
	/* When a session goes on: what @opt is then, with what is freed of it, and the result so far. */
	struct vb_session_options resumed;
	const char **own_set;
	const char *own_device[VB_MAX_CONTAINERS];
	struct vb_arm *own_arm;
	struct vb_session_compare *own_compare;
	struct vb_result old;
	bool has_old;
	char job_path[4096];
	char job_name[VB_JOB_NAME_MAX];
	struct vb_job *job;		/* as the first arm has it */
	struct session_arm *arm;	/* VB_MAX_ARMS of them, nr_arms in use */
	unsigned int nr_arms;
	size_t nr_cells;		/* expanded runs of the job, without those that are skipped */
	json_t *skipped;		/* a list for meta.json; NULL: none was */
	struct vb_turn *turn;
	size_t nr_turns;
	bool *done;			/* nr_turns: a session before this one did it; or NULL */
	unsigned int warmup_rounds;
	struct vb_topology *topology;
	bool uses_vfio;
	bool in_lab;
	uint64_t seed;
	char id[17];			/* of the result, in meta.json and every run */
	struct vb_device device[VB_MAX_CONTAINERS];	/* nr_devices; the first is the one in results */
	unsigned int nr_devices;
	/* enum vb_ability that this kernel has, by place in vb_iommu_list; asked once. */
	struct session_ability { bool known; unsigned int can; } ability[VB_MAX_MODES];
	struct vb_klog *klog;
	struct vb_janitor janitor;
	struct vb_changes changes;
	struct vb_result_dir dir;
	bool dir_made;
	json_t *meta;
	json_t *old_plans;		/* plan.json of the session that goes on */
	char *old_log;			/* its kernel.log, or NULL */
	size_t number;			/* the turn that is on; at the end: all before it were done */
	size_t nr_done;			/* runs in the result */
	bool begun;			/* a run has files in the result */
	struct vb_conformance *conformance;	/* NULL: no run asks anything */
	bool looked;			/* which functions the kernel has is known */
	int exit_code;			/* the worst so far */
	bool lost;			/* a run hung: nothing can be put back */
	struct vb_noise noise_before;
	struct vb_noise_gate noise_gate;
};

/* An exit code of a part: the worst one is the session's. */
void session_worse(struct session *s, int code);

/* Preparing touches nothing.  Each returns an enum vb_exit and has said why. */
int session_read_job(struct session *s);
int session_find_arms(struct session *s);
/*
 * Expanded runs that this machine can't make leave the session, with the reason in
 * s->skipped; none left: VB_EXIT_SKIPPED.  By mode alone, then by room for them.
 */
int session_check_modes(struct session *s);
int session_check_room(struct session *s);
int session_find_device(struct session *s);
int session_make_schedule(struct session *s);
int session_make_plans(struct session *s);
int session_preflight(struct session *s);
int session_print_plans(const struct session *s);
json_t *session_plans_to_json(const struct session *s);
/* The arm's expanded run and plan of one turn, with the seed of its own; freed by the caller. */
int session_turn_plan(struct session *s, const struct vb_turn *turn, struct vb_job_run **run,
		      struct vb_plan **plan);

/* Going on: read what there is, then hold what was prepared against it. */
int session_resume_read(struct session *s);
int session_resume_check(struct session *s);
/* Take the directory over, without what an unfinished run left in it. */
int session_resume_output(struct session *s);

/*
 * The result directory, but for what belongs to one run.  What goes into its
 * first file is collected before it is made, so that few can be killed in between.
 */
int session_make_meta(struct session *s);
int session_make_output(struct session *s);
int session_write_head(struct session *s);
int session_write_tail(struct session *s);
/* All that is in it so far belongs to whoever called sudo; nothing without sudo. */
void session_give(struct session *s);
json_t *session_arms_to_json(const struct session *s);
json_t *session_device_to_json(const struct session *s);
/* Write an expanded run as a job file.  0 or -errno. */
int session_copy_job(struct session *s, int dir_fd, const char *name,
		     const struct vb_job_run *run);

/*
 * Noise: before the session (a list for meta.json), a run's settings before it
 * begins, its events after it has ended, told on stderr, and what follows.
 */
json_t *session_noise_before(struct session *s);
void session_noise_tell_before(const struct session *s);
void session_noise_settings(struct vb_run *run);
void session_noise_run(struct session *s, struct vb_run *run, bool warmup);
void session_noise_tell(const struct vb_run *run);
void session_noise_end(struct session *s);

/*
 * What kernels are expected to answer, for runs that ask: read before anything is
 * touched; once a run has ended, what decides between the answers is looked up.
 */
int session_conformance_read(struct session *s);
void session_conformance_look(struct session *s, struct vb_run *run);

/* The turn that s->number says. */
int session_one_run(struct session *s);

#endif /* VB_SESSION_IMPL_H */
