// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fd_pass: a process opens a container, maps and pins, sends the mdev's fd to
 * another (SCM_RIGHTS) and ends.  The fd keeps group, container, mappings and
 * pins alive, its new owner goes on using it, and its close ends them all.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

enum { PASSED, PINNED_PAGES };
static const char *const counts[] = { "fds_passed", "pages_pinned_by_mdev", NULL };

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static int send_fd(int socket, int fd)
{
	union control control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* The fd, or -errno. */
static int receive_fd(int socket)
{
	union control control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return -ECHILD;
	c = CMSG_FIRSTHDR(&message);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static int map_and_pin(struct vb_worker *w, struct vb_container *c, uint64_t *pages)
{
	uint64_t size = w->section->size_bytes;
	struct vb_memory memory;
	int ret = vb_memory_alloc(&memory, w->section->backing, w->window->plan->size_bytes,
				  w->window->plan->mem_node);

	for (unsigned int i = 0; i < w->section->count && !ret; i++)
		ret = vb_iommu_map(&c->iommu, (char *)memory.addr + i * size, w->iova + i * size, size,
				   VB_PROT_READ | VB_PROT_WRITE);
	return ret ? ret : vb_own_pin(w, c, pages);
}

/* The first owner: tells how many pages are pinned, or -errno, and sends the fd. */
static int owner(struct vb_worker *w, int fd)
{
	struct vb_container c;
	uint64_t pages = 0;
	int64_t word;
	int ret = vb_own_open(w, &c);

	if (!ret)
		ret = map_and_pin(w, &c, &pages);
	vb_own_tell(fd, ret ? ret : (int64_t)pages);
	if (!ret)
		ret = send_fd(fd, c.mdev[0].fd);
	if (!ret)
		vb_own_hear(fd, &word);
	return ret;
}

/* The first owner is gone: all of it has to be there still, and to work. */
static int use(struct vb_worker *w, struct vb_mdev *mdev, uint64_t pages, uint64_t before)
{
	const struct vb_iommu_ops *iommu = w->container->plan->run->global.iommu;
	unsigned int every = w->section->pin_every;
	struct vb_ioc_stats stats;
	int ret = vb_mdev_stats(mdev, &stats);

	if (ret)
		return ret;
	vb_op_verify(w, stats.counters.outstanding_pages == pages,
		     "the mdev lost pins when the process that made them ended");
	/*
	 * The assigned device was gone when its fds were closed, and with it what the
	 * IOMMU held (vfio_iommu_unmap_unpin_reaccount(), iopt_unfill_domain()): the
	 * mdev's pins are what is left.
	 */
	if (before != UINT64_MAX)
		vb_op_verify(w, vb_own_foll_pins() - before == pages,
			     "the kernel does not hold as many pages as the mdev has pinned");
	/* An open device keeps its group open where there is a container (vfio_group_use_container()). */
	vb_op_verify(w, vb_mdev_available(mdev, iommu) == (iommu->join == VB_JOIN_GROUP_OPEN ? 0 : -EBUSY),
		     "an open device could be opened by the same way again");
	ret = every ? vb_mdev_unpin(mdev, w->iova, w->section->size_bytes * every,
				    (w->section->count + every - 1) / every, w->section->pin_pages,
				    NULL) : 0;
	if (!ret)
		ret = vb_mdev_stats(mdev, &stats);
	if (!ret)
		vb_op_verify(w, !stats.counters.outstanding_pages, "the new owner could not unpin all");
	return ret;
}

/* The last close takes the container with it. */
static void close_last(struct vb_worker *w, struct vb_mdev *mdev, uint64_t before)
{
	uint64_t start = vb_now_ns(), end;

	vb_mdev_close_device(mdev);
	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_CONTAINER_CLOSE, 0, start, end, 0);
	vb_hist_add(&w->shared->hist[VB_METRIC_CONTAINER_CLOSE], end - start);
	if (before != UINT64_MAX)
		vb_op_verify(w, vb_own_foll_pins() == before, "pages stayed pinned after the last close");
	vb_op_verify(w, !vb_mdev_available(mdev, w->container->plan->run->global.iommu),
		     "the mdev is still in use");
	vb_mdev_close(mdev);
}

static int step(struct vb_worker *w)
{
	uint64_t before = vb_own_foll_pins();
	struct vb_mdev mdev = w->container->mdev[0];
	struct vb_own_child process;
	int64_t pages = 0;
	int ret = vb_own_child_start(&process, w, owner);

	if (!ret)
		ret = vb_own_hear(process.fd, &pages);
	if (!ret && pages < 0)
		ret = (int)pages;
	if (!ret) {
		mdev.fd = receive_fd(process.fd);
		ret = mdev.fd < 0 ? mdev.fd : 0;
	}
	if (!ret)
		ret = vb_own_tell(process.fd, 0);
	if (!ret)
		ret = vb_own_child_reap(&process, w);
	vb_own_child_end(&process, w);
	if (!ret) {
		w->shared->tally.count[PASSED]++;
		w->shared->tally.count[PINNED_PAGES] += (uint64_t)pages;
		ret = use(w, &mdev, (uint64_t)pages, before);
	}
	if (mdev.fd >= 0)
		close_last(w, &mdev, before);
	return ret;
}

const struct vb_workload_ops vb_workload_fd_pass = {
	.name = "fd_pass",
	.summary = "an mdev's fd is passed on, its first owner ends, the second unpins and closes",
	.needs_root = "opens containers",
	.counts = counts,
	.needs_mdev = true,
	.own_container = true,
	.own_memory = true,
	.min_mdevs = 1,
	.step = step,
};
