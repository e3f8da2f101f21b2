// SPDX-License-Identifier: GPL-2.0-or-later
/* Fork, watch, record, and judge whether the kernel still answers. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/engine/beacon.h"
#include "bench/engine/child.h"
#include "bench/engine/intervals.h"
#include "bench/engine/live.h"
#include "bench/engine/shuffle.h"
#include "bench/engine/supervisor.h"
#include "bench/engine/watchdog.h"
#include "lib/machine/facts.h"
#include "lib/machine/memory.h"
#include "lib/measure/histogram.h"

#define TICK_NS		100000000ull	/* how often the supervisor looks */
#define LIVE_NS		1000000000ull	/* the live line */
#define KILL_WAIT_NS	2000000000ull	/* for a killed process to go */
#define SETTLE_TRIES	50		/* times 0.1 s for pins to be given back */

static volatile sig_atomic_t interrupts, status_asked;

static void on_interrupt(int sig)
{
	static const char text[] = "\nvfio-bench: second signal: leaving at once\n";

	if (interrupts++) {
		/* Workers die with us (PR_SET_PDEATHSIG). */
		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			_exit(3);
		_exit(3);
	}
}

static void on_status(int sig)
{
	status_asked = 1;
}

void vb_signals_init(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = on_status;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);	/* a janitor that was killed, a pager that was left */
}

bool vb_interrupted(void)
{
	return interrupts != 0;
}

bool vb_status_asked(void)
{
	bool asked = status_asked;

	status_asked = 0;
	return asked;
}

int vb_run_init(struct vb_run *run)
{
	const struct vb_plan *plan = run->plan;

	run->shared = vb_memory_shared(sizeof(*run->shared), -1);
	run->worker = calloc(plan->nr_workers, sizeof(*run->worker));
	if (!run->shared || !run->worker)
		return -ENOMEM;
	for (unsigned int i = 0; i < plan->run->global.containers; i++)
		run->container[i].shared = run->shared;
	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		run->worker[i] = vb_memory_shared(sizeof(**run->worker), plan->worker[i].node);
		if (!run->worker[i])
			return -ENOMEM;
	}
	return 0;
}

void vb_run_free(struct vb_run *run)
{
	for (unsigned int i = 0; run->worker && i < run->plan->nr_workers; i++)
		if (run->worker[i])
			munmap(run->worker[i], sizeof(**run->worker));
	free(run->worker);
	if (run->shared)
		munmap(run->shared, sizeof(*run->shared));
	run->worker = NULL;
	run->shared = NULL;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	nanosleep(&ts, NULL);
}

/*
 * Wait at most @for_ns for @pid; true: gone, with *status.  Sleeps all the
 * while: in exact mode this process shares the one CPU with what is measured.
 */
