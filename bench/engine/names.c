// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of what is measured, as results spell them. */
#include "bench/engine/shared.h"

const char *vb_metric_name(enum vb_metric metric)
{
	static const char *const names[VB_NR_METRICS] = {
		[VB_METRIC_MAP] = "map",
		[VB_METRIC_UNMAP] = "unmap",
		[VB_METRIC_REQUEST] = "request",
		[VB_METRIC_PREFAULT] = "prefault",
		[VB_METRIC_MAP_ALL] = "map_all",
		[VB_METRIC_UNMAP_ALL] = "unmap_all",
		[VB_METRIC_MUNMAP] = "munmap",
		[VB_METRIC_PIN_IOCTL] = "pin_ioctl",
		[VB_METRIC_UNPIN_IOCTL] = "unpin_ioctl",
		[VB_METRIC_DMA] = "dma",
		[VB_METRIC_DMA_FAULT] = "dma_fault",
		[VB_METRIC_IRQ] = "irq",
		[VB_METRIC_RESET] = "reset",
		[VB_METRIC_REGION_READ] = "region_read",
		[VB_METRIC_REGION_WRITE] = "region_write",
		[VB_METRIC_DIRTY_GET] = "dirty_get",
		[VB_METRIC_VADDR_INVALIDATE] = "vaddr_invalidate",
		[VB_METRIC_VADDR_UPDATE] = "vaddr_update",
		[VB_METRIC_COPY] = "copy",
		[VB_METRIC_CHANGE_PROCESS] = "change_process",
		[VB_METRIC_UNMAP_COPY] = "unmap_copy",
		[VB_METRIC_BUFFERS_REGISTER] = "buffers_register",
		[VB_METRIC_BUFFERS_UNREGISTER] = "buffers_unregister",
		[VB_METRIC_DIRECT_READ] = "direct_read",
		[VB_METRIC_MEMORY_OP] = "memory_op",
		[VB_METRIC_FORK] = "fork",
		[VB_METRIC_OPEN] = "mdev_open",
		[VB_METRIC_CLOSE] = "mdev_close",
		[VB_METRIC_DEVICE_OPEN] = "device_open",
		[VB_METRIC_DEVICE_CLOSE] = "device_close",
		[VB_METRIC_CONTAINER_OPEN] = "container_open",
		[VB_METRIC_CONTAINER_CLOSE] = "container_close",
		[VB_METRIC_MDEV_CREATE] = "mdev_create",
		[VB_METRIC_MDEV_REMOVE] = "mdev_remove",
		[VB_METRIC_EXIT] = "exit",
		[VB_METRIC_SERVICE] = "service",
		[VB_METRIC_RESPONSE] = "response",
	};

	return names[metric];
}

const char *vb_module_hist_name(enum vb_hist_id id)
{
	static const char *const names[VB_HIST_NR] = {
		[VB_HIST_PIN] = "pin",
		[VB_HIST_UNPIN] = "unpin",
		[VB_HIST_CALLBACK] = "callback",
		[VB_HIST_REQUEST_FIRST] = "request_to_first_callback",
		[VB_HIST_LAST_END] = "last_callback_to_request_end",
		[VB_HIST_PER_REQUEST] = "callbacks_per_request",
		[VB_HIST_BYTES] = "callback_bytes",
	};

	return names[id];
}

const char *vb_phase_name(enum vb_phase phase)
{
	static const char *const names[VB_NR_PHASES] = {
		[VB_PHASE_SETUP] = "setup",
		[VB_PHASE_PROBE] = "probe",
		[VB_PHASE_WARMUP] = "warmup",
		[VB_PHASE_MEASURE] = "measure",
		[VB_PHASE_DRAIN] = "drain",
		[VB_PHASE_DONE] = "done",
	};

	return names[phase];
}
