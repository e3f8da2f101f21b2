// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NVMe controllers, on their admin queue alone: no I/O queue is made, no command
 * reads or writes a namespace, so the medium is not touched.  Identify and Get Log
 * Page make the controller write to memory: real DMA, of bytes that are known.
 * "Base" is the NVM Express Base Specification 2.0.
 */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/device/devices.h"
#include "lib/device/nvme.h"

/* Base 5, figure 138: admin commands. */
#define OPCODE_GET_LOG_PAGE	0x02u
#define OPCODE_IDENTIFY		0x06u
#define OPCODE_GET_FEATURES	0x0au
#define CNS_CONTROLLER		0x01u	/* Base 5.17.2.1 */
#define LOG_EFFECTS		0x05u	/* Base 5.16.1.6: commands supported and effects */
#define FEATURE_QUEUES		0x07u	/* Base 5.27.1.5: what it tells is in the completion */
#define ALL_NAMESPACES		0xffffffffu

/* Base 5.17.2.1, figure 275. */
#define IDENTIFY_VID		0u
#define IDENTIFY_SERIAL		4u
#define IDENTIFY_SERIAL_BYTES	20u
#define IDENTIFY_LPA		261u
#define LPA_EFFECTS		0x2u

/* What it writes to memory; a page each, by one command. */
enum content { CONTENT_IDENTITY, CONTENT_EFFECTS, NR_CONTENTS };

struct nvme {
	struct nvme_queue queue;
	void *bar;
	size_t bar_bytes;
	unsigned int nr_contents;	/* that the controller has; 0: not learnt yet */
	unsigned int written;		/* by the last dma_write */
	unsigned char known[NR_CONTENTS][NVME_PAGE];	/* as it came when the device was opened */
};

static const struct vb_pci_id nvme_ids[] = { { 0, 0, 0x010802 }, { 0 } };

/* NUMDL is in dwords, and 0 is one. */
static const struct nvme_command commands[NR_CONTENTS] = {
	[CONTENT_IDENTITY] = { .opcode_id = OPCODE_IDENTIFY, .cdw10 = CNS_CONTROLLER },
	[CONTENT_EFFECTS] = { .opcode_id = OPCODE_GET_LOG_PAGE, .nsid = ALL_NAMESPACES,
			      .cdw10 = (NVME_PAGE / 4 - 1) << 16 | LOG_EFFECTS },
};

/* A page of @content to @iova, which begins a page: PRP1 alone reaches it. */
static int write_page(struct nvme_queue *q, unsigned int content, uint64_t iova)
{
	struct nvme_command command = {
		.opcode_id = commands[content].opcode_id,
		.nsid = htole32(commands[content].nsid),
		.prp1 = htole64(iova),
		.cdw10 = htole32(commands[content].cdw10),
	};
	int ret = nvme_submit(q, &command);

	if (ret)
		return ret;
	nvme_ring(q);
	return nvme_finish(q);
}

/* Twice, over different bytes: what was not written differs between the two. */
static int learn(struct vb_device *dev, struct nvme *n, unsigned int content)
{
	unsigned char *data = (unsigned char *)dev->own + NVME_OWN_DATA;
	int ret;

	memset(data, 0xa5, NVME_PAGE);
	ret = write_page(&n->queue, content, dev->own_iova + NVME_OWN_DATA);
	if (ret)
		return ret;
	memcpy(n->known[content], data, NVME_PAGE);
	memset(data, 0x5a, NVME_PAGE);
	ret = write_page(&n->queue, content, dev->own_iova + NVME_OWN_DATA);
	if (!ret && memcmp(n->known[content], data, NVME_PAGE))
		ret = -EPROTO;
	return ret;
}

/* What says itself that it is this device: its vendor, and a serial number that is text. */
static int check_identity(const struct vb_device *dev, const unsigned char *identity)
{
	if ((identity[IDENTIFY_VID] | identity[IDENTIFY_VID + 1] << 8) != dev->vendor)
		return -EPROTO;
	for (unsigned int i = 0; i < IDENTIFY_SERIAL_BYTES; i++)
		if (!isprint(identity[IDENTIFY_SERIAL + i]))
			return -EPROTO;
	return 0;
}

