// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: the life of a device, whoever made it and however the kernel calls it.
 */
#include "internal.h"

void vb_device_setup(struct vb_device *dev)
{
	mutex_init(&dev->lock);
	mutex_init(&dev->busted_lock);
	spin_lock_init(&dev->log_lock);
	init_waitqueue_head(&dev->pinner_wait);
	init_completion(&dev->idle);
	vb_busted_init(dev);
	refcount_set(&dev->users, 0);
}

void vb_device_destroy(struct vb_device *dev)
{
	mutex_destroy(&dev->busted_lock);
	mutex_destroy(&dev->lock);
}

int vb_device_open(struct vb_device *dev)
{
	int ret;

	ret = vb_stats_alloc(dev);
	if (ret)
		return ret;
	dev->discipline = VB_DISCIPLINE_FENCED;
	dev->mode = VB_MODE_NORMAL;
	dev->delay_ns = 0;
	dev->log_count = 0;
	hash_init(dev->slot_hash);
	reinit_completion(&dev->idle);
	refcount_set(&dev->users, 1);
	return 0;
}

/*
 * The last file is gone, so no ioctl runs and no slot is mapped.  Callbacks may
 * still come; once the last reference is dropped they find nothing to do.
 */
void vb_device_close(struct vb_device *dev)
{
	mutex_lock(&dev->lock);		/* vb_device_give_up() may be at work */
	vb_pinners_free(dev);
	mutex_unlock(&dev->lock);
	vb_unpin_all(dev);
	if (!refcount_dec_and_test(&dev->users))
		wait_for_completion(&dev->idle);
	vb_busted_flush(dev);

	vb_slots_free(dev);
	vb_windows_free(dev);
	vb_stats_free(dev);
}

void vb_device_give_up(struct vb_device *dev)
{
	WRITE_ONCE(dev->removing, true);
	mutex_lock(&dev->lock);
	vb_pinners_stop(dev);
	mutex_unlock(&dev->lock);
}

void vb_device_unmap(struct vb_device *dev, u64 iova, u64 length)
{
	bool locked;

	if (!refcount_inc_not_zero(&dev->users))
		return;
	locked = vb_busted_lock(dev);
	vb_callback(dev, iova, length);
	vb_busted_unlock(dev, locked);
	if (refcount_dec_and_test(&dev->users))
		complete(&dev->idle);
}
