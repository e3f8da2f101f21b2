// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module: pins, fence, callbacks, requests, modes. */
#include <errno.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

void test_info(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vb_ioc_config c = { .size = sizeof(c) };

	is(call(device, VFIO_DEVICE_GET_INFO, &info), 0, "VFIO_DEVICE_GET_INFO");
	ok(!info.num_regions && !info.num_irqs, "no regions, no interrupts");
	is(call(device, VFIO_DEVICE_RESET, NULL), -ENOTTY, "no reset");
	is(call(device, VB_IOC_CONFIG, &c), 0, "config");
	is(c.abi_version, VB_ABI_VERSION, "abi version");
}

void test_pin_unpin(void)
{
	struct vb_counters *c;

	fresh();
	is(pin(0, 4, 1, 0), -EINVAL, "nothing mapped: VFIO's -EINVAL");
	is(counters()->failures[EINVAL], 1, "counted by errno");
	is(map_dma(0, 1024), 0, "map");
	is(pin(0, 4, 8, 16), 0, "8 runs of 4 pages");
	is(last_pin.done, 8, "done");
	c = counters();
	ok(c->pin_calls == 8 && c->pinned_pages == 32 && c->outstanding_pages == 32,
	   "8 calls, 32 pages");
	is((long long)histogram(VB_HIST_PIN)->count, 8, "histogram of pins");
	is(pin(2, 1, 1, 0), -EEXIST, "pinned already");
	is(pin(8, 1, 4, 4), -EEXIST, "the third run hits a pinned page");
	is(last_pin.done, 2, "two runs done");
	is(unpin(8, 1, 2, 4), 0, "those two off again");
	is(unpin(3, 2, 1, 0), -ENOENT, "unpinning what isn't all pinned");
	is(unpin(0, 4, 8, 16), 0, "unpin");
	is(counters()->unpin_calls, 10, "10 unpin calls");
	is((long long)histogram(VB_HIST_UNPIN)->count, 10, "histogram of unpins");
	balanced("after unpin");
	is(pin(0, 512, 2, 512), 0, "two batches of 512 pages");
	is(unmap_dma(0, 1024), 1024, "unmap");
	c = counters();
	is((long long)c->callbacks, 1, "one callback");
	is((long long)c->callback_unpinned_pages, 1024, "which unpinned all");
	is((long long)stats.log_count, 1, "one range logged");
	ok(stats.log[0].iova == BASE && stats.log[0].size == 1024 * PAGE, "the range unmapped");
	balanced("after unmap");
	is(none(VB_IOC_RESET), 0, "reset");
	c = counters();
	ok(!c->pinned_pages && !c->callbacks && !stats.log_count, "all zero after reset");
	ok(histogram(VB_HIST_PIN)->min == ~0ull && !histogram(VB_HIST_PIN)->count,
	   "empty histogram");
}

/*
 * Where one pin ends, another begins, and a mapping does, need not be the same page: a
 * release begins in the middle of a pin, and may be of parts of two.
 */
void test_pins_across_mappings(void)
{
	fresh();
	is(map_dma(0, 512), 0, "two mappings");
	is(map_dma(512, 512), 0, "that meet at page 512");
	is(pin(511, 2, 1, 0), 0, "a pin over both");
	is(unmap_dma(512, 512), 512, "the second is unmapped");
	is(counters()->outstanding_pages, 1, "of the pin the first page is left");
	is(unmap_dma(0, 512), 512, "the first one, too");
	balanced("after a pin over two mappings");

	fresh();
	is(map_dma(0, 1024), 0, "one mapping");
	is(pin(500, 512, 1, 0), 0, "the longest pin");
	is(pin(499, 1, 1, 0), 0, "and one before it: adjacent pages");
	is(unmap_dma(0, 1024), 1024, "unmapped together");
	balanced("after adjacent pins");
}

void test_fence(void)
{
	fresh();
	map_dma(0, 16);
	pin(0, 1, 1, 0);
	unmap_dma(0, 16);
	map_dma(0, 16);
	is(pin(3, 1, 1, 0), -EAGAIN, "closed by the callback");
	is((long long)counters()->fenced_pins, 1, "counted");
	is(pin(16, 1, 1, 0), -EINVAL, "beside it open");
	is(reopen(0, 8), 0, "open one half");
	is(pin(3, 1, 1, 0), 0, "pin there");
	is(pin(7, 2, 1, 0), -EAGAIN, "half closed");
	is(reopen(0, 16), 0, "open all");
	is(pin(7, 2, 1, 0), 0, "pin there");
	is(unmap_all(), 16, "unmap all");
	balanced("after unmap all");
	is((long long)counters()->late_pins, 0, "no late pin");
}

