// SPDX-License-Identifier: GPL-2.0-or-later
/* Containers and processes of a workload's own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "lib/machine/facts.h"

int vb_own_open(struct vb_worker *w, struct vb_container *c)
{
	int ret;

	*c = *w->container;
	pthread_mutex_init(&c->guard.mutex, NULL);
	ret = vb_container_open(c, c->plan);
	if (ret)
		vb_step_failed(w, "%s", c->shared->error_where);
	return ret;
}

void vb_own_close(struct vb_container *c)
{
	vb_container_close(c);
	pthread_mutex_destroy(&c->guard.mutex);
}

int vb_own_pin(struct vb_worker *w, struct vb_container *c, uint64_t *pages)
{
	const struct vb_section *s = w->section;
	unsigned int pinned;
	int ret;

	*pages = 0;
	if (!s->pin_every || !c->nr_mdevs)
		return 0;
	pinned = (s->count + s->pin_every - 1) / s->pin_every;
	ret = vb_mdev_window(&c->mdev[0], w->iova, w->window->plan->size_bytes);
	if (!ret)
		ret = vb_mdev_pin(&c->mdev[0], w->iova, s->size_bytes * s->pin_every, pinned,
				  s->pin_pages, NULL);
	if (!ret)
		*pages = (uint64_t)pinned * s->pin_pages;
	return ret;
}

static void be_child(struct vb_worker *w, int (*run)(struct vb_worker *w, int fd), int fd,
		     pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EINTR);
	_exit(-run(w, fd) & 0xff);
}

int vb_own_child_start(struct vb_own_child *child, struct vb_worker *w,
		       int (*run)(struct vb_worker *w, int fd))
{
	pid_t self = getpid();
	int fds[2];

	*child = (struct vb_own_child){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	child->pid = fork();
	if (child->pid == 0) {
		close(fds[0]);
		be_child(w, run, fds[1], self);
	}
	close(fds[1]);
	if (child->pid < 0) {
		int err = -errno;

		close(fds[0]);
		child->pid = 0;
		return err;
	}
	child->fd = fds[0];
	atomic_store(&w->shared->child, child->pid);
	return 0;
}

int vb_own_tell(int fd, int64_t number)
{
	return send(fd, &number, sizeof(number), MSG_NOSIGNAL) == sizeof(number) ? 0 : -ECHILD;
}

int vb_own_hear(int fd, int64_t *number)
{
	ssize_t n;

	do {
		n = recv(fd, number, sizeof(*number), 0);
	} while (n < 0 && errno == EINTR);
	return n == sizeof(*number) ? 0 : -ECHILD;
}

int vb_own_child_reap(struct vb_own_child *child, struct vb_worker *w)
{
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(child->pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	atomic_store(&w->shared->child, 0);
	close(child->fd);
	*child = (struct vb_own_child){ .fd = -1 };
	if (pid < 0)
		return -ECHILD;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

void vb_own_child_end(struct vb_own_child *child, struct vb_worker *w)
{
	if (!child->pid)
		return;
	kill(child->pid, SIGKILL);
	vb_own_child_reap(child, w);
}

uint64_t vb_own_foll_pins(void)
{
	struct vb_foll_pins pins;

	if (!vb_in_lab() || vb_foll_pins_read(&pins) || !pins.known)
		return UINT64_MAX;
	return pins.acquired - pins.released;
}
