// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters of this kernel and this process. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/machine/counters.h"

/* A process that ends before any that the test could start. */
#define NO_SUCH_PID 0x7ffffff0

static void test_foll_pins(void **state)
{
	struct vb_foll_pins pins;
	int err = vb_foll_pins_read(&pins);

	assert_true(err == 0 || err == -EACCES || err == -ENOENT || err == -EROFS);
	if (pins.known)
		assert_true(pins.acquired >= pins.released);
	else
		assert_int_equal(pins.acquired + pins.released, 0);
}

static void test_locked(void **state)
{
	struct vb_locked before, during, after;
	struct rlimit limit;
	size_t bytes = 64 << 10;
	void *addr;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur < bytes) {
		print_message("# RLIMIT_MEMLOCK is too small\n");
		return;
	}
	assert_int_equal(vb_locked_read(0, &before), 0);
	addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(addr, MAP_FAILED);
	/* not mlock(): the address sanitizer makes it do nothing */
	assert_int_equal(syscall(SYS_mlock, addr, bytes), 0);
	assert_int_equal(vb_locked_read(getpid(), &during), 0);
	assert_int_equal(during.locked_bytes, before.locked_bytes + bytes);
	munmap(addr, bytes);
	assert_int_equal(vb_locked_read(0, &after), 0);
	assert_int_equal(after.locked_bytes, before.locked_bytes);
	assert_int_equal(after.pinned_bytes, before.pinned_bytes);
	assert_int_equal(vb_locked_read(NO_SUCH_PID, &after), -ESRCH);
	assert_int_equal(after.locked_bytes, 0);
}

static void test_thread(void **state)
{
	struct vb_thread_stat first, second;

	assert_int_equal(vb_thread_stat_read(getpid(), gettid(), &first), 0);
	assert_int_equal(first.state, 'R');
	assert_in_range(first.cpu, 0, 65535);
	do {
		for (volatile int i = 0; i < 1000000; i++)
			;
		assert_int_equal(vb_thread_stat_read(getpid(), gettid(), &second), 0);
	} while (second.cpu_ticks < first.cpu_ticks + 2);
	assert_int_equal(vb_thread_stat_read(NO_SUCH_PID, NO_SUCH_PID, &second), -ESRCH);
}

static void test_thread_cpu(void **state)
{
	struct vb_thread_stat stat;
	cpu_set_t old, one;
	int last = -1;

	assert_int_equal(sched_getaffinity(0, sizeof(old), &old), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &old))
			last = cpu;
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(vb_thread_stat_read(getpid(), gettid(), &stat), 0);
	assert_int_equal(stat.cpu, last);
	sched_setaffinity(0, sizeof(old), &old);
}

/* A name may look like the rest of the line. */
static void test_strange_name(void **state)
{
	struct vb_thread_stat stat;
	char old[16];

	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "x) D 1 (2 ) 3 (");
	assert_int_equal(vb_thread_stat_read(getpid(), gettid(), &stat), 0);
	prctl(PR_SET_NAME, old);
	assert_int_equal(stat.state, 'R');
}

static void test_zombie(void **state)
{
	struct vb_thread_stat stat = { 0 };
	struct vb_locked locked;
	pid_t pid = fork();
	int err, tries = 0;

	if (!pid)
		_exit(0);
	do {
		usleep(1000);
		err = vb_thread_stat_read(pid, pid, &stat);
	} while (!err && stat.state != 'Z' && ++tries < 5000);
	assert_int_equal(err, 0);
	assert_int_equal(stat.state, 'Z');
	assert_int_equal(vb_locked_read(pid, &locked), 0);
	assert_int_equal(locked.locked_bytes, 0);
	waitpid(pid, NULL, 0);
	assert_int_equal(vb_thread_stat_read(pid, pid, &stat), -ESRCH);
}

static void test_stacks(void **state)
{
	char path[] = "/tmp/vfio-bench-stacks-XXXXXX", line[512], mine[64];
	unsigned int in_d = 12345;
	int fd = mkstemp(path), err;
	bool found = false;
	FILE *file;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "heading\n", 8), 8);
	err = vb_stacks_write(fd, &in_d);
	assert_true(err == 0 || err == -EACCES || err == -EPERM);
	assert_int_not_equal(in_d, 12345);
	/* appended, and still open */
	assert_int_equal(write(fd, "end\n", 4), 4);
	close(fd);
	file = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "heading\n");
	snprintf(mine, sizeof(mine), " pid %d tid %d state ", (int)getpid(), (int)gettid());
	while (fgets(line, sizeof(line), file))
		found |= !!strstr(line, mine);
	assert_true(found);
	assert_string_equal(line, "end\n");
	fclose(file);
	unlink(path);
	assert_int_equal(vb_stacks_write(-1, &in_d), -EBADF);
}

static void test_taint(void **state)
{
	uint64_t taint;

	assert_int_equal(vb_taint_read(&taint), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foll_pins),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_thread_cpu),
		cmocka_unit_test(test_strange_name),
		cmocka_unit_test(test_zombie),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_taint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
