// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conformance on a model of a container: it gives the model's answers, right or wrong,
 * and goes on where one never comes, or its process dies.  With an assigned device alone;
 * the model has no ioctls.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/workload/workload.h"
#include "lib/machine/memory.h"
#include "tests/unit/workload-helper.h"

#define SHORT_MS 300

static struct rig r;
static int patience_ms;		/* -1: as long as the workload has it */
static int open_error;

int __wrap_vb_container_open(struct vb_container *c, const struct vb_plan *plan);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout);
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout);

int __wrap_vb_container_open(struct vb_container *c, const struct vb_plan *plan)
{
	return open_error;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	return __real_poll(fds, nr, patience_ms < 0 ? timeout : patience_ms);
}

static void make(void)
{
	patience_ms = -1;
	open_error = 0;
	rig_make(&r, "conformance", RIG_PAGE, 1024);
	rig_add_device(&r);
	r.iommu.name = "vfio_type1v2_iommu";
	r.plan.run = &r.job;
	r.job.global.iommu = &r.iommu;
	r.container.plan = &r.plan;
	r.container.shared = vb_memory_shared(sizeof(*r.container.shared), -1);
	assert_non_null(r.container.shared);
}

static const struct vb_answer *answer_to(const char *name)
{
	const struct vb_promise *promise;

	for (unsigned int i = 0; (promise = vb_promise_at(r.section.workload->promises, i)); i++)
		if (!strcmp(promise->name, name))
			return &r.container.shared->answers.answer[i];
	fail_msg("%s is not asked", name);
	return NULL;
}

static void expect_given(const char *name, int64_t value)
{
	const struct vb_answer *answer = answer_to(name);

	if (answer->state != VB_ANSWER_GIVEN || answer->value != value)
		fail_msg("%s: state %d, %lld, %s; wanted %lld", name, answer->state,
			 (long long)answer->value, answer->why, (long long)value);
}

static void test_right(void **state)
{
	const struct vb_answers *answers;

	make();
	assert_int_equal(rig_run(&r, 1), 0);
	answers = &r.container.shared->answers;
	expect_given("unmap-bytes", 4 * RIG_PAGE);
	expect_given("unmap-bytes-around-hole", 2 * RIG_PAGE);
	expect_given("unmap-head-gone", 0);
	expect_given("unmap-second-cut-gone", 0);
	assert_int_equal(answer_to("pin-mapped")->state, VB_ANSWER_NOT_ASKED);
	assert_string_equal(answer_to("pin-mapped")->why, "the job has 0 mdevs of 1");
	assert_int_equal(answer_to("pin-by-two")->state, VB_ANSWER_NOT_ASKED);
	/* Ioctls that have to succeed, which the model has not. */
	assert_int_equal(answer_to("unmap-empty-bytes")->state, VB_ANSWER_SILENT);
	assert_int_equal(answer_to("unmap-to-the-end")->state, VB_ANSWER_BROKEN);
	assert_int_equal(r.shared->tally.count[0] + r.shared->tally.count[1], answers->nr - 1);
	assert_int_equal(r.shared->tally.count[2], 0);
	assert_int_equal(atomic_load(&r.shared->child), 0);
	rig_free(&r);
}

/* Version 1 of type1: with its start the whole mapping. */
static int unmap_whole(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	for (unsigned int i = 0; i < r.nr_mappings; i++)
		if (r.mapping[i].iova == iova)
			size = r.mapping[i].size;
	return rig_unmap(iommu, iova, size, unmapped);
}

static int unmap_forgets(struct vb_iommu *iommu, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	int ret = rig_unmap(iommu, iova, size, unmapped);

	*unmapped -= *unmapped ? RIG_PAGE : 0;
	return ret;
}

static void test_other_answers(void **state)
{
	make();
	r.iommu.unmap = unmap_whole;
	assert_int_equal(rig_run(&r, 1), 0);
	expect_given("unmap-head-gone", 4 * RIG_PAGE);
	expect_given("unmap-middle-gone", 0);
	rig_free(&r);
	make();
	r.iommu.unmap = unmap_forgets;
	assert_int_equal(rig_run(&r, 1), 0);
	expect_given("unmap-bytes", 3 * RIG_PAGE);
	rig_free(&r);
}

/* Those of 8 pages never come back; those of 2 end their process. */
static int map_badly(struct vb_iommu *iommu, void *vaddr, uint64_t iova, uint64_t size, uint32_t prot)
{
	if (size == 8 * RIG_PAGE)
		pause();
	if (size == 2 * RIG_PAGE)
		_exit(0);
	return rig_map(iommu, vaddr, iova, size, prot);
}

static void test_no_answer(void **state)
{
	make();
	r.iommu.map = map_badly;
	patience_ms = SHORT_MS;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(answer_to("map-charged")->state, VB_ANSWER_HUNG);
	assert_string_equal(answer_to("map-charged")->why, "no answer in 8 s");
	assert_int_equal(answer_to("unmap-bytes")->state, VB_ANSWER_BROKEN);
	assert_string_equal(answer_to("unmap-bytes")->why, "the process ended without an answer");
	expect_given("unmap-head-gone", 0);
	assert_true(r.shared->tally.count[2] > 0);
	rig_free(&r);
}

static void test_no_container(void **state)
{
	make();
	open_error = -EBUSY;
	assert_int_equal(rig_run(&r, 1), 0);
	assert_int_equal(answer_to("unmap-head")->state, VB_ANSWER_BROKEN);
	assert_string_equal(answer_to("unmap-head")->why, "opening the container: EBUSY");
	/* It is the answer's error, not the run's. */
	assert_int_equal(r.container.shared->error, 0);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_other_answers),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_no_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
