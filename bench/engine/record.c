// SPDX-License-Identifier: GPL-2.0-or-later
/* From shared memory to result.json. */
#include <stdlib.h>
#include <string.h>

#include "bench/engine/memory_seen.h"
#include "bench/engine/record.h"
#include "bench/engine/record_load.h"
#include "bench/engine/tracing.h"
#include "lib/measure/histogram.h"
#include "lib/result/dir.h"
#include "lib/result/lost.h"

static json_t *u64(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *buckets(const struct vb_hist *h)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < VB_HIST_BUCKETS; i++)
		if (h->bucket[i])
			json_array_append_new(array, json_pack("[i, I]", (int)i,
							       (json_int_t)h->bucket[i]));
	return array;
}

static json_t *hist_to_json(const char *section, const char *metric, const char *unit,
			    const struct vb_hist *h, double rate)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:o}",
			 "section", section, "metric", metric, "unit", unit,
			 "count", (json_int_t)h->count, "rate_per_s", rate,
			 "min", (json_int_t)(h->count ? h->min : 0),
			 "p50", (json_int_t)vb_hist_quantile(h, 0.5),
			 "p90", (json_int_t)vb_hist_quantile(h, 0.9),
			 "p99", (json_int_t)vb_hist_quantile(h, 0.99),
			 "p999", (json_int_t)vb_hist_quantile(h, 0.999),
			 "max", (json_int_t)h->max, "mean", vb_hist_mean(h),
			 "overflow", (json_int_t)h->overflow, "buckets", buckets(h));
}

static double seconds_of(const struct vb_worker_shared *w)
{
	return w->end_ns > w->start_ns ? (double)(w->end_ns - w->start_ns) / 1e9 : 0;
}

/* The longest worker's measured time. */
static double measured_seconds(const struct vb_run *run)
{
	double longest = 0;

	for (unsigned int i = 0; i < run->plan->nr_workers; i++)
		if (seconds_of(run->worker[i]) > longest)
			longest = seconds_of(run->worker[i]);
	return longest;
}

/* One section's metric, all its workers together. */
static void add_metric(const struct vb_run *run, const struct vb_section *s, enum vb_metric m,
		       struct vb_hist *hist, json_t *array)
{
	double rate = 0;

	vb_hist_init(hist);
	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_worker_shared *w = run->worker[i];

		if (run->plan->worker[i].section != s || !w->hist[m].count)
			continue;
		vb_hist_merge(hist, &w->hist[m]);
		if (seconds_of(w) > 0)
			rate += (double)w->hist[m].count / seconds_of(w);
	}
	if (hist->count)
		json_array_append_new(array, hist_to_json(s->name, vb_metric_name(m), "ns", hist,
							  rate));
}

static json_t *metrics(const struct vb_run *run)
{
	struct vb_hist *hist = malloc(sizeof(*hist));
	double seconds = measured_seconds(run);
	json_t *array = json_array();

	if (!hist)
		vb_lost_memory();
	for (unsigned int i = 0; hist && i < run->plan->run->nr_sections; i++)
		for (int m = 0; m < VB_NR_METRICS; m++)
			add_metric(run, &run->plan->run->section[i], m, hist, array);
	for (int id = 0; id < VB_HIST_NR; id++) {
		const struct vb_hist *h = &run->shared->module_hist[id];
		const char *unit = id == VB_HIST_PER_REQUEST ? "callbacks" :
				   id == VB_HIST_BYTES ? "bytes" : "ns";

		if (h->count)
			json_array_append_new(array, hist_to_json("module", vb_module_hist_name(id), unit, h,
							seconds > 0 ? (double)h->count / seconds : 0));
	}
	free(hist);
	return array;
}

static json_t *failures(const struct vb_counters *c)
{
	json_t *object = json_object();

	for (unsigned int e = 0; e < VB_ERRNO_MAX; e++)
		if (c->failures[e])
			json_object_set_new(object, e && strerrorname_np((int)e) ?
					    strerrorname_np((int)e) : "other", u64(c->failures[e]));
	return object;
}

static json_t *counters_to_json(const struct vb_counters *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "pin_calls", u64(c->pin_calls));
	json_object_set_new(o, "unpin_calls", u64(c->unpin_calls));
	json_object_set_new(o, "pinned_pages", u64(c->pinned_pages));
	json_object_set_new(o, "unpinned_pages", u64(c->unpinned_pages));
	json_object_set_new(o, "callbacks", u64(c->callbacks));
	json_object_set_new(o, "callbacks_foreign", u64(c->callbacks_foreign));
	json_object_set_new(o, "callback_unpinned_pages", u64(c->callback_unpinned_pages));
	json_object_set_new(o, "requests", u64(c->requests));
	json_object_set_new(o, "requests_notified", u64(c->requests_notified));
	json_object_set_new(o, "bad_stamps", u64(c->bad_stamps));
	json_object_set_new(o, "fenced_pins", u64(c->fenced_pins));
	json_object_set_new(o, "late_pins", u64(c->late_pins));
	json_object_set_new(o, "leaked_pins", u64(c->leaked_pins));
	json_object_set_new(o, "partial_pins", u64(c->partial_pins));
	json_object_set_new(o, "outstanding_pages", u64(c->outstanding_pages));
	json_object_set_new(o, "failures", failures(c));
	return o;
}

