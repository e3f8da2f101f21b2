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
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/fault/common/common.h"
#include "lib/machine/module.h"
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

static void *sleep_bound(void *arg)
{
	cpu_set_t *set = arg;

	pthread_setaffinity_np(pthread_self(), sizeof(*set), set);
	for (;;)
		pause();
	return NULL;
}

/* A thread of io_uring's is no worker, though it is bound to the CPU of its node. */
static void workers_are_told_from_the_kernels(void **state)
{
	struct vb_fault f = { .holder = getpid() };
	pthread_t thread;
	cpu_set_t set;
	int cpu = CPU_SETSIZE;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	while (--cpu > 0 && !CPU_ISSET(cpu, &set))
		;
	if (cpu <= 0)
		skip();
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	assert_int_equal(pthread_create(&thread, NULL, sleep_bound, &set), 0);
	for (int ms = 0; ms < 10000 && vb_fault_worker_cpu(&f) != cpu; ms++)
		usleep(1000);
	assert_int_equal(vb_fault_worker_cpu(&f), cpu);
	assert_int_equal(pthread_setname_np(thread, "iou-wrk-1"), 0);
	assert_int_equal(vb_fault_worker_cpu(&f), -ENOENT);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
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

static void *ask(void *arg)
{
	int fds[2], bytes;

	if (pipe(fds))
		return NULL;
	for (;;)
		ioctl(fds[0], FIONREAD, &bytes);
	return NULL;
}

/* Two threads beside the first, one of which is in an ioctl again and again. */
static pid_t start_asking(bool ask_at_all)
{
	pid_t pid = fork();
	pthread_t thread;

	if (pid)
		return pid;
	if (ask_at_all)
		pthread_create(&thread, NULL, ask, NULL);
	for (;;)
		usleep(1000);
}

static void killed_inside(void **state)
{
	static const struct vb_fault_ioctl inside = { FIONREAD, "FIONREAD" };
	struct made_up m = { .rng = 7 };
	int status;

	m.f.rng = &m.rng;
	m.f.holder = start_asking(true);
	assert_int_equal(vb_fault_kill_inside(&m.f, &inside), 0);
	assert_int_equal(waitpid(m.f.holder, &status, 0), m.f.holder);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	m.f.holder = start_asking(false);
	assert_int_equal(vb_fault_kill_inside(&m.f, &inside), -ETIMEDOUT);
	kill(m.f.holder, SIGKILL);
	assert_int_equal(waitpid(m.f.holder, &status, 0), m.f.holder);
}

/* The module goes although it is asked in the midst of a run: nothing of this machine's does. */
long __wrap_syscall(long number, ...);
enum vb_module_state __wrap_vb_module_state(const char *name);

static int delete_module_error;

static char asked[256];			/* the modules' names, a blank behind each */
static const char *goes;		/* the one that does, NULL: all do, if none is refused */

long __wrap_syscall(long number, ...)
{
	const char *name;
	va_list ap;

	assert_int_equal(number, SYS_delete_module);
	va_start(ap, number);
	name = va_arg(ap, const char *);
	va_end(ap);
	snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked), "%s ", name);
	errno = delete_module_error;
	return delete_module_error && (!goes || strcmp(name, goes)) ? -1 : 0;
}

/* Of this kernel's none is a variant. */
static char variant_loaded[80];

size_t __wrap_vb_variant_loaded(char (*names)[80], size_t max);

size_t __wrap_vb_variant_loaded(char (*names)[80], size_t max)
{
	if (*variant_loaded && max)
		strcpy(names[0], variant_loaded);
	return *variant_loaded ? 1 : 0;
}

