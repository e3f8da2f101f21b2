// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: what a driver that keeps to the rules never asks of VFIO, asked to see that
 * VFIO keeps to them: past this module's bitmaps, limits and counters.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"

struct vb_asked {
	struct vb_device *dev;
	u64 iova;
	unsigned int pages;
	unsigned long *pfns;		/* two for each page: of the request, and VFIO's answer */
};

/* One question at a time: a driver's registration is taken away in some. */
static DEFINE_MUTEX(vb_ask_lock);

static int pin(const struct vb_asked *a)
{
	unsigned int i;

	/* what it answers with may stand in the place of these */
	for (i = 0; i < a->pages; i++)
		a->pfns[i] = (a->iova >> PAGE_SHIFT) + i;
	return vb_compat_pin(&a->dev->vdev, a->iova, a->pfns, a->pages,
			     (struct page **)(a->pfns + a->pages));
}

static void unpin(const struct vb_asked *a, int pinned)
{
	if (pinned > 0)
		vb_compat_unpin(&a->dev->vdev, a->iova, a->pfns, pinned);
}

static int answer_of(const struct vb_asked *a, int pinned)
{
	if (pinned < 0)
		return pinned;
	return pinned == a->pages ? 0 : -EIO;
}

static int ask_pin(void *arg)
{
	const struct vb_asked *a = arg;
	int ret = pin(a);

	unpin(a, ret);
	return answer_of(a, ret);
}

static int ask_pin_twice(struct vb_asked *a)
{
	int first = pin(a);
	int ret = first < 0 ? first : ask_pin(a);

	unpin(a, first);
	return ret;
}

/* Where it was pinned just before, so that it is mapped: of anything else VFIO WARNs. */
static int ask_unpin_again(struct vb_asked *a)
{
	int ret = ask_pin(a);

	if (ret)
		return ret;
	return vb_compat_unpin_answer(&a->dev->vdev, a->iova, a->pfns, a->pages);
}

static int ask(struct vb_asked *a, u32 what)
{
	switch (what) {
	case VB_ASK_PIN:
		return ask_pin(a);
	case VB_ASK_PIN_TWICE:
		return ask_pin_twice(a);
	case VB_ASK_UNPIN_AGAIN:
		return ask_unpin_again(a);
	case VB_ASK_REGISTER_WRONG_EVENTS:
	case VB_ASK_REGISTER_NO_DEVICE:
	case VB_ASK_REGISTER_NO_EVENTS:
		return vb_register_wrongly(a->dev, what);
	default:	/* VB_ASK_UNREGISTER_NEVER */
		return vb_unregister_never(a->dev);
	}
}

/* Are there such things in this kernel, and do they leave it whole? */
static bool can_ask(const struct vb_device *dev, u32 what)
{
	/* IOMMUFD WARNs of an unpin that is not for a pin */
	if (what == VB_ASK_UNPIN_AGAIN)
		return !dev->exact;
	return what < VB_ASK_REGISTER_WRONG_EVENTS || VB_COMPAT_NOTIFIER;
}

/*
 * While it is not registered the device is not told of an unmap of what it has pinned, and
 * type1 insists on it (BUG_ON): so it has nothing pinned, and pins nothing.
 */
static int ask_unregistered(struct vb_asked *a, struct vb_ioc_ask *req)
{
	int ret = 0;

	WRITE_ONCE(a->dev->unregistered, true);
	if (vb_windows_idle(a->dev))
		req->answer = -vb_while_unregistered(a->dev, ask_pin, a);
	else
		ret = -EBUSY;
	WRITE_ONCE(a->dev->unregistered, false);
	return ret;
}

int vb_ioc_ask(struct vb_device *dev, void *arg)
{
	struct vb_ioc_ask *req = arg;
	struct vb_asked a = { .dev = dev, .iova = req->iova, .pages = req->pages };
	int ret = 0;

	req->answer = 0;
	if (req->what > VB_ASK_REGISTER_NO_EVENTS || !req->pages ||
	    !PAGE_ALIGNED(req->iova) || req->iova + req->pages * (u64)PAGE_SIZE < req->iova)
		return -EINVAL;
	if (req->pages > VB_MAX_ASK_PAGES)
		return -E2BIG;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!can_ask(dev, req->what))
		return -EOPNOTSUPP;
	a.pfns = kvcalloc(2 * a.pages, sizeof(*a.pfns), GFP_KERNEL_ACCOUNT);
	if (!a.pfns)
		return -ENOMEM;
	if (mutex_lock_killable(&vb_ask_lock)) {
		kvfree(a.pfns);
		return -EINTR;
	}
	if (req->what == VB_ASK_PIN_NOTHING_REGISTERED)
		ret = ask_unregistered(&a, req);
	else
		req->answer = -ask(&a, req->what);
	mutex_unlock(&vb_ask_lock);
	kvfree(a.pfns);
	return ret;
}
