/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the job reader share; nobody else includes this. */
#ifndef VB_JOB_IMPL_H
#define VB_JOB_IMPL_H

#include "bench/engine/job.h"

#define JOB_GLOBAL	(-1)		/* as a section's index */
#define JOB_PUBLISHED	(-3)
#define JOB_VALUE_TEXT	64		/* holds any formatted value but a text */

struct job_value {
	uint64_t number;		/* a pointer for workload and iommu_mode */
	char *text;			/* VB_JOB_TEXT only */
};

/* One key of one section with its values. */
struct job_entry {
	const struct vb_job_key *key;
	int section;			/* or JOB_GLOBAL */
	unsigned int line;		/* 0: an override */
	unsigned int group;		/* entries of one override vary together */
	size_t nr_values;
	struct job_value *value;
};

struct job_section {
	char name[VB_JOB_NAME_MAX];
	unsigned int line;
};

struct vb_published;

struct vb_job {
	char *path;			/* as given, for messages */
	char *name;
	unsigned int global_line;	/* 0: no [global] */
	unsigned int nr_sections;
	struct job_section section[VB_JOB_MAX_SECTIONS];
	size_t nr_entries;
	struct job_entry *entry;	/* in the order of the file, overrides last */
	unsigned int nr_groups;
	struct vb_published *published;	/* NULL: no such section */
};

/* Fill *err with "PATH:LINE: text"; line 0: "PATH: text".  Returns -EINVAL. */
int job_error(struct vb_job_error *err, const char *path, unsigned int line, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* Cut blanks off both ends, in place. */
char *job_trim(char *text);

/* Candidates for a name that is none. */
struct job_names {
	size_t nr;
	const char *name[VB_JOB_MAX_SECTIONS];
};
void job_names_add(struct job_names *names, const char *name);
/* "did you mean 'b'? valid: a, b, c" into @text. */
void job_suggest(const struct job_names *names, const char *wrong, char *text, size_t size);

const struct vb_job_key *job_key_find(const char *name);
/* Parse one value.  0, -ENOMEM, or -EINVAL with what is wrong and what is accepted in @why. */
int job_value_parse(const struct vb_job_key *key, const char *text, struct job_value *value,
		    char *why, size_t size);
/* Is @text of a list "FROM..TO*K" or "FROM..TO+K" rather than one value? */
bool job_sweep_is(const struct vb_job_key *key, const char *text);
/*
 * Its values, at most VB_JOB_MAX_RUNS, freed with free(); TO is the last only if
 * a step ends there.  Errors as job_value_parse().
 */
int job_sweep_parse(const struct vb_job_key *key, const char *text, uint64_t **values, size_t *nr,
		    char *why, size_t size);
/* As it would be written; reads back to the same value. */
void job_value_format(const struct vb_job_key *key, uint64_t number, char *text, size_t size);
/* @base is the struct vb_global or struct vb_section. */
void job_value_store(const struct vb_job_key *key, const struct job_value *value, void *base);
uint64_t job_value_load(const struct vb_job_key *key, const void *base);

/* NULL: not given. */
const struct job_entry *job_entry_find(const struct vb_job *job, int section,
				       const struct vb_job_key *key);
const char *job_section_name(const struct vb_job *job, int section);
/* The defaults, then every entry's first value. */
void job_run_init(const struct vb_job *job, struct vb_job_run *run);
/* The rules between keys. */
int job_rules_check(const struct vb_job *job, const struct vb_job_run *run,
		    struct vb_job_error *err);

#endif /* VB_JOB_IMPL_H */
