// SPDX-License-Identifier: GPL-2.0-or-later
/* Cleaning up after a supervisor that was killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/engine/janitor.h"
#include "lib/machine/restore.h"

#define TRIES		1000	/* times 10 ms for the janitor to end */

static void pause_briefly(void)
{
	struct timespec ts = { 0, 10000000 };

	nanosleep(&ts, NULL);
}

static void janitor_main(int fd, const struct vb_restore_options *options) __attribute__((noreturn));

/* A byte in the pipe says that all is well; its end without one, that we are needed. */
static void janitor_main(int fd, const struct vb_restore_options *options)
{
	struct vb_restore_summary summary;
	char byte;

	setsid();	/* the terminal's ^C is the supervisor's to answer */
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD)	/* ignored, the steps' statuses would be lost */
			signal(sig, SIG_IGN);
	if (read(fd, &byte, 1) == 0)
		vb_restore(options, NULL, NULL, &summary);
	_exit(0);
}

int vb_janitor_start(struct vb_janitor *j)
{
	struct vb_restore_options options = {
		.owner = getpid(),
		.owner_start = vb_owner_start(getpid()),
	};
	int fds[2];

	*j = (struct vb_janitor){ .fd = -1 };
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	j->pid = fork();
	if (j->pid == 0) {
		close(fds[1]);
		janitor_main(fds[0], &options);
	}
	close(fds[0]);
	if (j->pid < 0) {
		close(fds[1]);
		return -EAGAIN;
	}
	j->fd = fds[1];
	return 0;
}

void vb_janitor_let_go(struct vb_janitor *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/*
 * Told to end, not left to see the pipe close: a hung worker may hold a copy of it.
 * SIGPIPE is ignored (vb_signals_init()): it may have been killed.
 */
void vb_janitor_end(struct vb_janitor *j)
{
	if (j->pid <= 0)
		return;
	if (j->fd >= 0 && write(j->fd, "", 1) < 0)
		vb_janitor_let_go(j);
	vb_janitor_let_go(j);
	for (int try = 0; try < TRIES && waitpid(j->pid, NULL, WNOHANG) == 0; try++)
		pause_briefly();
	j->pid = 0;
}
