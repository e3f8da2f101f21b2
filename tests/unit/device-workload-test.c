// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Workloads that use the assigned device, on a right one and on devices, IOMMUs and
 * kernels that are wrong in one way.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "tests/unit/workload-helper.h"

#define VENDOR		0x1b36
#define DEVICE		0x0010
#define BAR		4096ull		/* where it lies in the device's fd */
#define SCRATCH		0x24u

static struct rig r;

/* The device's fd and what is done with it, by ld's --wrap. */
int __wrap_vb_device_open(struct vb_device *dev);
void __wrap_vb_device_close_fd(struct vb_device *dev);
int __wrap_vb_device_reset(struct vb_device *dev);
int __wrap_vb_device_region(struct vb_device *dev, unsigned int index, uint64_t *offset,
			    uint64_t *size);
int __wrap_vb_device_map_bar(struct vb_device *dev, unsigned int index, void **bar, size_t *size);
int __wrap_vb_device_irq_on(struct vb_device *dev, int eventfd);
int __wrap_vb_device_irq_off(struct vb_device *dev);

static int opens, closes, resets, reset_error;
static int irq_fd;
static bool other_bar;			/* mmap() shows another one than pread() */

int __wrap_vb_device_open(struct vb_device *dev)
{
	opens++;
	return vb_device_up(dev);
}

void __wrap_vb_device_close_fd(struct vb_device *dev)
{
	closes++;
	vb_device_down(dev);
}

int __wrap_vb_device_reset(struct vb_device *dev)
{
	assert_false(dev->up);
	resets++;
	return reset_error;
}

int __wrap_vb_device_region(struct vb_device *dev, unsigned int index, uint64_t *offset,
			    uint64_t *size)
{
	*offset = index ? 0 : BAR;	/* VFIO's index 0 is BAR 0 */
	*size = 4096;
	return 0;
}

int __wrap_vb_device_map_bar(struct vb_device *dev, unsigned int index, void **bar, size_t *size)
{
	*size = 4096;
	if (other_bar)
		*bar = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	else
		*bar = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd, BAR);
	return *bar == MAP_FAILED ? -errno : 0;
}

int __wrap_vb_device_irq_on(struct vb_device *dev, int eventfd)
{
	irq_fd = eventfd;
	dev->irq_index = 0;
	return 0;
}

int __wrap_vb_device_irq_off(struct vb_device *dev)
{
	dev->irq_index = -1;
	return 0;
}

static void expect_right(unsigned int steps)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_int_equal(r.shared->tally.wrong, 0);
	assert_int_equal(r.shared->tally.dma_errors, 0);
	assert_int_equal(r.shared->tally.mapped_bytes, r.shared->tally.unmapped_bytes);
	assert_int_equal(r.nr_mappings, 0);
}

static void expect_wrong(unsigned int steps, unsigned int wrong)
{
	assert_int_equal(rig_run(&r, steps), 0);
	assert_int_equal(r.shared->tally.wrong, wrong);
	rig_free(&r);
}

static void make(const char *workload, unsigned int count)
{
	rig_make(&r, workload, RIG_PAGE, count);
	rig_add_device(&r);
	r.device.up = true;
	opens = closes = resets = reset_error = 0;
	other_bar = false;
}

/* A device that writes its own: the page number of nothing that the test fills in. */
static int writes(struct vb_device *dev, uint64_t iova, size_t size)
{
	if (!rig_memory(iova))
		return -EIO;
	memset(rig_memory(iova), 0x77, size);
	return 0;
}

static int writes_half(struct vb_device *dev, uint64_t iova, size_t size)
{
	memset(rig_memory(iova), 0x77, size / 2);
	return 0;
}

static bool is_written(const struct vb_device *dev, const void *data, size_t size)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < size; i++)
		if (byte[i] != 0x77)
			return false;
	return true;
}

static void only_writes(void)
{
	r.device_ops.dma_copy = NULL;
	r.device_ops.dma_write = writes;
	r.device_ops.dma_check = is_written;
}

