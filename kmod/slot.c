// SPDX-License-Identifier: GPL-2.0-only
/* vfio_bench: request slots; slot.h says how they work. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "internal.h"

static struct vb_slot *slot_alloc(void)
{
	struct vb_slot *slot;

	slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot)
		return NULL;
	slot->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!slot->page) {
		kfree(slot);
		return NULL;
	}
	slot->shared = page_address(slot->page);
	slot->pid = get_pid(task_pid(current));
	return slot;
}

static int slot_add(struct vb_device *dev, u32 *index)
{
	struct vb_slot *slot = vb_slot_current(dev);

	if (slot) {
		*index = slot->index;
		return -EEXIST;
	}
	if (dev->nr_slots >= VB_MAX_SLOTS)
		return -ENOSPC;
	slot = slot_alloc();
	if (!slot)
		return -ENOMEM;
	slot->index = dev->nr_slots;
	*index = slot->index;
	dev->slots[slot->index] = slot;
	smp_store_release(&dev->nr_slots, slot->index + 1);	/* slot_page() */
	hash_add_rcu(dev->slot_hash, &slot->node, (unsigned long)slot->pid);
	return 0;
}

int vb_ioc_slot(struct vb_device *dev, void *arg)
{
	struct vb_ioc_slot *req = arg;
	int ret;

	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	ret = slot_add(dev, &req->index);
	mutex_unlock(&dev->lock);
	return ret;
}

/*
 * Called with mmap_lock held, so it must not take dev->lock: who holds that may
 * be waiting for a pinner, which needs mmap_lock to pin.
 */
static struct page *slot_page(struct vb_device *dev, u64 index)
{
	u32 nr = smp_load_acquire(&dev->nr_slots);	/* slot_add() */

	if (index >= nr)
		return NULL;
	return dev->slots[array_index_nospec(index, nr)]->page;
}

int vb_slot_mmap(struct vb_device *dev, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	struct page *page;

	if (offset < VB_SLOT_OFFSET(0))
		return -EINVAL;
	offset -= VB_SLOT_OFFSET(0);
	if (offset & (VB_SLOT_STRIDE - 1) || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	page = slot_page(dev, offset / VB_SLOT_STRIDE);
	if (!page)
		return -EINVAL;
	vb_compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return vm_insert_page(vma, vma->vm_start, page);
}

void vb_slots_free(struct vb_device *dev)
{
	while (dev->nr_slots) {
		struct vb_slot *slot = dev->slots[--dev->nr_slots];

		hash_del_rcu(&slot->node);
		put_pid(slot->pid);
		__free_page(slot->page);
		kfree(slot);
	}
}

/* Do the thread's two times fit each other, the clock and what the module saw? */
static bool stamps_fit(const struct vb_slot *slot, u64 start_ns, u64 end_ns)
{
	if (!start_ns || start_ns < slot->previous_end_ns || end_ns < start_ns ||
	    end_ns > ktime_get_raw_ns())
		return false;
	/* callbacks that read no clock (VB_MODE_COUNTING) leave 0 */
	return !slot->first_entry_ns ||
	       (start_ns <= slot->first_entry_ns && slot->last_return_ns <= end_ns);
}

static void count_request(struct vb_device *dev, struct vb_slot *slot)
{
	u64 start_ns = READ_ONCE(slot->shared->start_ns);
	u64 end_ns = READ_ONCE(slot->shared->end_ns);
	bool fit = stamps_fit(slot, start_ns, end_ns);
	struct vb_stats *stats = vb_stats_get(dev);

	stats->counters.requests++;
	stats->counters.requests_notified += !!slot->callbacks;
	stats->counters.bad_stamps += !fit;
	vb_hist_add(&stats->hist[VB_HIST_PER_REQUEST], slot->callbacks);
	if (fit && slot->first_entry_ns) {
		vb_hist_add(&stats->hist[VB_HIST_REQUEST_FIRST],
			    slot->first_entry_ns - start_ns);
		vb_hist_add(&stats->hist[VB_HIST_LAST_END], end_ns - slot->last_return_ns);
	}
	vb_stats_put();
	if (fit)
		slot->previous_end_ns = end_ns;
}

static void slot_restart(struct vb_slot *slot)
{
	slot->callbacks = 0;
	slot->first_entry_ns = 0;
	slot->last_return_ns = 0;
	WRITE_ONCE(slot->shared->callbacks, 0);
	WRITE_ONCE(slot->shared->first_entry_ns, 0);
	WRITE_ONCE(slot->shared->last_return_ns, 0);
}

/*
 * Without a fence a range is closed only to tell a late pin: it is one until
 * the request has ended, and that is now.
 */
static void racing_reopen(struct vb_device *dev, const struct vb_slot *slot)
{
	u64 iova = READ_ONCE(slot->shared->iova);
	u64 size = READ_ONCE(slot->shared->size);

	if (size)
		vb_windows_open(dev, iova, size - 1 > U64_MAX - iova ? U64_MAX : iova + size - 1);
}

int vb_ioc_request_end(struct vb_device *dev, void *arg)
{
	struct vb_slot *slot = vb_slot_current(dev);
	struct vb_ioc_request_end *req = arg;

	if (!slot)
		return -ENOENT;
	req->callbacks = slot->callbacks;
	count_request(dev, slot);
	if (READ_ONCE(dev->discipline) == VB_DISCIPLINE_RACING)
		racing_reopen(dev, slot);
	slot_restart(slot);
	return 0;
}
