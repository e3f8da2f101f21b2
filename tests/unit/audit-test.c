// SPDX-License-Identifier: GPL-2.0-or-later
/* The audit: a clean run passes; each fault is caught by the check that is meant to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bench/engine/audit.h"
#include "lib/machine/klog-internal.h"

/* A made-up run: one worker that mapped, pinned, unmapped; one mdev. */
struct made_up {
	struct vb_job_run job;
	struct vb_plan plan;
	struct vb_run_shared shared;
	struct vb_worker_shared worker, *workers[1];
	struct vb_container container;
	struct vb_variant variant;
	struct vb_run run;
	struct vb_audit audit;
};

static const struct vb_workload_ops workload = { .name = "made_up" };

static struct made_up *make(enum vb_granularity granularity)
{
	struct made_up *m = calloc(1, sizeof(*m));
	struct vb_counters *c;

	assert_non_null(m);
	m->job.nr_sections = 1;
	m->job.section[0].workload = &workload;
	m->job.global.iommu = vb_iommu_find("vfio_type1v2_iommu");
	m->plan.run = &m->job;
	m->plan.needs_dma = true;
	m->plan.nr_workers = m->plan.nr_windows = 1;
	m->plan.worker[0] = (struct vb_plan_worker){ .section = &m->job.section[0], .cpu = 3, .node = 1 };
	m->plan.window[0] = (struct vb_plan_window){ .section = &m->job.section[0], .mem_node = 1 };
	m->worker.cpu_seen = m->worker.cpu_seen_end = 3;
	m->worker.node_seen = m->worker.mem_node_seen = 1;
	m->worker.measured_steps = 5;
	m->worker.tally = (struct vb_tally){ .mapped_bytes = 81920, .unmapped_bytes = 81920,
		.maps = 20, .requests = 5, .slot_requests = 5, .expected_callbacks = 10 };
	m->workers[0] = &m->worker;
	m->shared.nr_mdevs = 1;
	m->shared.served_known = true;
	strcpy(m->shared.served_by, "vfio_iommu_type1_x");
	m->shared.observed = granularity;
	c = &m->shared.counters[0];
	c->pinned_pages = c->unpinned_pages = 10;
	c->requests = 5;
	c->callbacks = granularity == VB_GRANULARITY_PER_REQUEST ? 5 : 10;
	strcpy(m->variant.name, "x");
	strcpy(m->variant.module, "vfio_iommu_type1_x");
	m->variant.granularity = granularity;
	m->run = (struct vb_run){ .plan = &m->plan, .shared = &m->shared, .worker = m->workers,
		.container = &m->container, .foll_before = { true, 100, 90 },
		.foll_after = { true, 200, 190 } };
	return m;
}

static const struct vb_check *find(const struct vb_audit *audit, const char *name)
{
	for (unsigned int i = 0; i < audit->nr_checks; i++)
		if (!strcmp(audit->check[i].name, name))
			return &audit->check[i];
	return NULL;
}

static void judge(struct made_up *m)
{
	vb_audit_run(&m->run, &m->variant, true, &m->audit);
}

/* The named check, and no other, has @verdict. */
static void expect_one(struct made_up *m, const char *name, enum vb_verdict verdict)
{
	const struct vb_check *check;

	judge(m);
	check = find(&m->audit, name);
	if (!check || check->verdict != verdict)
		fail_msg("%s: %s", name, check ? check->text : "no such check");
	for (unsigned int i = 0; i < m->audit.nr_checks; i++)
		if (&m->audit.check[i] != check && m->audit.check[i].verdict > VB_VERDICT_MARK)
			fail_msg("%s also: %s", m->audit.check[i].name, m->audit.check[i].text);
	assert_int_equal(m->audit.passed, verdict < VB_VERDICT_UNTRUSTED);
	free(m);
}

