// SPDX-License-Identifier: GPL-2.0-or-later
/* The section [published]: "row=VERSION | CONDITIONS: METRIC.STAT VALUE UNIT, ...". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/job_published.h"
#include "bench/engine/job_stat.h"
#include "bench/engine/published.h"
#include "lib/result/lost.h"

#define ROWS_MAX	64
#define FORM		"[VERSION |] CONDITIONS: METRIC.STAT VALUE UNIT, such as " \
			"v6.15 | backing=shmem: map.mean 294 ms"

const struct vb_published_key vb_published_keys[] = {
	{ "hardware", "text", "machine that the figures were measured on; must be given" },
	{ "note", "text", "what was published besides and no row can hold" },
	{ "row", "[VERSION |] CONDITIONS: METRIC.STAT VALUE UNIT, METRIC.STAT VALUE UNIT ...",
	  "figures of the runs whose keys have the values that CONDITIONS names: KEY=VALUE or "
	  "SECTION.KEY=VALUE with blanks between, nothing: every run. VERSION: of the code that was "
	  "measured. Units: ns, us, ms, s, and /s of a rate. May stand several times" },
	{ NULL, NULL, NULL }
};

static const struct {
	const char *name;
	double factor;			/* to ns, or to 1/s */
	bool rate;
} units[] = {
	{ "ns", 1, false }, { "us", 1e3, false }, { "ms", 1e6, false }, { "s", 1e9, false },
	{ "/s", 1, true },
};

