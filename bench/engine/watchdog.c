// SPDX-License-Identifier: GPL-2.0-or-later
/* Noticing that the kernel does not answer, and saving what it still tells. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/engine/watchdog.h"
#include "lib/machine/facts.h"

#define HUNG_NS		10000000000ull
#define HUNG_EXACT_NS	600000000000ull
#define LOOK_NS		500000000ull

void vb_watchdog_init(struct vb_watchdog *dog, pid_t pid, const struct vb_plan *plan,
		      uint64_t now_ns)
{
	*dog = (struct vb_watchdog){
		.plan = plan,
		.pid = pid,
		.hung_ns = vb_in_exact_mode() ? HUNG_EXACT_NS : HUNG_NS,
		.looked_ns = now_ns,
		.process.step_ns = now_ns,
		.process_ns = now_ns,
	};
	for (unsigned int i = 0; i < plan->nr_workers; i++) {
		dog->worker[i].step_ns = now_ns;
		dog->container_ns[i] = now_ns;
	}
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

static uint64_t ticks_of_worker(pid_t pid, struct vb_worker_shared *worker)
{
	pid_t child = atomic_load(&worker->child);
	struct vb_thread_stat stat;
	uint64_t total = 0;

	if (!vb_thread_stat_read(pid, worker->tid, &stat))
		total += stat.cpu_ticks;
	if (child && !vb_thread_stat_read(child, child, &stat))
		total += stat.cpu_ticks;
	return total;
}

/* Those that open containers of their own have one for each window. */
static unsigned int container_of_worker(const struct vb_plan *plan, unsigned int i)
{
	unsigned int window = plan->worker[i].window;

	return plan->own_container ? window : plan->window[window].container;
}

/* true: it moved.  Threads that begin or end change the sums as well: any change is life. */
static bool look(struct vb_watched *seen, uint64_t steps, uint64_t ticks, uint64_t now_ns)
{
	bool moved = steps != seen->steps || ticks != seen->ticks;

	if (steps != seen->steps)
		seen->step_ns = now_ns;
	seen->steps = steps;
	seen->ticks = ticks;
	return moved;
}

/*
 * The workers: *steps of all of them, *moved: one got on, *slow_ns: since when
 * the slowest is at one operation.  How many are at work.
 */
static unsigned int look_at_workers(struct vb_watchdog *dog, struct vb_worker_shared *const *worker,
				    bool *at_work, uint64_t *steps, bool *moved, uint64_t *slow_ns,
				    uint64_t now_ns)
{
	unsigned int busy = 0;

	for (unsigned int i = 0; i < dog->plan->nr_workers; i++) {
		unsigned int c = container_of_worker(dog->plan, i);
		struct vb_watched *seen = &dog->worker[i];
		uint64_t done = atomic_load(&worker[i]->steps);

		*steps += done;
		if (atomic_load(&worker[i]->state) != 1 || atomic_load(&worker[i]->waits)) {
			seen->step_ns = now_ns;
			continue;
		}
		busy++;
		at_work[c] = true;
		if (look(seen, done, ticks_of_worker(dog->pid, worker[i]), now_ns)) {
			*moved = true;
			dog->container_ns[c] = now_ns;
		}
		if (now_ns - seen->step_ns > *slow_ns)
			*slow_ns = now_ns - seen->step_ns;
	}
	return busy;
}

/*
 * The longest that a container with workers at work has stood still.  While
 * memory is got, all workers' are one: they wait for the process's mmap_lock,
 * which one that has hundreds of GiB made present holds for minutes.
 */
static uint64_t still_ns(struct vb_watchdog *dog, int phase, const bool *at_work, uint64_t now_ns)
{
	bool apart = phase == VB_PHASE_WARMUP || phase == VB_PHASE_MEASURE ||
		     phase == VB_PHASE_DRAIN;
	uint64_t longest = now_ns - dog->process_ns;

	for (unsigned int c = 0; c < dog->plan->nr_workers; c++) {
		if (!apart || !at_work[c])
			dog->container_ns[c] = now_ns;
		if (now_ns - dog->container_ns[c] > longest)
			longest = now_ns - dog->container_ns[c];
	}
	return longest;
}

bool vb_watchdog_check(struct vb_watchdog *dog, int phase,
		       struct vb_worker_shared *const *worker, uint64_t now_ns)
{
	uint64_t steps = 0, slow_ns = 0, still;
	bool at_work[VB_MAX_WORKERS] = { false }, moved = false;

	if (now_ns - dog->looked_ns < LOOK_NS)
		return false;
	dog->looked_ns = now_ns;
	/*
	 * Their leader looks around ten times a second and gains CPU time
	 * whatever happens to them: it counts where it is the one that works.
	 */
	if (!look_at_workers(dog, worker, at_work, &steps, &moved, &slow_ns, now_ns)) {
		moved = look(&dog->process, steps, ticks_of_all(dog->pid), now_ns);
		slow_ns = now_ns - dog->process.step_ns;
	} else {
		look(&dog->process, steps, dog->process.ticks, now_ns);
	}
	if (moved)
		dog->process_ns = now_ns;
	still = still_ns(dog, phase, at_work, now_ns);
	dog->idle_ns = still >= dog->hung_ns ? still : slow_ns;
	return still >= dog->hung_ns || slow_ns >= dog->plan->run->global.op_timeout_ns;
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
