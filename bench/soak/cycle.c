// SPDX-License-Identifier: GPL-2.0-or-later
/* One cycle: a run, perhaps a fault, and what has to be true afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/shared.h"
#include "bench/engine/supervisor.h"
#include "bench/engine/watchdog.h"
#include "bench/soak/soak_impl.h"
#include "lib/measure/clock.h"
#include "lib/stats/random.h"

#define TICK_NS		10000000u
/* The janitor waits 10 s for a holder, perhaps for another restore, 13 s for each thing. */
#define REAP_NS		30000000000ull
#define REAP_EACH_NS	15000000000ull
#define HELD_NS		1000000000ull
#define KILL_NS		10000000000ull	/* for killed processes to go */
#define CUT_NS		60000000000ull	/* for a run that was told to end, if --limit is not less */
#define EXPECTED_CHECKS	16	/* of a run's audit, by name */

/* A cycle while it is on. */
struct cycle {
	struct soak *s;
	const struct soak_choice *choice;
	struct soak_outcome *o;
	struct soak_run run;
	struct vb_fault *fault;		/* NULL: none, or it can't be tried */
	char folder[4200], output[4300], work[4300], job[4300];
	uint64_t measured_ns;		/* when the measured part was first seen; 0: not yet */
	uint64_t rng, stop_rng;
	unsigned int stops;		/* to come */
	uint64_t stop_ns;		/* when the next is due */
	pid_t stopped;			/* 0: nobody is */
	bool tried;			/* the fault was injected, or could not be */
	bool unfit;			/* the fault could not be prepared: no run */
	bool ended, asked_to_end;
	uint64_t from_ns, limit_ns;	/* when it should end, and when it is killed */
};

void soak_say(struct soak_outcome *o, enum soak_verdict verdict, const char *format, ...)
{
	va_list ap;

	if (o->verdict >= verdict && *o->why)
		return;
	o->verdict = verdict;
	va_start(ap, format);
	vsnprintf(o->why, sizeof(o->why), format, ap);
	va_end(ap);
}

void soak_hung(struct soak_outcome *o, const char *why)
{
	o->hung = true;
	soak_say(o, SOAK_HUNG, "%s", why);
}

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	nanosleep(&ts, NULL);
}

static void pause_before(uint64_t ns)
{
	uint64_t end = vb_now_ns() + ns;

	while (vb_now_ns() < end && !vb_interrupted())
		sleep_ns(TICK_NS);
}

static int make_folder(struct cycle *c)
{
	snprintf(c->folder, sizeof(c->folder), "%s/cycles/%06llu", c->s->dir,
		 (unsigned long long)c->s->cycles);
	snprintf(c->output, sizeof(c->output), "%s/result", c->folder);
	snprintf(c->work, sizeof(c->work), "%s/work", c->folder);
	snprintf(c->job, sizeof(c->job), "%s/%s.job", c->folder, c->s->job[c->choice->job].name);
	if (mkdir(c->folder, 0755) || mkdir(c->work, 0755))
		return -errno;
	return 0;
}

static int prepare_fault(struct cycle *c)
{
	struct soak *s = c->s;
	struct soak_fault *sf;
	struct vb_fault *f;
	int ret;

	if (c->choice->fault < 0)
		return 0;
	sf = &s->fault[c->choice->fault];
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	*f = (struct vb_fault){
		.ops = sf->ops, .program = s->program, .output = c->output, .work = c->work,
		.device = s->opt->nr_devices ? s->opt->device[0] : NULL,
		.variant = s->variant[c->choice->variant].name, .variant_dir = s->opt->variant_dir,
		.accept_loss = s->opt->accept_loss, .acknowledge_others = s->opt->acknowledge_others,
		.job = c->job,
		.set = sf->own_job ? NULL : s->opt->set, .rng = &c->rng,
	};
	c->fault = f;
	ret = sf->ops->prepare ? sf->ops->prepare(f) : 0;
	if (ret == -ENOTSUP) {
		c->o->not_tried = true;
		snprintf(sf->why_not, sizeof(sf->why_not), "%s", f->said);
	} else if (ret) {
		c->unfit = true;
		soak_say(c->o, SOAK_FAILED, "%s: could not be prepared: %s%s%s", sf->ops->name,
			 f->said, *f->said ? ": " : "", strerror(-ret));
	}
	c->tried = ret || !sf->ops->inject;
	c->o->injected = !ret && !sf->ops->inject;
	return 0;
}