/* A job file with what rmmod-in-use looks at in it. */
static const char *job_with_mode(const char *mode)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/mode.job", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "[global]\niommu_mode=%s\n[w]\nworkload=map_unmap\n", mode);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void asks_for_what_serves(void **state)
{
	struct vb_fault f = { .ops = vb_fault_find("rmmod-in-use") };

	delete_module_error = EWOULDBLOCK;
	f.job = job_with_mode("vfio_type1v2_iommu");
	*asked = '\0';
	assert_int_equal(f.ops->inject(&f), 0);
	assert_non_null(strstr(asked, "vfio_iommu_type1 "));
	strcpy(variant_loaded, "vfio_iommu_type1_per_request");
	*asked = '\0';
	assert_int_equal(f.ops->inject(&f), 0);
	/* Stock's serves nobody now, and may go. */
	assert_null(strstr(asked, "vfio_iommu_type1 "));
	assert_non_null(strstr(asked, "vfio_iommu_type1_per_request "));
	goes = variant_loaded;
	assert_true(f.ops->inject(&f) < 0);
	assert_non_null(strstr(f.said, "vfio_iommu_type1_per_request went while a run used it"));
	goes = NULL;
	*variant_loaded = '\0';
	f.job = job_with_mode("iommufd");
	*asked = '\0';
	assert_int_equal(f.ops->inject(&f), 0);
	assert_null(strstr(asked, "type1"));
	assert_non_null(strstr(asked, "iommufd "));
}

enum vb_module_state __wrap_vb_module_state(const char *name)
{
	return VB_MODULE_LOADED;
}

static void module_went(void **state)
{
	struct vb_fault f = { .ops = vb_fault_find("rmmod-in-use") };

	delete_module_error = 0;
	f.job = job_with_mode("vfio_type1v2_iommu");
	assert_true(f.ops->inject(&f) < 0);
	assert_non_null(strstr(f.said, "vfio_bench went while a run used it"));
	delete_module_error = ENOENT;
	assert_true(f.ops->inject(&f) < 0);
	assert_non_null(strstr(f.said, "not as in use"));
	delete_module_error = EWOULDBLOCK;
	assert_int_equal(f.ops->inject(&f), 0);
}

/* A program in vfio-bench's place that says @text and ends with exit status 1. */
static void second_says(struct vb_fault *f, const char *text)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/says", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\ncat <<'END'\n%s\nEND\nexit 1\n", text);
	assert_int_equal(fchmod(fileno(file), 0700) | fclose(file), 0);
	f->program = path;
	f->device = "0000:41:00.0";
}

static void second_not_refused(void **state)
{
	struct vb_fault f = { .ops = vb_fault_find("second-instance"), .program = "/bin/true",
			      .work = folder, .job = "null", .holder = getpid() };

	assert_true(f.ops->inject(&f) < 0);
	assert_non_null(strstr(f.said, "not refused"));
	f.program = "/bin/false";
	assert_true(f.ops->inject(&f) < 0);
	assert_non_null(strstr(f.said, "but not as open elsewhere"));
	/* It is refused for another reason, with words that could be taken for this one's. */
	second_says(&f, "0000:41:00.0: /dev/vfio/7 can't be used: refused, see 'fuser -v /dev/vfio/7'");
	assert_true(f.ops->inject(&f) < 0);
	assert_non_null(strstr(f.said, "but not as open elsewhere"));
	second_says(&f, "0000:42:00.0: /dev/vfio/7 is open elsewhere");
	assert_true(f.ops->inject(&f) < 0);
	second_says(&f, "0000:41:00.0: /dev/vfio/7 is open elsewhere: end the program that has it");
	assert_int_equal(f.ops->inject(&f), 0);
}

/* What waits for ever, as a removal does that nobody honours. */
static void not_honoured(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(vb_fault_write_bounded(path, "1", 1), -ETIMEDOUT);
	assert_int_equal(vb_fault_write_bounded("/proc/self/no-such", "1", 1), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_audit),
		cmocka_unit_test(workers_are_told_from_the_kernels),
		cmocka_unit_test(wrong_counts),
		cmocka_unit_test(not_incomplete),
		cmocka_unit_test(not_complete),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(wrong_times),
		cmocka_unit_test(trusted_after_oom),
		cmocka_unit_test(deadlock_not_noticed),
		cmocka_unit_test(not_refused),
		cmocka_unit_test(module_went),
		cmocka_unit_test(asks_for_what_serves),
		cmocka_unit_test(second_not_refused),
		cmocka_unit_test(not_honoured),
		cmocka_unit_test(not_settled),
		cmocka_unit_test(next_run_fails),
		cmocka_unit_test(killed_inside),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
