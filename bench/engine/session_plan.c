// SPDX-License-Identifier: GPL-2.0-or-later
/* Which run comes when, and the plan of each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/session_impl.h"
#include "lib/machine/facts.h"
#include "lib/stats/order.h"

static void advise_pairs(const struct session *s)
{
	const struct vb_session_compare *c = s->opt->compare;
	unsigned int block = vb_order_block(s->nr_arms);

	/* Counted instructions don't drift. */
	if (c->pairs % block && !vb_in_exact_mode())
		vb_warn("--pairs %u: the order of %u arms is balanced every %u rounds: give a multiple of "
			"%u, or what drifts falls on some arms more than on others", c->pairs,
			s->nr_arms, block, block);
}

int session_make_schedule(struct session *s)
{
	const struct vb_session_compare *c = s->opt->compare;
	struct vb_schedule_shape shape = {
		.cells = (unsigned int)s->nr_cells,
		.arms = s->nr_arms,
		.rounds = c ? c->pairs : s->opt->repeat,
		.comparisons = c ? c->comparisons : 1,
		.seed = s->seed,
		.plain = !c,
	};
	int ret;

	if (c && c->warmup_rounds == VB_WARMUP_ROUNDS_AUTO)
		shape.warmup_rounds = vb_in_exact_mode() ? 0 : 1;
	else if (c)
		shape.warmup_rounds = c->warmup_rounds;
	s->warmup_rounds = shape.warmup_rounds;
	ret = vb_schedule_make(&shape, &s->turn, &s->nr_turns);
	if (ret == -E2BIG)
		return vb_fail(VB_EXIT_USAGE, "%u rounds of %u arms and %zu runs of the job: more than %u runs in "
			       "all: ask for fewer", shape.rounds * shape.comparisons, s->nr_arms,
			       s->nr_cells, VB_SCHEDULE_MAX);
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "the order of runs: %s", strerror(-ret));
	if (c && !s->opt->resume)
		advise_pairs(s);
	return VB_EXIT_OK;
}

/* seed= of the job, or one made of the session's: what a run used is in its job.ini. */
static uint64_t turn_seed(const struct session *s, const struct vb_global *g,
			  const struct vb_turn *turn)
{
	if (g->layout == VB_LAYOUT_FIXED)
		return g->seed ? g->seed : (s->seed + turn->cell) & INT64_MAX;
	if (g->seed && !turn->round && !turn->warmup)
		return g->seed;
	return vb_schedule_layout_seed(g->seed ? g->seed : s->seed, turn);
}

int session_turn_plan(struct session *s, const struct vb_turn *turn, struct vb_job_run **run,
		      struct vb_plan **plan)
{
	const struct vb_job_run *from = &s->arm[turn->arm].runs[turn->cell];
	char err[512];

	*plan = NULL;
	*run = malloc(sizeof(**run));
	if (!*run)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	memcpy(*run, from, sizeof(**run));
	(*run)->global.seed = turn_seed(s, &from->global, turn);
	if (!vb_plan_make(*run, s->topology, s->nr_devices ? s->device : NULL, (*run)->global.seed, plan,
			  err, sizeof(err)))
		return VB_EXIT_OK;
	free(*run);
	return vb_fail(VB_EXIT_USAGE, "%s: %s", s->job_path, err);
}

/* Round 0's plans; they share the arm's expanded runs, whose seeds are as given. */
static int plan_arm(struct session *s, unsigned int a)
{
	struct session_arm *arm = &s->arm[a];
	char err[512];

	if (arm->shared) {
		for (unsigned int b = 0; b < a; b++)
			if (s->arm[b].runs == arm->runs)
				arm->plans = s->arm[b].plans;
		return VB_EXIT_OK;
	}
	arm->plans = calloc(s->nr_cells, sizeof(*arm->plans));
	if (!arm->plans)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	for (size_t i = 0; i < s->nr_cells; i++) {
		struct vb_turn turn = { .cell = (unsigned int)i, .arm = a };

		if (vb_plan_make(&arm->runs[i], s->topology, s->nr_devices ? s->device : NULL,
				 turn_seed(s, &arm->runs[i].global, &turn), &arm->plans[i], err,
				 sizeof(err)))
			return vb_fail(VB_EXIT_USAGE, "%s: %s", s->job_path, err);
	}
	return VB_EXIT_OK;
}