static json_t *module_to_json(const struct vb_run *run)
{
	json_t *mdevs = json_array(), *pinners = json_array();
	const struct vb_run_shared *sh = run->shared;

	for (unsigned int m = 0; m < sh->nr_mdevs; m++)
		json_array_append_new(mdevs, counters_to_json(&sh->counters[m]));
	for (unsigned int i = 0; i < sh->nr_pinners; i++) {
		const struct vb_pinner_seen *p = &sh->pinner[i];

		json_array_append_new(pinners, json_pack("{s:i, s:i, s:i, s:i, s:I, s:I}",
			"mdev", (int)p->mdev, "requested_node", p->requested_node, "cpu", p->cpu,
			"node", p->node, "pin_calls", (json_int_t)p->pins,
			"unpin_calls", (json_int_t)p->unpins));
	}
	return json_pack("{s:o, s:o}", "mdevs", mdevs, "pinners", pinners);
}

/* What the workload counted, by its own names. */
static json_t *counts_to_json(const struct vb_plan_worker *p, const struct vb_worker_shared *w)
{
	const char *const *names = p->section->workload->counts;
	json_t *o = json_object();

	for (unsigned int i = 0; names && i < VB_MAX_COUNTS && names[i]; i++)
		json_object_set_new(o, names[i], u64(w->tally.count[i]));
	return o;
}

static json_t *worker_to_json(const struct vb_run *run, unsigned int i, bool numbers)
{
	const struct vb_plan_worker *p = &run->plan->worker[i];
	const struct vb_worker_shared *w = run->worker[i];
	json_t *o = json_pack("{s:i, s:s, s:s, s:{s:i, s:i, s:i, s:I}, s:{s:i, s:i, s:i, s:i, s:I}}",
		"worker", (int)i, "section", p->section->name,
		"workload", p->section->workload->name,
		"requested", "cpu", p->cpu, "node", p->node,
		"mem_node", run->plan->window[p->window].mem_node,
		"iova", (json_int_t)run->plan->window[p->window].iova,
		"observed", "cpu", w->cpu_seen, "cpu_at_end", w->cpu_seen_end,
		"node", w->node_seen, "mem_node", w->mem_node_seen,
		"pages_looked_at", (json_int_t)w->mem_samples);

	if (w->error)
		json_object_set_new(o, "error", json_pack("{s:s, s:s}", "where", w->error_where,
							  "what", strerror(-w->error)));
	if (!numbers)
		return o;
	json_object_set_new(o, "steps", u64(w->measured_steps));
	vb_record_load(o, p->section, w);
	json_object_set_new(o, "seconds", json_real(seconds_of(w)));
	json_object_set_new(o, "mapped_bytes", u64(w->tally.mapped_bytes));
	json_object_set_new(o, "unmapped_bytes", u64(w->tally.unmapped_bytes));
	json_object_set_new(o, "requests", u64(w->tally.requests));
	json_object_set_new(o, "dma_bytes", u64(w->tally.dma_bytes));
	json_object_set_new(o, "verified", u64(w->tally.verified));
	json_object_set_new(o, "counts", counts_to_json(p, w));
	json_object_set_new(o, "guard_waits", u64(w->tally.guard_waits));
	json_object_set_new(o, "guard_wait_ns", u64(w->tally.guard_wait_ns));
	return o;
}

static json_t *workers_to_json(const struct vb_run *run, bool numbers)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < run->plan->nr_workers; i++)
		json_array_append_new(array, worker_to_json(run, i, numbers));
	return array;
}

/* What a run over many mappings is about: the request, by mapping. */
static json_t *sections_to_json(const struct vb_run *r)
{
	const struct vb_job_run *run = r->plan->run;
	json_t *array = json_array(), *section;

	for (unsigned int i = 0; i < run->nr_sections; i++) {
		const struct vb_section *s = &run->section[i];

		section = json_pack("{s:s, s:s, s:i, s:I, s:i, s:i, s:i, s:s, s:i}",
			"section", s->name, "workload", s->workload->name,
			"threads", (int)s->threads, "size_bytes", (json_int_t)s->size_bytes,
			"count", (int)s->count, "pin_every", (int)s->pin_every,
			"pin_pages", (int)s->pin_pages, "backing", vb_backing_name(s->backing),
			"pinners", (int)s->pinners);
		vb_memory_section_to_json(section, s);
		vb_record_offer(section, r, s);
		json_array_append_new(array, section);
	}
	return array;
}

