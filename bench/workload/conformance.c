// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conformance: what the kernel promises about mapping, unmapping, pinning and the
 * notification of unmaps.  It only asks: what the answers should be, for which kernel
 * and which mode, stands in bench/conformance.ini, and the audit compares them.  Each
 * question has a process, which is killed when it takes too long: a kernel that hangs in
 * one hangs no run.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/workload/conformance/ask.h"
#include "bench/workload/workloads.h"

#define ANSWER_MS	8000		/* below what counts as a hang of the whole run */
#define END_MS		1500		/* to be gone after SIGKILL */

enum { ASKED, NOT_ASKED, HUNG };
static const char *const counts[] = { "asked", "not_asked", "hung", NULL };

static const struct vb_promise *const promises[] = {
	vb_promises_map, vb_promises_unmap, vb_promises_pin, vb_promises_callback,
	vb_promises_concurrent, vb_promises_dirty, vb_promises_lifetime, NULL
};

/* The question's container is the run's, without what it has no use for. */
static int choose_devices(struct vb_ask *a, unsigned int with)
{
	struct vb_container *c = &a->c;
	const char *mode = ask_mode(a);
	unsigned int mdevs = with & WITH_OTHER ? 2 : with & (WITH_MDEV | WITH_NOTHING) ? 1 : 0;

	if (with & WITH_TYPE1 && strncmp(mode, "vfio_type1", strlen("vfio_type1")))
		return ask_not_here(a, "of a container of VFIO's, and this mode has none");
	if (with & WITH_V2 && !strcmp(mode, "vfio_type1_iommu"))
		return ask_not_here(a, "version 1 of type1 has no pins and no dirty bitmaps");
	if (with & WITH_IOCTLS && !strcmp(mode, "iommufd"))
		return ask_not_here(a, "an ioctl of type1, which this mode has not");
	if (with & WITH_PCI && !c->device)
		return ask_not_here(a, "the job has no assigned device");
	if (with & WITH_EITHER && !c->device)
		mdevs = 1;
	if (mdevs > c->nr_mdevs)
		return ask_not_here(a, "the job has %u mdevs of %u", c->nr_mdevs, mdevs);
	if (!(with & (WITH_PCI | WITH_EITHER)))
		c->device = NULL;
	c->nr_mdevs = mdevs;
	return 0;
}

/* Whose code it was that answered. */
static void note_served(struct vb_ask *a)
{
	struct vb_run_shared *run = a->w->container->shared;

	run->served_known = a->c.shared->served_known;
	run->stock_builtin = a->c.shared->stock_builtin;
	memcpy(run->served_by, a->c.shared->served_by, sizeof(run->served_by));
}

/* What fails here is an answer that lacks, and no error of the run. */
static int open_container(struct vb_ask *a, unsigned int with)
{
	int ret;

	a->c.iommu.fd = -1;
	a->c.shared = calloc(1, sizeof(*a->c.shared));
	if (!a->c.shared)
		return ask_told(a, -ENOMEM, "memory");
	if (with & WITH_NOTHING)
		return 0;
	ret = vb_container_open(&a->c, a->c.plan);
	if (ret < 0)
		return ask_told(a, ret, *a->c.shared->error_where ? a->c.shared->error_where :
				"opening the container");
	note_served(a);
	return 0;
}

static int ask(struct vb_ask *a, const struct vb_promise *promise)
{
	int ret;

	a->pins_before = vb_own_foll_pins();
	a->c = *a->w->container;
	pthread_mutex_init(&a->c.guard.mutex, NULL);
	ret = choose_devices(a, promise->with);
	if (ret)
		return ret;
	a->memory = mmap(NULL, ASK_PAGES * ASK_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->memory == MAP_FAILED)
		return ask_told(a, -errno, "memory");
	ret = open_container(a, promise->with);
	return ret ? ret : promise->ask(a);
}

