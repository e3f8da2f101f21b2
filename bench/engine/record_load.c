// SPDX-License-Identifier: GPL-2.0-or-later
/* result.json's part about offered load and recorded operations. */
#include <stdbool.h>
#include <string.h>

#include "bench/engine/record_load.h"

/* Fewer than this share of the offered steps: the section is saturated. */
#define KEPT_SHARE 0.95

static json_t *u64(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static double per_second(uint64_t count, const struct vb_worker_shared *w)
{
	return w->end_ns > w->start_ns ? (double)count * 1e9 / (double)(w->end_ns - w->start_ns) : 0;
}

bool vb_record_saturated(const struct vb_run *run, const struct vb_section *s, uint64_t *started,
			 uint64_t *due)
{
	*started = *due = 0;
	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		if (run->plan->worker[i].section != s)
			continue;
		*due += run->worker[i]->offered_steps;
		*started += run->worker[i]->measured_steps;
	}
	return s->rate_per_s && (double)*started < KEPT_SHARE * (double)*due;
}

void vb_record_offer(json_t *o, const struct vb_run *run, const struct vb_section *s)
{
	uint64_t started, due;
	bool saturated = vb_record_saturated(run, s, &started, &due);

	json_object_set_new(o, "arrival", json_string(!s->rate_per_s ? "closed" :
						      vb_job_word("arrival", s->arrival)));
	if (!s->rate_per_s)
		return;
	json_object_set_new(o, "rate_per_s", u64(s->rate_per_s));
	json_object_set_new(o, "saturated", json_boolean(saturated));
}

void vb_record_load(json_t *o, const struct vb_section *s, const struct vb_worker_shared *w)
{
	if (!s->rate_per_s)
		return;
	json_object_set_new(o, "offered_per_s", json_real(per_second(w->offered_steps, w)));
	json_object_set_new(o, "achieved_per_s", json_real(per_second(w->measured_steps, w)));
}

json_t *vb_record_samples(const struct vb_run *run)
{
	const struct vb_samples_seen *s = &run->shared->samples;
	bool shared = s->cpu_wanted < 0;
	json_t *lost;

	if (!s->ended)
		return json_pack("{s:b, s:s}", "complete", 0, "cause",
				 "the process ended before the recorder did");
	lost = json_array();
	for (unsigned int i = 0; i < run->plan->nr_workers; i++)
		json_array_append_new(lost, u64(run->worker[i]->samples_lost));
	return json_pack("{s:b, s:I, s:I, s:o, s:I, s:s, s:i, s:b, s:f, s:s*}",
			 "complete", !s->lost && !s->error, "written", (json_int_t)s->written,
			 "lost", (json_int_t)s->lost, "lost_by_worker", lost,
			 "bytes", (json_int_t)s->bytes, "io", s->io, "cpu", s->cpu,
			 "cpu_shared", (int)shared, "cpu_s", s->cpu_s,
			 "cause", s->error ? strerror(-s->error) : s->lost ? "rings were full" : NULL);
}
