// SPDX-License-Identifier: GPL-2.0-or-later
/* By which metrics a comparison decides: the job's, else each section's main one; and gates. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"

/* What the loop of a workload is about. */
static const struct {
	const char *workload, *metric;
} mains[] = {
	{ "dma_verify", "dma" },
	{ "map_unmap", "unmap" },
	{ "mdev_open_close", "mdev_open" },
	{ "notify_span", "request" },
	{ "pin_churn", "pin_ioctl" },
	{ "unmap_race", "request" },
};

const char *cmp_main_metric(const char *workload)
{
	for (size_t i = 0; i < sizeof(mains) / sizeof(mains[0]); i++)
		if (!strcmp(mains[i].workload, workload))
			return mains[i].metric;
	return NULL;
}

bool cmp_is_primary(const struct cmp_primaries *p, const char *section, const char *metric,
		    enum vb_stat stat)
{
	for (size_t i = 0; i < p->nr; i++)
		if (vb_stat_name_fits(&p->name[i], section, metric, stat))
			return true;
	return false;
}

static void add(struct cmp_primaries *p, const char *section, const char *metric,
		enum vb_stat stat)
{
	struct vb_stat_name *name = &p->name[p->nr];

	if (cmp_is_primary(p, section, metric, stat) || p->nr == sizeof(p->name) / sizeof(p->name[0]))
		return;
	*name = (struct vb_stat_name){ .stat = stat };
	snprintf(name->section, sizeof(name->section), "%s", section);
	snprintf(name->metric, sizeof(name->metric), "%s", metric);
	p->nr++;
}

/* In an open loop it is the response: the time that somebody waits. */
static void add_section(struct cmp_primaries *p, const json_t *run, const json_t *section)
{
	const char *name = vb_json_text(section, "section");
	const char *metric = cmp_main_metric(vb_json_text(section, "workload"));

	if (vb_result_metric(run, name, "response"))
		metric = "response";
	if (!metric)
		return;
	add(p, name, metric, VB_STAT_MEAN);
	add(p, name, metric, VB_STAT_P99);
}

static void make_up(const struct cmp_arm *arm, struct cmp_primaries *p)
{
	for (size_t s = 0; s < arm->nr; s++) {
		const struct vb_result *r = arm->source[s].result;

		for (size_t i = 0; i < r->nr_runs; i++) {
			const json_t *section;
			size_t j;

			json_array_foreach(json_object_get(r->run[i], "sections"), j, section)
				add_section(p, r->run[i], section);
		}
	}
}

/* Quantiles come from buckets, 1.6% wide; exact mode is about less. */
static void make_exact(struct cmp_primaries *p)
{
	struct cmp_primaries old = *p;

	p->nr = 0;
	for (size_t i = 0; i < old.nr; i++) {
		bool bucketed = vb_stat_quantile(old.name[i].stat) > 0;

		add(p, old.name[i].section, old.name[i].metric,
		    bucketed ? VB_STAT_MEAN : old.name[i].stat);
	}
}

/* "" too where the result keeps no job (then there is none that could have declared). */
static int read_declared(const struct cmp_arm *arm, char *text, size_t room, char *err, size_t size)
{
	for (size_t s = 0; s < arm->nr; s++) {
		const struct vb_result *r = arm->source[s].result;
		struct cmp_settings settings;
		const char *value;
		int ret;

		if (!r->nr_runs || !r->run_dir)
			continue;
		ret = cmp_settings_read(r, 0, &settings, err, size);
		if (ret)
			return ret;
		value = cmp_setting(&settings, "[global] primary");
		snprintf(text, room, "%s", value ? value : "");
		free(settings.setting);
		return 0;
	}
	return 0;
}

/* What a gate asks of exact mode is less than a bucket is wide. */
static int refuse_bucketed(const struct vb_compare_options *o, char *err, size_t size)
{
	char name[160];

	for (size_t i = 0; i < o->nr_gates; i++)
		if (vb_stat_quantile(o->gates[i].name.stat) > 0)
			return cmp_error(err, size, "--gate=%s: exact mode has quantiles from buckets of 1.6%% "
					 "only: gate mean or min", vb_stat_name_text(&o->gates[i].name, name,
										     sizeof(name)));
	return 0;
}

int cmp_primaries_find(const struct cmp_arm *arm, const struct vb_compare_options *o, bool exact,
		       struct cmp_primaries *p, char *err, size_t size)
{
	char text[256] = "", what[200];
	int ret;

	memset(p, 0, sizeof(*p));
	if (exact && refuse_bucketed(o, err, size))
		return -EINVAL;
	ret = read_declared(arm, text, sizeof(text), err, size);
	if (ret)
		return ret;
	if (vb_stat_names_parse(text, p->name, &p->nr, what, sizeof(what)))
		return cmp_error(err, size, "primary=%.100s in the result's job.ini: %s", text, what);
	p->declared = p->nr;
	if (!p->declared)
		make_up(arm, p);
	if (exact)
		make_exact(p);
	for (size_t i = 0; i < o->nr_gates; i++)
		add(p, o->gates[i].name.section, o->gates[i].name.metric, o->gates[i].name.stat);
	return 0;
}
