// SPDX-License-Identifier: GPL-2.0-or-later
/* Cases at the edge of RLIMIT_MEMLOCK: processes, users, and what they are charged. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/engine/edge.h"

#define USER_BASE	2000000000u	/* user ids that nobody is given */

enum { CASES, REFUSALS };
const char *const vb_edge_counts[] = { "cases", "refusals_at_the_limit", NULL };

struct list {
	const struct vb_edge_case *cases;
	unsigned int nr;
};

uint64_t vb_edge_locked(void)
{
	struct vb_locked locked;

	return vb_locked_read(0, &locked) ? UINT64_MAX : locked.locked_bytes / VB_JOB_PAGE;
}

uint64_t vb_edge_pinned(void)
{
	struct vb_locked locked;

	return vb_locked_read(0, &locked) ? UINT64_MAX : locked.pinned_bytes / VB_JOB_PAGE;
}

void vb_edge_expect(struct vb_edge *e, bool right, const char *what)
{
	vb_op_verify(e->w, right, what);
}

bool vb_edge_refusal(struct vb_edge *e, int ret, const char *what)
{
	vb_op_verify(e->w, ret == -ENOMEM, what);
	e->w->shared->tally.count[REFUSALS] += ret == -ENOMEM;
	return ret;
}

int vb_edge_map(struct vb_edge *e, uint64_t first, uint64_t pages)
{
	return vb_iommu_map(&e->c.iommu, (char *)e->memory.addr + first * VB_JOB_PAGE,
			    e->w->iova + first * VB_JOB_PAGE, pages * VB_JOB_PAGE,
			    VB_PROT_READ | VB_PROT_WRITE);
}

int vb_edge_unmap(struct vb_edge *e, uint64_t first, uint64_t pages)
{
	uint64_t unmapped;
	int ret = vb_iommu_unmap(&e->c.iommu, e->w->iova + first * VB_JOB_PAGE,
				 pages * VB_JOB_PAGE, &unmapped);

	return ret ? ret : unmapped == pages * VB_JOB_PAGE ? 0 : -EPROTO;
}

int vb_edge_buffers(struct vb_edge *e, uint64_t pages)
{
	struct iovec iov = { e->memory.addr, pages * VB_JOB_PAGE };

	return io_uring_register_buffers(&e->ring, &iov, 1);
}

int vb_edge_register_one(struct vb_edge *e, struct io_uring *ring, uint64_t page)
{
	struct iovec iov = { (char *)e->memory.addr + page * VB_JOB_PAGE, VB_JOB_PAGE };

	return io_uring_register_buffers(ring, &iov, 1);
}

/* From here on a user as any other.  setresuid() takes PR_SET_PDEATHSIG away. */
static int become_user(struct vb_edge *e)
{
	uid_t id = USER_BASE + (uid_t)getpid();
	struct rlimit limit = { e->limit_pages * VB_JOB_PAGE, e->limit_pages * VB_JOB_PAGE };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgroups(0, NULL) || setresgid(id, id, id) ||
	    setresuid(id, id, id) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return 0;
}

static int open_own(struct vb_edge *e, bool without_pci)
{
	e->c = *e->w->container;
	pthread_mutex_init(&e->c.guard.mutex, NULL);
	if (without_pci)
		e->c.device = NULL;
	return vb_container_open(&e->c, e->c.plan);
}

/* No huge pages: io_uring charges all of one of which a part is registered. */
static int get_memory(struct vb_edge *e)
{
	const struct vb_worker *w = e->w;
	uint64_t bytes = (e->limit_pages + 1) * VB_JOB_PAGE;
	int node = w->window->plan->mem_node;
	int ret = vb_memory_reserve(&e->memory, w->section->backing, bytes, node, VB_THP_NEVER);

	if (ret == -EOPNOTSUPP)
		return vb_memory_alloc(&e->memory, w->section->backing, bytes, node);
	return ret ? ret : vb_memory_prefault(&e->memory, VB_PREFAULT_TOUCH, 1);
}

static int child(struct vb_worker *w, int fd)
{
	const struct list *list = w->priv;
	const struct vb_edge_case *which = &list->cases[w->cursor % list->nr];
	bool at_zero = w->cursor / list->nr & 1;	/* every other round of the cases */
	struct vb_edge e = { .w = w, .limit_pages = at_zero ? 0 : w->section->count };
	int ret = open_own(&e, which->without_pci);

	if (ret)
		vb_step_failed(w, "%s", e.c.shared->error_where);
	if (!ret)
		ret = get_memory(&e);
	if (!ret)
		ret = become_user(&e);
	if (!ret)
		ret = io_uring_queue_init(2, &e.ring, 0);
	if (!ret)
		ret = which->run(&e);
	vb_own_tell(fd, ret);
	return ret;
}

static bool applies(const struct vb_worker *w, const struct vb_edge_case *c)
{
	return (!c->needs_pci || w->container->device) && (!c->needs_mdev || w->container->nr_mdevs);
}

int vb_edge_step(struct vb_worker *w, const struct vb_edge_case *cases, unsigned int nr)
{
	struct list list = { cases, nr };
	uint64_t before = vb_own_foll_pins(), start, end;
	struct vb_own_child process;
	int64_t word = 0;
	int ret;

	w->priv = &list;		/* for the child, which is forked in here */
	while (!applies(w, &cases[w->cursor % nr]))
		w->cursor++;
	start = vb_now_ns();
	ret = vb_own_child_start(&process, w, child);
	if (!ret)
		ret = vb_own_hear(process.fd, &word);
	if (!ret)
		ret = vb_own_child_reap(&process, w);
	end = vb_now_ns();
	vb_own_child_end(&process, w);
	w->priv = NULL;
	if (ret)
		return ret;
	vb_op_sample(w, VB_METRIC_EXIT, 0, start, end, 0);
	vb_hist_add(&w->shared->hist[VB_METRIC_EXIT], end - start);
	w->cursor++;
	w->shared->tally.count[CASES]++;
	if (before != UINT64_MAX)
		vb_op_verify(w, vb_own_foll_pins() == before, "pages stayed pinned after a case");
	return 0;
}
