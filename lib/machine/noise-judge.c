// SPDX-License-Identifier: GPL-2.0-or-later
/* What happened between two snapshots. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/noise-internal.h"

struct span {
	const struct vb_noise_snapshot *before, *after;
	double seconds;
	const char *rivals;
	struct vb_noise *noise;
};

/* All that one kind of lines counted on one CPU, and the line that counted most. */
static uint64_t sum_lines(const struct vb_table *before, const struct vb_table *after,
			  enum vb_line_kind kind, size_t cpu, const struct vb_line **busiest,
			  uint64_t *most)
{
	uint64_t sum = 0, grown;

	*busiest = NULL;
	*most = 0;
	for (size_t i = 0; i < after->nr_lines; i++) {
		if (after->line[i].kind != kind)
			continue;
		grown = vb_table_grown(before, after, i, cpu);
		sum += grown;
		if (grown > *most) {
			*most = grown;
			*busiest = &after->line[i];
		}
	}
	return sum;
}

/* The CPU with most of them is the one that counts: one bad CPU spoils a run. */
static void judge_lines(const struct span *s, enum vb_noise_id id, const struct vb_table *before,
			const struct vb_table *after, enum vb_line_kind kind, const char *file)
{
	const struct vb_line *line, *worst_line = NULL;
	uint64_t most, sum, worst = 0, worst_most = 0;
	size_t at = 0;

	if (before->error || after->error) {
		vb_noise_add_unknown(s->noise, id, NULL, "%s: %s", file,
				     strerror(-(after->error ? after->error : before->error)));
		return;
	}
	for (size_t c = 0; c < s->after->nr_cpus; c++) {
		sum = sum_lines(before, after, kind, c, &line, &most);
		if (sum > worst) {
			worst = sum;
			worst_most = most;
			worst_line = line;
			at = c;
		}
	}
	if (!worst_line)
		vb_noise_add(s->noise, id, 0, 0, NULL, "none");
	else
		vb_noise_add(s->noise, id, (double)worst / s->seconds, (double)worst, NULL,
			     "%.0f a second on CPU %d; %.0f of them: %s%s%s%s",
			     (double)worst / s->seconds, s->after->cpu[at],
			     (double)worst_most / s->seconds,
			     isdigit((unsigned char)worst_line->id[0]) ? "IRQ " : "",
			     worst_line->id, worst_line->name[0] ? " " : "", worst_line->name);
}

static bool shares_cpu(const struct vb_noise_snapshot *s, size_t thread)
{
	for (size_t i = 0; i < s->nr_threads; i++)
		if (i != thread && s->thread[i].cpu == s->thread[thread].cpu)
			return true;
	return false;
}

/* Why a worker on that CPU may have to wait for it; NULL: it should not. */
static const char *competition(const struct span *s, size_t thread)
{
	if (shares_cpu(s->after, thread))
		return "workers share this CPU (oversubscribe=yes)";
	return s->rivals;
}

/* What one thread is judged by: its involuntary switches, or the ns that it waited. */
static bool known_of(const struct span *s, size_t i, bool waiting)
{
	const struct vb_thread_count *from = &s->before->count[i], *to = &s->after->count[i];

	return waiting ? from->times_known && to->times_known :
	       from->switches_known && to->switches_known;
}

static uint64_t grown_of(const struct span *s, size_t i, bool waiting)
{
	const struct vb_thread_count *from = &s->before->count[i], *to = &s->after->count[i];

	return waiting ? to->wait_ns - from->wait_ns : to->switches - from->switches;
}

/* The thread with most of it; @alone: of those that should never wait.  false: none is known. */
static bool find_worst(const struct span *s, bool waiting, bool alone, size_t *at, uint64_t *worst)
{
	bool found = false;

	for (size_t i = 0; i < s->after->nr_threads; i++) {
		if (!known_of(s, i, waiting) || (alone && competition(s, i)))
			continue;
		if (!found || grown_of(s, i, waiting) > *worst) {
			*worst = grown_of(s, i, waiting);
			*at = i;
		}
		found = true;
	}
	return found;
}

/* What is expected on a shared CPU must not hide what is not, on another. */
static bool pick_thread(const struct span *s, enum vb_noise_id id, double per_unit, size_t *at,
			uint64_t *worst)
{
	bool waiting = id == VB_NOISE_WAITING;

	if (find_worst(s, waiting, true, at, worst) &&
	    vb_noise_above(id, (double)*worst / per_unit, (double)*worst))
		return true;
	return find_worst(s, waiting, false, at, worst);
}

