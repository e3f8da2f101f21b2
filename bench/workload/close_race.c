// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * close_race: a container's file and its last group's are closed at the same time, by two
 * processes.  From 5.12 to 6.2 vfio_fops_release() hands the container's iommu_data to the
 * driver's notify() without container->group_lock, and notify() waits for iommu->lock; the
 * group's close has that while it takes down what is mapped, and frees iommu_data then.
 *
 * The group's close is begun first, the container's a little later in each round, so
 * that it comes at every moment of it.  A third process keeps the CPU busy on which the
 * container is closed: who waits for a lock there sleeps, and wakes late.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

#define STEP_NS		20000ull	/* later in each round */
#define STEPS		32

enum { CLOSED };
static const char *const counts[] = { "closed_at_once", NULL };

/* Shared by the three processes. */
struct race {
	_Atomic int closing;		/* the group's process is about to */
	_Atomic int closed;		/* the container's has */
	int cpu;			/* where the container is closed */
};

static struct race *race;
static struct vb_container *container;

static void close_groups(struct vb_container *c)
{
	for (unsigned int i = 0; i < c->nr_mdevs; i++) {
		if (c->mdev[i].group_fd >= 0)
			close(c->mdev[i].group_fd);
		c->mdev[i].group_fd = -1;
	}
	if (c->device && c->device->group_fd >= 0) {
		close(c->device->group_fd);
		c->device->group_fd = -1;
	}
}

static int stay_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* Any other: two that share one close one after the other. */
static int leave_cpu(int cpu)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	CPU_CLR(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static int rival(struct vb_worker *w, int fd)
{
	int64_t word;
	int ret;

	(void)w;
	close_groups(container);
	close(container->iommu.fd);
	ret = stay_on_cpu(race->cpu);
	if (!ret)
		ret = vb_own_tell(fd, 0);
	if (!ret)
		ret = vb_own_hear(fd, &word);
	while (!ret && !race->closed)
		;
	return ret;
}

/* Has the groups alone: the last to close them. */
static int groups_owner(struct vb_worker *w, int fd)
{
	int64_t word;
	int ret;

	(void)w;
	close(container->iommu.fd);
	ret = leave_cpu(race->cpu);
	if (!ret)
		ret = vb_own_tell(fd, 0);
	if (!ret)
		ret = vb_own_hear(fd, &word);
	if (ret)
		return ret;
	race->closing = 1;
	close_groups(container);
	return 0;
}

static int map_all(struct vb_worker *w, struct vb_container *c, const struct vb_memory *memory)
{
	uint64_t size = w->section->size_bytes;
	int ret = 0;

	for (unsigned int i = 0; i < w->section->count && !ret; i++)
		ret = vb_iommu_map(&c->iommu, (char *)memory->addr + i * size, w->iova + i * size, size,
				   VB_PROT_READ | VB_PROT_WRITE);
	return ret;
}

/* This process has the container alone. */
static int close_both(struct vb_worker *w, struct vb_own_child *other, struct vb_own_child *third,
		      unsigned int round)
{
	uint64_t start, end;
	int ret = vb_own_tell(other->fd, 0);

	while (!ret && !race->closing)
		;
	start = vb_now_ns();
	while (!ret && vb_now_ns() - start < round % STEPS * STEP_NS)
		;
	if (!ret)
		ret = vb_own_tell(third->fd, 0);
	start = vb_now_ns();
	vb_iommu_close(&container->iommu);
	end = vb_now_ns();
	if (ret)
		return ret;
	vb_op_sample(w, VB_METRIC_CONTAINER_CLOSE, 0, start, end, 0);
	vb_hist_add(&w->shared->hist[VB_METRIC_CONTAINER_CLOSE], end - start);
	w->shared->tally.count[CLOSED]++;
	return vb_own_child_reap(other, w);
}

static int in_container(struct vb_worker *w, struct vb_container *c, unsigned int round)
{
	struct vb_own_child other, third = { .fd = -1 };
	int64_t word = 0;
	int ret;

	for (unsigned int i = 0; i < c->nr_mdevs; i++)
		vb_mdev_close_device(&c->mdev[i]);
	race->closing = race->closed = 0;
	race->cpu = sched_getcpu();
	container = c;
	ret = stay_on_cpu(race->cpu);
	if (ret)
		return ret;
	ret = vb_own_child_start(&other, w, groups_owner);
	if (ret)
		return ret;
	ret = vb_own_hear(other.fd, &word);
	if (!ret)
		ret = vb_own_child_start(&third, w, rival);
	if (!ret)
		ret = vb_own_hear(third.fd, &word);
	close_groups(c);
	if (!ret)
		ret = close_both(w, &other, &third, round);
	race->closed = 1;
	vb_own_child_end(&third, w);
	vb_own_child_end(&other, w);
	return ret;
}

static int step(struct vb_worker *w)
{
	static unsigned int round;
	uint64_t before = vb_own_foll_pins();
	struct vb_memory memory = { 0 };
	struct vb_container c;
	int ret = vb_memory_alloc(&memory, w->section->backing, w->window->plan->size_bytes,
				  w->window->plan->mem_node);

	if (ret)
		return ret;
	race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (race == MAP_FAILED) {
		vb_memory_free(&memory);
		return -ENOMEM;
	}
	ret = vb_own_open(w, &c);
	if (!ret)
		ret = map_all(w, &c, &memory);
	if (!ret)
		ret = in_container(w, &c, round++);
	vb_own_close(&c);
	munmap(race, sizeof(*race));
	vb_memory_free(&memory);
	if (!ret && before != UINT64_MAX)
		vb_op_verify(w, vb_own_foll_pins() == before, "pages stayed pinned after both closes");
	return ret;
}

const struct vb_workload_ops vb_workload_close_race = {
	.name = "close_race",
	.summary = "the last group and the container are closed at the same time, by two processes",
	.needs_root = "opens containers",
	.needs = VB_CAN_GO_WITH_GROUP,
	.counts = counts,
	.needs_mdev = true,
	.own_container = true,
	.own_memory = true,
	.alone = true,
	.pathological = true,
	.min_mdevs = 1,
	.step = step,
};
