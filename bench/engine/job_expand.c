// SPDX-License-Identifier: GPL-2.0-or-later
/* Expand a job's lists to the matrix of runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/job_impl.h"

/* One dimension: the first entry of a group that has a list. */
struct axis {
	const struct job_entry *entry;
	size_t index;			/* the present value */
	bool ambiguous;			/* another dimension has this key too */
};

struct matrix {
	size_t nr_axes;
	struct axis *axis;		/* the first varies slowest */
};

static void *base_of(struct vb_job_run *run, int section)
{
	return section == JOB_GLOBAL ? (void *)&run->global : (void *)&run->section[section];
}

static void store_default(const struct vb_job_key *key, void *base)
{
	struct job_value value;
	char why[384];

	/* A text's is empty, as the caller left it. */
	if (!key->standard || key->type == VB_JOB_TEXT ||
	    job_value_parse(key, key->standard, &value, why, sizeof(why)))
		return;
	job_value_store(key, &value, base);
}

void vb_job_global(const struct vb_job *job, struct vb_global *global)
{
	memset(global, 0, sizeof(*global));
	for (size_t i = 0; i < vb_nr_job_keys; i++)
		if (vb_job_keys[i].global)
			store_default(&vb_job_keys[i], global);
	for (size_t i = 0; i < job->nr_entries; i++)
		if (job->entry[i].key->global)
			job_value_store(job->entry[i].key, &job->entry[i].value[0], global);
}

void job_run_init(const struct vb_job *job, struct vb_job_run *run)
{
	const struct job_entry *entry;

	memset(run, 0, sizeof(*run));
	vb_job_global(job, &run->global);
	run->nr_sections = job->nr_sections;
	for (unsigned int s = 0; s < job->nr_sections; s++) {
		memcpy(run->section[s].name, job->section[s].name, sizeof(run->section[s].name));
		for (size_t i = 0; i < vb_nr_job_keys; i++)
			if (!vb_job_keys[i].global)
				store_default(&vb_job_keys[i], &run->section[s]);
	}
	for (size_t i = 0; i < job->nr_entries; i++) {
		entry = &job->entry[i];
		if (!entry->key->global)
			job_value_store(entry->key, &entry->value[0],
					&run->section[entry->section]);
	}
}

static struct axis *find_axis(const struct matrix *matrix, unsigned int group)
{
	for (size_t i = 0; i < matrix->nr_axes; i++)
		if (matrix->axis[i].entry->group == group)
			return &matrix->axis[i];
	return NULL;
}

static void add_axis(struct matrix *matrix, const struct job_entry *entry)
{
	struct axis *axis = &matrix->axis[matrix->nr_axes];

	*axis = (struct axis){ .entry = entry };
	for (size_t i = 0; i < matrix->nr_axes; i++)
		if (matrix->axis[i].entry->key == entry->key)
			axis->ambiguous = matrix->axis[i].ambiguous = true;
	matrix->nr_axes++;
}

/* The dimensions and their product. */
static int find_axes(const struct vb_job *job, struct matrix *matrix, size_t *nr_runs,
		     struct vb_job_error *err)
{
	*nr_runs = 1;
	matrix->nr_axes = 0;
	matrix->axis = calloc(job->nr_entries + 1, sizeof(*matrix->axis));
	if (!matrix->axis) {
		job_error(err, job->path, 0, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < job->nr_entries; i++) {
		const struct job_entry *entry = &job->entry[i];

		if (entry->nr_values < 2 || find_axis(matrix, entry->group))
			continue;
		add_axis(matrix, entry);
		*nr_runs *= entry->nr_values;
		if (*nr_runs > VB_JOB_MAX_RUNS) {
			job_error(err, job->path, entry->line,
				  "[%s] %s=: the lists make more than %d runs: shorten one",
				  job_section_name(job, entry->section), entry->key->name,
				  VB_JOB_MAX_RUNS);
			return -E2BIG;
		}
	}
	return 0;
}

/* Which value of each list run @index has. */
static void turn_to(struct matrix *matrix, size_t index)
{
	for (size_t i = matrix->nr_axes; i-- > 0;) {
		struct axis *axis = &matrix->axis[i];

		axis->index = index % axis->entry->nr_values;
		index /= axis->entry->nr_values;
	}
}

static int make_label(const struct vb_job *job, const struct matrix *matrix,
		      struct vb_job_run *run, struct vb_job_error *err)
{
	size_t used = strlen(run->global.label);