static bool wait_gone(pid_t pid, int pidfd, uint64_t for_ns, int *status)
{
	struct timespec ts = { (time_t)(for_ns / 1000000000u), (long)(for_ns % 1000000000u) };
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	ppoll(&poll_fd, 1, &ts, NULL);
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Its tasks may be beyond reach: SIGKILL, a short wait, and no more. */
static void end_hung(struct vb_run *run, pid_t pid, int pidfd, const struct vb_watchdog *dog)
{
	int status;

	run->ending = VB_ENDING_HUNG;
	run->hung_after_ns = dog->idle_ns;
	vb_watchdog_report(run->dir_fd, &run->tasks_in_d);
	kill(pid, SIGKILL);
	wait_gone(pid, pidfd, KILL_WAIT_NS, &status);
}

static void note_exit(struct vb_run *run, int status)
{
	if (WIFSIGNALED(status)) {
		run->ending = VB_ENDING_KILLED;
		run->signal = WTERMSIG(status);
	} else {
		run->ending = vb_interrupted() ? VB_ENDING_INTERRUPTED : VB_ENDING_DONE;
	}
}

static void poll_klog(struct vb_run *run)
{
	int ret = run->klog ? vb_klog_poll(run->klog) : 0;

	if (ret && !run->klog_error)
		run->klog_error = ret;
}

/* Until the next tick, or the next interval where those come oftener. */
static uint64_t sleep_for(uint64_t now, uint64_t tick, uint64_t interval)
{
	uint64_t until = interval < tick ? interval : tick;

	return until > now ? until - now : 0;
}

/* Who started us may wait for the measured part, or want to meddle with its process. */
static void tell_beacon(const struct vb_run *run, pid_t holder)
{
	uint64_t steps = 0;

	for (unsigned int i = 0; i < run->plan->nr_workers; i++)
		steps += atomic_load(&run->worker[i]->steps);
	vb_beacon_tell(holder, atomic_load(&run->shared->phase), steps);
}

static void watch(struct vb_run *run, pid_t pid, int pidfd, struct vb_interval_log *log)
{
	uint64_t every = vb_interval_ns(&run->plan->run->global, vb_in_exact_mode());
	uint64_t start = vb_now_ns(), next = every, next_tick = TICK_NS, next_live = LIVE_NS, now = 0;
	struct vb_shuffle shuffle;
	struct vb_watchdog dog;
	int status;

	vb_shuffle_init(&shuffle, run, 0);
	vb_watchdog_init(&dog, pid, run->plan, vb_now_ns());
	while (!wait_gone(pid, pidfd, sleep_for(now, next_tick, every < TICK_NS ? next : UINT64_MAX),
			  &status)) {
		if (vb_interrupted()) {
			atomic_store(&run->shared->stop, 1);
			/* Who stopped it, a soak say, may be gone; stopped, it can't end. */
			kill(pid, SIGCONT);
		}
		now = vb_now_ns() - start;
		if (now >= next) {
			vb_interval_log_write(log, now, false);
			next = now - now % every + every;
		}
		if (now + TICK_NS / 16 < next_tick)
			continue;
		next_tick = now + TICK_NS;
		tell_beacon(run, pid);
		vb_shuffle_check(&shuffle, run, now);
		if (now >= next_live) {
			vb_live_line(run, now);
			next_live += LIVE_NS;
		}
		if (vb_status_asked())
			vb_live_status(run, now);
		poll_klog(run);
		if (vb_watchdog_check(&dog, atomic_load(&run->shared->phase), run->worker,
				      vb_now_ns())) {
			end_hung(run, pid, pidfd, &dog);
			return;
		}
	}
	note_exit(run, status);
	tell_beacon(run, 0);
	vb_interval_log_write(log, vb_now_ns() - start, true);
}

void vb_run_mark(struct vb_run *run)
{
	poll_klog(run);
	if (run->klog) {
		run->klog_from = vb_klog_position(run->klog);
		run->klog_lost = vb_klog_lost(run->klog);
	}
	run->foll_error = vb_foll_pins_read(&run->foll_before);
	vb_taint_read(&run->taint_before);
}

/* Pins are given back by work that may lag the process's exit by a moment. */
void vb_run_settle(struct vb_run *run)
{
	for (int i = 0; i < SETTLE_TRIES && !run->foll_error; i++) {
		run->foll_error = vb_foll_pins_read(&run->foll_after);
		if (run->foll_error || run->ending == VB_ENDING_HUNG ||
		    run->foll_after.acquired - run->foll_before.acquired ==
		    run->foll_after.released - run->foll_before.released)
			break;
		sleep_ns(TICK_NS);
	}
	vb_taint_read(&run->taint_after);
	poll_klog(run);
	if (run->klog)
		run->klog_lost = vb_klog_lost(run->klog) - run->klog_lost;
}

/* The child's life: @supervisor is this process, whose death ends it. */
static void child(struct vb_run *run, pid_t supervisor) __attribute__((noreturn));

static void child(struct vb_run *run, pid_t supervisor)
{
	vb_child_main(run->container, run->plan, run->topology, run->worker, run->dir_fd,
		      &run->privileges, run->janitor, supervisor);
}

/*
 * What watches and leads keeps off the workers' CPUs, where there are others:
 * it wakes for every interval, and would be in the workers' times.  The forked
 * process inherits it; workers bind themselves.
 */
static void keep_off_workers(const struct vb_run *run)
{
	const struct vb_plan *plan = run->plan;
	int cpus[VB_MAX_WORKERS];

	for (unsigned int i = 0; i < plan->nr_workers; i++)
		cpus[i] = plan->worker[i].cpu;
	/* With a worker on every CPU it runs anywhere. */
	if (vb_topology_avoid_cpus(run->topology, cpus, plan->nr_workers))
		vb_topology_avoid_cpus(run->topology, NULL, 0);
}

int vb_run_supervise(struct vb_run *run)
{
	struct vb_interval_log *log = NULL;
	uint64_t start = vb_now_ns();
	pid_t pid, self = getpid();
	char process[80];
	int pidfd, ret = vb_interval_log_open(&log, run, vb_in_exact_mode());

	if (ret)
		return ret;
	fflush(NULL);
	keep_off_workers(run);
	vb_beacon_next_run();
	pid = fork();
	if (pid == 0)
		child(run, self);
	ret = pid < 0 ? -errno : 0;
	pidfd = ret ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (!ret) {
		vb_changes_process(run->changes, pid, process);
		watch(run, pid, pidfd, log);
		vb_janitor_drop(run->janitor);
		if (run->changes && run->ending != VB_ENDING_HUNG)
			vb_changes_end(run->changes, VB_JOURNAL_PROCESS, process);
	}
	if (pidfd >= 0)
		close(pidfd);
	run->wall_ns = vb_now_ns() - start;
	run->intervals_error = vb_interval_log_close(log, &run->intervals_lost);
	vb_live_end();
	vb_topology_avoid_cpus(run->topology, NULL, 0);
	return ret;
}
