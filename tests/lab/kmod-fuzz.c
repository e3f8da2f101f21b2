// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random sequences of what can be asked of the companion module, from a seed, by
 * several threads at once on several mdevs in two containers.  Prints TAP.
 *
 *   kmod-fuzz SEED SECONDS [THREADS]
 *
 * Runs as root where vfio_bench.ko is loaded (the lab), without CAP_SYS_ADMIN: what
 * can crash a correct kernel is refused then, and has to be.  On a type1 that
 * deadlocks (all but those named in safe_variants) there is one thread, and it and
 * the one that makes and removes an mdev unmap, open or close in turn.  Each
 * thread's decisions come from the seed alone; what they meet does not.  At the
 * first sign of trouble in the kernel's log, and on a hang, each thread's last
 * operations are printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/kmod/fuzz.h"

#define HANG_S	60
/*
 * The kernel can lose the charge of what a task unpins while it is killed
 * (doc/findings/killed-unpin.md): seldom a page, never most of what was pinned.
 */
#define LOST_KB	64

static struct fuzz_thread threads[FUZZ_THREADS_MAX + 1];
static unsigned int nr_threads = 4;

static void drop_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		bail("capget");
	data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	data[0].permitted &= ~(1u << CAP_SYS_ADMIN);
	data[0].inheritable &= ~(1u << CAP_SYS_ADMIN);
	if (syscall(SYS_capset, &header, data))
		bail("capset");
}

static void *random_thread(void *arg)
{
	struct fuzz_thread *t = arg;

	while (!fuzz_stop())
		fuzz_step(t);
	fuzz_forget(t);
	return NULL;
}

static void show_last(void)
{
	for (unsigned int i = 0; i <= nr_threads; i++) {
		const struct fuzz_thread *t = &threads[i];
		uint64_t first = t->ops > FUZZ_LOG ? t->ops - FUZZ_LOG : 0;

		for (uint64_t op = first; op < t->ops; op++) {
			const struct fuzz_op *o = &t->log[op % FUZZ_LOG];

			printf("# thread %u op %llu: %s %s fd %d a 0x%llx b 0x%llx c 0x%llx = %d\n", i,
			       (unsigned long long)op, o->what, o->detail, o->fd,
			       (unsigned long long)o->a, (unsigned long long)o->b,
			       (unsigned long long)o->c, o->result);
		}
	}
}

/* The kernel's log from here on. */
static int open_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		bail("/dev/kmsg");
	return fd;
}

/* A line that tells of trouble is printed; how many there were. */
static unsigned int read_log(int fd)
{
	static const char *const signs[] = {
		"BUG:", "kernel BUG", "WARNING", "KASAN", "Oops", "general protection", "INFO: ", "lockdep",
		"possible recursive", "possible circular", "suspicious RCU", "refcount_t", "UBSAN",
		"KCSAN", "unreferenced object", "sleeping function", "scheduling while atomic",
		"DEBUG_LOCKS", "Call Trace", "list_add", "list_del",
	};
	unsigned int found = 0;
	char line[4096];
	ssize_t length;

	while ((length = read(fd, line, sizeof(line) - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		if (length < 0)
			continue;
		line[length] = 0;
		for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
			if (strstr(line, signs[i])) {
				printf("# kernel: %.*s\n", (int)strcspn(line, "\n"), line);
				found++;
				break;
			}
	}
	return found;
}

/* Until the time is over, or the kernel complains. */
static unsigned int watch(int log, unsigned int seconds)
{
	uint64_t end = now_ns() + seconds * 1000000000ull;
	unsigned int trouble = 0;

	while (!trouble && now_ns() < end) {
		usleep(100000);
		trouble = read_log(log);
	}
	return trouble;
}

static void join(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += HANG_S;
	if (!pthread_timedjoin_np(thread, NULL, &until))
		return;
	ok(false, "a thread did not end in %d s", HANG_S);
	show_last();
	write_file("/proc/sysrq-trigger", "w");	/* blocked tasks, on the console */
	fflush(stdout);
	_exit(1);
}

static unsigned int run(uint64_t seed, unsigned int seconds, int log)
{
	pthread_t thread[FUZZ_THREADS_MAX + 1];
	unsigned int trouble;

	for (unsigned int i = 0; i <= nr_threads; i++) {
		threads[i].random = seed * 1000003 + i;
		if (pthread_create(&thread[i], NULL, i ? random_thread : fuzz_churn, &threads[i]))
			bail("pthread_create");
	}
	trouble = watch(log, seconds);
	fuzz_end();
	for (unsigned int i = nr_threads + 1; i-- > 0;)
		join(thread[i]);
	return trouble;
}

static bool taint_of_trouble(void)
{
	char text[32] = "";
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		bail("/proc/sys/kernel/tainted");
	close(fd);
	/* a bad page, a death, a warning, a lockup */
	return strtoul(text, NULL, 10) & (32 | 128 | 512 | 16384);
}

int main(int argc, char **argv)
{
	long long pins_before = kernel_pins(), after;
	uint64_t ops = 0, kills = 0, end;
	unsigned int trouble;
	long long locked;
	int log;

	if (argc < 3) {
		fprintf(stderr, "usage: kmod-fuzz SEED SECONDS [THREADS]\n");
		return 1;
	}
	if (argc > 3)
		nr_threads = (unsigned int)strtoul(argv[3], NULL, 0);
	if (!nr_threads || nr_threads > FUZZ_THREADS_MAX)
		bail("THREADS: 1 to 16");
	setvbuf(stdout, NULL, _IOLBF, 0);
	has_32_bit_calls();		/* before what the log says is taken for trouble */
	log = open_log();
	fuzz_setup();
	if (fuzz_guarded())
		nr_threads = 1;
	drop_admin();
	trouble = run(strtoull(argv[1], NULL, 0), (unsigned int)strtoul(argv[2], NULL, 0), log);
	for (unsigned int i = 0; i <= nr_threads; i++) {
		ops += threads[i].ops;
		kills += threads[i].kills;
	}
	printf("# seed %s, %s s, %u threads: %llu operations, %s\n", argv[1], argv[2], nr_threads,
	       (unsigned long long)ops, fuzz_guarded() ? "one unmap at a time" : "no guard");
	fuzz_check(threads, nr_threads + 1);
	fuzz_teardown();
	for (end = now_ns() + 10000000000ull; (after = kernel_pins()) != pins_before && now_ns() < end;)
		usleep(100000);
	is(after, pins_before, "pinned pages as the kernel counts them, as before");
	locked = locked_kb();
	ok(!locked || (locked > 0 && locked <= LOST_KB * (long long)kills),
	   "no locked memory is left, or the kernel lost it when %llu children were killed: %lld KiB",
	   (unsigned long long)kills, locked);
	trouble += read_log(log);
	is(trouble, 0, "the kernel's log is clean");
	ok(!taint_of_trouble(), "no taint of trouble");
	if (trouble)
		show_last();
	printf("1..%d\n", tests);
	return failed ? 1 : 0;
}
