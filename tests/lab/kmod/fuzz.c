// SPDX-License-Identifier: GPL-2.0-or-later
/* kmod-fuzz: VFIO's part, files, memory, processes, sysfs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/kmod/fuzz.h"

#define MDEVS		4u		/* the last comes and goes; the first is counted */
#define CHURNED		(MDEVS - 1)
#define CONTAINERS	2u
#define FDS		4u		/* of each device */
#define OTHERS_FD	256		/* from here on: of devices that are not the first */
#define MEMORY_PAGES	4096u
#define PATH_BYTES	256

static const char *const safe_variants[] = {
	"vfio_iommu_type1_per_dma_ordered", "vfio_iommu_type1_per_request",
	"vfio_iommu_type1_per_request_retry",
};

static int containers[CONTAINERS], groups[MDEVS];
static int fds[MDEVS][FDS];		/* -1: none; taken and put with atomics */
static char uuids[MDEVS][40];
static char *dma_memory;
static bool stop, guarded = true;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static uint64_t churns, removed_open;

bool fuzz_stop(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

void fuzz_end(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
}

bool fuzz_guarded(void)
{
	return guarded;
}

static void take_turn(void)
{
	if (guarded)
		pthread_mutex_lock(&guard);
}

static void end_turn(void)
{
	if (guarded)
		pthread_mutex_unlock(&guard);
}

/* --- what there is --- */

static int open_mdev_group(unsigned int mdev)
{
	return open_group(uuids[mdev]);
}

static void find_variant(void)
{
	char path[PATH_BYTES];

	/* the deadlock came with the callback that replaced the notifier chain */
	guarded &= removal_is_told();
	for (size_t i = 0; i < sizeof(safe_variants) / sizeof(safe_variants[0]); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", safe_variants[i]);
		guarded &= access(path, F_OK) != 0;
	}
}

static int open_container(void)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bail("/dev/vfio/vfio");
	return fd;
}

