/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Job files: which workers do what, as data.  INI: a [global] section, then a
 * section for each group of workers.  A value with commas is a list; lists
 * expand to a matrix of runs.  Reading one touches nothing but the file.
 */
#ifndef VB_JOB_H
#define VB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/engine/arrival.h"
#include "bench/workload/workload.h"
#include "lib/iommu/iommu.h"
#include "lib/machine/memory.h"
#include "lib/machine/trace.h"
#include "lib/measure/samples.h"
#include "uapi/vfio_bench.h"

#define VB_JOB_MAX_SECTIONS	64
#define VB_JOB_MAX_RUNS		4096	/* of one expanded matrix */
#define VB_JOB_NAME_MAX		64
#define VB_JOB_TEXT_SIZE	176	/* of a text, with its NUL; a line has to hold it */
#define VB_JOB_LINE_MAX		190	/* bytes of a line; inih's own buffer holds 200 */
#define VB_JOB_FILE_MAX		(1u << 20)
#define VB_JOB_PAGE		4096u	/* sizes are multiples of the smallest page */
#define VB_JOB_RATE_MAX	10000000u	/* steps a second of one worker */
#define VB_MAX_CONTAINERS	16
#define VB_JOB_WINDOW_MAX	(1ull << 44)	/* bytes of one window: count * size */

enum vb_class { VB_CLASS_SMOKE, VB_CLASS_STANDARD, VB_CLASS_STRESS, VB_CLASS_PATHOLOGICAL };
enum vb_target { VB_TARGET_PCI, VB_TARGET_MDEV, VB_TARGET_BOTH };
enum vb_guard { VB_GUARD_AUTO, VB_GUARD_ON, VB_GUARD_OFF };

enum vb_cold { VB_COLD_AUTO, VB_COLD_NO, VB_COLD_YES };
enum vb_layout { VB_LAYOUT_AUTO, VB_LAYOUT_FIXED, VB_LAYOUT_RANDOM };

enum vb_advice {
	VB_ADVICE_DONTNEED, VB_ADVICE_PAGEOUT, VB_ADVICE_COLLAPSE, VB_ADVICE_MOVE, VB_ADVICE_COMPACT
};
enum vb_end { VB_END_EXIT, VB_END_KILL };
enum vb_pattern {
	VB_PATTERN_LINEAR, VB_PATTERN_REVERSE, VB_PATTERN_RANDOM, VB_PATTERN_INTERLEAVED
};

#define VB_NODE_ANY	(-1)		/* wherever the kernel puts it */
#define VB_NODE_ALL	(-2)		/* threads in turn on every node with CPUs */
#define VB_NODE_LOCAL	(-3)		/* mem_node=local: the node of the worker's CPU */

/* [global]: holds for the whole run. */
struct vb_global {
	char description[VB_JOB_TEXT_SIZE];
	char source[VB_JOB_TEXT_SIZE];
	char needs[VB_JOB_TEXT_SIZE];	/* of the machine, for people */
	char label[VB_JOB_TEXT_SIZE];	/* of one expanded run: the same as run.label */
	char direct_file[VB_JOB_TEXT_SIZE];	/* of direct_read; "": one of its own */
	char primary[VB_JOB_TEXT_SIZE];	/* vb_stat_names_parse() reads it */
	enum vb_class class;
	const struct vb_iommu_ops *iommu;	/* iommu_mode= */
	uint64_t duration_ns;		/* 0: bound by ops alone */
	uint64_t warmup_ns;
	uint64_t op_timeout_ns;
	uint64_t seed;			/* 0: chosen and recorded by the engine */
	bool last_ops;			/* each worker remembers what it did last */
	uint64_t shuffle_ns;		/* workers change CPUs so often; 0: they stay */
	enum vb_guard guard;
	enum vb_cold cold;		/* of a run: yes or no; a session decides auto */
	enum vb_layout layout;		/* of a run: fixed or random */
	enum vb_discipline discipline;
	enum vb_mode module_mode;
	uint64_t callback_delay_ns;	/* each callback waits so long before it returns */
	unsigned int containers;	/* that the windows are shared out over */
	unsigned int mdevs;		/* mdevs in each of them */
	/*
	 * Windows are so many times smaller than the job says: count= is divided by
	 * it where it is more than 1, else size=, down to one mapping of one page; and
	 * buffers=, where it is given.
	 */
	unsigned int scale;
	bool oversubscribe;		/* more threads than CPUs */
	enum vb_trace_mode trace;
	bool samples;			/* every operation to samples.bin */
	enum vb_samples_io samples_io;
};

