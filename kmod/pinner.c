// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: kthreads that pin while user space maps and unmaps.
 *
 * A pinner walks its range again and again.  Most of what it asks for may be
 * unmapped, closed or pinned at the moment; that is no error.  A walk in which
 * nothing could be pinned is followed by a short sleep.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "internal.h"

#define VB_MAX_HOLD_NS		NSEC_PER_SEC
#define VB_IDLE_US		50

struct vb_pinner {
	struct vb_device *dev;
	struct vb_window *window;
	struct task_struct *task;	/* NULL once it was stopped */
	unsigned long first;		/* page of the first run */
	unsigned long stride;		/* pages */
	unsigned long runs;
	unsigned long start;		/* run to begin with */
	unsigned int count;		/* pages of a run */
	u32 mode;			/* enum vb_pinner_mode */
	s32 requested_node;
	u64 hold_ns;
	bool go;
	/* written by the thread */
	s32 cpu;
	u64 pins;
	u64 unpins;
	struct page *pages[];
};

/* Interruptible, so that kthread_stop() ends it. */
static void pinner_hold(u64 ns)
{
	ktime_t timeout = ns_to_ktime(ns);

	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

static bool pinner_run(struct vb_pinner *pinner, unsigned long run)
{
	unsigned long first = pinner->first + run * pinner->stride;

	if (vb_pin(pinner->dev, pinner->window, first, pinner->count, pinner->pages))
		return false;
	WRITE_ONCE(pinner->pins, pinner->pins + 1);
	if (pinner->mode == VB_PINNER_STEADY)
		return true;
	if (pinner->hold_ns)
		pinner_hold(pinner->hold_ns);
	/* a callback may have taken some or all of it in the meantime */
	WRITE_ONCE(pinner->unpins,
		   pinner->unpins + vb_unpin_any(pinner->dev, pinner->window, first,
						 first + pinner->count - 1));
	return true;
}

/* One walk through the range: was anything pinned? */
static bool pinner_walk(struct vb_pinner *pinner)
{
	bool pinned = false;
	unsigned long i;

	for (i = 0; i < pinner->runs && !kthread_should_stop(); i++) {
		WRITE_ONCE(pinner->cpu, raw_smp_processor_id());
		pinned |= pinner_run(pinner, (pinner->start + i) % pinner->runs);
		cond_resched();
	}
	return pinned;
}

static int pinner_thread(void *data)
{
	struct vb_pinner *pinner = data;

	wait_event_interruptible(pinner->dev->pinner_wait,
				 READ_ONCE(pinner->go) || kthread_should_stop());
	while (!kthread_should_stop())
		if (!pinner_walk(pinner) && pinner->mode != VB_PINNER_RACING)
			usleep_range(VB_IDLE_US, 2 * VB_IDLE_US);
	return 0;
}

static struct vb_pinner *pinner_alloc(struct vb_device *dev, struct vb_window *window,
				      const struct vb_ioc_pinner *req, unsigned int i)
{
	struct vb_pinner *pinner;

	pinner = kzalloc(struct_size(pinner, pages, req->pages), GFP_KERNEL_ACCOUNT);
	if (!pinner)
		return NULL;
	pinner->dev = dev;
	pinner->window = window;
	pinner->first = vb_page_index(window, req->iova);
	pinner->stride = req->stride >> PAGE_SHIFT;
	pinner->count = req->pages;
	/* the last run need not be followed by a whole stride */
	pinner->runs = ((req->length >> PAGE_SHIFT) - req->pages) / pinner->stride + 1;
	pinner->start = pinner->runs / req->threads * i;
	pinner->mode = req->mode;
	pinner->requested_node = req->node;
	pinner->hold_ns = req->hold_ns;
	pinner->cpu = -1;
	return pinner;
}

/* A thread of its own for @pinner, held until GO. */
static int pinner_launch(struct vb_pinner *pinner, unsigned int index)
{
	int node = pinner->requested_node;
	struct task_struct *task;
	int ret;

	task = kthread_create_on_node(pinner_thread, pinner, node, "vb_pin/%u", index);
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (node != NUMA_NO_NODE) {
		ret = set_cpus_allowed_ptr(task, cpumask_of_node(node));
		if (ret) {
			kthread_stop(task);
			return ret;
		}
	}
	pinner->task = task;
	wake_up_process(task);
	return 0;
}

static int pinner_add(struct vb_device *dev, struct vb_window *window,
		      const struct vb_ioc_pinner *req, unsigned int i)
{
	struct vb_pinner *pinner = pinner_alloc(dev, window, req, i);
	int ret;

	if (!pinner)
		return -ENOMEM;
	ret = pinner_launch(pinner, dev->nr_pinners);
	if (ret) {
		kfree(pinner);
		return ret;
	}
	dev->pinners[dev->nr_pinners++] = pinner;
	return 0;
}

static void pinner_stop(struct vb_pinner *pinner)
{
	if (pinner->task)
		kthread_stop(pinner->task);
	pinner->task = NULL;
}

/* Stop and forget those from @from on. */
static void pinners_truncate(struct vb_device *dev, unsigned int from)
{
	while (dev->nr_pinners > from) {
		struct vb_pinner *pinner = dev->pinners[--dev->nr_pinners];

		pinner_stop(pinner);
		kfree(pinner);
	}
}

void vb_pinners_stop(struct vb_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nr_pinners; i++)
		pinner_stop(dev->pinners[i]);
}

