// SPDX-License-Identifier: GPL-2.0-or-later
/* What questions do before and around what they ask. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "bench/workload/conformance/ask.h"
#include "lib/iommu/iommufd-uapi.h"

#define LOOKS	4000		/* for a callback to have begun, a millisecond each */

int ask_not(struct vb_ask *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->why, sizeof(a->why), format, ap);
	va_end(ap);
	return ASK_NOT;
}

int ask_not_here(struct vb_ask *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->why, sizeof(a->why), format, ap);
	va_end(ap);
	return ASK_NOT_HERE;
}

int ask_told(struct vb_ask *a, int ret, const char *what)
{
	if (ret < 0 && !*a->why)
		snprintf(a->why, sizeof(a->why), "%.60s: %.40s", what, strerrorname_np(-ret) ?
			 strerrorname_np(-ret) : "error");
	return ret;
}

int ask_errno(struct vb_ask *a, int ret)
{
	return ask_value(a, -ret);
}

int ask_vfio(struct vb_ask *a, enum vb_question what, unsigned int page, unsigned int pages)
{
	int answer, ret = vb_mdev_ask(&a->c.mdev[0], what, ask_iova(a, page), pages, &answer);

	if (ret == -EOPNOTSUPP)
		return ask_not(a, "the kernel has no such call, or answers it with a WARNING");
	return ret ? ask_told(a, ret, "having the module ask") : ask_errno(a, answer);
}

int ask_value(struct vb_ask *a, int64_t value)
{
	a->answer = value;
	return 0;
}

int ask_map(struct vb_ask *a, unsigned int page, unsigned int pages)
{
	return ask_told(a, vb_iommu_map(&a->c.iommu, a->memory + page * ASK_PAGE, ask_iova(a, page),
					pages * ASK_PAGE, VB_PROT_READ | VB_PROT_WRITE), "mapping");
}

int ask_unmap(struct vb_ask *a, unsigned int page, unsigned int pages, uint64_t *bytes)
{
	uint64_t unmapped = 0;
	int ret = vb_iommu_unmap(&a->c.iommu, ask_iova(a, page), pages * ASK_PAGE, &unmapped);

	if (bytes)
		*bytes = unmapped;
	return ask_told(a, ret, "unmapping");
}

/* -EEXIST: it was registered with an earlier pin. */
static int want_window(struct vb_ask *a, unsigned int which)
{
	int ret = vb_mdev_window(&a->c.mdev[which], a->w->iova, ASK_PAGES * ASK_PAGE);

	return ret == -EEXIST ? 0 : ret;
}

int ask_try_pin(struct vb_ask *a, unsigned int which, unsigned int page, unsigned int pages)
{
	int ret = ask_told(a, want_window(a, which), "a window of the module");

	return ret ? ret : vb_mdev_pin(&a->c.mdev[which], ask_iova(a, page), 0, 1, pages, NULL);
}

int ask_pin(struct vb_ask *a, unsigned int which, unsigned int page, unsigned int pages)
{
	return ask_told(a, ask_try_pin(a, which, page, pages), "pinning");
}

int ask_delay(struct vb_ask *a, unsigned int which, unsigned int ms)
{
	return ask_told(a, vb_mdev_config(&a->c.mdev[which], VB_DISCIPLINE_FENCED, VB_MODE_NORMAL,
					  ms * 1000000u), "a callback's delay");
}

int ask_callbacks(struct vb_ask *a, unsigned int which, struct vb_ioc_stats *stats)
{
	return ask_told(a, vb_mdev_stats(&a->c.mdev[which], stats), "the module's counters");
}

int ask_left(struct vb_ask *a, unsigned int pages, uint64_t *bytes)
{
	int ret = vb_iommu_unmap(&a->c.iommu, a->w->iova, pages * ASK_PAGE, bytes);

	if (ret == -ENOENT) {	/* of IOMMUFD, some time: nothing is mapped there */
		*bytes = 0;
		ret = 0;
	}
	return ask_told(a, ret, "unmapping what is left");
}

static bool is_iommufd(const struct vb_ask *a)
{
	return !strncmp(ask_mode(a), "iommufd", strlen("iommufd"));
}

int ask_charged(struct vb_ask *a, uint64_t *bytes)
{
	struct vb_locked locked = { 0 };
	int ret = vb_locked_read(0, &locked);

	*bytes = is_iommufd(a) ? locked.pinned_bytes : locked.locked_bytes;
	return ask_told(a, ret, "VmLck and VmPin");
}