/* One section: a group of workers. */
struct vb_section {
	char name[VB_JOB_NAME_MAX];
	const struct vb_workload_ops *workload;
	enum vb_target device;
	unsigned int threads;
	int node;			/* or VB_NODE_ANY, VB_NODE_ALL */
	int mem_node;			/* or VB_NODE_ANY, VB_NODE_LOCAL */
	enum vb_backing backing;
	uint64_t size_bytes;		/* of one mapping, scaled */
	unsigned int count;		/* mappings in the window, scaled */
	uint64_t job_size_bytes;	/* as the job says; see vb_global.scale */
	unsigned int job_count;
	uint64_t stride_bytes;		/* from one mapping's IOVA to the next one's; 0: size= */
	unsigned int batch;		/* mappings of a thread before their unmap; 0: all of the window */
	unsigned int buffers;		/* mappings' worth of memory, scaled; 0: count= */
	unsigned int job_buffers;
	enum vb_prefault prefault;
	unsigned int prefault_threads;	/* of VB_PREFAULT_PARALLEL */
	enum vb_thp thp;
	enum vb_pattern pattern;	/* of maps, and of unmaps one by one */
	unsigned int unmaps;		/* requests that unmap the window; 0: one a mapping */
	unsigned int remap_every;	/* rounds after which memory is got anew; 0: never */
	unsigned int spaces;		/* address spaces that mappings are copied into */
	unsigned int pin_every;		/* one mapping in so many is pinned; 0: none */
	unsigned int pin_pages;		/* pages of one pin call */
	uint64_t ops;			/* steps after which a worker is done; 0: no bound */
	unsigned int pinners;		/* module kthreads for each worker's window */
	enum vb_pinner_mode pinner_mode;
	int pinner_node;		/* or VB_NODE_ANY */
	uint64_t pinner_hold_ns;
	enum vb_advice advice;		/* of memory_advise */
	enum vb_end end;		/* of processes that a workload ends */
	uint64_t rate_per_s;		/* steps of each worker; 0: a closed loop */
	enum vb_arrival arrival;	/* of them, if there is a rate */
};

/* One fully expanded job: every key has one value. */
struct vb_job_run {
	/* label= and the listed keys' values: "count=1024 pin_every=16"; may be "" */
	char label[VB_JOB_TEXT_SIZE];
	struct vb_global global;
	unsigned int nr_sections;
	struct vb_section section[VB_JOB_MAX_SECTIONS];
};

#define VB_MAX_SPACES 64

struct vb_job;

/*
 * Where and what was wrong.  @text is the whole message, "FILE:LINE: [section]
 * key=value: what: what to do", for vb_fail(VB_EXIT_USAGE, "%s", err.text).  It
 * is UTF-8 without control characters, whatever the file held.
 */
struct vb_job_error {
	unsigned int line;		/* 0: no line (an override, or the file itself) */
	char text[512];
};

/*
 * Read a job file.  0: *job is the caller's to free.  -EINVAL: *err says what;
 * -errno of open and read otherwise (also told in *err).
 */
int vb_job_read(const char *path, struct vb_job **job, struct vb_job_error *err);
/* The same from memory (tests, fuzzing).  @name stands for the path. */
int vb_job_parse(const char *name, const char *text, size_t length, struct vb_job **job,
		 struct vb_job_error *err);
/*
 * Override "section.key=value" or "key=value".  The latter is for [global] or
 * for every worker section, as the key is; a list is then one dimension of the
 * matrix that all sections share.  -EINVAL leaves the job as it was.
 */
int vb_job_set(struct vb_job *job, const char *assignment, struct vb_job_error *err);
/*
 * Expand.  *runs is an array of *nr_runs, freed with free().  Checks every
 * value's limits and the rules between keys.  -E2BIG: more than VB_JOB_MAX_RUNS.
 */
int vb_job_expand(const struct vb_job *job, struct vb_job_run **runs, size_t *nr_runs,
		  struct vb_job_error *err);
void vb_job_free(struct vb_job *job);
/* What [global] says before expansion; of a list the first value. */
void vb_job_global(const struct vb_job *job, struct vb_global *global);
/* The file's name without folder and ".job". */
const char *vb_job_name(const struct vb_job *job);
/* Can this module mode hang or crash the kernel? */
bool vb_job_mode_is_hazardous(enum vb_mode mode);
/* Write one expanded run as a job file that reads back to the same run. */
int vb_job_run_write(const struct vb_job_run *run, int fd);

enum vb_job_type {
	VB_JOB_SIZE,			/* bytes, a multiple of VB_JOB_PAGE */
	VB_JOB_TIME,			/* ns */
	VB_JOB_NUMBER,
	VB_JOB_NODE,			/* an int: number or word */
	VB_JOB_CHOICE,			/* words only */
	VB_JOB_WORKLOAD,
	VB_JOB_IOMMU,
	VB_JOB_TEXT,			/* no list: commas belong to it */
};

struct vb_job_word {
	const char *name;
	uint64_t value;
};

/* The table of keys: help, man page and parser use this one. */
struct vb_job_key {
	const char *name;
	bool global;			/* in [global]; else in a worker section */
	const char *values;		/* what it takes, for people: "size, 4k..1t" */
	const char *standard;		/* default, as one would write it; NULL: required */
	const char *help;
	bool single;			/* takes no list */
	enum vb_job_type type;
	uint64_t min, max;
	const struct vb_job_word *words; /* instead of a number; ends with a NULL name */
	size_t offset, width;		/* in struct vb_global or struct vb_section */
};
extern const struct vb_job_key *const vb_job_keys;
extern const size_t vb_nr_job_keys;

/* The word for a value of a key, as job files spell it; NULL: the key has none for it. */
const char *vb_job_word(const char *key, uint64_t value);

#endif /* VB_JOB_H */