static const char *status(const struct vb_record *r)
{
	switch (r->run->ending) {
	case VB_ENDING_HUNG:
		return "hung";
	case VB_ENDING_KILLED:
		return "killed";
	case VB_ENDING_INTERRUPTED:
		return "interrupted";
	case VB_ENDING_DONE:
		break;
	}
	if (r->run->shared->error)
		return "error";
	if (r->audit->worst == VB_VERDICT_UNTRUSTED)
		return "untrusted";
	return r->audit->passed ? "ok" : "failed";
}

static json_t *hazards_to_json(unsigned int hazards)
{
	json_t *array = json_array();

	for (unsigned int bit = 1; hazards; bit <<= 1, hazards >>= 1)
		if (hazards & 1 && vb_hazard_name(bit))
			json_array_append_new(array, json_string(vb_hazard_name(bit)));
	return array;
}

static json_t *variant_to_json(const struct vb_record *r)
{
	const struct vb_run_shared *sh = r->run->shared;

	if (!r->variant)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}",
			 "name", r->variant->name, "module", r->variant->module,
			 "served_by", sh->served_known ? sh->served_by : "",
			 "granularity_declared", vb_granularity_name(
				 vb_granularity_expected(r->run->plan, r->variant)),
			 "granularity_observed", vb_granularity_name(sh->observed),
			 "hazards", hazards_to_json(r->variant->hazards));
}

json_t *vb_record_to_json(const struct vb_record *r)
{
	const struct vb_run *run = r->run;
	bool numbers = r->audit->passed;
	json_t *o = json_pack("{s:i, s:s, s:i, s:s, s:i, s:i, s:i, s:i, s:b, s:I, s:s, s:s, s:s, s:s, s:o, "
			      "s:{s:b, s:s}, s:b, s:f, s:f, s:o}",
		"schema", VB_RESULT_SCHEMA, "session", r->session, "number", (int)r->number,
		"arm", r->arm, "arm_index", (int)r->arm_index, "cell", (int)r->cell,
		"round", (int)r->round, "position", (int)r->position, "warmup", (int)r->warmup,
		"seed", (json_int_t)run->plan->run->global.seed,
		"label", run->plan->run->label, "status", status(r),
		"mode", r->exact ? "exact" : "timing",
		"module_mode", vb_job_word("module_mode", run->plan->run->global.module_mode),
		"variant", variant_to_json(r),
		"guard", "on", (int)run->container->guard.on, "reason", r->guard_reason,
		"withheld", (int)!numbers,
		"measured_s", measured_seconds(run), "wall_s", (double)run->wall_ns / 1e9,
		"sections", sections_to_json(run));

	if (run->shared->error)
		json_object_set_new(o, "error", json_string(run->shared->error_where));
	if (run->ending == VB_ENDING_HUNG)
		json_object_set_new(o, "hung", json_pack("{s:f, s:i, s:s}",
			"idle_s", (double)run->hung_after_ns / 1e9,
			"tasks_in_d", (int)run->tasks_in_d, "stacks", "stacks.txt"));
	json_object_set_new(o, "privileges", vb_privileges_to_json(&run->privileges));
	json_object_set_new(o, "clock_cost_ns",
			    json_real((double)run->shared->clock_cost_ps / 1000));
	json_object_set_new(o, "cold_bytes", u64(run->shared->cold_bytes));
	json_object_set_new(o, "scale", u64(run->plan->run->global.scale));
	json_object_set_new(o, "huge_bytes", u64(run->shared->huge_bytes));
	vb_memory_run_to_json(o, run->shared);
	json_object_set_new(o, "intervals_lost", u64(run->intervals_lost));
	if (run->plan->run->global.samples)
		json_object_set_new(o, "samples", vb_record_samples(run));
	if (run->container->trace)
		json_object_set_new(o, "trace", vb_tracing_to_json(run));
	json_object_set_new(o, "audit", vb_audit_to_json(r->audit));
	if (run->conformance)
		json_object_set_new(o, "conformance",
				    vb_conformance_to_json(run->conformance, vb_plan_promises(run->plan),
							   &run->shared->answers, &run->here));
	json_object_set_new(o, "noise", vb_noise_to_json(&run->noise));
	json_object_set_new(o, "noise_marks", u64(vb_noise_marks(&run->noise, true)));
	json_object_set_new(o, "workers", workers_to_json(run, numbers));
	/* Kept also when the audit fails: they are what it is about, not a result. */
	json_object_set_new(o, "module", module_to_json(run));
	if (numbers)
		json_object_set_new(o, "metrics", metrics(run));
	return o;
}
