// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module: kthreads that pin. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

/* Until a second has passed or there are that many. */
static long long wait_outstanding(uint64_t pages)
{
	for (int i = 0; i < 100; i++) {
		if (counters()->outstanding_pages == pages)
			break;
		usleep(10000);
	}
	return (long long)stats.counters.outstanding_pages;
}

void test_pinners(void)
{
	struct vb_ioc_pinner_info info;
	struct vb_counters *c;
	uint64_t pins;

	fresh();
	is(pinners(VB_PINNER_STEADY, 1, 2, 0), 0, "two steady pinners on node 1");
	usleep(20000);
	ok(!counters()->failures[EINVAL], "held until GO");
	is(none(VB_IOC_PINNERS_GO), 0, "go");
	usleep(20000);
	ok(counters()->failures[EINVAL] > 0, "nothing mapped: fails, goes on");
	map_dma(0, 1024);
	is(wait_outstanding(512), 512, "half of what is mapped");
	is(pinner_info(0, &info), 0, "info");
	ok(info.requested_node == 1 && info.node == 1 && info.cpu >= 0,
	   "the first on node %d, cpu %d", info.node, info.cpu);
	pins = info.pins;
	pinner_info(1, &info);
	ok(info.node == 1 && pins + info.pins == 256, "the second too; 256 pins between them");
	is(pinner_info(2, &info), -ENOENT, "only two");
	is(unmap_dma(0, 1024), 1024, "unmap under their hands");
	is((long long)counters()->outstanding_pages, 0, "nothing pinned");
	map_dma(0, 1024);
	usleep(50000);
	c = counters();
	ok(!c->outstanding_pages && c->fenced_pins > 0, "closed until opened");
	reopen(0, 512);
	is(wait_outstanding(256), 256, "half opened, half of that pinned");
	is(none(VB_IOC_PINNERS_STOP), 0, "stop");
	is(pinner_info(1, &info), 0, "info after stop");
	is(none(VB_IOC_PINNERS_STOP), 0, "stop again");
	is(pinners(VB_PINNER_CHURN, 0, 1, 200000), 0, "churn on node 0");
	is(pinner_info(1, &info), -ENOENT, "a new start forgets the stopped ones");
	is(unmap_all(), 1024, "unmap");
	balanced("after pinners");
}

void test_churn(void)
{
	struct vb_ioc_pinner_info info;
	struct vb_counters *c;
	uint64_t end = now_ns() + 2000000000;
	unsigned int rounds = 0;
	bool good = true;

	fresh();
	for (int node = 0; node < 2; node++) {
		pinners(VB_PINNER_CHURN, node, 2, 0);
		pinners(VB_PINNER_CHURN, node, 1, 50000);
		pinners(VB_PINNER_STEADY, node, 1, 0);
	}
	none(VB_IOC_PINNERS_GO);
	for (; good && now_ns() < end; rounds++) {
		for (unsigned int page = 0; page < 1024; page += 64)
			good &= !map_dma(page, 64);
		reopen(0, 1024);
		usleep(rounds % 4 * 500);
		good &= unmap_dma(0, 512) == 512;
		good &= unmap_all() == 512;
	}
	ok(good, "map and unmap against eight pinners, %u rounds", rounds);
	none(VB_IOC_PINNERS_STOP);
	c = counters();
	ok(c->pinned_pages > 0 && c->callbacks > 0, "%llu pages, %llu callbacks, %llu by them",
	   c->pinned_pages, c->callbacks, c->callback_unpinned_pages);
	is((long long)c->late_pins, 0, "no late pin");
	is(pinner_info(7, &info), 0, "the last of them");
	balanced("after churn");
}

static bool mapping;

static void *mmap_thread(void *arg)
{
	while (__atomic_load_n(&mapping, __ATOMIC_RELAXED))
		munmap((void *)slot(), PAGE);
	return NULL;
}

/* Stopping a pinner waits for one that wants mmap_lock; mmap has it. */
void test_stop_and_mmap(void)
{
	unsigned int rounds = 0;
	pthread_t thread;

	fresh();
	map_dma(0, 1024);
	mapping = true;
	if (pthread_create(&thread, NULL, mmap_thread, NULL))
		bail("pthread_create");
	for (uint64_t end = now_ns() + 1000000000; now_ns() < end; rounds++) {
		pinners(VB_PINNER_CHURN, -1, 2, 0);
		none(VB_IOC_PINNERS_GO);
		usleep(1000);
		none(VB_IOC_PINNERS_STOP);
	}
	__atomic_store_n(&mapping, false, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ok(rounds > 0, "pinners stopped under mmap, %u times", rounds);
	is(unmap_all(), 1024, "unmap");
	balanced("after that");
}

void test_pinners_at_close(void)
{
	fresh();
	map_dma(0, 1024);
	pinners(VB_PINNER_CHURN, -1, 2, 1000000000);
	pinners(VB_PINNER_STEADY, -1, 2, 0);
	none(VB_IOC_PINNERS_GO);
	usleep(20000);
	close(device);
	open_device();
	is((long long)counters()->outstanding_pages, 0, "close stops and unpins");
	is(unmap_all(), 1024, "unmap");
}
