// SPDX-License-Identifier: GPL-2.0-or-later
/* Worker threads: start, phases, placement, end. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/engine/cold.h"
#include "bench/engine/memory_seen.h"
#include "bench/engine/noise_watch.h"
#include "bench/engine/tracing.h"
#include "bench/engine/worker.h"
#include "lib/measure/histogram.h"

#define NAP_FROM_NS	1000000u
#define NAP_MAX_NS	50000000u	/* then look whether to halt */

/* Leads the workers from phase to phase.  Everything but halt is under mutex. */
struct control {
	_Atomic int halt;		/* leave the loop after this step */
	pthread_mutex_t mutex;
	pthread_cond_t change;
	unsigned int arrived;		/* at the gate of the present phase */
	unsigned int bounded_arrived;	/* those of them that ops= bounds */
	unsigned int released;		/* gates that were opened so far */
	bool failed;			/* some worker ended with an error */
};

struct thread {
	pthread_t id;
	struct vb_worker *worker;	/* on its node: its steps write there */
	const struct vb_topology *topology;
	const struct vb_sweep *cold;	/* to be swept before the first step */
	struct control *control;
	struct vb_sample_ring *ring;	/* NULL: samples=no */
	unsigned int passed;		/* gates that it has passed */
	bool own_files;			/* wanted; then: had.  See take_own_files() */
};

/* In a loop that waits: the other thread of the core gets its turn. */
static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static int worker_error(struct thread *t, int error, const char *where)
{
	struct vb_worker_shared *sh = t->worker->shared;

	if (!sh->error) {
		snprintf(sh->error_where, sizeof(sh->error_where), "%s", where);
		sh->error = error;
	}
	atomic_store(&t->control->halt, 1);
	pthread_mutex_lock(&t->control->mutex);
	t->control->failed = true;
	pthread_cond_broadcast(&t->control->change);
	pthread_mutex_unlock(&t->control->mutex);
	return error;
}

/* Arrive, and wait until the leader opens the gate. */
static void gate(struct thread *t)
{
	struct control *c = t->control;

	atomic_store(&t->worker->shared->waits, 1);
	pthread_mutex_lock(&c->mutex);
	c->arrived++;
	if (t->worker->section->ops)
		c->bounded_arrived++;
	t->passed++;
	pthread_cond_broadcast(&c->change);
	while (c->released < t->passed)
		pthread_cond_wait(&c->change, &c->mutex);
	pthread_mutex_unlock(&c->mutex);
	atomic_store(&t->worker->shared->waits, 0);
}

/* Step until halted, failed or done; @limit 0: no bound.  Threads that share a
 * window decide together, so that none waits for one that has left.
 */
static void loop(struct thread *t, uint64_t limit)
{
	struct vb_worker *w = t->worker;
	struct vb_window *win = w->window;
	int (*step)(struct vb_worker *) = w->section->workload->step;
	uint64_t done = 0;

	for (;;) {
		bool go = !atomic_load_explicit(&t->control->halt, memory_order_relaxed) &&
			  (!limit || done < limit);

		if (win->barrier) {
			if (w->plan->thread == 0)
				win->go = go;
			pthread_barrier_wait(win->barrier);
			go = win->go;
		}
		if (!go)
			break;
		int ret = step(w);

		if (__builtin_expect(ret, 0)) {
			worker_error(t, ret, w->section->workload->name);
			if (!win->barrier)
				break;
		}
		done++;
		atomic_store_explicit(&w->shared->steps, w->shared->steps + 1,
				      memory_order_relaxed);
	}
	w->shared->measured_steps = done;
}

/*
 * Until @due_ns; false: halted before.  Long waits are slept through, all but
 * the last of them: a sleeper wakes up late.
 */
static bool wait_until(const struct control *c, uint64_t due_ns)
{
	for (;;) {
		uint64_t now = vb_now_ns(), left = due_ns - now;
		struct timespec nap;

		if (atomic_load_explicit(&c->halt, memory_order_relaxed))
			return false;
		if (now >= due_ns)
			return true;
		if (left < NAP_FROM_NS) {
			relax();
			continue;
		}
		left -= NAP_FROM_NS / 2;
		nap = (struct timespec){ 0, (long)(left < NAP_MAX_NS ? left : NAP_MAX_NS) };
		nanosleep(&nap, NULL);
	}
}

/* A step's own time, and the time since it was meant to start. */
static void enter_step(struct vb_worker *w, uint64_t due, uint64_t start, uint64_t end)
{
	vb_hist_add(&w->shared->hist[VB_METRIC_SERVICE], end - start);
	vb_hist_add(&w->shared->hist[VB_METRIC_RESPONSE], end - due);
	vb_op_sample(w, VB_METRIC_SERVICE, 0, start, end, 0);
	vb_op_sample(w, VB_METRIC_RESPONSE, 0, due, end, 0);
}

