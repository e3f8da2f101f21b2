// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways to make memory present before it is mapped. */
#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/machine/memory-node.h"
#include "lib/machine/memory.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23		/* Linux 5.14 */
#endif

#define SLICE_ALIGN	((size_t)2 << 20)	/* two threads never fault one huge page */

struct slice {
	pthread_t thread;
	char *addr;
	size_t size_bytes;
	size_t page_bytes;
};

static void touch(volatile char *addr, size_t size_bytes, size_t page_bytes)
{
	for (size_t at = 0; at < size_bytes; at += page_bytes)
		addr[at] = 0;
}

/*
 * MADV_POPULATE_WRITE takes the same faults as touching does, but gives an
 * error where touching a hugetlb page that isn't there means SIGBUS.
 */
static int populate(void *addr, size_t size_bytes, size_t page_bytes)
{
	while (madvise(addr, size_bytes, MADV_POPULATE_WRITE)) {
		if (errno == EINTR || errno == EAGAIN)
			continue;
		if (errno != EINVAL)
			return errno == EFAULT ? -ENOMEM : -errno;
		touch(addr, size_bytes, page_bytes);
		break;
	}
	return 0;
}

static void *touch_slice(void *arg)
{
	const struct slice *slice = arg;

	touch(slice->addr, slice->size_bytes, slice->page_bytes);
	return NULL;
}

/*
 * The CPUs of @node that the process may use, else all that it may use: the
 * caller may be bound to one, the thread that the process began with is not.
 */
static int allowed_cpus(int node, cpu_set_t *set)
{
	struct bitmask *cpus;
	cpu_set_t here;

	if (sched_getaffinity(getpid(), sizeof(*set), set))
		return -errno;
	if (node < 0 || numa_available() < 0)
		return 0;
	cpus = numa_allocate_cpumask();
	if (!cpus)
		return -ENOMEM;
	CPU_ZERO(&here);
	if (!numa_node_to_cpus(node, cpus))
		for (unsigned int cpu = 0; cpu < cpus->size && cpu < CPU_SETSIZE; cpu++)
			if (numa_bitmask_isbitset(cpus, cpu) && CPU_ISSET(cpu, set))
				CPU_SET(cpu, &here);
	numa_free_cpumask(cpus);
	if (CPU_COUNT(&here))
		*set = here;
	return 0;
}

static int start(struct slice *slice, const cpu_set_t *cpus)
{
	pthread_attr_t attr;
	int err = -pthread_attr_init(&attr);

	if (err)
		return err;
	err = -pthread_attr_setaffinity_np(&attr, sizeof(*cpus), cpus);
	if (!err)
		err = -pthread_create(&slice->thread, &attr, touch_slice, slice);
	pthread_attr_destroy(&attr);
	return err;
}

static int parallel(const struct vb_memory *memory, size_t size_bytes, size_t page_bytes,
		    unsigned int threads)
{
	size_t align = page_bytes > SLICE_ALIGN ? page_bytes : SLICE_ALIGN, done = 0, each;
	struct slice slice[VB_PREFAULT_THREADS_MAX];
	unsigned int started = 0;
	cpu_set_t cpus;
	int err;

	if (!threads || threads > VB_PREFAULT_THREADS_MAX)
		return -EINVAL;
	err = allowed_cpus(memory->node, &cpus);
	each = (size_bytes / threads + align - 1) / align * align;
	for (; !err && done < size_bytes; done += slice[started++].size_bytes) {
		slice[started] = (struct slice){
			.addr = (char *)memory->addr + done,
			.size_bytes = size_bytes - done < each ? size_bytes - done : each,
			.page_bytes = page_bytes,
		};
		err = start(&slice[started], &cpus);
		if (err)
			break;
	}
	for (unsigned int i = 0; i < started; i++)
		pthread_join(slice[i].thread, NULL);
	return err;
}

static int make_present(const struct vb_memory *memory, enum vb_prefault how,
			unsigned int threads)
{
	size_t page = vb_backing_page_bytes(memory->backing);
	size_t size = (memory->size_bytes + page - 1) & ~(page - 1);

	switch (how) {
	case VB_PREFAULT_NONE:
		return 0;
	case VB_PREFAULT_POPULATE:
		return populate(memory->addr, size, page);
	case VB_PREFAULT_TOUCH:
		touch(memory->addr, size, page);
		return 0;
	case VB_PREFAULT_MEMSET:
		memset(memory->addr, 0xa5, size);
		return 0;
	case VB_PREFAULT_PARALLEL:
		return parallel(memory, size, page, threads);
	}
	return -EINVAL;
}

/*
 * A file's pages come from where the policy of the task says that faults them
 * in, not that of the mapping (alloc_pages() of the page cache, mm/filemap.c).
 */
int vb_memory_prefault(const struct vb_memory *memory, enum vb_prefault how,
		       unsigned int threads)
{
	bool policy = memory->backing == VB_BACKING_FILE && memory->node >= 0 &&
		      numa_available() >= 0;
	struct vb_node_mask mask;
	int err;

	if (!policy)
		return make_present(memory, how, threads);
	mask = vb_node_mask((unsigned int)memory->node);
	err = set_mempolicy(MPOL_BIND, mask.word, VB_NODE_MASK_BITS) ? -errno : 0;
	if (!err)
		err = make_present(memory, how, threads);
	set_mempolicy(MPOL_DEFAULT, NULL, 0);
	return err;
}
