// SPDX-License-Identifier: GPL-2.0-or-later
/* The checks of the audit, one function each. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/audit.h"
#include "bench/engine/audit_conformance.h"
#include "bench/engine/audit_listeners.h"
#include "bench/engine/audit_log.h"
#include "bench/engine/record_load.h"

/* What all checks look at. */
struct subject {
	const struct vb_run *run;
	const struct vb_variant *variant;
	enum vb_granularity granularity;	/* that callbacks are expected in */
	bool in_lab;
	struct vb_tally tally;		/* of all workers */
	struct vb_counters counters;	/* of all mdevs */
	struct vb_audit *audit;
};

static struct vb_check *add(struct subject *s, const char *name, bool ok, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static struct vb_check *add(struct subject *s, const char *name, bool ok, const char *format, ...)
{
	struct vb_audit *a = s->audit;
	struct vb_check *check = &a->check[a->nr_checks];
	va_list ap;

	if (a->nr_checks < VB_AUDIT_MAX - 1)
		a->nr_checks++;
	check->name = name;
	check->verdict = ok ? VB_VERDICT_OK : VB_VERDICT_FAILED;
	va_start(ap, format);
	vsnprintf(check->text, sizeof(check->text), format, ap);
	va_end(ap);
	return check;
}

/* What is not ok is only @verdict. */
static void soften(struct vb_check *check, enum vb_verdict verdict)
{
	if (check->verdict != VB_VERDICT_OK)
		check->verdict = verdict;
}

static void equal(struct subject *s, const char *name, const char *what, uint64_t expected,
		  uint64_t found)
{
	add(s, name, expected == found, "%s: expected %llu, found %llu", what,
	    (unsigned long long)expected, (unsigned long long)found);
}

static void add_up(struct subject *s)
{
	const struct vb_run *run = s->run;

	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_tally *t = &run->worker[i]->tally;

		s->tally.mapped_bytes += t->mapped_bytes;
		s->tally.unmapped_bytes += t->unmapped_bytes;
		s->tally.requests += t->requests;
		s->tally.slot_requests += t->slot_requests;
		s->tally.expected_callbacks += t->expected_callbacks;
		s->tally.dma_errors += t->dma_errors;
		s->tally.dma_bytes += t->dma_bytes;
		s->tally.expected_faults += t->expected_faults;
		s->tally.verified += t->verified;
		s->tally.wrong += t->wrong;
	}
	for (unsigned int m = 0; m < run->shared->nr_mdevs; m++) {
		const struct vb_counters *c = &run->shared->counters[m];

		s->counters.pinned_pages += c->pinned_pages;
		s->counters.unpinned_pages += c->unpinned_pages;
		s->counters.outstanding_pages += c->outstanding_pages;
		s->counters.callbacks += c->callbacks;
		s->counters.late_pins += c->late_pins;
		s->counters.requests += c->requests;
		s->counters.bad_stamps += c->bad_stamps;
	}
}

/* Errors by which a machine says that it has not enough, or is otherwise occupied. */
static bool machine_lacks(int error)
{
	return error == -ENOMEM || error == -ENOSPC || error == -EBUSY || error == -EAGAIN ||
	       error == -EMFILE;
}

static void check_ending(struct subject *s)
{
	const struct vb_run *run = s->run;
	struct vb_check *check;

	switch (run->ending) {
	case VB_ENDING_HUNG:
		add(s, "ending", false, "hung: no progress for %.1f s, %u tasks in state D; reboot needed",
		    (double)run->hung_after_ns / 1e9, run->tasks_in_d);
		break;
	case VB_ENDING_KILLED:
		add(s, "ending", false, "the process that held the container died of signal %d (%s)",
		    run->signal, strsignal(run->signal));
		break;
	case VB_ENDING_INTERRUPTED:
	case VB_ENDING_DONE:
		check = add(s, "ending", !run->shared->error, "%s",
			    run->shared->error ? run->shared->error_where : "ended by itself");
		if (machine_lacks(run->shared->error))
			soften(check, VB_VERDICT_UNTRUSTED);
		break;
	}
}

static void check_operations(struct subject *s)
{
	unsigned int idle = 0;

	for (unsigned int i = 0; i < s->run->plan->nr_workers; i++)
		idle += s->run->worker[i]->measured_steps == 0;
	soften(add(s, "operations", idle == 0, "%u of %u workers finished no operation", idle,
		   s->run->plan->nr_workers), VB_VERDICT_UNTRUSTED);
}