/*
 * The same with rate=: each step has its intended start, whatever became of the
 * one before.  A worker that is behind goes on at once, and what waited counts
 * as having waited: nothing is left out because the kernel was slow.
 */
static void open_loop(struct thread *t, uint64_t limit)
{
	struct vb_worker *w = t->worker;
	int (*step)(struct vb_worker *) = w->section->workload->step;
	uint64_t origin = vb_now_ns(), done = 0;
	struct vb_arrivals arrivals;

	vb_arrivals_init(&arrivals, w->section->arrival, w->section->rate_per_s, w->plan->seed);
	while (!limit || done < limit) {
		uint64_t due = origin + (uint64_t)arrivals.due_ns, start;
		int ret;

		if (!wait_until(t->control, due))
			break;
		start = vb_now_ns();
		ret = step(w);
		if (__builtin_expect(ret, 0)) {
			worker_error(t, ret, w->section->workload->name);
			break;
		}
		enter_step(w, due, start, vb_now_ns());
		vb_arrivals_next(&arrivals);
		done++;
		atomic_store_explicit(&w->shared->steps, w->shared->steps + 1,
				      memory_order_relaxed);
	}
	w->shared->measured_steps = done;
	w->shared->offered_steps = done + vb_arrivals_behind(&arrivals, vb_now_ns() - origin);
}

static void work(struct thread *t, uint64_t limit)
{
	if (t->worker->section->rate_per_s)
		open_loop(t, limit);
	else
		loop(t, limit);
}

/* The first thread of a window allocates; the others meet it whatever failed. */
static int get_memory(struct thread *t)
{
	struct vb_worker *w = t->worker;
	struct vb_window *win = w->window;
	int ret = 0;

	if (!win->plan->memory_bytes)
		return 0;
	if (w->plan->thread == 0 || !win->barrier)
		ret = vb_op_memory_get(w, &win->memory, win->plan->memory_bytes);
	if (win->barrier)
		pthread_barrier_wait(win->barrier);
	w->memory = win->memory.addr;
	return ret || w->memory ? ret : -ENOMEM;
}

/* Who has to be told of what it does, now. */
static void attend(struct vb_worker *w)
{
	w->looked_at = w->samples || w->remember;
	w->attended = w->looked_at || w->slot;
}

static int set_up(struct thread *t)
{
	struct vb_worker *w = t->worker;
	struct vb_worker_shared *sh = w->shared;
	int bound = vb_topology_bind_thread(t->topology, w->plan->cpu);
	int ret;

	sh->tid = (pid_t)syscall(SYS_gettid);
	atomic_store(&sh->state, 1);
	ret = get_memory(t);
	if (bound)
		return worker_error(t, bound, "binding to its CPU");
	if (ret)
		return worker_error(t, ret, "allocating its memory");
	if (w->window->plan->pins && !w->section->workload->own_container) {
		ret = vb_mdev_slot(&w->container->mdev[0], &w->slot);
		if (ret)
			return worker_error(t, ret, "getting a request slot");
	}
	attend(w);
	if (w->section->workload->setup) {
		ret = w->section->workload->setup(w);
		if (ret)
			return worker_error(t, ret, "setting up");
	}
	return 0;
}

static void begin_measuring(struct thread *t)
{
	struct vb_worker_shared *sh = t->worker->shared;

	memset(&sh->tally, 0, sizeof(sh->tally));
	/* Those that the warm-up left alone are zero: most, and large. */
	for (int i = 0; i < VB_NR_METRICS; i++) {
		if (sh->hist[i].count)
			vb_hist_init(&sh->hist[i]);
		sh->hist[i].min = UINT64_MAX;
	}
	sh->cpu_seen = vb_current_cpu();
	t->worker->samples = t->ring;
	attend(t->worker);
	sh->start_ns = vb_now_ns();
}

static void end_measuring(struct thread *t)
{
	struct vb_worker *w = t->worker;
	struct vb_worker_shared *sh = w->shared;
	size_t samples = 0;

	sh->end_ns = vb_now_ns();
	w->samples = NULL;
	attend(w);
	sh->cpu_seen_end = vb_current_cpu();
	sh->node_seen = vb_topology_node_of_cpu(t->topology, sh->cpu_seen);
	if (!w->memory || sh->mem_samples)	/* what vb_op_memory_seen() was told stays */
		return;
	sh->mem_node_seen = -1;
	vb_memory_where(w->memory, w->window->plan->memory_bytes, VB_MEMORY_SAMPLES,
			&sh->mem_node_seen, &samples);
	sh->mem_samples = samples;
}

/*
 * Where threads share a table of open files, each ioctl takes and drops a
 * reference to the container's file: a cache line that all workers write, in
 * each operation's time.  With its own copy of the table a worker takes none
 * (fdget() in the kernel's fs/file.c).  What another thread opens or closes
 * later, it does not see.
 */
