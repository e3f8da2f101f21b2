// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The NVMe driver on a controller that is made up: a BAR in memory, and a thread
 * that does what the specification says of registers, queues and phases; or does
 * one thing wrong, which the driver has to notice.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/device/devices.h"
#include "lib/device/nvme.h"

#define BAR_BYTES	8192
#define OWN_IOVA	0x40000000ull
#define PAGE_IOVA	0x50000000ull	/* the page that a workload maps */
#define VENDOR		0x1b36
#define STRIDE		1u		/* doorbells 8 bytes apart */
#define CAP_LOW		((NVME_QUEUE_ENTRIES - 1) | 1u << 16 | 1u << 24)	/* MQES, CQR, TO */
#define CAP_HIGH	(STRIDE | 1u << 5)	/* DSTRD, CSS: NVM */

enum wrong {
	NOTHING, NEVER_READY, FATAL, WRITES_NOTHING, WRITES_HALF, OTHER_VENDOR, SERIAL_NO_TEXT,
	FAILS_COMMANDS, OTHER_ID, NO_EFFECTS, BIG_PAGES
};

static struct controller {
	pthread_t thread;
	_Atomic bool end;
	enum wrong wrong;
	bool enabled;
	unsigned int sq_head, cq_tail, phase;
	uint64_t asq, acq;
	unsigned int commands[256];	/* by opcode */
	atomic_uint completed;		/* of them, told */
	atomic_bool holds;		/* takes no command */
	unsigned int mistakes;		/* of the driver's */
	volatile uint8_t *bar;
	char *own, *page;
} c;

static struct vb_device dev;
static bool bus_master;

static volatile uint32_t *reg(unsigned int offset)
{
	return (volatile uint32_t *)(c.bar + offset);
}

/* Memory at an IOVA; NULL: nothing is mapped. */
static char *reach(uint64_t iova)
{
	if (iova - OWN_IOVA < NVME_OWN_BYTES)
		return c.own + (iova - OWN_IOVA);
	return iova == PAGE_IOVA ? c.page : NULL;
}

static void identify(unsigned char *data)
{
	memset(data, 0, NVME_PAGE);
	data[0] = VENDOR & 0xff;
	data[1] = c.wrong == OTHER_VENDOR ? 0 : VENDOR >> 8;
	memset(data + 4, ' ', 20);
	memcpy(data + 4, "made up", 7);
	if (c.wrong == SERIAL_NO_TEXT)
		data[10] = 7;
	data[261] = c.wrong == NO_EFFECTS ? 0 : 2;
	data[NVME_PAGE - 1] = 0x77;
}

/* Its status. */
static unsigned int execute(const struct nvme_command *command)
{
	unsigned char data[NVME_PAGE] = { 0 };
	unsigned int opcode = command->opcode_id & 0xff;
	char *to = reach(command->prp1);

	c.commands[opcode]++;
	if (c.wrong == FAILS_COMMANDS)
		return 2;
	if (opcode == 0x0a)
		return 0;
	if (!to || command->prp1 % NVME_PAGE || command->prp2)
		return 4;	/* data transfer error */
	if (opcode == 0x06 && command->cdw10 == 1)
		identify(data);
	else if (opcode == 0x02 && command->cdw10 == (1023u << 16 | 5) && command->nsid == ~0u)
		memset(data, 0x3c, sizeof(data));
	else
		c.mistakes++;
	if (c.wrong != WRITES_NOTHING)
		memcpy(to, data, c.wrong == WRITES_HALF ? NVME_PAGE / 2 : NVME_PAGE);
	return 0;
}

static void complete(unsigned int id, unsigned int status)
{
	struct nvme_completion *cq = (struct nvme_completion *)reach(c.acq);

	if (c.wrong == OTHER_ID)
		id ^= 8;
	cq[c.cq_tail].queue = c.sq_head;
	__atomic_store_n(&cq[c.cq_tail].id_status, id | c.phase << 16 | status << 17, __ATOMIC_RELEASE);
	c.cq_tail = (c.cq_tail + 1) % NVME_QUEUE_ENTRIES;
	if (!c.cq_tail)
		c.phase ^= 1;
	atomic_fetch_add(&c.completed, 1);
}

static void enable(void)
{
	c.enabled = true;
	c.sq_head = c.cq_tail = 0;
	c.phase = 1;
	c.asq = *reg(NVME_ASQ) | (uint64_t)*reg(NVME_ASQ + 4) << 32;
	c.acq = *reg(NVME_ACQ) | (uint64_t)*reg(NVME_ACQ + 4) << 32;
	*reg(NVME_DOORBELLS) = 0;
	if (!bus_master || *reg(NVME_AQA) != 0x000f000f || !reach(c.asq) || !reach(c.acq) ||
	    (*reg(NVME_CC) & 0xfffff0) != 0x460000)
		c.mistakes++;
	if (c.wrong == FATAL)
		*reg(NVME_CSTS) = NVME_CSTS_FATAL;
	else if (c.wrong != NEVER_READY)
		*reg(NVME_CSTS) = NVME_CSTS_READY;
}