/* By all processes: what one was charged ends with it. */
static int still_pinned(struct vb_ask *a)
{
	uint64_t now = vb_own_foll_pins();

	if (now == UINT64_MAX || a->pins_before == UINT64_MAX)
		return ask_not_here(a, "the kernel does not count, or others pin too");
	return ask_value(a, (int64_t)((now - a->pins_before) * ASK_PAGE));
}

int ask_still_held(struct vb_ask *a, uint64_t before)
{
	uint64_t locked = 0;
	int ret;

	if (is_iommufd(a))
		return still_pinned(a);
	ret = ask_charged(a, &locked);
	return ret ? ret : ask_value(a, (int64_t)(locked - before));
}

/* Has it other ioctls? */
static bool is_native(const struct vb_ask *a)
{
	return !strcmp(ask_mode(a), "iommufd");
}

/* Any flag is VFIO_DMA_UNMAP_FLAG_ALL, which is a range here. */
static int native_unmap(struct vb_ask *a, const struct vb_raw *raw, uint64_t *bytes)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = a->c.iommu.ioas,
		.iova = raw->iova,
		.length = raw->flags ? UINT64_MAX : raw->size,
	};

	if (ioctl(a->c.iommu.fd, IOMMU_IOAS_UNMAP, &unmap))
		return -errno;
	*bytes = unmap.length;
	return 0;
}

int ask_raw_map(struct vb_ask *a, const struct vb_raw *raw)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = raw->argsz ? raw->argsz : sizeof(map),
		.flags = raw->flags,
		.vaddr = (uintptr_t)raw->vaddr,
		.iova = raw->iova,
		.size = raw->size,
	};

	if (is_native(a))
		return vb_iommu_map(&a->c.iommu, raw->vaddr, raw->iova, raw->size, raw->flags);
	return ioctl(a->c.iommu.fd, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int ask_raw_unmap(struct vb_ask *a, const struct vb_raw *raw, uint64_t *bytes)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = raw->argsz ? raw->argsz : sizeof(unmap),
		.flags = raw->flags,
		.iova = raw->iova,
		.size = raw->size,
	};
	uint64_t native = 0;
	int ret;

	if (is_native(a))
		ret = native_unmap(a, raw, &native);
	else
		ret = ioctl(a->c.iommu.fd, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
	if (bytes)
		*bytes = ret ? 0 : is_native(a) ? native : unmap.size;
	return ret;
}

static void *unmap_thread(void *data)
{
	struct vb_ask_unmap *u = data;

	u->ret = vb_iommu_unmap(&u->a->c.iommu, ask_iova(u->a, u->page), u->pages * ASK_PAGE,
				&u->bytes);
	return NULL;
}

int ask_wait_unpinned(struct vb_ask *a, unsigned int which, unsigned int pages,
		      struct vb_ioc_stats *stats)
{
	int ret = 0;

	for (unsigned int i = 0; i < LOOKS; i++) {
		ret = vb_mdev_stats(&a->c.mdev[which], stats);
		if (ret || stats->counters.callback_unpinned_pages >= pages)
			break;
		usleep(1000);
		ret = -ETIMEDOUT;
	}
	return ask_told(a, ret, "waiting for a callback");
}

int ask_start_unmap(struct vb_ask *a, struct vb_ask_unmap *unmap, unsigned int page,
		    unsigned int pages)
{
	*unmap = (struct vb_ask_unmap){ .a = a, .page = page, .pages = pages };
	return ask_told(a, -pthread_create(&unmap->thread, NULL, unmap_thread, unmap), "a thread");
}

int ask_begin_unmap(struct vb_ask *a, struct vb_ask_unmap *unmap, unsigned int which)
{
	struct vb_ioc_stats stats;
	int ret = ask_map(a, 0, 1);

	if (!ret)
		ret = ask_pin(a, which, 0, 1);
	if (!ret)
		ret = ask_delay(a, which, ASK_DELAY_MS);
	if (!ret)
		ret = ask_start_unmap(a, unmap, 0, 1);
	return ret ? ret : ask_wait_unpinned(a, which, 1, &stats);
}

int ask_end_unmap(struct vb_ask_unmap *unmap)
{
	pthread_join(unmap->thread, NULL);
	return ask_told(unmap->a, unmap->ret, "the unmap that waited");
}

static int be_child(struct vb_ask *a, int (*what)(struct vb_ask *a), pid_t parent)
{
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ret = getppid() == parent ? what(a) : -EINTR;
	return ret < 0 ? -ret & 0xff : 0;
}

int ask_in_child(struct vb_ask *a, int (*what)(struct vb_ask *a))
{
	pid_t self = getpid(), pid = fork();
	int status = 0;

	if (pid < 0)
		return ask_told(a, -errno, "a process");
	if (!pid)
		_exit(be_child(a, what, self));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	return ask_told(a, WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD, "in a process of its own");
}
