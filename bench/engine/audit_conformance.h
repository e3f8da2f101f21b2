/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the audit: did the kernel answer as is expected of it? */
#ifndef VB_AUDIT_CONFORMANCE_H
#define VB_AUDIT_CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/engine/supervisor.h"

struct vb_audit_conformance {
	unsigned int kept, unasked, wrong;
	char first[120];		/* of those that are wrong: what it is, and what is expected */
};

/* False: the run asks nothing. */
bool vb_audit_conformance(const struct vb_run *run, struct vb_audit_conformance *found);

#endif /* VB_AUDIT_CONFORMANCE_H */
