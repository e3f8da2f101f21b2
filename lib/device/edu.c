// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's edu device (docs/specs/edu in QEMU's source).  Its DMA engine moves up
 * to 4088 bytes between memory and a buffer of its own; a transfer takes place
 * 100 ms after its command (hw/misc/edu.c: dma_timer), so a copy there and back
 * takes 200 ms.
 *
 * What it does with a mistake: it cuts addresses beyond dma_mask=, so that the
 * data go elsewhere; for a range outside the buffer QEMU up to 9.0 aborts, and
 * later ones access what lies there (commit 7b608e5d6c1d).
 * vb_device_dma_copy() lets neither through.
 */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "lib/device/devices.h"
#include "lib/measure/clock.h"

/* 32 bits wide; the registers of the DMA engine are 64. */
#define EDU_ID			0x00	/* 0xRRrr00ed: version, then 0xed */
#define EDU_ID_MASK		0x0000ffffu
#define EDU_ID_VALUE		0x000000edu
#define EDU_LIVENESS		0x04	/* reads as what was written, inverted */
#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_RAISE		0x60	/* sets bits of the status, and interrupts */
#define EDU_IRQ_ACKNOWLEDGE	0x64	/* clears them */
#define EDU_IRQ_OURS		1u
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		1ull	/* reads as 1 until the transfer has ended */
#define EDU_DMA_TO_MEMORY	2ull
#define EDU_BUFFER		0x40000ull
/*
 * The buffer has 4096 bytes, but QEMU up to 9.0 takes a transfer that ends with
 * the buffer for one outside it, and aborts (fixed by commit 698267415936).
 */
#define EDU_MAX_BYTES		4088u
/* The default of the device's property dma_mask=, which can't be asked for. */
#define EDU_DMA_LAST		0x0fffffffull
#define EDU_DMA_NS		100000000	/* not before; then it is asked for */
/* The 100 ms are of virtual time: a busy host stretches them. */
#define EDU_TIMEOUT_NS		5000000000ull
#define EDU_POLL_NS		2000000

static const struct vb_pci_id edu_ids[] = { { 0x1234, 0x11e8, 0 }, { 0 } };

static uint64_t read64(const struct vb_device *dev, unsigned int offset)
{
	return *(volatile uint64_t *)((char *)dev->priv + offset);
}

static void write64(struct vb_device *dev, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)((char *)dev->priv + offset) = value;
}

static volatile uint32_t *register32(const struct vb_device *dev, unsigned int offset)
{
	return (volatile uint32_t *)((char *)dev->priv + offset);
}

/* While a transfer is under way the device ignores writes to its DMA registers. */
static int wait_idle(struct vb_device *dev)
{
	uint64_t deadline_ns = vb_now_ns() + EDU_TIMEOUT_NS;
	struct timespec pause = { 0, EDU_POLL_NS };

	for (;;) {
		bool late = vb_now_ns() > deadline_ns;
		uint64_t command = read64(dev, EDU_DMA_COMMAND);

		if (command == UINT64_MAX)	/* what a device that is gone reads as */
			return -EIO;
		if (!(command & EDU_DMA_START))
			return 0;
		if (late)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

/*
 * QEMU doesn't reset the device between its users: a transfer that the last one
 * started may be due.  VFIO hands the device over with bus mastering off, so it
 * is let run out before that is on.
 */
static int edu_open(struct vb_device *dev)
{
	int ret = vb_device_map_bar(dev, 0, &dev->priv, &dev->priv_bytes);

	if (ret)
		return ret;
	if ((*register32(dev, EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE)
		return -ENXIO;
	ret = wait_idle(dev);
	if (!ret)
		ret = vb_device_enable_bus_master(dev);
	if (ret)
		return ret;
	dev->max_dma_bytes = EDU_MAX_BYTES;
	dev->dma_align_bytes = 1;
	return 0;
}

static void edu_close(struct vb_device *dev)
{
	if (dev->priv)
		munmap(dev->priv, dev->priv_bytes);
	dev->priv = NULL;
}

static int transfer(struct vb_device *dev, uint64_t source, uint64_t destination, size_t size,
		    uint64_t direction)
{
	int ret = wait_idle(dev);	/* a transfer that timed out may still be due */
	struct timespec transfer_time = { 0, EDU_DMA_NS };

	if (ret)
		return ret;
	write64(dev, EDU_DMA_SOURCE, source);
	write64(dev, EDU_DMA_DESTINATION, destination);
	write64(dev, EDU_DMA_COUNT, size);
	/* what the device is to read is in memory before the device is told */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	write64(dev, EDU_DMA_COMMAND, EDU_DMA_START | direction);
	nanosleep(&transfer_time, NULL);
	ret = wait_idle(dev);
	/* and what it wrote is read after it has said that it has ended */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ret;
}

/* The device can't tell that the IOMMU refused a transfer: compare the bytes. */
static int edu_dma_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	int ret = transfer(dev, iova_from, EDU_BUFFER, size, 0);

	return ret ? ret : transfer(dev, EDU_BUFFER, iova_to, size, EDU_DMA_TO_MEMORY);
}

static int edu_irq_raise(struct vb_device *dev)
{
	*register32(dev, EDU_IRQ_RAISE) = EDU_IRQ_OURS;
	return 0;
}

static int edu_irq_done(struct vb_device *dev)
{
	bool raised = *register32(dev, EDU_IRQ_STATUS) == EDU_IRQ_OURS;

	*register32(dev, EDU_IRQ_ACKNOWLEDGE) = EDU_IRQ_OURS;
	return raised ? 0 : -EIO;
}

const struct vb_device_ops vb_device_edu = {
	.name = "edu",
	.summary = "QEMU's edu device: up to 4088 bytes at once, in 200 ms, through a buffer of its own",
	.ids = edu_ids,
	.dma_last = EDU_DMA_LAST,
	.scratch = { .bar = 0, .offset = EDU_LIVENESS, .mask = UINT32_MAX, .flipped = UINT32_MAX },
	.open = edu_open,
	.close = edu_close,
	.dma_copy = edu_dma_copy,
	.irq_raise = edu_irq_raise,
	.irq_done = edu_irq_done,
};
