// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memlock_edge: RLIMIT_MEMLOCK to the page, as a user without CAP_IPC_LOCK.
 *
 * Three accounts: type1 charges mm->locked_vm (VmLck), also for what an mdev
 * pins where the IOMMU has not pinned it already (vfio_lock_acct(),
 * vfio_pin_page_external()); io_uring charges user->locked_vm, which /proc does
 * not show, and counts in mm->pinned_vm (VmPin, io_account_mem()).  Each is
 * held against the same limit, none knows of the others.  What fails must have
 * charged nothing.  The limit is count= pages, and 0 in every other round of the
 * cases.  Each case is a child process, which opens the container as
 * root and then becomes a user of whom there is no other process.
 */
#include <errno.h>
#include <grp.h>
#include <liburing.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

#define USER_BASE	2000000000u	/* user ids that nobody is given */

enum { CASES, REFUSALS };
static const char *const counts[] = { "cases", "refusals_at_the_limit", NULL };

/* What a case works on: pages of the window, the container, a ring. */
struct edge {
	struct vb_worker *w;
	struct vb_container c;
	struct vb_memory memory;
	struct io_uring ring;
	uint64_t limit_pages;
};

static uint64_t locked_pages(void)
{
	struct vb_locked locked;

	return vb_locked_read(0, &locked) ? UINT64_MAX : locked.locked_bytes / VB_JOB_PAGE;
}

static uint64_t pinned_pages(void)
{
	struct vb_locked locked;

	return vb_locked_read(0, &locked) ? UINT64_MAX : locked.pinned_bytes / VB_JOB_PAGE;
}

static void expect(struct edge *e, bool right, const char *what)
{
	vb_op_verify(e->w, right, what);
}

/* False: it was granted, and is to be undone for the case to go on. */
static bool expect_refusal(struct edge *e, int ret, const char *what)
{
	vb_op_verify(e->w, ret == -ENOMEM, what);
	e->w->shared->tally.count[REFUSALS] += ret == -ENOMEM;
	return ret;
}

static int map(struct edge *e, uint64_t first, uint64_t pages)
{
	return vb_iommu_map(&e->c.iommu, (char *)e->memory.addr + first * VB_JOB_PAGE,
			    e->w->iova + first * VB_JOB_PAGE, pages * VB_JOB_PAGE,
			    VB_PROT_READ | VB_PROT_WRITE);
}

static int unmap(struct edge *e, uint64_t first, uint64_t pages)
{
	uint64_t unmapped;
	int ret = vb_iommu_unmap(&e->c.iommu, e->w->iova + first * VB_JOB_PAGE,
				 pages * VB_JOB_PAGE, &unmapped);

	return ret ? ret : unmapped == pages * VB_JOB_PAGE ? 0 : -EPROTO;
}

static int buffers(struct edge *e, uint64_t pages)
{
	struct iovec iov = { e->memory.addr, pages * VB_JOB_PAGE };

	return io_uring_register_buffers(&e->ring, &iov, 1);
}

/* Maps of one page each up to the limit, then one more. */
static int type1_alone(struct edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	for (uint64_t i = 0; i < n && !ret; i++)
		ret = map(e, i, 1);
	if (ret)
		return ret;
	expect(e, locked_pages() == n, "type1: VmLck is not the limit when the limit is mapped");
	expect_refusal(e, map(e, n, 1), "type1: a page beyond the limit was not refused with ENOMEM");
	expect(e, locked_pages() == n, "type1: the page that was refused is charged");
	if (n)
		ret = unmap(e, 0, n);
	expect(e, !locked_pages(), "type1: VmLck is not back at 0");
	return ret;
}

/* One map that is a page too large: what it pinned before it failed is given back. */
static int type1_whole(struct edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	if (!expect_refusal(e, map(e, 0, n + 1),
			    "type1: a map beyond the limit was not refused with ENOMEM"))
		ret = unmap(e, 0, n + 1);
	expect(e, !locked_pages(), "type1: part of a map that was refused is charged");
	if (n && !ret) {
		ret = map(e, 0, n);
		expect(e, locked_pages() == n, "type1: VmLck is not what is mapped");
		if (!ret)
			ret = unmap(e, 0, n);
	}
	expect(e, !locked_pages(), "type1: VmLck is not back at 0");
	return ret;
}

