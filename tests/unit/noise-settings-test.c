// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings that make times vary, on made-up machines. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/fake-tree.h"
#include "tests/unit/noise-helper.h"

#define CPU "/sys/devices/system/cpu"
#define CLOCK "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* 2 and 14 are not on one core; nor are their numbers one digit long */
static const int workers[] = { 2, 14 };

static struct vb_noise noise;

static int set_up(void **state)
{
	tree_make();
	memset(&noise, 0, sizeof(noise));
	return 0;
}

static int tear_down(void **state)
{
	tree_remove();
	return 0;
}

static void cpu_file(int cpu, const char *what, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), CPU "/cpu%d/%s", cpu, what);
	tree_file(path, text);
}

static void look(void)
{
	memset(&noise, 0, sizeof(noise));
	vb_noise_settings(workers, 2, &noise);
}

/* Nothing there: no check is missing, none claims to know, but for what is an option of kernels. */
static void test_nothing(void **state)
{
	static const enum vb_noise_id unknown[] = {
		VB_NOISE_GOVERNOR, VB_NOISE_TURBO, VB_NOISE_SMT, VB_NOISE_IDLE_STATES,
		VB_NOISE_CLOCKSOURCE, VB_NOISE_IRQBALANCE, VB_NOISE_ISOLATION,
	};

	look();
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_int_equal(found(&noise, unknown[i])->verdict, VB_NOISE_UNKNOWN);
	expect(&noise, VB_NOISE_NUMA_BALANCING, VB_NOISE_OK, 0, "has none");
	expect(&noise, VB_NOISE_KSM, VB_NOISE_OK, 0, "has none");
	assert_int_equal(noise.nr, 9);
	assert_int_equal(vb_noise_marks(&noise, false), 0);
}

static void test_governor(void **state)
{
	cpu_file(1, "cpufreq/scaling_governor", "powersave\n");	/* nobody works there */
	cpu_file(2, "cpufreq/scaling_governor", "performance\n");
	cpu_file(14, "cpufreq/scaling_governor", "performance\n");
	look();
	expect(&noise, VB_NOISE_GOVERNOR, VB_NOISE_OK, 0, "performance");
	assert_string_equal(found(&noise, VB_NOISE_GOVERNOR)->mend, "");
	cpu_file(14, "cpufreq/scaling_governor", "schedutil\n");
	look();
	expect(&noise, VB_NOISE_GOVERNOR, VB_NOISE_MARK, 1, "schedutil on 1 of 2 CPUs");
	assert_string_equal(found(&noise, VB_NOISE_GOVERNOR)->mend,
			    "cpupower frequency-set -g performance");
	assert_true(vb_noise_checks[VB_NOISE_GOVERNOR].gates);
	assert_int_equal(vb_noise_marks(&noise, false), 1);
	assert_int_equal(vb_noise_marks(&noise, true), 0);
	cpu_file(2, "cpufreq/scaling_governor", "");
	cpu_file(14, "cpufreq/scaling_governor", "userspace\n");
	look();
	expect(&noise, VB_NOISE_GOVERNOR, VB_NOISE_OK, 0, "held");
	cpu_file(14, "cpufreq/scaling_governor", "");
	look();
	assert_int_equal(found(&noise, VB_NOISE_GOVERNOR)->verdict, VB_NOISE_UNKNOWN);
}

static void test_turbo(void **state)
{
	tree_file(CPU "/cpufreq/boost", "1\n");
	look();
	expect(&noise, VB_NOISE_TURBO, VB_NOISE_MARK, 1, "on");
	tree_file(CPU "/cpufreq/boost", "0\n");
	look();
	expect(&noise, VB_NOISE_TURBO, VB_NOISE_OK, 0, "off");
	/* intel_pstate's word counts where both are */
	tree_file(CPU "/intel_pstate/no_turbo", "0\n");
	look();
	expect(&noise, VB_NOISE_TURBO, VB_NOISE_MARK, 1, "on");
	tree_file(CPU "/intel_pstate/no_turbo", "1\n");
	look();
	expect(&noise, VB_NOISE_TURBO, VB_NOISE_OK, 0, "off");
	tree_unlink(CPU "/intel_pstate/no_turbo");
	tree_file(CPU "/cpufreq/boost", "perhaps\n");
	look();
	assert_int_equal(found(&noise, VB_NOISE_TURBO)->verdict, VB_NOISE_UNKNOWN);
}

