// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries of a job: keys with their lists of values, from the file and from overrides. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/job_entry.h"

#define OVERRIDE	"override"
#define OVERRIDE_MAX	4096

/* Where an entry stands, for messages. */
static const char *place(const struct vb_job *job, unsigned int line)
{
	return line ? job->path : OVERRIDE;
}

const char *job_section_name(const struct vb_job *job, int section)
{
	return section == JOB_GLOBAL ? "global" : job->section[section].name;
}

const struct job_entry *job_entry_find(const struct vb_job *job, int section,
				       const struct vb_job_key *key)
{
	for (size_t i = 0; i < job->nr_entries; i++)
		if (job->entry[i].key == key && job->entry[i].section == section)
			return &job->entry[i];
	return NULL;
}

int job_key_of(const struct vb_job *job, int section, unsigned int line, const char *name,
	       const struct vb_job_key **key, struct vb_job_error *err)
{
	bool global = section == JOB_GLOBAL;
	struct job_names names = { 0 };
	char suggestion[320];

	*key = job_key_find(name);
	if (*key && (*key)->global == global)
		return 0;
	if (*key)
		return job_error(err, place(job, line), line, "[%s] %s=: belongs in %s",
				 job_section_name(job, section), name,
				 global ? "a worker section" : "[global]");
	for (size_t i = 0; i < vb_nr_job_keys; i++)
		if (vb_job_keys[i].global == global)
			job_names_add(&names, vb_job_keys[i].name);
	job_suggest(&names, name, suggestion, sizeof(suggestion));
	return job_error(err, place(job, line), line, "[%s] unknown key '%.48s': %s",
			 job_section_name(job, section), name, suggestion);
}

void job_entry_clear(struct job_entry *entry)
{
	for (size_t i = 0; i < entry->nr_values; i++)
		free(entry->value[i].text);
	free(entry->value);
	entry->value = NULL;
	entry->nr_values = 0;
}

int job_entry_add(struct vb_job *job, const struct job_entry *entry)
{
	struct job_entry *grown;

	for (size_t i = 0; i < job->nr_entries; i++) {
		if (job->entry[i].key == entry->key && job->entry[i].section == entry->section) {
			job_entry_clear(&job->entry[i]);
			job->entry[i] = *entry;
			return 0;
		}
	}
	grown = realloc(job->entry, (job->nr_entries + 1) * sizeof(*grown));
	if (!grown) {
		struct job_entry lost = *entry;

		job_entry_clear(&lost);
		return -ENOMEM;
	}
	job->entry = grown;
	job->entry[job->nr_entries++] = *entry;
	return 0;
}

char *job_trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
	return text;
}

static int add_value(struct job_entry *entry, const struct job_value *value)
{
	struct job_value *grown;

	grown = realloc(entry->value, (entry->nr_values + 1) * sizeof(*grown));
	if (!grown) {
		free(value->text);
		return -ENOMEM;
	}
	entry->value = grown;
	entry->value[entry->nr_values++] = *value;
	return 0;
}

static int add_new(struct job_entry *entry, const struct job_value *value, char *why, size_t size)
{
	for (size_t i = 0; i < entry->nr_values; i++) {
		if (entry->value[i].number == value->number) {
			snprintf(why, size, "twice in the list: remove one");
			free(value->text);
			return -EINVAL;
		}
	}
	if (entry->nr_values == VB_JOB_MAX_RUNS) {
		snprintf(why, size, "more than %d values in the list: shorten it", VB_JOB_MAX_RUNS);
		free(value->text);
		return -EINVAL;
	}
	return add_value(entry, value);
}

static int parse_sweep(struct job_entry *entry, const char *text, char *why, size_t size)
{
	uint64_t *numbers = NULL;
	size_t nr = 0;
	int ret = job_sweep_parse(entry->key, text, &numbers, &nr, why, size);

	for (size_t i = 0; i < nr && !ret; i++)
		ret = add_new(entry, &(struct job_value){ .number = numbers[i] }, why, size);
	free(numbers);
	return ret;
}

static int parse_one(struct job_entry *entry, const char *text, char *why, size_t size)
{
	struct job_value value;
	int ret;

	if (!*text) {
		snprintf(why, size, "no value: give %s", entry->key->values);
		return -EINVAL;
	}
	if (!entry->key->single && job_sweep_is(entry->key, text))
		return parse_sweep(entry, text, why, size);
	ret = job_value_parse(entry->key, text, &value, why, size);
	return ret ? ret : add_new(entry, &value, why, size);
}

int job_entry_parse(struct vb_job *job, const struct vb_job_key *key, int section,
		    unsigned int line, const char *text, struct job_entry *entry,
		    struct vb_job_error *err)
{
	char *copy = strdup(text), *rest = copy, *one;
	char why[400];
	int ret = copy ? 0 : -ENOMEM;

