// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults: what injecting one does, and that it says so when it was not what was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
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

static char folder[] = "/tmp/fault-inject-test.XXXXXX";

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	const char *const args[] = { "rm", "-rf", folder, NULL };
	char said[256];

	return vb_fault_execute(args, 10, said, sizeof(said));
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
	uint64_t rng = 7;
	struct vb_fault f = { .rng = &rng };
	int status;

	f.holder = start_asking(true);
	assert_int_equal(vb_fault_kill_inside(&f, &inside), 0);
	assert_int_equal(waitpid(f.holder, &status, 0), f.holder);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	f.holder = start_asking(false);
	assert_int_equal(vb_fault_kill_inside(&f, &inside), -ETIMEDOUT);
	kill(f.holder, SIGKILL);
	assert_int_equal(waitpid(f.holder, &status, 0), f.holder);
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
		cmocka_unit_test(workers_are_told_from_the_kernels),
		cmocka_unit_test(module_went),
		cmocka_unit_test(asks_for_what_serves),
		cmocka_unit_test(second_not_refused),
		cmocka_unit_test(not_honoured),
		cmocka_unit_test(killed_inside),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