static void undo_fault(struct cycle *c)
{
	if (!c->fault)
		return;
	if (c->fault->ops->undo)
		c->fault->ops->undo(c->fault);
	free(c->fault->data);
	free(c->fault);
	c->fault = NULL;
}

static void inject(struct cycle *c)
{
	struct vb_fault *f = c->fault;
	int ret;

	c->tried = true;
	f->run = c->run.pid;
	f->holder = atomic_load(&c->s->beacon->holder);
	if (!f->holder)
		return;
	ret = f->ops->inject(f);
	c->o->injected = !ret;
	if (ret == -ENOTSUP) {
		c->o->not_tried = true;
		snprintf(c->s->fault[c->choice->fault].why_not, SOAK_TEXT, "%s", f->said);
	} else if (ret && ret != -EAGAIN) {
		soak_say(c->o, SOAK_FAILED, "%s: could not be injected: %s%s%s", f->ops->name, f->said,
			 *f->said ? ": " : "", strerror(-ret));
	}
}

/* The load comes and goes: the process that works stands still for a moment. */
static void stutter(struct cycle *c, uint64_t now)
{
	if (c->stopped) {
		if (now < c->stop_ns && !c->asked_to_end)
			return;
		kill(c->stopped, SIGCONT);
		c->stopped = 0;
		c->stop_ns = now + vb_random_mix(&c->stop_rng) % (c->choice->duration_ns / 4 + 1);
	} else if (c->stops && now >= c->stop_ns && atomic_load(&c->s->beacon->holder)) {
		c->stops--;
		c->stopped = atomic_load(&c->s->beacon->holder);
		kill(c->stopped, SIGSTOP);
		c->stop_ns = now + 50000000u + vb_random_mix(&c->stop_rng) % 450000000u;
	}
}

/* When the fault comes, after the measured part's begin. */
static double inject_after_ns(const struct cycle *c)
{
	const struct vb_fault_ops *ops = c->fault->ops;
	double span = ops->within_ms ? ops->within_ms * 1e6 : (double)c->choice->duration_ns;

	return c->choice->inject_at * span;
}

static void in_measured_part(struct cycle *c, uint64_t now)
{
	if (!c->measured_ns) {
		c->measured_ns = now;
		c->stop_ns = now + vb_random_mix(&c->stop_rng) % (c->choice->duration_ns / 4 + 1);
		c->o->began = true;
	}
	stutter(c, now);
	if (c->fault && !c->tried && !c->stopped &&
	    (double)(now - c->measured_ns) >= inject_after_ns(c))
		inject(c);
}