static int add_row(struct vb_published *p, unsigned int line, const char *text)
{
	struct vb_published_row *grown = realloc(p->row, (p->nr_rows + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	p->row = grown;
	grown[p->nr_rows] = (struct vb_published_row){ .line = line, .text = strdup(text) };
	if (!grown[p->nr_rows].text)
		return -ENOMEM;
	p->nr_rows++;
	return 0;
}

static int set_text(struct vb_job *job, unsigned int line, const char *name, const char *value,
		    char *field, struct vb_job_error *err)
{
	const struct vb_job_key like = { .type = VB_JOB_TEXT, .width = VB_JOB_TEXT_SIZE };
	struct job_value parsed;
	char why[200];
	int ret;

	if (*field)
		return job_error(err, job->path, line, "[published] %s= again: remove one", name);
	if (!*value)
		return job_error(err, job->path, line, "[published] %s=: no value: give text", name);
	ret = job_value_parse(&like, value, &parsed, why, sizeof(why));
	if (ret == -EINVAL)
		return job_error(err, job->path, line, "[published] %s=%.80s: %s", name, value, why);
	if (!ret)
		snprintf(field, VB_JOB_TEXT_SIZE, "%s", parsed.text);
	free(parsed.text);
	return ret;
}

int job_published_add(struct vb_job *job, unsigned int line, const char *name, const char *value,
		      struct vb_job_error *err)
{
	struct vb_published *p = job->published;
	struct job_names names = { 0 };
	char suggestion[200];

	if (!strcmp(name, "hardware"))
		return set_text(job, line, name, value, p->hardware, err);
	if (!strcmp(name, "note"))
		return set_text(job, line, name, value, p->note, err);
	if (!strcmp(name, "row")) {
		if (p->nr_rows == ROWS_MAX)
			return job_error(err, job->path, line, "[published]: more than %d rows",
					 ROWS_MAX);
		return add_row(p, line, value);
	}
	for (const struct vb_published_key *key = vb_published_keys; key->name; key++)
		job_names_add(&names, key->name);
	job_suggest(&names, name, suggestion, sizeof(suggestion));
	return job_error(err, job->path, line, "[published] unknown key '%.48s': %s", name,
			 suggestion);
}

static int find_section(const struct vb_job *job, const char *name, int *section, char *why,
			size_t size)
{
	struct job_names names = { 0 };
	char suggestion[320];

	for (unsigned int i = 0; i < job->nr_sections; i++) {
		*section = (int)i;
		if (!strcmp(job->section[i].name, name))
			return 0;
		job_names_add(&names, job->section[i].name);
	}
	job_suggest(&names, name, suggestion, sizeof(suggestion));
	snprintf(why, size, "no section '%.64s': %s", name, suggestion);
	return -EINVAL;
}

static int find_key(const char *name, const struct vb_job_key **key, char *why, size_t size)
{
	struct job_names names = { 0 };
	char suggestion[320];

	*key = job_key_find(name);
	if (*key && (*key)->type != VB_JOB_TEXT)
		return 0;
	if (*key) {
		snprintf(why, size, "%s= is a text, which picks no runs", name);
		return -EINVAL;
	}
	for (size_t i = 0; i < vb_nr_job_keys; i++)
		if (vb_job_keys[i].type != VB_JOB_TEXT)
			job_names_add(&names, vb_job_keys[i].name);
	job_suggest(&names, name, suggestion, sizeof(suggestion));
	snprintf(why, size, "unknown key '%.48s': %s", name, suggestion);
	return -EINVAL;
}

/* "backing=shmem" or "span.backing=shmem"; cuts @text up. */
static int parse_condition(const struct vb_job *job, char *text,
			   struct vb_published_condition *c, char *why, size_t size)
{
	char *equals = strchr(text, '='), *name = text, *dot, inner[400];
	struct job_value value;
	int ret;

	if (!equals) {
		snprintf(why, size, "'%.60s': a condition is KEY=VALUE", text);
		return -EINVAL;
	}
	*equals = 0;
	c->section = -1;
	dot = strchr(name, '.');
	if (dot) {
		*dot = 0;
		ret = find_section(job, name, &c->section, why, size);
		if (ret)
			return ret;
		name = dot + 1;
	}
	ret = find_key(name, &c->key, why, size);
	if (!ret && dot && c->key->global) {
		snprintf(why, size, "%s= belongs in [global]: leave '%s.' out", name, text);
		ret = -EINVAL;
	}
	if (ret)
		return ret;
	ret = job_value_parse(c->key, equals + 1, &value, inner, sizeof(inner));
	if (ret == -EINVAL)
		snprintf(why, size, "%s=%.40s: %s", name, equals + 1, inner);
	c->value = value.number;
	return ret;
}

static int parse_conditions(const struct vb_job *job, char *text, struct vb_published_row *row,
			    char *why, size_t size)
{
	char *one;
	int ret;

	snprintf(row->conditions, sizeof(row->conditions), "%s", text);
	while ((one = strsep(&text, " \t"))) {
		if (!*one)
			continue;
		if (row->nr_conditions == VB_PUBLISHED_CONDITIONS) {
			snprintf(why, size, "more than %d conditions", VB_PUBLISHED_CONDITIONS);
			return -EINVAL;
		}
		ret = parse_condition(job, one, &row->condition[row->nr_conditions++], why, size);
		if (ret)
			return ret;
	}
	return 0;
}

/* "294 ms" to ns, "500 /s" to 1/s. */
static int parse_value(const char *text, struct vb_published_figure *figure, char *why, size_t size)
{
	size_t length = strspn(text, "0123456789."), i;
	const char *unit = text + length + strspn(text + length, " \t");
	bool rate = figure->name.stat == VB_STAT_RATE;
	char *end;

	figure->value = strtod(text, &end);
	if (!length || end != text + length || !(figure->value > 0)) {
		snprintf(why, size, "'%.40s': give a number above 0 and its unit, such as 294 ms", text);
		return -EINVAL;
	}
	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(units[i].name, unit) && units[i].rate == rate)
			break;
	if (i == sizeof(units) / sizeof(*units)) {
		snprintf(why, size, "'%.40s': unit '%.20s': give %s", text, unit,
			 rate ? "/s, for it is a rate" : "ns, us, ms or s");
		return -EINVAL;
	}
	figure->value *= units[i].factor;
	return 0;
}

/* What has a unit of its own in results is no time. */
static bool is_time(const struct vb_stat_name *name)
{
	return name->stat != VB_STAT_SHARE && strcmp(name->metric, "callbacks_per_request") &&
	       strcmp(name->metric, "callback_bytes");
}

static int parse_figure(const struct vb_job *job, const char *text, struct vb_published_row *row,
			char *why, size_t size)
{
	struct vb_published_figure *figure = &row->figure[row->nr_figures];
	size_t length = strcspn(text, " \t");
	int ret;

	if (row->nr_figures == VB_PUBLISHED_FIGURES) {
		snprintf(why, size, "more than %d figures: make two rows of it", VB_PUBLISHED_FIGURES);
		return -EINVAL;
	}
	ret = vb_stat_name_parse(text, length, &figure->name, why, size);
	if (!ret)
		ret = job_stat_check(job, &figure->name, why, size);
	if (!ret && !is_time(&figure->name)) {
		snprintf(why, size, "'%.*s': neither a time nor a rate: say it in note=", (int)length, text);
		ret = -EINVAL;
	}
	for (unsigned int i = 0; i < row->nr_figures && !ret; i++)
		if (vb_stat_name_fits(&row->figure[i].name, figure->name.section,
				      figure->name.metric, figure->name.stat)) {
			snprintf(why, size, "'%.*s': twice in the row", (int)length, text);
			ret = -EINVAL;
		}
	if (!ret)
		ret = parse_value(text + length + strspn(text + length, " \t"), figure, why, size);
	row->nr_figures += !ret;
	return ret;
}

/* Cuts @text up. */
static int parse_row(const struct vb_job *job, char *text, struct vb_published_row *row, char *why,
		     size_t size)
{
	char *bar = strchr(text, '|'), *colon, *version, *one;
	int ret;

	if (bar) {
		*bar = 0;
		version = job_trim(text);
		text = bar + 1;
		if (!*version || strlen(version) >= sizeof(row->version)) {
			snprintf(why, size, "before '|' stands a version of 1 to %zu bytes",
				 sizeof(row->version) - 1);
			return -EINVAL;
		}
		snprintf(row->version, sizeof(row->version), "%s", version);
	}
	colon = strchr(text, ':');
	if (!colon) {
		snprintf(why, size, "no ':': give %s", FORM);
		return -EINVAL;
	}
	*colon = 0;
	ret = parse_conditions(job, job_trim(text), row, why, size);
	text = colon + 1;
	while (!ret && (one = strsep(&text, ",")))
		ret = parse_figure(job, job_trim(one), row, why, size);
	return ret;
}

static int check_text(const char *text, char *why, size_t size)
{
	json_t *json = json_string(text);

	if (!json && vb_memory_was_lost())
		return -ENOMEM;
	if (!json) {
		snprintf(why, size, "not UTF-8: save the file as UTF-8");
		return -EINVAL;
	}
	json_decref(json);
	return 0;
}

static int finish_row(const struct vb_job *job, struct vb_published *p, unsigned int i,
		      struct vb_job_error *err)
{
	struct vb_published_row *row = &p->row[i];
	char *copy = strdup(row->text), why[480];
	int ret = copy ? check_text(row->text, why, sizeof(why)) : -ENOMEM;

	for (unsigned int before = 0; before < i && !ret; before++)
		if (!strcmp(p->row[before].text, row->text)) {
			snprintf(why, sizeof(why), "stands in line %u too: remove one",
				 p->row[before].line);
			ret = -EINVAL;
		}
	if (!ret)
		ret = parse_row(job, copy, row, why, sizeof(why));
	free(copy);
	if (ret == -EINVAL)
		job_error(err, job->path, row->line, "[published] row=%.80s: %s", row->text, why);
	return ret;
}

int job_published_finish(struct vb_job *job, struct vb_job_error *err)
{
	struct vb_published *p = job->published;
	int ret = 0;

	if (!p)
		return 0;
	if (!*p->hardware)
		return job_error(err, job->path, p->line, "[published] has no hardware=: say what the "
				 "figures were measured on");
	if (!p->nr_rows && !*p->note)
		return job_error(err, job->path, p->line, "[published] has no figures: give row=%s",
				 FORM);
	for (unsigned int i = 0; i < p->nr_rows && !ret; i++)
		ret = finish_row(job, p, i, err);
	return ret;
}

void job_published_free(struct vb_published *p)
{
	for (unsigned int i = 0; p && i < p->nr_rows; i++)
		free(p->row[i].text);
	if (p)
		free(p->row);
	free(p);
}

const struct vb_published *vb_job_published(const struct vb_job *job)
{
	return job->published;
}

static bool holds(const struct vb_published_condition *c, const struct vb_job_run *run)
{
	if (c->key->global)
		return job_value_load(c->key, &run->global) == c->value;
	for (unsigned int i = 0; i < run->nr_sections; i++)
		if ((c->section < 0 || c->section == (int)i) &&
		    job_value_load(c->key, &run->section[i]) != c->value)
			return false;
	return true;
}

bool vb_published_fits(const struct vb_published_row *row, const struct vb_job_run *run)
{
	for (unsigned int i = 0; i < row->nr_conditions; i++)
		if (!holds(&row->condition[i], run))
			return false;
	return true;
}

json_t *vb_published_to_json(const struct vb_published *p)
{
	json_t *rows = json_array();

	for (unsigned int i = 0; i < p->nr_rows; i++) {
		const struct vb_published_row *row = &p->row[i];
		json_t *figures = json_array();

		for (unsigned int k = 0; k < row->nr_figures; k++) {
			const struct vb_published_figure *f = &row->figure[k];

			json_array_append_new(figures, json_pack("{s:s, s:s, s:s, s:f, s:s}",
				"section", f->name.section, "metric", f->name.metric,
				"stat", vb_stat_text(f->name.stat), "value", f->value,
				"unit", f->name.stat == VB_STAT_RATE ? "1/s" : "ns"));
		}
		json_array_append_new(rows, json_pack("{s:s, s:s, s:o}", "version", row->version,
						      "conditions", row->conditions,
						      "figures", figures));
	}
	return json_pack("{s:s, s:s, s:o}", "hardware", p->hardware, "note", p->note, "rows", rows);
}
