// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults: each judge says no to what it is there to refuse.  A made-up result directory takes
 * the place of a run's; what judges read of the machine is the machine's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/fault/common/common.h"
#include "lib/result/dir.h"

static char folder[] = "/tmp/fault-test.XXXXXX";
static char output[64], run_dir[96];

struct made_up {
	struct vb_fault f;
	uint64_t rng;
	struct vb_fault_mark *mark;
};

static void write_json(const char *dir, const char *name, json_t *json)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_non_null(json);
	assert_true(fd >= 0);
	assert_int_equal(vb_result_write_json(fd, name, json), 0);
	json_decref(json);
	close(fd);
}

static json_t *check(const char *name, const char *verdict, const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "check", name, "verdict", verdict, "text", text);
}

/* Its audit has one entry, which the caller owns no longer. */
static json_t *result_with(json_t *entry)
{
	return json_pack("{s:[o], s:f, s:f, s:b, s:[{s:{s:i, s:i, s:i, s:i}}]}", "audit", entry,
			 "measured_s", 0.5, "wall_s", 0.6, "withheld", 0, "workers", "counts",
			 "attempts", 2, "limit", 1, "maps_refused", 1, "fds_passed", 0);
}

static void make(struct made_up *m, const char *name, int status, const char *meta_status, json_t *result)
{
	memset(m, 0, sizeof(*m));
	m->f.ops = vb_fault_find(name);
	assert_non_null(m->f.ops);
	m->rng = 1;
	m->f.rng = &m->rng;
	m->f.program = "/bin/true";
	m->f.work = folder;
	m->f.output = output;
	m->f.job = "null";
	m->f.ended = true;
	m->f.status = status << 8;
	/* As large as any fault's data, whose first member it is. */
	m->f.data = calloc(1, 1 << 20);
	assert_non_null(m->f.data);
	write_json(output, "meta.json", json_pack("{s:s}", "status", meta_status));
	write_json(run_dir, "result.json", result);
}

static void refuses(struct made_up *m, const char *said)
{
	assert_true(m->f.ops->judge(&m->f) < 0);
	if (!strstr(m->f.said, said))
		fail_msg("%s says '%s', not '%s'", m->f.ops->name, m->f.said, said);
	free(m->f.data);
}

static int make_folders(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(output, sizeof(output), "%s/result", folder);
	snprintf(run_dir, sizeof(run_dir), "%s/runs", output);
	if (mkdir(output, 0700) || mkdir(run_dir, 0700))
		return -1;
	snprintf(run_dir, sizeof(run_dir), "%s/runs/000-x", output);
	return mkdir(run_dir, 0700);
}

static int remove_folders(void **state)
{
	const char *const args[] = { "rm", "-rf", folder, NULL };
	char said[256];

	return vb_fault_execute(args, 10, said, sizeof(said));
}

