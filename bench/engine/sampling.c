// SPDX-License-Identifier: GPL-2.0-or-later
/* Where samples go, and by which thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/container.h"
#include "bench/engine/sampling.h"

static bool has_worker(const struct vb_plan *plan, int cpu)
{
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		if (plan->worker[i].cpu == cpu)
			return true;
	return false;
}

/* -1: every CPU has a worker. */
static int housekeeping_cpu(const struct vb_plan *plan, const struct vb_topology *topology)
{
	const struct vb_node *node;

	for (size_t n = 0; (node = vb_topology_node(topology, n)); n++)
		for (unsigned int i = 0; i < node->nr_cpus; i++)
			if (!has_worker(plan, node->cpus[i]))
				return node->cpus[i];
	return -1;
}

/* The first block: what numbers in the others mean.  0 or -errno; *text is freed with free(). */
static int describe(const struct vb_plan *plan, char **text)
{
	json_t *metrics = json_array(), *workers = json_array(), *all;

	for (int m = 0; m < VB_NR_METRICS; m++)
		json_array_append_new(metrics, json_string(vb_metric_name((enum vb_metric)m)));
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		json_array_append_new(workers, json_pack("{s:s, s:I}", "section",
			plan->worker[i].section->name, "iova",
			(json_int_t)plan->window[plan->worker[i].window].iova));
	all = json_pack("{s:o, s:o}", "metrics", metrics, "workers", workers);
	*text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	if (!*text)
		return -ENOMEM;
	/* 1024 workers with the longest names are too many for it: the readers need the names. */
	return strlen(*text) > VB_SAMPLE_TEXT_MAX ? -E2BIG : 0;
}

static int open_samples(const struct vb_plan *plan, const struct vb_topology *topology, int dir_fd,
			struct vb_run_shared *sh, struct vb_samples **samples)
{
	struct vb_samples_options o = {
		.fd = openat(dir_fd, "samples.bin", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     0644),
		.nr_workers = plan->nr_workers,
		.io = plan->run->global.samples_io,
	};
	int *nodes = calloc(plan->nr_workers, sizeof(*nodes));
	char *text = NULL;
	int ret = o.fd < 0 ? -errno : !nodes ? -ENOMEM : describe(plan, &text);

	for (unsigned int i = 0; !ret && i < plan->nr_workers; i++)
		nodes[i] = plan->worker[i].node;
	o.node = nodes;
	o.text = text;
	o.cpu = sh->samples.cpu_wanted = housekeeping_cpu(plan, topology);
	if (!ret)
		ret = vb_samples_open(samples, &o);
	if (!ret)
		ret = vb_samples_start(*samples);
	sh->samples.fd = o.fd;
	free(text);
	free(nodes);
	return ret;
}

int vb_sampling_start(const struct vb_plan *plan, const struct vb_topology *topology, int dir_fd,
		      struct vb_run_shared *sh, struct vb_samples **samples)
{
	int ret;

	*samples = NULL;
	if (!plan->run->global.samples)
		return 0;
	ret = open_samples(plan, topology, dir_fd, sh, samples);
	if (!ret)
		return 0;
	vb_samples_close(*samples);
	*samples = NULL;
	return vb_run_error(sh, ret, "samples.bin: %s: %s", strerror(-ret),
			    "make room, or leave samples=yes out");
}

void vb_sampling_end(struct vb_samples *samples, const struct vb_plan *plan,
		     struct vb_run_shared *sh, struct vb_worker_shared **workers)
{
	struct vb_samples_stats stats;

	if (!samples)
		return;
	vb_samples_stop(samples, &stats);
	for (unsigned int i = 0; i < plan->nr_workers; i++)
		workers[i]->samples_lost = vb_samples_lost(samples, i);
	sh->samples.written = stats.written;
	sh->samples.lost = stats.lost;
	sh->samples.bytes = stats.bytes;
	sh->samples.cpu = stats.cpu;
	sh->samples.cpu_s = stats.cpu_s;
	sh->samples.error = stats.error;
	snprintf(sh->samples.io, sizeof(sh->samples.io), "%s", stats.io);
	sh->samples.ended = true;
	vb_samples_close(samples);
	close(sh->samples.fd);
}