static void test_smt(void **state)
{
	cpu_file(2, "topology/thread_siblings_list", "2,34\n");
	cpu_file(14, "topology/thread_siblings_list", "14,46\n");
	look();
	expect(&noise, VB_NOISE_SMT, VB_NOISE_OK, 0, "no two");
	cpu_file(2, "topology/thread_siblings_list", "2,14\n");
	cpu_file(14, "topology/thread_siblings_list", "2,14\n");
	look();
	expect(&noise, VB_NOISE_SMT, VB_NOISE_MARK, 2, "such as 2 and 14");
	/* a range, and one that can't be read */
	cpu_file(2, "topology/thread_siblings_list", "2-3\n");
	cpu_file(14, "topology/thread_siblings_list", "14-\n");
	look();
	expect(&noise, VB_NOISE_SMT, VB_NOISE_OK, 0, "no two");
	cpu_file(2, "topology/thread_siblings_list", "x\n");
	look();
	assert_int_equal(found(&noise, VB_NOISE_SMT)->verdict, VB_NOISE_UNKNOWN);
}

static void idle_state(int cpu, int state, const char *name, const char *latency,
		       const char *disable)
{
	char what[64];

	snprintf(what, sizeof(what), "cpuidle/state%d/name", state);
	cpu_file(cpu, what, name);
	snprintf(what, sizeof(what), "cpuidle/state%d/latency", state);
	cpu_file(cpu, what, latency);
	snprintf(what, sizeof(what), "cpuidle/state%d/disable", state);
	cpu_file(cpu, what, disable);
}

static void allow_latency(int32_t us)
{
	char bytes[8] = "";

	/* written as text: none of the four bytes may be 0 */
	memcpy(bytes, &us, sizeof(us));
	tree_file("/dev/cpu_dma_latency", bytes);
}

static void test_idle_states(void **state)
{
	idle_state(2, 0, "POLL\n", "0\n", "0\n");
	idle_state(2, 1, "C1\n", "2\n", "0\n");
	idle_state(14, 0, "POLL\n", "0\n", "0\n");
	idle_state(14, 1, "C1\n", "2\n", "0\n");
	look();
	expect(&noise, VB_NOISE_IDLE_STATES, VB_NOISE_OK, 2, "C1");
	idle_state(14, 2, "C6\n", "133\n", "0\n");
	look();
	expect(&noise, VB_NOISE_IDLE_STATES, VB_NOISE_MARK, 133, "C6, 133 us");
	/* a promise of 0x01010101 us allows all, half a promise is none */
	allow_latency(0x01010101);
	look();
	expect(&noise, VB_NOISE_IDLE_STATES, VB_NOISE_MARK, 133, "C6");
	tree_file("/dev/cpu_dma_latency", "\x01\x01");
	look();
	expect(&noise, VB_NOISE_IDLE_STATES, VB_NOISE_MARK, 133, "C6");
	idle_state(14, 2, "C6\n", "40000000\n", "0\n");
	allow_latency(0x01010101);
	look();
	expect(&noise, VB_NOISE_IDLE_STATES, VB_NOISE_OK, 2, "C1");
	tree_unlink("/dev/cpu_dma_latency");
	idle_state(14, 2, "C6\n", "133\n", "1\n");
	look();
	expect(&noise, VB_NOISE_IDLE_STATES, VB_NOISE_OK, 2, "C1");
}

static void test_clocksource(void **state)
{
	tree_file(CLOCK, "tsc\n");
	look();
	expect(&noise, VB_NOISE_CLOCKSOURCE, VB_NOISE_OK, 0, "tsc");
	tree_file(CLOCK, "hpet\n");
	look();
	expect(&noise, VB_NOISE_CLOCKSOURCE, VB_NOISE_MARK, 1, "hpet is not");
	assert_true(vb_noise_checks[VB_NOISE_CLOCKSOURCE].gates);
	tree_file(CLOCK, "");
	look();
	assert_int_equal(found(&noise, VB_NOISE_CLOCKSOURCE)->verdict, VB_NOISE_UNKNOWN);
}

