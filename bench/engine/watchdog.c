// SPDX-License-Identifier: GPL-2.0-or-later
/* Noticing that the kernel does not answer, and saving what it still tells. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/engine/watchdog.h"
#include "lib/machine/facts.h"
#include "lib/measure/clock.h"

#define HUNG_NS		10000000000ull
#define HUNG_EXACT_NS	600000000000ull
#define LOOK_NS		500000000ull

void vb_watchdog_init(struct vb_watchdog *dog, pid_t pid, uint64_t op_timeout_ns)
{
	uint64_t now = vb_now_ns();

	*dog = (struct vb_watchdog){
		.pid = pid,
		.op_timeout_ns = op_timeout_ns,
		.hung_ns = vb_in_exact_mode() ? HUNG_EXACT_NS : HUNG_NS,
		.step_ns = now,
		.tick_ns = now,
		.looked_ns = now,
	};
}

static uint64_t ticks_of_all(pid_t pid)
{
	struct vb_thread_stat stat;
	uint64_t total = 0;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    !vb_thread_stat_read(pid, (pid_t)atoi(entry->d_name), &stat))
			total += stat.cpu_ticks;
	closedir(dir);
	return total;
}

/*
 * CPU time of the workers while there are any: their leader looks around ten
 * times a second and gains some whatever happens to them.  Before and after,
 * the leader is the one that works.
 */
static uint64_t cpu_ticks(pid_t pid, struct vb_worker_shared *const *worker,
			  unsigned int nr_workers)
{
	struct vb_thread_stat stat;
	uint64_t total = 0;
	bool any = false;
	pid_t child;

	for (unsigned int i = 0; i < nr_workers; i++) {
		if (atomic_load(&worker[i]->state) != 1)
			continue;
		any = true;
		if (!vb_thread_stat_read(pid, worker[i]->tid, &stat))
			total += stat.cpu_ticks;
		child = atomic_load(&worker[i]->child);
		if (child && !vb_thread_stat_read(child, child, &stat))
			total += stat.cpu_ticks;
	}
	return any ? total : ticks_of_all(pid);
}

bool vb_watchdog_check(struct vb_watchdog *dog, struct vb_worker_shared *const *worker,
		       unsigned int nr_workers)
{
	uint64_t now = vb_now_ns(), steps = 0, ticks;

	if (now - dog->looked_ns < LOOK_NS)
		return false;
	dog->looked_ns = now;
	for (unsigned int i = 0; i < nr_workers; i++)
		steps += atomic_load(&worker[i]->steps);
	ticks = cpu_ticks(dog->pid, worker, nr_workers);
	if (steps != dog->steps)
		dog->step_ns = now;
	/* Threads that begin or end change the sum as well: any change is life. */
	if (ticks != dog->ticks)
		dog->tick_ns = now;
	dog->steps = steps;
	dog->ticks = ticks;
	return vb_watchdog_idle_ns(dog) >= dog->hung_ns || now - dog->step_ns >= dog->op_timeout_ns;
}

uint64_t vb_watchdog_idle_ns(const struct vb_watchdog *dog)
{
	return vb_now_ns() - (dog->step_ns > dog->tick_ns ? dog->step_ns : dog->tick_ns);
}

static void sysrq(char key)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, &key, 1) < 0) {
		/* Not allowed: stacks.txt has the tasks all the same. */
	}
	close(fd);
}

void vb_watchdog_report(int dir_fd, unsigned int *tasks_in_d)
{
	int fd = openat(dir_fd, "stacks.txt", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);

	*tasks_in_d = 0;
	if (fd >= 0) {
		vb_stacks_write(fd, tasks_in_d);
		fsync(fd);
		close(fd);
	}
	sysrq('w');	/* blocked tasks */
	sysrq('d');	/* held locks */
}
