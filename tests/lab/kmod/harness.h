/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the companion module share. */
#ifndef VB_KMOD_HARNESS_H
#define VB_KMOD_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "uapi/vfio_bench.h"

#define PAGE		4096ull
#define WINDOW_PAGES	8192ull
#define BASE		0x10000000ull
#define UUID		"5bd1e995-5bd1-4e99-8bd1-5bd1e9955bd1"

/* Where the module offers its devices: as mdevs, or where the kernel has none by itself. */
extern const char *type;			/* create is there */
extern const char *devices;			/* and what it made */
extern int tests, failed;			/* TAP lines */
extern int container, group, device;		/* fds; -1: none */
extern int pci_group;
extern char *memory;				/* WINDOW_PAGES pages */
extern bool per_request;			/* observed: one callback a request */
extern __thread struct vb_ioc_pin last_pin;	/* as it came back */
extern struct vb_ioc_stats stats;		/* as counters() read it */

/* A line of TAP each; is() says what was got when it isn't what was wanted. */
void ok(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void is(long long got, long long wanted, const char *what);
void bail(const char *what);
void skip(const char *what, const char *why);
/* ioctl(): 0 or -errno. */
int call(int fd, unsigned long command, void *arg);
int write_file(const char *path, const char *text);
uint64_t now_ns(void);
/* Before anything else: is the module there, and as what? */
void find_type(void);
/* 0 or -errno; removing waits until nobody has it open. */
int create_device(const char *uuid);
int remove_device(const char *uuid);
/* Up to 5.12 VFIO can't tell an mdev's owner that somebody wants to remove it. */
bool removal_is_told(void);
/* The VFIO group of a device: an fd, or -1. */
int open_group(const char *uuid);
void open_device(void);
void open_all(void);
void close_all(void);
int map_dma(uint64_t page, uint64_t pages);
long long unmap_dma(uint64_t page, uint64_t pages);
long long unmap_all(void);
void map_single(uint64_t page, unsigned int count);
int config(uint32_t discipline, uint32_t mode);
int config_delay(uint32_t delay_ns);
int window(uint64_t iova, uint64_t length);
int pin(uint64_t page, uint32_t pages, uint32_t count, uint64_t stride_pages);
int unpin(uint64_t page, uint32_t pages, uint32_t count, uint64_t stride_pages);
int reopen(uint64_t page, uint64_t pages);
int none(unsigned long command);
struct vb_counters *counters(void);
struct vb_hist *histogram(uint32_t id);
volatile struct vb_slot_page *slot(void);
long long request_end(void);
void balanced(const char *when);
long long vmstat(const char *name);
long long kernel_pins(void);
/* The same, or what it was last, when it has not come to be @wanted for two seconds. */
long long kernel_pins_again(long long wanted);
bool kernel_warned(void);
void fresh(void);
/*
 * Without CONFIG_IA32_EMULATION a 32-bit program's call is the end of who makes it, and
 * the kernel's log tells of that.  Found out once.
 */
bool has_32_bit_calls(void);
int pinners(uint32_t mode, int32_t node, uint32_t threads, uint64_t hold_ns);
int pinner_info(uint32_t index, struct vb_ioc_pinner_info *info);

/* notify.c */
void test_info(void);
void test_pin_unpin(void);
void test_pins_across_mappings(void);
void test_fence(void);
void test_requests(void);
void test_miscount(void);
void test_lock(void);
void test_bare(void);
void test_counting(void);
void test_delay(void);
void test_kill_delayed(void);
void test_close_with_pins(void);
void test_racing(void);

/* pinners.c */
void test_pinners(void);
void test_churn(void);
void test_stop_and_mmap(void);
void test_pinners_at_close(void);

/* limits.c */
void test_window_limits(void);
void test_slot_limits(void);

/* bad-input.c */
void test_bad_requests(void);
void test_bad_ranges(void);
void test_bad_pinners(void);
void test_bad_mmap(void);

/* ask.c */
void test_ask(void);

/* rounds.c */
void test_rounds(void);
void test_elsewhere(void);
void test_removed(void);

/* process.c */
void test_unprivileged(void);
void test_kill(void);
void test_concurrent_close(void);
void test_rmmod(void);
void test_remove_open(void);

/* charge.c */
long long locked_kb(void);	/* VmLck of this process; -1: not told */
void test_charge(void);

/* iommufd.c */
void test_iommufd(void);

/* load.c */
void test_cost(void);
void test_threads(void);
void test_busted(void);

#endif /* VB_KMOD_HARNESS_H */