static void test_irqbalance(void **state)
{
	tree_file("/proc/1/comm", "systemd\n");
	tree_file("/proc/1234/comm", "irqbalance2\n");
	tree_file("/proc/irq/comm", "irqbalance\n");	/* no process */
	tree_dir("/proc/77");				/* it ended while we looked */
	look();
	expect(&noise, VB_NOISE_IRQBALANCE, VB_NOISE_OK, 0, "does not run");
	tree_file("/proc/812/comm", "irqbalance\n");
	look();
	expect(&noise, VB_NOISE_IRQBALANCE, VB_NOISE_MARK, 1, "runs");
	assert_string_equal(found(&noise, VB_NOISE_IRQBALANCE)->mend, "systemctl stop irqbalance");
}

static void test_numa_balancing(void **state)
{
	tree_file("/proc/sys/kernel/numa_balancing", "1\n");
	tree_file("/sys/devices/system/node/online", "0\n");
	look();
	expect(&noise, VB_NOISE_NUMA_BALANCING, VB_NOISE_OK, 0, "one node");
	tree_file("/sys/devices/system/node/online", "0-1\n");
	look();
	expect(&noise, VB_NOISE_NUMA_BALANCING, VB_NOISE_MARK, 1, "on");
	tree_file("/sys/devices/system/node/online", "0,2\n");
	look();
	expect(&noise, VB_NOISE_NUMA_BALANCING, VB_NOISE_MARK, 1, "on");
	tree_file("/proc/sys/kernel/numa_balancing", "0\n");
	look();
	expect(&noise, VB_NOISE_NUMA_BALANCING, VB_NOISE_OK, 0, "off");
	tree_file("/proc/sys/kernel/numa_balancing", "\n");
	look();
	assert_int_equal(found(&noise, VB_NOISE_NUMA_BALANCING)->verdict, VB_NOISE_UNKNOWN);
}

static void test_ksm(void **state)
{
	tree_file("/sys/kernel/mm/ksm/run", "1\n");
	look();
	expect(&noise, VB_NOISE_KSM, VB_NOISE_MARK, 1, "merged");
	tree_file("/sys/kernel/mm/ksm/run", "0\n");
	look();
	expect(&noise, VB_NOISE_KSM, VB_NOISE_OK, 0, "off");
	tree_file("/sys/kernel/mm/ksm/run", "2\n");	/* all unmerged, and off */
	look();
	expect(&noise, VB_NOISE_KSM, VB_NOISE_OK, 0, "off");
	tree_file("/sys/kernel/mm/ksm/run", "many\n");
	look();
	assert_int_equal(found(&noise, VB_NOISE_KSM)->verdict, VB_NOISE_UNKNOWN);
}

/* Told, never marked. */
static void test_isolation(void **state)
{
	tree_file(CPU "/isolated", "\n");
	look();
	expect(&noise, VB_NOISE_ISOLATION, VB_NOISE_OK, 0, "of 2 CPUs to be used 0 are isolated");
	tree_file(CPU "/isolated", "1-3,12-15\n");
	tree_file(CPU "/nohz_full", "14\n");
	look();
	expect(&noise, VB_NOISE_ISOLATION, VB_NOISE_OK, 2, "2 are isolated (isolcpus=), 1 without tick");
}

static void test_running(void **state)
{
	vb_noise_running(0, &noise);
	assert_int_equal(found(&noise, VB_NOISE_RUNNING_TASKS)->verdict, VB_NOISE_UNKNOWN);
	memset(&noise, 0, sizeof(noise));
	tree_file("/proc/stat", "cpu  1 2 3 4\nprocs_running 1\nprocs_blocked 7\n");
	vb_noise_running(0, &noise);
	expect(&noise, VB_NOISE_RUNNING_TASKS, VB_NOISE_OK, 0, "0.0 others");
	memset(&noise, 0, sizeof(noise));
	tree_file("/proc/stat", "cpu  1 2 3 4\nprocs_running 4\n");
	vb_noise_running(1000, &noise);
	expect(&noise, VB_NOISE_RUNNING_TASKS, VB_NOISE_MARK, 3, "3.0 others");
}