void test_requests(void)
{
	volatile struct vb_slot_page *s;
	struct vb_counters *c;

	fresh();
	s = slot();
	is(request_end(), 0, "a request without times");
	is((long long)counters()->bad_stamps, 1, "is a bad stamp");
	none(VB_IOC_RESET);
	map_single(0, 4);
	is(pin(1, 1, 2, 2), 0, "pages 1 and 3 of four mappings");
	s->start_ns = now_ns();
	is(unmap_dma(0, 4), 4, "one request");
	s->end_ns = now_ns();
	per_request = s->callbacks == 1;
	printf("# observed: per %s\n", per_request ? "request" : "vfio_dma");
	ok(s->callbacks == (per_request ? 1 : 2), "callbacks in the slot");
	is(request_end(), per_request ? 1 : 2, "callbacks of the request");
	c = counters();
	if (per_request)
		ok(stats.log_count == 1 && stats.log[0].iova == BASE &&
		   stats.log[0].size == 4 * PAGE, "over the whole request");
	else
		ok(stats.log_count == 2 && stats.log[0].iova == BASE + PAGE &&
		   stats.log[1].iova == BASE + 3 * PAGE && stats.log[1].size == PAGE,
		   "over single mappings");
	ok(c->requests == 1 && c->requests_notified == 1 && !c->bad_stamps &&
	   !c->callbacks_foreign, "one request, notified, good stamps");
	is((long long)histogram(VB_HIST_REQUEST_FIRST)->count, 1, "start to first callback");
	is((long long)histogram(VB_HIST_LAST_END)->count, 1, "last callback to end");
	is((long long)histogram(VB_HIST_PER_REQUEST)->max, per_request ? 1 : 2,
	   "callbacks per request");
	ok(histogram(VB_HIST_CALLBACK)->count == c->callbacks &&
	   histogram(VB_HIST_BYTES)->count == c->callbacks, "one entry for each callback");
	is(s->callbacks, 0, "slot ready for the next");

	s->end_ns = now_ns() + 1000000000;
	request_end();
	s->start_ns = 1;
	s->end_ns = now_ns();
	request_end();
	s->start_ns = ~0ull;
	request_end();
	is((long long)counters()->bad_stamps, 3, "stamps in the future and the past");
	balanced("after all");
	munmap((void *)s, PAGE);
}

void test_miscount(void)
{
	struct vb_counters *c;

	fresh();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_BUSTED_MISCOUNT), 0, "busted-miscount");
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	unmap_dma(0, 8);
	c = counters();
	ok(c->pinned_pages == 8 && c->unpinned_pages == 7 && !c->outstanding_pages,
	   "one page uncounted");
}

void test_lock(void)
{
	struct vb_counters *c;

	fresh();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_BUSTED_LOCK), 0, "busted-lock");
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	unpin(0, 2, 1, 0);
	is(unmap_dma(0, 8), 8, "unmap");
	c = counters();
	ok(c->pinned_pages == 8 && c->unpinned_pages == 8 && c->callback_unpinned_pages == 6,
	   "by one thread nothing goes wrong");
}

void test_bare(void)
{
	struct vb_counters *c;

	fresh();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_BARE), 0, "bare");
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	is(unmap_dma(0, 8), 8, "unmap");
	c = counters();
	ok(!c->callbacks && !c->unpinned_pages && !c->outstanding_pages && !stats.log_count,
	   "unpinned, nothing counted");
}

void test_counting(void)
{
	volatile struct vb_slot_page *s;
	struct vb_counters *c;

	fresh();
	s = slot();
	is(config(VB_DISCIPLINE_FENCED, VB_MODE_COUNTING), 0, "counting");
	map_single(0, 4);
	pin(0, 1, 4, 1);
	s->start_ns = now_ns();
	is(unmap_dma(0, 4), 4, "unmap");
	s->end_ns = now_ns();
	is(request_end(), per_request ? 1 : 4, "callbacks of the request");
	c = counters();
	ok(!c->bad_stamps && c->requests_notified == 1 && c->callback_unpinned_pages == 4 &&
	   stats.log_count == c->callbacks, "counted and logged");
	ok(!histogram(VB_HIST_CALLBACK)->count && !histogram(VB_HIST_UNPIN)->count &&
	   !histogram(VB_HIST_REQUEST_FIRST)->count && histogram(VB_HIST_PER_REQUEST)->count == 1,
	   "no times");
	balanced("counting");
	munmap((void *)s, PAGE);
}

