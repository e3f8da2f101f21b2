/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit after a run: do the counts of user space, module and kernel agree,
 * and is everything back where it was?  A failed audit withholds the numbers.
 */
#ifndef VB_AUDIT_H
#define VB_AUDIT_H

#include <jansson.h>
#include <stdbool.h>

#include "bench/engine/supervisor.h"
#include "lib/machine/variant.h"

#define VB_AUDIT_MAX 48

enum vb_verdict {
	VB_VERDICT_OK,
	VB_VERDICT_MARK,		/* told, but fails nothing */
	VB_VERDICT_UNTRUSTED,		/* no fault of the kernel's, but no result either */
	VB_VERDICT_FAILED,
};

struct vb_check {
	const char *name;		/* static */
	enum vb_verdict verdict;
	char text[192];			/* expected and found */
};

struct vb_audit {
	enum vb_verdict worst;
	bool passed;			/* nothing untrusted or failed: there are numbers */
	unsigned int nr_checks;
	struct vb_check check[VB_AUDIT_MAX];
	unsigned int nr_hits;		/* kernel log */
	struct vb_klog_hit hit[16];
};

/*
 * Judge @run, which was served by @variant (NULL: no VFIO, the null backend).
 * @in_lab: nobody else pins memory here, so the kernel's counts must be equal.
 */
void vb_audit_run(const struct vb_run *run, const struct vb_variant *variant, bool in_lab,
		  struct vb_audit *audit);
/* "ok", "mark", "untrusted", "failed". */
const char *vb_verdict_name(enum vb_verdict verdict);
/* An array of objects; NULL: no memory. */
json_t *vb_audit_to_json(const struct vb_audit *audit);

#endif /* VB_AUDIT_H */