static void test_clean(void **state)
{
	static const enum vb_granularity kinds[] = { VB_GRANULARITY_PER_REQUEST,
						     VB_GRANULARITY_PER_VFIO_DMA };

	for (int i = 0; i < 2; i++) {
		struct made_up *m = make(kinds[i]);

		judge(m);
		assert_true(m->audit.passed);
		assert_true(m->audit.nr_checks > 12);
		/* No kernel log was given: told, not failed. */
		assert_int_equal(find(&m->audit, "kernel_log")->verdict, VB_VERDICT_MARK);
		assert_int_equal(m->audit.worst, VB_VERDICT_MARK);
		free(m);
	}
}

#define FAULT(name, verdict, ...) do {						\
	struct made_up *m = make(VB_GRANULARITY_PER_VFIO_DMA);			\
	__VA_ARGS__;								\
	expect_one(m, name, verdict);						\
} while (0)

static void test_counts(void **state)
{
	FAULT("pins", VB_VERDICT_FAILED, m->shared.counters[0].unpinned_pages--);
	FAULT("pins", VB_VERDICT_FAILED, m->shared.counters[0].unpinned_pages++);
	FAULT("outstanding_pins", VB_VERDICT_FAILED, m->shared.counters[0].outstanding_pages = 1);
	FAULT("requests", VB_VERDICT_FAILED, m->shared.counters[0].requests = 4);
	FAULT("stamps", VB_VERDICT_FAILED, m->shared.counters[0].bad_stamps = 1);
	FAULT("callbacks", VB_VERDICT_FAILED, m->shared.counters[0].callbacks = 9);
	FAULT("callbacks", VB_VERDICT_FAILED, m->shared.counters[0].callbacks = 11);
	FAULT("callbacks", VB_VERDICT_FAILED, m->shared.nr_mdevs = 2);
	FAULT("bytes", VB_VERDICT_FAILED, m->worker.tally.unmapped_bytes -= 4096);
	FAULT("dma", VB_VERDICT_FAILED, m->worker.tally.dma_errors = 1);
	/* By a workload that can do without. */
	FAULT("dma", VB_VERDICT_FAILED, {
		m->plan.needs_dma = false;
		m->worker.tally.dma_errors = 1;
	});
	FAULT("dma", VB_VERDICT_OK, {
		m->plan.needs_dma = false;
		m->worker.tally.dma_bytes = 4096;
	});
	FAULT("operations", VB_VERDICT_UNTRUSTED, m->worker.measured_steps = 0);
}

/* Of two listeners the second has what is given. */
static void listeners(enum vb_verdict verdict, unsigned int nr, uint64_t iova, uint64_t size)
{
	struct made_up *m = make(VB_GRANULARITY_PER_REQUEST);

	m->shared.nr_mdevs = 2;
	m->shared.counters[0].callbacks = 5;
	m->shared.counters[1].callbacks = 5;
	m->shared.callbacks[0] = (struct vb_callbacks_seen){
		.nr = 2, .range = { { 0x1000, 0x1000 }, { 0x5000, 0x3000 } } };
	m->shared.callbacks[1] = (struct vb_callbacks_seen){
		.nr = nr, .range = { { 0x1000, 0x1000 }, { iova, size } } };
	expect_one(m, "listeners", verdict);
}

static void test_listeners(void **state)
{
	listeners(VB_VERDICT_OK, 2, 0x5000, 0x3000);
	listeners(VB_VERDICT_FAILED, 2, 0x6000, 0x3000);
	listeners(VB_VERDICT_FAILED, 2, 0x5000, 0x2000);
	listeners(VB_VERDICT_FAILED, 1, 0, 0);
}

/* The second callback is for 0x3000 bytes from 0x5000 on; its request is what is given. */
static struct made_up *requested(enum vb_granularity kind, uint64_t iova, uint64_t size)
{
	struct made_up *m = make(kind);

	m->shared.callbacks[0] = (struct vb_callbacks_seen){
		.nr = 2, .range = { { 0x1000, 0x1000, 0x1000, 0x1000 },
				    { 0x5000, 0x3000, iova, size } } };
	return m;
}

static void ranges(enum vb_granularity kind, enum vb_verdict verdict, uint64_t iova, uint64_t size)
{
	expect_one(requested(kind, iova, size), "ranges", verdict);
}

