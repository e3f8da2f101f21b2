// SPDX-License-Identifier: GPL-2.0-or-later
/* Levels of a section's rate. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/steady.h"
#include "bench/report/values.h"
#include "lib/result/intervals.h"
#include "lib/stats/changepoint.h"
#include "lib/stats/rank.h"

/* A report says the same each time it is made. */
#define SEED 0x73746561647921ull
/* From here on a percentage is no help. */
#define MANY_TIMES 10

static void take_levels(const double *time_s, const double *per_s, size_t nr, const size_t *at,
			size_t changes, struct vb_steady *out)
{
	size_t from = 0;

	out->nr_levels = changes + 1;
	for (size_t i = 0; i <= changes; i++) {
		size_t to = i < changes ? at[i] : nr;

		/* An interval's time is its end. */
		out->level[i] = (struct vb_steady_level){
			.from_s = from ? time_s[from - 1] : time_s[0],
			.to_s = time_s[to - 1],
			.intervals = to - from,
			.per_s = vb_median(per_s + from, to - from),
		};
		from = to;
	}
}

static void tell_levels(struct vb_steady *s)
{
	char rate[32], percent[32], apart[32];
	size_t used = 0;

	for (size_t i = 0; i < s->nr_levels && used < sizeof(s->text); i++) {
		const struct vb_steady_level *l = &s->level[i];

		vb_value_text(l->per_s, "1/s", rate, sizeof(rate));
		used += (size_t)snprintf(s->text + used, sizeof(s->text) - used, i ? ", %s from %.2f s" :
					 "levels: %s", rate, l->from_s);
		/* So that the verdict has room. */
		if (used > sizeof(s->text) - 160 && i + 1 < s->nr_levels) {
			used += (size_t)snprintf(s->text + used, sizeof(s->text) - used, ", ...");
			break;
		}
	}
	if (used >= sizeof(s->text))
		return;
	vb_percent_text(s->end_against_start * 100, percent, sizeof(percent));
	vb_percent_text(s->apart * 100, apart, sizeof(apart));
	if (s->steady)
		snprintf(s->text + used, sizeof(s->text) - used, " (all within %g%% of one another)",
			 VB_STEADY_MARGIN * 100);
	else if (isinf(s->apart))
		snprintf(s->text + used, sizeof(s->text) - used, ": not steady, it stood still");
	else if (s->apart >= MANY_TIMES - 1)
		snprintf(s->text + used, sizeof(s->text) - used, ": not steady, the highest is %.0f "
			 "times the lowest, the end %s against the start", s->apart + 1, percent);
	else
		snprintf(s->text + used, sizeof(s->text) - used, ": not steady, the highest is %s "
			 "against the lowest, the end %s against the start", apart, percent);
}

/* All of them count: a run that slowed down and came back was two things. */
static void judge_levels(struct vb_steady *s)
{
	double first = s->level[0].per_s, last = s->level[s->nr_levels - 1].per_s;
	double low = first, high = first;

	for (size_t i = 1; i < s->nr_levels; i++) {
		low = fmin(low, s->level[i].per_s);
		high = fmax(high, s->level[i].per_s);
	}
	s->end_against_start = first > 0 ? last / first - 1 : last > 0 ? HUGE_VAL : 0;
	s->apart = low > 0 ? high / low - 1 : high > 0 ? HUGE_VAL : 0;
	s->steady = s->apart <= VB_STEADY_MARGIN;
}

int vb_steady_find(const double *time_s, const double *per_s, size_t nr, struct vb_steady *out)
{
	size_t at[VB_STEADY_MAX_LEVELS - 1], changes = 0;
	int ret;

	out->intervals = nr;
	out->told = nr >= VB_STEADY_MIN;
	out->steady = false;
	out->nr_levels = 0;
	out->end_against_start = 0;
	out->apart = 0;
	if (!out->told) {
		snprintf(out->text, sizeof(out->text), "too few intervals (%zu) to tell", nr);
		return 0;
	}
	ret = vb_change_points(per_s, nr, SEED, at, sizeof(at) / sizeof(*at), &changes);
	if (ret)
		return ret;
	if (changes > sizeof(at) / sizeof(*at))
		changes = sizeof(at) / sizeof(*at);
	take_levels(time_s, per_s, nr, at, changes, out);
	judge_levels(out);
	if (changes)
		tell_levels(out);
	else
		snprintf(out->text, sizeof(out->text), "no change point in %zu intervals", nr);
	return 0;
}

static int find_all(const json_t *sections, const struct vb_interval *lines, size_t nr_lines,
		    struct vb_steady *list)
{
	const json_t *section;
	int ret = 0;
	size_t i;

	json_array_foreach(sections, i, section) {
		struct vb_interval_rates rates;

		snprintf(list[i].section, sizeof(list[i].section), "%s",
			 vb_json_text(section, "section"));
		ret = vb_interval_rates(lines, nr_lines, list[i].section, &rates);
		if (ret)
			return ret;
		ret = vb_steady_find(rates.time_s, rates.per_s, rates.nr, &list[i]);
		vb_interval_rates_free(&rates);
		if (ret)
			return ret;
	}
	return 0;
}

int vb_steady_run(const struct vb_result *result, size_t run, struct vb_steady **list, size_t *nr,
		  char *err, size_t size)
{
	const json_t *sections = json_object_get(result->run[run], "sections");
	struct vb_interval *lines = NULL;
	size_t nr_lines;
	FILE *file;
	int ret = vb_result_open_file(result, run, "intervals.csv", &file, err, size);

	*list = NULL;
	*nr = 0;
	if (ret)
		return ret;
	ret = vb_intervals_read_file(file, "intervals.csv", &lines, &nr_lines, err, size);
	fclose(file);
	if (ret)
		return ret;
	*list = calloc(json_array_size(sections) + 1, sizeof(**list));
	ret = *list ? find_all(sections, lines, nr_lines, *list) : -ENOMEM;
	free(lines);
	if (ret) {
		snprintf(err, size, "intervals.csv: %s", strerror(-ret));
		free(*list);
		*list = NULL;
	} else {
		*nr = json_array_size(sections);
	}
	return ret;
}
