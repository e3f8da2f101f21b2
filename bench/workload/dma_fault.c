// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma_fault: the device writes to an IOVA that has just been unmapped.  Before each
 * attempt the same transfer is made to the same IOVA while it is mapped, and has to
 * arrive: so the device works, and the IOTLB may hold the translation that must be
 * gone.  Then not a byte may change, and the IOMMU has to report a fault: the
 * attempts wait for each other's reports, because an IOMMU that has one to tell
 * drops the next.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/engine/op_dma.h"
#include "bench/workload/workloads.h"

#define REPORT_NS	2000000000ull	/* then it is taken for lost */
#define NAP_NS		200000
#define PACE_NS		10000000	/* where nobody counts the reports */

enum { ATTEMPTS, REPORTED, BROUGHT_UP };
static const char *const counts[] = { "attempts", "reports_waited_for", "device_brought_up", NULL };

/* What the target holds, a copy. */
static int setup(struct vb_worker *w)
{
	w->priv = malloc(w->section->size_bytes);
	return w->priv ? 0 : -ENOMEM;
}

static int teardown(struct vb_worker *w)
{
	free(w->priv);
	w->priv = NULL;
	return vb_op_unmap_window(w);
}

/* Reports so far; UINT64_MAX: they are not counted. */
static int count_reports(const struct vb_worker *w, uint64_t *reports)
{
	const struct vb_trace *trace = w->container->trace;
	struct vb_trace_count count;
	int ret;

	*reports = UINT64_MAX;
	if (!trace || trace->mode != VB_TRACE_FAULTS)
		return 0;
	ret = vb_trace_faults(trace, &count);
	if (!ret)
		*reports = count.hits;
	return ret;
}

static void nap(long ns)
{
	struct timespec pause = { 0, ns };

	nanosleep(&pause, NULL);
}

/* Until there are more than @before. */
static int wait_for_report(struct vb_worker *w, uint64_t before)
{
	uint64_t deadline_ns = vb_now_ns() + REPORT_NS, now = before;
	int ret = 0;

	if (before == UINT64_MAX) {
		nap(PACE_NS);
		return 0;
	}
	while (!ret && now == before && vb_now_ns() < deadline_ns) {
		nap(NAP_NS);
		ret = count_reports(w, &now);
	}
	w->shared->tally.count[REPORTED] += now != before;
	vb_op_verify(w, now != before, "a transfer that was refused was not reported");
	return ret;
}

/* A device may fail for good when it is refused. */
static int bring_up(struct vb_worker *w)
{
	w->shared->tally.count[BROUGHT_UP]++;
	vb_device_down(w->container->device);
	return vb_device_up(w->container->device);
}

/* The target is unmapped, and holds what w->priv holds. */
static int transfer_refused(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, before;
	int ret = count_reports(w, &before), refused;

	if (ret)
		return ret;
	refused = vb_op_dma(w, 0, size, vb_op_dma_bytes(w), VB_METRIC_DMA_FAULT);
	w->shared->tally.expected_faults++;
	w->shared->tally.count[ATTEMPTS]++;
	ret = wait_for_report(w, before);
	vb_op_verify(w, !memcmp(w->memory + size, w->priv, size),
		     "the device wrote to memory that was unmapped");
	if (!ret && refused)
		ret = bring_up(w);
	return ret;
}

static int step(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, unmapped;
	int ret = vb_op_map_window(w);

	if (!ret)
		ret = vb_op_dma_verified(w);
	if (ret)
		return ret;
	vb_op_dma_fill(w, w->memory + size, size);
	memcpy(w->priv, w->memory + size, size);
	ret = vb_op_unmap(w, size, size, VB_METRIC_UNMAP, &unmapped);
	if (!ret)
		ret = transfer_refused(w);
	return ret ? ret : vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_dma_fault = {
	.name = "dma_fault",
	.summary = "the assigned device writes to what was just unmapped: every attempt has to be refused",
	.counts = counts,
	.needs_dma = true,
	.faults = true,
	.min_count = 2,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
