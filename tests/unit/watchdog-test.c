// SPDX-License-Identifier: GPL-2.0-or-later
/* What is hung, and what is only slow: each container and each worker by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/watchdog.h"

#define SECOND		1000000000ull
#define WORKERS		3
#define NO_PROCESS	0x7fffffff	/* more than any kernel's pid_max: no thread gains CPU time */

/* Workers 0 and 1 share a window of container 0, worker 2 has one of container 1. */
struct scene {
	struct vb_job_run run;
	struct vb_plan *plan;
	struct vb_worker_shared *worker[WORKERS];
	struct vb_watchdog *dog;
	uint64_t now_ns;
	int phase;
};

static struct scene *scene_begin(uint64_t op_timeout_ns)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->plan = calloc(1, sizeof(*s->plan));
	s->dog = calloc(1, sizeof(*s->dog));
	assert_true(s->plan && s->dog);
	s->run.global.op_timeout_ns = op_timeout_ns;
	s->run.global.containers = 2;
	s->plan->run = &s->run;
	s->plan->nr_workers = WORKERS;
	s->plan->nr_windows = 2;
	s->plan->worker[2].window = 1;
	s->plan->window[1].container = 1;
	for (int i = 0; i < WORKERS; i++) {
		s->worker[i] = calloc(1, sizeof(*s->worker[i]));
		assert_non_null(s->worker[i]);
		s->worker[i]->state = 1;
		s->worker[i]->tid = NO_PROCESS;
	}
	s->phase = VB_PHASE_MEASURE;
	s->now_ns = 1000 * SECOND;
	vb_watchdog_init(s->dog, NO_PROCESS, s->plan, s->now_ns);
	s->dog->hung_ns = 10 * SECOND;
	return s;
}

static void scene_end(struct scene *s)
{
	for (int i = 0; i < WORKERS; i++)
		free(s->worker[i]);
	free(s->dog);
	free(s->plan);
	free(s);
}

/* Looks once a second while the workers in @movers get on: after how many it is hung; 0: never. */
static unsigned int hung_after(struct scene *s, unsigned int movers, unsigned int seconds)
{
	for (unsigned int t = 1; t <= seconds; t++) {
		s->now_ns += SECOND;
		for (int i = 0; i < WORKERS; i++)
			if (movers & (1u << i))
				s->worker[i]->steps++;
		if (vb_watchdog_check(s->dog, s->phase, s->worker, s->now_ns))
			return t;
	}
	return 0;
}

static void test_all_stuck(void **state)
{
	struct scene *s = scene_begin(600 * SECOND);

	assert_int_equal(hung_after(s, 7, 60), 0);
	assert_int_equal(hung_after(s, 0, 60), 10);
	assert_int_equal(s->dog->idle_ns, 10 * SECOND);
	scene_end(s);
}

static void test_one_container_stuck(void **state)
{
	struct scene *s = scene_begin(600 * SECOND);

	assert_int_equal(hung_after(s, 7, 5), 0);
	assert_int_equal(hung_after(s, 4, 60), 10);
	assert_int_equal(s->dog->idle_ns, 10 * SECOND);
	scene_end(s);

	s = scene_begin(600 * SECOND);
	assert_int_equal(hung_after(s, 3, 60), 10);
	scene_end(s);
}

/* One of a container's workers gets on: the other has op_timeout=. */
static void test_one_worker_stuck(void **state)
{
	struct scene *s = scene_begin(30 * SECOND);

	assert_int_equal(hung_after(s, 7, 60), 0);
	assert_int_equal(hung_after(s, 5, 60), 30);
	assert_int_equal(s->dog->idle_ns, 30 * SECOND);
	scene_end(s);
}

/* Who is done, and waits for the others, is not stuck; nor is its container. */
static void test_waits(void **state)
{
	struct scene *s = scene_begin(30 * SECOND);

	s->worker[2]->waits = 1;
	assert_int_equal(hung_after(s, 3, 100), 0);
	s->worker[0]->waits = 1;
	assert_int_equal(hung_after(s, 2, 100), 0);
	s->worker[1]->state = 2;
	s->worker[0]->waits = 0;
	assert_int_equal(hung_after(s, 1, 100), 0);
	/* It has begun again: its time runs from there. */
	s->worker[2]->waits = 0;
	assert_int_equal(hung_after(s, 1, 100), 10);
	scene_end(s);
}

/* All wait, and who leads them does not get on. */
static void test_leader_stuck(void **state)
{
	struct scene *s = scene_begin(600 * SECOND);

	for (int i = 0; i < WORKERS; i++)
		s->worker[i]->waits = 1;
	assert_int_equal(hung_after(s, 0, 100), 10);
	scene_end(s);
}

/* While memory is got, those of one container may wait for those of another. */
static void test_setup(void **state)
{
	struct scene *s = scene_begin(600 * SECOND);

	s->phase = VB_PHASE_SETUP;
	assert_int_equal(hung_after(s, 1, 100), 0);
	s->phase = VB_PHASE_WARMUP;
	assert_int_equal(hung_after(s, 1, 100), 10);
	scene_end(s);

	s = scene_begin(600 * SECOND);
	s->phase = VB_PHASE_SETUP;
	assert_int_equal(hung_after(s, 0, 100), 10);
	scene_end(s);
}

/* Containers of their own: one for each window, though the plan has one. */
static void test_own_containers(void **state)
{
	struct scene *s = scene_begin(600 * SECOND);

	s->plan->window[1].container = 0;
	assert_int_equal(hung_after(s, 4, 100), 0);
	s->plan->own_container = true;
	assert_int_equal(hung_after(s, 4, 100), 10);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_stuck),
		cmocka_unit_test(test_one_container_stuck),
		cmocka_unit_test(test_one_worker_stuck),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_leader_stuck),
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_own_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