void fuzz_setup(void)
{
	find_type();
	find_variant();
	fuzz_ioctl_setup();
	memset(fds, 0xff, sizeof(fds));
	dma_memory = mmap(NULL, MEMORY_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (dma_memory == MAP_FAILED)
		bail("mmap");
	for (unsigned int i = 0; i < CONTAINERS; i++)
		containers[i] = open_container();
	for (unsigned int i = 0; i < MDEVS; i++) {
		snprintf(uuids[i], sizeof(uuids[i]), "5bd1e995-0000-4e99-8bd1-%012x", i);
		groups[i] = -1;
		if (i == CHURNED)
			continue;
		if (create_device(uuids[i]))
			bail("create");
		groups[i] = open_mdev_group(i);
		if (groups[i] < 0 || ioctl(groups[i], VFIO_GROUP_SET_CONTAINER, &containers[i % CONTAINERS]))
			bail("VFIO_GROUP_SET_CONTAINER");
		if (i < CONTAINERS && ioctl(containers[i], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
			bail("VFIO_SET_IOMMU");
	}
	fds[0][0] = ioctl(groups[0], VFIO_GROUP_GET_DEVICE_FD, uuids[0]);
	if (fds[0][0] < 0)
		bail("VFIO_GROUP_GET_DEVICE_FD");
}

static int *any_place(struct fuzz_thread *t, unsigned int mdev)
{
	return &fds[mdev][fuzz_below(t, FDS)];
}

static unsigned int any_mdev(struct fuzz_thread *t)
{
	return (unsigned int)fuzz_below(t, MDEVS);
}

static int any_fd(struct fuzz_thread *t, unsigned int mdev)
{
	return __atomic_load_n(any_place(t, mdev), __ATOMIC_RELAXED);
}

static int any_container(struct fuzz_thread *t)
{
	return containers[fuzz_below(t, CONTAINERS)];
}

/* --- operations --- */

static void close_fd(int fd)
{
	take_turn();
	close(fd);
	end_turn();
}

static void put_fd(int *place, int fd)
{
	int old = __atomic_exchange_n(place, fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close_fd(old);
}

/*
 * A number that a thread has just read can be closed by another and given to a new
 * file before it is used.  What is done to the other mdevs would spoil the first
 * one's counts, so a number of theirs is never one of its own.  Takes @fd, or -1.
 */
static int numbered(unsigned int mdev, int fd)
{
	int high;

	if (!mdev || fd < 0)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, OTHERS_FD);
	close_fd(fd);
	return high;
}

/* The first place of the first mdev is not touched: what is counted there counts on. */
static void op_open(struct fuzz_thread *t)
{
	unsigned int mdev = any_mdev(t);
	int *place = any_place(t, mdev);
	struct fuzz_op *op = fuzz_note(t, "open", "device", groups[mdev], mdev, 0);
	int fd;

	if (place == &fds[0][0])
		return;
	take_turn();
	fd = ioctl(groups[mdev], VFIO_GROUP_GET_DEVICE_FD, uuids[mdev]);
	end_turn();
	op->result = fd < 0 ? -errno : 0;
	t->opens += fd >= 0;
	put_fd(place, numbered(mdev, fd));
}

static void op_close(struct fuzz_thread *t)
{
	int *place = any_place(t, any_mdev(t));

	fuzz_note(t, "close", "device", *place, 0, 0)->result = 0;
	if (place != &fds[0][0])
		put_fd(place, -1);
}

static void op_dup(struct fuzz_thread *t)
{
	unsigned int mdev = any_mdev(t);
	int fd = any_fd(t, mdev), *place = any_place(t, mdev);

	fuzz_note(t, "dup", "device", fd, mdev, 0)->result = 0;
	if (place != &fds[0][0] && fd >= 0)
		put_fd(place, fcntl(fd, F_DUPFD_CLOEXEC, mdev ? OTHERS_FD : 0));
}

static void op_ioctl(struct fuzz_thread *t)
{
	unsigned int mdev = any_mdev(t);

	fuzz_ioctl(t, any_fd(t, mdev), !mdev);
}

/* What VFIO's own tools ask for, and what they don't. */
static void op_vfio(struct fuzz_thread *t)
{
	static __thread uint32_t words[256];
	int fd = fuzz_below(t, 2) ? any_fd(t, any_mdev(t)) : any_container(t);
	unsigned long command = _IO(VFIO_TYPE, VFIO_BASE + fuzz_below(t, 32));
	struct fuzz_op *op;

	/* those that unmap have their own; one that sets a driver needs a moment of its own */
	if (command == VFIO_IOMMU_UNMAP_DMA || command == VFIO_SET_IOMMU ||
	    command == VFIO_IOMMU_MAP_DMA)
		return;
	for (unsigned int i = 0; i < 256; i++)
		words[i] = fuzz_below(t, 4) ? 0 : (uint32_t)fuzz_random(t);
	words[0] = (uint32_t)fuzz_below(t, 128);
	op = fuzz_note(t, "vfio", "", fd, command, words[0]);
	op->result = call(fd, command, words);
}

static void op_map(struct fuzz_thread *t)
{
	uint64_t pages = 1 + fuzz_below(t, 1u << fuzz_below(t, 10));
	uint64_t page = fuzz_below(t, MEMORY_PAGES - pages);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = fuzz_below(t, 16) ? 3 : (uint32_t)fuzz_below(t, 8),
		.vaddr = (uintptr_t)dma_memory + fuzz_below(t, MEMORY_PAGES - pages) * PAGE,
		.iova = BASE + page * PAGE,
		.size = pages * PAGE,
	};
	struct fuzz_op *op;

	if (!fuzz_below(t, 32))
		map.vaddr = fuzz_random(t);
	op = fuzz_note(t, "map", "", any_container(t), map.iova, map.size);
	op->result = call(op->fd, VFIO_IOMMU_MAP_DMA, &map);
	t->maps += !op->result;
}

static void op_unmap(struct fuzz_thread *t)
{
	uint64_t pages = 1 + fuzz_below(t, 1u << fuzz_below(t, 13));
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = BASE + fuzz_below(t, MEMORY_PAGES) * PAGE,
		.size = pages * PAGE,
	};
	struct fuzz_op *op;

	if (!fuzz_below(t, 3)) {
		unmap.iova = BASE;
		unmap.size = MEMORY_PAGES * PAGE;
	} else if (!fuzz_below(t, 8)) {
		unmap.flags = VFIO_DMA_UNMAP_FLAG_ALL;
		unmap.iova = 0;
		unmap.size = 0;
	} else if (!fuzz_below(t, 16)) {
		unmap.iova = fuzz_random(t);
		unmap.size = fuzz_random(t);
	}
	op = fuzz_note(t, "unmap", "", any_container(t), unmap.iova, unmap.size);
	take_turn();
	op->result = call(op->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
	end_turn();
	t->unmaps += !op->result && unmap.size;
}

static void op_cycle(struct fuzz_thread *t)
{
	unsigned int mdev = any_mdev(t);
	uint64_t pages = 1 + fuzz_below(t, 64);
	uint64_t page = fuzz_below(t, MEMORY_PAGES - pages);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = 3, .vaddr = (uintptr_t)dma_memory + page * PAGE,
		.iova = BASE + page * PAGE, .size = pages * PAGE,
	};
	struct fuzz_op *op = fuzz_note(t, "map", "", containers[mdev % CONTAINERS], map.iova, map.size);

	op->result = call(op->fd, VFIO_IOMMU_MAP_DMA, &map);
	t->maps += !op->result;
	fuzz_pin_mapped(t, any_fd(t, mdev), map.iova, pages);
}

/* Another group's container, while it has one or not. */
static void op_group(struct fuzz_thread *t)
{
	unsigned int mdev = any_mdev(t);
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct fuzz_op *op = fuzz_note(t, "group", "", groups[mdev], mdev, 0);

	if (fuzz_below(t, 2)) {
		op->result = call(groups[mdev], VFIO_GROUP_GET_STATUS, &status);
		return;
	}
	take_turn();
	op->result = call(groups[mdev], VFIO_GROUP_UNSET_CONTAINER, NULL);
	call(groups[mdev], VFIO_GROUP_SET_CONTAINER, &containers[mdev % CONTAINERS]);
	op->a = (uint64_t)ioctl(containers[mdev % CONTAINERS], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	end_turn();
}

/* A page of a slot, or something else that the fd is asked to map. */
static void op_mmap(struct fuzz_thread *t)
{
	unsigned int at = (unsigned int)fuzz_below(t, 8);
	int fd = any_fd(t, any_mdev(t));
	uint64_t offset = VB_SLOT_OFFSET(fuzz_below(t, fuzz_below(t, 8) ? 8 : 1024));
	struct fuzz_op *op;
	void *page;

	if (!fuzz_below(t, 8))
		offset = fuzz_random(t) & ~(PAGE - 1) & INT64_MAX;
	if (t->page[at])
		munmap(t->page[at], PAGE);
	t->page[at] = NULL;
	op = fuzz_note(t, "mmap", "", fd, offset, 0);
	page = mmap(NULL, PAGE << (fuzz_below(t, 8) == 0), PROT_READ | PROT_WRITE,
		    fuzz_below(t, 8) ? MAP_SHARED : MAP_PRIVATE, fd, (off_t)offset);
	op->result = page == MAP_FAILED ? -errno : 0;
	if (page != MAP_FAILED)
		t->page[at] = page;
}

/* Any thread's times, and what the module says it writes itself. */
static void op_garbage(struct fuzz_thread *t)
{
	uint64_t *page = t->page[fuzz_below(t, 8)];

	fuzz_note(t, "garbage", "", -1, (uintptr_t)page, 0)->result = 0;
	if (!page)
		return;
	for (unsigned int i = 0; i < 7; i++)
		page[i] = fuzz_below(t, 4) ? fuzz_random(t) >> fuzz_below(t, 64) : now_ns();
	page[fuzz_below(t, PAGE / 8)] = fuzz_random(t);
}

/* In the child: some more of it, then an end of one kind or the other. */
static void child(struct fuzz_thread *t)
{
	/* the module's alone: nobody else's turn can be waited for here */
	for (unsigned int i = 0; i < 8; i++)
		op_ioctl(t);
	if (fuzz_below(t, 2))
		usleep((useconds_t)fuzz_below(t, 20000));
	_exit(0);
}

static void op_fork(struct fuzz_thread *t)
{
	struct fuzz_op *op;
	pid_t pid;

	if (fuzz_below(t, 16))
		return;
	op = fuzz_note(t, "fork", "", -1, 0, 0);
	take_turn();
	pid = fork();
	if (!pid)
		child(t);
	op->result = pid < 0 ? -errno : 0;
	if (pid > 0) {
		t->forks++;
		if (fuzz_below(t, 2)) {
			kill(pid, SIGKILL);
			t->kills++;
		}
		waitpid(pid, NULL, 0);
	}
	end_turn();
}

/* Names that are no device's, and what sysfs tells. */
static void op_sysfs(struct fuzz_thread *t)
{
	static const char *const texts[] = {
		"", "\n", "0", "2", "none", "5bd1e995-0000-4e99-8bd1-00000000000",
		"5bd1e995-0000-4e99-8bd1-0000000000000", "5bd1e995-0000-4e99-8bd1-000000000000",
		"zzzzzzzz-0000-4e99-8bd1-000000000000", "5bd1e995000041e98bd1000000000000",
	};
	static const char *const names[] = {
		"available_instances", "device_api", "name", "description",
	};
	const char *text = texts[fuzz_below(t, sizeof(texts) / sizeof(texts[0]))];
	char path[PATH_BYTES], buffer[256];
	int fd;

	if (fuzz_below(t, 2)) {
		fuzz_note(t, "create", text, -1, 0, 0)->result = create_device(text);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", type, names[fuzz_below(t, 4)]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	fuzz_note(t, "read", "sysfs", fd, 0, 0)->result = read(fd, buffer, sizeof(buffer)) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
}

static const struct {
	void (*run)(struct fuzz_thread *t);
	unsigned int weight;		/* of 128 */
} operations[] = {
	{ op_ioctl, 52 }, { op_cycle, 12 }, { op_map, 18 }, { op_unmap, 14 }, { op_garbage, 6 }, { op_mmap, 6 },
	{ op_open, 6 }, { op_close, 4 }, { op_vfio, 4 }, { op_dup, 2 }, { op_fork, 2 },
	{ op_sysfs, 1 }, { op_group, 1 },
};

void fuzz_step(struct fuzz_thread *t)
{
	unsigned int at = (unsigned int)fuzz_below(t, 128), i = 0;

	while (at >= operations[i].weight)
		at -= operations[i++].weight;
	operations[i].run(t);
}

void fuzz_forget(struct fuzz_thread *t)
{
	for (unsigned int i = 0; i < 8; i++)
		if (t->page[i])
			munmap(t->page[i], PAGE);
}

/* --- an mdev that comes and goes --- */

static void *remove_mdev(void *arg)
{
	*(int *)arg = remove_device(uuids[CHURNED]);
	return NULL;
}

static void close_churned(void)
{
	int fd = groups[CHURNED];

	for (unsigned int i = 0; i < FDS; i++)
		put_fd(&fds[CHURNED][i], -1);
	groups[CHURNED] = -1;
	take_turn();
	close(fd);
	end_turn();
}

/*
 * The others have it open, or mapped, or have handed it to a child: the removal
 * waits until they haven't.
 */
static void remove_churned(struct fuzz_thread *t)
{
	struct fuzz_op *op = fuzz_note(t, "remove", "mdev", -1, 0, 0);
	bool while_open = fuzz_below(t, 2);
	pthread_t thread;
	int result = 1;

	if (!while_open)
		close_churned();
	if (pthread_create(&thread, NULL, remove_mdev, &result))
		bail("pthread_create");
	usleep((useconds_t)fuzz_below(t, 50000));
	if (while_open)
		close_churned();
	/* whoever had taken the group's fd just before may have opened it meanwhile */
	while (pthread_tryjoin_np(thread, NULL)) {
		for (unsigned int i = 0; i < FDS; i++)
			put_fd(&fds[CHURNED][i], -1);
		usleep(1000);
	}
	removed_open += while_open;
	op->result = result;
}

void *fuzz_churn(void *thread)
{
	struct fuzz_thread *t = thread;
	int fd;

	while (!fuzz_stop()) {
		fuzz_note(t, "create", uuids[CHURNED], -1, 0, 0)->result =
			create_device(uuids[CHURNED]);
		fd = open_mdev_group(CHURNED);
		take_turn();
		call(fd, VFIO_GROUP_SET_CONTAINER, &containers[CHURNED % CONTAINERS]);
		put_fd(any_place(t, CHURNED), -1);
		groups[CHURNED] = fd;
		end_turn();
		usleep((useconds_t)fuzz_below(t, 300000));
		remove_churned(t);
		churns++;
	}
	return NULL;
}

/* --- the end --- */

static void check_counted(void)
{
	struct vb_counters *c;

	device = fds[0][0];
	none(VB_IOC_PINNERS_STOP);
	c = counters();
	ok(c->pinned_pages == c->unpinned_pages, "the first mdev, all the time: %llu pages pinned, %llu "
	   "unpinned, %llu callbacks", c->pinned_pages, c->unpinned_pages, c->callbacks);
	is((long long)c->outstanding_pages, 0, "nothing is pinned there");
	ok(c->pinned_pages > 0 && c->callback_unpinned_pages > 0, "and something was");
}

static void unmap_everything(void)
{
	for (unsigned int i = 0; i < MDEVS; i++)
		for (unsigned int j = 0; j < FDS; j++)
			if (fds[i][j] >= 0) {
				device = fds[i][j];
				none(VB_IOC_PINNERS_STOP);
			}
	for (unsigned int i = 0; i < CONTAINERS; i++) {
		container = containers[i];
		unmap_all();
	}
}

/* An empty test never passes: every command was accepted and refused. */
static void check_answers(const struct fuzz_thread *threads, unsigned int nr)
{
	for (unsigned int command = 0; command < FUZZ_COMMANDS; command++) {
		uint64_t good = 0, bad = 0;
		unsigned int kinds = 0;

		for (unsigned int error = 0; error < FUZZ_ERRNO; error++) {
			uint64_t sum = 0;

			for (unsigned int i = 0; i < nr; i++)
				sum += threads[i].answers[command][error];
			*(error ? &bad : &good) += sum;
			kinds += error && sum;
		}
		ok(good && bad, "%s: %llu times done, %llu refused, by %u kinds of error",
		   fuzz_command_names[command], (unsigned long long)good, (unsigned long long)bad, kinds);
	}
}

void fuzz_check(const struct fuzz_thread *threads, unsigned int nr)
{
	uint64_t maps = 0, unmaps = 0, forks = 0, opens = 0;

	for (unsigned int i = 0; i < nr; i++) {
		maps += threads[i].maps;
		unmaps += threads[i].unmaps;
		forks += threads[i].forks;
		opens += threads[i].opens;
	}
	check_answers(threads, nr);
	ok(maps && unmaps && forks && opens && churns && removed_open, "%llu maps, %llu unmaps, %llu forks, "
	   "%llu opens, an mdev removed %llu times, %llu of them open", (unsigned long long)maps,
	   (unsigned long long)unmaps, (unsigned long long)forks, (unsigned long long)opens,
	   (unsigned long long)churns, (unsigned long long)removed_open);
	unmap_everything();
	check_counted();
}

void fuzz_teardown(void)
{
	bool good = true;

	for (unsigned int i = 0; i < MDEVS; i++)
		for (unsigned int j = 0; j < FDS; j++)
			put_fd(&fds[i][j], -1);
	for (unsigned int i = 0; i < MDEVS; i++)
		if (groups[i] >= 0)
			close(groups[i]);
	for (unsigned int i = 0; i < CONTAINERS; i++)
		close(containers[i]);
	for (unsigned int i = 0; i < CHURNED; i++)
		good &= !remove_device(uuids[i]);
	ok(good, "all mdevs can be removed");
	munmap(dma_memory, MEMORY_PAGES * PAGE);
}
