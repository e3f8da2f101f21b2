/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of soak.h share. */
#ifndef VB_SOAK_IMPL_H
#define VB_SOAK_IMPL_H

#include <jansson.h>
#include <signal.h>
#include <sys/types.h>

#include "bench/engine/beacon.h"
#include "bench/engine/job.h"
#include "bench/soak/machine.h"
#include "bench/soak/soak.h"
#include "lib/machine/klog.h"
#include "lib/machine/variant.h"

#define SOAK_TEXT 512
#define SOAK_EXPECTED_MAX 32

/* A job, read and expanded once. */
struct soak_job {
	char name[VB_JOB_NAME_MAX];
	const char *source;		/* name or path that it was read from */
	unsigned int weight;
	struct vb_job_run *runs;	/* of the matrix; a cycle is one of them */
	size_t nr_runs;
	bool refused;			/* it has its device do what IOMMUs must refuse */
};

struct soak_fault {
	const struct vb_fault_ops *ops;
	unsigned int weight;
	/* in the table of the end */
	uint64_t begun;			/* cycles that it was drawn for */
	uint64_t injected;
	uint64_t not_tried;		/* its prepare() said that it can't be */
	uint64_t failures;		/* of cycles with it */
	char why_not[SOAK_TEXT];	/* "": it can be here; or the last reason */
	bool left_out;			/* it can't be on this machine or with these jobs */
	/*
	 * Where it is one of several, and its own job alone shows it: that job with its settings, as
	 * an index of soak.job; its cycles are of that job, whichever was drawn.  0: it has none.
	 */
	unsigned int own_job;
};

/* What cycle number N is. */
struct soak_choice {
	uint64_t number;
	unsigned int job, variant;	/* job: a named one, or from nr_jobs on the fault's own */
	size_t run;			/* of the job's matrix */
	int fault;			/* index, -1: none */
	uint64_t duration_ns;
	uint64_t idle_ns;		/* pause before it */
	uint64_t shuffle_ns;		/* workers change CPUs so often; 0: they stay */
	unsigned int stops;		/* the load stops so many times */
	double inject_at;		/* part of the duration */
	uint64_t run_seed, fault_seed, stop_seed;
};

enum soak_verdict {
	SOAK_CLEAN,
	SOAK_SKIPPED,			/* the run could not be made here */
	SOAK_FAILED,
	SOAK_HUNG,			/* the kernel holds tasks: nothing can go on */
	SOAK_CUT,			/* the user interrupted it: it does not count */
};

/* How the process before this one, of a soak that goes on, came to its end. */
enum soak_stop {
	SOAK_IN_ORDER,			/* or it is not known */
	SOAK_KILLED,			/* within this boot */
	SOAK_MACHINE_DOWN,		/* with the machine, which crashed or was turned off under it */
};

/* What became of it. */
struct soak_outcome {
	enum soak_verdict verdict;
	char why[SOAK_TEXT];		/* first thing that was not as it has to be */
	bool injected, not_tried;
	bool hung;			/* the kernel holds tasks, which a fault may be meant to do */
	bool past;			/* of an earlier process: what the machine tells now is not of it */
	bool began;			/* the run got to its measured part */
	int status;			/* of the run, as waitpid() tells */
	double start_s;			/* of the soak's time */
	double seconds;
	uint64_t operations;		/* steps of all workers */
	double p99_us;			/* the largest of any request or unmap; 0: none */
	uint64_t log_hits;
	struct soak_counts counts;	/* after it */
};