static void *controller(void *arg)
{
	while (!atomic_load(&c.end)) {
		bool wanted = *reg(NVME_CC) & 1;

		if (wanted && !c.enabled) {
			enable();
		} else if (!wanted && (c.enabled || *reg(NVME_CSTS))) {
			c.enabled = false;
			*reg(NVME_CSTS) = 0;
		}
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		while (c.enabled && !atomic_load(&c.holds) && c.sq_head != *reg(NVME_DOORBELLS)) {
			struct nvme_command *command = (struct nvme_command *)reach(c.asq) + c.sq_head;

			c.sq_head = (c.sq_head + 1) % NVME_QUEUE_ENTRIES;
			complete(command->opcode_id >> 16, execute(command));
		}
		sched_yield();
	}
	return NULL;
}

/* The driver's way to the device, by ld's --wrap. */
int __wrap_vb_device_map_bar(struct vb_device *d, unsigned int index, void **bar, size_t *size);
int __wrap_vb_device_enable_bus_master(struct vb_device *d);

int __wrap_vb_device_map_bar(struct vb_device *d, unsigned int index, void **bar, size_t *size)
{
	assert_int_equal(index, 0);
	/* The same memory, mapped once more: the driver unmaps what it was given. */
	*bar = mremap((void *)c.bar, 0, BAR_BYTES, MREMAP_MAYMOVE);
	*size = BAR_BYTES;
	return *bar == MAP_FAILED ? -ENOMEM : 0;
}

/* Not before whatever ran has been stopped. */
int __wrap_vb_device_enable_bus_master(struct vb_device *d)
{
	assert_int_equal(*reg(NVME_CC) & 1, 0);
	assert_int_equal(*reg(NVME_CSTS) & NVME_CSTS_READY, 0);
	bus_master = true;
	return 0;
}