static void judge_switches(const struct span *s)
{
	uint64_t worst;
	size_t at;

	if (!pick_thread(s, VB_NOISE_INVOLUNTARY_SWITCHES, s->seconds, &at, &worst)) {
		vb_noise_add_unknown(s->noise, VB_NOISE_INVOLUNTARY_SWITCHES, NULL,
				     "no worker's count could be read");
		return;
	}
	if (!worst) {
		vb_noise_add(s->noise, VB_NOISE_INVOLUNTARY_SWITCHES, 0, 0, NULL, "none");
		return;
	}
	vb_noise_add(s->noise, VB_NOISE_INVOLUNTARY_SWITCHES, (double)worst / s->seconds,
		     (double)worst, NULL, "%.0f a second: worker %zu on CPU %d",
		     (double)worst / s->seconds, at, s->after->thread[at].cpu);
	if (competition(s, at))
		vb_noise_expected(s->noise, competition(s, at));
}

static void judge_waiting(const struct span *s)
{
	uint64_t worst;
	double share;
	size_t at;

	if (!pick_thread(s, VB_NOISE_WAITING, s->seconds * 1e9, &at, &worst)) {
		vb_noise_add_unknown(s->noise, VB_NOISE_WAITING, NULL, "no worker's time could be "
				     "read (the kernel needs CONFIG_SCHED_INFO)");
		return;
	}
	share = (double)worst / 1e9 / s->seconds;
	vb_noise_add(s->noise, VB_NOISE_WAITING, share, (double)worst, NULL,
		     "%.2f%% of the time: worker %zu on CPU %d", 100 * share, at,
		     s->after->thread[at].cpu);
	if (competition(s, at))
		vb_noise_expected(s->noise, competition(s, at));
}

/* The workers' own time on CPU @c, in ticks; -1: not known. */
static double worker_ticks(const struct span *s, size_t c, double ticks_per_s)
{
	double ns = 0;

	for (size_t i = 0; i < s->after->nr_threads; i++) {
		if (s->after->thread[i].cpu != s->after->cpu[c] || !s->after->thread[i].tid)
			continue;
		if (!s->before->count[i].times_known || !s->after->count[i].times_known)
			return -1;
		ns += (double)(s->after->count[i].run_ns - s->before->count[i].run_ns);
	}
	return ns / 1e9 * ticks_per_s;
}

/* One share of one CPU's time in ticks; the worst is kept. */
struct worst {
	bool known;
	double ticks;
	int cpu;
};

static void take_worst(struct worst *w, double ticks, int cpu)
{
	if (!w->known || ticks > w->ticks)
		*w = (struct worst){ true, ticks, cpu };
}

static void add_share(const struct span *s, enum vb_noise_id id, const struct worst *w,
		      double ticks_per_s, const char *unknown)
{
	double share = w->ticks / ticks_per_s / s->seconds;

	if (!w->known) {
		vb_noise_add_unknown(s->noise, id, NULL, "%s", unknown);
		return;
	}
	share = fmin(fmax(share, 0), 1);	/* the tick's grain */
	vb_noise_add(s->noise, id, share, rint(w->ticks), NULL, "%.1f%% of CPU %d's time",
		     100 * share, w->cpu);
}

static void judge_load(const struct span *s)
{
	struct worst other = { 0 }, steal = { 0 }, sibling = { 0 };
	double rate = (double)sysconf(_SC_CLK_TCK), own;
	size_t nr = s->after->nr_cpus, all = nr + s->after->nr_siblings;

	for (size_t c = 0; c < all && s->before->nr_siblings == s->after->nr_siblings; c++) {
		const struct vb_cpu_ticks *from = &s->before->ticks[c], *to = &s->after->ticks[c];
		double busy = (double)to->busy - (double)from->busy;

		if (!from->known || !to->known)
			continue;
		if (c >= nr) {
			take_worst(&sibling, busy, s->after->sibling[c - nr]);
			continue;
		}
		own = worker_ticks(s, c, rate);
		if (own >= 0)
			take_worst(&other, busy - own, s->after->cpu[c]);
		take_worst(&steal, (double)to->steal - (double)from->steal, s->after->cpu[c]);
	}
	add_share(s, VB_NOISE_OTHER_LOAD, &other, rate, "CPU or worker times could not be read");
	if (s->rivals)
		vb_noise_expected(s->noise, s->rivals);
	if (!s->after->nr_siblings)
		vb_noise_add(s->noise, VB_NOISE_SMT_SIBLINGS, 0, 0, NULL,
			     "none that is not a worker's CPU itself");
	else
		add_share(s, VB_NOISE_SMT_SIBLINGS, &sibling, rate, "/proc/stat does not tell");
	add_share(s, VB_NOISE_STEAL, &steal, rate, "/proc/stat does not tell");
}