	*entry = (struct job_entry){ .key = key, .section = section, .line = line,
				     .group = ++job->nr_groups };
	if (copy && key->single && key->type != VB_JOB_TEXT && strchr(copy, ','))
		ret = job_error(err, place(job, line), line,
				"[%s] %s=%.80s: takes one value, no list: give %s",
				job_section_name(job, section), key->name, text, key->values);
	while (!ret && rest) {
		one = job_trim(key->type == VB_JOB_TEXT ? rest : strsep(&rest, ","));
		if (key->type == VB_JOB_TEXT)
			rest = NULL;
		ret = parse_one(entry, one, why, sizeof(why));
		if (ret == -EINVAL)
			job_error(err, place(job, line), line, "[%s] %s=%.80s: %s",
				  job_section_name(job, section), key->name, one, why);
	}
	free(copy);
	if (ret)
		job_entry_clear(entry);
	return ret;
}

/* Which section an override's "section." names. */
static int find_section(const struct vb_job *job, const char *name, int *section,
			struct vb_job_error *err)
{
	struct job_names names = { 0 };
	char suggestion[320];

	*section = JOB_GLOBAL;
	if (!strcmp(name, "global"))
		return 0;
	job_names_add(&names, "global");
	for (unsigned int i = 0; i < job->nr_sections; i++) {
		*section = (int)i;
		if (!strcmp(job->section[i].name, name))
			return 0;
		job_names_add(&names, job->section[i].name);
	}
	job_suggest(&names, name, suggestion, sizeof(suggestion));
	return job_error(err, OVERRIDE, 0, "no section '%.64s' in %.100s: %s", name, job->path,
			 suggestion);
}

/* A key without a section: [global]'s or every worker section's. */
static int find_key(const struct vb_job *job, const char *name, const struct vb_job_key **key,
		    struct vb_job_error *err)
{
	struct job_names names = { 0 };
	char suggestion[400];

	*key = job_key_find(name);
	if (*key)
		return 0;
	for (size_t i = 0; i < vb_nr_job_keys; i++)
		job_names_add(&names, vb_job_keys[i].name);
	job_suggest(&names, name, suggestion, sizeof(suggestion));
	return job_error(err, OVERRIDE, 0, "unknown key '%.48s': %s", name, suggestion);
}

static int set_sections(struct vb_job *job, const struct vb_job_key *key, int first, int last,
			const char *value, struct vb_job_error *err)
{
	struct job_entry entry;
	unsigned int group = 0;
	int ret;

	for (int section = first; section <= last; section++) {
		/* A bad value shows in the first section, before anything changed. */
		ret = job_entry_parse(job, key, section, 0, value, &entry, err);
		if (ret)
			return ret;
		if (group)
			entry.group = group;
		group = entry.group;
		ret = job_entry_add(job, &entry);
		if (ret)
			return ret;
	}
	return 0;
}

/* Apply "[section.]name" = @value. */
static int set_pair(struct vb_job *job, char *name, const char *value, struct vb_job_error *err)
{
	char *dot = strchr(name, '.');
	const struct vb_job_key *key;
	int section, ret;

	if (!dot) {
		ret = find_key(job, name, &key, err);
		if (ret)
			return ret;
		if (key->global)
			return set_sections(job, key, JOB_GLOBAL, JOB_GLOBAL, value, err);
		return set_sections(job, key, 0, (int)job->nr_sections - 1, value, err);
	}
	*dot = 0;
	ret = find_section(job, job_trim(name), &section, err);
	if (!ret)
		ret = job_key_of(job, section, 0, job_trim(dot + 1), &key, err);
	return ret ? ret : set_sections(job, key, section, section, value, err);
}

int vb_job_set(struct vb_job *job, const char *assignment, struct vb_job_error *err)
{
	const char *equals = strchr(assignment, '=');
	char *copy;
	int ret;

	for (const char *c = assignment; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return job_error(err, OVERRIDE, 0, "a control character: remove it");
	if (strlen(assignment) > OVERRIDE_MAX)
		return job_error(err, OVERRIDE, 0, "longer than %d bytes", OVERRIDE_MAX);
	if (!equals || equals == assignment)
		return job_error(err, OVERRIDE, 0,
				 "'%.80s': give KEY=VALUE or SECTION.KEY=VALUE", assignment);
	copy = strdup(assignment);
	if (copy) {
		copy[equals - assignment] = 0;
		ret = set_pair(job, job_trim(copy), equals + 1, err);
		free(copy);
	} else {
		ret = -ENOMEM;
	}
	if (ret == -ENOMEM)
		job_error(err, OVERRIDE, 0, "out of memory");
	return ret;
}