int session_make_plans(struct session *s)
{
	int ret = VB_EXIT_OK;

	for (unsigned int a = 0; a < s->nr_arms && !ret; a++)
		ret = plan_arm(s, a);
	return ret;
}

static uint64_t seed_of(const struct session *s, const struct vb_turn *turn)
{
	return turn_seed(s, &s->arm[turn->arm].runs[turn->cell].global, turn);
}

/* A plan with whose it is. */
static json_t *plan_to_json(const struct session *s, unsigned int a, size_t cell)
{
	struct vb_turn turn = { .cell = (unsigned int)cell, .arm = a };
	json_t *plan = vb_plan_to_json(s->arm[a].plans[cell]), *arms = json_array();

	for (unsigned int b = a; b < s->nr_arms; b++)
		if (s->arm[b].runs == s->arm[a].runs)
			json_array_append_new(arms, json_string(s->arm[b].spec.name));
	json_object_set_new(plan, "cell", json_integer((json_int_t)cell));
	json_object_set_new(plan, "arms", arms);
	json_object_set_new(plan, "seed", json_integer((json_int_t)seed_of(s, &turn)));
	return plan;
}

static json_t *order_to_json(const struct session *s)
{
	json_t *order = json_array();

	for (size_t n = 0; n < s->nr_turns; n++) {
		const struct vb_turn *t = &s->turn[n];

		json_array_append_new(order, json_pack("{s:i, s:i, s:i, s:i, s:b, s:I}",
			"cell", (int)t->cell, "arm_index", (int)t->arm, "round", (int)t->round,
			"position", (int)t->position, "warmup", (int)t->warmup,
			"seed", (json_int_t)seed_of(s, t)));
	}
	return order;
}

json_t *session_plans_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells && !s->arm[a].shared; i++)
			json_array_append_new(array, plan_to_json(s, a, i));
	return json_pack("{s:i, s:o, s:o}", "schema", VB_RESULT_SCHEMA, "plans", array, "order",
			 order_to_json(s));
}

static void print_plan(const struct session *s, unsigned int a, size_t i)
{
	const struct vb_plan *p = s->arm[a].plans[i];
	struct vb_turn turn = { .cell = (unsigned int)i, .arm = a };

	printf("run %zu%s%s", i, *p->run->label ? ", " : "", p->run->label);
	if (s->arm[a].spec.nr_settings)
		printf(" (%s)", s->arm[a].spec.name);
	printf(": %s, device %s, %u mdevs, %s layout, seed %llu\n", p->run->global.iommu->name,
	       s->nr_devices ? s->device[0].address : "none", p->needs_mdev ? p->run->global.mdevs : 0,
	       vb_job_word("layout", p->run->global.layout), (unsigned long long)seed_of(s, &turn));
	for (unsigned int w = 0; w < p->nr_workers; w++) {
		const struct vb_plan_worker *pw = &p->worker[w];
		const struct vb_plan_window *win = &p->window[pw->window];

		printf("  worker %-3u %-16s %-16s cpu %-3d node %d  %llu KiB %s on node %d  iova 0x%llx\n",
		       w, pw->section->name, pw->section->workload->name, pw->cpu, pw->node,
		       (unsigned long long)win->size_bytes >> 10,
		       vb_backing_name(pw->section->backing), win->mem_node,
		       (unsigned long long)win->iova);
	}
}

static void print_order(const struct session *s)
{
	printf("order of %zu runs, seed %llu:\n", s->nr_turns, (unsigned long long)s->seed);
	for (size_t n = 0; n < s->nr_turns; n++) {
		const struct vb_turn *t = &s->turn[n];

		printf("  %-6zu %s %-4u %-16s run %-3u seed %llu%s\n", n,
		       t->warmup ? "warm-up" : "round  ", t->round, s->arm[t->arm].spec.name, t->cell,
		       (unsigned long long)seed_of(s, t), s->done && s->done[n] ? "  done" : "");
	}
}

int session_print_plans(const struct session *s)
{
	if (s->opt->json) {
		json_t *plans = session_plans_to_json(s);

		json_dumpf(plans, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(plans);
		return VB_EXIT_OK;
	}
	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells && !s->arm[a].shared; i++)
			print_plan(s, a, i);
	if (s->opt->compare)
		print_order(s);
	return VB_EXIT_OK;
}