	for (size_t i = 0; i < matrix->nr_axes && used < sizeof(run->label); i++) {
		const struct axis *axis = &matrix->axis[i];
		const struct job_entry *entry = axis->entry;
		const char *section = job_section_name(job, entry->section);
		char value[JOB_VALUE_TEXT];

		job_value_format(entry->key, entry->value[axis->index].number, value,
				 sizeof(value));
		used += (size_t)snprintf(run->global.label + used, sizeof(run->label) - used,
					 "%s%s%s%s=%s", used ? " " : "",
					 axis->ambiguous ? section : "",
					 axis->ambiguous ? "." : "", entry->key->name, value);
	}
	if (used >= sizeof(run->label))
		return job_error(err, job->path, 0,
				 "too many lists: the label of a run has room for %zu bytes",
				 sizeof(run->label) - 1);
	memcpy(run->label, run->global.label, sizeof(run->label));
	return 0;
}

static unsigned int divided(unsigned int number, uint64_t scale)
{
	return number > scale ? (unsigned int)(number / scale) : 1;
}

static void apply_scale(struct vb_job_run *run)
{
	uint64_t scale = run->global.scale, page;

	for (unsigned int i = 0; i < run->nr_sections; i++) {
		struct vb_section *s = &run->section[i];

		s->size_bytes = s->job_size_bytes;
		s->count = s->job_count;
		s->buffers = s->job_buffers;
		if (scale <= 1)
			continue;
		page = vb_backing_page_bytes(s->backing);
		if (s->buffers)
			s->buffers = divided(s->buffers, scale);
		if (s->count > 1)
			s->count = divided(s->count, scale);
		else if (s->size_bytes > page)
			s->size_bytes = s->size_bytes / scale > page ?
					s->size_bytes / scale / page * page : page;
	}
}

static int make_run(const struct vb_job *job, const struct matrix *matrix,
		    struct vb_job_run *run, struct vb_job_error *err)
{
	int ret;

	for (size_t i = 0; i < job->nr_entries; i++) {
		const struct job_entry *entry = &job->entry[i];

		if (entry->nr_values > 1)
			job_value_store(entry->key,
					&entry->value[find_axis(matrix, entry->group)->index],
					base_of(run, entry->section));
	}
	apply_scale(run);
	ret = make_label(job, matrix, run, err);
	return ret ? ret : job_rules_check(job, run, err);
}

static int make_runs(const struct vb_job *job, struct matrix *matrix, struct vb_job_run *runs,
		     size_t nr, struct vb_job_error *err)
{
	int ret = 0;

	job_run_init(job, &runs[0]);
	for (size_t i = 1; i < nr; i++)
		memcpy(&runs[i], &runs[0], sizeof(runs[0]));
	for (size_t i = 0; i < nr && !ret; i++) {
		turn_to(matrix, i);
		ret = make_run(job, matrix, &runs[i], err);
	}
	return ret;
}

int vb_job_expand(const struct vb_job *job, struct vb_job_run **runs, size_t *nr_runs,
		  struct vb_job_error *err)
{
	struct matrix matrix;
	size_t nr;
	int ret;

	*runs = NULL;
	*nr_runs = 0;
	ret = find_axes(job, &matrix, &nr, err);
	if (ret)
		goto out;
	*runs = calloc(nr, sizeof(**runs));
	if (!*runs) {
		job_error(err, job->path, 0, "out of memory");
		ret = -ENOMEM;
		goto out;
	}
	ret = make_runs(job, &matrix, *runs, nr, err);
	if (ret) {
		free(*runs);
		*runs = NULL;
	} else {
		*nr_runs = nr;
	}
out:
	free(matrix.axis);
	return ret;
}