static void check_pins(struct subject *s)
{
	if (!s->run->shared->nr_mdevs)
		return;
	/* A bare callback unpins and counts nothing: the bitmaps and the kernel tell. */
	if (s->run->plan->run->global.module_mode != VB_MODE_BARE)
		equal(s, "pins", "pages unpinned of those pinned", s->counters.pinned_pages,
		      s->counters.unpinned_pages);
	equal(s, "outstanding_pins", "pages still pinned by the mdevs", 0,
	      s->counters.outstanding_pages);
	equal(s, "stamps", "request slots with impossible times", 0, s->counters.bad_stamps);
	equal(s, "requests", "requests that the module saw end", s->tally.slot_requests,
	      s->counters.requests);
}

static bool any_pinner(const struct vb_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_windows; i++)
		if (plan->window[i].section->pinners)
			return true;
	return false;
}

static bool races(const struct vb_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_windows; i++)
		if (plan->window[i].section->workload->shares_window)
			return true;
	return false;
}

/*
 * Per-request: every listener is called once for every request in the
 * container.  Per-vfio_dma and per-area: only what is known to be pinned counts, and
 * every listener hears of it, whoever pinned; module kthreads pin as they like, so
 * with them the count has only bounds.  Either way a late pin may be worth a call of
 * its own; IOMMUFD calls again while anything in the area stays pinned.
 */
static void check_callbacks(struct subject *s)
{
	const struct vb_run *run = s->run;
	unsigned int containers = run->plan->run->global.containers;
	/* Of several containers each has as many. */
	uint64_t listeners = run->shared->nr_mdevs / (containers ? containers : 1), least, most;
	bool bare = run->plan->run->global.module_mode == VB_MODE_BARE;

	if (!listeners || bare || !s->variant)
		return;
	if (s->granularity == VB_GRANULARITY_PER_REQUEST) {
		least = s->tally.requests * listeners;
		most = least + s->counters.late_pins * listeners;
		if (most > least)
			add(s, "callbacks", s->counters.callbacks >= least && s->counters.callbacks <= most,
			    "one a request and listener, and at most one a late pin: from %llu to %llu, found %llu",
			    (unsigned long long)least, (unsigned long long)most,
			    (unsigned long long)s->counters.callbacks);
		else
			equal(s, "callbacks", "one a request and listener", least, s->counters.callbacks);
		return;
	}
	if (s->granularity == VB_GRANULARITY_UNKNOWN)
		return;
	least = s->tally.expected_callbacks * listeners;
	if (any_pinner(run->plan) || races(run->plan))
		add(s, "callbacks", s->counters.callbacks >= least,
		    "one a pinned mapping and listener: at least %llu (others pin or race too), found %llu",
		    (unsigned long long)least, (unsigned long long)s->counters.callbacks);
	else
		equal(s, "callbacks", "one a pinned mapping and listener", least,
		      s->counters.callbacks);
}

/* One call after the other, every listener of a container is told the same. */
static void check_listeners(struct subject *s)
{
	unsigned int mdev, callback;

	if (!vb_audit_listeners(s->run, &mdev, &callback))
		return;
	if (callback)
		add(s, "listeners", false, "callback %u of mdev %u is for another range than that of its "
		    "container's first mdev, or only one of them got it", callback, mdev);
	else
		add(s, "listeners", true, "the first callbacks of all mdevs in a container are alike");
}

/* A call for a late pin is for its mapping alone. */
static void check_ranges(struct subject *s)
{
	bool exact = s->granularity == VB_GRANULARITY_PER_REQUEST && !s->counters.late_pins;
	const char *has = exact ? "is" : "lies in";
	struct vb_callback_range range;
	unsigned int mdev, callback;

	if (!vb_audit_ranges(s->run, exact, &mdev, &callback, &range))
		return;
	if (callback)
		add(s, "ranges", false, "callback %u of mdev %u was for %#llx, %llu bytes, and no range "
		    "that %s the request's: %#llx, %llu bytes", callback, mdev,
		    (unsigned long long)range.iova, (unsigned long long)range.size, has,
		    (unsigned long long)range.request_iova, (unsigned long long)range.request_size);
	else
		add(s, "ranges", true, "the range of each of the first callbacks %s its request's", has);
}

/* Not a thing asked is no answer either. */
static void check_conformance(struct subject *s)
{
	struct vb_audit_conformance found;

	if (!vb_audit_conformance(s->run, &found))
		return;
	if (s->run->here_error) {
		soften(add(s, "conformance", false, "what is expected of this kernel can't be told: "
			   "/proc/kallsyms: %s", strerror(-s->run->here_error)), VB_VERDICT_UNTRUSTED);
		return;
	}
	add(s, "conformance", found.kept && !found.wrong, "%u answers are as expected, %u are not, %u "
	    "could not be asked for%s%s", found.kept, found.wrong, found.unasked,
	    found.wrong ? "; the first that is not: " : "", found.first);
}

