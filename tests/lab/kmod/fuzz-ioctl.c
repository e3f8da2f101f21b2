// SPDX-License-Identifier: GPL-2.0-or-later
/* kmod-fuzz: the module's ioctls, good ones most of the time, and spoilt ones. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/lab/kmod/fuzz.h"

#define REGION_PAGES	4096u		/* in which most of it happens */
#define MOST_DELAY_NS	200000u		/* of a callback */

union request {
	uint32_t size;
	struct vb_ioc_none none;
	struct vb_ioc_config config;
	struct vb_ioc_window window;
	struct vb_ioc_slot slot;
	struct vb_ioc_pin pin;
	struct vb_ioc_open open;
	struct vb_ioc_request_end end;
	struct vb_ioc_pinner pinner;
	struct vb_ioc_pinner_info info;
	struct vb_ioc_stats stats;
	struct vb_ioc_hist hist;
	unsigned char byte[24576];
};

const char *const fuzz_command_names[FUZZ_COMMANDS] = {
	"CONFIG", "WINDOW", "SLOT", "PIN", "UNPIN", "OPEN", "REQUEST_END", "PINNERS_START",
	"PINNERS_GO", "PINNERS_STOP", "PINNER_INFO", "STATS", "HIST", "RESET",
};

static const uint32_t sizes[FUZZ_COMMANDS] = {
	sizeof(struct vb_ioc_config), sizeof(struct vb_ioc_window), sizeof(struct vb_ioc_slot),
	sizeof(struct vb_ioc_pin), sizeof(struct vb_ioc_pin), sizeof(struct vb_ioc_open),
	sizeof(struct vb_ioc_request_end), sizeof(struct vb_ioc_pinner), sizeof(struct vb_ioc_none),
	sizeof(struct vb_ioc_none), sizeof(struct vb_ioc_none), sizeof(struct vb_ioc_stats),
	sizeof(struct vb_ioc_hist), sizeof(struct vb_ioc_none),
};

/* How often each is asked for, of 64. */
static const unsigned int weights[FUZZ_COMMANDS] = { 3, 4, 3, 16, 10, 9, 4, 3, 2, 1, 2, 3, 3, 1 };

static bool compat_works;
static char *read_only, *edge, *low;	/* a page; the end of one; one below 4 GiB */

