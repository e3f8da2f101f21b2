// SPDX-License-Identifier: GPL-2.0-or-later
/* The live line. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/engine/live.h"
#include "lib/measure/histogram.h"

#define PLAIN_EVERY	10	/* seconds between lines where there is no terminal */

static bool off;
static unsigned int live_done;		/* runs that this process has done */

void vb_live_off(void)
{
	off = true;
}

/* The session, for the time that is left. */
static struct {
	unsigned int done;		/* runs before this process's first */
	unsigned int total;
	uint64_t start_ns;
} session;

/* What the last line showed, for rates since then. */
static struct {
	const struct vb_run *run;
	uint64_t at_ns, maps, requests;
} last;

void vb_live_progress(unsigned int done, unsigned int total)
{
	if (!session.start_ns || total != session.total) {
		session.start_ns = vb_now_ns();
		session.done = done;
	}
	session.total = total;
	/* Runs that an earlier process did took none of this one's time. */
	live_done = done - session.done;
}

/* The largest p99 of any worker's requests or unmaps, in ns. */
static uint64_t worst_p99(const struct vb_run *run)
{
	uint64_t worst = 0;

	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_hist *hist = run->worker[i]->hist;
		uint64_t a = vb_hist_quantile(&hist[VB_METRIC_UNMAP], 0.99);
		uint64_t b = vb_hist_quantile(&hist[VB_METRIC_REQUEST], 0.99);

		worst = a > worst ? a : worst;
		worst = b > worst ? b : worst;
	}
	return worst;
}

/* Seconds until the session's end, by what its runs took so far; before: by this run's own end. */
static double seconds_left(const struct vb_global *g, uint64_t since_ns)
{
	uint64_t run_ns = g->duration_ns + g->warmup_ns;
	double left = run_ns > since_ns ? (double)(run_ns - since_ns) / 1e9 : 0;
	unsigned int after = session.total > session.done + live_done + 1 ?
			     session.total - session.done - live_done - 1 : 0;
	double each = (double)run_ns / 1e9;

	if (live_done)
		each = (double)(vb_now_ns() - since_ns - session.start_ns) / 1e9 / live_done;
	return left + after * each;
}

/* "1.2k", "3.4M": three digits are enough for a glance. */
static const char *short_number(double x, char *buf, size_t size)
{
	const char *unit = x >= 1e6 ? "M" : x >= 1e4 ? "k" : "";

	snprintf(buf, size, "%.*f%s", *unit && x / (*unit == 'M' ? 1e6 : 1e3) < 100,
		 *unit == 'M' ? x / 1e6 : *unit ? x / 1e3 : x, unit);
	return buf;
}

static void print_line(const char *text, bool terminal)
{
	struct winsize window;
	int columns = 0;

	if (terminal && !ioctl(STDERR_FILENO, TIOCGWINSZ, &window))
		columns = window.ws_col;
	/* One that wraps can't be taken back. */
	if (columns > 1)
		fprintf(stderr, "\r\033[K%.*s", columns - 1, text);
	else
		fprintf(stderr, "%s%s%s", terminal ? "\r\033[K" : "", text, terminal ? "" : "\n");
	fflush(stderr);
}

/* What has been done since the last line, or since the tallies last began at zero. */
struct progress {
	uint64_t maps, requests, errors;
	double seconds;
};

static struct progress progress_since_last(const struct vb_run *run, uint64_t since_ns)
{
	uint64_t maps = 0, requests = 0, now = vb_now_ns(), from = now - since_ns;
	struct progress p = { 0 };

	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_worker_shared *w = run->worker[i];

		maps += w->tally.maps;
		requests += w->tally.requests;
		p.errors += w->error != 0;
		from = w->start_ns > from ? w->start_ns : from;
	}
	p.maps = maps;
	p.requests = requests;
	if (last.run == run && last.at_ns > from && maps >= last.maps && requests >= last.requests) {
		p.maps -= last.maps;
		p.requests -= last.requests;
		from = last.at_ns;
	}
	p.seconds = (double)(now - from) / 1e9;
	last = (typeof(last)){ run, now, maps, requests };
	return p;
}

void vb_live_line(const struct vb_run *run, uint64_t since_ns)
{
	char text[700], maps[16], requests[16], p99[16], unit[] = "us";
	bool terminal = isatty(STDERR_FILENO);
	double s = (double)since_ns / 1e9, worst;
	struct progress p;

	if (off || (!terminal && (uint64_t)s % PLAIN_EVERY))
		return;
	p = progress_since_last(run, since_ns);
	worst = (double)worst_p99(run);
	if (worst < 1e3)
		unit[0] = 'n';
	short_number((double)p.maps / p.seconds, maps, sizeof(maps));
	short_number((double)p.requests / p.seconds, requests, sizeof(requests));
	short_number(worst < 1e3 ? worst : worst / 1e3, p99, sizeof(p99));
	snprintf(text, sizeof(text), "%s: %s %.0f s, %s maps/s, %s unmaps/s, p99 %s %s, %llu errors, "
		 "%.0f s left", run->title, vb_phase_name(atomic_load(&run->shared->phase)), s, maps,
		 requests, p99, unit, (unsigned long long)p.errors,
		 seconds_left(&run->plan->run->global, since_ns));
	print_line(text, terminal);
}

void vb_live_status(const struct vb_run *run, uint64_t since_ns)
{
	fprintf(stderr, "\n%s: %s, %.1f s\n", run->title,
		vb_phase_name(atomic_load(&run->shared->phase)), (double)since_ns / 1e9);
	for (unsigned int i = 0; i < run->plan->nr_workers; i++) {
		const struct vb_worker_shared *w = run->worker[i];
		const struct vb_plan_worker *p = &run->plan->worker[i];

		fprintf(stderr, "  worker %u [%s] tid %d cpu %d node %d: %llu steps, %llu unmaps, guard waited %llu times\n",
			i, p->section->name, w->tid, p->cpu, p->node,
			(unsigned long long)atomic_load(&w->steps),
			(unsigned long long)w->tally.requests,
			(unsigned long long)w->tally.guard_waits);
	}
}

void vb_live_end(void)
{
	if (!off && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
