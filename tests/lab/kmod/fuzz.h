/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operations of kmod-fuzz. */
#ifndef VB_KMOD_FUZZ_H
#define VB_KMOD_FUZZ_H

#include <stdio.h>

#include "tests/lab/kmod/harness.h"

#define FUZZ_THREADS_MAX	16u
#define FUZZ_LOG		64u		/* operations that a thread remembers */
#define FUZZ_COMMANDS		14u		/* of the module */
#define FUZZ_ERRNO		135u

struct fuzz_op {
	const char *what;
	const char *detail;
	int fd;
	uint64_t a, b, c;
	int result;			/* 0 or -errno; 1: has not come back */
};

struct fuzz_thread {
	uint64_t random;
	uint64_t ops;
	struct fuzz_op log[FUZZ_LOG];
	void *page[8];			/* slot pages mapped */
	struct vb_ioc_pin pinned;	/* by the last PIN that was accepted */
	uint64_t answers[FUZZ_COMMANDS][FUZZ_ERRNO];	/* by -errno; 0: fine */
	uint64_t maps, unmaps, forks, kills, opens;	/* that were done */
};

/* Make the mdevs, the containers and the memory; as root. */
void fuzz_setup(void);
/* One random operation. */
void fuzz_step(struct fuzz_thread *t);
/* Give back what the thread has mapped. */
void fuzz_forget(struct fuzz_thread *t);
/* A thread: an mdev that is made, opened and removed, again and again. */
void *fuzz_churn(void *thread);
void fuzz_end(void);
bool fuzz_stop(void);
/* Does one thread at a time unmap, open or close? */
bool fuzz_guarded(void);
/* When all threads have ended: was everything tried, and is nothing pinned? */
void fuzz_check(const struct fuzz_thread *threads, unsigned int nr);
void fuzz_teardown(void);

/* fuzz-ioctl.c: one ioctl of the module on @fd, in part spoilt.  @strict: none that
 * makes its counts useless. */
void fuzz_ioctl(struct fuzz_thread *t, int fd, bool strict);
void fuzz_ioctl_setup(void);
/* What a worker does after it has mapped: a window, opened, and a pin in it. */
void fuzz_pin_mapped(struct fuzz_thread *t, int fd, uint64_t iova, uint64_t pages);
extern const char *const fuzz_command_names[FUZZ_COMMANDS];

/* splitmix64 */
static inline uint64_t fuzz_random(struct fuzz_thread *t)
{
	uint64_t z = t->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline uint64_t fuzz_below(struct fuzz_thread *t, uint64_t limit)
{
	return fuzz_random(t) % limit;
}

/* Remember an operation that begins; its result is entered by the caller. */
static inline struct fuzz_op *fuzz_note(struct fuzz_thread *t, const char *what, const char *detail,
					int fd, uint64_t a, uint64_t b)
{
	struct fuzz_op *op = &t->log[t->ops % FUZZ_LOG];

	*op = (struct fuzz_op){ .what = what, .detail = detail, .fd = fd, .a = a, .b = b, .result = 1 };
	t->ops++;
	return op;
}

#endif /* VB_KMOD_FUZZ_H */