static void test_dma_verify_writer(void **state)
{
	make("dma_verify", 2);
	only_writes();
	expect_right(3);
	assert_int_equal(r.shared->tally.dma_bytes, 3 * RIG_PAGE);	/* one way */
	rig_free(&r);
	make("dma_verify", 2);
	only_writes();
	r.device_ops.dma_write = writes_half;
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.dma_errors, 3);
	rig_free(&r);
}

/* An IOTLB that keeps what was unmapped: the second transfer to one place arrives. */
static char *stale_memory;

static int stale_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	if (rig_memory(iova_to))
		stale_memory = rig_memory(iova_to);
	memcpy(stale_memory, rig_memory(iova_from), size);
	return 0;
}

static int stale_write(struct vb_device *dev, uint64_t iova, size_t size)
{
	if (rig_memory(iova))
		stale_memory = rig_memory(iova);
	stale_memory[size - 1] = 0x77;
	return rig_memory(iova) ? writes(dev, iova, size) : 0;
}

static int silent_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	rig_dma_copy(dev, iova_from, iova_to, size);
	return 0;
}

/* It does nothing at all: what it could not do while it was mapped is noticed. */
static int no_copy(struct vb_device *dev, uint64_t iova_from, uint64_t iova_to, size_t size)
{
	return 0;
}

static void test_dma_fault(void **state)
{
	make("dma_fault", 2);
	expect_right(3);
	assert_int_equal(r.shared->tally.expected_faults, 3);
	assert_int_equal(r.shared->tally.verified, 3);
	assert_int_equal(r.shared->hist[VB_METRIC_DMA_FAULT].count, 3);
	assert_int_equal(r.device_ups, 3);	/* told of the failure, it is brought up again */
	rig_free(&r);
	make("dma_fault", 2);
	r.device_ops.dma_copy = silent_copy;
	expect_right(3);
	assert_int_equal(r.device_ups, 0);
	rig_free(&r);
	make("dma_fault", 2);
	only_writes();
	expect_right(3);
	rig_free(&r);
	make("dma_fault", 2);
	r.device_ops.dma_copy = stale_copy;
	expect_wrong(3, 3);
	make("dma_fault", 2);
	only_writes();
	r.device_ops.dma_write = stale_write;
	expect_wrong(3, 3);
	make("dma_fault", 2);
	r.device_ops.dma_copy = no_copy;
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.dma_errors, 3);
	rig_free(&r);
}

static void test_device_reset(void **state)
{
	make("device_reset", 2);
	expect_right(3);
	assert_int_equal(resets, 3);
	assert_int_equal(r.device_ups, 3);
	assert_int_equal(r.shared->tally.count[0], 3);
	assert_int_equal(r.shared->tally.dma_bytes, 3 * 2 * RIG_PAGE);
	rig_free(&r);
	/* Its memory is out of reach after the reset. */
	make("device_reset", 2);
	r.device_ops.dma_copy = no_copy;
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.dma_errors, 3);
	rig_free(&r);
	make("device_reset", 2);
	reset_error = -EOPNOTSUPP;
	assert_int_equal(rig_run(&r, 3), -EIO);
	assert_non_null(strstr(r.shared->error_where, "no way to reset"));
	rig_free(&r);
}

static void test_device_open_close(void **state)
{
	make("device_open_close", 2);
	r.device.up = false;
	expect_right(3);
	assert_int_equal(opens, 3);
	assert_int_equal(closes, 3);
	assert_int_equal(r.shared->tally.count[0], 3);
	assert_int_equal(r.shared->tally.dma_bytes, 3 * 2 * RIG_PAGE);
	rig_free(&r);
	make("device_open_close", 2);
	r.device_ops.dma_copy = no_copy;
	assert_int_equal(rig_run(&r, 3), 0);
	assert_int_equal(r.shared->tally.dma_errors, 3);
	rig_free(&r);
}

static void ring(uint64_t times)
{
	assert_int_equal(write(irq_fd, &times, sizeof(times)), sizeof(times));
}

