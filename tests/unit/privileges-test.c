// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving up root for good, and giving a result away. As root; who is not skips what needs it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bench/engine/privileges.h"
#include "lib/machine/memory.h"
#include "lib/result/dir.h"

#define USER 1234
#define GROUP 2345

static const struct vb_privileges to_user = { .dropped = true, .uid = USER, .gid = GROUP };

static void need_root(void)
{
	if (geteuid())
		skip();
}

static void caller(const char *uid, const char *gid)
{
	if (uid)
		setenv("SUDO_UID", uid, 1);
	else
		unsetenv("SUDO_UID");
	if (gid)
		setenv("SUDO_GID", gid, 1);
	else
		unsetenv("SUDO_GID");
}

static void test_who_called(void **state)
{
	static const char *const bad[] = { "", "0", "-1", "4294967295", "99999999999", "1 ", "x", "1x", "0x10", "+1" };
	uid_t uid;
	gid_t gid;

	need_root();
	caller("1234", "2345");
	assert_true(vb_calling_user(&uid, &gid));
	assert_int_equal(uid, USER);
	assert_int_equal(gid, GROUP);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		caller(bad[i], "2345");
		assert_false(vb_calling_user(&uid, &gid));
	}
	caller("1234", NULL);
	assert_false(vb_calling_user(&uid, &gid));
	caller(NULL, "2345");
	assert_false(vb_calling_user(&uid, &gid));
}

/* The exit status of @child in a process of its own. */
static int in_child(int (*child)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool has_line(const char *path, const char *line)
{
	char text[256];
	FILE *file = fopen(path, "r");
	bool found = false;

	while (file && !found && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		found = !strcmp(text, line);
	}
	if (file)
		fclose(file);
	return found;
}

static volatile pid_t other_tid;

static void *other_thread(void *arg)
{
	other_tid = gettid();
	/* The change of ids ends a pause. */
	for (;;)
		pause();
	return NULL;
}

/* With a second thread, as the recorder is one; 0, or where it failed. */
static int drop(void)
{
	static const char *const lines[] = {
		"Uid:\t1234\t1234\t1234\t1234", "Gid:\t2345\t2345\t2345\t2345", "CapInh:\t0000000000000000",
		"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapAmb:\t0000000000000000",
		"NoNewPrivs:\t1",
	};
	const pid_t parent = getppid();
	char path[64];
	pthread_t thread;
	struct rlimit limit;

	if (vb_privileges_seal(&to_user) || pthread_create(&thread, NULL, other_thread, NULL))
		return 1;
	while (!other_tid)
		usleep(1000);
	if (vb_privileges_drop(&to_user, parent))
		return 2;
	for (size_t i = 0; i < 2 * sizeof(lines) / sizeof(*lines); i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)(i % 2 ? other_tid : gettid()));
		if (!has_line(path, lines[i / 2]))
			return 10 + (int)i;
	}
	if (getgroups(0, NULL) || !setuid(0) || !seteuid(0) || !setgid(0) || !access("/proc/1/environ", R_OK))
		return 3;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur != limit.rlim_max)
		return 4;
	return 0;
}

static void test_dropped(void **state)
{
	need_root();
	assert_int_equal(in_child(drop), 0);
}

/* Root opened what says which pages are behind memory: that can still be read. */
static int look(void)
{
	static char page[4096];
	struct vb_folios folios = { 0 };
	struct vb_memory memory = { 0 };
	uint64_t before, after;

	page[0] = 1;
	/* In some containers not even root may look. */
	if (vb_memory_pfns(page, 1, &before) || !before)
		return 77;
	if (vb_privileges_drop(&to_user, getppid()))
		return 2;
	if (vb_memory_pfns(page, 1, &after) || after != before)
		return 3;
	memory.addr = (void *)((uintptr_t)page & ~4095ul);
	memory.size_bytes = 4096;
	return vb_memory_folios(&memory, &folios) ? 4 : 0;
}

static void test_still_looks(void **state)
{
	int status;

	need_root();
	status = in_child(look);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* Two generations: the one in between dies, the one that dropped has to. */
static void test_dies_with_its_parent(void **state)
{
	int fds[2];
	char byte;
	pid_t pid;

	need_root();
	assert_int_equal(pipe(fds), 0);
	/* What it is about would have this wait for ever. */
	alarm(30);
	pid = fork();
	if (!pid) {
		pid_t parent = getpid();

		if (!fork()) {
			close(fds[0]);
			if (vb_privileges_drop(&to_user, parent) || write(fds[1], "x", 1) != 1)
				_exit(1);
			pause();
		}
		close(fds[1]);
		pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* The pipe's other end closes with it. */
	assert_int_equal(read(fds[0], &byte, 1), 0);
	alarm(0);
	close(fds[0]);
}

/* A parent that has gone meanwhile is no reason to go on. */
static int drop_orphaned(void)
{
	return vb_privileges_drop(&to_user, 1 + getppid()) == -ECHILD ? 0 : 1;
}

static void test_orphaned(void **state)
{
	need_root();
	assert_int_equal(in_child(drop_orphaned), 0);
}

static void owner(int at, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;

	assert_int_equal(fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, gid);
}

/* Everything but what leads out of the folder. */
static void test_result_given(void **state)
{
	char top[] = "/tmp/vfio-bench-test-XXXXXX", path[128], outside[128], command[160];
	struct vb_result_dir dir;
	int run;

	need_root();
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/r", top);
	snprintf(outside, sizeof(outside), "%s/outside", top);
	assert_int_equal(vb_result_create(&dir, path), 0);
	run = vb_result_run_dir(&dir, 0, "a");
	assert_true(run >= 0);
	assert_int_equal(vb_result_write(dir.fd, "meta.json", "{}", 2), 0);
	assert_int_equal(vb_result_write(run, "result.json", "{}", 2), 0);
	assert_int_equal(close(open(outside, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlinkat(outside, run, "link"), 0);
	assert_int_equal(linkat(AT_FDCWD, outside, dir.fd, "name", 0), 0);
	assert_int_equal(vb_result_give(&dir, USER, GROUP), 0);
	owner(dir.fd, ".", USER, GROUP);
	owner(dir.fd, "meta.json", USER, GROUP);
	owner(dir.runs_fd, ".", USER, GROUP);
	owner(run, ".", USER, GROUP);
	owner(run, "result.json", USER, GROUP);
	owner(AT_FDCWD, outside, 0, 0);
	owner(AT_FDCWD, top, 0, 0);
	close(run);
	vb_result_abandon(&dir);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_called), cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_still_looks), cmocka_unit_test(test_dies_with_its_parent),
		cmocka_unit_test(test_orphaned), cmocka_unit_test(test_result_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
