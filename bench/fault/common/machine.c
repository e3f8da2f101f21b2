// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine before a run, and whether it is so again. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/fault/common/common.h"
#include "lib/device/device.h"
#include "lib/machine/counters.h"
#include "lib/machine/facts.h"
#include "lib/mdev/mdev.h"
#include "lib/measure/clock.h"

#define LOOK_NS 20000000

static unsigned int count_entries(const char *path, const char *prefix)
{
	unsigned int nr = 0;
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix));
	closedir(dir);
	return nr;
}

static void look(struct vb_fault_mark *m)
{
	struct vb_foll_pins pins;

	/* Elsewhere others pin, too. */
	m->held_pages = !vb_in_lab() || vb_foll_pins_read(&pins) || !pins.known ? UINT64_MAX :
			pins.acquired - pins.released;
	m->mdevs = count_entries(vb_mdev_bus(), "");
	m->variants = count_entries("/sys/module", "vfio_iommu_type1_");
	m->start_ns = vb_now_ns();
}

int vb_fault_mark_data(struct vb_fault *f, size_t size)
{
	f->data = calloc(1, size);
	if (!f->data)
		return vb_fault_say(f, -ENOMEM, "out of memory");
	look(f->data);
	return 0;
}

int vb_fault_mark(struct vb_fault *f)
{
	return vb_fault_mark_data(f, sizeof(struct vb_fault_mark));
}

/* Supervisor and holder.  What the janitor is to remove is counted. */
static bool run_is_gone(const struct vb_fault *f)
{
	return !vb_fault_lives(f->holder) && !vb_fault_lives(f->run);
}

int vb_fault_check_settled(struct vb_fault *f)
{
	const struct vb_fault_mark *before = f->data;
	uint64_t deadline_ns = vb_now_ns() + VB_FAULT_LIMIT_NS;
	struct vb_fault_mark now;
	bool gone;

	for (;;) {
		gone = run_is_gone(f);
		look(&now);
		if (gone && now.held_pages == before->held_pages && now.mdevs == before->mdevs &&
		    now.variants == before->variants)
			return 0;
		if (now.start_ns > deadline_ns)
			break;
		vb_fault_sleep_ns(LOOK_NS);
	}
	return vb_fault_say(f, -EBUSY, "10 s after the run: its processes %s; pages held %lld, before %lld; "
			    "mdevs %u, before %u; variants loaded %u, before %u",
			    gone ? "are gone" : "are there", (long long)now.held_pages,
			    (long long)before->held_pages, now.mdevs, before->mdevs, now.variants,
			    before->variants);
}

static int open_all(struct vb_device *dev, struct vb_iommu *iommu, const char **what)
{
	int ret;

	*what = "opening its group";
	ret = vb_device_open_group(dev);
	if (ret)
		return ret;
	*what = "opening a container";
	ret = vb_iommu_open(iommu, vb_iommu_find("vfio_type1v2_iommu"));
	if (ret)
		return ret;
	*what = "putting it in a container";
	ret = vb_iommu_add_group(iommu, dev->group_fd);
	if (ret)
		return ret;
	*what = "enabling the container";
	return vb_iommu_enable(iommu);
}

int vb_fault_check_device(struct vb_fault *f)
{
	struct vb_iommu iommu = { .fd = -1 };
	const char *what = "looking at it";
	struct vb_device dev;
	int ret;

	if (!f->device)
		return 0;
	ret = vb_device_probe(&dev, f->device);
	if (ret)
		return vb_fault_say(f, ret, "%s afterwards: %s: %s", f->device, what, strerror(-ret));
	ret = open_all(&dev, &iommu, &what);
	vb_device_close(&dev);
	vb_iommu_close(&iommu);
	if (ret)
		return vb_fault_say(f, ret, "%s afterwards: %s: %s", f->device, what, strerror(-ret));
	return 0;
}

/* As the run was, but short; the device is brought up and, where the job has it, does DMA. */
int vb_fault_check_next_run(struct vb_fault *f)
{
	char output[4200], said[4096], *last;
	int ret;

	snprintf(output, sizeof(output), "%s/next", f->work);
	/* So long that each of its workers, whatever the job, gets a CPU and ends an operation. */
	ret = vb_fault_run_like(f, output, "duration=500ms", said, sizeof(said));
	if (!ret)
		return 0;
	last = said + (strlen(said) > 300 ? strlen(said) - 300 : 0);
	return vb_fault_say(f, -EPROTO, "the next run: status %d: %s", ret, last);
}

int vb_fault_check_again(struct vb_fault *f)
{
	int ret = vb_fault_check_settled(f);

	if (!ret)
		ret = vb_fault_check_device(f);
	return ret ? ret : vb_fault_check_next_run(f);
}