static int raises(struct vb_device *dev)
{
	ring(1);
	return 0;
}

static int raises_twice(struct vb_device *dev)
{
	ring(2);
	return 0;
}

static int raises_none(struct vb_device *dev)
{
	return 0;
}

static int done(struct vb_device *dev)
{
	return 0;
}

static int not_its_own(struct vb_device *dev)
{
	return -EIO;
}

static void make_irq(int (*raise)(struct vb_device *dev), int (*acknowledge)(struct vb_device *dev))
{
	make("irq_latency", 1);
	r.device_ops.irq_raise = raise;
	r.device_ops.irq_done = acknowledge;
}

static void test_irq_latency(void **state)
{
	make_irq(raises, done);
	expect_right(50);
	assert_int_equal(r.shared->tally.count[0], 50);
	assert_int_equal(r.shared->hist[VB_METRIC_IRQ].count, 50);
	assert_int_equal(r.device.irq_index, -1);
	rig_free(&r);
	make_irq(raises_twice, done);
	expect_wrong(3, 3);
	make_irq(raises, not_its_own);
	expect_wrong(3, 3);
	make_irq(raises_none, done);
	expect_wrong(1, 1);
}

static void make_regions(uint32_t flipped)
{
	uint16_t ids[2] = { VENDOR, DEVICE };

	make("region_access", 1);
	r.device.vendor = VENDOR;
	r.device.device = DEVICE;
	r.device.fd = memfd_create("device", MFD_CLOEXEC);
	assert_int_equal(ftruncate(r.device.fd, BAR + 4096), 0);
	assert_int_equal(pwrite(r.device.fd, ids, sizeof(ids), PCI_VENDOR_ID), sizeof(ids));
	r.device_ops.scratch = (struct vb_device_scratch){ .offset = SCRATCH, .mask = 0x0fff0fff,
							   .flipped = flipped };
}

static void free_regions(void)
{
	close(r.device.fd);
	rig_free(&r);
}

static void test_region_access(void **state)
{
	uint8_t line = 11;

	make_regions(0);
	assert_int_equal(pwrite(r.device.fd, &line, 1, PCI_INTERRUPT_LINE), 1);
	expect_right(10);
	assert_int_equal(r.shared->tally.verified, 10 * 6);
	assert_int_equal(r.shared->hist[VB_METRIC_REGION_READ].count, 1 + 10 * 5);
	assert_int_equal(pread(r.device.fd, &line, 1, PCI_INTERRUPT_LINE), 1);
	assert_int_equal(line, 11);		/* as it was found */
	assert_false(r.device.up);
	free_regions();
	make_regions(0);
	r.device_ops.scratch.mask = 0;		/* config space alone */
	expect_right(10);
	assert_int_equal(r.shared->tally.verified, 10 * 2);
	free_regions();
}

static void test_region_access_wrong(void **state)
{
	make_regions(1);			/* the register does not do what it has to */
	assert_int_equal(rig_run(&r, 5), 0);
	assert_int_equal(r.shared->tally.wrong, 5 * 4);
	free_regions();
	make_regions(0);
	r.device.device++;			/* config space tells of another device */
	assert_int_equal(rig_run(&r, 5), 0);
	assert_int_equal(r.shared->tally.wrong, 5);
	free_regions();
	make_regions(0);
	other_bar = true;
	assert_int_equal(rig_run(&r, 5), 0);
	assert_true(r.shared->tally.wrong >= 5);
	free_regions();
	make_regions(0);
	assert_int_equal(ftruncate(r.device.fd, 0), 0);	/* nothing to be read */
	assert_int_equal(rig_run(&r, 5), -EIO);
	free_regions();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dma_verify_writer),
		cmocka_unit_test(test_dma_fault),
		cmocka_unit_test(test_device_reset),
		cmocka_unit_test(test_device_open_close),
		cmocka_unit_test(test_irq_latency),
		cmocka_unit_test(test_region_access),
		cmocka_unit_test(test_region_access_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