static void check_identity(struct subject *s)
{
	const struct vb_run_shared *sh = s->run->shared;
	const struct vb_variant *v = s->variant;
	const struct vb_iommu_ops *iommu = s->run->plan->run->global.iommu;

	if (!v)
		return;
	if (!iommu->type1)
		add(s, "served_by", true, "the address space is IOMMUFD's: no driver of type1 serves it");
	else if (sh->served_known)
		add(s, "served_by", !strcmp(sh->served_by, v->module),
		    "the container is served by %s, wanted %s", sh->served_by, v->module);
	else
		add(s, "served_by", !strcmp(v->name, "stock") && sh->stock_builtin,
		    "no one module's reference count rose at VFIO_SET_IOMMU, wanted %s's%s", v->module,
		    sh->stock_builtin ? " (built in)" : "");
	if (sh->nr_mdevs && s->granularity != VB_GRANULARITY_UNKNOWN)
		add(s, "granularity", sh->observed == s->granularity, "observed %s, %s declares %s",
		    vb_granularity_name(sh->observed), iommu->type1 ? v->name : iommu->name,
		    vb_granularity_name(s->granularity));
}

static void check_locked(struct subject *s)
{
	const struct vb_run *run = s->run;

	equal(s, "locked_memory", "VmLck in bytes, back at the start's",
	      run->shared->locked_before.locked_bytes, run->shared->locked_after.locked_bytes);
	equal(s, "pinned_memory", "VmPin in bytes, back at the start's",
	      run->shared->locked_before.pinned_bytes, run->shared->locked_after.pinned_bytes);
}

static void check_foll_pins(struct subject *s)
{
	const struct vb_run *run = s->run;
	uint64_t held_before = run->foll_before.acquired - run->foll_before.released;
	uint64_t held_after = run->foll_after.acquired - run->foll_after.released;
	struct vb_check *check;

	if (run->foll_error || !run->foll_before.known) {
		check = add(s, "foll_pins", false, "nr_foll_pin_* of /proc/vmstat: %s", run->foll_error ?
			    strerror(-run->foll_error) : "this kernel does not count");
		if (!run->foll_before.known || !s->in_lab)
			soften(check, VB_VERDICT_MARK);
		return;
	}
	check = add(s, "foll_pins", held_before == held_after,
		    "pages held by pin_user_pages: %llu before, %llu after",
		    (unsigned long long)held_before, (unsigned long long)held_after);
	if (!s->in_lab)		/* elsewhere others pin, too */
		soften(check, VB_VERDICT_MARK);
}

static void check_dma(struct subject *s)
{
	if (s->run->plan->needs_dma || s->tally.dma_bytes || s->tally.dma_errors)
		equal(s, "dma", "transfers whose bytes arrived changed", 0, s->tally.dma_errors);
}

/*
 * Every transfer to where nothing was mapped is a fault, and there is no other.
 * Only the kernel's tracing can count them: reports in its log are rate-limited.
 * QEMU's devices make a transfer by one access; a real one makes several, and the
 * IOMMU may report each.
 */
static void check_faults(struct subject *s)
{
	const struct vb_traced *traced = &s->run->shared->traced;

	if (s->run->plan->run->global.trace != VB_TRACE_FAULTS) {
		if (s->tally.expected_faults)
			soften(add(s, "iommu_faults", false, "%llu expected, not counted: trace=faults does, in "
				   "a run of its own", (unsigned long long)s->tally.expected_faults),
			       VB_VERDICT_MARK);
		return;
	}
	if (traced->faults.missed)
		soften(add(s, "trace_whole", false, "%llu reports of faults came where the kernel could not "
			   "count them", (unsigned long long)traced->faults.missed), VB_VERDICT_UNTRUSTED);
	if (s->in_lab || !s->tally.expected_faults)
		equal(s, "iommu_faults", "faults that IOMMUs reported", s->tally.expected_faults,
		      traced->faults.hits);
	else
		add(s, "iommu_faults", traced->faults.hits >= s->tally.expected_faults,
		    "faults that IOMMUs reported: %llu, for %llu transfers that were to be refused",
		    (unsigned long long)traced->faults.hits,
		    (unsigned long long)s->tally.expected_faults);
}