static void take_own_files(struct thread *t)
{
	t->own_files = !unshare(CLONE_FILES);
}

/* The container is closed when the leader closes it, not when this thread has gone. */
static void drop_own_files(struct thread *t)
{
	if (t->own_files)
		closefrom(STDERR_FILENO + 1);
}

/*
 * A worker's life.  It passes every gate and barrier even after an error, for
 * the others; a failure has set halt, so that no loop begins.
 */
static void *worker_main(void *arg)
{
	struct thread *t = arg;
	struct vb_worker *w = t->worker;
	int ret = set_up(t);

	if (t->own_files)
		take_own_files(t);
	vb_cold_sweep(t->cold);
	gate(t);
	work(t, 0);
	gate(t);
	begin_measuring(t);
	work(t, w->section->ops);
	if (!ret)
		end_measuring(t);
	gate(t);
	if (!ret && w->section->workload->teardown) {
		ret = w->section->workload->teardown(w);
		if (ret)
			worker_error(t, ret, "tearing down");
	}
	atomic_store(&w->shared->state, 2);
	drop_own_files(t);
	gate(t);
	vb_mdev_slot_unmap(w->slot);
	return NULL;
}

/*
 * Wait until all have arrived, or, with a deadline, until it has passed, the
 * supervisor said stop, or a worker failed; bounded: until those with ops= are there.
 */
static void lead_wait(struct control *c, const struct vb_run_shared *shared, unsigned int all,
		      uint64_t for_ns, unsigned int bounded)
{
	uint64_t deadline = vb_now_ns() + for_ns;

	pthread_mutex_lock(&c->mutex);
	while (c->arrived < all) {
		struct timespec wake;
		uint64_t now = vb_now_ns(), left;

		if (for_ns && (now >= deadline || c->failed || atomic_load(&shared->stop)))
			break;
		if (bounded && c->bounded_arrived >= bounded)
			break;
		left = for_ns && deadline - now < 100000000u ? deadline - now : 100000000u;
		clock_gettime(CLOCK_MONOTONIC, &wake);	/* see init_change() */
		wake.tv_nsec += (long)left;
		wake.tv_sec += wake.tv_nsec / 1000000000;
		wake.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&c->change, &c->mutex, &wake);
	}
	pthread_mutex_unlock(&c->mutex);
}

static void release(struct control *c, int halt)
{
	pthread_mutex_lock(&c->mutex);
	atomic_store(&c->halt, halt || c->failed);
	c->arrived = 0;
	c->bounded_arrived = 0;
	c->released++;
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->mutex);
}

/* Between warm-up and measured part nothing is pinned: the module starts at zero. */
static int reset_module(struct vb_container *c, const struct vb_plan *plan)
{
	int ret = 0;

	for (unsigned int m = 0; m < c->nr_mdevs && !ret; m++) {
		if (c->mdev[m].fd < 0)
			continue;
		ret = vb_mdev_reset(&c->mdev[m]);
		if (!ret)
			ret = vb_mdev_pinners_go(&c->mdev[m]);
	}
	return ret;
}

static void lead(struct vb_container *c, const struct vb_plan *plan, struct control *ctl,
		 struct vb_worker_shared *const *workers, struct vb_sweep *cold,
		 unsigned int bounded)
{
	struct vb_noise_watch noise;
	const struct vb_global *g = &plan->run->global;
	struct vb_run_shared *sh = c->shared;
	unsigned int all = plan->nr_workers;
	int ret;

	lead_wait(ctl, sh, all, 0, 0);		/* set up */
	vb_cold_free(cold);			/* swept */
	atomic_store(&sh->phase, VB_PHASE_WARMUP);
	release(ctl, !g->warmup_ns);
	if (g->warmup_ns)
		lead_wait(ctl, sh, all, g->warmup_ns, 0);
	atomic_store(&ctl->halt, 1);
	lead_wait(ctl, sh, all, 0, 0);
	vb_noise_watch_begin(&noise, plan, workers);
	ret = vb_containers_each(c, plan, reset_module);
	if (ret)
		vb_run_error(sh, ret, "resetting the module's counters: %s", strerror(-ret));
	else
		ret = vb_tracing_begin(c);
	atomic_store(&sh->phase, VB_PHASE_MEASURE);
	release(ctl, ret || atomic_load(&sh->stop));	/* a failed worker halts too */
	/* Without a duration the ops= bounds end it; the wait is for a stop or failure. */
	lead_wait(ctl, sh, all, g->duration_ns ? g->duration_ns : UINT64_MAX / 4,
		  g->duration_ns ? 0 : bounded);
	atomic_store(&ctl->halt, 1);
	lead_wait(ctl, sh, all, 0, 0);
	vb_noise_watch_end(&noise, plan, workers, &sh->noise);
	vb_tracing_end(c, plan, workers);
	atomic_store(&sh->phase, VB_PHASE_DRAIN);
	for (unsigned int i = 0; i < g->containers; i++)
		vb_container_stop_pinners(&c[i]);
	release(ctl, 1);
	lead_wait(ctl, sh, all, 0, 0);		/* torn down */
	if (!plan->own_container)
		vb_containers_each(c, plan, vb_container_collect);
	release(ctl, 1);
}