static void test_ranges(void **state)
{
	static const enum vb_granularity one = VB_GRANULARITY_PER_REQUEST,
					 each = VB_GRANULARITY_PER_VFIO_DMA;
	struct made_up *m;

	ranges(one, VB_VERDICT_OK, 0x5000, 0x3000);
	ranges(one, VB_VERDICT_FAILED, 0x5000, 0x2000);
	ranges(one, VB_VERDICT_FAILED, 0x5000, 0x4000);
	ranges(one, VB_VERDICT_FAILED, 0x4000, 0x3000);
	ranges(one, VB_VERDICT_FAILED, 0, UINT64_MAX);
	ranges(each, VB_VERDICT_OK, 0x5000, 0x3000);
	ranges(each, VB_VERDICT_OK, 0x4000, 0x4000);
	ranges(each, VB_VERDICT_OK, 0, UINT64_MAX);
	ranges(each, VB_VERDICT_FAILED, 0x5000, 0x2fff);
	ranges(each, VB_VERDICT_FAILED, 0x6000, 0x3000);
	ranges(each, VB_VERDICT_FAILED, 0x8000, 0x3000);
	ranges(each, VB_VERDICT_FAILED, 0x1000, 0x4000);
	/* Made outside of a request, or in one that nobody told of. */
	ranges(one, VB_VERDICT_OK, 0x7000, 0);
	m = requested(one, 0x5000, 0);
	m->shared.callbacks[0].range[0].request_size = 0;
	judge(m);
	assert_null(find(&m->audit, "ranges"));
	free(m);
}

/* With kthreads that pin as they like the count has a lower bound only. */
static void test_callback_bounds(void **state)
{
	struct made_up *m = make(VB_GRANULARITY_PER_VFIO_DMA);

	m->job.section[0].pinners = 1;
	m->shared.counters[0].callbacks = 11;
	judge(m);
	assert_true(m->audit.passed);
	m->shared.counters[0].callbacks = 9;
	expect_one(m, "callbacks", VB_VERDICT_FAILED);

	m = make(VB_GRANULARITY_PER_REQUEST);
	m->job.section[0].pinners = 1;
	m->shared.counters[0].callbacks = 6;
	expect_one(m, "callbacks", VB_VERDICT_FAILED);
}

static void test_identity(void **state)
{
	FAULT("served_by", VB_VERDICT_FAILED, strcpy(m->shared.served_by, "vfio_iommu_type1"));
	FAULT("served_by", VB_VERDICT_FAILED, m->shared.served_known = false);
	FAULT("served_by", VB_VERDICT_FAILED, {
		m->shared.served_known = false;
		m->shared.stock_builtin = true;
	});
	FAULT("served_by", VB_VERDICT_OK, {
		strcpy(m->variant.name, "stock");
		m->shared.served_known = false;
		m->shared.stock_builtin = true;
	});
	FAULT("granularity", VB_VERDICT_FAILED, m->shared.observed = VB_GRANULARITY_PER_REQUEST);
	FAULT("granularity", VB_VERDICT_FAILED, m->shared.observed = VB_GRANULARITY_UNKNOWN);
}

/* What serves, and what its granularity is, no variant of type1 says. */
static void by_iommufd(struct made_up *m)
{
	m->job.global.iommu = vb_iommu_find("iommufd");
	m->shared.served_known = false;
	m->shared.observed = VB_GRANULARITY_PER_AREA;
	m->variant.granularity = VB_GRANULARITY_PER_REQUEST;
}

static void test_iommufd(void **state)
{
	FAULT("served_by", VB_VERDICT_OK, by_iommufd(m));
	FAULT("granularity", VB_VERDICT_FAILED, {
		by_iommufd(m);
		m->shared.observed = VB_GRANULARITY_PER_VFIO_DMA;
	});
	FAULT("callbacks", VB_VERDICT_FAILED, {
		by_iommufd(m);
		m->shared.counters[0].callbacks = 5;
	});
	/* A callback of each listener for each area that anyone has pinned. */
	FAULT("callbacks", VB_VERDICT_OK, {
		by_iommufd(m);
		m->shared.nr_mdevs = 2;
		m->shared.counters[1].callbacks = 10;
	});
}

