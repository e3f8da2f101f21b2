// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The companion module: every command once, in an order in which all succeed, asked
 * in an unusual way each time, that the module has to accept or to refuse.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

#define COMMANDS	15u
#define REQUEST_BYTES	(8 * PAGE)	/* room for the longest, and a page more */

/* A good request of each, in order. */
static const struct {
	const char *name;
	unsigned long command;
	uint32_t size;
	bool removing;			/* goes on when the device is wanted back */
} commands[COMMANDS] = {
	{ "CONFIG", VB_IOC_CONFIG, sizeof(struct vb_ioc_config), false },
	{ "WINDOW", VB_IOC_WINDOW, sizeof(struct vb_ioc_window), false },
	{ "SLOT", VB_IOC_SLOT, sizeof(struct vb_ioc_slot), false },
	{ "PIN", VB_IOC_PIN, sizeof(struct vb_ioc_pin), false },
	{ "UNPIN", VB_IOC_UNPIN, sizeof(struct vb_ioc_pin), true },
	{ "OPEN", VB_IOC_OPEN, sizeof(struct vb_ioc_open), false },
	{ "REQUEST_END", VB_IOC_REQUEST_END, sizeof(struct vb_ioc_request_end), false },
	{ "PINNERS_START", VB_IOC_PINNERS_START, sizeof(struct vb_ioc_pinner), false },
	{ "PINNERS_GO", VB_IOC_PINNERS_GO, sizeof(struct vb_ioc_none), false },
	{ "PINNERS_STOP", VB_IOC_PINNERS_STOP, sizeof(struct vb_ioc_none), true },
	{ "PINNER_INFO", VB_IOC_PINNER_INFO, sizeof(struct vb_ioc_pinner_info), true },
	{ "STATS", VB_IOC_STATS, sizeof(struct vb_ioc_stats), true },
	{ "HIST", VB_IOC_HIST, sizeof(struct vb_ioc_hist), true },
	{ "RESET", VB_IOC_RESET, sizeof(struct vb_ioc_none), false },
	{ "ASK", VB_IOC_ASK, sizeof(struct vb_ioc_ask), false },
};

static char *room, *low;		/* two such requests and nothing behind; below 4 GiB */

static void fill(unsigned int i, void *request)
{
	const uint64_t elsewhere = BASE + 2 * WINDOW_PAGES * PAGE;

	memset(request, 0, commands[i].size);
	*(uint32_t *)request = commands[i].size;
	switch (commands[i].command) {
	case VB_IOC_WINDOW:
		*(struct vb_ioc_window *)request = (struct vb_ioc_window){
			.size = commands[i].size, .iova = elsewhere, .length = PAGE };
		break;
	case VB_IOC_PIN:
	case VB_IOC_UNPIN:
		*(struct vb_ioc_pin *)request = (struct vb_ioc_pin){
			.size = commands[i].size, .iova = BASE, .count = 1, .pages = 4 };
		break;
	case VB_IOC_OPEN:
		*(struct vb_ioc_open *)request = (struct vb_ioc_open){
			.size = commands[i].size, .iova = BASE, .length = PAGE };
		break;
	case VB_IOC_ASK:
		*(struct vb_ioc_ask *)request = (struct vb_ioc_ask){
			.size = commands[i].size, .iova = BASE, .pages = 1, .what = VB_ASK_PIN };
		break;
	case VB_IOC_PINNERS_START:
		*(struct vb_ioc_pinner *)request = (struct vb_ioc_pinner){
			.size = commands[i].size, .iova = BASE, .length = PAGE, .stride = PAGE,
			.pages = 1, .node = -1, .threads = 1 };
		break;
	}
}

/* --- ways to ask --- */

/* A newer program's longer request, zero where this module knows nothing. */
static int ask_longer(unsigned int i)
{
	memset(room, 0, REQUEST_BYTES);
	fill(i, room);
	*(uint32_t *)room += 64;
	return call(device, commands[i].command, room);
}

static int ask_longest(unsigned int i)
{
	memset(room, 0, REQUEST_BYTES);
	fill(i, room);
	*(uint32_t *)room += PAGE;
	return call(device, commands[i].command, room);
}

static int ask_unaligned(unsigned int i)
{
	static char buffer[REQUEST_BYTES];

	fill(i, buffer);
	memmove(room + 3, buffer, commands[i].size);
	return call(device, commands[i].command, room + 3);
}

/* Its last byte is the last there is, in another page than its first. */
static int ask_at_the_edge(unsigned int i)
{
	char *at = room + 2 * REQUEST_BYTES - commands[i].size;

	fill(i, at);
	return call(device, commands[i].command, at);
}

static int ask_read_only(unsigned int i)
{
	int ret;

	fill(i, room);
	mprotect(room, REQUEST_BYTES, PROT_READ);
	ret = call(device, commands[i].command, room);
	mprotect(room, REQUEST_BYTES, PROT_READ | PROT_WRITE);
	return ret;
}

static long int80(unsigned long command, void *request)
{
	long ret = -ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(54l), "b"((long)device), "c"((long)command), "d"(request)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	return ret;
}

