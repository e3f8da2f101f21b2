// SPDX-License-Identifier: GPL-2.0-or-later
/* Running gnuplot, lstopo and rsvg-convert: no shell, bounded time, their words kept. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/report/plot_impl.h"

#define PATIENCE_MS 30000

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* The exec's errno comes back through @failed, which closes when it succeeds. */
static void __attribute__((noreturn)) child(const char *dir, const char *const *argv, int words,
					    int failed)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null >= 0 && !chdir(dir) && dup2(null, 0) >= 0 && dup2(words, 1) >= 0 &&
	    dup2(words, 2) >= 0)
		execvp(argv[0], (char *const *)argv);
	error = errno;
	if (write(failed, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* Until the words end or time is up; what does not fit is dropped. False: time is up. */
static bool listen_to(int fd, char *said, size_t size)
{
	int64_t end = now_ms() + PATIENCE_MS;
	size_t used = 0;
	char buf[512];
	ssize_t n;

	said[0] = '\0';
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - now_ms();

		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return true;
		for (ssize_t i = 0; i < n; i++)
			if (used + 1 < size)
				said[used++] = buf[i] < ' ' ? ' ' : buf[i];
		said[used] = '\0';
	}
}

static int finish(pid_t pid, int words, int failed, char *said, size_t size)
{
	int status = 0, error = 0;
	bool ended = listen_to(words, said, size);

	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (read(failed, &error, sizeof(error)) == sizeof(error))
		return -error;
	if (!ended)
		return -ETIMEDOUT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int vb_plot_exec(const char *dir, const char *const *argv, char *said, size_t size)
{
	int words[2], failed[2], ret;
	pid_t pid;

	if (pipe2(words, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		ret = -errno;
		close(words[0]);
		close(words[1]);
		return ret;
	}
	pid = fork();
	ret = pid < 0 ? -errno : 0;
	if (!pid)
		child(dir, argv, words[1], failed[1]);
	close(words[1]);
	close(failed[1]);
	if (!ret)
		ret = finish(pid, words[0], failed[0], said, size);
	close(words[0]);
	close(failed[0]);
	return ret;
}
