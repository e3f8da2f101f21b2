// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of what is measured, as results spell them. */
#include "bench/engine/shared.h"

const char *vb_metric_name(enum vb_metric metric)
{
	static const char *const names[VB_NR_METRICS] = {
		[VB_METRIC_MAP] = "map",
		[VB_METRIC_UNMAP] = "unmap",
		[VB_METRIC_REQUEST] = "request",
		[VB_METRIC_PIN_IOCTL] = "pin_ioctl",
		[VB_METRIC_UNPIN_IOCTL] = "unpin_ioctl",
		[VB_METRIC_DMA] = "dma",
		[VB_METRIC_OPEN] = "mdev_open",
		[VB_METRIC_CLOSE] = "mdev_close",
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