static int uring_alone(struct edge *e)
{
	uint64_t n = e->limit_pages;
	int ret = 0;

	if (!expect_refusal(e, buffers(e, n + 1),
			    "io_uring: buffers beyond the limit were not refused with ENOMEM"))
		ret = io_uring_unregister_buffers(&e->ring);
	expect(e, !pinned_pages(), "io_uring: part of what was refused is pinned");
	if (!n)
		return ret;
	/* Twice: the user's account has no file to read, but room for all of it again. */
	for (int i = 0; i < 2 && !ret; i++) {
		ret = buffers(e, n);
		expect(e, !ret && pinned_pages() == n, "io_uring: VmPin is not what is registered");
		if (!ret)
			ret = io_uring_unregister_buffers(&e->ring);
		expect(e, !pinned_pages(), "io_uring: VmPin is not back at 0");
	}
	return ret;
}

static int register_one(struct edge *e, struct io_uring *ring, uint64_t page)
{
	struct iovec iov = { (char *)e->memory.addr + page * VB_JOB_PAGE, VB_JOB_PAGE };

	return io_uring_register_buffers(ring, &iov, 1);
}

/* A page more of each, while both are at the limit: the user's other ring counts too. */
static int one_more_of_each(struct edge *e)
{
	uint64_t n = e->limit_pages;
	struct io_uring other;
	int ret = io_uring_queue_init(2, &other, 0);

	if (ret)
		return ret;
	expect_refusal(e, map(e, n, 1), "type1 beside io_uring: a page beyond the limit was not refused");
	expect_refusal(e, register_one(e, &other, n),
		       "io_uring beside type1: a page beyond the limit was not refused");
	expect(e, locked_pages() == n && pinned_pages() == n,
	       "type1 and io_uring: what was refused is charged");
	io_uring_queue_exit(&other);
	return 0;
}

static int take(struct edge *e, bool type1)
{
	return type1 ? map(e, 0, e->limit_pages) : buffers(e, e->limit_pages);
}

static int let_go(struct edge *e, bool type1)
{
	int ret = type1 ? unmap(e, 0, e->limit_pages) : io_uring_unregister_buffers(&e->ring);

	expect(e, type1 ? !locked_pages() : !pinned_pages(),
	       type1 ? "type1 beside io_uring: VmLck is not back at 0" :
		       "io_uring beside type1: VmPin is not back at 0");
	return ret;
}

/* Each at its limit with the same pages; who comes first, who goes first. */
static int both(struct edge *e, bool type1_comes, bool type1_goes)
{
	uint64_t n = e->limit_pages;
	int ret;

	if (!n)
		return 0;
	ret = take(e, type1_comes);
	if (!ret)
		ret = take(e, !type1_comes);
	if (ret)
		return ret;
	expect(e, locked_pages() == n && pinned_pages() == n,
	       "type1 and io_uring: each is not charged what it holds");
	ret = one_more_of_each(e);
	if (!ret)
		ret = let_go(e, type1_goes);
	expect(e, (type1_goes ? pinned_pages() : locked_pages()) == n,
	       "type1 and io_uring: one's end changed what the other is charged");
	return ret ? ret : let_go(e, !type1_goes);
}

static int type1_uring_queue(struct edge *e)
{
	return both(e, true, true);
}

static int type1_uring_stack(struct edge *e)
{
	return both(e, true, false);
}

static int uring_type1_queue(struct edge *e)
{
	return both(e, false, false);
}

static int uring_type1_stack(struct edge *e)
{
	return both(e, false, true);
}

/* Beside an IOMMU that has pinned them already, an mdev's pins are not charged again. */
static int mdev_with_iommu(struct edge *e)
{
	struct vb_mdev *mdev = &e->c.mdev[0];
	uint64_t n = e->limit_pages;
	int ret;

	if (!n || !e->c.device || !e->c.nr_mdevs)
		return 0;
	ret = map(e, 0, n);
	if (!ret)
		ret = vb_mdev_window(mdev, e->w->iova, n * VB_JOB_PAGE);
	if (!ret)
		ret = vb_mdev_pin(mdev, e->w->iova, VB_JOB_PAGE, (uint32_t)n, 1, NULL);
	if (ret)
		return ret;
	expect(e, locked_pages() == n, "an mdev's pins are charged beside the IOMMU's");
	ret = unmap(e, 0, n);
	expect(e, !locked_pages(), "VmLck is not back at 0 after mdev and IOMMU");
	return ret;
}