void fuzz_ioctl_setup(void)
{
	compat_works = has_32_bit_calls();
	edge = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	read_only = mmap(NULL, 8 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	low = mmap(NULL, FUZZ_THREADS_MAX * 8 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (edge == MAP_FAILED || read_only == MAP_FAILED || low == MAP_FAILED)
		bail("mmap");
	/* not unmapped: something else would be mapped there, and be written to */
	mprotect(edge + 2 * PAGE, 6 * PAGE, PROT_NONE);
}

static uint64_t any_number(struct fuzz_thread *t)
{
	static const uint64_t edges[] = {
		0, 1, 2, PAGE - 1, PAGE, PAGE + 1, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32,
		1ull << 62, 1ull << 63, ~0ull, ~0ull - PAGE + 1, BASE, BASE + REGION_PAGES * PAGE,
	};

	switch (fuzz_below(t, 4)) {
	case 0:
		return fuzz_random(t);
	case 1:
		return fuzz_random(t) >> fuzz_below(t, 64);
	default:
		return edges[fuzz_below(t, sizeof(edges) / sizeof(edges[0]))];
	}
}

static uint64_t any_iova(struct fuzz_thread *t)
{
	if (!fuzz_below(t, 32))
		return any_number(t);
	return BASE + fuzz_below(t, REGION_PAGES) * PAGE;
}

static uint64_t any_length(struct fuzz_thread *t)
{
	if (!fuzz_below(t, 32))
		return any_number(t);
	return (1 + fuzz_below(t, 1u << fuzz_below(t, 12))) * PAGE;
}

static void fill_config(struct fuzz_thread *t, struct vb_ioc_config *c, bool strict)
{
	static const uint32_t modes[] = { VB_MODE_NORMAL, VB_MODE_COUNTING, VB_MODE_NORMAL,
					  VB_MODE_COUNTING, VB_MODE_BARE, VB_MODE_BUSTED_MISCOUNT };

	c->mode = modes[fuzz_below(t, strict ? 4 : 6)];
	if (!fuzz_below(t, 8))
		c->discipline = (uint32_t)any_number(t);
	if (!fuzz_below(t, 8))
		c->mode = strict ? VB_MODE_BUSTED_SKIP_UNPIN : (uint32_t)fuzz_below(t, 12);
	if (!fuzz_below(t, 8))
		c->delay_ns = (uint32_t)fuzz_below(t, MOST_DELAY_NS);
}

/*
 * A range that is opened while its callback sleeps can be pinned again before the
 * walk comes to it; eleven times in a row, and the kernel BUGs.  Long delays make
 * that likely.
 */
static void limit_delay(union request *r)
{
	if (r->config.delay_ns <= VB_MAX_DELAY_NS)
		r->config.delay_ns %= MOST_DELAY_NS;
}

static void fill_window(struct fuzz_thread *t, struct vb_ioc_window *w)
{
	w->iova = any_iova(t);
	w->length = any_length(t);
	if (!fuzz_below(t, 3)) {	/* the one that most wait for */
		w->iova = BASE;
		w->length = REGION_PAGES * PAGE;
	} else if (!fuzz_below(t, 8)) {
		w->iova = (1 + fuzz_below(t, 64)) << 40;
		w->length = PAGE << fuzz_below(t, 26);
	}
}

static void fill_pin(struct fuzz_thread *t, struct vb_ioc_pin *p)
{
	p->iova = any_iova(t);
	p->pages = 1 + (uint32_t)fuzz_below(t, 1u << fuzz_below(t, 6));
	p->count = 1 + (uint32_t)fuzz_below(t, 1u << fuzz_below(t, 6));
	p->stride = (p->pages + fuzz_below(t, 4)) * PAGE;
	if (!fuzz_below(t, 16))
		p->pages = (uint32_t)any_number(t);
	if (!fuzz_below(t, 16))
		p->count = (uint32_t)any_number(t);
	if (!fuzz_below(t, 16))
		p->stride = any_number(t);
}

static void fill_pinner(struct fuzz_thread *t, struct vb_ioc_pinner *p)
{
	p->iova = any_iova(t);
	p->length = any_length(t);
	p->pages = 1 + (uint32_t)fuzz_below(t, 8);
	p->stride = (p->pages + fuzz_below(t, 8)) * PAGE;
	p->length = p->length < p->pages * PAGE ? p->pages * PAGE : p->length;
	p->mode = (uint32_t)fuzz_below(t, 4);
	p->node = (int32_t)fuzz_below(t, 4) - 1;
	p->threads = 1 + (uint32_t)fuzz_below(t, 3);
	p->hold_ns = fuzz_below(t, fuzz_below(t, 32) ? 300000 : 2000000000);
	if (!fuzz_below(t, 16))
		p->threads = (uint32_t)any_number(t);
}

static void fill(struct fuzz_thread *t, unsigned int command, union request *r, bool strict)
{
	memset(r, 0, sizeof(*r));
	r->size = sizes[command];
	if (command == _IOC_NR(VB_IOC_PINNER_INFO) - 0x80)
		r->size = sizeof(r->info);
	switch (_IO(VB_IOC_TYPE, 0x80 + command)) {
	case VB_IOC_CONFIG:
		fill_config(t, &r->config, strict);
		break;
	case VB_IOC_WINDOW:
		fill_window(t, &r->window);
		break;
	case VB_IOC_PIN:
	case VB_IOC_UNPIN:
		fill_pin(t, &r->pin);
		break;
	case VB_IOC_OPEN:
		r->open.iova = fuzz_below(t, 2) ? BASE : any_iova(t);
		r->open.length = fuzz_below(t, 2) ? REGION_PAGES * PAGE : any_length(t);
		break;
	case VB_IOC_PINNERS_START:
		fill_pinner(t, &r->pinner);
		break;
	case VB_IOC_PINNER_INFO:
		r->info.index = (uint32_t)fuzz_below(t, fuzz_below(t, 4) ? 8 : 80);
		break;
	case VB_IOC_HIST:
		r->hist.id = (uint32_t)fuzz_below(t, VB_HIST_NR + 2);
		break;
	}
}

/* A few bytes, or the size. */
static void spoil(struct fuzz_thread *t, union request *r)
{
	uint32_t size = r->size;

	switch (fuzz_below(t, 4)) {
	case 0:
		r->size = (uint32_t)any_number(t);
		break;
	case 1:
		r->size = size + (uint32_t)fuzz_below(t, 64) - 16;
		break;
	case 2:
		r->size = size + (uint32_t)fuzz_below(t, 4096);
		r->byte[fuzz_below(t, sizeof(*r) - 4) + 4] = (unsigned char)fuzz_random(t);
		break;
	default:
		for (uint64_t i = 1 + fuzz_below(t, 4); i; i--)
			r->byte[4 + fuzz_below(t, size > 4 ? size - 4 : 4)] = (unsigned char)fuzz_random(t);
	}
}

/* Where the module is told to look for @r. */
static void *place(struct fuzz_thread *t, union request *r)
{
	switch (fuzz_below(t, 6)) {
	case 0:
		return NULL;
	case 1:
		return (void *)any_number(t);
	case 2:
		return read_only;
	case 3:		/* seen in part, or changed by other threads meanwhile */
		memcpy(edge + 2 * PAGE - 16, r, 16);
		return edge + 2 * PAGE - 16;
	case 4:
		memcpy(edge, r, PAGE);
		return edge;
	default:
		return (char *)r + fuzz_below(t, 8);
	}
}

/* As a 32-bit program asks, on a copy below 4 GiB. */
static int compat(struct fuzz_thread *t, int fd, unsigned long command, const union request *r)
{
	char *copy = low + fuzz_below(t, FUZZ_THREADS_MAX) * 8 * PAGE;
	long ret = -ENOSYS;

	memcpy(copy, r, sizeof(*r));
#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(54l), "b"((long)fd), "c"((long)command), "d"(copy)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	return (int)ret;
}

static unsigned int choose(struct fuzz_thread *t)
{
	unsigned int at = (unsigned int)fuzz_below(t, 64), command = 0;

	while (at >= weights[command])
		at -= weights[command++];
	return command;
}

void fuzz_ioctl(struct fuzz_thread *t, int fd, bool strict)
{
	static __thread union request r;
	unsigned int i = choose(t);
	unsigned long command = _IO(VB_IOC_TYPE, 0x80 + i);
	struct fuzz_op *op;
	void *where = &r;

	if (strict && command == VB_IOC_RESET)
		return;
	fill(t, i, &r, strict);
	/* what was pinned by chance is not unpinned by chance */
	if (command == VB_IOC_UNPIN && fuzz_below(t, 4))
		r.pin = t->pinned;
	/* a spoilt request can be a good one of another kind */
	if (!strict && !fuzz_below(t, 8))
		spoil(t, &r);
	if (command == VB_IOC_CONFIG)
		limit_delay(&r);
	if (!strict && !fuzz_below(t, 16))
		where = place(t, &r);
	if (!strict && !fuzz_below(t, 64))
		command = fuzz_below(t, 2) ? any_number(t) & 0xffff62ff : command ^ 1ul << fuzz_below(t, 32);
	/* past the module's own rules: what it asks for of what others unmap, VFIO WARNs of */
	if (command == VB_IOC_ASK)
		return;
	op = fuzz_note(t, "ioctl", fuzz_command_names[i], fd, r.pin.iova, r.pin.stride);
	op->c = command;
	if (where == &r && compat_works && !fuzz_below(t, 16))
		op->result = compat(t, fd, command, &r);
	else
		op->result = call(fd, command, where);
	if (command == VB_IOC_PIN && where == &r && !op->result)
		t->pinned = r.pin;
	if (command == _IO(VB_IOC_TYPE, 0x80 + i) && -op->result < (int)FUZZ_ERRNO)
		t->answers[i][-op->result]++;
}

static void ask(struct fuzz_thread *t, int fd, unsigned long command, void *request, uint64_t iova)
{
	unsigned int i = _IOC_NR(command) - 0x80;
	struct fuzz_op *op = fuzz_note(t, "ioctl", fuzz_command_names[i], fd, iova, 0);

	op->c = command;
	op->result = call(fd, command, request);
	if (-op->result < (int)FUZZ_ERRNO)
		t->answers[i][-op->result]++;
}

void fuzz_pin_mapped(struct fuzz_thread *t, int fd, uint64_t iova, uint64_t pages)
{
	struct vb_ioc_window window = {
		.size = sizeof(window), .iova = BASE, .length = REGION_PAGES * PAGE };
	struct vb_ioc_open open = { .size = sizeof(open), .iova = iova, .length = pages * PAGE };
	struct vb_ioc_pin pin = { .size = sizeof(pin), .iova = iova, .count = 1 };

	pin.pages = (uint32_t)(1 + fuzz_below(t, pages < 32 ? pages : 32));
	ask(t, fd, VB_IOC_WINDOW, &window, BASE);
	ask(t, fd, VB_IOC_OPEN, &open, iova);
	ask(t, fd, VB_IOC_PIN, &pin, iova);
	if (!fuzz_below(t, 4))
		ask(t, fd, VB_IOC_UNPIN, &pin, iova);
}