static void judge_throttling(const struct span *s)
{
	uint64_t sum = 0, grown;
	size_t known = 0;
	int at = -1;

	for (size_t c = 0; c < s->after->nr_cpus; c++) {
		if (!s->before->throttled[c].known || !s->after->throttled[c].known)
			continue;
		known++;
		grown = s->after->throttled[c].value - s->before->throttled[c].value;
		sum += grown;
		if (grown)
			at = s->after->cpu[c];
	}
	if (!known)
		vb_noise_add_unknown(s->noise, VB_NOISE_THROTTLING, NULL,
				     "no thermal_throttle counts (x86 hardware has them)");
	else if (sum)
		vb_noise_add(s->noise, VB_NOISE_THROTTLING, (double)sum, (double)sum, NULL,
			     "%llu times, last seen on CPU %d", (unsigned long long)sum, at);
	else
		vb_noise_add(s->noise, VB_NOISE_THROTTLING, 0, 0, NULL, "none");
}

static void judge_smi(const struct span *s)
{
	uint32_t grown = (uint32_t)(s->after->smi.value - s->before->smi.value);

	if (!s->before->smi.known || !s->after->smi.known)
		vb_noise_add_unknown(s->noise, VB_NOISE_SMI,
				     s->after->smi_forbidden ? NULL : "modprobe msr (Intel only)",
				     s->after->smi_forbidden ?
				     "the count (MSR 0x34) can't be read: not root, or no Intel CPU" :
				     "/dev/cpu/%d/msr is not there", s->after->nr_cpus ?
				     s->after->cpu[0] : 0);
	else
		vb_noise_add(s->noise, VB_NOISE_SMI, grown, grown, NULL, grown ? "%u" : "none",
			     grown);
}

/* The whole machine's: who caused it is not known. */
static void judge_vm(const struct span *s)
{
	static const struct { enum vb_vm_count count; enum vb_noise_id id; const char *what; } all[] = {
		{ VB_VM_MIGRATED, VB_NOISE_PAGE_MIGRATION, "pages moved" },
		{ VB_VM_COMPACT, VB_NOISE_COMPACTION, "starts of it" },
		{ VB_VM_COLLAPSE, VB_NOISE_THP_COLLAPSE, "huge pages made" },
		{ VB_VM_NUMA, VB_NOISE_NUMA_SCANS, "mappings taken away" },
		{ VB_VM_SWAP, VB_NOISE_SWAP, "pages" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const struct vb_number *from = &s->before->vm[all[i].count];
		const struct vb_number *to = &s->after->vm[all[i].count];
		double grown = (double)(to->value - from->value);

		if (!from->known || !to->known)
			vb_noise_add_unknown(s->noise, all[i].id, NULL,
					     "this kernel does not count it");
		else if (!grown)
			vb_noise_add(s->noise, all[i].id, 0, 0, NULL, "none");
		else
			vb_noise_add(s->noise, all[i].id, grown / s->seconds, grown, NULL,
				     "%.0f %s, %.1f a second (whole machine)", grown, all[i].what,
				     grown / s->seconds);
	}
}

void vb_noise_judge(const struct vb_noise_snapshot *before, const struct vb_noise_snapshot *after,
		    uint64_t elapsed_ns, const char *rivals, struct vb_noise *noise)
{
	struct span s = { before, after, (double)elapsed_ns / 1e9, rivals, noise };

	if (!elapsed_ns || before->nr_threads != after->nr_threads)
		return;
	judge_lines(&s, VB_NOISE_INTERRUPTS, &before->interrupts, &after->interrupts,
		    VB_LINE_OTHER, "/proc/interrupts");
	judge_lines(&s, VB_NOISE_IPIS, &before->interrupts, &after->interrupts, VB_LINE_IPI,
		    "/proc/interrupts");
	judge_lines(&s, VB_NOISE_TIMER_TICKS, &before->interrupts, &after->interrupts,
		    VB_LINE_TICK, "/proc/interrupts");
	judge_lines(&s, VB_NOISE_SOFTIRQS, &before->softirqs, &after->softirqs, VB_LINE_OTHER,
		    "/proc/softirqs");
	judge_switches(&s);
	judge_waiting(&s);
	judge_load(&s);
	judge_throttling(&s);
	judge_smi(&s);
	judge_vm(&s);
}