/* A sum that lacks some of its parts is none. */
static void check_locks(struct subject *s)
{
	const struct vb_traced *traced = &s->run->shared->traced;

	if (s->run->plan->run->global.trace == VB_TRACE_LOCKS)
		soften(add(s, "trace_whole", !traced->dropped, "%llu waits found no room in the kernel's tables",
			   (unsigned long long)traced->dropped), VB_VERDICT_UNTRUSTED);
}

/* What the workloads looked at, and the first thing that was not as it has to be. */
static void check_verified(struct subject *s)
{
	const char *first = "";

	if (!s->tally.verified)
		return;
	for (unsigned int i = s->run->plan->nr_workers; i-- > 0;)
		if (s->run->worker[i]->tally.wrong)
			first = s->run->worker[i]->wrong_where;
	add(s, "verified", !s->tally.wrong, "%llu looked at, %llu wrong%s%.90s",
	    (unsigned long long)s->tally.verified, (unsigned long long)s->tally.wrong,
	    *first ? ", the first: " : "", first);
}

/* shuffle= moves workers on purpose: their times are of no one place. */
static bool was_shuffled(struct subject *s)
{
	uint64_t every_ns = s->run->plan->run->global.shuffle_ns;

	if (every_ns)
		soften(add(s, "placement", false, "shuffle=: workers were moved to other CPUs every %.1f s",
			   (double)every_ns / 1e9), VB_VERDICT_MARK);
	return every_ns != 0;
}

static void check_placement(struct subject *s)
{
	const struct vb_plan *plan = s->run->plan;

	if (was_shuffled(s))
		return;
	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		const struct vb_plan_worker *p = &plan->worker[i];
		const struct vb_worker_shared *w = s->run->worker[i];
		int mem = plan->window[p->window].mem_node;

		/* Memory in child processes can't be looked at. */
		if (p->section->workload->own_memory && !w->mem_samples)
			mem = -1;
		if (w->cpu_seen == p->cpu && w->cpu_seen_end == p->cpu && w->node_seen == p->node &&
		    (mem < 0 || w->mem_node_seen == mem))
			continue;
		add(s, "placement", false,
		    "worker %u: asked for cpu %d node %d memory %d, was on cpu %d/%d node %d memory %d", i,
		    p->cpu, p->node, mem, w->cpu_seen, w->cpu_seen_end, w->node_seen,
		    w->mem_node_seen);
		return;
	}
	add(s, "placement", true, "%u workers were where they were asked to be", plan->nr_workers);
}

/* What the kernel has said since the run began. */
static void check_log(struct subject *s)
{
	struct vb_audit *a = s->audit;
	struct vb_audit_log log;

	vb_audit_log(s->run, a->hit, sizeof(a->hit) / sizeof(*a->hit), &log);
	a->nr_hits = (unsigned int)log.alarms;
	if (log.alarms)
		add(s, "kernel_log", false, "%zu alarms, the first: %s: %.100s", log.alarms, a->hit[0].what,
		    a->hit[0].text);
	else if (log.expected)
		add(s, "kernel_log", true, "clean but for %zu lines on DMA of %s that was refused, as [%s] wants",
		    log.expected, s->run->container->device->address, log.section->name);
	else
		add(s, "kernel_log", true, "clean");
}

/* Faults and leaks are the variant's; a taint by building out of tree is ours. */
static void check_kernel(struct subject *s)
{
	const uint64_t harmless = 1 << 12 | 1 << 13;	/* out-of-tree, unsigned module */
	const struct vb_run *run = s->run;
	uint64_t added = run->taint_after & ~run->taint_before & ~harmless;

	add(s, "taint", !added, "new taint flags: 0x%llx", (unsigned long long)added);
	if (!run->klog) {
		soften(add(s, "kernel_log", false, "/dev/kmsg can't be opened, which takes root"),
		       VB_VERDICT_MARK);
		return;
	}
	if (run->klog_lost || run->klog_error)
		add(s, "kernel_log_whole", false, "%llu messages were overwritten before they were read%s%s",
		    (unsigned long long)run->klog_lost, run->klog_error ? "; " : "",
		    run->klog_error ? strerror(-run->klog_error) : "");
	check_log(s);
}

static void check_record(struct subject *s)
{
	const struct vb_run *run = s->run;

	if (run->intervals_error)
		soften(add(s, "intervals", false, "intervals.csv: %s", strerror(-run->intervals_error)),
		       VB_VERDICT_UNTRUSTED);
	else if (run->intervals_lost)
		soften(add(s, "intervals", false, "%llu lines of intervals.csv were dropped: slow storage",
			   (unsigned long long)run->intervals_lost), VB_VERDICT_MARK);
}

