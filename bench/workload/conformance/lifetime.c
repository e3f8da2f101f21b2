// SPDX-License-Identifier: GPL-2.0-or-later
/* How one comes to be told of unmaps, and what is left when somebody goes. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "bench/workload/conformance/ask.h"

/* WITH_NOTHING: the first mdev's group, and a container that it is not in. */
static int bare(struct vb_ask *a)
{
	int ret = ask_told(a, vb_mdev_open_group(&a->c.mdev[0]), "opening a group");

	return ret ? ret : ask_told(a, vb_iommu_open(&a->c.iommu, a->c.plan->run->global.iommu),
				    "opening a container");
}

static int add(struct vb_ask *a)
{
	return ask_told(a, vb_iommu_add_group(&a->c.iommu, a->c.mdev[0].group_fd), "adding a group");
}

static int set_iommu(struct vb_ask *a, unsigned long type)
{
	return ioctl(a->c.iommu.fd, VFIO_SET_IOMMU, type) ? -errno : 0;
}

static int set_own_iommu(struct vb_ask *a)
{
	return set_iommu(a, strstr(a->c.plan->run->global.iommu->name, "v2") ? VFIO_TYPE1v2_IOMMU :
									       VFIO_TYPE1_IOMMU);
}

/* A driver registers when its device is opened. */
static int without_container(struct vb_ask *a)
{
	int ret = bare(a);

	return ret ? ret : ask_errno(a, vb_mdev_open(&a->c.mdev[0]));
}

static int without_iommu(struct vb_ask *a)
{
	int ret = bare(a);

	if (!ret)
		ret = add(a);
	return ret ? ret : ask_errno(a, vb_mdev_open(&a->c.mdev[0]));
}

static int without_device(struct vb_ask *a)
{
	struct vb_mdev none = a->c.mdev[0];

	none.uuid[0] = none.uuid[0] == '0' ? '1' : '0';
	return ask_errno(a, vb_mdev_open(&none));
}

/* Twice: the driver is told of an unmap once. */
static int opened_twice(struct vb_ask *a)
{
	struct vb_mdev again = a->c.mdev[0];

	return ask_errno(a, vb_mdev_open(&again));
}

