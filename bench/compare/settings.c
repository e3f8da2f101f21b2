// SPDX-License-Identifier: GPL-2.0-or-later
/* The jobs of two arms: what differs in them. */
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"

/* Words for people, and what is drawn anew for each run. */
bool cmp_setting_is_job(const char *key)
{
	static const char *const others[] = { "description", "label", "primary", "seed", "source" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strncmp(key, "[global] ", 9) && !strcmp(key + 9, others[i]))
			return false;
	return true;
}

static int add_setting(void *user, const char *section, const char *name, const char *value)
{
	struct cmp_settings *s = user;
	struct cmp_setting *grown;

	if (!name)	/* a section begins */
		return 1;
	grown = cmp_grow(s->setting, s->nr, sizeof(*grown));
	if (!grown)
		return 0;
	s->setting = grown;
	snprintf(grown[s->nr].key, sizeof(grown[0].key), "[%.60s] %.30s", section, name);
	snprintf(grown[s->nr].value, sizeof(grown[0].value), "%s", value);
	s->nr++;
	return 1;
}

int cmp_settings_read(const struct vb_result *result, size_t run, struct cmp_settings *settings,
		      char *err, size_t size)
{
	FILE *file;
	int ret;

	memset(settings, 0, sizeof(*settings));
	if (!result->run_dir)
		return 0;
	ret = vb_result_open_file(result, run, "job.ini", &file, err, size);
	if (ret)
		return ret == -ENOMEM ? ret : -EINVAL;
	ret = ini_parse_file(file, add_setting, settings);
	fclose(file);
	if (!ret)
		return 0;
	free(settings->setting);
	memset(settings, 0, sizeof(*settings));
	return cmp_error(err, size, "%s: run %zu: job.ini:%d: not a job", result->path, run, ret);
}

const char *cmp_setting(const struct cmp_settings *settings, const char *key)
{
	for (size_t i = 0; i < settings->nr; i++)
		if (!strcmp(settings->setting[i].key, key))
			return settings->setting[i].value;
	return NULL;
}

static int differ(const struct cmp_settings *a, const struct cmp_settings *b, bool only_missing,
		  const char *label, struct vb_comparison *c, size_t *nr)
{
	for (size_t i = 0; i < a->nr; i++) {
		const char *key = a->setting[i].key, *other = cmp_setting(b, key);
		const char *mine = a->setting[i].value;
		char what[96];
		int ret;

		if (!cmp_setting_is_job(key) || (other && (only_missing || !strcmp(other, mine))))
			continue;
		snprintf(what, sizeof(what), "job %.50s%s%.34s", key, *label ? " at " : "", label);
		if (only_missing)
			ret = cmp_difference(c, what, "default", mine);
		else
			ret = cmp_difference(c, what, mine, other ? other : "default");
		if (ret)
			return ret;
		++*nr;
	}
	return 0;
}

/* The first run of @arm at the cell; false: none. */
static bool find_cell(const struct cmp_arm *arm, const char *label, const struct vb_result **result,
		      size_t *run)
{
	for (size_t s = 0; s < arm->nr; s++) {
		*result = arm->source[s].result;
		for (*run = 0; *run < (*result)->nr_runs; ++*run) {
			const json_t *json = (*result)->run[*run];

			if ((int)vb_json_number(json, "arm_index") == arm->source[s].arm &&
			    !strcmp(vb_json_text(json, "label"), label))
				return true;
		}
	}
	return false;
}

static int compare_cell(const struct vb_result *a, size_t run_a, const struct vb_result *b,
			size_t run_b, struct vb_comparison *c, size_t *nr, char *err, size_t size)
{
	struct cmp_settings x, y = { 0 };
	const char *label = vb_json_text(a->run[run_a], "label");
	int ret = cmp_settings_read(a, run_a, &x, err, size);

	if (!ret)
		ret = cmp_settings_read(b, run_b, &y, err, size);
	if (!ret)
		ret = differ(&x, &y, false, label, c, nr);
	if (!ret)
		ret = differ(&y, &x, true, label, c, nr);
	free(x.setting);
	free(y.setting);
	return ret;
}

/* Is it the first run of its arm with that label? */
static bool is_first(const struct cmp_arm *arm, const struct vb_result *result, size_t run)
{
	const struct vb_result *first;
	size_t at;

	return find_cell(arm, vb_json_text(result->run[run], "label"), &first, &at) &&
	       first == result && at == run;
}

/* Cells of @arm, each once: those that @other has too, and (@lacking) those that it has not. */
static int compare_cells(const struct cmp_arm *arm, const struct cmp_arm *other, bool lacking,
			 struct vb_comparison *c, size_t *nr, char *err, size_t size)
{
	for (size_t s = 0; s < arm->nr; s++) {
		const struct vb_result *r = arm->source[s].result, *there;
		size_t at;

		for (size_t i = 0; i < r->nr_runs; i++) {
			const char *label = vb_json_text(r->run[i], "label");
			bool found;
			int ret = 0;

			if (!is_first(arm, r, i))
				continue;
			found = find_cell(other, label, &there, &at);
			if (found && !lacking)
				ret = compare_cell(r, i, there, at, c, nr, err, size);
			if (!found) {
				ret = cmp_difference(c, "job cell", lacking ? "-" : label,
						     lacking ? label : "-");
				++*nr;
			}
			if (ret)
				return ret;
		}
	}
	return 0;
}

int cmp_job_differences(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c,
			size_t *nr, char *err, size_t size)
{
	int ret = compare_cells(a, b, false, c, nr, err, size);

	return ret ? ret : compare_cells(b, a, true, c, nr, err, size);
}