/* What the kernel still tells of a run that does not end. */
static void save_stacks(struct cycle *c)
{
	unsigned int in_d = 0;
	int fd = open(c->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	vb_watchdog_report(fd, &in_d);
	close(fd);
}

static void too_long(struct cycle *c, uint64_t now)
{
	soak_say(c->o, SOAK_FAILED, "the run did not end %.0f s after %s: killed",
		 (double)(now - c->from_ns) / 1e9, c->asked_to_end ? "it was told to" : "its time");
	save_stacks(c);
	soak_run_signal(&c->run, SIGKILL);
}

/* Of a run that hangs nobody has to wait for the whole of --limit. */
static void ask_to_end(struct cycle *c, uint64_t now)
{
	uint64_t limit = c->s->opt->limit_ns < CUT_NS ? c->s->opt->limit_ns : CUT_NS;

	c->asked_to_end = true;
	kill(c->run.pid, SIGTERM);
	if (now + limit < c->limit_ns) {
		c->from_ns = now;
		c->limit_ns = now + limit;
	}
}

static void watch(struct cycle *c)
{
	bool killed = false;

	c->from_ns = c->run.start_ns + c->choice->duration_ns;
	c->limit_ns = c->from_ns + c->s->opt->limit_ns;
	for (;;) {
		uint64_t now = vb_now_ns();

		c->ended = soak_run_ended(&c->run, &c->o->status);
		if (c->ended)
			return;
		if (atomic_load(&c->s->beacon->holder) &&
		    atomic_load(&c->s->beacon->phase) == VB_PHASE_MEASURE)
			in_measured_part(c, now);
		else if (c->stopped)
			stutter(c, UINT64_MAX);
		if (vb_interrupted() && !c->asked_to_end && !killed)
			ask_to_end(c, now);
		if (c->s->klog)
			vb_klog_poll(c->s->klog);
		if (vb_status_asked())
			soak_tell_all(c->s);
		soak_status(c->s, c->choice, c->measured_ns ? "running" : "starting");
		if (now > c->limit_ns && !killed) {
			too_long(c, now);
			killed = true;
			c->limit_ns = now + KILL_NS;
		} else if (now > c->limit_ns) {
			return;
		}
		sleep_ns(TICK_NS);
	}
}

/* All that the run has started has to go, the janitor last. */
static void reap(struct cycle *c)
{
	uint64_t patience = REAP_NS + REAP_EACH_NS * soak_to_put_back(c->run.pid);
	pid_t own = c->fault ? c->fault->own : 0;

	if (c->stopped)
		kill(c->stopped, SIGCONT);
	/* Of a kernel that holds them nothing is to be waited for. */
	if (soak_reap(c->o->hung ? HELD_NS : patience, own, false) || c->o->hung)
		return;
	save_stacks(c);
	if (!soak_reap(KILL_NS, own, true)) {
		soak_hung(c->o, "processes of the run can't be killed: reboot needed");
		return;
	}
	soak_say(c->o, SOAK_FAILED, "processes of the run were still there %.0f s after its end: killed",
		 (double)patience / 1e9);
	/* What the janitor had still to do; the next cycle is not to fail for it. */
	soak_put_back();
}

/* The last line that the run has told: why it was skipped, or what it could not do. */
static void last_line(const struct cycle *c, char *text, size_t size)
{
	char path[4300], line[SOAK_TEXT];
	FILE *file;

	snprintf(path, sizeof(path), "%s/run.log", c->folder);
	file = fopen(path, "re");
	*text = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "vfio-bench: ", 12) && !strstr(line, "noise:"))
			snprintf(text, size, "%s", line + 12);
	}
	if (file)
		fclose(file);
}

/* A run that was told to end says so, or, told early, dies; what it found has to hold all the same. */
static bool ends_as_told(const struct cycle *c)
{
	int status = c->o->status;

	if (!c->asked_to_end)
		return false;
	return WIFSIGNALED(status) ? WTERMSIG(status) == SIGTERM : WEXITSTATUS(status) == VB_EXIT_UNTRUSTED;
}