static void test_memory(void **state)
{
	FAULT("locked_memory", VB_VERDICT_FAILED, m->shared.locked_after.locked_bytes = 4096);
	FAULT("pinned_memory", VB_VERDICT_FAILED, m->shared.locked_after.pinned_bytes = 4096);
	FAULT("foll_pins", VB_VERDICT_FAILED, m->run.foll_after.released--);
	FAULT("foll_pins", VB_VERDICT_FAILED, m->run.foll_error = -EACCES);
	FAULT("foll_pins", VB_VERDICT_MARK, m->run.foll_before.known = false);
}

static void test_placement(void **state)
{
	FAULT("placement", VB_VERDICT_FAILED, m->worker.cpu_seen = 2);
	FAULT("placement", VB_VERDICT_FAILED, m->worker.cpu_seen_end = 2);
	FAULT("placement", VB_VERDICT_FAILED, m->worker.node_seen = 0);
	FAULT("placement", VB_VERDICT_FAILED, m->worker.mem_node_seen = -1);
	FAULT("pinners", VB_VERDICT_UNTRUSTED, {
		m->shared.nr_pinners = 1;
		m->shared.pinner[0] = (struct vb_pinner_seen){ .requested_node = 1, .node = 0, .pins = 3 };
	});
	FAULT("pinners", VB_VERDICT_UNTRUSTED, {
		m->shared.nr_pinners = 1;
		m->shared.pinner[0] = (struct vb_pinner_seen){ .requested_node = -1 };
	});
}

static void test_kernel(void **state)
{
	FAULT("taint", VB_VERDICT_FAILED, m->run.taint_after = 1 << 9);
	FAULT("taint", VB_VERDICT_OK, m->run.taint_after = 1 << 12 | 1 << 13);
	FAULT("taint", VB_VERDICT_OK, m->run.taint_before = m->run.taint_after = 1 << 9);
	FAULT("intervals", VB_VERDICT_UNTRUSTED, m->run.intervals_error = -ENOSPC);
	FAULT("intervals", VB_VERDICT_MARK, m->run.intervals_lost = 2);
}

static struct vb_klog *log_with(const char *line)
{
	struct vb_klog *log = vb_klog_new_detached();
	char record[256];
	int length = snprintf(record, sizeof(record), "4,1,1,-;%s\n", line);

	assert_non_null(log);
	assert_int_equal(vb_klog_add_record(log, record, (size_t)length), 0);
	return log;
}

static void judge_log(struct made_up *m, const char *line, bool ok)
{
	const struct vb_check *check;

	m->run.klog = log_with(line);
	judge(m);
	check = find(&m->audit, "kernel_log");
	if ((check->verdict == VB_VERDICT_OK) != ok)
		fail_msg("%s: %s: %s", line, vb_verdict_name(check->verdict), check->text);
	vb_klog_close(m->run.klog);
}

/* What a run asks for it may be told of, and of nothing else. */
static void test_expected_lines(void **state)
{
	static const char write_fault[] = "DMAR: [DMA Write NO_PASID] Request device [81:00.0] fault addr "
		"0x1000 [fault reason 0x05] PTE Write access is not set";
	static const struct vb_workload_ops faults = { .name = "faults", .faults = true };
	struct made_up *m = make(VB_GRANULARITY_PER_VFIO_DMA);
	struct vb_device device = { .address = "0000:81:00.0" };

	m->container.device = &device;
	judge_log(m, write_fault, false);	/* this run did not ask */
	m->job.section[0].workload = &faults;
	judge_log(m, write_fault, true);
	judge_log(m, "DMAR: DRHD: handling fault status reg 2", true);
	judge_log(m, "vfio-pci 0000:81:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x1 address=0x0]", true);
	judge_log(m, "viommu: page fault from EP 33024 at 0x1000 [  W]", true);
	judge_log(m, "viommu: page fault from EP 33025 at 0x1000 [  W]", false);
	judge_log(m, "vfio-pci 0000:82:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x1]", false);
	judge_log(m, "DMAR: [DMA Write NO_PASID] Request device [81:00.1] fault addr 0x1000", false);
	judge_log(m, "WARNING: CPU: 0 PID: 1 at kernel/x.c:1", false);
	device.address[0] = 0;			/* an address that is none expects nothing */
	judge_log(m, write_fault, false);
	free(m);
}

