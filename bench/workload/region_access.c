// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * region_access: the assigned device's config space and a register of its BAR, read
 * and written by pread() and pwrite() on its fd and through mmap().  The two ways
 * have to tell the same.  Written is what may be: the interrupt line, which VFIO
 * keeps itself, and the register that the driver names for that.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { CONFIG_READS, CONFIG_WRITES, BAR_READS, BAR_WRITES, MAPPED_READS, MAPPED_WRITES };
static const char *const counts[] = { "config_reads", "config_writes", "bar_reads", "bar_writes",
				      "mapped_reads", "mapped_writes", NULL };

struct regions {
	uint64_t config;		/* where it is in the fd */
	uint64_t bar;
	void *mapped;			/* the BAR; NULL: the driver names no register */
	size_t mapped_bytes;
	bool line_known;
	uint8_t line;			/* as it was found */
};

static int read_at(struct vb_worker *w, unsigned int count, uint64_t at, void *to, size_t bytes)
{
	uint64_t start = vb_now_ns();
	ssize_t n = pread(w->container->device->fd, to, bytes, (off_t)at);
	uint64_t end = vb_now_ns();
	int ret = n < 0 ? -errno : n == (ssize_t)bytes ? 0 : -EIO;

	vb_op_sample(w, VB_METRIC_REGION_READ, 0, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_REGION_READ], end - start);
	w->shared->tally.count[count]++;
	return 0;
}

static int write_at(struct vb_worker *w, unsigned int count, uint64_t at, const void *from,
		    size_t bytes)
{
	uint64_t start = vb_now_ns();
	ssize_t n = pwrite(w->container->device->fd, from, bytes, (off_t)at);
	uint64_t end = vb_now_ns();
	int ret = n < 0 ? -errno : n == (ssize_t)bytes ? 0 : -EIO;

	vb_op_sample(w, VB_METRIC_REGION_WRITE, 0, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_REGION_WRITE], end - start);
	w->shared->tally.count[count]++;
	return 0;
}

static int find_regions(struct vb_worker *w, struct regions *r)
{
	struct vb_device *device = w->container->device;
	const struct vb_device_scratch *scratch = &device->ops->scratch;
	uint64_t size;
	int ret = vb_device_region(device, VFIO_PCI_CONFIG_REGION_INDEX, &r->config, &size);

	if (ret || !scratch->mask)
		return ret;
	ret = vb_device_region(device, VFIO_PCI_BAR0_REGION_INDEX + scratch->bar, &r->bar, &size);
	if (!ret)
		ret = vb_device_map_bar(device, scratch->bar, &r->mapped, &r->mapped_bytes);
	return ret;
}

/* The driver is down meanwhile: the register is free to be written. */
static int setup(struct vb_worker *w)
{
	struct regions *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return -ENOMEM;
	w->priv = r;
	vb_device_down(w->container->device);
	ret = find_regions(w, r);
	if (!ret)
		ret = read_at(w, CONFIG_READS, r->config + PCI_INTERRUPT_LINE, &r->line,
			      sizeof(r->line));
	r->line_known = !ret;
	return ret;
}

static int teardown(struct vb_worker *w)
{
	struct regions *r = w->priv;
	int ret = 0;

	if (!r)
		return 0;
	if (r->line_known)
		ret = write_at(w, CONFIG_WRITES, r->config + PCI_INTERRUPT_LINE, &r->line,
			       sizeof(r->line));
	if (r->mapped)
		munmap(r->mapped, r->mapped_bytes);
	free(r);
	w->priv = NULL;
	return ret;
}

static int access_config(struct vb_worker *w, const struct regions *r)
{
	const struct vb_device *device = w->container->device;
	uint8_t line = (uint8_t)vb_random(w), found = 0;
	uint16_t ids[2] = { 0 };
	int ret = read_at(w, CONFIG_READS, r->config + PCI_VENDOR_ID, &ids[0], sizeof(ids[0]));

	if (!ret)
		ret = read_at(w, CONFIG_READS, r->config + PCI_DEVICE_ID, &ids[1], sizeof(ids[1]));
	if (!ret)
		ret = write_at(w, CONFIG_WRITES, r->config + PCI_INTERRUPT_LINE, &line, sizeof(line));
	if (!ret)
		ret = read_at(w, CONFIG_READS, r->config + PCI_INTERRUPT_LINE, &found, sizeof(found));
	if (ret)
		return ret;
	vb_op_verify(w, le16toh(ids[0]) == device->vendor && le16toh(ids[1]) == device->device,
		     "config space has other ids than sysfs");
	vb_op_verify(w, found == line, "the interrupt line is not as it was written");
	return 0;
}

/* What the register has to read as. */
static uint32_t wanted(const struct vb_device_scratch *scratch, uint32_t written)
{
	return (written ^ scratch->flipped) & scratch->mask;
}

/* Written one way, read both ways. */
static int access_bar(struct vb_worker *w, const struct regions *r, bool mapped)
{
	const struct vb_device_scratch *scratch = &w->container->device->ops->scratch;
	volatile uint32_t *reg = (volatile uint32_t *)((char *)r->mapped + scratch->offset);
	uint32_t value = (uint32_t)vb_random(w) & scratch->mask, raw = htole32(value), found = 0;
	int ret = 0;

	if (mapped) {
		*reg = raw;
		w->shared->tally.count[MAPPED_WRITES]++;
	} else {
		ret = write_at(w, BAR_WRITES, r->bar + scratch->offset, &raw, sizeof(raw));
	}
	if (!ret)
		ret = read_at(w, BAR_READS, r->bar + scratch->offset, &found, sizeof(found));
	if (ret)
		return ret;
	vb_op_verify(w, (le32toh(found) & scratch->mask) == wanted(scratch, value),
		     "a register that was written reads otherwise by pread()");
	w->shared->tally.count[MAPPED_READS]++;
	vb_op_verify(w, (le32toh(*reg) & scratch->mask) == wanted(scratch, value),
		     "a register that was written reads otherwise through mmap()");
	return 0;
}

static int step(struct vb_worker *w)
{
	struct regions *r = w->priv;
	int ret = access_config(w, r);

	if (ret || !r->mapped)
		return ret;
	ret = access_bar(w, r, false);
	return ret ? ret : access_bar(w, r, true);
}

const struct vb_workload_ops vb_workload_region_access = {
	.name = "region_access",
	.summary = "reads and writes config space and a register of the assigned device, by fd and by mmap",
	.counts = counts,
	.needs_device = true,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
