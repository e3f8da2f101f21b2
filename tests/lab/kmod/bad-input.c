// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module: requests that it has to refuse. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

/* A good request of each command, to be spoilt. */
static struct bad_base {
	const char *name;
	unsigned long command;
	uint32_t size;
	uint32_t reserved;		/* offset, or 0 */
} bases[] = {
#define BASE_OF(c, s, r) { #c, c, sizeof(struct s), r }
#define RESERVED(s) offsetof(struct s, __reserved)
	BASE_OF(VB_IOC_CONFIG, vb_ioc_config, 0),
	BASE_OF(VB_IOC_WINDOW, vb_ioc_window, RESERVED(vb_ioc_window)),
	BASE_OF(VB_IOC_SLOT, vb_ioc_slot, RESERVED(vb_ioc_slot)),
	BASE_OF(VB_IOC_PIN, vb_ioc_pin, RESERVED(vb_ioc_pin)),
	BASE_OF(VB_IOC_UNPIN, vb_ioc_pin, RESERVED(vb_ioc_pin)),
	BASE_OF(VB_IOC_OPEN, vb_ioc_open, 0),
	BASE_OF(VB_IOC_REQUEST_END, vb_ioc_request_end, 0),
	BASE_OF(VB_IOC_PINNERS_START, vb_ioc_pinner, 0),
	BASE_OF(VB_IOC_PINNERS_GO, vb_ioc_none, 0),
	BASE_OF(VB_IOC_PINNERS_STOP, vb_ioc_none, 0),
	BASE_OF(VB_IOC_PINNER_INFO, vb_ioc_pinner_info, 0),
	BASE_OF(VB_IOC_STATS, vb_ioc_stats, RESERVED(vb_ioc_stats)),
	BASE_OF(VB_IOC_HIST, vb_ioc_hist, RESERVED(vb_ioc_hist)),
	BASE_OF(VB_IOC_RESET, vb_ioc_none, 0),
	BASE_OF(VB_IOC_ASK, vb_ioc_ask, RESERVED(vb_ioc_ask)),
};

static const struct bad_base *base;

/* A line that names the command. */
static void refused(void *request, unsigned long command, int wanted, const char *what)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: %s", base->name, what);
	is(call(device, command, request), wanted, text);
}

/* All bits of the word at @offset, one at a time. */
static void each_bit(uint32_t *request, uint32_t offset, const char *what)
{
	int bad = 0;

	request[0] = base->size;
	for (unsigned int bit = 0; bit < 32; bit++) {
		request[offset / 4] = 1u << bit;
		bad += call(device, base->command, request) != -EINVAL;
	}
	request[offset / 4] = 0;
	ok(!bad, "%s: each bit of %s", base->name, what);
}

static void spoil_size(uint32_t *request)
{
	const uint32_t size = base->size;

	memset(request, 0, size + PAGE + 16);
	refused(request, base->command, -EINVAL, "size 0");
	request[0] = 4;
	refused(request, base->command, -EINVAL, "nothing but its size");
	request[0] = size - 1;
	refused(request, base->command, -EINVAL, "a byte short");
	request[0] = size + PAGE + 1;
	refused(request, base->command, -E2BIG, "more than a page longer");
	request[0] = 0x80000000;
	refused(request, base->command, -E2BIG, "size of 2 GiB");
	request[0] = ~0u;
	refused(request, base->command, -E2BIG, "size of 4 GiB");
	request[0] = size + 8;
	request[size / 4] = 1;
	refused(request, base->command, -E2BIG, "longer, the next word not zero");
	request[size / 4] = 0;
	((unsigned char *)request)[size + 7] = 0x80;
	refused(request, base->command, -E2BIG, "longer, the last byte not zero");
	request[size / 4 + 1] = 0;
}

static void spoil_command(uint32_t *request)
{
	request[0] = base->size;
	refused(request, base->command ^ 0x40000000, -ENOTTY, "said to be written");
	refused(request, base->command ^ 0x80000000, -ENOTTY, "said to be read");
	refused(request, base->command ^ 0xc0000000, -ENOTTY, "said to be both");
	refused(request, base->command | base->size << 16, -ENOTTY, "with its size in the command");
	refused(request, base->command + 0x100, -ENOTTY, "of another type");
	refused(request, base->command - 0x80, -ENOTTY, "0x80 lower");
}

static void spoil_pointer(char *edge)
{
	const uint32_t size = base->size;

	refused(NULL, base->command, -EFAULT, "null");
	refused((void *)8, base->command, -EFAULT, "nearly null");
	refused((void *)0xffff800000000000ul, base->command, -EFAULT, "kernel address");
	refused((void *)0x800000000000ul, base->command, -EFAULT, "no address at all");
	refused((void *)~0ul, base->command, -EFAULT, "the last address");
	refused(edge, base->command, -EFAULT, "unmapped");
	refused(edge - 2, base->command, -EFAULT, "its size runs into the unmapped");
	memcpy(edge - 4, &size, 4);
	refused(edge - 4, base->command, -EFAULT, "the rest is unmapped");
}

