// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's tracing counted in a run, by section. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/engine/tracing.h"

#define WAIT_TRIES	100	/* times 10 ms for faults that are still to be reported */

int vb_tracing_begin(struct vb_container *c)
{
	struct vb_traced *traced = &c->shared->traced;
	int ret = 0;

	if (!c->trace)
		return 0;
	if (c->trace->mode == VB_TRACE_FAULTS)
		ret = vb_trace_faults(c->trace, &traced->before);
	else
		ret = vb_trace_locks_begin(c->trace);
	return ret ? vb_run_error(c->shared, ret, "trace=: beginning to count: %s", strerror(-ret)) : 0;
}

static uint64_t expected_faults(const struct vb_plan *plan, struct vb_worker_shared *const *workers)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < plan->nr_workers; i++)
		sum += workers[i]->tally.expected_faults;
	return sum;
}

static int read_faults(const struct vb_trace *trace, struct vb_traced *traced, uint64_t expected)
{
	struct timespec pause = { 0, 10000000 };
	struct vb_trace_count now;
	int ret;

	for (int try = 0;; try++) {
		ret = vb_trace_faults(trace, &now);
		if (ret || try == WAIT_TRIES || now.hits - traced->before.hits >= expected)
			break;
		nanosleep(&pause, NULL);
	}
	traced->faults.hits = now.hits - traced->before.hits;
	traced->faults.missed = now.missed - traced->before.missed;
	return ret;
}

/* The section of the task @tid; -1: no worker (the engine, or a worker's child). */
static int section_of(const struct vb_plan *plan, struct vb_worker_shared *const *workers, pid_t tid)
{
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		if (workers[i]->tid == tid)
			return (int)(plan->worker[i].section - plan->run->section);
	return -1;
}

static bool same_place(const struct vb_traced_lock *a, int section, const struct vb_lock_wait *b)
{
	return a->section == section && a->wait.kind == b->kind && a->wait.access == b->access &&
	       !strcmp(a->wait.site, b->site) && !strcmp(a->wait.path, b->path);
}

/* The workers of a section together. */
static void add_lock(struct vb_traced *traced, int section, const struct vb_lock_wait *w)
{
	struct vb_traced_lock *lock = traced->lock;
	unsigned int i = 0;

	while (i < traced->nr_locks && !same_place(&lock[i], section, w))
		i++;
	if (i == VB_MAX_TRACED_LOCKS) {
		traced->left_out_ns += w->total_ns;
		return;
	}
	if (i == traced->nr_locks) {
		traced->nr_locks++;
		lock[i] = (struct vb_traced_lock){ .section = section, .wait = *w };
		return;
	}
	lock[i].wait.waits += w->waits;
	lock[i].wait.total_ns += w->total_ns;
	lock[i].wait.spin_ns += w->spin_ns;
	if (w->max_ns > lock[i].wait.max_ns)
		lock[i].wait.max_ns = w->max_ns;
}

static int longer(const void *a, const void *b)
{
	const struct vb_lock_wait *x = a, *y = b;

	return x->total_ns < y->total_ns ? 1 : x->total_ns > y->total_ns ? -1 : 0;
}

static int longer_place(const void *a, const void *b)
{
	return longer(&((const struct vb_traced_lock *)a)->wait,
		      &((const struct vb_traced_lock *)b)->wait);
}

static int read_locks(const struct vb_container *c, const struct vb_plan *plan,
		      struct vb_worker_shared *const *workers)
{
	struct vb_traced *traced = &c->shared->traced;
	struct vb_lock_waits waits;
	int ret = vb_trace_locks_read(c->trace, &waits);

	if (ret)
		return ret;
	/* What there is no room for is the least. */
	if (waits.nr)
		qsort(waits.wait, waits.nr, sizeof(*waits.wait), longer);
	for (size_t i = 0; i < waits.nr; i++)
		add_lock(traced, section_of(plan, workers, waits.wait[i].tid), &waits.wait[i]);
	qsort(traced->lock, traced->nr_locks, sizeof(*traced->lock), longer_place);
	traced->dropped = waits.dropped;
	vb_lock_waits_free(&waits);
	return 0;
}

void vb_tracing_end(struct vb_container *c, const struct vb_plan *plan,
		    struct vb_worker_shared *const *workers)
{
	int ret;

	if (!c->trace)
		return;
	if (c->trace->mode == VB_TRACE_FAULTS)
		ret = read_faults(c->trace, &c->shared->traced, expected_faults(plan, workers));
	else
		ret = read_locks(c, plan, workers);
	c->shared->traced.ended = !ret;
	if (ret)
		vb_run_error(c->shared, ret, "trace=: reading what was counted: %s", strerror(-ret));
}

static json_t *functions_to_json(const struct vb_trace *trace)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < trace->nr_functions; i++)
		json_array_append_new(array, json_string(trace->function[i]));
	return array;
}

static json_t *lock_to_json(const struct vb_run *run, const struct vb_traced_lock *lock)
{
	const struct vb_lock_wait *w = &lock->wait;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}",
			 "section", lock->section < 0 ? "" : run->plan->run->section[lock->section].name,
			 "kind", w->kind, "access", w->access, "site", w->site, "path", w->path,
			 "waits", (json_int_t)w->waits, "total_ns", (json_int_t)w->total_ns,
			 "spin_ns", (json_int_t)w->spin_ns, "max_ns", (json_int_t)w->max_ns);
}

json_t *vb_tracing_to_json(const struct vb_run *run)
{
	const struct vb_trace *trace = run->container->trace;
	const struct vb_traced *traced = &run->shared->traced;
	json_t *o = json_pack("{s:s, s:b}", "mode", vb_job_word("trace", trace->mode),
			      "complete", (int)traced->ended), *locks;

	if (trace->mode == VB_TRACE_FAULTS) {
		json_object_set_new(o, "functions", functions_to_json(trace));
		json_object_set_new(o, "faults", json_integer((json_int_t)traced->faults.hits));
		json_object_set_new(o, "missed", json_integer((json_int_t)traced->faults.missed));
		return o;
	}
	locks = json_array();
	for (unsigned int i = 0; i < traced->nr_locks; i++)
		json_array_append_new(locks, lock_to_json(run, &traced->lock[i]));
	json_object_set_new(o, "locks", locks);
	json_object_set_new(o, "left_out_ns", json_integer((json_int_t)traced->left_out_ns));
	json_object_set_new(o, "dropped", json_integer((json_int_t)traced->dropped));
	return o;
}
