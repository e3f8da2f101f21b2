// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans: what a seed decides, and the bounds that a layout keeps. */
#include <errno.h>

#include "tests/unit/job-helper.h"

#include "bench/engine/layout.h"

#define SEEDS 500

#define GLOBAL "[global]\noversubscribe=yes\n"
#define MDEV(name, threads, count) \
	"[" name "]\nworkload=map_unmap\ndevice=mdev\nthreads=" threads "\ncount=" count "\n"
/* Sections d and e do DMA: see job(). */
#define DMA(name, threads, count) \
	"[" name "]\nworkload=map_unmap\ndevice=pci\nthreads=" threads "\ncount=" count "\n"

struct fixture {
	struct vb_topology *topology;
	struct vb_device device;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.device = (struct vb_device){ .address = "0000:00:00.0", .ops = vb_device_list[0],
				       .dma_last = (256ull << 20) - 1 };
	for (int i = 0; vb_device_list[i]; i++)
		if (!strcmp(vb_device_list[i]->name, "edu"))
			f.device.ops = vb_device_list[i];
	*state = &f;
	return vb_topology_load(&f.topology);
}

static int tear_down(void **state)
{
	vb_topology_free(((struct fixture *)*state)->topology);
	return 0;
}

static struct vb_job_run *job(const char *text, enum vb_layout layout)
{
	struct vb_job_error err;
	struct vb_job_run *runs;
	struct vb_job *j;
	size_t nr;

	if (vb_job_parse("t.job", text, strlen(text), &j, &err) || vb_job_expand(j, &runs, &nr, &err))
		fail_msg("%s", err.text);
	vb_job_free(j);
	assert_int_equal(nr, 1);
	runs->global.layout = layout;
	/* More than one worker with DMA, which no job may have, but a layout can place. */
	for (unsigned int i = 0; i < runs->nr_sections; i++)
		if (*runs->section[i].name == 'd' || *runs->section[i].name == 'e')
			runs->section[i].workload = vb_workload_find("dma_verify");
	return runs;
}

static struct vb_plan *plan(void **state, const struct vb_job_run *run, uint64_t seed)
{
	struct fixture *f = *state;
	struct vb_plan *p;
	char err[512] = "";

	if (vb_plan_make(run, f->topology, &f->device, seed, &p, err, sizeof(err)))
		fail_msg("%s", err);
	return p;
}

static void check_bounds(const struct vb_plan *p, uint64_t dma_last, uint64_t end)
{
	for (unsigned int i = 0; i < p->nr_windows; i++) {
		const struct vb_plan_window *a = &p->window[i];

		assert_int_equal(a->iova % VB_LAYOUT_ALIGN, 0);
		assert_true(a->iova + a->size_bytes <= p->probe_iova);
		assert_true(a->iova + a->size_bytes <= VB_LAYOUT_MSI_FIRST ||
			    a->iova >= VB_LAYOUT_MSI_END);
		if (a->section->workload->needs_dma)
			assert_true(a->iova + a->size_bytes - 1 <= dma_last);
		for (unsigned int j = 0; j < i; j++) {
			const struct vb_plan_window *b = &p->window[j];

			assert_true(a->iova + a->size_bytes <= b->iova ||
				    b->iova + b->size_bytes <= a->iova);
		}
	}
	assert_true(p->probe_iova + VB_LAYOUT_ALIGN <= end);
}

static bool same(const struct vb_plan *a, const struct vb_plan *b)
{
	return !memcmp(a->window, b->window, sizeof(a->window)) &&
	       !memcmp(a->worker, b->worker, sizeof(a->worker)) &&
	       !memcmp(a->start_order, b->start_order, sizeof(a->start_order)) &&
	       a->probe_iova == b->probe_iova;
}

static const char several[] = GLOBAL MDEV("a", "3", "100") DMA("d", "2", "16") MDEV("b", "2", "4096")
			      DMA("e", "1", "64");

static void test_same_seed(void **state)
{
	struct vb_job_run *run = job(several, VB_LAYOUT_RANDOM);

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct vb_plan *a = plan(state, run, seed), *b = plan(state, run, seed);
		struct vb_plan *other = plan(state, run, seed + 1000);

		assert_true(same(a, b));
		assert_false(same(a, other));
		free(a);
		free(b);
		free(other);
	}
	free(run);
}

static void test_bounds(void **state)
{
	struct vb_job_run *run = job(several, VB_LAYOUT_RANDOM);

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct vb_plan *p = plan(state, run, seed);

		assert_int_equal(p->nr_windows, 8);
		check_bounds(p, (256ull << 20) - 1, VB_LAYOUT_RANDOM_END);
		free(p);
	}
	free(run);
}