void vb_pinners_free(struct vb_device *dev)
{
	pinners_truncate(dev, 0);
}

static int pinner_check_node(s32 node)
{
	if (node == NUMA_NO_NODE)
		return 0;
	if (node < 0 || node >= nr_node_ids || !node_online(node) ||
	    !cpumask_intersects(cpumask_of_node(node), cpu_online_mask))
		return -EINVAL;
	return 0;
}

/* Check what user space wants; the window it is in, or an error. */
static struct vb_window *pinner_check(struct vb_device *dev, const struct vb_ioc_pinner *req)
{
	u64 run = (u64)req->pages << PAGE_SHIFT;
	struct vb_window *window;
	u64 last;

	if (!req->pages || !req->threads || req->length < run || req->stride < run ||
	    !PAGE_ALIGNED(req->iova | req->length | req->stride))
		return ERR_PTR(-EINVAL);
	if (req->pages > VB_MAX_BATCH_PAGES || req->threads > VB_MAX_PINNERS)
		return ERR_PTR(-E2BIG);
	if (req->mode > VB_PINNER_RACING || req->hold_ns > VB_MAX_HOLD_NS)
		return ERR_PTR(-EINVAL);
	if (req->mode == VB_PINNER_RACING && dev->discipline != VB_DISCIPLINE_RACING)
		return ERR_PTR(-EINVAL);
	if (check_add_overflow(req->iova, req->length - 1, &last))
		return ERR_PTR(-EOVERFLOW);
	if (pinner_check_node(req->node))
		return ERR_PTR(-EINVAL);
	window = vb_window_holding(dev, req->iova, last);
	return window ? window : ERR_PTR(-ENXIO);
}

static bool pinners_all_stopped(struct vb_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nr_pinners; i++)
		if (dev->pinners[i]->task)
			return false;
	return true;
}

static int pinners_start(struct vb_device *dev, const struct vb_ioc_pinner *req)
{
	struct vb_window *window = pinner_check(dev, req);
	unsigned int before, i;
	int ret;

	if (IS_ERR(window))
		return PTR_ERR(window);
	if (pinners_all_stopped(dev))
		pinners_truncate(dev, 0);
	before = dev->nr_pinners;
	if (req->threads > VB_MAX_PINNERS - before)
		return -ENOSPC;
	for (i = 0; i < req->threads; i++) {
		ret = pinner_add(dev, window, req, i);
		if (ret) {
			pinners_truncate(dev, before);
			return ret;
		}
	}
	return 0;
}

int vb_ioc_pinners_start(struct vb_device *dev, void *arg)
{
	int ret;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	ret = READ_ONCE(dev->removing) ? -ENODEV : pinners_start(dev, arg);
	mutex_unlock(&dev->lock);
	return ret;
}

int vb_ioc_pinners_go(struct vb_device *dev, void *arg)
{
	unsigned int i;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	for (i = 0; i < dev->nr_pinners; i++)
		WRITE_ONCE(dev->pinners[i]->go, true);
	wake_up_all(&dev->pinner_wait);
	mutex_unlock(&dev->lock);
	return 0;
}

int vb_ioc_pinners_stop(struct vb_device *dev, void *arg)
{
	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	vb_pinners_stop(dev);
	mutex_unlock(&dev->lock);
	return 0;
}

int vb_ioc_pinner_info(struct vb_device *dev, void *arg)
{
	struct vb_ioc_pinner_info *req = arg;
	struct vb_pinner *pinner;
	int ret = -ENOENT;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	if (req->index < dev->nr_pinners) {
		pinner = dev->pinners[req->index];
		req->requested_node = pinner->requested_node;
		req->cpu = READ_ONCE(pinner->cpu);
		req->node = req->cpu < 0 ? NUMA_NO_NODE : cpu_to_node(req->cpu);
		req->pins = READ_ONCE(pinner->pins);
		req->unpins = READ_ONCE(pinner->unpins);
		ret = 0;
	}
	mutex_unlock(&dev->lock);
	return ret;
}
