// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module: what a callback costs, and several threads that unmap. */
#include <errno.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

#define SPAN	4096u

/* Unmap SPAN mappings of a page, every @step-th pinned; ns. */
static uint64_t span_ns(uint32_t step)
{
	volatile struct vb_slot_page *s = slot();
	uint64_t best = ~0ull;

	for (int round = 0; round < 4; round++) {
		map_single(0, SPAN);
		reopen(0, SPAN);
		if (pin(0, 1, SPAN / step, step))
			bail("VB_IOC_PIN");
		s->start_ns = now_ns();
		if (unmap_dma(0, SPAN) != SPAN)
			bail("VFIO_IOMMU_UNMAP_DMA");
		s->end_ns = now_ns();
		if (s->end_ns - s->start_ns < best)
			best = s->end_ns - s->start_ns;
		request_end();
	}
	munmap((void *)s, PAGE);
	return best;
}

void test_cost(void)
{
	for (uint32_t step = 1; step <= 16; step *= 16) {
		uint64_t ns[3];
		static const uint32_t modes[] = {
			VB_MODE_NORMAL, VB_MODE_COUNTING, VB_MODE_BARE,
		};

		fresh();
		for (int i = 0; i < 3; i++) {
			config(VB_DISCIPLINE_FENCED, modes[i]);
			ns[i] = span_ns(step);
		}
		printf("# %u mappings, 1 in %u pinned, unmapped at once: %.3f us each, counting %.3f, "
		       "bare %.3f\n", SPAN, step, (double)ns[0] / 1e3 / SPAN,
		       (double)ns[1] / 1e3 / SPAN, (double)ns[2] / 1e3 / SPAN);
		printf("# a pin more than bare: %.0f ns, counting %.0f ns; callback min %llu ns\n",
		       (double)(ns[0] - ns[2]) * step / SPAN, (double)(ns[1] - ns[2]) * step / SPAN,
		       histogram(VB_HIST_CALLBACK)->min);
	}
}

#define THREADS		4u
#define THREAD_PAGES	256u

static uint64_t threads_end_ns;

/* Rounds done, negative after an error. */
static void *unmap_thread(void *arg)
{
	uint64_t page = (uintptr_t)arg * THREAD_PAGES;
	volatile struct vb_slot_page *s = slot();
	long rounds = 0;
	int ret;

	while (now_ns() < threads_end_ns) {
		map_single(page, THREAD_PAGES);
		reopen(page, THREAD_PAGES);
		ret = pin(page, 1, THREAD_PAGES / 8, 8);
		if (ret && ret != -EEXIST && ret != -EBUSY)
			return (void *)-1;
		s->start_ns = now_ns();
		if (unmap_dma(page, THREAD_PAGES) != THREAD_PAGES)
			return (void *)-2;
		s->end_ns = now_ns();
		if (request_end() < 0)
			return (void *)-3;
		rounds++;
	}
	munmap((void *)s, PAGE);
	return (void *)rounds;
}

void test_threads(void)
{
	pthread_t thread[THREADS];
	unsigned long long rounds = 0;
	struct vb_counters *c;
	bool good = true;
	void *result;

	fresh();
	pinners(VB_PINNER_CHURN, 0, 2, 20000);
	pinners(VB_PINNER_STEADY, 1, 2, 0);
	none(VB_IOC_PINNERS_GO);
	threads_end_ns = now_ns() + 5000000000;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, unmap_thread, (void *)i))
			bail("pthread_create");
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &result);
		good &= (long)result > 0;
		rounds += (unsigned long)result;
	}
	none(VB_IOC_PINNERS_STOP);
	c = counters();
	ok(good, "four threads against four pinners, %llu rounds", rounds);
	ok(c->requests == rounds && !c->bad_stamps && !c->callbacks_foreign,
	   "%llu requests, %llu callbacks, %llu pages by them, %llu fenced", c->requests,
	   c->callbacks, c->callback_unpinned_pages, c->fenced_pins);
	is((long long)c->late_pins, 0, "no late pin");
	is((long long)histogram(VB_HIST_CALLBACK)->count, (long long)c->callbacks,
	   "no callback lost");
	balanced("after four threads");
}

/* On a kernel that insists (mainline) this doesn't return. */
void test_busted(void)
{
	fresh();
	config(VB_DISCIPLINE_FENCED, VB_MODE_BUSTED_SKIP_UNPIN);
	map_dma(0, 8);
	pin(0, 8, 1, 0);
	unmap_dma(0, 8);
	ok(counters()->leaked_pins == 1 && counters()->pinned_pages == 8 &&
	   counters()->unpinned_pages == 7, "one page leaked");
}