struct soak {
	struct vb_soak_options *opt;
	char dir[4096];
	int dir_fd;
	int lock_fd;			/* of DIR/lock; the runs inherit it */
	char program[4096];
	struct soak_job job[VB_SOAK_MAX_JOBS + VB_SOAK_MAX_FAULTS];
	unsigned int nr_jobs;		/* that were named; behind them, */
	unsigned int nr_own_jobs;	/* of faults, one each */
	struct soak_fault fault[VB_SOAK_MAX_FAULTS];
	unsigned int nr_faults;
	struct vb_variant variant[VB_SOAK_MAX_VARIANTS];
	unsigned int nr_variants;	/* at least 1; the first may be "" (what would serve) */
	bool in_lab;
	uint64_t seed;
	uint64_t next;			/* number of the next cycle */
	uint64_t elapsed_ns;		/* of earlier processes of this soak */
	uint64_t start_ns;		/* of this one */
	/* totals, saved with the state */
	uint64_t cycles, clean, skipped, failed, operations, log_hits, injected;
	uint64_t csv_bytes;
	char first_failure[SOAK_TEXT];
	int64_t first_failed;		/* its number, -1: none */
	bool hung;
	char drift[SOAK_TEXT];		/* what grows; "": nothing */
	char late[SOAK_TEXT];		/* alarms of the kernel log behind the last cycle; "": none */
	bool ended;			/* the closing cycle was made */
	int64_t running;		/* number of the cycle that is on, -1: none */
	bool in_order;			/* all is counted and judged: it may end */
	enum soak_stop stopped;		/* of a soak that goes on */
	bool closing;			/* the cycle that is on is the last one, without a fault */
	json_t *saved;			/* the state that was read, whose texts the options use */
	char *own_path[VB_SOAK_MAX_JOBS + VB_SOAK_MAX_FAULTS];
	unsigned int nr_own_paths;
	const char *own_set[VB_SOAK_MAX_SET + 1];
	const char *own_device[VB_MAX_CONTAINERS];
	bool same_boot;			/* of a soak that goes on; then these hold: */
	uint64_t held_then, taint_then;
	bool new_end;			/* --for or --repeat beside --resume */
	unsigned int resumed;		/* times that it went on */
	json_t *boots;			/* numbers of cycles before each further boot; NULL: one boot */
	json_t *base;			/* the machine as the soak found it: soak_machine_read() */
	struct soak_counts base_counts;
	struct vb_klog *klog;		/* NULL: can't be read */
	size_t klog_from;		/* where in its text that begins which was not judged */
	uint64_t log_sequence;		/* the same as a record's number, for who goes on; 0: not known */
	uint64_t log_lost;		/* lost messages that were told */
	const char *log_expected[SOAK_EXPECTED_MAX + 1];	/* parts of lines that are no alarm */
	bool has_kmemleak, leaks_off;	/* off: it had turned itself off when it was asked */
	uint64_t leaks_ns, leak_scans;	/* when the last one was, and how many */
	int device_lock[VB_MAX_CONTAINERS];	/* descriptor + 1; 0: none */
	struct vb_beacon *beacon;
	int beacon_fd;
	uint64_t next_file_ns, next_line_ns;	/* when status.json and the line are due */
	bool status_failed;			/* status.json could not be written */
};

/* A process that is the run of a cycle. */
struct soak_run {
	pid_t pid;
	struct vb_fault *fault;		/* NULL: none */
	uint64_t start_ns;
};

/* Functions return 0 or -errno unless they say otherwise. */

/* choice.c */
void soak_choose(const struct soak *s, uint64_t number, struct soak_choice *choice);
/*
 * How many of @job's runs the fault may be in on this variant; with more than @nth of them,
 * *@run is the @nth.
 */
size_t soak_fault_runs(const struct soak *s, const struct soak_fault *fault, unsigned int variant,
		       unsigned int job, size_t nth, size_t *run);
/* The expanded run of @choice as it is to be made. */
void soak_choice_run(const struct soak *s, const struct soak_choice *choice, struct vb_job_run *run);

/* process.c: starting and ending a run; nothing here waits without a bound */
int soak_run_start(struct soak *s, const struct soak_choice *choice, const char *folder,
		   const char *output, struct soak_run *run, struct vb_fault *fault);
bool soak_run_ended(const struct soak_run *run, int *status);
/* Signal the whole of the run's process group. */
void soak_run_signal(const struct soak_run *run, int sig);
/*
 * Until no process of the run is left, but @own; false: some are after @for_ns.  With @kill_them
 * all that this process has inherited are killed, their children as they are orphaned.
 */
bool soak_reap(uint64_t for_ns, pid_t own, bool kill_them);

