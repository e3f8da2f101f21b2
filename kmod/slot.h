/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_bench: request slots.
 *
 * A callback runs in the task that unmaps, so a slot is found by its thread and
 * touched by no other: no lock.  The page is for the thread to write its times
 * to and to look at; nothing that stands in it is believed.
 */
#ifndef VB_SLOT_H
#define VB_SLOT_H

#include <linux/hashtable.h>
#include <linux/sched.h>

#include "uapi/vfio_bench.h"

#define VB_SLOT_HASH_BITS	6

struct page;
struct pid;
struct vb_device;
struct vm_area_struct;

struct vb_slot {
	struct hlist_node node;		/* in slot_hash; stays until close */
	struct pid *pid;
	struct vb_slot_page *shared;
	u64 callbacks;			/* of the present request */
	u64 first_entry_ns;
	u64 last_return_ns;
	u64 previous_end_ns;
	struct page *page;
	u32 index;
};

int vb_slot_mmap(struct vb_device *dev, struct vm_area_struct *vma);
void vb_slots_free(struct vb_device *dev);
int vb_ioc_slot(struct vb_device *dev, void *arg);
int vb_ioc_request_end(struct vb_device *dev, void *arg);

/* The slot of @pid in a table whose entries stay: no rcu_read_lock(). */
#define vb_slot_find(hash, wanted) ({						\
	struct pid *_pid = (wanted);						\
	struct vb_slot *_slot, *_found = NULL;					\
										\
	hash_for_each_possible_rcu(hash, _slot, node, (unsigned long)_pid, true) \
		if (_slot->pid == _pid) {					\
			_found = _slot;						\
			break;							\
		}								\
	_found;									\
})

/* The calling thread was in a callback. */
static inline void vb_slot_callback(struct vb_slot *slot, u64 entry_ns, u64 return_ns)
{
	if (!slot->callbacks++) {
		slot->first_entry_ns = entry_ns;
		WRITE_ONCE(slot->shared->first_entry_ns, entry_ns);
	}
	slot->last_return_ns = return_ns;
	WRITE_ONCE(slot->shared->last_return_ns, return_ns);
	WRITE_ONCE(slot->shared->callbacks, slot->callbacks);
}

#endif /* VB_SLOT_H */
