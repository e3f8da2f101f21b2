// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_bench: ioctls of the device fd.
 *
 * What all commands have in common is checked here: the size, that what this
 * module does not know is zero, flags and reserved members.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "internal.h"

#define VB_IOC_FIRST		_IOC_NR(VB_IOC_CONFIG)
#define VB_IOC_SMALL		64	/* bytes; larger ones are not put on the stack */

/* All start like this. */
struct vb_ioc_header {
	u32 size;
	u32 flags;
};

struct vb_command {
	unsigned int cmd;
	u16 size;			/* as this module knows it */
	u16 min_size;			/* as the first version of the ABI knew it */
	u16 reserved;			/* offset of a u32 that must be zero, or 0 */
	bool removing;			/* also when the device is wanted back */
	int (*run)(struct vb_device *dev, void *arg);
};

/* A late pin or a leaked one can crash the kernel: not for whom the device is lent to. */
static bool config_is_hazardous(const struct vb_ioc_config *req)
{
	return req->discipline == VB_DISCIPLINE_RACING || vb_busted_is_hazardous(req->mode);
}

static int vb_ioc_config(struct vb_device *dev, void *arg)
{
	struct vb_ioc_config *req = arg;

	req->abi_version = VB_ABI_VERSION;
	if (req->discipline > VB_DISCIPLINE_RACING || req->mode > VB_MODE_BUSTED_LOCK ||
	    req->delay_ns > VB_MAX_DELAY_NS)
		return -EINVAL;
	if (config_is_hazardous(req) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (mutex_lock_killable(&dev->lock))
		return -EINTR;
	WRITE_ONCE(dev->discipline, req->discipline);
	WRITE_ONCE(dev->mode, req->mode);
	WRITE_ONCE(dev->delay_ns, req->delay_ns + vb_busted_sleep_ns(req->mode));
	mutex_unlock(&dev->lock);
	return 0;
}

/* Page aligned, not empty, not beyond the end of the address space? */
static int check_range(u64 iova, u64 length, u64 *last)
{
	if (!length || !PAGE_ALIGNED(iova | length))
		return -EINVAL;
	if (check_add_overflow(iova, length - 1, last))
		return -EOVERFLOW;
	return 0;
}

static int vb_ioc_window(struct vb_device *dev, void *arg)
{
	struct vb_ioc_window *req = arg;
	u64 last;
	int ret;

	ret = check_range(req->iova, req->length, &last);
	if (ret)
		return ret;
	if (req->length >> PAGE_SHIFT > VB_MAX_WINDOW_PAGES)
		return -E2BIG;
	return vb_window_add(dev, req->iova, req->length, &req->index);
}

static int vb_ioc_open(struct vb_device *dev, void *arg)
{
	struct vb_ioc_open *req = arg;
	u64 last;
	int ret;

	ret = check_range(req->iova, req->length, &last);
	if (ret)
		return ret;
	return vb_windows_open(dev, req->iova, last);
}

#define VB_COMMAND(_cmd, _struct, _last, ...)				\
	[_IOC_NR(_cmd) - VB_IOC_FIRST] = {				\
		.cmd = _cmd,						\
		.size = sizeof(struct _struct),				\
		.min_size = offsetofend(struct _struct, _last),		\
		__VA_ARGS__						\
	}
#define VB_RESERVED(_struct)	.reserved = offsetof(struct _struct, __reserved)

static const struct vb_command vb_commands[] = {
	VB_COMMAND(VB_IOC_CONFIG, vb_ioc_config, delay_ns, .run = vb_ioc_config),
	VB_COMMAND(VB_IOC_WINDOW, vb_ioc_window, __reserved,
		   .run = vb_ioc_window, VB_RESERVED(vb_ioc_window)),
	VB_COMMAND(VB_IOC_SLOT, vb_ioc_slot, __reserved,
		   .run = vb_ioc_slot, VB_RESERVED(vb_ioc_slot)),
	VB_COMMAND(VB_IOC_PIN, vb_ioc_pin, __reserved,
		   .run = vb_ioc_pin, VB_RESERVED(vb_ioc_pin)),
	VB_COMMAND(VB_IOC_UNPIN, vb_ioc_pin, __reserved,
		   .run = vb_ioc_unpin, VB_RESERVED(vb_ioc_pin), .removing = true),
	VB_COMMAND(VB_IOC_OPEN, vb_ioc_open, length, .run = vb_ioc_open),
	VB_COMMAND(VB_IOC_REQUEST_END, vb_ioc_request_end, callbacks, .run = vb_ioc_request_end),
	VB_COMMAND(VB_IOC_PINNERS_START, vb_ioc_pinner, hold_ns, .run = vb_ioc_pinners_start),
	VB_COMMAND(VB_IOC_PINNERS_GO, vb_ioc_none, flags, .run = vb_ioc_pinners_go),
	VB_COMMAND(VB_IOC_PINNERS_STOP, vb_ioc_none, flags,
		   .run = vb_ioc_pinners_stop, .removing = true),
	VB_COMMAND(VB_IOC_PINNER_INFO, vb_ioc_pinner_info, unpins,
		   .run = vb_ioc_pinner_info, .removing = true),
	VB_COMMAND(VB_IOC_STATS, vb_ioc_stats, log,
		   .run = vb_ioc_stats, VB_RESERVED(vb_ioc_stats), .removing = true),
	VB_COMMAND(VB_IOC_HIST, vb_ioc_hist, hist,
		   .run = vb_ioc_hist, VB_RESERVED(vb_ioc_hist), .removing = true),
	VB_COMMAND(VB_IOC_RESET, vb_ioc_none, flags, .run = vb_ioc_reset),
	VB_COMMAND(VB_IOC_ASK, vb_ioc_ask, __reserved, .run = vb_ioc_ask, VB_RESERVED(vb_ioc_ask)),
};

static const struct vb_command *command_find(unsigned int cmd)
{
	unsigned int i = _IOC_NR(cmd) - VB_IOC_FIRST;

	if (i >= ARRAY_SIZE(vb_commands))
		return NULL;
	i = array_index_nospec(i, ARRAY_SIZE(vb_commands));
	return vb_commands[i].cmd == cmd ? &vb_commands[i] : NULL;
}

/*
 * Copy in, run, copy out.  The answer is copied out after a failure as well:
 * how many runs were pinned, which slot the thread has.
 */
static int command_run(struct vb_device *dev, const struct vb_command *command,
		       void *buffer, void __user *user, u32 user_size)
{
	struct vb_ioc_header *header = buffer;
	int ret;

	ret = copy_struct_from_user(buffer, command->size, user, user_size);
	if (ret)
		return ret;
	header->size = user_size;
	if (header->flags)
		return -EINVAL;
	if (command->reserved && *(u32 *)(buffer + command->reserved))
		return -EINVAL;
	ret = command->run(dev, buffer);
	if (copy_to_user(user, buffer, min_t(u32, command->size, user_size)))
		return -EFAULT;
	return ret;
}

static int command_dispatch(struct vb_device *dev, const struct vb_command *command,
			    void __user *user)
{
	u64 small[VB_IOC_SMALL / sizeof(u64)];
	void *buffer = small;
	u32 user_size;
	int ret;

	if (READ_ONCE(dev->removing) && !command->removing)
		return -ENODEV;
	if (get_user(user_size, (u32 __user *)user))
		return -EFAULT;
	if (user_size < command->min_size)
		return -EINVAL;
	/* nobody will ever need that much more, and it would have to be looked through */
	if (user_size > command->size + PAGE_SIZE)
		return -E2BIG;
	if (command->size > sizeof(small)) {
		buffer = kvmalloc(command->size, GFP_KERNEL_ACCOUNT);
		if (!buffer)
			return -ENOMEM;
	}
	ret = command_run(dev, command, buffer, user, user_size);
	if (buffer != small)
		kvfree(buffer);
	return ret;
}

/* No regions, no interrupts: what VFIO's generic tools get to see. */
static int vb_get_info(void __user *user)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, user, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = 0;
	info.num_regions = 0;
	info.num_irqs = 0;
	return copy_to_user(user, &info, minsz) ? -EFAULT : 0;
}

long vb_ioctl(struct vb_device *dev, unsigned int cmd, unsigned long arg)
{
	const struct vb_command *command;
	void __user *user = (void __user *)arg;

	if (cmd == VFIO_DEVICE_GET_INFO)
		return vb_get_info(user);
	command = command_find(cmd);
	return command ? command_dispatch(dev, command, user) : -ENOTTY;
}