static void test_cpu_list(void **state)
{
	static const struct { const char *text; ssize_t nr; int last; } cases[] = {
		{ "0\n", 1, 0 }, { "0-3,8,10-11\n", 7, 11 }, { "127\n", 1, 127 }, { "", 0, 0 },
		{ "3-1\n", -22, 0 }, { "1,\n", 1, 1 }, { "a\n", -22, 0 }, { "1 2\n", -22, 0 },
		{ "-1\n", -22, 0 }, { "1--2\n", -22, 0 }, { "0-99999999999\n", -22, 0 },
		{ "0-31\n", 8, 7 },
	};
	int cpus[8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tree_file("/list", cases[i].text);
		assert_int_equal(vb_noise_cpu_list("/list", cpus, 8), cases[i].nr);
		if (cases[i].nr > 0)
			assert_int_equal(cpus[cases[i].nr - 1], cases[i].last);
	}
	assert_int_equal(vb_noise_cpu_list("/nowhere", cpus, 8), -2);
}

static void test_json(void **state)
{
	json_t *list, *f;

	tree_file(CPU "/cpufreq/boost", "1\n");
	look();
	list = vb_noise_to_json(&noise);
	assert_int_equal(json_array_size(list), noise.nr);
	f = json_array_get(list, 0);	/* the governor, not known here */
	assert_string_equal(json_string_value(json_object_get(f, "check")), "governor");
	assert_string_equal(json_string_value(json_object_get(f, "verdict")), "unknown");
	assert_true(json_is_null(json_object_get(f, "value")));
	assert_null(json_object_get(f, "mend"));
	f = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(f, "check")), "turbo");
	assert_string_equal(json_string_value(json_object_get(f, "kind")), "setting");
	assert_string_equal(json_string_value(json_object_get(f, "verdict")), "mark");
	assert_true(json_real_value(json_object_get(f, "value")) == 1);
	assert_non_null(strstr(json_string_value(json_object_get(f, "mend")), "boost"));
	json_decref(list);
}

/* Every row of the table is filled, and its name is its own. */
static void test_table(void **state)
{
	for (int i = 0; i < VB_NOISE_NR; i++) {
		const struct vb_noise_check *c = &vb_noise_checks[i];

		assert_non_null(c->name);
		assert_non_null(c->unit);
		assert_non_null(c->why);
		assert_true(c->limit >= 0);
		assert_false(c->event && c->gates);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(c->name, vb_noise_checks[j].name);
	}
}

/* A limit, and what has to be there for a mark, as doc/results.md writes them. */
static void write_limit(const struct vb_noise_check *c, char *text, size_t size)
{
	if (isinf(c->limit))
		snprintf(text, size, "none");
	else if (!strcmp(c->unit, "1/s"))
		snprintf(text, size, "%g/s, %g", c->limit, c->least);
	else if (!strcmp(c->unit, "share"))	/* least: ns of waiting, else ticks of 10 ms */
		snprintf(text, size, "%g%%, %g ms", 100 * c->limit,
			 c->least > 1000 ? c->least / 1e6 : c->least * 10);
	else if (!strcmp(c->unit, "CPUs") || !strcmp(c->unit, "us"))
		snprintf(text, size, "%g %s", c->limit, c->unit);
	else
		snprintf(text, size, "%g", c->limit);
}

/* doc/results.md has every check with the limit that the table has. */
static void test_documented(void **state)
{
	const char *source = getenv("top_srcdir");
	char path[4200], limit[64], row[160], line[512];
	bool documented[VB_NOISE_NR] = { false };
	FILE *doc;

	if (!source)	/* not run by make check */
		skip();
	snprintf(path, sizeof(path), "%s/doc/results.md", source);
	doc = fopen(path, "r");
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc))
		for (int i = 0; i < VB_NOISE_NR; i++) {
			write_limit(&vb_noise_checks[i], limit, sizeof(limit));
			snprintf(row, sizeof(row), "| `%s` | %s | ", vb_noise_checks[i].name, limit);
			documented[i] |= !strncmp(line, row, strlen(row)) &&
					 !strstr(line, "closes the gate") == !vb_noise_checks[i].gates;
		}
	fclose(doc);
	for (int i = 0; i < VB_NOISE_NR; i++)
		if (!documented[i])
			fail_msg("%s is not in doc/results.md with its limit", vb_noise_checks[i].name);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing), TEST(test_governor), TEST(test_turbo), TEST(test_smt),
		TEST(test_idle_states), TEST(test_clocksource), TEST(test_irqbalance),
		TEST(test_numa_balancing), TEST(test_ksm), TEST(test_isolation), TEST(test_running),
		TEST(test_cpu_list), TEST(test_json), TEST(test_table),
		TEST(test_documented),
	};

	return cmocka_run_group_tests_name("noise-settings", tests, NULL, NULL);
}