/* cycle.c */
int soak_cycle(struct soak *s, const struct soak_choice *choice, struct soak_outcome *o);
void soak_say(struct soak_outcome *o, enum soak_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void soak_hung(struct soak_outcome *o, const char *why);

/* log.c: the kernel log, from where one who was killed had judged it (log_sequence) to the end */
void soak_log_open(struct soak *s);
/* What this cycle may cause is no alarm, of what is judged from now on. */
void soak_log_expect(struct soak *s, const struct soak_choice *choice, bool injected);
/* All since the last time; an alarm, or a message that was lost, fails @o.  @when: "", or ", ..." */
void soak_log_judge(struct soak *s, const char *when, struct soak_outcome *o);
/* What was judged is kept no longer. */
void soak_log_forget(struct soak *s);
/* What came behind the last cycle, to s->late. */
void soak_log_end(struct soak *s);

/* remove.c: @name below the soak's folder, with all that is in it */
void soak_remove(const struct soak *s, const char *name);
/*
 * What is mounted below it, and what the cycle that was cut left, to "cut", the last one of them.
 * VB_EXIT_OK, or it can't be, which was said.
 */
int soak_unmount(const struct soak *s, const char *name);
int soak_set_aside(struct soak *s);

/* copy.c: the result @from, whole or .part, as @to; what can't be read is left out */
void soak_copy_result(const char *from, const char *to);

/* stopped.c */
/* What killed runs left behind on the machine, as the journal has it; what can't be, is told. */
void soak_put_back(void);
/* Things that @owner, the run's supervisor, has still to put back, as the journal has it. */
unsigned int soak_to_put_back(pid_t owner);
/*
 * What is still to be judged and counted of the process before this one.  Returns an enum vb_exit
 * and has said why.
 */
int soak_account(struct soak *s);

/* failure.c: keep what the cycle left, and what the machine tells now */
void soak_keep_failure(struct soak *s, const struct soak_choice *choice, const struct soak_outcome *o);

/* lock.c: VB_EXIT_OK, or another soak has one of the devices, which was said */
int soak_lock_devices(struct soak *s);
void soak_unlock_devices(struct soak *s);

/* leaks.c: kmemleak, every few minutes, or @now */
void soak_leaks_begin(struct soak *s);
void soak_leaks_check(struct soak *s, bool now, struct soak_outcome *o);

/* summary.c: trends to the state; summary.txt, summary.html and plots.  0 or -errno. */
int soak_summary(struct soak *s);

/* outcome.c: what the run's own result says, where @fault (NULL: none) was injected */
void soak_outcome_read(const char *output, const struct vb_fault_ops *fault, struct soak_outcome *o);

/* audit.c: what is wrong goes to @o */
void soak_audit(struct soak *s, const struct soak_choice *choice, struct soak_outcome *o);

/* setup.c: what jobs, variants and faults there are; each returns an enum vb_exit and has said why */
int soak_setup(struct soak *s);

/* state.c */
int soak_state_create(struct soak *s);
int soak_state_save(struct soak *s);
json_t *soak_state_to_json(struct soak *s);
/* Append the cycle to cycles.csv and count it; followed by soak_state_save(). */
int soak_count(struct soak *s, const struct soak_choice *choice, const struct soak_outcome *o);

double soak_elapsed_s(const struct soak *s);

/* resume.c; the first two return an enum vb_exit and have said why */
/* The options of the soak or cycle that @name in @folder is of, before soak_setup(). */
int soak_state_load(struct soak *s, const char *folder, const char *name);
/* Its totals, or for one cycle nothing, after soak_setup(). */
int soak_go_on(struct soak *s);

/* jobs.c: the job files in the soak's folder, the faults' own in a folder of their own */
#define SOAK_OWN_JOBS "fault-jobs"
/* An ordinary file, whole; freed with free(). */
int soak_read_text(const char *path, char **text, size_t *length);
int soak_copy_jobs(struct soak *s);
/* The same files in a failure's folder, which can be carried away. */
void soak_link_jobs(const struct soak *s, int folder);

/* status.c */
/* status.json, for monitors; a line on a terminal, or every so often elsewhere. */
void soak_status(struct soak *s, const struct soak_choice *choice, const char *what);
void soak_tell(const struct soak *s, const struct soak_choice *choice, const struct soak_outcome *o);
void soak_tell_all(const struct soak *s);
const char *soak_verdict_name(enum soak_verdict verdict);
/* "kill-worker", "none" */
const char *soak_fault_name(const struct soak *s, const struct soak_choice *choice);

#endif /* VB_SOAK_IMPL_H */
