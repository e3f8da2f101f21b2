/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's log says of a run, but for what the run asked for. */
#ifndef VB_AUDIT_LOG_H
#define VB_AUDIT_LOG_H

#include "bench/engine/supervisor.h"
#include "lib/machine/klog.h"

struct vb_audit_log {
	size_t alarms;
	size_t expected;		/* lines that would be alarms in another run */
	const struct vb_section *section;	/* whose workload asks for those; NULL: none */
};

/* Judge what has come since the run began.  Fills at most @max alarms. */
void vb_audit_log(const struct vb_run *run, struct vb_klog_hit *hit, size_t max,
		  struct vb_audit_log *log);

#endif /* VB_AUDIT_LOG_H */