static int learn_all(struct vb_device *dev, struct nvme *n)
{
	int ret = learn(dev, n, CONTENT_IDENTITY);
	bool effects = n->known[CONTENT_IDENTITY][IDENTIFY_LPA] & LPA_EFFECTS;

	if (!ret)
		ret = check_identity(dev, n->known[CONTENT_IDENTITY]);
	if (!ret && effects)
		ret = learn(dev, n, CONTENT_EFFECTS);
	if (!ret)
		n->nr_contents = effects ? 2 : 1;
	return ret;
}

/* Whoever had the controller before may have left it enabled: it is stopped before it may do DMA. */
static int bring_up(struct vb_device *dev, struct nvme *n)
{
	int ret = vb_device_map_bar(dev, 0, &n->bar, &n->bar_bytes);

	if (ret)
		return ret;
	n->queue.bar = n->bar;
	ret = nvme_disable(&n->queue);
	if (!ret)
		ret = vb_device_enable_bus_master(dev);
	if (!ret)
		ret = nvme_enable(&n->queue, dev->own, dev->own_iova);
	/* Each command interrupts: where somebody listens, none is given unasked. */
	if (!ret && dev->irq_index < 0)
		ret = learn_all(dev, n);
	return ret;
}

static int nvme_open(struct vb_device *dev)
{
	struct nvme *n = calloc(1, sizeof(*n));
	int ret;

	if (!n)
		return -ENOMEM;
	dev->priv = n;
	dev->priv_bytes = sizeof(*n);
	ret = bring_up(dev, n);
	if (ret)
		return ret;
	dev->max_dma_bytes = NVME_PAGE;
	dev->dma_align_bytes = NVME_PAGE;
	return 0;
}

/* Stopped, so that it never writes to where its queues were. */
static void nvme_close(struct vb_device *dev)
{
	struct nvme *n = dev->priv;

	if (!n)
		return;
	if (n->bar) {
		nvme_disable(&n->queue);
		munmap(n->bar, n->bar_bytes);
	}
	free(n);
	dev->priv = NULL;
}

/* Each time the other, where there are two: a page that was not written again is seen. */
static int nvme_dma_write(struct vb_device *dev, uint64_t iova, size_t size)
{
	struct nvme *n = dev->priv;
	int ret = n->nr_contents ? 0 : learn_all(dev, n);

	if (ret)
		return ret;
	n->written = (n->written + 1) % n->nr_contents;
	return write_page(&n->queue, n->written, iova);
}

static bool nvme_dma_check(const struct vb_device *dev, const void *data, size_t size)
{
	const struct nvme *n = dev->priv;

	return !memcmp(data, n->known[n->written], size);
}

/* Base 3.1.3.5: the admin completion queue has interrupt vector 0, and it is on. */
static int nvme_irq_raise(struct vb_device *dev)
{
	struct nvme *n = dev->priv;
	struct nvme_command command = {
		.opcode_id = OPCODE_GET_FEATURES,
		.cdw10 = htole32(FEATURE_QUEUES),
	};
	int ret = nvme_submit(&n->queue, &command);

	if (!ret)
		nvme_ring(&n->queue);
	return ret;
}

static int nvme_irq_done(struct vb_device *dev)
{
	struct nvme *n = dev->priv;
	bool completed = n->queue.under_way && nvme_completed(&n->queue);
	int ret = nvme_finish(&n->queue);

	return completed ? ret : -EIO;
}

const struct vb_device_ops vb_device_nvme = {
	.name = "nvme",
	.summary = "NVMe controllers: Identify and Get Log Page write 4 KiB to memory, no medium is touched",
	.ids = nvme_ids,
	.own_bytes = NVME_OWN_BYTES,
	.scratch = { .bar = 0, .offset = NVME_AQA, .mask = 0x0fff0fff },
	.open = nvme_open,
	.close = nvme_close,
	.dma_write = nvme_dma_write,
	.dma_check = nvme_dma_check,
	.irq_raise = nvme_irq_raise,
	.irq_done = nvme_irq_done,
};
