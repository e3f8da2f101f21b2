// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's edu device (docs/specs/edu in QEMU's source).  Its DMA engine moves up
 * to 4 KiB between memory and a buffer of its own; a transfer starts 100 ms
 * after the command (hw/misc/edu.c: dma_timer), so a copy there and back takes
 * 200 ms.
 */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "lib/device/devices.h"
#include "lib/measure/clock.h"

#define EDU_ID			0x00
#define EDU_ID_MASK		0x0000ffffu
#define EDU_ID_VALUE		0x000000edu
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		1ull
#define EDU_DMA_TO_MEMORY	2ull
#define EDU_BUFFER		0x40000ull
#define EDU_BUFFER_BYTES	4096u
/* The property dma_mask= of the device; its default. */
#define EDU_DMA_LAST		0x0fffffffull
#define EDU_TIMEOUT_NS		5000000000ull
#define EDU_POLL_NS		2000000

static const struct vb_pci_id edu_ids[] = { { 0x1234, 0x11e8 }, { 0, 0 } };

static volatile uint64_t *reg64(struct vb_device *dev, unsigned int offset)
{
	return (volatile uint64_t *)((char *)dev->priv + offset);
}

static int edu_open(struct vb_device *dev)
{
	int ret = vb_device_map_bar(dev, 0, &dev->priv, &dev->priv_bytes);

	if (ret)
		return ret;
	dev->max_dma_bytes = EDU_BUFFER_BYTES;
	dev->dma_align_bytes = 1;
	ret = vb_device_enable_bus_master(dev);
	if (ret)
		return ret;
	if ((*(volatile uint32_t *)((char *)dev->priv + EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE)
		return -ENXIO;
	return 0;
}

static void edu_close(struct vb_device *dev)
{
	if (dev->priv)
		munmap(dev->priv, dev->priv_bytes);
	dev->priv = NULL;
}

/* One transfer; done when the device clears its start bit. */
static int transfer(struct vb_device *dev, uint64_t source, uint64_t destination, size_t size,
		    uint64_t direction)
{
	uint64_t deadline = vb_now_ns() + EDU_TIMEOUT_NS;
	struct timespec wait = { 0, EDU_POLL_NS };

	*reg64(dev, EDU_DMA_SOURCE) = source;
	*reg64(dev, EDU_DMA_DESTINATION) = destination;
	*reg64(dev, EDU_DMA_COUNT) = size;
	*reg64(dev, EDU_DMA_COMMAND) = EDU_DMA_START | direction;
	while (*reg64(dev, EDU_DMA_COMMAND) & EDU_DMA_START) {
		if (vb_now_ns() > deadline)
			return -ETIMEDOUT;
		nanosleep(&wait, NULL);
	}
	return 0;
}

/* The edu device can't tell that the IOMMU refused a transfer: compare the bytes. */
static int edu_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	int ret = transfer(dev, iova_from, EDU_BUFFER, size, 0);

	return ret ? ret : transfer(dev, EDU_BUFFER, iova_to, size, EDU_DMA_TO_MEMORY);
}

const struct vb_device_ops vb_device_edu = {
	.name = "edu",
	.summary = "QEMU's edu device: 4 KiB transfers through a buffer of its own",
	.ids = edu_ids,
	.dma_last = EDU_DMA_LAST,
	.open = edu_open,
	.close = edu_close,
	.dma_copy = edu_dma_copy,
};