static void *delayed_unmap(void *arg)
{
	*(long long *)arg = unmap_dma(0, 4);
	return NULL;
}

/* The timer follows the clock that is disciplined, the histogram's clock is raw. */
static bool took_delays(const struct vb_hist *h, uint64_t calls, uint64_t delay_ns)
{
	uint64_t least = delay_ns - delay_ns / 1000;

	return h->count == calls && h->min >= least && h->sum >= calls * least;
}

void test_delay(void)
{
	const uint32_t delay_ns = 20000000;
	unsigned int calls = per_request ? 1 : 4;
	struct vb_counters *c;
	long long unmapped;
	pthread_t thread;

	fresh();
	map_single(0, 4);
	pin(0, 1, 4, 1);
	is(unmap_dma(0, 4), 4, "unmap");
	ok(histogram(VB_HIST_CALLBACK)->count == calls &&
	   !took_delays(histogram(VB_HIST_CALLBACK), calls, delay_ns),
	   "no callback is delayed unless asked for");
	is(config_delay(delay_ns), 0, "callbacks that take 20 ms");
	none(VB_IOC_RESET);
	map_single(0, 4);
	reopen(0, 4);
	pin(0, 1, 4, 1);
	is(unmap_dma(0, 4), 4, "unmap");
	ok(took_delays(histogram(VB_HIST_CALLBACK), calls, delay_ns), "each took its time");
	is(config_delay(VB_MAX_DELAY_NS), 0, "the longest");
	none(VB_IOC_RESET);
	map_dma(0, 4);
	reopen(0, 4);
	pin(0, 4, 1, 0);
	if (pthread_create(&thread, NULL, delayed_unmap, &unmapped))
		bail("pthread_create");
	do
		c = counters();
	while (c->callback_unpinned_pages < 4);
	ok(!c->callbacks && !c->outstanding_pages, "it has unpinned before it waits");
	pthread_join(thread, NULL);
	is(unmapped, 4, "and returned");
	is((long long)counters()->callbacks, 1, "it is counted");
	fresh();
	map_dma(0, 4);
	pin(0, 4, 1, 0);
	is(unmap_dma(0, 4), 4, "opened anew");
	ok(!took_delays(histogram(VB_HIST_CALLBACK), 1, delay_ns), "it has no delay");
	balanced("after delays");
}

/* 16 callbacks of a second each, and killed in the first of them (or the only one). */
void test_kill_delayed(void)
{
	uint64_t start;
	pid_t pid;

	close_all();
	pid = fork();
	if (!pid) {
		open_all();
		window(BASE, WINDOW_PAGES * PAGE);
		config_delay(VB_MAX_DELAY_NS);
		map_single(0, 16);
		pin(0, 1, 16, 1);
		unmap_dma(0, 16);
		_exit(0);
	}
	usleep(200000);
	start = now_ns();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(now_ns() - start < 8ull * VB_MAX_DELAY_NS, "a signal ends what would take 16 delays");
	open_all();
	is((long long)counters()->outstanding_pages, 0, "opens as new");
}

void test_close_with_pins(void)
{
	fresh();
	map_dma(0, 64);
	is(pin(0, 1, 32, 2), 0, "pin");
	close(device);
	open_device();
	is((long long)counters()->outstanding_pages, 0, "close has released all");
	is(unmap_dma(0, 64), 64, "unmap");
	is((long long)counters()->callbacks, per_request, "no callback where nothing is pinned");
}

void test_racing(void)
{
	volatile struct vb_slot_page *s;

	fresh();
	s = slot();
	is(config(VB_DISCIPLINE_RACING, VB_MODE_NORMAL), 0, "racing");
	map_dma(0, 16);
	pin(0, 4, 1, 0);
	s->iova = BASE;
	s->size = 16 * PAGE;
	is(unmap_dma(0, 16), 16, "unmap");
	map_dma(0, 16);
	is(pin(0, 2, 1, 0), 0, "no fence");
	is((long long)counters()->late_pins, 2, "two pages pinned between callback and end");
	is(request_end(), 1, "the request ends");
	is(pin(2, 2, 1, 0), 0, "pin after it");
	is((long long)counters()->late_pins, 2, "is not late");
	is(unmap_all(), 16, "unmap all");
	balanced("racing");
	munmap((void *)s, PAGE);
}
