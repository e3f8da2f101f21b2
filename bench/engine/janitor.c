// SPDX-License-Identifier: GPL-2.0-or-later
/* Cleaning up after a supervisor that was killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/engine/janitor.h"

#define MAX_MDEVS	64
#define TRIES		1000	/* times 10 ms for the dead supervisor's workers to let go */

enum kind { KIND_MDEV, KIND_VARIANT, KIND_TRACE, KIND_FORGET, KIND_END };

/* Smaller than PIPE_BUF: arrives whole. */
struct record {
	enum kind kind;
	struct vb_mdev mdev;
	char name[VB_VARIANT_NAME_MAX];
	char module[80];
};

struct duties {
	unsigned int nr_mdevs;
	struct vb_mdev mdev[MAX_MDEVS];
	struct vb_variant variant;	/* name "": none */
	char trace[VB_TRACE_NAME_MAX];	/* "": none */
};

static void take(struct duties *d, const struct record *r)
{
	switch (r->kind) {
	case KIND_MDEV:
		if (d->nr_mdevs < MAX_MDEVS)
			d->mdev[d->nr_mdevs++] = r->mdev;
		break;
	case KIND_VARIANT:
		memcpy(d->variant.name, r->name, sizeof(r->name));
		memcpy(d->variant.module, r->module, sizeof(r->module));
		d->variant.loaded = true;
		break;
	case KIND_TRACE:
		snprintf(d->trace, sizeof(d->trace), "%.*s", VB_TRACE_NAME_MAX - 1, r->name);
		break;
	case KIND_FORGET:
		d->nr_mdevs = 0;
		d->variant.name[0] = '\0';
		d->trace[0] = '\0';
		break;
	case KIND_END:
		_exit(0);
	}
}

static void pause_briefly(void)
{
	struct timespec ts = { 0, 10000000 };

	nanosleep(&ts, NULL);
}

/* The workers die with the supervisor; their fds close a moment later. */
static void clean(struct duties *d)
{
	for (int try = 0; *d->trace && try < TRIES && vb_trace_remove(d->trace) == -EBUSY; try++)
		pause_briefly();
	for (unsigned int i = 0; i < d->nr_mdevs; i++)
		for (int try = 0; try < TRIES && vb_mdev_remove(&d->mdev[i]) == -EBUSY; try++)
			pause_briefly();
	for (int try = 0; *d->variant.name && try < TRIES; try++) {
		if (vb_variant_unload(&d->variant) != -EBUSY)
			break;
		pause_briefly();
	}
}

static void janitor_main(int fd) __attribute__((noreturn));

static void janitor_main(int fd)
{
	static struct duties duties;
	struct record r;

	setsid();	/* the terminal's ^C is the supervisor's to answer */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	while (read(fd, &r, sizeof(r)) == sizeof(r))
		take(&duties, &r);
	clean(&duties);
	_exit(0);
}

int vb_janitor_start(struct vb_janitor *j)
{
	int fds[2];

	*j = (struct vb_janitor){ .fd = -1 };
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	j->pid = fork();
	if (j->pid == 0) {
		close(fds[1]);
		janitor_main(fds[0]);
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

/* SIGPIPE is ignored (vb_signals_init()): if it was killed, we clean up alone. */
static void tell(struct vb_janitor *j, const struct record *r)
{
	if (j->fd >= 0 && write(j->fd, r, sizeof(*r)) < 0)
		vb_janitor_let_go(j);
}

void vb_janitor_note_mdev(struct vb_janitor *j, const struct vb_mdev *mdev)
{
	struct record r = { .kind = KIND_MDEV, .mdev = *mdev };

	tell(j, &r);
}

void vb_janitor_note_variant(struct vb_janitor *j, const struct vb_variant *v)
{
	struct record r = { .kind = KIND_VARIANT };

	memcpy(r.name, v->name, sizeof(r.name));
	memcpy(r.module, v->module, sizeof(r.module));
	tell(j, &r);
}

void vb_janitor_note_trace(struct vb_janitor *j, const char *name)
{
	struct record r = { .kind = KIND_TRACE };

	snprintf(r.name, sizeof(r.name), "%s", name);
	tell(j, &r);
}

void vb_janitor_forget(struct vb_janitor *j)
{
	struct record r = { .kind = KIND_FORGET };

	tell(j, &r);
}

/* Told to end, not left to see the pipe close: a hung worker may hold a copy of it. */
void vb_janitor_end(struct vb_janitor *j)
{
	struct record r = { .kind = KIND_END };

	if (j->pid <= 0)
		return;
	tell(j, &r);
	vb_janitor_let_go(j);
	for (int try = 0; try < TRIES && waitpid(j->pid, NULL, WNOHANG) == 0; try++)
		pause_briefly();
	j->pid = 0;
}
