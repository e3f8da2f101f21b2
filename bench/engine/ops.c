// SPDX-License-Identifier: GPL-2.0-or-later
/* The operations of workloads that are not in the timed path themselves. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "bench/engine/worker.h"

int vb_step_failed(struct vb_worker *w, const char *format, ...)
{
	struct vb_worker_shared *sh = w->shared;
	va_list ap;

	if (sh->error)
		return -EIO;
	va_start(ap, format);
	vsnprintf(sh->error_where, sizeof(sh->error_where), format, ap);
	va_end(ap);
	sh->error = -EIO;
	return -EIO;
}

void vb_op_wrong(struct vb_worker *w, const char *what)
{
	struct vb_worker_shared *sh = w->shared;

	if (!sh->tally.wrong++)
		snprintf(sh->wrong_where, sizeof(sh->wrong_where), "%s", what);
}

void vb_op_seen(struct vb_worker *w, enum vb_metric metric, uint64_t offset, uint64_t size,
		uint64_t start_ns, uint64_t end_ns, int result)
{
	struct vb_worker_shared *sh = w->shared;

	if (w->samples)
		vb_sample_put(w->samples, end_ns, end_ns - start_ns, offset / VB_JOB_PAGE, metric, result);
	if (w->remember)
		sh->last[sh->nr_ops++ % VB_LAST_OPS] = (struct vb_last_op){
			start_ns, end_ns, w->iova + offset, size, (int32_t)metric, result
		};
}

void vb_op_request_begun(struct vb_worker *w, uint64_t iova, uint64_t size)
{
	w->shared->request_iova = iova;
	w->shared->request_bytes = size;
}

void vb_op_request_seen(struct vb_worker *w, enum vb_metric metric, uint64_t offset, uint64_t size,
			uint64_t start_ns, uint64_t end_ns, int result)
{
	if (metric < VB_NR_METRICS)
		vb_op_seen(w, metric, offset, size, start_ns, end_ns, result);
	w->shared->request_bytes = 0;
}

int vb_op_request_end(struct vb_worker *w)
{
	return w->slot ? vb_mdev_request_end(&w->container->mdev[0], NULL) : 0;
}

/* The first mdev is the one that pins: only its fence matters. */
int vb_op_open_range(struct vb_worker *w, uint64_t offset, uint64_t size)
{
	if (!w->window->plan->pins)
		return 0;
	return vb_mdev_open_range(&w->container->mdev[0], w->iova + offset, size);
}

int vb_op_pin(struct vb_worker *w, uint64_t offset, uint64_t stride, uint32_t count)
{
	struct vb_worker_shared *sh = w->shared;
	uint32_t pages = w->section->pin_pages;
	uint64_t start = vb_now_ns();
	int ret = vb_mdev_pin(&w->container->mdev[0], w->iova + offset, stride, count, pages, NULL);
	uint64_t end = vb_now_ns();

	vb_op_sample_sized(w, VB_METRIC_PIN_IOCTL, offset, stride * count, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&sh->hist[VB_METRIC_PIN_IOCTL], end - start);
	sh->tally.pinned_pages += (uint64_t)count * pages;
	return 0;
}

int vb_op_unpin(struct vb_worker *w, uint64_t offset, uint64_t stride, uint32_t count)
{
	uint64_t start = vb_now_ns();
	int ret = vb_mdev_unpin(&w->container->mdev[0], w->iova + offset, stride, count,
				w->section->pin_pages, NULL);
	uint64_t end = vb_now_ns();

	vb_op_sample_sized(w, VB_METRIC_UNPIN_IOCTL, offset, stride * count, start, end, ret);
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_UNPIN_IOCTL], end - start);
	return 0;
}

int vb_op_map_window(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes;

	for (unsigned int i = 0; i < w->section->count; i++) {
		int ret = vb_op_map(w, i * size, size);

		if (ret)
			return ret;
		w->window->mapped = true;
	}
	return vb_op_open_range(w, 0, w->window->plan->size_bytes);
}

int vb_op_pin_window(struct vb_worker *w)
{
	unsigned int every = w->section->pin_every, pinned;
	int ret;

	if (!every)
		return 0;
	pinned = (w->section->count + every - 1) / every;
	ret = vb_op_pin(w, 0, w->section->size_bytes * every, pinned);
	return ret ? ret : (int)pinned;
}

int vb_op_memory_get(struct vb_worker *w, struct vb_memory *memory, uint64_t size)
{
	const struct vb_section *s = w->section;
	int ret = vb_memory_reserve(memory, s->backing, size, w->window->plan->mem_node, s->thp);

	if (ret)
		return ret;
	ret = vb_memory_prefault(memory, s->prefault, s->prefault_threads);
	if (ret)
		vb_memory_free(memory);
	return ret;
}

void vb_op_memory_seen(struct vb_worker *w, const struct vb_memory *memory)
{
	struct vb_worker_shared *sh = w->shared;
	size_t samples = 0;

	if (sh->mem_samples)
		return;
	w->window->told |= memory == &w->window->memory;
	sh->mem_node_seen = -1;
	vb_memory_where(memory->addr, memory->size_bytes, VB_MEMORY_SAMPLES, &sh->mem_node_seen,
			&samples);
	sh->mem_samples = samples;
	vb_memory_huge_bytes(memory, &sh->own_huge_bytes);
	vb_memory_folios(memory, &sh->own_folios);
}

int vb_op_unmap_window(struct vb_worker *w)
{
	uint64_t unmapped;
	int ret;

	if (!w->window->mapped)
		return 0;
	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_NR_METRICS, &unmapped);
	if (!ret)
		ret = vb_op_request_end(w);
	return ret;
}