static int opened_twice_hears(struct vb_ask *a)
{
	struct vb_mdev again = a->c.mdev[0];
	struct vb_ioc_stats stats;
	int ret = ask_map(a, 0, 1);

	if (!ret && vb_mdev_open(&again))
		return ask_not(a, "it can't be opened twice");
	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	if (!ret)
		ret = ask_unmap(a, 0, 1, NULL);
	if (!ret)
		ret = ask_callbacks(a, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

/* One of two fds of a device is closed: the device is open, and registered. */
static int half_closed_hears(struct vb_ask *a)
{
	struct vb_mdev again = a->c.mdev[0];
	struct vb_ioc_stats stats;
	int ret = ask_map(a, 0, 1);

	if (!ret && vb_mdev_open(&again))
		return ask_not(a, "it can't be opened twice");
	if (!ret)
		ret = ask_pin(a, 0, 0, 1);
	vb_mdev_close_device(&again);
	if (!ret)
		ret = ask_unmap(a, 0, 1, NULL);
	if (!ret)
		ret = ask_callbacks(a, 0, &stats);
	return ret ? ret : ask_value(a, (int64_t)stats.counters.callbacks);
}

static int wrong_events(struct vb_ask *a)
{
	return ask_vfio(a, VB_ASK_REGISTER_WRONG_EVENTS, 0, 1);
}

static int no_device(struct vb_ask *a)
{
	return ask_vfio(a, VB_ASK_REGISTER_NO_DEVICE, 0, 1);
}

static int no_events(struct vb_ask *a)
{
	return ask_vfio(a, VB_ASK_REGISTER_NO_EVENTS, 0, 1);
}

static int never_registered(struct vb_ask *a)
{
	return ask_vfio(a, VB_ASK_UNREGISTER_NEVER, 0, 1);
}

static int nothing_registered(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 1);

	return ret ? ret : ask_vfio(a, VB_ASK_PIN_NOTHING_REGISTERED, 0, 1);
}

static int iommu_without_group(struct vb_ask *a)
{
	int ret = ask_told(a, vb_iommu_open(&a->c.iommu, a->c.plan->run->global.iommu), "opening a container");

	return ret ? ret : ask_errno(a, set_own_iommu(a));
}

static int iommu_twice(struct vb_ask *a)
{
	return ask_errno(a, set_own_iommu(a));
}

static int iommu_unknown(struct vb_ask *a)
{
	int ret = bare(a);

	if (!ret)
		ret = add(a);
	return ret ? ret : ask_errno(a, set_iommu(a, 4242));
}

static int map_without_iommu(struct vb_ask *a)
{
	int ret = bare(a);

	if (!ret)
		ret = add(a);
	return ret ? ret : ask_errno(a, vb_iommu_map(&a->c.iommu, a->memory, a->w->iova, ASK_PAGE,
						     VB_PROT_READ | VB_PROT_WRITE));
}

static int group_twice(struct vb_ask *a)
{
	struct vb_mdev again = a->c.mdev[0];

	return ask_errno(a, vb_mdev_open_group(&again));
}

static int group_added_twice(struct vb_ask *a)
{
	return ask_errno(a, vb_iommu_add_group(&a->c.iommu, a->c.mdev[0].group_fd));
}

static int unset_container(struct vb_ask *a)
{
	return ioctl(a->c.mdev[0].group_fd, VFIO_GROUP_UNSET_CONTAINER) ? -errno : 0;
}

static int group_taken_open(struct vb_ask *a)
{
	return ask_errno(a, unset_container(a));
}

/* With the last group the mappings go, and the driver. */
static int last_group_goes(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	if (ret)
		return ret;
	vb_mdev_close_device(&a->c.mdev[0]);
	ret = ask_told(a, unset_container(a), "taking the group out");
	return ret ? ret : ask_errno(a, vb_iommu_map(&a->c.iommu, a->memory, a->w->iova, ASK_PAGE,
						     VB_PROT_READ | VB_PROT_WRITE));
}

static int mapping_outlives_device(struct vb_ask *a)
{
	uint64_t bytes = 0;
	int ret = ask_map(a, 0, 4);

	if (ret)
		return ret;
	vb_mdev_close_device(&a->c.mdev[0]);
	ret = ask_unmap(a, 0, 4, &bytes);
	return ret ? ret : ask_value(a, (int64_t)bytes);
}

static int pinned_row(struct vb_ask *a)
{
	int ret = ask_map(a, 0, 4);

	return ret ? ret : ask_pin(a, 0, 0, 2);
}

/* A driver whose device is closed with pins gives them back. */
static int closed_with_pins(struct vb_ask *a)
{
	int ret = pinned_row(a);

	if (ret)
		return ret;
	vb_mdev_close_device(&a->c.mdev[0]);
	return ask_still_held(a, 0);
}

/* One that is gone hinders no unmap of what others have pinned. */
static int others_unmap(struct vb_ask *a)
{
	uint64_t bytes = 0;
	int ret = pinned_row(a);

	if (!ret)
		ret = ask_pin(a, 1, 2, 1);
	if (ret)
		return ret;
	vb_mdev_close_device(&a->c.mdev[0]);
	ret = ask_unmap(a, 0, 4, &bytes);
	return ret ? ret : ask_value(a, (int64_t)bytes);
}

static int others_pins_stay(struct vb_ask *a)
{
	int ret = pinned_row(a);

	if (!ret)
		ret = ask_pin(a, 1, 2, 1);
	if (ret)
		return ret;
	vb_mdev_close_device(&a->c.mdev[0]);
	return ask_still_held(a, 0);
}

/* The container's file first, then group and device: it lives as long as they do. */
static int container_first(struct vb_ask *a)
{
	int ret = pinned_row(a);

	if (ret)
		return ret;
	vb_iommu_close(&a->c.iommu);
	return ask_still_held(a, 0);
}

static int all_closed(struct vb_ask *a)
{
	int ret = pinned_row(a);

	if (ret)
		return ret;
	vb_iommu_close(&a->c.iommu);
	vb_mdev_close(&a->c.mdev[0]);
	return ask_still_held(a, 0);
}

/* In a process of its own: everything anew, pinned, and the end. */
static int open_and_pin(struct vb_ask *a)
{
	int ret = vb_container_open(&a->c, a->c.plan);

	return ret ? ret : pinned_row(a);
}

static int and_be_killed(struct vb_ask *a)
{
	int ret = open_and_pin(a);

	if (!ret)
		raise(SIGKILL);
	return ret;
}

/* Pages that stayed pinned behind a process. */
static int left_behind(struct vb_ask *a, int (*ending)(struct vb_ask *a))
{
	uint64_t before = vb_own_foll_pins(), after;
	int ret;

	if (before == UINT64_MAX)
		return ask_not_here(a, "the kernel does not count, or others pin too");
	ret = ask_in_child(a, ending);
	after = vb_own_foll_pins();
	return ret ? ret : ask_value(a, (int64_t)(after - before));
}

static int process_exits(struct vb_ask *a)
{
	return left_behind(a, open_and_pin);
}

static int process_is_killed(struct vb_ask *a)
{
	return left_behind(a, and_be_killed);
}

/* And what it had open can be had again at once. */
static int reopened(struct vb_ask *a)
{
	int ret = ask_in_child(a, and_be_killed);

	return ret ? ret : ask_errno(a, vb_container_open(&a->c, a->c.plan));
}

const struct vb_promise vb_promises_lifetime[] = {
	{ "register-without-device", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, without_device },
	{ "register-without-container", VB_ANSWER_ERRNO, WITH_NOTHING | WITH_TYPE1, without_container },
	{ "register-without-iommu", VB_ANSWER_ERRNO, WITH_NOTHING | WITH_TYPE1, without_iommu },
	{ "register-twice", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, opened_twice },
	{ "register-twice-hears", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2,
	  opened_twice_hears },
	{ "register-half-closed-hears", VB_ANSWER_COUNT, WITH_MDEV | WITH_TYPE1 | WITH_V2,
	  half_closed_hears },
	{ "register-wrong-events", VB_ANSWER_ERRNO, WITH_MDEV, wrong_events },
	{ "register-no-device", VB_ANSWER_ERRNO, WITH_MDEV, no_device },
	{ "register-no-events", VB_ANSWER_ERRNO, WITH_MDEV, no_events },
	{ "unregister-never-registered", VB_ANSWER_ERRNO, WITH_MDEV, never_registered },
	{ "pin-nothing-registered", VB_ANSWER_ERRNO, WITH_MDEV, nothing_registered },
	{ "iommu-without-group", VB_ANSWER_ERRNO, WITH_NOTHING | WITH_TYPE1, iommu_without_group },
	{ "iommu-twice", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, iommu_twice },
	{ "iommu-unknown", VB_ANSWER_ERRNO, WITH_NOTHING | WITH_TYPE1, iommu_unknown },
	{ "map-without-iommu", VB_ANSWER_ERRNO, WITH_NOTHING | WITH_TYPE1, map_without_iommu },
	{ "group-opened-twice", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, group_twice },
	{ "group-added-twice", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, group_added_twice },
	{ "group-taken-while-open", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, group_taken_open },
	{ "map-after-last-group", VB_ANSWER_ERRNO, WITH_MDEV | WITH_TYPE1, last_group_goes },
	{ "close-keeps-mapping", VB_ANSWER_BYTES, WITH_MDEV, mapping_outlives_device },
	{ "close-gives-pins-back", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, closed_with_pins },
	{ "close-others-unmap", VB_ANSWER_BYTES, WITH_MDEV | WITH_OTHER | WITH_V2, others_unmap },
	{ "close-leaves-others-pins", VB_ANSWER_BYTES, WITH_MDEV | WITH_OTHER | WITH_V2,
	  others_pins_stay },
	{ "container-closed-first", VB_ANSWER_BYTES, WITH_MDEV | WITH_TYPE1 | WITH_V2,
	  container_first },
	{ "container-closed-with-pins", VB_ANSWER_BYTES, WITH_MDEV | WITH_V2, all_closed },
	{ "exit-with-pins", VB_ANSWER_COUNT, WITH_NOTHING | WITH_V2, process_exits },
	{ "kill-with-pins", VB_ANSWER_COUNT, WITH_NOTHING | WITH_V2, process_is_killed },
	{ "kill-frees-devices", VB_ANSWER_ERRNO, WITH_NOTHING | WITH_V2, reopened },
	{ 0 }
};
