// SPDX-License-Identifier: GPL-2.0-or-later
/* One run, from opening the container to closing it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/engine/child.h"
#include "bench/engine/container_device.h"
#include "bench/engine/sampling.h"
#include "bench/engine/worker.h"

static void set_phase(struct vb_container *c, enum vb_phase phase)
{
	atomic_store(&c->shared->phase, phase);
}

static int drop(struct vb_container *c, const struct vb_privileges *privileges)
{
	int ret = vb_privileges_drop(privileges, getppid());

	return !ret ? 0 : vb_run_error(c->shared, ret, "giving up root for user %u: %s",
				       (unsigned int)privileges->uid, strerror(-ret));
}

static int open_containers(struct vb_container *c, const struct vb_plan *plan,
			   struct vb_janitor *janitor)
{
	int ret = plan->own_container ? 0 : vb_containers_each(c, plan, vb_container_open);
	unsigned int nr = plan->run->global.containers;
	int file[VB_MAX_CONTAINERS];

	if (!ret && !plan->own_container && plan->run->global.iommu->has_devices) {
		for (unsigned int i = 0; i < nr; i++)
			file[i] = c[i].iommu.fd;
		vb_janitor_keep(janitor, file, nr);
	}
	/* Its socket's end is to tell it of the supervisor's death. */
	vb_janitor_let_go(janitor);
	return ret;
}

static int run(struct vb_container *c, const struct vb_plan *plan,
	       const struct vb_topology *topology, int dir_fd, const struct vb_privileges *privileges,
	       struct vb_janitor *janitor, struct vb_worker_shared **workers)
{
	struct vb_samples *samples = NULL;
	int ret;

	ret = vb_privileges_seal(privileges);
	if (ret)
		return vb_run_error(c->shared, ret, "PR_SET_NO_NEW_PRIVS: %s", strerror(-ret));
	ret = open_containers(c, plan, janitor);
	if (ret)
		return ret;
	set_phase(c, VB_PHASE_PROBE);
	if (!plan->own_container) {
		ret = vb_containers_each(c, plan, vb_container_probe);
		if (!ret)
			ret = vb_containers_each(c, plan, vb_container_windows);
		if (!ret)
			ret = vb_containers_each(c, plan, vb_container_pinners);
	}
	if (!ret)
		ret = vb_sampling_start(plan, topology, dir_fd, c->shared, &samples);
	if (!ret)
		ret = drop(c, privileges);
	if (!ret)
		ret = vb_workers_run(c, plan, topology, samples, workers);
	vb_sampling_end(samples, plan, c->shared, workers);
	return ret;
}

void vb_child_main(struct vb_container *c, const struct vb_plan *plan,
		   const struct vb_topology *topology, struct vb_worker_shared **workers,
		   int dir_fd, const struct vb_privileges *privileges, struct vb_janitor *janitor,
		   pid_t supervisor)
{
	int ret;

	/* The supervisor decides when to stop; without it there is no run. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (getppid() != supervisor)
		_exit(1);
	for (unsigned int i = 0; i < plan->run->global.containers; i++) {
		c[i].plan = plan;
		pthread_mutex_init(&c[i].guard.mutex, NULL);
	}
	vb_clock_init();
	c->shared->clock_cost_ps = vb_clock_cost_ps();
	vb_locked_read(0, &c->shared->locked_before);
	ret = run(c, plan, topology, dir_fd, privileges, janitor, workers);
	/* What drivers have mapped is no worker's. */
	for (unsigned int i = 0; i < plan->run->global.containers; i++)
		vb_container_device_close(&c[i]);
	vb_locked_read(0, &c->shared->locked_after);
	for (unsigned int i = 0; i < plan->run->global.containers; i++)
		vb_container_close(&c[i]);
	/* A worker that failed may leave mappings to the container's end. */
	if (ret)
		vb_locked_read(0, &c->shared->locked_after);
	set_phase(c, VB_PHASE_DONE);
	_exit(ret ? 1 : 0);
}
