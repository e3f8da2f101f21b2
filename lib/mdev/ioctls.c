// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module's ioctls. */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "lib/mdev/mdev.h"

static int call(struct vb_mdev *mdev, unsigned long command, void *arg)
{
	return ioctl(mdev->fd, command, arg) < 0 ? -errno : 0;
}

static int call_none(struct vb_mdev *mdev, unsigned long command)
{
	struct vb_ioc_none none = { .size = sizeof(none) };

	return call(mdev, command, &none);
}

int vb_mdev_config(struct vb_mdev *mdev, enum vb_discipline discipline, enum vb_mode mode,
		   uint32_t delay_ns)
{
	struct vb_ioc_config config = {
		.size = sizeof(config),
		.discipline = discipline,
		.mode = mode,
		.delay_ns = delay_ns,
	};
	int ret = call(mdev, VB_IOC_CONFIG, &config);

	if (ret)
		return ret;
	return config.abi_version == VB_ABI_VERSION ? 0 : -EPROTO;
}

int vb_mdev_window(struct vb_mdev *mdev, uint64_t iova, uint64_t length)
{
	struct vb_ioc_window window = {
		.size = sizeof(window),
		.iova = iova,
		.length = length,
	};

	return call(mdev, VB_IOC_WINDOW, &window);
}

int vb_mdev_slot(struct vb_mdev *mdev, volatile struct vb_slot_page **slot)
{
	struct vb_ioc_slot ioc = { .size = sizeof(ioc) };
	void *page;
	int ret = call(mdev, VB_IOC_SLOT, &ioc);

	if (ret)
		return ret;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mdev->fd,
		    (off_t)VB_SLOT_OFFSET(ioc.index));
	if (page == MAP_FAILED)
		return -errno;
	*slot = page;
	return 0;
}

void vb_mdev_slot_unmap(volatile struct vb_slot_page *slot)
{
	if (slot)
		munmap((void *)slot, 4096);
}

/*
 * A signal ends the module's loop between two runs, also one that the process does not see
 * (it was stopped and goes on, or is traced): what is left is asked for again.
 */
static int pin_call(struct vb_mdev *mdev, unsigned long command, uint64_t iova,
		    uint64_t stride, uint32_t count, uint32_t pages, uint32_t *done)
{
	struct vb_ioc_pin pin = {
		.size = sizeof(pin),
		.iova = iova,
		.stride = stride,
		.count = count,
		.pages = pages,
	};
	int ret = call(mdev, command, &pin);

	while (__builtin_expect(ret == -EINTR && pin.done < pin.count, 0)) {
		pin.iova += pin.done * stride;
		pin.count -= pin.done;
		ret = call(mdev, command, &pin);
	}
	if (done)
		*done = count - pin.count + pin.done;
	return ret;
}

int vb_mdev_pin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
		uint32_t pages, uint32_t *done)
{
	return pin_call(mdev, VB_IOC_PIN, iova, stride, count, pages, done);
}

int vb_mdev_unpin(struct vb_mdev *mdev, uint64_t iova, uint64_t stride, uint32_t count,
		  uint32_t pages, uint32_t *done)
{
	return pin_call(mdev, VB_IOC_UNPIN, iova, stride, count, pages, done);
}

int vb_mdev_open_range(struct vb_mdev *mdev, uint64_t iova, uint64_t length)
{
	struct vb_ioc_open range = {
		.size = sizeof(range),
		.iova = iova,
		.length = length,
	};

	return call(mdev, VB_IOC_OPEN, &range);
}

int vb_mdev_request_end(struct vb_mdev *mdev, uint64_t *callbacks)
{
	struct vb_ioc_request_end end = { .size = sizeof(end) };
	int ret = call(mdev, VB_IOC_REQUEST_END, &end);

	if (callbacks)
		*callbacks = end.callbacks;
	return ret;
}

int vb_mdev_pinners_start(struct vb_mdev *mdev, const struct vb_ioc_pinner *pinner)
{
	struct vb_ioc_pinner copy = *pinner;

	copy.size = sizeof(copy);
	return call(mdev, VB_IOC_PINNERS_START, &copy);
}

int vb_mdev_pinners_go(struct vb_mdev *mdev)
{
	return call_none(mdev, VB_IOC_PINNERS_GO);
}

int vb_mdev_pinners_stop(struct vb_mdev *mdev)
{
	return call_none(mdev, VB_IOC_PINNERS_STOP);
}

int vb_mdev_pinner_info(struct vb_mdev *mdev, uint32_t index, struct vb_ioc_pinner_info *info)
{
	*info = (struct vb_ioc_pinner_info){ .size = sizeof(*info), .index = index };
	return call(mdev, VB_IOC_PINNER_INFO, info);
}

int vb_mdev_stats(struct vb_mdev *mdev, struct vb_ioc_stats *stats)
{
	*stats = (struct vb_ioc_stats){ .size = sizeof(*stats) };
	return call(mdev, VB_IOC_STATS, stats);
}

int vb_mdev_hist(struct vb_mdev *mdev, enum vb_hist_id id, struct vb_hist *hist)
{
	struct vb_ioc_hist *ioc = calloc(1, sizeof(*ioc));
	int ret;

	if (!ioc)
		return -ENOMEM;
	ioc->size = sizeof(*ioc);
	ioc->id = id;
	ret = call(mdev, VB_IOC_HIST, ioc);
	if (!ret)
		*hist = ioc->hist;
	free(ioc);
	return ret;
}

int vb_mdev_reset(struct vb_mdev *mdev)
{
	return call_none(mdev, VB_IOC_RESET);
}

int vb_mdev_ask(struct vb_mdev *mdev, enum vb_question what, uint64_t iova, uint32_t pages, int *answer)
{
	struct vb_ioc_ask ask = { .size = sizeof(ask), .iova = iova, .pages = pages, .what = what };
	int ret = call(mdev, VB_IOC_ASK, &ask);

	*answer = -ask.answer;
	return ret;
}