static void spoil(uint32_t *request, char *edge)
{
	spoil_size(request);
	each_bit(request, 4, "flags");
	if (base->reserved)
		each_bit(request, base->reserved, "what is reserved");
	spoil_command(request);
	spoil_pointer(edge);
}

void test_bad_requests(void)
{
	static uint32_t request[8192];
	char *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	struct vb_counters before, *after;

	fresh();
	mprotect(two + PAGE, PAGE, PROT_NONE);
	before = *counters();
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		base = &bases[i];
		spoil(request, two + PAGE);
	}
	for (unsigned int nr = 0; nr < 0x100; nr++)
		if (nr < _IOC_NR(VB_IOC_CONFIG) || nr > _IOC_NR(VB_IOC_ASK))
			if (call(device, _IO(VB_IOC_TYPE, nr), request) != -ENOTTY)
				ok(false, "command %#x exists", nr);
	after = counters();
	ok(!memcmp(&before, after, sizeof(before)), "the counters did not move");
	munmap(two, 2 * PAGE);
}

static int raw_pin(uint64_t iova, uint64_t stride, uint32_t count, uint32_t pages)
{
	struct vb_ioc_pin p = {
		.size = sizeof(p), .iova = iova, .stride = stride, .count = count, .pages = pages,
	};
	int ret = call(device, VB_IOC_PIN, &p);
	int other;

	p.size = sizeof(p);
	other = call(device, VB_IOC_UNPIN, &p);
	return other == ret ? ret : -1000;
}

static int raw_open(uint64_t iova, uint64_t length)
{
	struct vb_ioc_open o = { .size = sizeof(o), .iova = iova, .length = length };

	return call(device, VB_IOC_OPEN, &o);
}

void test_bad_ranges(void)
{
	const uint64_t end = BASE + WINDOW_PAGES * PAGE;
	struct vb_ioc_hist h = { .size = sizeof(h), .id = VB_HIST_NR };

	fresh();
	is(window(0, 0), -EINVAL, "empty window");
	is(window(1, PAGE), -EINVAL, "window: IOVA not aligned");
	is(window(0, PAGE - 1), -EINVAL, "window: length not aligned");
	is(window(-PAGE, 2 * PAGE), -EOVERFLOW, "window: wraps round");
	is(raw_pin(BASE, 0, 0, 1), -EINVAL, "no runs");
	is(raw_pin(BASE, 0, 1, 0), -EINVAL, "no pages");
	is(raw_pin(BASE, 0, 1, VB_MAX_BATCH_PAGES + 1), -E2BIG, "run too long");
	is(raw_pin(BASE, 0, 1, ~0u), -E2BIG, "far too long");
	is(raw_pin(BASE + 1, 0, 1, 1), -EINVAL, "IOVA not aligned");
	is(raw_pin(BASE, 100, 2, 1), -EINVAL, "stride not aligned");
	is(raw_pin(BASE, 0, 2, 1), -EINVAL, "runs overlap");
	is(raw_pin(BASE, PAGE, 2, 2), -EINVAL, "runs overlap in part");
	is(raw_pin(BASE, 1ull << 63, 3, 1), -EOVERFLOW, "count * stride overflows");
	is(raw_pin(BASE, -PAGE, 2, 1), -EOVERFLOW, "IOVA + stride overflows");
	is(raw_pin(-PAGE, PAGE, 1, 2), -EOVERFLOW, "run wraps round");
	is(raw_pin(BASE - PAGE, 0, 1, 1), -ENXIO, "before the window");
	is(raw_pin(BASE - PAGE, 0, 1, 2), -ENXIO, "across its start");
	is(raw_pin(end, 0, 1, 1), -ENXIO, "behind it");
	is(raw_pin(end - PAGE, 0, 1, 2), -ENXIO, "across its end");
	is(raw_pin(BASE, PAGE, WINDOW_PAGES + 1, 1), -ENXIO, "one run too many");
	is(raw_open(BASE, 0), -EINVAL, "open nothing");
	is(raw_open(BASE + 8, PAGE), -EINVAL, "open: not aligned");
	is(raw_open(-PAGE, 2 * PAGE), -EOVERFLOW, "open: wraps round");
	is(raw_open(end, PAGE), -ENXIO, "open: no window there");
	is(raw_open(0, end + PAGE), 0, "open: more than the window is fine");
	is(config(2, 0), -EINVAL, "no such discipline");
	is(config(0, VB_MODE_BUSTED_LOCK + 1), -EINVAL, "no such mode");
	is(config_delay(VB_MAX_DELAY_NS + 1), -EINVAL, "too long a delay");
	is(config_delay(~0u), -EINVAL, "far too long");
	is(call(device, VB_IOC_HIST, &h), -EINVAL, "no such histogram");
}

