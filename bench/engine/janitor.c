// SPDX-License-Identifier: GPL-2.0-or-later
/* Cleaning up after a supervisor that was killed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/engine/janitor.h"
#include "bench/engine/job.h"
#include "lib/machine/restore.h"

#define TRIES		1000	/* times 10 ms for the janitor to end */
#define MAX_KEPT	VB_MAX_CONTAINERS

static void pause_briefly(void)
{
	struct timespec ts = { 0, 10000000 };

	nanosleep(&ts, NULL);
}

static void janitor_main(int fd, const struct vb_restore_options *options) __attribute__((noreturn));

/* What it is told. */
enum { END = 'e', KEEP = 'k', OF = 'o', DROP = 'd' };

struct message {
	struct msghdr header;
	struct iovec word;
	char byte;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
};

static void message_init(struct message *m, char byte)
{
	memset(m, 0, sizeof(*m));
	m->byte = byte;
	m->word = (struct iovec){ &m->byte, 1 };
	m->header = (struct msghdr){
		.msg_iov = &m->word, .msg_iovlen = 1,
		.msg_control = &m->control, .msg_controllen = sizeof(m->control),
	};
}

/* What it was told, with the file that came with that, or -1; 0: nobody is left to tell it. */
static char listen_to(int fd, int *file)
{
	struct message m;
	struct cmsghdr *c;
	ssize_t n;

	message_init(&m, 0);
	*file = -1;
	do
		n = recvmsg(fd, &m.header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n > 0 ? CMSG_FIRSTHDR(&m.header) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(file, CMSG_DATA(c), sizeof(*file));
	return n > 0 ? m.byte : 0;
}

struct kept {
	int file[MAX_KEPT];
	int nr;
	int process;			/* whose they are, a pidfd; -1: none */
};

static void keep(struct kept *k, int file)
{
	if (k->nr < MAX_KEPT)
		k->file[k->nr++] = file;
	else
		close(file);
}

static void drop(struct kept *k)
{
	while (k->nr)
		close(k->file[--k->nr]);
	if (k->process >= 0)
		close(k->process);
	k->process = -1;
}

/* A pidfd tells of a process's end when the last of its threads has closed its files. */
static void wait_for(const struct kept *k)
{
	struct pollfd p = { .fd = k->process, .events = POLLIN };

	if (k->process >= 0)
		poll(&p, 1, TRIES * 10);
}

/* Its end without END says that we are needed. */
static void janitor_main(int fd, const struct vb_restore_options *options)
{
	struct vb_restore_summary summary;
	struct kept kept = { .process = -1 };
	char told;
	int file;

	setsid();	/* the terminal's ^C is the supervisor's to answer */
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD)	/* ignored, the steps' statuses would be lost */
			signal(sig, SIG_IGN);
	do {
		told = listen_to(fd, &file);
		if (told == DROP)
			drop(&kept);
		else if (told == OF)
			kept.process = file;
		else if (file >= 0)
			keep(&kept, file);
	} while (told && told != END);
	if (!told) {
		wait_for(&kept);
		vb_restore(options, NULL, NULL, &summary);
	}
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
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
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

/* SIGPIPE is ignored (vb_signals_init()): it may have been killed. */
static bool tell(struct vb_janitor *j, char what, int file)
{
	struct message m;
	struct cmsghdr *c;

	message_init(&m, what);
	if (file < 0) {
		m.header.msg_control = NULL;
		m.header.msg_controllen = 0;
	} else {
		c = CMSG_FIRSTHDR(&m.header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(file));
		memcpy(CMSG_DATA(c), &file, sizeof(file));
	}
	return sendmsg(j->fd, &m.header, MSG_NOSIGNAL) == 1;
}

void vb_janitor_keep(struct vb_janitor *j, const int *file, unsigned int nr)
{
	int process = j->fd < 0 || !nr ? -1 : (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (process < 0)
		return;
	for (unsigned int i = 0; i < nr; i++)
		tell(j, KEEP, file[i]);
	tell(j, OF, process);
	close(process);
}

void vb_janitor_drop(struct vb_janitor *j)
{
	if (j->fd >= 0)
		tell(j, DROP, -1);
}

void vb_janitor_let_go(struct vb_janitor *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* Told to end, not left to see the socket close: a hung worker may hold a copy of it. */
void vb_janitor_end(struct vb_janitor *j)
{
	if (j->pid <= 0)
		return;
	if (j->fd >= 0)
		tell(j, END, -1);
	vb_janitor_let_go(j);
	for (int try = 0; try < TRIES && waitpid(j->pid, NULL, WNOHANG) == 0; try++)
		pause_briefly();
	j->pid = 0;
}