/* What the recorder lost is in no file: told, but the histograms have it all. */
static void check_samples(struct subject *s)
{
	const struct vb_samples_seen *seen = &s->run->shared->samples;

	if (!s->run->plan->run->global.samples || !seen->ended)
		return;
	soften(add(s, "samples", !seen->lost && !seen->error, "%llu operations in samples.bin, %llu "
		   "lost%s%s", (unsigned long long)seen->written, (unsigned long long)seen->lost,
		   seen->error ? ": " : seen->lost ? ": rings were full" : "",
		   seen->error ? strerror(-seen->error) : ""), VB_VERDICT_MARK);
}

/* An open loop that can't keep its rate measures its own queue. */
static void check_rate(struct subject *s)
{
	const struct vb_job_run *run = s->run->plan->run;
	const struct vb_section *saturated = NULL;
	uint64_t done = 0, offered = 0;
	bool open = false;

	for (unsigned int i = 0; i < run->nr_sections && !saturated; i++) {
		open |= run->section[i].rate_per_s != 0;
		if (vb_record_saturated(s->run, &run->section[i], &done, &offered))
			saturated = &run->section[i];
	}
	if (saturated)
		soften(add(s, "rate", false, "[%s] is saturated: started %llu of %llu steps that were due",
			   saturated->name, (unsigned long long)done, (unsigned long long)offered),
		       VB_VERDICT_MARK);
	else if (open)
		add(s, "rate", true, "every rate was kept");
}

/* A pinner that never pinned, or elsewhere than it was told to. */
static void check_pinners(struct subject *s)
{
	const struct vb_run_shared *sh = s->run->shared;

	for (unsigned int i = 0; i < sh->nr_pinners; i++) {
		const struct vb_pinner_seen *p = &sh->pinner[i];

		if (p->pins && (p->requested_node < 0 || p->node == p->requested_node))
			continue;
		soften(add(s, "pinners", false, "pinner %u: asked for node %d, was on node %d, pinned %llu times",
			   i, p->requested_node, p->node, (unsigned long long)p->pins),
		       VB_VERDICT_UNTRUSTED);
		return;
	}
}

void vb_audit_run(const struct vb_run *run, const struct vb_variant *variant, bool in_lab,
		  struct vb_audit *audit)
{
	struct subject s = { .run = run, .variant = variant, .in_lab = in_lab, .audit = audit };

	memset(audit, 0, sizeof(*audit));
	if (variant)
		s.granularity = vb_granularity_expected(run->plan, variant);
	add_up(&s);
	check_ending(&s);
	/* Counts of a run that did not get to its end say nothing. */
	if (run->ending != VB_ENDING_HUNG && run->ending != VB_ENDING_KILLED &&
	    !run->shared->error) {
		check_operations(&s);
		check_identity(&s);
		check_pins(&s);
		check_callbacks(&s);
		check_listeners(&s);
		check_ranges(&s);
		check_dma(&s);
		check_faults(&s);
		check_locks(&s);
		check_verified(&s);
		check_conformance(&s);
		check_placement(&s);
		check_pinners(&s);
		check_rate(&s);
		check_samples(&s);
		equal(&s, "bytes", "bytes unmapped of those mapped", s.tally.mapped_bytes,
		      s.tally.unmapped_bytes);
		check_locked(&s);
	} else if (atomic_load(&run->shared->phase) == VB_PHASE_DONE) {
		/* But what was refused, and all before it, is charged to nobody. */
		check_locked(&s);
	}
	if (run->ending != VB_ENDING_HUNG)
		check_foll_pins(&s);
	check_kernel(&s);
	check_record(&s);
	for (unsigned int i = 0; i < audit->nr_checks; i++)
		if (audit->check[i].verdict > audit->worst)
			audit->worst = audit->check[i].verdict;
	audit->passed = audit->worst < VB_VERDICT_UNTRUSTED;
}

const char *vb_verdict_name(enum vb_verdict verdict)
{
	static const char *const names[] = {
		[VB_VERDICT_OK] = "ok",
		[VB_VERDICT_MARK] = "mark",
		[VB_VERDICT_UNTRUSTED] = "untrusted",
		[VB_VERDICT_FAILED] = "failed",
	};

	return names[verdict];
}

json_t *vb_audit_to_json(const struct vb_audit *audit)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < audit->nr_checks; i++) {
		const struct vb_check *c = &audit->check[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "check", c->name, "verdict",
						       vb_verdict_name(c->verdict), "text", c->text));
	}
	return array;
}
