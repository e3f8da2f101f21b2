// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's log says of a run, but for what the run asked for. */
#include <stdio.h>

#include "bench/engine/audit_log.h"

#define EXPECTED_MAX 5

/* What the kernel says of transfers by the run's device that IOMMUs refused. */
struct expected {
	char text[EXPECTED_MAX][96];
	const char *line[EXPECTED_MAX + 1];
};

/* A workload that has its device do what the IOMMU must refuse; NULL: none does. */
static const struct vb_section *faulting(const struct vb_plan *plan)
{
	for (unsigned int i = 0; i < plan->run->nr_sections; i++)
		if (plan->run->section[i].workload->faults)
			return &plan->run->section[i];
	return NULL;
}

/*
 * Of this device alone: a fault of another one fails the audit, as does one more
 * of this than there had to be (iommu_faults).  The first three are VT-d's
 * (drivers/iommu/intel/dmar.c: dmar_fault(), dmar_fault_do_one(); later kernels name the
 * segment, too), then AMD's
 * (amd/iommu.c: amd_iommu_report_page_fault()) and virtio's.
 */
static void expect_faults(struct expected *e, const char *address)
{
	unsigned int domain = 0, bus = 0, slot = 0, function = 0;
	unsigned int i = 0;

	sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot, &function);
	snprintf(e->text[i++], sizeof(e->text[0]), "DMAR: DRHD: handling fault status reg");
	snprintf(e->text[i++], sizeof(e->text[0]), "Request device [%02x:%02x.%x] fault addr", bus, slot,
		 function);
	snprintf(e->text[i++], sizeof(e->text[0]), "Request device [%s] fault addr", address);
	snprintf(e->text[i++], sizeof(e->text[0]), "%s: AMD-Vi: Event logged [IO_PAGE_FAULT", address);
	snprintf(e->text[i++], sizeof(e->text[0]), "page fault from EP %u at", bus << 8 | slot << 3 | function);
	for (i = 0; i < EXPECTED_MAX; i++)
		e->line[i] = e->text[i];
}

void vb_audit_log(const struct vb_run *run, struct vb_klog_hit *hit, size_t max,
		  struct vb_audit_log *log)
{
	struct expected e = { 0 };

	log->section = faulting(run->plan);
	if (log->section && run->container->device)
		expect_faults(&e, run->container->device->address);
	log->alarms = vb_klog_scan(run->klog, run->klog_from, e.line, hit, max);
	log->expected = vb_klog_scan(run->klog, run->klog_from, NULL, NULL, 0) - log->alarms;
}
