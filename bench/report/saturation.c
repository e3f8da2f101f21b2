// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps of an open loop's rate, and the highest that was kept. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/plot_impl.h"
#include "bench/report/saturation.h"
#include "bench/report/values.h"
#include "lib/stats/rank.h"

/* Values of one step's runs, for the medians. */
enum { OFFERED, ACHIEVED, SERVICE, RESPONSE, QUANTITIES };

static struct vb_saturation *find_group(struct vb_saturation *list, size_t *nr, size_t arm,
					const char *section, const char *rest)
{
	for (size_t i = 0; i < *nr; i++)
		if (list[i].arm == arm && !strcmp(list[i].section, section) &&
		    !strcmp(list[i].rest, rest))
			return &list[i];
	list[*nr].arm = arm;
	snprintf(list[*nr].section, sizeof(list[*nr].section), "%s", section);
	snprintf(list[*nr].rest, sizeof(list[*nr].rest), "%s", rest);
	return &list[(*nr)++];
}

static int add_step(struct vb_saturation *g, uint64_t rate)
{
	struct vb_saturation_step *grown;

	for (size_t i = 0; i < g->nr; i++)
		if (g->step[i].rate_per_s == rate)
			return 0;
	grown = realloc(g->step, (g->nr + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	g->step = grown;
	g->step[g->nr++] = (struct vb_saturation_step){ .rate_per_s = rate };
	return 0;
}

static void rest_of(const json_t *run, char *rest, size_t size)
{
	vb_plot_label_without(vb_json_text(run, "label"), "rate", rest, size);
}

static int find_steps(const struct vb_result *r, const struct vb_arms *arms,
		      struct vb_saturation *list, size_t *nr)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *section;
		char rest[128];
		size_t s;

		if (!vb_plot_counts(r->run[i]))
			continue;
		rest_of(r->run[i], rest, sizeof(rest));
		json_array_foreach(json_object_get(r->run[i], "sections"), s, section) {
			uint64_t rate = (uint64_t)vb_json_number(section, "rate_per_s");

			if (rate && add_step(find_group(list, nr, vb_report_arm_of(r->run[i], arms),
							vb_json_text(section, "section"), rest), rate))
				return -ENOMEM;
		}
	}
	return 0;
}

/* The sum over the section's workers. */
static double sum_of(const json_t *run, const char *section, const char *key)
{
	const json_t *worker;
	double sum = 0;
	size_t i;

	json_array_foreach(json_object_get(run, "workers"), i, worker)
		if (!strcmp(vb_json_text(worker, "section"), section))
			sum += vb_json_number(worker, key);
	return sum;
}

static double p99_of(const struct vb_result *r, size_t run, const char *section, const char *metric)
{
	struct vb_dist dist;

	return vb_result_dist(r, run, section, metric, &dist) ? vb_dist_quantile(&dist, 0.99) : NAN;
}

static double median_of(const double *values, size_t n)
{
	return n ? vb_median(values, n) : NAN;
}

static void add_value(double *values, size_t *n, double value)
{
	if (!isnan(value))
		values[(*n)++] = value;
}

static void fill_step(const struct vb_result *r, const struct vb_arms *arms,
		      const struct vb_saturation *g, struct vb_saturation_step *step,
		      double *values[QUANTITIES])
{
	size_t n[QUANTITIES] = { 0 };

	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *run = r->run[i], *section = vb_plot_section(run, g->section);
		char rest[128];

		rest_of(run, rest, sizeof(rest));
		if (!vb_plot_counts(run) || !section || vb_report_arm_of(run, arms) != g->arm ||
		    strcmp(rest, g->rest) ||
		    (uint64_t)vb_json_number(section, "rate_per_s") != step->rate_per_s)
			continue;
		step->runs++;
		step->saturated += json_is_true(json_object_get(section, "saturated"));
		add_value(values[OFFERED], &n[OFFERED], sum_of(run, g->section, "offered_per_s"));
		add_value(values[ACHIEVED], &n[ACHIEVED], sum_of(run, g->section, "achieved_per_s"));
		add_value(values[SERVICE], &n[SERVICE], p99_of(r, i, g->section, "service"));
		add_value(values[RESPONSE], &n[RESPONSE], p99_of(r, i, g->section, "response"));
	}
	step->offered_per_s = median_of(values[OFFERED], n[OFFERED]);
	step->achieved_per_s = median_of(values[ACHIEVED], n[ACHIEVED]);
	step->service_p99_ns = median_of(values[SERVICE], n[SERVICE]);
	step->response_p99_ns = median_of(values[RESPONSE], n[RESPONSE]);
}

