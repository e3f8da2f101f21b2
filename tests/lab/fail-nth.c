// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every point of a call at which the kernel can fail, one after the other: an
 * allocation, a page, a copy from or to user space.  /proc/thread-self/fail-nth
 * makes the n-th of them fail; n grows until the call gets by without reaching
 * it.  After each failure nothing may be pinned, charged or open that was not
 * before, and the call must work when it is repeated.  At the end of a group
 * nothing may be leaked (kmemleak), and the kernel must not have complained.
 *
 * Runs as root in the lab, on a kernel with fault injection and kmemleak
 * (scripts/kernel build faults); fail-nth-test.sh does that.  Prints TAP.
 *
 *   fail-nth PCI-ADDRESS VFIO_BENCH.KO [GROUP]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/klog.h"
#include "tests/lab/fail-nth.h"

#define MOST_POINTS	5000u
#define MOST_ERRNO	134
#define FAULTS		"/sys/kernel/debug/"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/* What a failed call must leave as it was. */
struct state {
	long long pinned_pages;		/* in the whole kernel */
	long long locked_kib;
	int next_fd;			/* the lowest that is free */
};

static int tests, failed;
static int fail_nth_fd = -1;
static unsigned int total_points, total_failures;

static void ok(bool good, const char *format, ...)
{
	va_list args;

	tests++;
	failed += !good;
	printf("%sok %d - ", good ? "" : "not ", tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

void bail(const char *what)
{
	int error = errno;

	printf("Bail out! %s: %s\n", what, strerror(error));
	exit(1);
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static void must_write(const char *path, const char *text)
{
	errno = -write_file(path, text);
	if (errno)
		bail(path);
}

/* The number behind @key in a file of keys and numbers. */
static long long number_in(const char *path, const char *key)
{
	size_t length = strlen(key);
	long long value = 0;
	char line[256];
	FILE *file = fopen(path, "re");

	if (!file)
		bail(path);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, length) && strchr(" \t:", line[length]))
			value = strtoll(line + length + strspn(line + length, " \t:"), NULL, 10);
	fclose(file);
	return value;
}

static struct state observe(void)
{
	struct state s;

	must_write("/proc/sys/vm/stat_refresh", "1");
	s.pinned_pages = number_in("/proc/vmstat", "nr_foll_pin_acquired") -
			 number_in("/proc/vmstat", "nr_foll_pin_released");
	s.locked_kib = number_in("/proc/self/status", "VmLck");
	s.next_fd = dup(fail_nth_fd);
	close(s.next_fd);
	return s;
}

static bool same(const struct state *a, const struct state *b)
{
	return a->pinned_pages == b->pinned_pages && a->locked_kib == b->locked_kib &&
	       a->next_fd == b->next_fd;
}

static void show(const char *when, const struct state *s)
{
	printf("# %s: %lld pages pinned, %lld KiB locked, fd %d is the next\n", when,
	       s->pinned_pages, s->locked_kib, s->next_fd);
}

/* --- one call --- */

/* Disarming can hit the point itself: the text is copied from user space. */
static void disarm(void)
{
	while (pwrite(fail_nth_fd, "0", 1, 0) < 0)
		if (errno != EFAULT && errno != ENOMEM)
			bail("fail-nth");
}

/*
 * Was the @nth point reached, and made to fail?  The file says 0 then.  Reading
 * it is such a call, too; the kernel takes the number before it copies it.
 */
static bool call_with_failure(const struct sweep *sweep, unsigned int nth, int *result)
{
	char text[16] = "";
	ssize_t got;

	snprintf(text, sizeof(text), "%u", nth);
	if (pwrite(fail_nth_fd, text, strlen(text), 0) < 0)
		bail("fail-nth");
	*result = sweep->call();
	memset(text, 0, sizeof(text));
	got = pread(fail_nth_fd, text, sizeof(text) - 1, 0);
	disarm();
	return got > 0 && !strtoul(text, NULL, 10);
}

struct tally {
	unsigned int points, failures, regardless, troubles;
	unsigned int by_errno[MOST_ERRNO];
};

static void trouble(struct tally *t, const struct sweep *sweep, unsigned int nth, const char *what,
		    int value)
{
	t->troubles++;
	printf("# %s, point %u: %s %d\n", sweep->name, nth, what, value);
}

/* The call has failed: nothing is left of it, and it works now. */
static void check_failure(struct tally *t, const struct sweep *sweep, unsigned int nth, int result,
			  const struct state *before)
{
	struct state after = observe();
	int again = sweep->call();

	t->failures++;
	t->by_errno[-result < MOST_ERRNO ? -result : 0]++;
	if (result == -EFAULT && sweep->answers && again == sweep->repeated)
		return;
	if (again)
		trouble(t, sweep, nth, "when repeated it fails with", again);
	if (!same(before, &after)) {
		trouble(t, sweep, nth, "something is left of it after", result);
		show("before", before);
		show("after", &after);
	}
}

/* false: the call is through without a failure. */
static bool try_point(struct tally *t, const struct sweep *sweep, unsigned int nth)
{
	struct state start = observe(), before, end;
	bool injected;
	int result;

	sweep->setup();
	before = observe();
	injected = call_with_failure(sweep, nth, &result);
	if (injected && result)
		check_failure(t, sweep, nth, result, &before);
	else if (injected)
		t->regardless++;
	else if (result)
		trouble(t, sweep, nth, "no failure was injected, and the call returns", result);
	sweep->teardown();
	end = observe();
	if (!same(&start, &end)) {
		trouble(t, sweep, nth, "when all is closed it is not as before; the call returned",
			result);
		show("before", &start);
		show("after", &end);
	}
	return injected;
}

static void sweep_points(const struct sweep *sweep)
{
	struct tally t = { 0 };
	char errors[128] = "";
	size_t length = 0;

	while (t.points < MOST_POINTS && try_point(&t, sweep, t.points + 1))
		t.points++;
	for (int i = 1; i < MOST_ERRNO; i++)
		if (t.by_errno[i] && length < sizeof(errors) - 24)
			length += (size_t)snprintf(errors + length, sizeof(errors) - length,
						   " %s=%u", strerrorname_np(i), t.by_errno[i]);
	ok((t.points || sweep->pointless) && t.points < MOST_POINTS && !t.troubles,
	   "%-22s %4u points: %u failed (%s), %u went on without", sweep->name, t.points,
	   t.failures, length ? errors + 1 : "", t.regardless);
	total_points += t.points;
	total_failures += t.failures;
}

/* --- a group --- */

/* Prints what kmemleak says, at most so many lines of it; how many leaks. */
static unsigned int leaks(unsigned int lines)
{
	unsigned int found = 0;
	char line[256];
	FILE *file = fopen(KMEMLEAK, "re");

	if (!file)
		bail(KMEMLEAK);
	while (fgets(line, sizeof(line), file)) {
		found += !strncmp(line, "unreferenced object", 19);
		if (lines && lines--)
			printf("# %s", line);
	}
	fclose(file);
	return found;
}

/* Objects younger than 5 s are not reported; one scan alone can be wrong. */
static void check_leaks(const char *group)
{
	unsigned int found = 0;

	for (int i = 0; i < 3; i++) {
		sleep(6);
		must_write(KMEMLEAK, "scan");
		found = leaks(0);
		if (!found)
			break;
	}
	if (found)
		leaks(60);
	ok(!found, "%s: kmemleak reports %u", group, found);
	must_write(KMEMLEAK, "clear");
}

static void check_log(const char *group, const char *const *expected, struct vb_klog *klog,
		      size_t from)
{
	struct vb_klog_hit hits[8];
	size_t found;

	if (vb_klog_poll(klog))
		bail("the kernel's log");
	found = vb_klog_scan(klog, from, expected, hits, 8);
	for (size_t i = 0; i < found && i < 8; i++)
		printf("# %s: %s\n", hits[i].what, hits[i].text);
	ok(!found && !vb_klog_lost(klog), "%s: %zu alarms in the kernel's log, %llu messages lost",
	   group, found, (unsigned long long)vb_klog_lost(klog));
}

static void sweep_group(const char *group, const struct sweep *sweeps,
			const char *const *expected, struct vb_klog *klog)
{
	size_t from;

	must_write(KMEMLEAK, "scan");
	must_write(KMEMLEAK, "clear");
	if (vb_klog_poll(klog))
		bail("the kernel's log");
	from = vb_klog_position(klog);
	for (; sweeps->name; sweeps++)
		sweep_points(sweeps);
	check_leaks(group);
	check_log(group, expected, klog, from);
}

/* Also those that may sleep, which is nearly all; and say nothing of each. */
static void allow_failures(void)
{
	must_write(FAULTS "failslab/ignore-gfp-wait", "N");
	must_write(FAULTS "fail_page_alloc/ignore-gfp-wait", "N");
	must_write(FAULTS "fail_page_alloc/ignore-gfp-highmem", "N");
	must_write(FAULTS "fail_page_alloc/min-order", "0");
	must_write(FAULTS "failslab/verbose", "0");
	must_write(FAULTS "fail_page_alloc/verbose", "0");
	must_write(FAULTS "fail_usercopy/verbose", "0");
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth_fd < 0)
		bail("/proc/thread-self/fail-nth");
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A test without failures would find nothing. */
static void check_injection(void)
{
	const struct sweep sweep = { .name = "open /dev/null", .call = open_null };
	bool injected;
	int result;

	injected = call_with_failure(&sweep, 1, &result);
	ok(injected && result == -ENOMEM, "the first allocation of an open fails: %d", result);
	injected = call_with_failure(&sweep, MOST_POINTS, &result);
	ok(!injected && !result, "the %u-th is not reached: %d", MOST_POINTS, result);
}

int main(int argc, char **argv)
{
	const char *only = argc > 3 ? argv[3] : "";
	struct vb_klog *klog;

	if (argc < 3) {
		fprintf(stderr, "usage: fail-nth PCI-ADDRESS VFIO_BENCH.KO [GROUP]\n");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	allow_failures();
	errno = -vb_klog_open(&klog);
	if (errno)
		bail("the kernel's log");
	check_injection();
	calls_begin(argv[1], argv[2]);
	mdev_make();
	if (!*only || !strcmp(only, "vfio"))
		sweep_group("vfio", vfio_sweeps, NULL, klog);
	if (!*only || !strcmp(only, "companion"))
		sweep_group("companion", companion_sweeps, NULL, klog);
	mdev_drop();
	if (!*only || !strcmp(only, "mdev"))
		sweep_group("mdev", mdev_sweeps, mdev_expected, klog);
	if (!*only || !strcmp(only, "module"))
		sweep_group("module", module_sweeps, NULL, klog);
	printf("# %u points, %u calls failed there\n1..%d\n", total_points, total_failures, tests);
	vb_klog_close(klog);
	return failed ? 1 : 0;
}