/* A 32-bit program's ioctl. */
static int ask_as_32_bit(unsigned int i)
{
	fill(i, low);
	return (int)int80(commands[i].command, low);
}

static int ask_as_32_bit_short(unsigned int i)
{
	fill(i, low);
	*(uint32_t *)low = commands[i].size - 4;
	return (int)int80(commands[i].command, low);
}

static int ask_as_32_bit_null(unsigned int i)
{
	return (int)int80(commands[i].command, NULL);
}

static int ask_as_32_bit_kernel(unsigned int i)
{
	return (int)int80(commands[i].command, (void *)0xc0000000ul);
}

/* --- rounds --- */

static const struct {
	const char *name;
	int (*ask)(unsigned int i);
	int wanted;
} rounds[] = {
	{ "longer, the rest zero", ask_longer, 0 },
	{ "a page longer, the rest zero", ask_longest, 0 },
	{ "at an odd address", ask_unaligned, 0 },
	{ "up to the last byte of a mapping", ask_at_the_edge, 0 },
	{ "from a 32-bit program", ask_as_32_bit, 0 },
	{ "from a 32-bit program, short", ask_as_32_bit_short, -EINVAL },
	{ "from a 32-bit program, null", ask_as_32_bit_null, -EFAULT },
	{ "from a 32-bit program, not its memory", ask_as_32_bit_kernel, -EFAULT },
};

/* Read-only memory is noticed when the answer is written: it was done, and is not told. */
static void round_read_only(void)
{
	char text[128];

	fresh();
	map_dma(0, 8);
	for (unsigned int i = 0; i < COMMANDS; i++) {
		snprintf(text, sizeof(text), "%s: in read-only memory", commands[i].name);
		is(ask_read_only(i), -EFAULT, text);
	}
	is(unmap_all(), 8, "unmap");
}

void test_rounds(void)
{
	char text[128];

	room = mmap(NULL, 2 * REQUEST_BYTES + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	low = mmap(NULL, REQUEST_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (room == MAP_FAILED || low == MAP_FAILED)
		bail("mmap");
	mprotect(room + 2 * REQUEST_BYTES, PAGE, PROT_NONE);
	for (size_t r = 0; r < sizeof(rounds) / sizeof(rounds[0]); r++) {
		if (strstr(rounds[r].name, "32-bit") && !has_32_bit_calls())
			continue;
		fresh();
		map_dma(0, 8);
		for (unsigned int i = 0; i < COMMANDS; i++) {
			snprintf(text, sizeof(text), "%s: %s", commands[i].name, rounds[r].name);
			is(rounds[r].ask(i), rounds[r].wanted, text);
		}
		is(unmap_all(), 8, "unmap");
		is((long long)counters()->outstanding_pages, 0, rounds[r].name);
	}
	round_read_only();
	is((long long)counters()->outstanding_pages, 0, "in read-only memory");
}

/* Of what has no such command, or is closed. */
void test_elsewhere(void)
{
	const int fds[] = { container, group, -1 };
	static const int wanted[] = { -ENOTTY, -ENOTTY, -EBADF };
	static const char *const names[] = { "the container", "the group", "nothing" };
	char text[128];
	int closed;

	for (unsigned int i = 0; i < COMMANDS; i++)
		for (unsigned int j = 0; j < 3; j++) {
			fill(i, room);
			snprintf(text, sizeof(text), "%s: asked of %s", commands[i].name, names[j]);
			is(call(fds[j], commands[i].command, room), wanted[j], text);
		}
	closed = dup(device);
	close(closed);
	fill(0, room);
	is(call(closed, VB_IOC_CONFIG, room), -EBADF, "asked of an fd that was closed");
	is(none(VB_IOC_RESET), 0, "the other one goes on");
}

static int remove_result = 1;

static void *remove_it(void *arg)
{
	remove_result = remove_device(UUID);
	return NULL;
}

/* Wanted back, while open: what reads results and gives back goes on, all else is told. */
void test_removed(void)
{
	pthread_t thread;
	char text[128];

	if (!removal_is_told()) {
		close_all();
		is(remove_device(UUID), 0, "removed");
		skip("ioctls while the device is being removed", "VFIO of this kernel tells nobody");
		return;
	}
	if (window(BASE, WINDOW_PAGES * PAGE) || map_dma(0, 8) || pin(0, 4, 1, 0) ||
	    pinners(VB_PINNER_STEADY, -1, 1, 0))
		bail("a device to be removed");
	if (pthread_create(&thread, NULL, remove_it, NULL))
		bail("pthread_create");
	for (int i = 0; i < 5000 && !reopen(0, 1); i++)
		usleep(1000);
	for (unsigned int i = 0; i < COMMANDS; i++) {
		fill(i, room);
		snprintf(text, sizeof(text), "%s: while the device is being removed", commands[i].name);
		is(call(device, commands[i].command, room), commands[i].removing ? 0 : -ENODEV, text);
	}
	is((long long)counters()->outstanding_pages, 0, "nothing is pinned");
	close_all();
	pthread_join(thread, NULL);
	is(remove_result, 0, "removed once closed");
}