/* Without one, mapping is free and each pin is charged. */
static int mdev_alone(struct edge *e)
{
	struct vb_mdev *mdev = &e->c.mdev[0];
	uint64_t n = e->limit_pages;
	uint32_t done = 0;
	int ret = map(e, 0, n + 1);

	if (!ret)
		ret = vb_mdev_window(mdev, e->w->iova, (n + 1) * VB_JOB_PAGE);
	if (ret)
		return ret;
	expect(e, !locked_pages(), "a map without an IOMMU is charged");
	expect_refusal(e, vb_mdev_pin(mdev, e->w->iova, VB_JOB_PAGE, (uint32_t)n + 1, 1, &done),
		       "an mdev's pin beyond the limit was not refused with ENOMEM");
	expect(e, done == n && locked_pages() == n, "an mdev's pins are not charged up to the limit");
	ret = unmap(e, 0, n + 1);
	expect(e, !locked_pages(), "VmLck is not back at 0 after an mdev's pins");
	return ret;
}

static const struct {
	int (*run)(struct edge *e);
	bool needs_pci, needs_mdev, without_pci;
} cases[] = {
	{ type1_alone, .needs_pci = true },
	{ type1_whole, .needs_pci = true },
	{ uring_alone },
	{ type1_uring_queue, .needs_pci = true },
	{ type1_uring_stack, .needs_pci = true },
	{ uring_type1_queue, .needs_pci = true },
	{ uring_type1_stack, .needs_pci = true },
	{ mdev_with_iommu, .needs_pci = true, .needs_mdev = true },
	{ mdev_alone, .needs_mdev = true, .without_pci = true },
};

#define NR_CASES (sizeof(cases) / sizeof(cases[0]))

/* From here on a user as any other.  setresuid() takes PR_SET_PDEATHSIG away. */
static int become_user(struct edge *e)
{
	uid_t id = USER_BASE + (uid_t)getpid();
	struct rlimit limit = { e->limit_pages * VB_JOB_PAGE, e->limit_pages * VB_JOB_PAGE };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgroups(0, NULL) || setresgid(id, id, id) ||
	    setresuid(id, id, id) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return 0;
}

static int open_own(struct edge *e, bool without_pci)
{
	e->c = *e->w->container;
	pthread_mutex_init(&e->c.guard.mutex, NULL);
	if (without_pci)
		e->c.device = NULL;
	return vb_container_open(&e->c, e->c.plan);
}

/* No huge pages: io_uring charges all of one of which a part is registered. */
static int get_memory(struct edge *e)
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
	unsigned int which = (unsigned int)(w->cursor % NR_CASES);
	bool at_zero = w->cursor / NR_CASES & 1;	/* every other round of the cases */
	struct edge e = { .w = w, .limit_pages = at_zero ? 0 : w->section->count };
	int ret = open_own(&e, cases[which].without_pci);

	if (ret)
		vb_step_failed(w, "%s", e.c.shared->error_where);
	if (!ret)
		ret = get_memory(&e);
	if (!ret)
		ret = become_user(&e);
	if (!ret)
		ret = io_uring_queue_init(2, &e.ring, 0);
	if (!ret)
		ret = cases[which].run(&e);
	vb_own_tell(fd, ret);
	return ret;
}

static bool applies(const struct vb_worker *w, unsigned int which)
{
	return (!cases[which].needs_pci || w->container->device) &&
	       (!cases[which].needs_mdev || w->container->nr_mdevs);
}

static int step(struct vb_worker *w)
{
	uint64_t before = vb_own_foll_pins(), start, end;
	struct vb_own_child process;
	int64_t word = 0;
	int ret;

	while (!applies(w, (unsigned int)(w->cursor % NR_CASES)))
		w->cursor++;
	start = vb_now_ns();
	ret = vb_own_child_start(&process, w, child);
	if (!ret)
		ret = vb_own_hear(process.fd, &word);
	if (!ret)
		ret = vb_own_child_reap(&process, w);
	end = vb_now_ns();
	vb_own_child_end(&process, w);
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

const struct vb_workload_ops vb_workload_memlock_edge = {
	.name = "memlock_edge",
	.summary = "RLIMIT_MEMLOCK to the page, unprivileged: type1, io_uring, mdev, and both",
	.needs_root = "opens containers and changes its user",
	.needs = VB_CAN_CHARGE_MM,
	.counts = counts,
	.own_container = true,
	.own_memory = true,
	.step = step,
};