static void test_faults(void **state)
{
	FAULT("iommu_faults", VB_VERDICT_MARK, m->worker.tally.expected_faults = 3);
	FAULT("iommu_faults", VB_VERDICT_OK, {
		m->job.global.trace = VB_TRACE_FAULTS;
		m->worker.tally.expected_faults = m->shared.traced.faults.hits = 3;
	});
	FAULT("iommu_faults", VB_VERDICT_FAILED, {
		m->job.global.trace = VB_TRACE_FAULTS;
		m->worker.tally.expected_faults = 3;
		m->shared.traced.faults.hits = 2;
	});
	FAULT("iommu_faults", VB_VERDICT_FAILED, {
		m->job.global.trace = VB_TRACE_FAULTS;
		m->shared.traced.faults.hits = 1;
	});
	FAULT("dma", VB_VERDICT_FAILED, m->worker.tally.dma_errors = 1);
}

static void test_load(void **state)
{
	struct made_up *m = make(VB_GRANULARITY_PER_VFIO_DMA);

	m->job.section[0].rate_per_s = 10;
	m->worker.offered_steps = 100;
	m->worker.measured_steps = 94;
	judge(m);
	assert_int_equal(find(&m->audit, "rate")->verdict, VB_VERDICT_MARK);
	assert_true(m->audit.passed);
	m->worker.measured_steps = 95;
	judge(m);
	assert_int_equal(find(&m->audit, "rate")->verdict, VB_VERDICT_OK);
	m->job.section[0].rate_per_s = 0;	/* a closed loop offers nothing */
	judge(m);
	assert_null(find(&m->audit, "rate"));
	free(m);
}

static void test_samples(void **state)
{
	struct made_up *m = make(VB_GRANULARITY_PER_VFIO_DMA);

	judge(m);
	assert_null(find(&m->audit, "samples"));
	m->job.global.samples = true;
	m->shared.samples = (struct vb_samples_seen){ .ended = true, .written = 40 };
	judge(m);
	assert_int_equal(find(&m->audit, "samples")->verdict, VB_VERDICT_OK);
	m->shared.samples.lost = 1;
	judge(m);
	assert_int_equal(find(&m->audit, "samples")->verdict, VB_VERDICT_MARK);
	assert_true(m->audit.passed);
	assert_non_null(strstr(find(&m->audit, "samples")->text, "40 operations in samples.bin, 1 lost"));
	m->shared.samples.error = -ENOSPC;
	judge(m);
	assert_int_equal(find(&m->audit, "samples")->verdict, VB_VERDICT_MARK);
	assert_non_null(strstr(find(&m->audit, "samples")->text, "No space left"));
	free(m);
}

static void test_endings(void **state)
{
	FAULT("ending", VB_VERDICT_FAILED, m->run.ending = VB_ENDING_HUNG);
	FAULT("ending", VB_VERDICT_FAILED, {
		m->run.ending = VB_ENDING_KILLED;
		m->run.signal = 9;
	});
	FAULT("ending", VB_VERDICT_FAILED, m->shared.error = -EINVAL);
	FAULT("ending", VB_VERDICT_UNTRUSTED, m->shared.error = -ENOMEM);
}

/* A run that was refused something, and ended in order, is charged for nothing all the same. */
static void test_charged_after_error(void **state)
{
	struct made_up *m = make(VB_GRANULARITY_PER_VFIO_DMA);

	m->shared.error = -ENOMEM;
	m->shared.phase = VB_PHASE_DONE;
	m->shared.locked_after.locked_bytes = m->shared.locked_before.locked_bytes + 4096;
	judge(m);
	assert_int_equal(find(&m->audit, "ending")->verdict, VB_VERDICT_UNTRUSTED);
	assert_int_equal(find(&m->audit, "locked_memory")->verdict, VB_VERDICT_FAILED);
	assert_int_equal(m->audit.worst, VB_VERDICT_FAILED);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_charged_after_error),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_callback_bounds),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_iommufd),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_placement),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_expected_lines),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