static int open_on(enum wrong wrong)
{
	memset(&c, 0, sizeof(c));
	c.wrong = wrong;
	c.bar = mmap(NULL, BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	c.own = aligned_alloc(NVME_PAGE, NVME_OWN_BYTES);
	c.page = aligned_alloc(NVME_PAGE, NVME_PAGE);
	bus_master = false;
	*reg(NVME_CAP) = CAP_LOW;
	*reg(NVME_CAP + 4) = CAP_HIGH | (wrong == BIG_PAGES ? 1u << 16 : 0);
	/* As its last user left it: enabled. */
	c.enabled = true;
	*reg(NVME_CC) = 1;
	*reg(NVME_CSTS) = NVME_CSTS_READY;
	dev = (struct vb_device){ .ops = &vb_device_nvme, .vendor = VENDOR, .fd = -1, .group_fd = -1,
				  .irq_index = -1, .dma_last = UINT64_MAX, .own = c.own,
				  .own_iova = OWN_IOVA };
	assert_int_equal(pthread_create(&c.thread, NULL, controller, NULL), 0);
	return vb_device_up(&dev);
}

static void close_it(void)
{
	vb_device_down(&dev);
	assert_int_equal(*reg(NVME_CC) & 1, 0);
	assert_null(dev.priv);
	atomic_store(&c.end, true);
	pthread_join(c.thread, NULL);
	assert_int_equal(c.mistakes, 0);
	munmap((void *)c.bar, BAR_BYTES);
	free(c.own);
	free(c.page);
}

static bool transfer(int wanted)
{
	for (unsigned int i = 0; i < NVME_PAGE; i++)
		c.page[i] = (char)rand();
	assert_int_equal(vb_device_dma(&dev, 0, PAGE_IOVA, NVME_PAGE), wanted);
	return !wanted && vb_device_dma_arrived(&dev, NULL, c.page, NVME_PAGE);
}

static void test_open(void **state)
{
	assert_int_equal(open_on(NOTHING), 0);
	assert_int_equal(dev.max_dma_bytes, NVME_PAGE);
	assert_int_equal(c.commands[0x06], 2);
	assert_int_equal(c.commands[0x02], 2);
	close_it();
}

/* Far more than the queue is long: both phases, both contents, every slot. */
static void test_transfers(void **state)
{
	assert_int_equal(open_on(NOTHING), 0);
	for (unsigned int i = 0; i < 5 * NVME_QUEUE_ENTRIES; i++)
		assert_true(transfer(0));
	assert_int_equal(c.commands[0x06] + c.commands[0x02], 4 + 5 * NVME_QUEUE_ENTRIES);
	assert_int_equal(c.commands[0x06], c.commands[0x02]);
	c.page[NVME_PAGE - 1] ^= 1;
	assert_false(vb_device_dma_arrived(&dev, NULL, c.page, NVME_PAGE));
	close_it();
	assert_int_equal(open_on(NO_EFFECTS), 0);
	assert_true(transfer(0) && transfer(0));
	assert_int_equal(c.commands[0x02], 0);
	close_it();
}

static void test_limits(void **state)
{
	assert_int_equal(open_on(NOTHING), 0);
	assert_int_equal(vb_device_dma_copy(&dev, 0, PAGE_IOVA, NVME_PAGE), -EOPNOTSUPP);
	assert_int_equal(vb_device_dma_write(&dev, PAGE_IOVA, 0), -EINVAL);
	assert_int_equal(vb_device_dma_write(&dev, PAGE_IOVA, 512), -EINVAL);
	assert_int_equal(vb_device_dma_write(&dev, PAGE_IOVA + 4, NVME_PAGE), -EINVAL);
	assert_int_equal(vb_device_dma_write(&dev, PAGE_IOVA, 2 * NVME_PAGE), -EINVAL);
	/* Refused by the IOMMU: told, and the next one works. */
	assert_int_equal(vb_device_dma_write(&dev, PAGE_IOVA + NVME_PAGE, NVME_PAGE), -EIO);
	assert_true(transfer(0));
	close_it();
}

static void test_wrong_controllers(void **state)
{
	static const struct { enum wrong wrong; int error; } wrong[] = {
		{ NEVER_READY, -ETIMEDOUT }, { FATAL, -EIO }, { WRITES_NOTHING, -EPROTO },
		{ WRITES_HALF, -EPROTO }, { OTHER_VENDOR, -EPROTO }, { SERIAL_NO_TEXT, -EPROTO },
		{ FAILS_COMMANDS, -EIO }, { OTHER_ID, -EPROTO }, { BIG_PAGES, -EOPNOTSUPP },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(open_on(wrong[i].wrong), wrong[i].error);
		assert_false(dev.up);
		close_it();
	}
}

/* Wrong only once it is up. */
static void test_wrong_later(void **state)
{
	assert_int_equal(open_on(NOTHING), 0);
	c.wrong = WRITES_HALF;
	assert_false(transfer(0));
	c.wrong = FAILS_COMMANDS;
	transfer(-EIO);
	c.wrong = OTHER_ID;
	transfer(-EPROTO);
	/* What it said made no sense: nothing is asked of it until it is up anew. */
	c.wrong = NOTHING;
	transfer(-EIO);
	vb_device_down(&dev);
	assert_int_equal(vb_device_up(&dev), 0);
	assert_true(transfer(0));
	/* Gone from the bus. */
	atomic_store(&c.end, true);
	pthread_join(c.thread, NULL);
	memset((void *)c.bar, 0xff, BAR_BYTES);
	transfer(-EIO);
	vb_device_down(&dev);
	munmap((void *)c.bar, BAR_BYTES);
	free(c.own);
	free(c.page);
}

static void *let_go(void *arg)
{
	usleep(20000);
	atomic_store(&c.holds, false);
	return NULL;
}

/* An interrupt before there is a completion was none of the device's. */
static void early_interrupt(void)
{
	pthread_t thread;

	atomic_store(&c.holds, true);
	assert_int_equal(vb_device_irq_raise(&dev), 0);
	assert_int_equal(pthread_create(&thread, NULL, let_go, NULL), 0);
	assert_int_equal(vb_device_irq_done(&dev), -EIO);
	pthread_join(thread, NULL);
}

static void interrupt(void)
{
	unsigned int before = atomic_load(&c.completed);

	assert_int_equal(vb_device_irq_raise(&dev), 0);
	while (atomic_load(&c.completed) == before)
		sched_yield();
	assert_int_equal(vb_device_irq_done(&dev), 0);
}

static void test_irq(void **state)
{
	assert_int_equal(open_on(NOTHING), 0);
	assert_int_equal(vb_device_irq_raise(&dev), -EINVAL);	/* nobody listens */
	/* Up anew with somebody who does: nothing interrupts that was not asked for. */
	vb_device_down(&dev);
	dev.irq_index = 0;
	memset(c.commands, 0, sizeof(c.commands));
	assert_int_equal(vb_device_up(&dev), 0);
	assert_int_equal(c.commands[0x06] + c.commands[0x02], 0);
	assert_int_equal(vb_device_irq_done(&dev), -EIO);
	for (int i = 0; i < 40; i++)
		interrupt();
	early_interrupt();
	assert_int_equal(c.commands[0x0a], 41);
	assert_true(transfer(0));
	close_it();
}

static void test_ready_time(void **state)
{
	assert_int_equal(nvme_ready_ns(0), 500000000);
	assert_int_equal(nvme_ready_ns(1u << 24), 500000000);
	assert_int_equal(nvme_ready_ns(0xfful << 24), 127500000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_wrong_controllers),
		cmocka_unit_test(test_wrong_later),
		cmocka_unit_test(test_irq),
		cmocka_unit_test(test_ready_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