static void wrong_audit(void **state)
{
	static const struct { const char *fault, *check, *verdict, *text; int status; } cases[] = {
		{ "kill-map", "ending", "ok", "ended by itself", 2 },
		{ "kill-unmap", "ending", "failed", "died of signal 11 (Segmentation fault)", 2 },
		{ "kill-pin", "operations", "ok", "", 2 },
		{ "kill-worker", "ending", "failed", "died of signal 11 (Segmentation fault)", 2 },
		{ "memlock-zero", "ending", "ok", "ended by itself", 3 },
		{ "memlock-page", "ending", "failed", "Cannot allocate memory", 3 },
		{ "memlock-exhausted", "ending", "untrusted", "No space left on device", 3 },
		{ "dma-unmapped", "iommu_faults", "failed", "expected 2, found 1", 0 },
		{ "device-reset", "ending", "ok", "ended by itself", 2 },
		{ "cpu-offline", "placement", "ok", "1 workers were where they were asked to be", 2 },
		{ "fork-exit", "verified", "failed", "6 looked at, 1 wrong", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_up m;

		make(&m, cases[i].fault, cases[i].status, "complete",
		     result_with(check(cases[i].check, cases[i].verdict, cases[i].text)));
		refuses(&m, "audit");
	}
}

static void wrong_counts(void **state)
{
	json_t *result = result_with(check("verified", "ok", "5 looked at, 0 wrong"));
	json_t *counts = json_object_get(json_array_get(json_object_get(result, "workers"), 0), "counts");
	struct made_up m;

	make(&m, "fork-keep", 0, "complete", result_with(check("verified", "ok", "0 looked at, 0 wrong")));
	refuses(&m, "fds_passed: 0");
	make(&m, "entry-limit", 0, "complete", result_with(check("verified", "ok", "5 looked at, 0 wrong")));
	/* Its data's limit stands behind the mark. */
	((uint64_t *)((struct vb_fault_mark *)m.f.data + 1))[0] = 100;
	refuses(&m, "limit: 1, wanted 100");
	/* As many as there are by default: nothing had been limited. */
	json_object_set_new(counts, "limit", json_integer(65535));
	make(&m, "entry-limit", 0, "complete", json_incref(result));
	((uint64_t *)((struct vb_fault_mark *)m.f.data + 1))[0] = 100;
	refuses(&m, "limit: 65535, wanted 100");
	json_object_del(counts, "limit");
	make(&m, "entry-limit", 0, "complete", json_incref(result));
	refuses(&m, "no count limit");
	json_decref(result);
}

static void not_incomplete(void **state)
{
	static const char *const names[] = { "sigint", "sigterm", "second-signal", "kill-supervisor" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct vb_fault_mark *mark;
		struct made_up m;

		make(&m, names[i], 3, "complete", result_with(check("ending", "ok", "")));
		vb_fault_mark(&m.f);
		mark = m.f.data;
		assert_true(mark->start_ns);
		refuses(&m, "the result's status is complete");
	}
}

static void not_complete(void **state)
{
	struct made_up m;

	make(&m, "second-instance", 0, "incomplete", result_with(check("ending", "ok", "")));
	refuses(&m, "the result's status is incomplete");
	make(&m, "disk-full", 0, "running", result_with(check("ending", "ok", "")));
	refuses(&m, "the result's status is running");
}

static void cut_off(void **state)
{
	char path[128];
	struct made_up m;

	make(&m, "disk-full", 3, "incomplete", result_with(check("ending", "ok", "")));
	snprintf(path, sizeof(path), "%s/result.json", run_dir);
	assert_int_equal(truncate(path, 40), 0);
	refuses(&m, "cut off");
	/* All of it is whole, and report says nothing of its being incomplete. */
	make(&m, "io-error", 3, "incomplete", result_with(check("ending", "ok", "")));
	refuses(&m, "report takes what there is for a whole result");
}

static void wrong_times(void **state)
{
	json_t *result = result_with(check("ending", "ok", ""));
	struct made_up m;

	json_object_set_new(result, "measured_s", json_real(3600.5));
	json_object_set_new(result, "wall_s", json_real(3600.7));
	make(&m, "clock-step", 0, "complete", result);
	vb_fault_mark(&m.f);
	refuses(&m, "measured 3600.500 s");
	result = result_with(check("ending", "ok", ""));
	json_object_set_new(result, "measured_s", json_real(0.001));
	make(&m, "clock-step", 0, "complete", result);
	vb_fault_mark(&m.f);
	refuses(&m, "measured 0.001 s");
}

static void trusted_after_oom(void **state)
{
	json_t *result = result_with(check("kernel_log", "ok", "clean"));
	struct made_up m;

	make(&m, "oom-worker", 2, "complete", json_incref(result));
	refuses(&m, "not withheld");
	json_object_set_new(result, "withheld", json_true());
	make(&m, "oom-worker", 2, "complete", result);
	refuses(&m, "the audit's kernel_log: ok");
}

static void deadlock_not_noticed(void **state)
{
	json_t *result = result_with(check("ending", "failed", "hung: reboot needed"));
	struct made_up m;

	make(&m, "deadlock", 2, "incomplete", json_incref(result));
	refuses(&m, "not hung");
	json_object_set_new(result, "hung", json_pack("{s:f}", "idle_s", 15.5));
	make(&m, "deadlock", 2, "incomplete", json_incref(result));
	refuses(&m, "hung, after 15.5 s");
	json_object_set_new(result, "hung", json_pack("{s:f}", "idle_s", 10.5));
	make(&m, "deadlock", 2, "incomplete", result);
	refuses(&m, "no runs/*/stacks.txt");
}

static void not_refused(void **state)
{
	struct made_up m;

	/* /bin/true takes the place of a vfio-bench that is content. */
	make(&m, "results-readonly", 1, "complete", result_with(check("ending", "ok", "")));
	refuses(&m, "status 0, not a refusal");
	make(&m, "node-without-cpus", 1, "complete", result_with(check("ending", "ok", "")));
	refuses(&m, "status 0, not a refusal");
}

/* Ten seconds each: at the same time. */
static void not_settled(void **state)
{
	pid_t pid[4];
	int status;

	for (int i = 0; i < 4; i++) {
		struct vb_fault_mark *mark;
		struct made_up m;

		make(&m, "sigint", 3, "incomplete", result_with(check("ending", "ok", "")));
		free(m.f.data);
		assert_int_equal(vb_fault_mark(&m.f), 0);
		mark = m.f.data;
		mark->held_pages += i == 0;
		mark->mdevs += i == 1;
		mark->variants += i == 2;
		m.f.run = i == 3 ? getpid() : 0;
		pid[i] = fork();
		if (!pid[i])
			_exit(vb_fault_check_settled(&m.f) == -EBUSY &&
			      strstr(m.f.said, "10 s after the run") ? 0 : 1);
		free(m.f.data);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	}
}

/* All is as it was, but the same job's next run does not pass: /bin/false is in its place. */
static void next_run_fails(void **state)
{
	static const char *const names[] = { "kill-worker", "kill-map" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct made_up m;

		make(&m, names[i], 2, "complete",
		     result_with(check("ending", "failed", "died of signal 9 (Killed)")));
		free(m.f.data);
		assert_int_equal(m.f.ops->prepare(&m.f), 0);
		m.f.program = "/bin/false";
		refuses(&m, "the next run: status 1");
	}
}

/* A run beside the first has what that was given: else it fails of itself where it takes that. */
static void a_run_like_it_has_what_it_was_given(void **state)
{
	struct vb_fault f = { .program = "/bin/echo", .job = "some.job", .device = "0000:41:00.0",
			      .variant = "mine", .variant_dir = "/else/where", .accept_loss = true,
			      .acknowledge_others = true };
	char said[4096];

	assert_int_equal(vb_fault_run_like(&f, "out", "duration=1s", said, sizeof(said)), 0);
	assert_string_equal(said, "run some.job --quiet --output out --device 0000:41:00.0 --variant mine "
			    "--variant-dir /else/where --accept-loss --acknowledge-others --set duration=1s\n");
	f = (struct vb_fault){ .program = "/bin/echo", .job = "some.job" };
	assert_int_equal(vb_fault_run_like(&f, "out", NULL, said, sizeof(said)), 0);
	assert_string_equal(said, "run some.job --quiet --output out\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_audit),
		cmocka_unit_test(wrong_counts),
		cmocka_unit_test(not_incomplete),
		cmocka_unit_test(not_complete),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(wrong_times),
		cmocka_unit_test(trusted_after_oom),
		cmocka_unit_test(deadlock_not_noticed),
		cmocka_unit_test(not_refused),
		cmocka_unit_test(not_settled),
		cmocka_unit_test(next_run_fails),
		cmocka_unit_test(a_run_like_it_has_what_it_was_given),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
