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
};

static void spoil(const struct bad_base *b, uint32_t *request, char *edge)
{
	memset(request, 0, b->size + 16);
	is(call(device, b->command, request), -EINVAL, "size 0");
	request[0] = b->size - 1;
	is(call(device, b->command, request), -EINVAL, "a byte short");
	request[0] = ~0u;
	is(call(device, b->command, request), -E2BIG, "size of 4 GiB");
	request[0] = b->size + 8;
	request[b->size / 4 + 1] = 1;
	is(call(device, b->command, request), -E2BIG, "longer, tail not zero");
	request[0] = b->size;
	request[1] = 1;
	is(call(device, b->command, request), -EINVAL, "an unknown flag");
	request[1] = 0x80000000;
	is(call(device, b->command, request), -EINVAL, "another");
	request[1] = 0;
	if (b->reserved) {
		request[b->reserved / 4] = 1;
		is(call(device, b->command, request), -EINVAL, "reserved not zero");
	}
	is(call(device, b->command, NULL), -EFAULT, "null");
	is(call(device, b->command, (void *)0xffff800000000000ul), -EFAULT, "kernel address");
	memcpy(edge - 4, &b->size, 4);
	is(call(device, b->command, edge - 4), -EFAULT, "runs into the unmapped");
	is(call(device, b->command ^ 0xc0000000, request), -ENOTTY, "with direction bits");
	is(call(device, b->command + 0x100, request), -ENOTTY, "of another type");
}

void test_bad_requests(void)
{
	static uint32_t request[8192];
	char *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	struct vb_counters before, *after;

	fresh();
	munmap(two + PAGE, PAGE);
	before = *counters();
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		printf("# %s\n", bases[i].name);
		spoil(&bases[i], request, two + PAGE);
	}
	for (unsigned int nr = 0; nr < 0x100; nr++)
		if (nr < _IOC_NR(VB_IOC_CONFIG) || nr > _IOC_NR(VB_IOC_RESET))
			if (call(device, _IO(VB_IOC_TYPE, nr), request) != -ENOTTY)
				ok(false, "command %#x exists", nr);
	after = counters();
	ok(!memcmp(&before, after, sizeof(before)), "the counters did not move");
	munmap(two, PAGE);
}

/* A newer program's longer request, zero where this module knows nothing. */
void test_long_request(void)
{
	struct {
		struct vb_ioc_config c;
		uint64_t more[4];
	} r = { .c = { .size = sizeof(r) } };

	fresh();
	is(call(device, VB_IOC_CONFIG, &r), 0, "longer, tail zero");
	is(r.c.abi_version, VB_ABI_VERSION, "answered");
	is(r.c.size, sizeof(r), "size left alone");
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
	is(try_mmap(VB_SLOT_OFFSET(0), PAGE, rw | PROT_EXEC, MAP_SHARED), -EINVAL, "executable");
	ok(read(device, &byte, 1) < 0 && write(device, &byte, 1) < 0, "no read, no write");
}

/* A 32-bit program's ioctl. */
static int compat_call(int fd, unsigned long command, void *arg)
{
	long ret = -ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(54l), "b"((long)fd), "c"((long)command), "d"(arg)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	return (int)ret;
}

void test_compat(void)
{
	char *low = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct vb_ioc_pin *p = (void *)low;
	struct vb_ioc_stats *s = (void *)low;

	fresh();
	map_dma(0, 8);
	*p = (struct vb_ioc_pin){ .size = sizeof(*p), .iova = BASE, .count = 1, .pages = 8 };
	is(compat_call(device, VB_IOC_PIN, p), 0, "32-bit caller: pin");
	is(p->done, 1, "32-bit caller: answer");
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	is(compat_call(device, VB_IOC_STATS, s), 0, "32-bit caller: stats");
	is((long long)s->counters.pinned_pages, 8, "32-bit caller: counters");
	munmap(low, 16 * PAGE);
	unmap_all();
}
