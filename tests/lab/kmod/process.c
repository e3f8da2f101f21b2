// SPDX-License-Identifier: GPL-2.0-or-later
/* The companion module: other users, processes that end, devices that are removed. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/kmod/harness.h"

/* Run @child as nobody, without capabilities; its exit status. */
static int as_nobody(int (*child)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit none_locked = { 0, 0 };

		if (setrlimit(RLIMIT_MEMLOCK, &none_locked) || setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(100);
		_exit(child());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int child_hazards(void)
{
	struct vb_ioc_ask ask = { .size = sizeof(ask), .iova = BASE, .pages = 1 };

	if (call(device, VB_IOC_ASK, &ask) != -EPERM)
		return 4;
	if (config(VB_DISCIPLINE_RACING, VB_MODE_NORMAL) != -EPERM)
		return 1;
	for (uint32_t mode = VB_MODE_NORMAL; mode <= VB_MODE_BUSTED_LOCK; mode++)
		if ((mode == VB_MODE_BUSTED_SKIP_UNPIN || mode > VB_MODE_COUNTING) !=
		    (config(VB_DISCIPLINE_FENCED, mode) == -EPERM))
			return 2;
	return config(VB_DISCIPLINE_FENCED, VB_MODE_BARE) ? 3 : 0;
}

static int child_memlock(void)
{
	int ret = map_dma(0, 8);

	/* with an IOMMU in the container it is the map that pins */
	if (pci_group >= 0)
		return ret == -ENOMEM ? 0 : 5;
	if (ret)
		return 1;
	if (pin(0, 8, 1, 0) != -ENOMEM)
		return 2;
	if (counters()->failures[ENOMEM] != 1 || counters()->outstanding_pages)
		return 3;
	return unmap_dma(0, 8) == 8 ? 0 : 4;
}

void test_unprivileged(void)
{
	fresh();
	is(as_nobody(child_hazards), 0, "what can crash the kernel needs a capability");
	fresh();
	is(as_nobody(child_memlock), 0, "RLIMIT_MEMLOCK 0: -ENOMEM, nothing pinned");
}

/* Killed in the midst of everything, the device must be as new. */
void test_kill(void)
{
	pid_t pid;

	close_all();
	pid = fork();
	if (!pid) {
		open_all();
		window(BASE, WINDOW_PAGES * PAGE);
		pinners(VB_PINNER_CHURN, -1, 4, 100000);
		none(VB_IOC_PINNERS_GO);
		for (;;) {
			map_dma(0, 1024);
			reopen(0, 1024);
			pin(1024, 1, 1, 0);
			unmap_all();
		}
	}
	usleep(200000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	open_all();
	is((long long)counters()->outstanding_pages, 0, "a worker killed: opens as new");
}

static void *stats_thread(void *arg)
{
	int fd = *(int *)arg;
	struct vb_ioc_stats s;
	int ret;

	do {
		memset(&s, 0, sizeof(s));
		s.size = sizeof(s);
		ret = call(fd, VB_IOC_STATS, &s);
	} while (!ret);
	return NULL;
}

void test_concurrent_close(void)
{
	pthread_t thread;
	int fd;

	for (int i = 0; i < 200; i++) {
		fd = device;
		if (pthread_create(&thread, NULL, stats_thread, &fd))
			bail("pthread_create");
		usleep(i * 10 % 1000);
		close(device);
		pthread_join(thread, NULL);
		open_device();
	}
	ok(true, "200 times closed under a running ioctl");
}

void test_rmmod(void)
{
	long ret = syscall(SYS_delete_module, "vfio_bench", O_NONBLOCK);

	is(ret ? -errno : 0, -EAGAIN, "rmmod in use is refused");
}

static int remove_result = 1;

static void *remove_thread(void *arg)
{
	remove_result = remove_device(UUID);
	return NULL;
}

/* Until the owner was told or, where nobody tells him, for a while. */
static void wait_until_told(uint64_t start)
{
	uint64_t limit = removal_is_told() ? 5000000000 : 200000000;

	while (!reopen(0, 1) && now_ns() - start < limit)
		usleep(1000);
	is(reopen(0, 1), removal_is_told() ? -ENODEV : 0, removal_is_told() ?
	   "remove while open: the owner is told" : "remove while open: nobody tells the owner");
}

void test_remove_open(void)
{
	uint64_t start = now_ns();
	pthread_t thread;

	fresh();
	map_dma(0, 1024);
	pin(0, 512, 1, 0);
	pinners(VB_PINNER_STEADY, -1, 1, 0);
	none(VB_IOC_PINNERS_GO);
	if (pthread_create(&thread, NULL, remove_thread, NULL))
		bail("pthread_create");
	wait_until_told(start);
	is(remove_result, 1, "and waited for");
	is((long long)counters()->failures[ENODEV], 0, "results can still be read");
	close_all();
	pthread_join(thread, NULL);
	is(remove_result, 0, "removed once closed");
	ok(now_ns() - start < 10000000000, "within 10 s");
}