/* In a process of its own, which leaves all to its end. */
static int child(struct vb_worker *w, int fd)
{
	struct vb_answer *answer = &w->container->shared->answers.answer[w->cursor];
	struct vb_ask a = { .w = w };
	int ret = ask(&a, vb_promise_at(promises, (unsigned int)w->cursor));

	answer->value = a.answer;
	memcpy(answer->why, a.why, sizeof(answer->why));
	answer->state = !ret ? VB_ANSWER_GIVEN : ret == ASK_NOT ? VB_ANSWER_SILENT :
			ret == ASK_NOT_HERE ? VB_ANSWER_NOT_ASKED : VB_ANSWER_BROKEN;
	vb_own_tell(fd, 0);
	return 0;
}

/* False: it is not gone, and holds what it has. */
static bool end(struct vb_own_child *process)
{
	int status;

	kill(process->pid, SIGKILL);
	for (int i = 0; i < END_MS; i++) {
		if (waitpid(process->pid, &status, WNOHANG))
			return true;
		usleep(1000);
	}
	return false;
}

static void note_hung(struct vb_worker *w, const char *why)
{
	struct vb_answer *answer = &w->container->shared->answers.answer[w->cursor];

	answer->state = VB_ANSWER_HUNG;
	snprintf(answer->why, sizeof(answer->why), "%s", why);
	w->shared->tally.count[HUNG]++;
}

/*
 * 0: there is an answer, or none came in time; -EDEADLK: its process can't be killed, so
 * the devices are in use and nothing more can be asked.
 */
static int ask_one(struct vb_worker *w)
{
	struct vb_answer *answer = &w->container->shared->answers.answer[w->cursor];
	struct vb_own_child process;
	struct pollfd pfd;
	int64_t word;
	int ret = vb_own_child_start(&process, w, child);

	if (ret)
		return ret;
	pfd = (struct pollfd){ .fd = process.fd, .events = POLLIN };
	ret = poll(&pfd, 1, ANSWER_MS);
	if (ret > 0 && !vb_own_hear(process.fd, &word)) {
		/* What it left open and pinned goes away with it, also that in its time. */
		pfd.revents = 0;
		ret = poll(&pfd, 1, ANSWER_MS);
	} else if (ret > 0) {
		answer->state = VB_ANSWER_BROKEN;
		snprintf(answer->why, sizeof(answer->why), "the process ended without an answer");
	}
	if (!ret)
		note_hung(w, "no answer in 8 s");
	if (!end(&process)) {
		note_hung(w, "its process can't be killed");
		ret = -EDEADLK;
	}
	atomic_store(&w->shared->child, 0);
	close(process.fd);
	return ret == -EDEADLK ? ret : 0;
}

static void count(struct vb_worker *w)
{
	switch (w->container->shared->answers.answer[w->cursor].state) {
	case VB_ANSWER_GIVEN:
		w->shared->tally.count[ASKED]++;
		break;
	case VB_ANSWER_NOT_ASKED:
	case VB_ANSWER_SILENT:
		w->shared->tally.count[NOT_ASKED]++;
		break;
	default:
		break;
	}
}

static int step(struct vb_worker *w)
{
	struct vb_answers *answers = &w->container->shared->answers;
	int ret = 0;

	memset(answers, 0, sizeof(*answers));
	while (vb_promise_at(promises, answers->nr))
		answers->nr++;
	for (w->cursor = 0; w->cursor < answers->nr; w->cursor++) {
		struct vb_answer *answer = &answers->answer[w->cursor];

		if (!ret)
			ret = ask_one(w);
		else
			snprintf(answer->why, sizeof(answer->why), "not reached: a question before it "
				 "hung");
		count(w);
	}
	return ret == -EDEADLK ? 0 : ret;
}

const struct vb_workload_ops vb_workload_conformance = {
	.name = "conformance",
	.summary = "asks what the kernel promises: map, unmap, pin, callbacks, ends of containers",
	.needs_root = "opens containers",
	.promises = promises,
	.counts = counts,
	.alone = true,
	.own_container = true,
	.own_memory = true,
	.min_count = ASK_PAGES,
	.step = step,
};
