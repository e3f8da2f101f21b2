// SPDX-License-Identifier: GPL-2.0-or-later
/* Other programs, in bounded time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/fault/common/common.h"
#include "lib/machine/counters.h"
#include "lib/measure/clock.h"

#define MAX_ARGS 64

void vb_fault_sleep_ns(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	nanosleep(&ts, NULL);
}

int vb_fault_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int vb_fault_signal(struct vb_fault *f, int sig)
{
	if (!vb_fault_lives(f->run))
		return vb_fault_say(f, -EAGAIN, "the run ended before the signal");
	return kill(f->run, sig) ? vb_fault_say(f, -errno, "kill: %s", strerror(errno)) : 0;
}

bool vb_fault_lives(pid_t pid)
{
	struct vb_thread_stat stat;

	return pid > 0 && !vb_thread_stat_read(pid, pid, &stat) && stat.state != 'Z' &&
	       stat.state != 'X';
}

static void be_program(const char *const *args, int out) __attribute__((noreturn));

static void be_program(const char *const *args, int out)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	execvp(args[0], (char *const *)args);
	_exit(127);
}

/* Until the pipe's end is closed or @deadline_ns; what does not fit is dropped. */
static bool drain(int fd, uint64_t deadline_ns, char *said, size_t size)
{
	size_t used = 0;
	char buf[512];

	for (;;) {
		uint64_t now = vb_now_ns();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		said[used] = '\0';
		if (now >= deadline_ns)
			return false;
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return true;
		if ((size_t)n > size - 1 - used)
			n = (ssize_t)(size - 1 - used);
		memcpy(said + used, buf, (size_t)n);
		used += (size_t)n;
	}
}

static int wait_bounded(pid_t pid, uint64_t deadline_ns)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (vb_now_ns() >= deadline_ns) {
			kill(pid, SIGKILL);
			vb_fault_sleep_ns(200000000);
			waitpid(pid, &status, WNOHANG);
			return -ETIMEDOUT;
		}
		vb_fault_sleep_ns(2000000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int vb_fault_write_bounded(const char *path, const char *text, unsigned int limit_s)
{
	pid_t pid = fork();

	if (pid < 0)
		return -EAGAIN;
	if (pid == 0)
		_exit(-vb_fault_write(path, text) & 0xff);
	/* wait_bounded() tells the status, which is an errno here. */
	int ret = wait_bounded(pid, vb_now_ns() + limit_s * 1000000000ull);

	return ret > 0 ? -ret : ret;
}

int vb_fault_execute(const char *const *args, unsigned int limit_s, char *said, size_t size)
{
	uint64_t deadline_ns = vb_now_ns() + limit_s * 1000000000ull;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		be_program(args, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -EAGAIN;
	}
	if (!drain(fds[0], deadline_ns, said, size))
		kill(pid, SIGKILL);
	close(fds[0]);
	return wait_bounded(pid, deadline_ns + 1000000000ull);
}

int vb_fault_program(struct vb_fault *f, unsigned int limit_s, char *said, size_t size,
		     const char *const *args)
{
	const char *all[MAX_ARGS] = { f->program };
	size_t nr = 1;

	while (*args && nr < MAX_ARGS - 1)
		all[nr++] = *args++;
	all[nr] = NULL;
	return vb_fault_execute(all, limit_s, said, size);
}

int vb_fault_run_like(struct vb_fault *f, const char *output, const char *set, char *said,
		      size_t size)
{
	const char *args[MAX_ARGS] = { "run", f->job, "--quiet", "--output", output };
	size_t nr = 5;

	if (f->device) {
		args[nr++] = "--device";
		args[nr++] = f->device;
	}
	if (f->variant && *f->variant) {
		args[nr++] = "--variant";
		args[nr++] = f->variant;
	}
	if (f->variant_dir) {
		args[nr++] = "--variant-dir";
		args[nr++] = f->variant_dir;
	}
	if (f->accept_loss)
		args[nr++] = "--accept-loss";
	if (f->acknowledge_others)
		args[nr++] = "--acknowledge-others";
	for (const char *const *s = f->set; s && *s && nr < MAX_ARGS - 4; s++) {
		args[nr++] = "--set";
		args[nr++] = *s;
	}
	if (set) {
		args[nr++] = "--set";
		args[nr++] = set;
	}
	args[nr] = NULL;
	return vb_fault_program(f, 60, said, size, args);
}