static int make_barriers(const struct vb_plan *plan, struct vb_window *windows)
{
	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		const struct vb_section *s = plan->window[i].section;

		windows[i].plan = &plan->window[i];
		if (!s->workload->shares_window)
			continue;
		windows[i].barrier = malloc(sizeof(*windows[i].barrier));
		if (!windows[i].barrier ||
		    pthread_barrier_init(windows[i].barrier, NULL, s->threads))
			return -ENOMEM;
	}
	return 0;
}

/* Waits end by the monotonic clock: a step of the wall clock changes no duration. */
static void init_change(pthread_cond_t *change)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(change, &attributes);
	pthread_condattr_destroy(&attributes);
}

static unsigned int start_threads(struct vb_container *c, const struct vb_plan *plan,
				  struct thread *threads, int *error)
{
	for (unsigned int n = 0; n < plan->nr_workers; n++) {
		unsigned int i = plan->start_order[n];

		*error = -pthread_create(&threads[i].id, NULL, worker_main, &threads[i]);
		if (*error) {
			vb_run_error(c->shared, *error, "starting worker %u: %s", i,
				     strerror(-*error));
			return n;
		}
	}
	return plan->nr_workers;
}

static int prepare_thread(struct thread *t, struct vb_container *c, const struct vb_plan *plan,
			  unsigned int i, struct vb_window *windows,
			  struct vb_worker_shared *shared)
{
	const struct vb_plan_worker *pw = &plan->worker[i];

	t->worker = vb_memory_shared(sizeof(*t->worker), pw->node);
	if (!t->worker)
		return -ENOMEM;
	*t->worker = (struct vb_worker){
		.plan = pw,
		.section = pw->section,
		.container = &c[plan->window[pw->window].container],
		.window = &windows[pw->window],
		.shared = shared,
		.iova = plan->window[pw->window].iova,
		.random = pw->seed | 1,
		.remember = plan->run->global.last_ops,
	};
	return 0;
}

static int first_error(struct vb_container *c, const struct vb_plan *plan,
		       struct vb_worker_shared **shared)
{
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		if (shared[i]->error)
			return vb_run_error(c->shared, shared[i]->error, "worker %u [%s]: %s: %s", i,
					    plan->worker[i].section->name, shared[i]->error_where,
					    strerror(-shared[i]->error));
	return c->shared->error;
}

int vb_workers_run(struct vb_container *c, const struct vb_plan *plan,
		   const struct vb_topology *topology, struct vb_samples *samples,
		   struct vb_worker_shared **shared)
{
	struct thread *threads = calloc(plan->nr_workers, sizeof(*threads));
	struct vb_window *windows = calloc(plan->nr_windows, sizeof(*windows));
	struct control ctl = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	struct vb_sweep cold = { 0 };
	unsigned int started, bounded = 0;
	int ret = threads && windows ? make_barriers(plan, windows) : -ENOMEM;

	if (!ret)
		ret = vb_cold_prepare(&cold, plan, topology);
	if (ret)
		return vb_run_error(c->shared, ret, "preparing workers: %s", strerror(-ret));
	init_change(&ctl.change);
	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		threads[i].topology = topology;
		threads[i].control = &ctl;
		threads[i].cold = &cold;
		threads[i].ring = samples ? vb_samples_ring(samples, i) : NULL;
		threads[i].own_files = !plan->opens_devices;
		ret = prepare_thread(&threads[i], c, plan, i, windows, shared[i]);
		if (ret)
			return vb_run_error(c->shared, ret, "preparing worker %u: %s", i, strerror(-ret));
		bounded += plan->worker[i].section->ops != 0;
	}
	started = start_threads(c, plan, threads, &ret);
	if (started < plan->nr_workers)
		return ret;	/* the process ends, and its threads with it */
	c->shared->cold_bytes = cold.bytes;
	lead(c, plan, &ctl, shared, &cold, bounded);
	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		pthread_join(threads[i].id, NULL);
		munmap(threads[i].worker, sizeof(*threads[i].worker));
	}
	vb_memory_seen(plan, windows, shared, c->shared);
	for (unsigned int i = 0; i < plan->nr_windows; i++) {
		vb_memory_free(&windows[i].memory);
		free(windows[i].barrier);
	}
	free(windows);
	free(threads);
	return first_error(c, plan, shared);
}
