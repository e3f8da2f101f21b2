// SPDX-License-Identifier: GPL-2.0-or-later
/* When noise closes the gate, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/engine/noise_gate.h"

static void put(struct vb_noise *noise, enum vb_noise_id id, enum vb_noise_verdict verdict)
{
	noise->finding[noise->nr].id = id;
	noise->finding[noise->nr++].verdict = verdict;
}

/* A run with these verdicts of a setting and of two events. */
static void add_run(struct vb_noise_gate *gate, enum vb_noise_verdict turbo,
		    enum vb_noise_verdict steal, enum vb_noise_verdict waiting)
{
	struct vb_noise noise = { 0 };

	put(&noise, VB_NOISE_TURBO, turbo);
	put(&noise, VB_NOISE_STEAL, steal);
	put(&noise, VB_NOISE_WAITING, waiting);
	vb_noise_gate_add(gate, &noise);
}

static void expect(const struct vb_noise_gate *gate, bool closed, const char *wanted)
{
	char text[256];

	assert_int_equal(vb_noise_gate_closed(gate), closed);
	vb_noise_gate_text(gate, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void test_no_run(void **state)
{
	struct vb_noise_gate gate = { 0 };
	struct vb_noise noise = { 0 };

	expect(&gate, false, "");
	/* one that hung: settings, and no event */
	put(&noise, VB_NOISE_TURBO, VB_NOISE_MARK);
	vb_noise_gate_add(&gate, &noise);
	assert_int_equal(gate.runs, 0);
	expect(&gate, false, "");
}

/* A quarter is not more than a quarter. */
static void test_share(void **state)
{
	struct vb_noise_gate gate = { 0 };

	for (int i = 0; i < 6; i++)
		add_run(&gate, VB_NOISE_MARK, VB_NOISE_OK, VB_NOISE_UNKNOWN);
	expect(&gate, false, "");
	add_run(&gate, VB_NOISE_OK, VB_NOISE_MARK, VB_NOISE_OK);
	expect(&gate, false, "1 of 7 runs is marked (steal 1)");
	add_run(&gate, VB_NOISE_OK, VB_NOISE_MARK, VB_NOISE_MARK);
	expect(&gate, false, "2 of 8 runs are marked (waiting 1, steal 2)");
	add_run(&gate, VB_NOISE_OK, VB_NOISE_OK, VB_NOISE_MARK);
	expect(&gate, true, "3 of 9 runs are marked (waiting 2, steal 2)");
}

static void test_settings(void **state)
{
	struct vb_noise_gate gate = { 0 };
	struct vb_noise noise = { 0 };

	put(&noise, VB_NOISE_GOVERNOR, VB_NOISE_UNKNOWN);
	put(&noise, VB_NOISE_CLOCKSOURCE, VB_NOISE_OK);
	put(&noise, VB_NOISE_STEAL, VB_NOISE_OK);
	vb_noise_gate_add(&gate, &noise);
	expect(&gate, false, "");
	noise.finding[0].verdict = VB_NOISE_MARK;
	vb_noise_gate_add(&gate, &noise);
	expect(&gate, true, "governor: the clock rate follows the load, so that a run depends on "
	       "the one before");
}

/* A run whose result was read back counts as it did when it was made. */
static void test_json(void **state)
{
	struct vb_noise_gate gate = { 0 };
	struct vb_noise noise = { 0 };
	json_t *list, *strange = json_pack("[{s:s, s:s}, {s:i}, n]", "check", "from the future",
					   "verdict", "mark", "check", 5);

	put(&noise, VB_NOISE_GOVERNOR, VB_NOISE_UNKNOWN);
	put(&noise, VB_NOISE_STEAL, VB_NOISE_MARK);
	list = vb_noise_to_json(&noise);
	vb_noise_gate_add_json(&gate, list);
	expect(&gate, true, "1 of 1 runs is marked (steal 1)");
	vb_noise_gate_add_json(&gate, strange);
	vb_noise_gate_add_json(&gate, NULL);
	expect(&gate, true, "1 of 1 runs is marked (steal 1)");
	json_decref(list);
	json_decref(strange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_run), cmocka_unit_test(test_share),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("noise-gate", tests, NULL, NULL);
}