static void judge_status(struct cycle *c)
{
	const struct vb_fault_ops *ops = c->fault && c->o->injected ? c->fault->ops : NULL;
	int status = c->o->status, code = WEXITSTATUS(status);
	char said[SOAK_TEXT];

	last_line(c, said, sizeof(said));
	if (!c->ended || ends_as_told(c))
		return;		/* told already */
	if (WIFSIGNALED(status)) {
		if (!ops || !ops->killed)
			soak_say(c->o, SOAK_FAILED, "the run's supervisor died of signal %d (%s)",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
	} else if (ops ? !(ops->statuses & (1u << code)) : code) {
		if (code == 4 && !ops)
			soak_say(c->o, SOAK_SKIPPED, "%.400s", said);
		else
			soak_say(c->o, SOAK_FAILED, "the run ended with exit status %d%s%.400s", code,
				 *said ? ": " : "", said);
	}
}

static void judge_fault(struct cycle *c)
{
	struct vb_fault *f = c->fault;
	int ret;

	/* What a fault requires is not required of a run that was told to end besides. */
	if (!f || !c->o->injected || !f->ops->judge || c->asked_to_end)
		return;
	f->ended = c->ended;
	f->status = c->o->status;
	ret = f->ops->judge(f);
	if (ret)
		soak_say(c->o, SOAK_FAILED, "%s: %s: %s", f->ops->name, f->said, strerror(-ret));
}

/* Interrupted it does not count, unless something was wrong in what there was of it. */
static void judge_cut(struct soak_outcome *o)
{
	if (o->verdict == SOAK_CLEAN || o->verdict == SOAK_SKIPPED)
		o->verdict = SOAK_CUT;
}

/* A run that was told to end has fewer operations than it should; nothing else may be wrong. */
static void read_outcome(struct cycle *c, const char *output)
{
	const struct vb_fault_ops *ops = c->fault && c->o->injected ? c->fault->ops : NULL;
	const char *expected[EXPECTED_CHECKS + 1] = { "ending", "operations" };
	struct vb_fault_ops told = { .name = "interrupted" };
	size_t nr = 2;

	if (c->asked_to_end) {
		if (ops)
			told = *ops;
		for (size_t i = 0; ops && ops->expected_audit && ops->expected_audit[i] &&
		     nr < EXPECTED_CHECKS; i++)
			expected[nr++] = ops->expected_audit[i];
		expected[nr] = NULL;
		told.expected_audit = expected;
		ops = &told;
	}
	soak_outcome_read(output, ops, c->o);
}

static int make_run(struct cycle *c)
{
	struct soak_outcome *o = c->o;
	const char *output = c->output;
	int ret = make_folder(c);

	if (!ret)
		ret = prepare_fault(c);
	if (ret || c->unfit)
		return ret;
	if (c->fault)
		output = c->fault->output;
	ret = soak_run_start(c->s, c->choice, c->folder, output, &c->run, o->not_tried ? NULL : c->fault);
	if (ret)
		return ret;
	if (c->fault)
		c->fault->run = c->run.pid;
	watch(c);
	read_outcome(c, output);
	reap(c);
	judge_status(c);
	judge_fault(c);
	/* Before the fault's disk goes: who knows yet whether the cycle is a failure to be kept? */
	if (output != c->output)
		soak_copy_result(output, c->output);
	return 0;
}

int soak_cycle(struct soak *s, const struct soak_choice *choice, struct soak_outcome *o)
{
	struct cycle c = { .s = s, .choice = choice, .o = o, .rng = choice->fault_seed,
			   .stop_rng = choice->stop_seed, .stops = choice->stops };
	uint64_t start;
	int ret = 0;

	memset(o, 0, sizeof(*o));
	pause_before(choice->idle_ns);
	/* By what the cycle before it may cause, late. */
	soak_log_forget(s);
	soak_log_judge(s, ", since the cycle before", o);
	soak_log_expect(s, choice, true);
	o->start_s = soak_elapsed_s(s);
	start = vb_now_ns();
	if (!vb_interrupted())
		ret = make_run(&c);
	undo_fault(&c);
	if (!ret && !o->hung)
		soak_audit(s, choice, o);
	if (vb_interrupted() && (c.asked_to_end || !c.run.pid))
		judge_cut(o);
	o->seconds = (double)(vb_now_ns() - start) / 1e9;
	if (o->verdict == SOAK_FAILED || o->verdict == SOAK_HUNG)
		soak_keep_failure(s, choice, o);
	return ret;
}