/* Bases and orders are all there, not a few of them. */
static void test_spread(void **state)
{
	struct vb_job_run *run = job(several, VB_LAYOUT_RANDOM);
	unsigned int first_of_pair = 0, starts_first = 0, low_half = 0, low_dma = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct vb_plan *p = plan(state, run, seed);

		/* windows 0 to 2 do DMA; 3 and 4 are of one section */
		first_of_pair += p->window[3].iova < p->window[4].iova;
		starts_first += p->start_order[0] == 0;
		low_half += p->window[3].iova < VB_LAYOUT_RANDOM_END / 2;
		low_dma += p->window[0].iova < (128ull << 20);
		free(p);
	}
	assert_in_range(first_of_pair, SEEDS * 2 / 5, SEEDS * 3 / 5);
	assert_in_range(starts_first, SEEDS / 16, SEEDS / 5);	/* 1 of 8 */
	assert_in_range(low_half, SEEDS / 3, SEEDS * 2 / 3);
	assert_in_range(low_dma, SEEDS / 3, SEEDS * 2 / 3);
	free(run);
}

static void test_fixed(void **state)
{
	struct vb_job_run *run = job(several, VB_LAYOUT_FIXED);
	struct vb_plan *a = plan(state, run, 1), *b = plan(state, run, 2);

	for (unsigned int i = 0; i < a->nr_windows; i++) {
		assert_int_equal(a->window[i].iova, b->window[i].iova);
		assert_int_equal(a->start_order[i], i);
	}
	assert_int_equal(a->window[0].iova, 0);
	assert_int_equal(a->window[1].iova, 2 << 20);
	assert_true(a->worker[0].seed != b->worker[0].seed);
	check_bounds(a, (256ull << 20) - 1, VB_LAYOUT_MSI_FIRST);
	free(a);
	free(b);
	free(run);
}

/* DMA windows that just fit the device's reach leave nothing to choose. */
static void test_full(void **state)
{
	struct vb_job_run *run = job(GLOBAL DMA("d", "2", "32768") MDEV("m", "1", "1"),
				     VB_LAYOUT_RANDOM);

	for (uint64_t seed = 0; seed < 20; seed++) {
		struct vb_plan *p = plan(state, run, seed);

		check_bounds(p, (256ull << 20) - 1, VB_LAYOUT_RANDOM_END);
		free(p);
	}
	free(run);
}

static void test_too_large(void **state)
{
	struct vb_job_run *run = job(GLOBAL DMA("d", "2", "32769"), VB_LAYOUT_RANDOM);
	struct fixture *f = *state;
	struct vb_plan *p;
	char err[512] = "";

	assert_int_equal(vb_plan_make(run, f->topology, &f->device, 3, &p, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "section [d]: its window ends at IOVA"));
	free(run);
}

static bool clear_of(const struct vb_plan *p, uint64_t iova, uint64_t bytes)
{
	for (unsigned int i = 0; i < p->nr_windows; i++)
		if (iova < p->window[i].iova + p->window[i].size_bytes && p->window[i].iova < iova + bytes)
			return false;
	return true;
}

/* A driver with queues: their memory is in nobody's window, and within reach. */
static void test_own_memory(void **state)
{
	static const enum vb_layout layouts[] = { VB_LAYOUT_FIXED, VB_LAYOUT_RANDOM };
	const struct vb_device_ops *nvme = vb_device_find("nvme");
	struct fixture *f = *state;
	struct vb_device before = f->device;

	f->device.ops = nvme;
	f->device.dma_last = UINT64_MAX;
	for (size_t l = 0; l < 2; l++) {
		struct vb_job_run *run = job(several, layouts[l]), *idle;

		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct vb_plan *p = plan(state, run, seed);

			check_bounds(p, UINT64_MAX, VB_LAYOUT_RANDOM_END);
			assert_int_equal(p->device_bytes, nvme->own_bytes);
			assert_true(clear_of(p, p->device_iova, p->device_bytes));
			assert_true(p->device_iova + p->device_bytes <= VB_LAYOUT_MSI_FIRST);
			assert_true(p->device_iova + p->device_bytes <= p->probe_iova);
			free(p);
		}
		free(run);
		/* Nobody makes the device work: nothing of it is mapped. */
		idle = job(GLOBAL "[a]\nworkload=map_unmap\n", layouts[l]);
		struct vb_plan *p = plan(state, idle, 1);

		assert_int_equal(p->device_bytes, 0);
		assert_int_equal(p->mappings, 1);
		free(p);
		free(idle);
	}
	f->device = before;
}

/* More than there is below 64 GiB: as the fixed layout has it, behind the MSI window. */
static void test_huge(void **state)
{
	struct vb_job_run *run = job(GLOBAL "[a]\nworkload=map_unmap\nsize=1g\ncount=60\nthreads=3\n",
				     VB_LAYOUT_RANDOM);
	struct vb_plan *p = plan(state, run, 7);

	check_bounds(p, UINT64_MAX, UINT64_MAX);
	free(p);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_seed),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_own_memory),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
