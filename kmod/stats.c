// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: counters and histograms.
 *
 * Each CPU writes its own share only, with preemption disabled, and never from
 * an interrupt, so no increment is lost and none is atomic.  Readers add up.
 */
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"

static void stats_clear(struct vb_stats *stats)
{
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < VB_HIST_NR; i++)
		stats->hist[i].min = U64_MAX;
}

int vb_stats_alloc(struct vb_device *dev)
{
	int cpu;

	dev->stats = kvcalloc(nr_cpu_ids, sizeof(*dev->stats), GFP_KERNEL_ACCOUNT);
	if (!dev->stats)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		dev->stats[cpu] = kvmalloc_node(sizeof(struct vb_stats), GFP_KERNEL_ACCOUNT,
						cpu_to_node(cpu));
		if (!dev->stats[cpu]) {
			vb_stats_free(dev);
			return -ENOMEM;
		}
		stats_clear(dev->stats[cpu]);
	}
	return 0;
}

void vb_stats_free(struct vb_device *dev)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kvfree(dev->stats[cpu]);
	kvfree(dev->stats);
	dev->stats = NULL;
}

/* All members are u64. */
static void counters_merge(struct vb_counters *to, const struct vb_counters *from)
{
	const u64 *source = (const u64 *)from;
	u64 *sum = (u64 *)to;
	unsigned int i;

	for (i = 0; i < sizeof(*to) / sizeof(u64); i++)
		sum[i] += READ_ONCE(source[i]);
}

static void hist_merge(struct vb_hist *to, const struct vb_hist *from)
{
	unsigned int i;

	to->count += READ_ONCE(from->count);
	to->sum += READ_ONCE(from->sum);
	to->min = min(to->min, READ_ONCE(from->min));
	to->max = max(to->max, READ_ONCE(from->max));
	to->overflow += READ_ONCE(from->overflow);
	for (i = 0; i < VB_HIST_BUCKETS; i++)
		to->bucket[i] += READ_ONCE(from->bucket[i]);
}

int vb_ioc_stats(struct vb_device *dev, void *arg)
{
	struct vb_ioc_stats *req = arg;
	int cpu;

	memset(&req->counters, 0, sizeof(req->counters));
	for_each_possible_cpu(cpu)
		counters_merge(&req->counters, &dev->stats[cpu]->counters);
	req->counters.outstanding_pages = vb_windows_outstanding(dev);

	memset(req->log, 0, sizeof(req->log));
	spin_lock(&dev->log_lock);
	req->log_count = dev->log_count;
	memcpy(req->log, dev->log, dev->log_count * sizeof(req->log[0]));
	spin_unlock(&dev->log_lock);
	return 0;
}

int vb_ioc_hist(struct vb_device *dev, void *arg)
{
	struct vb_ioc_hist *req = arg;
	int cpu;

	if (req->id >= VB_HIST_NR)
		return -EINVAL;
	memset(&req->hist, 0, sizeof(req->hist));
	req->hist.min = U64_MAX;
	for_each_possible_cpu(cpu) {
		hist_merge(&req->hist, &dev->stats[cpu]->hist[req->id]);
		cond_resched();
	}
	return 0;
}

/* On the CPU whose share it is: no writer is in the middle of anything there. */
static long stats_reset_this_cpu(void *arg)
{
	struct vb_device *dev = arg;

	stats_clear(vb_stats_get(dev));
	vb_stats_put();
	return 0;
}

static void stats_reset_cpu(struct vb_device *dev, int cpu)
{
	cpus_read_lock();
	if (cpu_online(cpu))
		work_on_cpu(cpu, stats_reset_this_cpu, dev);
	else
		stats_clear(dev->stats[cpu]);
	cpus_read_unlock();
}

int vb_ioc_reset(struct vb_device *dev, void *arg)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (fatal_signal_pending(current))
			return -EINTR;
		stats_reset_cpu(dev, cpu);
	}
	spin_lock(&dev->log_lock);
	dev->log_count = 0;
	spin_unlock(&dev->log_lock);
	return 0;
}

void vb_log_callback(struct vb_device *dev, u64 iova, u64 length, const struct vb_slot *slot)
{
	struct vb_callback_range range = { .iova = iova, .size = length };

	/* Written by user space: handed back, and not gone by. */
	if (slot && !READ_ONCE(slot->shared->end_ns)) {
		range.request_iova = READ_ONCE(slot->shared->iova);
		range.request_size = READ_ONCE(slot->shared->size);
	}
	spin_lock(&dev->log_lock);
	if (dev->log_count < VB_CALLBACK_LOG) {
		dev->log[dev->log_count] = range;
		WRITE_ONCE(dev->log_count, dev->log_count + 1);
	}
	spin_unlock(&dev->log_lock);
}