static int by_rate(const void *a, const void *b)
{
	const struct vb_saturation_step *x = a, *y = b;

	return (x->rate_per_s > y->rate_per_s) - (x->rate_per_s < y->rate_per_s);
}

static void conclude(struct vb_saturation *g)
{
	char rate[32], p99[32];

	for (size_t i = 0; i < g->nr && !g->reached; i++) {
		g->reached = g->step[i].saturated;
		if (!g->reached)
			g->highest_kept = &g->step[i];
	}
	if (!g->highest_kept) {
		vb_value_text((double)g->step[0].rate_per_s, "1/s", rate, sizeof(rate));
		snprintf(g->text, sizeof(g->text), "saturated at the lowest rate already, %s a worker: begin "
			 "lower", rate);
		return;
	}
	vb_value_text((double)g->highest_kept->rate_per_s, "1/s", rate, sizeof(rate));
	vb_value_text(g->highest_kept->response_p99_ns, "ns", p99, sizeof(p99));
	snprintf(g->text, sizeof(g->text), g->reached ?
		 "highest rate kept: %s a worker (response p99 %s)" :
		 "every rate was kept, up to %s a worker (response p99 %s): saturation lies above", rate,
		 p99);
}

/* A group with one step has nothing to be stepped through. */
static size_t drop_single(struct vb_saturation *list, size_t nr)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr; i++) {
		if (list[i].nr < 2)
			free(list[i].step);
		else
			list[kept++] = list[i];
	}
	return kept;
}

static int fill_all(const struct vb_result *r, const struct vb_arms *arms,
		    struct vb_saturation *list, size_t nr)
{
	double *room = calloc((r->nr_runs + 1) * QUANTITIES, sizeof(*room));
	double *values[QUANTITIES];

	if (!room)
		return -ENOMEM;
	for (size_t q = 0; q < QUANTITIES; q++)
		values[q] = room + q * (r->nr_runs + 1);
	for (size_t i = 0; i < nr; i++) {
		qsort(list[i].step, list[i].nr, sizeof(*list[i].step), by_rate);
		for (size_t k = 0; k < list[i].nr; k++)
			fill_step(r, arms, &list[i], &list[i].step[k], values);
		conclude(&list[i]);
	}
	free(room);
	return 0;
}

static int by_arm(const void *a, const void *b)
{
	const struct vb_saturation *x = a, *y = b;

	return (x->arm > y->arm) - (x->arm < y->arm);
}

int vb_saturation_find(const struct vb_result *r, const struct vb_arms *arms,
		       struct vb_saturation **list, size_t *nr)
{
	size_t most = 1;
	int ret;

	for (size_t i = 0; i < r->nr_runs; i++)
		most += json_array_size(json_object_get(r->run[i], "sections"));
	*nr = 0;
	*list = calloc(most, sizeof(**list));
	ret = *list ? find_steps(r, arms, *list, nr) : -ENOMEM;
	if (!ret) {
		*nr = drop_single(*list, *nr);
		qsort(*list, *nr, sizeof(**list), by_arm);
		ret = fill_all(r, arms, *list, *nr);
	}
	if (ret) {
		vb_saturation_free(*list, *nr);
		*list = NULL;
		*nr = 0;
	}
	return ret;
}

void vb_saturation_free(struct vb_saturation *list, size_t nr)
{
	for (size_t i = 0; list && i < nr; i++)
		free(list[i].step);
	free(list);
}