static int pinner_with(const struct vb_ioc_pinner *change)
{
	struct vb_ioc_pinner p = *change;

	p.size = sizeof(p);
	return call(device, VB_IOC_PINNERS_START, &p);
}

void test_bad_pinners(void)
{
	const struct vb_ioc_pinner good = {
		.iova = BASE, .length = 64 * PAGE, .stride = PAGE, .pages = 1, .node = -1,
		.threads = 1,
	};
	struct vb_ioc_pinner p;
	struct vb_ioc_pinner_info info;

#define BAD(member, value, wanted) do {						\
		p = good;							\
		p.member = (value);						\
		is(pinner_with(&p), (wanted), "pinner: " #member " = " #value);	\
	} while (0)
	fresh();
	BAD(threads, 0, -EINVAL);
	BAD(threads, VB_MAX_PINNERS + 1, -E2BIG);
	BAD(threads, ~0u, -E2BIG);
	BAD(pages, 0, -EINVAL);
	BAD(pages, 2, -EINVAL);			/* longer than the stride */
	BAD(pages, ~0u, -EINVAL);
	BAD(stride, 0, -EINVAL);
	BAD(stride, PAGE + 1, -EINVAL);
	BAD(length, 0, -EINVAL);
	BAD(length, PAGE + 1, -EINVAL);
	BAD(length, (WINDOW_PAGES + 1) * PAGE, -ENXIO);
	BAD(length, -PAGE, -EOVERFLOW);
	BAD(iova, 1, -EINVAL);
	BAD(iova, 0, -ENXIO);
	BAD(mode, 3, -EINVAL);
	BAD(mode, VB_PINNER_RACING, -EINVAL);	/* fenced */
	BAD(node, -2, -EINVAL);
	BAD(node, 2, -EINVAL);
	BAD(node, 0x7fffffff, -EINVAL);
	BAD(hold_ns, 1000000001, -EINVAL);
	is(pinner_info(0, &info), -ENOENT, "none was started");
	BAD(stride, 1ull << 62, 0);		/* one run */
	BAD(threads, VB_MAX_PINNERS, -ENOSPC);
	BAD(threads, VB_MAX_PINNERS - 1, 0);
	BAD(threads, 1, -ENOSPC);
	is(none(VB_IOC_PINNERS_GO), 0, "all go");
}

static int try_mmap(uint64_t offset, size_t length, int prot, int flags)
{
	void *p = mmap(NULL, length, prot, flags, device, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, length);
	return 0;
}

void test_bad_mmap(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct vb_ioc_slot s = { .size = sizeof(s) };
	char byte = 0;
	int ret;

	fresh();
	is(try_mmap(VB_SLOT_OFFSET(0), PAGE, rw, MAP_SHARED), -EINVAL, "no slot yet");
	is(call(device, VB_IOC_SLOT, &s), 0, "slot");
	is(try_mmap(VB_SLOT_OFFSET(s.index), PAGE, rw, MAP_SHARED), 0, "mmap");
	is(try_mmap(VB_SLOT_OFFSET(s.index), PAGE, PROT_READ, MAP_SHARED), 0, "read-only");
	is(try_mmap(0, PAGE, rw, MAP_SHARED), -EINVAL, "offset 0");
	is(try_mmap(VB_SLOT_OFFSET(0) - PAGE, PAGE, rw, MAP_SHARED), -EINVAL, "below");
	is(try_mmap(VB_SLOT_OFFSET(0) + PAGE, PAGE, rw, MAP_SHARED), -EINVAL, "between slots");
	is(try_mmap(VB_SLOT_OFFSET(1), PAGE, rw, MAP_SHARED), -EINVAL, "next slot");
	is(try_mmap(VB_SLOT_OFFSET(VB_MAX_SLOTS), PAGE, rw, MAP_SHARED), -EINVAL, "far beyond");
	is(try_mmap(1ull << 62, PAGE, rw, MAP_SHARED), -EINVAL, "farther");
	is(try_mmap(VB_SLOT_OFFSET(0), 2 * PAGE, rw, MAP_SHARED), -EINVAL, "two pages");
	is(try_mmap(VB_SLOT_OFFSET(0), PAGE, rw, MAP_PRIVATE), -EINVAL, "private");
	ret = try_mmap(VB_SLOT_OFFSET(0), PAGE, rw | PROT_EXEC, MAP_SHARED);
	/* newer kernels refuse it to all files of that kind, and don't ask us */
	is(ret == -EPERM ? -EINVAL : ret, -EINVAL, "executable");
	ok(read(device, &byte, 1) < 0 && write(device, &byte, 1) < 0, "no read, no write");
}
